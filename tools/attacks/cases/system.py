"""What boxes share: the kernel's own tables, files that all may read, and memory that no process seems to hold."""

from tools.attacks.attack import FULL, Desk, attack
from tools.attacks.cases.exhaustion import FULL_SOCKETS, HOLD, exhaust, in_children

SYSTEM = "limits of the whole system"


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
for _ in range(100):
    if os.fork() == 0:
        fill()
        os._exit(0)
time.sleep(50)
"""
    exhaust(desk, FULL_SOCKETS + fill)


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
