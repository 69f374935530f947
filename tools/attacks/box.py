"""A machine to be ruined: a program inside bubblewrap, without network, with little room, watched from outside.

What stock nbgrader does with an attack happens in here. The system is read-only, `/host` is a small file system in
memory; processes, file sizes, memory and time are limited, and everything ends with the box.
"""

import contextlib
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

from course_lib import threads
from tools import ROOT

LEFT = 2 * 2**30  # bytes of memory that the machine keeps for others
USER = 61185  # who everything runs as where we are root; it owns nothing
ROOM = 1536 * 2**20  # bytes of /host
MAX_PROCESSES, MAX_FILE, MAX_DATA, MAX_MEMORY = 160, 16 * 2**30, 4 * 2**30, 5 * 2**30
SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", *SETTINGS)
PASSWD = f"root:x:0:0:root:/:/bin/sh\ngrader:x:{USER}:{USER}:grader:/host:/bin/sh\n"


def run(words: list[str], given: Path, seconds: float) -> tuple[str, str]:
    """Run a Python program of this project in a box of its own.

    Args:
        words: after `python`.
        given: a folder, seen inside as /given, read-only.

    Returns:
        What it wrote to stdout, and "" or why it was stopped.
    """
    passwd = given / "passwd"
    passwd.write_text(PASSWD)
    process = subprocess.Popen(
        [*_command(given), sys.executable, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=_limit,
    )
    stopped: list[str] = []
    threading.Thread(target=_watch, args=(process, time.monotonic() + seconds, stopped), daemon=True).start()
    said = process.stdout.read(10 * 2**20)
    process.kill()
    process.wait()
    process.stdout.close()
    return said.decode(errors="replace"), "".join(stopped)


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, MAX_FILE),
        (resource.RLIMIT_DATA, MAX_DATA),
        (resource.RLIMIT_NOFILE, 1024),
    ):
        resource.setrlimit(kind, (most, most))


def _watch(process: subprocess.Popen, deadline: float, stopped: list[str]) -> None:
    """Kill the box when its time is over or its memory is used up."""
    box = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            within = [box, *box.children(recursive=True)]
        except psutil.Error:  # it ended meanwhile
            within = [box]
        used = sum(map(_memory, within))
        if used > MAX_MEMORY or psutil.virtual_memory().available < LEFT:
            stopped.append(f"it took more than {MAX_MEMORY / 2**30:.0f} GB of memory")
        elif time.monotonic() > deadline:
            stopped.append("it did not end in time")
        if stopped:
            for each in within:  # the innermost does not always die with its parent
                with contextlib.suppress(psutil.Error):
                    each.kill()
            return
        time.sleep(0.3)


def _memory(process: psutil.Process) -> int:
    """Its share of the memory that it uses, in bytes; 0 when nobody may know."""
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0


def _command(given: Path) -> list[str]:
    root = os.geteuid() == 0
    rights = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if root else ["--unshare-user"]
    words = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    words += ["--die-with-parent", "--new-session", "--clearenv", *rights]
    for path in (*SYSTEM, *_python(), str(ROOT)):
        words += _seen(path)
    words += ["--ro-bind", str(given / "passwd"), "/etc/passwd", "--proc", "/proc", "--dev", "/dev"]
    words += ["--perms", "1777", "--size", str(ROOM), "--tmpfs", "/host"]
    words += ["--perms", "1777", "--size", str(ROOM // 4), "--tmpfs", "/tmp"]
    words += ["--ro-bind", str(given), "/given", "--chdir", str(ROOT)]
    for name, value in {"HOME": "/tmp", "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **_own()}.items():
        words += ["--setenv", name, value]
    change = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--no-new-privs"]
    return [*words, *(change if root else []), "prlimit", f"--nproc={MAX_PROCESSES}"]


def _own() -> dict[str, str]:
    return {"LANG": "C.UTF-8", **threads.variables(1), "PYTHONDONTWRITEBYTECODE": "1", "COURSE_PROFILE": "mini"}


def _python() -> list[str]:
    """The folders of this Python and of its packages."""
    folders = {os.path.realpath(sys.base_prefix), os.path.abspath(sys.prefix), os.path.abspath(sys.base_prefix)}
    return sorted(path for path in folders if not path.startswith("/usr"))


def _seen(path: str) -> list[str]:
    """A path of the machine, read-only; the folders above it open to everyone."""
    if os.path.islink(path) and not path.startswith("/etc"):
        return ["--symlink", os.readlink(path), path]
    above = [word for folder in reversed(Path(path).parents[:-1]) for word in ("--perms", "0755", "--dir", str(folder))]
    return [*above, "--ro-bind", path, path] if os.path.exists(path) else []
