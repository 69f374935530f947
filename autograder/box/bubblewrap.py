"""bubblewrap's command line for the warm process, and that process: started once, asked for a fork per submission.

Seen from inside: a read-only system, this Python and its packages, course_lib, the files that serve. Nothing of
the grader, solutions, gradebook, submissions, home or credentials; no network.
"""

import array
import atexit
import os
import select
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import autograder
import course_lib
from autograder.box import pages, walls
from autograder.errors import BoxError
from course_lib import threads

GUEST = 61184  # the user that student code runs as where the grader is root; it owns nothing
SERVING = ("calls.py", "inside.py", "limits.py", "pages.py", "shell.py", "startup.py", "walls.py", "warm.py")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/sys/devices/system/cpu", pages.KNOWN)
START = 120.0  # seconds for the imports, on a slow disk
_CREDENTIALS = struct.Struct("iII")  # process, user and group, as the kernel tells them


def command(control: int, names: Mapping[str, int]) -> list[str]:
    """The whole command line of the warm process that listens on the socket `control`.

    Args:
        names: descriptors of the files that name users and hosts, see `_names`.
    """
    here, inside = Path(__file__).parent, "/grader/warm.py"
    words = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    words += ["--die-with-parent", "--new-session", "--hostname", "exam", "--clearenv", *_rights()]
    words += [word for path in (*SYSTEM, *SETTINGS) for word in _seen(path)]
    for path, descriptor in names.items():
        words += ["--perms", "0644", "--file", str(descriptor), path]
    words += ["--proc", "/proc", "--dev", "/dev", "--dir", "/dev/shm", "--dir", "/exam"]
    words += ["--perms", "1777", "--tmpfs", "/tmp"]
    for path in (*_python(), str(Path(course_lib.__file__).parent)):
        words += [*_way_to(path), "--ro-bind", path, path]
    words += [*_hidden(), "--dir", "/grader"]
    for name in SERVING:
        words += ["--ro-bind", str(here / name), f"/grader/{name}"]
    words += ["--ro-bind", "/proc", walls.HOSTS_PROC] if _root() else []
    words += [word for name, value in environment("/exam").items() for word in ("--setenv", name, value)]
    words += ["--remount-ro", "/dev/pts", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]
    return [*words, *_as_guest(), "/usr/bin/env", "=".join(pages.HEAP), sys.executable, "-P", inside, str(control)]


def _names() -> dict[str, str]:
    """Users and hosts that can be looked up inside, as a machine of one's own has them: one of each."""
    user, group = (GUEST, GUEST) if _root() else (os.getuid(), os.getgid())
    return {
        "/etc/passwd": f"student:x:{user}:{group}:student:/exam:/bin/sh\n",
        "/etc/group": f"student:x:{group}:\n",
        "/etc/hosts": "127.0.0.1 localhost exam\n",
    }


def _rights() -> list[str]:
    """As root, only what setpriv needs to change the user; otherwise a user namespace."""
    return (
        ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if _root() else ["--unshare-user"]
    )


def _root() -> bool:
    return os.geteuid() == 0


def _seen(path: str) -> list[str]:
    """A path of the system, as the link or the folder that it is; nothing where it does not exist."""
    if os.path.islink(path) and not path.startswith("/etc"):
        return ["--symlink", os.readlink(path), path]
    return [*_way_to(path), "--ro-bind", path, path] if os.path.exists(path) else []


def _python() -> list[str]:
    """The folders of this Python and of its packages, outer ones only."""
    folders = sorted({os.path.realpath(sys.base_prefix), os.path.abspath(sys.prefix), os.path.abspath(sys.base_prefix)})
    return [path for path in folders if not path.startswith("/usr/") and path != "/usr"]


def _way_to(path: str) -> list[str]:
    """The folders above a path, open to the guest (bubblewrap would make them for its own user only)."""
    return [word for folder in reversed(Path(path).parents[:-1]) for word in ("--perms", "0755", "--dir", str(folder))]


def _hidden() -> list[str]:
    """An empty folder over the whole grader, where it is installed among the packages."""
    grader = str(Path(autograder.__file__).parent)
    return ["--tmpfs", grader] if grader.startswith(tuple(_python())) else []


def _as_guest() -> list[str]:
    """As root: bubblewrap keeps the right to change the user, setpriv does, and drops everything."""
    if not _root():
        return []
    return ["setpriv", "--reuid", str(GUEST), "--regid", str(GUEST), "--clear-groups", "--no-new-privs"]


