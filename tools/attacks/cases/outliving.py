"""What is left running or lying: children, threads, files and settings that reach the grader or the next student."""

from tools.attacks.attack import TRACE, Desk, attack
from tools.attacks.handing import hand_in

FAMILY = "what outlives"


@attack(family=FAMILY, deserved=0, boxed=True)
def daemon_that_waits(desk: Desk) -> None:
    """A process that leaves the session, forks twice, and writes to the host's file when nobody looks."""
    daemon = f"""
import os, subprocess, sys

waits = "import time; time.sleep(8); open({str(desk.canary)!r}, 'a').write('left behind')"
surroundings = {{**os.environ, "{TRACE}": "1"}}
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve(sys.executable, [sys.executable, "-c", waits, "{TRACE}"], surroundings)
    os._exit(0)
subprocess.Popen(["nohup", sys.executable, "-c", waits, "{TRACE}"], env=surroundings, start_new_session=True)
"""
    hand_in(desk, daemon, last=daemon)


@attack(family=FAMILY, deserved=0, boxed=True)
def children_with_open_sockets(desk: Desk) -> None:
    """Children keep every descriptor open and answer the grader after their parent is gone."""
    children = """
import os, time

for _ in range(5):
    if os.fork() == 0:
        while True:
            for number in range(3, 64):
                try:
                    os.write(number, b"\\x00" * 8)
                except OSError:
                    pass
            time.sleep(0.5)
os._exit(0)
"""
    hand_in(desk, "", "def box_iou(*inputs):\n    raise SystemExit", children)


@attack(family=FAMILY, deserved=0, boxed=True)
def threads_and_exit_handlers(desk: Desk) -> None:
    """A thread that patches the library again and again, and handlers that run at the end."""
    threads = f"""
import atexit, threading, weakref
from course_lib.checks import compare, run

def patch():
    while True:
        compare.like = run.climb = lambda *values, **more: None

class Left:
    def __del__(self):
        open({str(desk.canary)!r}, "a").write("left behind")

left = Left()
atexit.register(lambda: open({str(desk.canary)!r}, "a").write("left behind"))
threading.Thread(target=patch, daemon=True).start()
"""
    hand_in(desk, threads)


@attack(family=FAMILY, deserved=0, boxed=True)
def message_for_the_next_student(desk: Desk) -> None:
    """Leave modules and start files wherever something can be written, for the next submission to trip over."""
    leave = """
import os, sys

names = ("sitecustomize.py", "torch.py", "course_lib.py", ".ipython/profile_default/startup/00.py", "02_rcnn.py")
places = ["", "/tmp", "/dev/shm", "/dev", "/", "/exam", "/grader", "/var/tmp", "/run", os.environ["HOME"], *sys.path]
for place in places:
    for name in names:
        path = os.path.join(place, name)
        try:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            with open(path, "w") as file:
                file.write("raise SystemExit('left behind')")
        except OSError as error:
            print(path, error)
"""
    hand_in(desk, leave)


@attack(family=FAMILY, deserved=0, boxed=True)
def notes_in_the_kernel(desk: Desk) -> None:
    """Leave notes in keyrings, message queues, semaphores, shared memory and abstract sockets."""
    leave = """
import ctypes, socket

libc = ctypes.CDLL(None, use_errno=True)
for ring in (-1, -2, -3, -4, -5):
    print(libc.syscall(248, b"user", b"left behind", b"note", 4, ring))
print(libc.msgget(4711, 0o1666), libc.semget(4711, 1, 0o1666), libc.shmget(4711, 4096, 0o1666))
print(libc.mq_open(b"/left", 0o102, 0o666, None))
channel = socket.socket(socket.AF_UNIX)
channel.bind("\\0left behind")
channel.listen()
"""
    hand_in(desk, leave, last=leave)
