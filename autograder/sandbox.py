"""Where student code runs. Today there is one kind, "none": a plain process with limits, and a warning in every report.

A `Box` is a process that runs `inside.py`, and the socket to it. Whatever it sends is bounded in time and bytes.
"""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from autograder.errors import BoxError
from course_lib.checks import codec
from course_lib.errors import DataBroken

INSIDE = Path(__file__).with_name("inside.py")
WARNING = "Graded without a sandbox: the submission's code ran with the grader's rights on this machine."
KINDS = ("none",)
MAX_MESSAGE = 64 * 2**20
MAX_FILE = 256 * 2**20
MAX_MEMORY = 6 * 2**30
PASSED_ON = ("PATH", "LANG", "LC_ALL")


def require(kind: str) -> None:
    """Say so if there is no such sandbox.

    Raises:
        BoxError: the kind is unknown.
    """
    if kind not in KINDS:
        raise BoxError(f"There is no sandbox {kind!r}.", expected=f"one of {', '.join(KINDS)}", got=kind)


class Gone(Exception):
    """The process in the box died, hung, or sent what nobody can read.

    Attributes:
        status: "timeout" or "died".
    """

    def __init__(self, note: str, status: str = "died"):
        super().__init__(note)
        self.status = status


class Box:
    """One process beside which nothing of the grader lives, and the socket to it."""

    def __init__(self, folder: Path, unit_module: str, kind: str = "none"):
        """Start the process.

        Args:
            folder: its working folder; it holds what the student handed in beside the notebook.
            unit_module: the unit's module in course_lib.checks, e.g. "rcnn".
            kind: one of `KINDS`.

        Raises:
            BoxError: unknown kind, or the process does not start.
        """
        require(kind)
        self._socket, theirs = socket.socketpair()
        command = [sys.executable, "-P", str(INSIDE), str(theirs.fileno()), unit_module]
        try:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=_environment(folder),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=_limit,
            )
        except OSError as error:
            self._socket.close()
            raise BoxError("No process for student code could be started.", got=str(error)) from error
        finally:
            theirs.close()

    def request(self, tree: dict, seconds: float) -> dict:
        """Send one request and wait for its answer.

        Raises:
            Gone: no whole answer came within `seconds`; the box is closed then.
        """
        deadline = time.monotonic() + seconds
        try:
            message = codec.to_bytes(tree)
            self._socket.settimeout(seconds)
            self._socket.sendall(len(message).to_bytes(8, "big") + message)
            length = int.from_bytes(self._read(8, deadline), "big")
            if length > MAX_MESSAGE:
                raise Gone(f"It answered with more than {MAX_MESSAGE // 2**20} MB.")
            answer = codec.from_bytes(self._read(length, deadline))
            if not isinstance(answer, dict):
                raise Gone("It answered with something else than asked for.")
            return answer
        except TimeoutError as error:
            self.close()
            raise Gone(f"It took longer than {seconds:.0f} s and was stopped.", "timeout") from error
        except (OSError, DataBroken) as error:
            self.close()
            raise Gone("The process that ran your code ended, or sent what cannot be read.") from error
        except Gone:
            self.close()
            raise

    def _read(self, count: int, deadline: float) -> bytes:
        parts = []
        while count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            part = self._socket.recv(min(count, 2**20))
            if not part:
                raise ConnectionError("hung up")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """End the process and everything in its session."""
        self._socket.close()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _environment(folder: Path) -> dict[str, str]:
    """Of the grader's own environment only path and language; one thread, the mini profile, a cache of its own."""
    return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "IPYTHONDIR": str(folder / ".ipython"),
        "COURSE_CACHE": str(folder / ".cache"),
        "COURSE_PROFILE": "mini",
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
    }


def _limit() -> None:
    """In the child, before it becomes Python: no core files, bounded files and memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE, MAX_FILE))
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))
