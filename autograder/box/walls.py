"""The walls that a boxed fork puts around itself before student code comes in. Runs inside; standard library only.

Namespaces of its own (users, mounts, processes, ipc, network), private folders of bounded size, a /proc of its own
processes, no capabilities, and limits: what they are stands in limits.py, which system calls are refused in calls.py.
Linux only; the constants are those of the kernel's headers.
"""

import ctypes
import os
import re
import resource
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

HOSTS_PROC = "/grader/proc"  # where bubblewrap binds the machine's /proc for us, see `_own_proc`
SHOWN = (  # what there is in /proc beside the box's own processes: psutil, `free` and `df` read it
    *("self", "thread-self", "mounts", "net", "meminfo", "cpuinfo", "stat", "vmstat", "loadavg", "uptime", "version"),
    *("filesystems", "diskstats", "partitions", "swaps", "cgroups"),
)

_libc = ctypes.CDLL(None, use_errno=True)
_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_NOSUID, _NOSUID_NODEV, _NOEXEC, _PRIVATE, _RECURSIVE, _READ_ONLY, _BIND = 0x2, 0x6, 0x8, 1 << 18, 1 << 14, 0x1, 1 << 12
_DETACH = 0x2
_SET_PDEATHSIG, _SET_DUMPABLE, _CAPBSET_DROP, _NO_NEW_PRIVS = 1, 4, 24, 38


def hide() -> None:
    """No other process of the same user may look into this one's memory."""
    _call("prctl", _SET_DUMPABLE, 0, 0, 0, 0)


def separate() -> None:
    """New namespaces for users, mounts, ipc, network, and for the processes that are forked from here on.

    The network is empty from the start; a new one keeps two boxes from meeting at a socket without a file, and lets
    the sockets of one box be counted.
    """
    user, group = os.getuid(), os.getgid()
    _call("prctl", _SET_DUMPABLE, 1, 0, 0, 0)  # or the maps could not be written
    _call("unshare", _NEWUSER | _NEWNS | _NEWPID | _NEWIPC | _NEWNET)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def furnish(rooms: Sequence[str], size: int, names: int, terminals: int) -> None:
    """Private empty folders, terminals and processes of its own, and no /dev/zero.

    Shared memory from /dev/zero stays when its pages are given up: no process shows it, and no limit sees it.

    Args:
        rooms: the folders; each takes `size` bytes and so many names.
        terminals: how many there may be.
    """
    _call("mount", b"none", b"/", None, ctypes.c_ulong(_PRIVATE | _RECURSIVE), None)
    _bind("/dev/null", "/dev/zero")
    for room in rooms:
        _empty(room, rooms[0], f"size={size},nr_inodes={names},mode=0700")
    options = f"newinstance,ptmxmode=0666,mode=0620,max={terminals}"
    _mount("devpts", "/dev/pts", _NOSUID | _NOEXEC, options)
    _own_proc()


def _own_proc() -> None:
    """A /proc that shows the box's own processes, read-only, and of the rest what libraries read.

    The kernel grants a new one only where the whole of an old one can be seen. bubblewrap covers parts of its own where
    root starts it; then it binds the machine's for us, which we cover. Where there is none (some containers cover parts
    of theirs), /proc is empty.
    """
    try:
        _mount("proc", "/proc", _READ_ONLY | _NOSUID_NODEV | _NOEXEC)
    except PermissionError:
        _cover("/proc")
    else:
        for name in os.listdir("/proc"):
            if not name.isdigit() and name not in SHOWN:
                _cover(f"/proc/{name}")
    if os.path.isdir(HOSTS_PROC):
        _cover(HOSTS_PROC)


def cover(paths: Sequence[str]) -> None:
    """Nothing is to be seen there any more; after `furnish`, so that no room uncovers it."""
    for path in filter(os.path.exists, paths):
        _cover(path)


def _cover(path: str) -> None:
    """Nothing is to be seen there any more; there is no way to lift it."""
    if os.path.isdir(path):
        _mount("tmpfs", path, _READ_ONLY | _NOSUID_NODEV, "size=4096,nr_inodes=2")
    else:
        _bind("/dev/null", path)


def _empty(room: str, desk: str, options: str) -> None:
    """A private folder over `room`; what is mounted below it (a Python that is installed in /tmp) is seen again."""
    kept = _outermost_mounts(room)
    _call("chdir", desk.encode())
    for number, path in enumerate(kept):
        os.mkdir(f"kept-{number}")
        _bind(path, f"{desk}/kept-{number}")
    _mount("tmpfs", room, _NOSUID_NODEV, options)
    for number, path in enumerate(kept):
        os.makedirs(path, 0o755)
        _bind(f"{desk}/kept-{number}", path)
        _call("umount2", f"{desk}/kept-{number}".encode(), _DETACH)
        os.rmdir(f"{desk}/kept-{number}")


def _outermost_mounts(room: str) -> list[str]:
    fields = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    paths = {re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), field) for field in fields}  # \040 is a space
    found: list[str] = []
    for path in sorted(paths, key=lambda path: path.split("/")):  # an outer one before what is in it
        if path.startswith(f"{room}/") and not any(path.startswith(f"{outer}/") for outer in found):
            found.append(path)
    return found


def _bind(source: str, target: str) -> None:
    _call("mount", source.encode(), target.encode(), None, ctypes.c_ulong(_BIND | _RECURSIVE), None)


def _mount(kind: str, folder: str, flags: int, options: str = "") -> None:
    _call("mount", kind.encode(), folder.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())


def lock(most: Mapping[str, int], nice: int) -> None:
    """Limits, and no capabilities. There is no way back.

    Args:
        most: by the names of `resource`; where the machine allows less, that stays.
        nice: how far others go first.
    """
    for name, value in most.items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (value, value))
    os.nice(nice)
    for capability in range(64):
        _libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0)  # EINVAL above the kernel's last one
    _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
    _drop_capabilities()


def die_with_parent() -> None:
    """Be killed when the parent ends."""
    _call("prctl", _SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    _call("capset", header, (ctypes.c_uint32 * 6)())


def _call(name: str, *values: object) -> None:
    if getattr(_libc, name)(*values) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
