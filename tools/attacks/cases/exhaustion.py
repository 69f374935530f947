"""Attacks on what the machine has: processes, memory in all its hiding places, disk, descriptors, output.

They run only inside a box. Each takes all it is given and keeps it, so that a limit has to hold.
"""

from tools.attacks.attack import FULL, Desk, attack
from tools.attacks.handing import RIGHT_IOU, RIGHT_NMS, hand_in

FAMILY = "exhaustion"
FULL_SOCKETS = """
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
"""
HOLD = "\nimport time\ntime.sleep(3)\n"  # longer than the watch ever rests


def exhaust(desk: Desk, hog: str) -> None:
    """Both functions are right; the last cell exhausts something."""
    hand_in(desk, "", RIGHT_IOU, RIGHT_NMS, last=hog)


def in_children(count: int) -> str:
    """Code that calls `fill()` in so many children."""
    return f"""
for _ in range({count}):
    try:
        if os.fork() == 0:
            fill()
            os._exit(0)
    except OSError:
        break
"""


@attack(family=FAMILY, deserved=FULL, boxed=True)
def fork_bomb(desk: Desk) -> None:
    """Each process forks two, for as long as it may."""
    bomb = """
import os, time

start = time.monotonic()
while time.monotonic() < start + 5:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
"""
    exhaust(desk, bomb + "os.getpid() == 1 or os._exit(0)")


@attack(family=FAMILY, deserved=FULL, boxed=True)
def thread_bomb(desk: Desk) -> None:
    """Ten thousand threads, each with a stack."""
    bomb = """
import threading, time

try:
    for _ in range(10_000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
except RuntimeError as error:
    print(error)
"""
    exhaust(desk, bomb)


@attack(family=FAMILY, deserved=FULL, boxed=True)
def spinning_processes(desk: Desk) -> None:
    """A hundred small programs that compute for ever, each in a session of its own: neighbours must not wait."""
    spin = """
import os

gate, opener = os.pipe()
for _ in range(100):
    try:
        words = ["sh", "-c", "read go; while :; do :; done"]
        os.posix_spawn("/bin/sh", words, {}, setsid=True, file_actions=[(os.POSIX_SPAWN_DUP2, gate, 0)])
    except OSError:
        break
os.close(opener)
"""
    exhaust(desk, spin + HOLD)


@attack(family=FAMILY, deserved=FULL, boxed=True)
def one_huge_tensor(desk: Desk) -> None:
    """Twelve gigabytes in one tensor, then in pieces."""
    hog = """
hoard = []
for size in (12 * 2**30, *[2**28] * 48):
    try:
        hoard.append(torch.ones(size, dtype=torch.uint8))
    except RuntimeError as error:
        print(str(error)[:100])
"""
    exhaust(desk, hog)


@attack(family=FAMILY, deserved=FULL, boxed=True)
def memory_of_many_processes(desk: Desk) -> None:
    """Ten processes of one gigabyte each."""
    hog = """
import os, time

for _ in range(10):
    if os.fork() == 0:
        hoard = bytearray(2**30)
        hoard[::4096] = b"1" * len(hoard[::4096])
        time.sleep(60)
"""
    exhaust(desk, hog + HOLD)


@attack(family=FAMILY, deserved=FULL, boxed=True)
def shared_memory_without_owner(desk: Desk) -> None:
    """Anonymous shared memory, written and then dropped from the page tables: nobody's, but still there."""
    hog = """
import mmap

hoard = []
for _ in range(48):
    try:
        piece = mmap.mmap(-1, 2**28)
        for start in range(0, 2**28, 2**20):
            piece[start : start + 2**20] = b"1" * 2**20
        piece.madvise(mmap.MADV_DONTNEED)
        hoard.append(piece)
    except OSError as error:
        print(error)
        break
"""
    exhaust(desk, hog + HOLD)


@attack(family=FAMILY, deserved=FULL, boxed=True)
def memory_without_process(desk: Desk) -> None:
    """memfd files, System V segments and an own tmpfs: memory that no process shows."""
    hog = """
import ctypes, os

libc, hoard, piece = ctypes.CDLL(None, use_errno=True), [], b"1" * 2**20
libc.shmat.restype = ctypes.c_void_p
for number in range(48):
    try:
        hoard.append(os.memfd_create(str(number)))
        for _ in range(256):
            os.write(hoard[-1], piece)
    except OSError as error:
        print(error)
        break
for number in range(48):
    place = libc.shmat(libc.shmget(0, ctypes.c_size_t(2**28), 0o1600), None, 0)
    if place in (None, 2**64 - 1):
        break
    ctypes.memset(place, 1, 2**28)
    libc.shmdt(ctypes.c_void_p(place))
print(libc.unshare(0x10020000), libc.mount(b"none", b"/tmp", b"tmpfs", 0, b"size=100g"))
"""
    exhaust(desk, hog + HOLD)


@attack(family=FAMILY, deserved=FULL, boxed=True)
def memory_in_the_kernel(desk: Desk) -> None:
    """Full pipes and sockets in many processes: memory that the kernel holds for them."""
    exhaust(desk, FULL_SOCKETS + in_children(60) + HOLD)


@attack(family=FAMILY, deserved=FULL, boxed=True)
def disk_fill(desk: Desk) -> None:
    """Write files into every folder that can be written to, until none takes more."""
    fill = """
import os, tempfile

folders = [folder for folder, _, _ in os.walk("/") if os.access(folder, os.W_OK)][:50]
piece = os.urandom(2**20)
for folder in {*folders, tempfile.gettempdir(), "."}:
    for number in range(40):
        try:
            with open(os.path.join(folder, f"fill-{number}"), "wb") as file:
                for _ in range(250):
                    file.write(piece)
        except OSError as error:
            print(folder, error)
            break
"""
    exhaust(desk, fill)


@attack(family=FAMILY, deserved=FULL, boxed=True)
def files_without_end(desk: Desk) -> None:
    """A sparse file of a terabyte, a hundred thousand empty files, and all the descriptors there are."""
    many = """
import os

held = []
for step in (lambda: open("sparse", "wb").truncate(2**40),
             lambda: [open(f"empty-{n}", "w").close() for n in range(100_000)],
             lambda: [held.append(os.dup(0)) for _ in range(100_000)]):
    try:
        step()
    except OSError as error:
        print(error)
"""
    exhaust(desk, many + "for each in held:\n    os.close(each)")


@attack(family=FAMILY, deserved=FULL, boxed=True)
def output_flood(desk: Desk) -> None:
    """A gigabyte printed, a gigabyte to descriptors 1 and 2, and ten thousand objects displayed."""
    flood = """
import os, sys

line = "x" * 2**20
for _ in range(1024):
    print(line)
for number in (1, 2):
    for _ in range(1024):
        os.write(number, line.encode())
for number in range(10_000):
    display(number)
print(line * 4, file=sys.stderr)
"""
    exhaust(desk, flood)


@attack(family=FAMILY, deserved=FULL, boxed=True)
def pictures_without_end(desk: Desk) -> None:
    """A hundred figures of noise, one of them as wide as a wall."""
    flood = """
import matplotlib.pyplot as plt

plt.rcParams["figure.max_open_warning"] = 0
for _ in range(100):
    plt.figure()
    plt.imshow(torch.rand(400, 400, 3))
plt.figure(figsize=(900, 900))
plt.plot([1, 2])
"""
    hand_in(desk, flood, RIGHT_IOU, RIGHT_NMS)
