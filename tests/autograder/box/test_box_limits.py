"""Each row of autograder/box/limits.py is run into: inside a box, or by the part of the grader that holds it."""

import sys
import time

import pytest

from autograder.box import limits, patience, watch
from autograder.box.sandbox import Box
from autograder.exam.cells import Cell, Limits
from autograder.exam.sitting import Sitting
from tests.helpers.boxes import gone, run
from tools import limits_page

pytestmark = [pytest.mark.sandbox, pytest.mark.long, pytest.mark.usefixtures("warm")]
UNTIL = """
import os
held = []
def count(take, most=10**6):
    try:
        while len(held) < most:
            held.append(take())
    except OSError:
        pass
    return len(held)
"""
INSIDE = {  # prints "held" where the limit holds, and holds no earlier than at half of it
    limits.MEMORY: f"""
import mmap
held = [mmap.mmap(-1, {limits.MEMORY.most} // 2, flags=mmap.MAP_PRIVATE)]
try:
    held.append(mmap.mmap(-1, {limits.MEMORY.most} // 2, flags=mmap.MAP_PRIVATE))
except OSError:
    print("held")
""",
    limits.SPACE: f"""
import mmap
held = [mmap.mmap(-1, {limits.SPACE.most} // 2, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)]
try:
    held.append(mmap.mmap(-1, {limits.SPACE.most} // 2, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ))
except OSError:
    print("held")
""",
    limits.LOCKED: """
import ctypes
piece = ctypes.create_string_buffer(8192)
print("held" if ctypes.CDLL(None).mlock(piece, 4096) == -1 else "locked")
""",
    limits.ROOM: f"""
left = {limits.ROOM.most}
for room in {limits.ROOMS}:
    written = 0
    try:
        for number in range(2):
            with open(f"{{room}}/{{number}}", "wb", 0) as file:
                for _ in range(200):
                    written += file.write(bytes(2**20))
    except OSError:
        print("held" if 0.9 * left < written <= left else written)
""",
    limits.NAMES: UNTIL
    + f"""
made = count(lambda: open(f"/tmp/{{len(held)}}", "w").close())
print("held" if 0.9 * {limits.NAMES.most} < made <= {limits.NAMES.most} else made)
""",
    limits.FILE: f"""
with open("/tmp/one", "wb") as file:
    file.truncate({limits.FILE.most} // 2)
    try:
        file.truncate({limits.FILE.most} + 1)
    except OSError as error:
        print("held" if error.errno == 27 else error)
""",
    limits.CORE: """
import os
if os.fork() == 0:
    os.abort()
state = os.wait()[1]
print("held" if os.WIFSIGNALED(state) and not os.WCOREDUMP(state) else state)
""",
    limits.PROCESSES: UNTIL
    + f"""
import threading, time
made = count(lambda: os.posix_spawn("/bin/sleep", ["sleep", "20"], {{}}), 1000)
print("held" if {limits.PROCESSES.most} // 2 < made < {limits.PROCESSES.most} else made)
""",
    limits.NICE: f"""
import os
print("held" if os.getpriority(os.PRIO_PROCESS, 0) >= {limits.NICE.most} else "other")
""",
    limits.PRIORITY: """
import os
try:
    os.nice(-1)
except OSError:
    print("held")
""",
    limits.REALTIME: """
import os
for policy in (os.SCHED_FIFO, os.SCHED_RR):
    try:
        os.sched_setscheduler(0, policy, os.sched_param(1))
    except OSError:
        print("held")
""",
    limits.FILES: UNTIL
    + f"""
made = count(lambda: os.dup(0))
for number in held:
    os.close(number)
print("held" if 0.9 * {limits.FILES.most} < made < {limits.FILES.most} else made)
""",
    limits.SIGNALS: UNTIL
    + f"""
import ctypes, signal
libc = ctypes.CDLL(None)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
def queue():
    if libc.sigqueue(os.getpid(), int(signal.SIGRTMIN), None):
        raise OSError
made = count(queue)
print("held" if 0.9 * {limits.SIGNALS.most} < made <= {limits.SIGNALS.most} else made)
""",
    limits.TERMINALS: UNTIL
    + f"""
made = count(os.openpty)
print("held" if 0.9 * {limits.TERMINALS.most} < made <= {limits.TERMINALS.most} else made)
""",
}
STOPPED = {  # ends the box, with these words
    limits.BOX: (
        "import os, time\nfor _ in range(9):\n    if os.fork() == 0:\n        hoard = bytearray(2**30)\n"
        '        hoard[::4096] = b"1" * 2**18\n        time.sleep(60)\ntime.sleep(60)',
        "more than 6 GB of memory",
    ),
    limits.SOCKETS: (
        f"import socket, time\nheld = [socket.socketpair() for _ in range({limits.SOCKETS.most} // 2 + 9)]\n"
        "time.sleep(60)",
        "more than 512 sockets",
    ),
    limits.FLIGHT: (
        f"import socket, time\na, b = socket.socketpair()\nsocket.send_fds(a, [b'a'], [0] * {limits.FLIGHT.most + 1})\n"
        "time.sleep(60)",
        "more than 64 descriptors",
    ),
    limits.MESSAGE: (
        "import os, stat, time\nfor number in range(3, 99):\n    try:\n"
        "        stat.S_ISSOCK(os.fstat(number).st_mode) and "
        f"os.write(number, ({limits.MESSAGE.most} + 1).to_bytes(8, 'big'))\n    except OSError:\n        pass",
        "more than 8 MB",
    ),
}


