"""System calls: which are refused, on both kinds of processor, and that what all boxes share carries no word."""

import fcntl
import os
import platform
import struct
import sys

import pytest

from autograder.box import calls
from autograder.box.sandbox import Box
from tests.helpers.boxes import run

pytestmark = [pytest.mark.sandbox, pytest.mark.long, pytest.mark.usefixtures("warm")]
HERE = [(name, number) for text in calls.DENIED.values() for name, number in calls.numbers(text).items()]
BOTH = ("x86_64", "aarch64")


def answer(machine, number, *arguments, audit=None):
    """What the filter says to a call: an interpreter of the few instructions that it is made of."""
    words = {0: number, 4: audit or calls._AUDIT[machine][0]}
    words |= {16 + 8 * place: value & 0xFFFFFFFF for place, value in enumerate(arguments)}
    steps, place, value = calls.program(machine), 0, 0
    while True:
        code, yes, no, given = steps[place]
        place += 1
        if code == 0x06:
            return given
        if code == 0x20:
            value = words[given]
        elif code == 0x54:
            value &= given
        else:
            holds = {0x15: value == given, 0x45: bool(value & given), 0x35: value >= given}[code]
            place += yes if holds else no


ALLOWED, REFUSED, PRETENDED, UNKNOWN = 0x7FFF0000, 0x00050001, 0x00050000, 0x00050026


@pytest.mark.parametrize("machine", BOTH)
def test_each_call_is_refused(machine):
    for text in calls.DENIED.values():
        for name, number in calls.numbers(text, machine).items():
            assert answer(machine, number) == REFUSED, name
    assert answer(machine, 1, audit=0x40000003) == REFUSED  # 32 bits have other numbers
    assert answer(machine, 0x40000000 + 39) == REFUSED


@pytest.mark.parametrize("machine", BOTH)
def test_what_programs_live_on_is_allowed(machine):
    names = {
        "x86_64": "read 0, write 1, close 3, brk 12, execve 59, futex 202, epoll_ctl 233, pipe2 293, getrandom 318"
    }
    names["aarch64"] = (
        "read 63, write 64, close 57, brk 214, execve 221, futex 98, epoll_ctl 21, pipe2 59, getrandom 278"
    )
    for row in names[machine].split(", "):
        assert answer(machine, int(row.split()[1]), 1, 2, 3, 4) == ALLOWED, row


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("socket", (1, 1, 0), ALLOWED),
        *((("socket"), (family, 1, 0), REFUSED) for family in (0, 2, 10, 16, 17, 38, 40, 45)),
        ("socketpair", (1, 1, 0), ALLOWED),
        *((("socketpair"), (family, 1, 0), REFUSED) for family in (0, 2, 10, 16, 30, 40)),
        ("clone", (0x01200011,), ALLOWED),  # fork
        ("clone", (0x3D0F00,), ALLOWED),  # a thread
        *(("clone", (flag,), REFUSED) for flag in (0x20000, 0x2000000, 0x4000000, 0x10000000, 0x20000000, 0x40000000)),
        ("clone3", (), UNKNOWN),
        ("mmap", (0, 4096, 3, 0x22), ALLOWED),  # private
        ("mmap", (0, 4096, 3, 0x01), ALLOWED),  # a file
        ("mmap", (0, 4096, 3, 0x21), REFUSED),
        ("sched_setaffinity", (0, 8, 0), PRETENDED),
        ("flock", (3, 2), PRETENDED),
        *(("fcntl", (3, command), PRETENDED) for command in (6, 7, 37, 38)),
        *(("fcntl", (3, command), REFUSED) for command in (1024, 1026, 1031)),
        *(("fcntl", (3, command), ALLOWED) for command in (0, 1, 2, 3, 4, 5, 1030)),
    ],
)
@pytest.mark.parametrize("machine", BOTH)
def test_calls_that_are_needed_are_narrowed(machine, name, arguments, said):
    number = calls.numbers(calls._NEEDED, machine)[name]
    assert answer(machine, number, *arguments, *[0] * (6 - len(arguments))) == said


def test_the_kernel_has_the_filter_in_a_box():
    code = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for name, number in {HERE}:
    ctypes.set_errno(0)
    if libc.syscall(number, *[ctypes.c_long(0)] * 6) != -1 or ctypes.get_errno() != 1:
        print(name, ctypes.get_errno())
print("done")
"""
    assert run(code) == "done"


def test_only_unix_sockets_are_made_single_or_in_pairs():
    code = """
import socket
made = []
for family in range(64):
    for kind in (1, 2, 3, 5):
        for make in (socket.socket, socket.socketpair):
            try:
                make(family, kind)
                made.append(family)
            except OSError:
                pass
print(set(made))
"""
    assert run(code) == "{1}"


LOCK = """
import ctypes, fcntl, os, struct, sys
place = os.open(os.path.realpath(sys.executable), os.O_RDONLY)
fcntl.flock(place, fcntl.LOCK_EX)
fcntl.lockf(place, fcntl.LOCK_SH, 7, 4711)
fcntl.fcntl(place, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 9000, 7, 0))
folder = os.open(os.path.dirname(os.path.realpath(sys.executable)), os.O_RDONLY)
for descriptor, command, value in ((place, fcntl.F_SETLEASE, fcntl.F_RDLCK), (folder, fcntl.F_NOTIFY, 1)):
    try:
        print("taken", command, fcntl.fcntl(descriptor, command, value))
    except OSError:
        pass
print("done")
"""


def test_no_lock_on_a_file_that_all_share_is_taken():
    """Neither to hold up the machine's programs, nor to tell a neighbour something: each lock carries two numbers."""
    box = Box("02_rcnn")
    python = os.open(os.path.realpath(sys.executable), os.O_RDONLY)
    try:
        said = box.request({"do": "run", "source": LOCK}, 60)
        assert (said["error"], said["displayed"][0]["data"].strip()) == ("", "done")
        fcntl.flock(python, fcntl.LOCK_EX | fcntl.LOCK_NB)
        wanted = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
        assert struct.unpack("hhqqi4x", fcntl.fcntl(python, fcntl.F_GETLK, wanted))[0] == fcntl.F_UNLCK
    finally:
        os.close(python)
        box.close()


def test_this_machine_is_one_of_those_that_are_known():
    assert calls.supported() is (platform.machine() in BOTH)
