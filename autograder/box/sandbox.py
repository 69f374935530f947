"""Where student code runs. "bubblewrap": a boxed fork of a warm process; "none": a plain process, and a warning.

A `Box` is a process that answers requests (inside.py), and the socket to it. Whatever it sends is bounded in time and
bytes, and whatever it is worth is decided elsewhere.
"""

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

from autograder.box import bubblewrap, calls, limits
from autograder.box.patience import Patience
from autograder.box.watch import Watch
from autograder.errors import BoxError
from course_lib import units
from course_lib.errors import DataBroken

INSIDE = Path(__file__).with_name("inside.py")
WARNING = "Graded without a sandbox: the submission's code ran with the grader's rights on this machine."
KINDS = ("bubblewrap", "none")
BURIAL = 20.0  # seconds that hundreds of processes may take to die


def require(kind: str) -> None:
    """Refuse where there is no such sandbox.

    Raises:
        BoxError: the kind is unknown, or this machine lacks what it needs.
    """
    if kind not in KINDS:
        raise BoxError(f"There is no sandbox {kind!r}.", expected=f"one of {', '.join(KINDS)}", got=kind)
    if kind == "bubblewrap" and (lack := _lack()):
        raise BoxError(
            "Student code is not run without a sandbox.", got=lack, advice=f"or --sandbox none, which means: {WARNING}"
        )


def _lack() -> str:
    if sys.platform != "linux" or not calls.supported():
        return "the sandbox needs Linux on x86_64 or aarch64"
    return bubblewrap.missing()


class Gone(Exception):
    """The process in the box died, hung, or sent what nobody can read.

    Attributes:
        status: "timeout", "died", or "lost" where the warm process itself ended, which no student code brings about.
    """

    def __init__(self, note: str, status: str = "died"):
        super().__init__(note)
        self.status = status


def warm_up(kind: str = "bubblewrap") -> None:
    """Begin to start what `Box` needs; returns at once.

    Raises:
        BoxError: this sandbox cannot be had here.
    """
    require(kind)
    if kind == "bubblewrap":
        bubblewrap.begin()


class Box:
    """One process beside which nothing of the grader lives, and the socket to it."""

    def __init__(self, unit: str, kind: str = "bubblewrap", imports: Collection[str] = ()):
        """Start the process.

        Args:
            unit: whose checks are asked, e.g. "02_rcnn".
            kind: one of `KINDS`.
            imports: modules that a boxed fork finds imported; their names must come from someone who is trusted.

        Raises:
            BoxError: this sandbox cannot be had here.
        """
        require(kind)
        unit_module = units.find(unit).name
        self._folder = self._plain = self._warm = self._leash = self._keeper = None
        if kind == "none":
            self._start_plain(unit_module)
        else:
            self._warm = bubblewrap.begin()
            self._warm.wait()
            self._socket, self._leash = self._warm.fork(unit_module, imports)
        self._watch = Watch(self._first, self._cut, self._socket.fileno() if self._leash else None)

    def _start_plain(self, unit_module: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="exam-")
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._plain = subprocess.Popen(
                [sys.executable, "-P", str(INSIDE), str(theirs.fileno()), unit_module],
                cwd=self._folder,
                env=bubblewrap.environment(self._folder),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        for name in ("CORE", "FSIZE", "DATA"):
            most = limits.resources()[f"RLIMIT_{name}"]
            resource.prlimit(self._plain.pid, getattr(resource, f"RLIMIT_{name}"), (most, most))

    def request(self, tree: dict, seconds: float) -> dict:
        """Send one request and wait for its answer.

        Raises:
            Gone: no whole answer came within `seconds` (see `Patience`), or it took too much memory; the box is closed
                then.
        """
        from course_lib.checks import codec  # it imports torch, which `require` and `warm_up` do without

        patience = Patience(seconds)
        try:
            self._send(codec.to_bytes(tree), seconds)
            length = int.from_bytes(self._read(8, patience), "big")
            if length > limits.MESSAGE.most:
                raise Gone(f"It answered with more than {limits.MESSAGE.shown}.")
            answer = codec.from_bytes(self._read(length, patience))
            if not isinstance(answer, dict):
                raise Gone("It answered with something else than asked for.")
            return answer
        except TimeoutError as error:
            raise self._gone(f"It took longer than {seconds:.0f} s and was stopped.", "timeout") from error
        except (OSError, DataBroken) as error:
            lost = self._warm is not None and not self._warm.lives(0.2)
            said = "The process that ran your code ended, or sent what cannot be read."
            raise self._gone(said, "lost" if lost else "died") from error
        except Gone:
            self.close()
            raise

    def _gone(self, note: str, status: str) -> Gone:
        """Close the box; it ended for this reason, unless the watch ended it for another."""
        self.close()
        return Gone(self._watch.excess) if self._watch.excess else Gone(note, status)

    def _send(self, message: bytes, seconds: float) -> None:
        self._socket.settimeout(max(seconds, 0.01))
        self._socket.sendall(len(message).to_bytes(8, "big") + message)

    def _read(self, count: int, patience: Patience) -> bytes:
        parts = []
        while count:
            part = self._receive(min(count, 2**20), patience)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _receive(self, most: int, patience: Patience) -> bytes:
        """The next bytes, with a look at the box's work now and then, whether some come or not."""
        while True:
            if self._watch.due:
                patience.look(self._watch.look())
            self._socket.settimeout(patience.pause(limits.GLANCE.most))
            try:
                part = self._socket.recv(most)
            except TimeoutError:
                patience.look(self._watch.look())
                continue
            if not part:
                raise ConnectionError("hung up")
            return part

    def _first(self) -> int | None:
        """The process from which all others of the box descend; None while it has not said its number."""
        if self._leash and self._keeper is None:
            self._keeper = bubblewrap.keeper_of(self._leash)
        return self._plain.pid if self._plain else self._keeper

    def _cut(self) -> None:
        """Have everything in the box killed, without waiting for it."""
        with contextlib.suppress(OSError):  # it is closed, or gone
            if self._leash:
                self._leash.shutdown(socket.SHUT_WR)
            elif self._plain.poll() is None:
                os.killpg(self._plain.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process and everything that it started; when this returns, their memory is free again."""
        self._watch.stop()
        self._cut()
        self._watch.wait()
        self._socket.close()
        if self._leash:
            _let_go(self._leash)
        if self._plain:
            self._plain.wait()
            shutil.rmtree(self._folder, ignore_errors=True)


def _let_go(leash: socket.socket) -> None:
    """Wait until the other side has buried everything: the next submission must not carry its weight."""
    with leash, contextlib.suppress(OSError):
        leash.settimeout(BURIAL)
        while leash.recv(1):
            continue


def diagnose() -> list[tuple[str, bool, str]]:
    """What student code needs here, for `autograder doctor`: (what, whether it is in order, what was found)."""
    found = [("sandbox programs", not _lack(), _lack() or "bwrap and setpriv are there")]
    if not found[0][1]:
        return found
    started = time.monotonic()
    try:
        Box(units.UNITS[0].id).close()
        found.append(("sandbox", True, f"imports took {time.monotonic() - started:.1f} s"))
        started, box = time.monotonic(), Box(units.UNITS[0].id)
        error = box.request({"do": "run", "source": "import torch; torch.ones(3) + 1"}, 60)["error"]
        box.close()
        found.append(("first cell in a box", not error, error or f"{1000 * (time.monotonic() - started):.0f} ms"))
    except (BoxError, Gone) as error:
        found.append(("sandbox", False, " ".join(str(error).split())))
    finally:
        bubblewrap.end()
    return found
