"""The process in the sandbox that imports everything once, and forks for each submission. Never runs student code.

    python -P warm.py CONTROL_FD

Each message on the control socket brings the cores that the fork may use, the name of a unit's module, the names of
other modules that the unit's released cells import, and two sockets: the channel on which the fork answers requests
(inside.py), and a leash. When the other end of the leash is let go, everything in the fork dies.
"""

import contextlib
import importlib
import itertools
import os
import select
import signal
import socket
import sys
from pathlib import Path

import course_lib

HERE = "calls", "inside", "limits", "pages", "shell", "startup", "walls"
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import startup  # noqa: E402

with startup.uncollected():
    import calls
    import inside
    import limits
    import pages
    import shell as surroundings
    import walls

    startup.import_torchvision()

sys.path.pop(0)  # from now on nothing is imported from this folder
for name in HERE:
    del sys.modules[name]  # a student's module may have that name


def main(descriptor: int) -> None:
    """Prepare, say so, then fork for each message until the other side hangs up."""
    walls.hide()
    pages.settle()
    with startup.uncollected():
        shell = surroundings.prepare()
    control = socket.socket(fileno=descriptor)
    control.send(b"ready")
    for forks in itertools.count():
        if forks == pages.MANY:
            pages.gather()
        message, descriptors, _, _ = socket.recv_fds(control, 2**16, 2)
        if not message:
            return
        cores, unit_module, *others = message.decode().split()
        _import(f"course_lib.checks.{unit_module}", *others)
        if os.fork() == 0:
            control.close()
            os.sched_setaffinity(0, map(int, cores.split(",")))
            _keep(shell, unit_module, *descriptors)
        for number in descriptors:
            os.close(number)
        _bury()


def _import(*names: str) -> None:
    """Import modules for this fork and all later ones. One that fails fails again, and is heard, in the fork."""
    for name in names:
        with contextlib.suppress(Exception):
            _import(*getattr(importlib.import_module(name), "LATER", ()))


def _withheld(unit_module: str) -> list[str]:
    """The files of weights that are not there while this unit's work is graded: whoever reads them has not trained."""
    checks = getattr(sys.modules.get(f"course_lib.checks.{unit_module}"), "CHECKS", ())
    folder = Path(course_lib.__file__).parent / "weights"
    return [str(folder / f"{name}.safetensors") for check in checks for name in check.withholds]


def _bury() -> None:
    """Forget the forks that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _keep(shell, unit_module: str, channel: int, leash: int) -> None:
    """In the fork: separate, let the student's process begin, and kill it when the leash is let go. Never returns."""
    try:
        os.write(leash, b"k")  # the kernel adds our process id, as the other side counts
        walls.separate()
        student = os.fork()
        if student == 0:
            os.close(leash)
            _serve(shell, unit_module, channel)
        os.close(channel)
        ended = os.pidfd_open(student)
        select.select([leash, ended], [], [])
        os.kill(student, signal.SIGKILL)
        os.waitpid(student, 0)
    finally:
        os._exit(0)


def _serve(shell, unit_module: str, channel: int) -> None:
    """As process 1 of its own namespace: walls up, then answer requests. Never returns."""
    try:
        os.setsid()  # a signal to the own group must not reach the warm process
        walls.die_with_parent()
        walls.furnish(limits.ROOMS, limits.ROOM.most, limits.NAMES.most, limits.TERMINALS.most)
        walls.cover(_withheld(unit_module))
        silence = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(silence, number)
        walls.lock(limits.resources(), limits.NICE.most)
        calls.deny()
        inside.serve(shell, unit_module, socket.socket(fileno=channel))
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
