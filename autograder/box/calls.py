"""The system calls that are refused in the box, each with its reason, and the filter that refuses them.

Runs inside; standard library only. A call is here when it opens the kernel further, reaches across boxes, leaves
something behind, or takes from what the whole machine shares, and when no library that students use needs it
(tests/autograder/box/test_box_libraries.py runs them). Numbers are those of x86_64 and of aarch64.
"""

import ctypes
import os
import platform
from typing import NamedTuple

DENIED = {
    "reads, steers or compares other processes": """
        ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, pidfd_getfd 438 438, kcmp 312 272""",
    "makes namespaces or changes what is mounted": """
        unshare 272 97, setns 308 268, mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, fsopen 430 430,
        fsmount 432 432, open_tree 428 428, move_mount 429 429, mount_setattr 442 442, open_by_handle_at 304 265""",
    "puts code into the kernel, or opens large parts of it": """
        bpf 321 280, perf_event_open 298 241, userfaultfd 323 282, io_uring_setup 425 425, kexec_load 246 104,
        init_module 175 105, finit_module 313 273""",
    "leaves keys that the next box of the same user finds": "add_key 248 217, request_key 249 218, keyctl 250 219",
    "holds memory that no process shows": """
        memfd_create 319 279, memfd_secret 447 447, shmget 29 194, semget 64 190, msgget 68 186, mq_open 240 180,
        vmsplice 278 75""",
    "takes from what the machine has for everybody": "io_setup 206 0, ioprio_set 251 30",
    "watches what others do with shared files": """
        inotify_init 253 -, inotify_init1 294 26, fanotify_init 300 262, cachestat 451 451""",
    "reads the machine's log": "syslog 103 116",
}
NARROWED = {  # what becomes of calls that are needed
    "socket, socketpair": "Unix sockets only: those of virtual machines reach the host from any network namespace",
    "clone": "without new namespaces; clone3, whose flags a filter cannot see, does not exist (glibc then takes clone)",
    "mmap": "no shared memory without a file, which no limit counts",
    "sched_setaffinity": "succeeds and does nothing: a box stays on its cores",
    "flock, fcntl's locks": "succeed and do nothing: locks on files that all boxes share would be heard in the others",
    "fcntl's leases, notices, sizes of pipes": "refused: they reach other users of the file, or hold more memory",
}
PRETENDED = {"F_SETLK": 6, "F_SETLKW": 7, "F_OFD_SETLK": 37, "F_OFD_SETLKW": 38}  # of fcntl
REFUSED = {"F_SETLEASE": 1024, "F_NOTIFY": 1026, "F_SETPIPE_SZ": 1031}
_AUDIT = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}  # the kernel's number of the machine, our column
_NEEDED = """clone 56 220, clone3 435 435, socket 41 198, socketpair 53 199, mmap 9 222, sched_setaffinity 203 122,
    flock 73 32, fcntl 72 25"""
_NEW_ANY = 0x7E020080
_AF_UNIX, _SHARED_ANONYMOUS = 1, 0x21
_SET_SECCOMP = 22
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _MASK, _ANSWER = 0x20, 0x15, 0x45, 0x35, 0x54, 0x06
_ALLOW, _PRETEND, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050000, 0x00050000 | 1, 0x00050000 | 38


class Step(NamedTuple):
    """One instruction of a filter."""

    code: int
    jump_true: int
    jump_false: int
    value: int


ALLOWED, REFUSAL = Step(_ANSWER, 0, 0, _ALLOW), Step(_ANSWER, 0, 0, _EPERM)
PRETENCE, UNKNOWN = Step(_ANSWER, 0, 0, _PRETEND), Step(_ANSWER, 0, 0, _ENOSYS)


def supported() -> bool:
    """Whether this machine's system calls are known here."""
    return platform.machine() in _AUDIT


def numbers(text: str, machine: str = "") -> dict[str, int]:
    """The calls of a text by name, those that the machine has (by default this one)."""
    column = _AUDIT[machine or platform.machine()][1]
    rows = (row.split() for row in text.split(","))
    return {name: int(found[column]) for name, *found in rows if found[column] != "-"}


def program(machine: str) -> list[Step]:
    """The filter for a kind of machine: which number and which arguments lead to which answer."""
    need = numbers(_NEEDED, machine)
    steps = [Step(_LOAD, 0, 0, 4), Step(_EQUAL, 1, 0, _AUDIT[machine][0]), REFUSAL]  # another kind of call
    steps += [Step(_LOAD, 0, 0, 0), Step(_AT_LEAST, 0, 1, 0x40000000), REFUSAL]
    for text in DENIED.values():
        for number in numbers(text, machine).values():
            steps += _at(number, REFUSAL)
    steps += [*_at(need["clone3"], UNKNOWN), *_at(need["sched_setaffinity"], PRETENCE), *_at(need["flock"], PRETENCE)]
    steps += _at(need["clone"], _argument(0), Step(_ANY_BIT, 0, 1, _NEW_ANY), REFUSAL, ALLOWED)
    for name in ("socket", "socketpair"):
        steps += _at(need[name], _argument(0), Step(_EQUAL, 1, 0, _AF_UNIX), REFUSAL, ALLOWED)
    commands = [step for command in PRETENDED.values() for step in _at(command, PRETENCE)]
    commands += [step for command in REFUSED.values() for step in _at(command, REFUSAL)]
    steps += _at(need["fcntl"], _argument(1), *commands, ALLOWED)
    shared = (Step(_MASK, 0, 0, _SHARED_ANONYMOUS), *_at(_SHARED_ANONYMOUS, REFUSAL))
    return [*steps, *_at(need["mmap"], _argument(3), *shared), ALLOWED]


def _at(number: int, *steps: Step) -> list[Step]:
    """These steps where the value at hand is `number`; others jump over them."""
    return [Step(_EQUAL, 0, len(steps), number), *steps]


def _argument(position: int) -> Step:
    """Take the lower half of an argument in hand."""
    return Step(_LOAD, 0, 0, 16 + 8 * position)


class _Filter(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("filters", ctypes.POINTER(_Filter))]


def deny() -> None:
    """From here on the refused calls fail with EPERM in this process and all that it starts. There is no way back."""
    steps = program(platform.machine())
    filters = (_Filter * len(steps))(*steps)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_SECCOMP, 2, ctypes.byref(_Program(len(steps), filters)), 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp: {os.strerror(code)}")
