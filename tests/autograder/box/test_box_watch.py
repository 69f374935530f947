"""Weighing a box: whatever holds memory counts, shared pages count once, and the grader need not be asking."""

import os
import subprocess
import sys
import threading
import time

import psutil
import pytest

from autograder.box import bubblewrap, limits, sockets, watch
from autograder.box.sandbox import Box, Gone
from tests.helpers.boxes import run

pytestmark = [pytest.mark.sandbox, pytest.mark.long, pytest.mark.usefixtures("warm")]
MB = 2**20


def stopped_while_nobody_asks(source):
    """Have a box do something and ask it nothing: whether it was stopped, and what the next request is told."""
    box = Box("02_rcnn")
    try:
        assert box.request({"do": "run", "source": source}, 60)["error"] == ""
        end = time.monotonic() + 120
        while not box._watch.excess and time.monotonic() < end:
            time.sleep(0.1)
        with pytest.raises(Gone) as gone:
            box.request({"do": "run", "source": "1"}, 60)
        return gone.value
    finally:
        box.close()


TAKE = """
import threading, time
def taken():
    while True:
        try:
            hoard = bytearray(1500 * 2**20)
            hoard[::4096] = b'1' * (1500 * 2**8)
            return hoard
        except MemoryError:  # others may have it just now
            time.sleep(1)
"""
LATER = f"""{TAKE}
def later():
    time.sleep(2)
    {{}}
    time.sleep(100)
threading.Thread(target=later, daemon=True).start()
"""
HOARD = "global hoard; hoard = taken()"
TABLES = """
    import mmap, os
    for _ in range(100):
        if os.fork() == 0:
            space = mmap.mmap(-1, 16 * 2**30, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
            for place in range(0, 16 * 2**30, 2**21):
                space[place]
            time.sleep(100)"""


HEADLESS = f"""
    import ctypes, os, platform
    if os.fork() == 0:
        def take():
            {HOARD}
            time.sleep(100)
        threading.Thread(target=take).start()
        ctypes.CDLL(None).syscall(60 if platform.machine() == "x86_64" else 93, 0)"""


@pytest.mark.parametrize("take", [HOARD, TABLES, HEADLESS], ids=["pages", "page tables", "without a first thread"])
def test_a_box_is_weighed_while_nobody_asks_it_anything(small, take):
    gone = stopped_while_nobody_asks(LATER.format(take))
    assert "of memory" in str(gone)
    assert gone.status == "died"


def test_a_box_that_does_not_read_is_weighed(small):
    deaf = f"{TAKE}\nimport socket\ndef deaf(*given):\n    {HOARD}\n    time.sleep(100)\nsocket.socket.recv = deaf"
    box = Box("02_rcnn")
    try:
        box.request({"do": "run", "source": deaf}, 60)
        started = time.monotonic()
        with pytest.raises(Gone, match="of memory"):
            box.request({"do": "run", "source": "1 #" + "x" * 2**23}, 100)
        assert time.monotonic() - started < 90
    finally:
        box.close()


