"""Two boxes at the same time, of one warm process and of two: nothing that one says is heard in the other."""

import contextlib
import time

import pytest

from autograder.box import bubblewrap
from autograder.box.sandbox import Box, Gone
from tests.autograder.box.test_box_libraries import HONEST
from tests.helpers.boxes import run

pytestmark = [pytest.mark.sandbox, pytest.mark.long, pytest.mark.usefixtures("warm")]
SPEAK = """
import os, socket, tempfile
held = []
for address in ("\\0oracle", "/exam/oracle", "/tmp/oracle", "/dev/shm/oracle", "/tmp/../tmp/oracle2"):
    held.append(socket.socket(socket.AF_UNIX))
    held[-1].bind(address)
    held[-1].listen()
for folder in ("/exam", "/tmp", "/dev/shm"):
    os.mkfifo(f"{folder}/fifo")
    open(f"{folder}/word", "w").write("oracle")
print(len(held))
"""
HEAR = """
import os, socket
heard = []
for address in ("\\0oracle", "/exam/oracle", "/tmp/oracle", "/dev/shm/oracle", "/tmp/oracle2"):
    try:
        socket.socket(socket.AF_UNIX).connect(address)
        heard.append(address)
    except OSError:
        pass
places = [f"{folder}/{name}" for folder in ("/exam", "/tmp", "/dev/shm") for name in ("fifo", "word")]
heard += [place for place in places if os.path.exists(place)]
heard += [line.split()[-1] for line in open("/proc/net/unix").read().splitlines() if "oracle" in line]
print(heard)
"""


def said(box, source):
    reply = box.request({"do": "run", "source": source}, 60)
    assert reply["error"] == ""
    return reply["displayed"][0]["data"].strip()


@pytest.fixture(params=["one warm process", "two"])
def boxes(request, monkeypatch):
    """Two boxes side by side."""
    first, second_warm = Box("02_rcnn"), None
    if request.param == "two":
        monkeypatch.setattr(bubblewrap, "_warm", second_warm := bubblewrap.Warm())
    second = Box("02_rcnn")
    yield first, second
    first.close()
    second.close()
    if second_warm:
        second_warm.close()


def test_no_socket_pipe_or_file_leads_from_one_box_to_another(boxes):
    first, second = boxes
    assert said(first, SPEAK) == "5"
    assert said(second, HEAR) == "[]"
    assert said(first, HEAR).count("oracle") >= 5  # it does hear itself


LOUD = """
import fcntl, os, struct, sys
place = os.open(os.path.realpath(sys.executable), os.O_RDONLY)
fcntl.flock(place, fcntl.LOCK_EX)
fcntl.lockf(place, fcntl.LOCK_SH, 1, 4711)
print("said")
"""
LISTEN = """
import fcntl, os, struct, sys
place = os.open(os.path.realpath(sys.executable), os.O_RDONLY)
lock = struct.unpack("hhqqi4x", fcntl.fcntl(place, fcntl.F_GETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)))
print("nothing" if lock[0] == fcntl.F_UNLCK else lock[2])
"""


def test_locks_on_shared_files_carry_no_number(boxes):
    first, second = boxes
    assert said(first, LOUD) == "said"
    assert said(second, LISTEN) == "nothing"


GREEDY = {
    "pipes": """
import os
held, (full, told) = [], os.pipe()
for _ in range(4):
    if os.fork() == 0:
        try:
            while True:
                held.append(os.pipe())
                os.set_blocking(held[-1][1], False)
                try:
                    while os.write(held[-1][1], bytes(2**16)):
                        pass
                except BlockingIOError:
                    pass
        except OSError:
            os.write(told, b"1")
        import time
        time.sleep(100)
for _ in range(4):
    os.read(full, 1)
print("greedy")
""",
    "descriptors on their way": """
import socket
held, sent = [], 0
try:
    while sent < 10**5:
        held.append(socket.socketpair())
        held[-1][0].setblocking(False)
        for _ in range(8):
            socket.send_fds(held[-1][0], [b"a"], [0] * 250)
            sent += 250
except OSError as error:
    print(sent, error)
print("greedy")
""",
    "epoll, timers, signals": """
import ctypes, os, select, signal
watched, polls = [os.eventfd(0) for _ in range(450)], [select.epoll() for _ in range(450)]
try:
    [poll.register(number) for poll in polls for number in watched]
except OSError as error:
    print(error)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
while ctypes.CDLL(None).sigqueue(os.getpid(), int(signal.SIGRTMIN), None) == 0:
    pass
print("greedy")
""",
}


@pytest.mark.parametrize("greed", GREEDY)
def test_what_one_box_takes_of_its_user_s_share_hinders_no_other(greed):
    """It gets its share, or is stopped within half a second; then all that neighbours do works."""
    first = Box("02_rcnn")
    try:
        with contextlib.suppress(Gone):
            assert "greedy" in said(first, GREEDY[greed])
        time.sleep(2)
        for name in ("subprocess", "multiprocessing", "asyncio", "data_loader", "torch_processes", "spawned"):
            assert run(HONEST[name] + '\nprint("works")').split()[-1] == "works", name
    finally:
        first.close()