class _Listener(Box):
    """In the place of a box: notes the seconds of each request."""

    def __init__(self):
        self.seconds = []

    def request(self, tree, seconds):
        self.seconds.append(seconds)
        return {"error": "", "displayed": []}

    def close(self):
        pass


def cells_get_their_seconds(monkeypatch):
    box, sitting = _Listener(), Sitting(lambda: box, {}, Limits(), time.monotonic() + limits.SUBMISSION.most)
    sitting._box = box
    sitting.run(Cell("run", "1"))
    sitting.run(Cell("fit", "1"))
    assert box.seconds == [limits.CELL.most, limits.FIT.most]


def a_submission_gets_its_seconds(monkeypatch):
    now = time.monotonic()
    box, sitting = _Listener(), Sitting(lambda: box, {}, Limits(), time.monotonic() + limits.SUBMISSION.most)
    sitting._box = box
    monkeypatch.setattr(time, "monotonic", lambda: now + limits.SUBMISSION.most - 20)
    sitting.run(Cell("run", "1"))
    assert 20 <= box.seconds[0] < 40
    monkeypatch.setattr(time, "monotonic", lambda: now + limits.SUBMISSION.most + 20)
    sitting.run(Cell("run", "2"))
    assert "longer than 900 s" in sitting.answers.errors["2"]


def work_that_waits_ends_by_the_clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(patience.time, "monotonic", lambda: now[0])
    left, ended = patience.Patience(10), False
    left.look(0.0)
    while not ended and now[0] < 1000:
        now[0] += 1
        try:
            left.look(now[0] * 0.03)  # awake, and hardly ever served
        except TimeoutError:
            ended = True
    assert now[0] == 10 * limits.PATIENCE.most + 1


def a_box_is_looked_at_though_nobody_asks(monkeypatch):
    looks = []
    monkeypatch.setattr(watch, "family", lambda pid: looks.append(time.monotonic()) or [])
    box = Box("02_rcnn")
    try:
        end = time.monotonic() + 60
        while len(looks) < 5 and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        box.close()
    assert len(looks) >= 5
    assert min(b - a for a, b in zip(looks, looks[1:], strict=False)) > 0.9 * limits.GLANCE.most


GRADERS = {
    limits.CELL: cells_get_their_seconds,
    limits.FIT: cells_get_their_seconds,
    limits.SUBMISSION: a_submission_gets_its_seconds,
    limits.PATIENCE: work_that_waits_ends_by_the_clock,
    limits.GLANCE: a_box_is_looked_at_though_nobody_asks,
}
TOO_LONG = {limits.CPU}  # half an hour: read back below, like all that the kernel holds


@pytest.mark.parametrize("limit", limits.TABLE, ids=lambda limit: limit.what.replace(" ", "-").replace("/", ""))
def test_each_limit_holds(limit, monkeypatch):
    if limit in INSIDE:
        assert set(run(INSIDE[limit]).split()) == {"held"}
    elif limit in STOPPED:
        code, words = STOPPED[limit]
        assert words in str(gone(code))
    elif limit not in TOO_LONG:
        GRADERS[limit](monkeypatch)


def test_the_kernel_s_limits_are_set_and_cannot_be_raised():
    code = f"""
import resource
for name, most in {limits.resources()}.items():
    number = getattr(resource, name)
    if resource.getrlimit(number) != (most, most):
        print(name, resource.getrlimit(number))
    try:
        resource.setrlimit(number, (most + 1, most + 1))
        print(name, "raised")
    except (OSError, ValueError):
        pass
print("done")
"""
    assert run(code) == "done"


def test_the_page_shows_the_table(root):
    assert (root / limits_page.PAGE).read_text() == limits_page.renewed((root / limits_page.PAGE).read_text()), (
        "docs/threat_model.md does not show the table: python -m tools.limits_page"
    )


def test_what_runs_inside_needs_nothing_but_python(root):
    for name in ("limits", "calls", "pages", "startup", "walls"):
        text = (root / "autograder" / "box" / f"{name}.py").read_text()
        words = [line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))]
        assert words
        assert set(words) <= set(sys.stdlib_module_names)