def test_pages_that_children_share_count_once(small):
    """Thirty-two forks of a process of 0.3 GB hold 0.5 GB together, not ten."""
    pool = """
import multiprocessing as mp, time
with mp.Pool(32) as pool:
    numbers = pool.map(abs, range(-64, 0))
    time.sleep(3)
print(sum(numbers))
"""
    assert run(pool) == str(64 * 65 // 2)


def test_pages_that_children_write_to_count_for_each(small):
    write = """
import os, time
hoard = bytearray(300 * 2**20)
hoard[::4096] = b"1" * (300 * 2**8)
for _ in range(6):
    if os.fork() == 0:
        hoard[::4096] = b"2" * (300 * 2**8)
        time.sleep(100)
time.sleep(100)
"""
    with pytest.raises(Gone, match="of memory"):
        run(write)


def test_a_page_counts_at_most_once():
    child = subprocess.Popen([sys.executable, "-c", "import time; hoard = b'1' * 2**26; time.sleep(100)"])
    try:
        end = time.monotonic() + 60
        while watch.memory_of([psutil.Process(child.pid)]) < 2**26 and time.monotonic() < end:
            time.sleep(0.05)
        most = watch.memory_of([psutil.Process(child.pid)])
        assert 2**26 < watch._fair(child.pid, 0) <= most
    finally:
        child.kill()
        child.wait()
    assert watch._fair(child.pid, 7 * MB) == 0  # it has ended


def test_where_the_kernel_does_not_tell_the_shares_all_pages_count(monkeypatch):
    def refused(path):
        if path.name == "smaps_rollup":
            raise PermissionError
        return "RssAnon:	  2000 kB\nVmPTE:	     50 kB\n"

    monkeypatch.setattr(watch.Path, "read_text", refused)
    assert watch._fair(1, 7 * MB) == 7 * MB
    monkeypatch.setattr(limits, "BOX", limits.Limit("", MB, "bytes", "", ""))
    assert watch.memory_of([psutil.Process()]) == 2050 * 1024


def test_a_watch_that_fails_ends_the_box(monkeypatch):
    def broken(pid):
        raise ZeroDivisionError

    monkeypatch.setattr(watch.threading, "excepthook", lambda told: None)
    box = Box("02_rcnn")
    monkeypatch.setattr(watch, "family", broken)
    try:
        box._socket.settimeout(60)
        assert box._socket.recv(1) == b""
    finally:
        box.close()


def test_what_is_looked_at_is_not_closed_meanwhile(monkeypatch):
    looking, closing, seen = threading.Event(), threading.Event(), []

    def slow(leash):
        looking.set()
        closing.wait(60)
        time.sleep(1)
        seen.append(leash.fileno())

    monkeypatch.setattr(bubblewrap, "keeper_of", slow)
    box = Box("02_rcnn")
    assert looking.wait(60)
    closing.set()
    box.close()
    assert len(seen) == 1
    assert seen[0] >= 0  # else it was closed


def test_sockets_are_counted_in_a_box_of_their_own():
    here = sockets.count(os.getpid())
    box = Box("02_rcnn")
    try:
        held = "import socket\nheld = [socket.socketpair() for _ in range(200)]"
        assert box.request({"do": "run", "source": held}, 60)["error"] == ""
        box._watch.look()
        assert sockets.count(box._first()) == 400
        assert sockets.count(os.getpid()) < here + 300  # other programs open some meanwhile
    finally:
        box.close()
    assert sockets.count(2**22 + 1) == 0


SENT = {
    "through the channel": """
import os, socket, stat, time
for number in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            channel = socket.socket(fileno=os.dup(number))
            for _ in range(3):
                socket.send_fds(channel, [b"a"], [0] * 200)
    except OSError:
        pass
""",
    "in a socket on its way": """
import socket
outer, inner = socket.socketpair(), socket.socketpair()
for _ in range(4):
    socket.send_fds(inner[0], [b"a"], [0] * 250)
socket.send_fds(outer[0], [b"a"], [inner[0].fileno(), inner[1].fileno()])
[end.close() for end in inner]
""",
}


@pytest.mark.parametrize("way", SENT)
def test_descriptors_on_their_way_are_found_wherever_they_wait(way):
    gone = stopped_while_nobody_asks(LATER.format("exec(" + repr(SENT[way]) + ", globals())"))
    assert "64 descriptors" in str(gone)


def test_connections_that_wait_to_be_accepted_and_descriptors_that_arrive_are_nothing_special():
    send = """
import socket, time
listener = socket.socket(socket.AF_UNIX)
listener.bind("/tmp/door")
listener.listen(8)
waiting = [socket.socket(socket.AF_UNIX) for _ in range(8)]
[each.connect("/tmp/door") for each in waiting]
a, b = socket.socketpair()
for _ in range(30):
    socket.send_fds(a, [b"a"], [0, a.fileno()])
    time.sleep(0.05)
    for number in socket.recv_fds(b, 1, 9)[1]:
        __import__("os").close(number)
print("works")
"""
    assert run(send) == "works"
