"""The walls that a boxed fork puts around itself before student code comes in. Runs inside; standard library only.

Namespaces of its own (users, mounts, processes, ipc, network), private folders of bounded size, a /proc of its own
processes, no capabilities, limits, and a list of system calls that nobody here needs. Linux only; the constants are
those of the kernel's headers.
"""

import ctypes
import os
import platform
import re
import resource
import signal
from pathlib import Path

MB = 2**20
ROOM = 256 * MB  # of each private folder
ROOMS = ("/exam", "/tmp", "/dev/shm")
MEMORY = 4096 * MB  # of one process; torch cannot be imported with less than 3.5 GB of address space
PROCESSES = 128  # and threads
CPU_SECONDS = 1800
NICE = 10  # the machine's other work goes first
OPEN_FILES = 1024
TERMINALS = 64
HOSTS_PROC = "/grader/proc"  # where bubblewrap binds the machine's /proc for us, see `_own_proc`
SHOWN = (  # what there is in /proc beside the box's own processes: psutil, `free` and `df` read it
    *("self", "thread-self", "mounts", "net", "meminfo", "cpuinfo", "stat", "vmstat", "loadavg", "uptime", "version"),
    *("filesystems", "diskstats", "partitions", "swaps", "cgroups"),
)

_libc = ctypes.CDLL(None, use_errno=True)
_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_NEW_ANY = 0x7E020080
_NOSUID, _NOSUID_NODEV, _NOEXEC, _PRIVATE, _RECURSIVE, _READ_ONLY, _BIND = 0x2, 0x6, 0x8, 1 << 18, 1 << 14, 0x1, 1 << 12
_DETACH = 0x2
_AF_UNIX, _SHARED_ANONYMOUS = 1, 0x21
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_SECCOMP, _CAPBSET_DROP, _NO_NEW_PRIVS = 1, 4, 22, 24, 38

# System calls that open the kernel further, leave things behind, or hold memory that no limit sees, with their numbers
# on x86_64 and aarch64.
_DENIED = """
ptrace 101 117
process_vm_readv 310 270
process_vm_writev 311 271
add_key 248 217
request_key 249 218
keyctl 250 219
unshare 272 97
setns 308 268
mount 165 40
umount2 166 39
pivot_root 155 41
chroot 161 51
bpf 321 280
perf_event_open 298 241
userfaultfd 323 282
io_uring_setup 425 425
memfd_create 319 279
memfd_secret 447 447
kexec_load 246 104
init_module 175 105
finit_module 313 273
open_by_handle_at 304 265
fsopen 430 430
fsmount 432 432
open_tree 428 428
move_mount 429 429
mount_setattr 442 442
pidfd_getfd 438 438
shmget 29 194
semget 64 190
msgget 68 186
mq_open 240 180
syslog 103 116
"""
_X86, _ARM = ([int(line.split()[column]) for line in _DENIED.split("\n") if line] for column in (1, 2))
_KINDS = {  # audit number, denied, clone, socket, mmap, sched_setaffinity
    "x86_64": (0xC000003E, _X86, 56, 41, 9, 203),
    "aarch64": (0xC00000B7, _ARM, 220, 198, 222, 122),
}
_CLONE3 = 435


def hide() -> None:
    """No other process of the same user may look into this one's memory."""
    _call("prctl", _SET_DUMPABLE, 0, 0, 0, 0)


def separate() -> None:
    """New namespaces for users, mounts, ipc, network, and for the processes that are forked from here on.

    The network is empty from the start; a new one keeps two boxes from meeting at a socket without a file.
    """
    user, group = os.getuid(), os.getgid()
    _call("prctl", _SET_DUMPABLE, 1, 0, 0, 0)  # or the maps could not be written
    _call("unshare", _NEWUSER | _NEWNS | _NEWPID | _NEWIPC | _NEWNET)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def furnish() -> None:
    """Private empty folders, terminals and processes of its own, and no /dev/zero.

    Shared memory from /dev/zero stays when its pages are given up: no process shows it, and no limit sees it.
    """
    _call("mount", b"none", b"/", None, ctypes.c_ulong(_PRIVATE | _RECURSIVE), None)
    _bind("/dev/null", "/dev/zero")
    for room in ROOMS:
        _empty(room, _outermost_mounts(room))
    terminals = f"newinstance,ptmxmode=0666,mode=0620,max={TERMINALS}"
    _mount("devpts", "/dev/pts", _NOSUID | _NOEXEC, terminals)
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