def environment(home: str) -> dict[str, str]:
    """The whole environment of student code: one thread, the mini profile, a cache of its own."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": home,
        "TMPDIR": home,
        "USER": "student",
        "LOGNAME": "student",
        "IPYTHONDIR": f"{home}/.ipython",
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "COURSE_CACHE": f"{home}/.cache",
        "COURSE_PROFILE": "mini",
        "MPLBACKEND": "Agg",
        "TORCH_COMPILE_DISABLE": "1",  # compiling takes longer than a question may: functions run as they are written
        **threads.variables(1),
    }


def _holding(content: str) -> int:
    """A descriptor of a file in memory, to be read from its beginning."""
    descriptor = os.memfd_create("names")
    os.pwrite(descriptor, content.encode(), 0)
    return descriptor


class Warm:
    """The warm process: everything is imported, each `fork` takes a few hundredths of a second.

    Processes that are forked from its owner may use it too; only the owner ends it.
    """

    def __init__(self):
        """Begin to start it.

        Raises:
            BoxError: there is no bubblewrap.
        """
        self._owner, self._ready = os.getpid(), False
        self._said = os.fdopen(os.memfd_create("said"), "rb", 0)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        names = {path: _holding(content) for path, content in _names().items()}
        try:
            self.process = subprocess.Popen(
                command(theirs.fileno(), names),
                pass_fds=(theirs.fileno(), *names.values()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                start_new_session=True,
            )
        except OSError as error:
            raise BoxError("bubblewrap does not start.", got=str(error), advice="apt-get install bubblewrap") from error
        finally:
            theirs.close()
            for descriptor in names.values():
                os.close(descriptor)
        self._life = os.fdopen(os.pidfd_open(self.process.pid), "rb", 0)

    def wait(self) -> None:
        """Return when it is ready.

        Raises:
            BoxError: bubblewrap or one of its namespaces is not to be had here; its own words are in the message.
        """
        if self._ready:
            return
        self._control.settimeout(START)
        try:
            ready = self._control.recv(16, socket.MSG_PEEK)  # it stays there for the other users
        except OSError as error:
            ready = str(error).encode()
        if ready != b"ready":
            said = os.pread(self._said.fileno(), 4000, 0).decode(errors="replace").strip().splitlines()
            self.close()
            raise BoxError(
                "The sandbox does not start.",
                expected="bubblewrap with namespaces for processes, network and users",
                got=said[-1] if said else "no word from it",
                advice="`autograder doctor` says what is missing",
            )
        self._ready = True

    def lives(self, moment: float = 0.0) -> bool:
        """Whether it still lives a moment from now (in seconds): it outlasts each fork by far, or dies with it."""
        return not self._life.closed and not select.select([self._life], [], [], moment)[0]

    def fork(self, unit_module: str, imports: Collection[str] = ()) -> tuple[socket.socket, socket.socket]:
        """A fresh fork: the channel to it, and its leash (closing the leash kills it and all that it started).

        It may use the cores that the calling thread may use.

        Args:
            imports: modules that it finds imported; their names must come from someone who is trusted.
        """
        channel, theirs = socket.socketpair()
        leash, held = socket.socketpair()
        leash.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            handed = array.array("i", [theirs.fileno(), held.fileno()])
            cores = ",".join(map(str, os.sched_getaffinity(0)))
            message = " ".join([cores, unit_module, *imports]).encode()
            self._control.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handed)])
        finally:
            theirs.close()
            held.close()
        return channel, leash

    def close(self) -> None:
        """End it and everything in it."""
        self._control.close()
        self._said.close()
        self._life.close()
        if self._owner == os.getpid():
            self.process.kill()
            self.process.wait()


def keeper_of(leash: socket.socket) -> int | None:
    """The process id of a fork's keeper, from which everything in it descends; None while it has not said so."""
    try:
        _, said, _, _ = leash.recvmsg(1, socket.CMSG_SPACE(_CREDENTIALS.size), socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    return next((_CREDENTIALS.unpack(data)[0] for _, kind, data in said if kind == socket.SCM_CREDENTIALS), None)


_warm: Warm | None = None


def begin() -> Warm:
    """The warm process of this process and of those forked from it; begins to start it where there is none.

    Raises:
        BoxError: there is no bubblewrap.
    """
    global _warm
    if _warm is None or not _warm.lives():
        _warm = Warm()
        atexit.register(end)
    return _warm


def end() -> None:
    """End the warm process, if this process has started one."""
    global _warm
    if _warm:
        _warm.close()
    _warm = None


def missing() -> str:
    """Which program is missing and what to install, or ""."""
    for program, package in {"bwrap": "bubblewrap", "setpriv": "util-linux"}.items():
        if shutil.which(program) is None:
            return f"the program {program} is missing: apt-get install {package}"
    return ""