def _cover(path: str) -> None:
    """Nothing is to be seen there any more; there is no way to lift it."""
    if os.path.isdir(path):
        _mount("tmpfs", path, _READ_ONLY | _NOSUID_NODEV, "size=4096,nr_inodes=2")
    else:
        _bind("/dev/null", path)


def _empty(room: str, kept: list[str]) -> None:
    """A private folder over `room`; what is mounted below it (a Python that is installed in /tmp) is seen again."""
    _call("chdir", ROOMS[0].encode())
    for number, path in enumerate(kept):
        os.mkdir(f"kept-{number}")
        _bind(path, f"{ROOMS[0]}/kept-{number}")
    _mount("tmpfs", room, _NOSUID_NODEV, f"size={ROOM},nr_inodes=20000,mode=0700")
    for number, path in enumerate(kept):
        os.makedirs(path, 0o755)
        _bind(f"{ROOMS[0]}/kept-{number}", path)
        _call("umount2", f"{ROOMS[0]}/kept-{number}".encode(), _DETACH)
        os.rmdir(f"{ROOMS[0]}/kept-{number}")


def _outermost_mounts(room: str) -> list[str]:
    found: list[str] = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        path = re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), line.split()[1])  # a space is written \040
        if path.startswith(f"{room}/") and not any(path.startswith(f"{outer}/") for outer in found):
            found.append(path)
    return found


def _bind(source: str, target: str) -> None:
    _call("mount", source.encode(), target.encode(), None, ctypes.c_ulong(_BIND | _RECURSIVE), None)


def _mount(kind: str, folder: str, flags: int, options: str = "") -> None:
    _call("mount", kind.encode(), folder.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())


def lock() -> None:
    """Limits, no capabilities, no system calls that nobody needs. There is no way back."""
    for name, most in {
        "CORE": 0,
        "FSIZE": ROOM,
        "DATA": MEMORY,
        "NPROC": PROCESSES,
        "NOFILE": OPEN_FILES,
        "CPU": CPU_SECONDS,
    }.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    os.nice(NICE)
    for capability in range(64):
        _libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0)  # EINVAL above the kernel's last one
    _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)
    _drop_capabilities()
    _deny_calls()


def die_with_parent() -> None:
    """Be killed when the parent ends."""
    _call("prctl", _SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    _call("capset", header, (ctypes.c_uint32 * 6)())


class _Filter(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("filters", ctypes.POINTER(_Filter))]


def _deny_calls() -> None:
    """A seccomp filter: the listed calls fail with EPERM, clone3 with ENOSYS (glibc then takes clone).

    Denied are also sockets other than Unix ones (those of virtual machines reach the host from any network namespace)
    and shared memory without a file, which no limit counts. To choose other cores succeeds, and does nothing.
    """
    load, equal, any_bit, at_least, mask, answer = 0x20, 0x15, 0x45, 0x35, 0x54, 0x06
    allow, refuse, unknown, pretend = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38, 0x00050000
    machine, denied, clone, new_socket, mmap, cores = _KINDS[platform.machine()]
    refused, allowed, argument = (answer, 0, 0, refuse), (answer, 0, 0, allow), (load, 0, 0, 16)
    steps = [(load, 0, 0, 4), (equal, 1, 0, machine), refused]  # another kind of call: refused
    steps += [(load, 0, 0, 0), (at_least, 0, 1, 0x40000000), refused]
    for number in denied:
        steps += [(equal, 0, 1, number), refused]
    steps += [(equal, 0, 1, _CLONE3), (answer, 0, 0, unknown), (equal, 0, 1, cores), (answer, 0, 0, pretend)]
    steps += [(equal, 0, 4, clone), argument, (any_bit, 0, 1, _NEW_ANY), refused, allowed]
    steps += [(equal, 0, 4, new_socket), argument, (equal, 1, 0, _AF_UNIX), refused, allowed]
    steps += [(equal, 0, 4, mmap), (load, 0, 0, 40), (mask, 0, 0, _SHARED_ANONYMOUS), (equal, 0, 1, _SHARED_ANONYMOUS)]
    steps += [refused, allowed]
    filters = (_Filter * len(steps))(*steps)
    _call("prctl", _SET_SECCOMP, 2, ctypes.byref(_Program(len(steps), filters)), 0, 0)


def supported() -> bool:
    """Whether this machine's system calls are known here."""
    return platform.machine() in _KINDS


def _call(name: str, *values: object) -> None:
    if getattr(_libc, name)(*values) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
