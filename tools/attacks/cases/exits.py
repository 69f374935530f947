"""Cells that end, kill or hang the process that runs them: only what they died in may be lost."""

from tools.attacks.attack import FULL, POINTS, Desk, attack
from tools.attacks.handing import RIGHT_IOU, RIGHT_NMS, hand_in

FAMILY = "exits and hangs"


def right_but(desk: Desk, killer: str) -> None:
    """Both functions are right; a cell between them ends the process."""
    hand_in(desk, "", RIGHT_IOU, RIGHT_NMS, between=killer)


@attack(family=FAMILY, deserved=FULL)
def ends_at_once(desk: Desk) -> None:
    """os._exit(0) in a cell of its own; the functions are right."""
    right_but(desk, "import os\nos._exit(0)")


@attack(family=FAMILY, deserved=FULL)
def ends_politely(desk: Desk) -> None:
    """sys.exit, quit, KeyboardInterrupt and a BaseException of its own, one cell after the other."""
    hand_in(desk, "import sys\nsys.exit(1)", RIGHT_IOU, RIGHT_NMS, last="raise KeyboardInterrupt", between="quit()")


@attack(family=FAMILY, deserved=FULL)
def segmentation_fault(desk: Desk) -> None:
    """Read from address 0."""
    right_but(desk, "import ctypes\nctypes.string_at(0)")


@attack(family=FAMILY, deserved=FULL)
def kills_itself(desk: Desk) -> None:
    """Send SIGKILL, SIGABRT and SIGSTOP to the own process, its parent's number, and thread."""
    signals = """
import os, signal

for number in (signal.SIGSTOP, signal.SIGABRT, signal.SIGKILL):
    os.kill(os.getpid(), number)
    signal.pthread_kill(__import__("threading").get_ident(), number)
os.abort()
"""
    right_but(desk, signals)


@attack(family=FAMILY, deserved=FULL)
def recursion_in_c(desk: Desk) -> None:
    """A recursion that overflows the C stack."""
    deeper = "import sys\nsys.setrecursionlimit(10**8)\ndef deeper(n):\n    return [*map(deeper, [n])]\n"
    right_but(desk, deeper + "deeper(0)")


@attack(family=FAMILY, deserved=FULL)
def loop_that_hears_no_interrupt(desk: Desk) -> None:
    """A loop that ignores SIGINT, SIGTERM, SIGALRM and SIGHUP and catches everything; the functions are right."""
    loop = """
import signal, time

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGHUP, signal.SIGXCPU):
    signal.signal(number, signal.SIG_IGN)
while True:
    try:
        while True:
            time.sleep(0.1)
    except BaseException:
        pass
"""
    hand_in(desk, "", RIGHT_IOU, RIGHT_NMS, last=loop)


@attack(family=FAMILY, deserved=POINTS["box_iou"])
def function_that_never_returns(desk: Desk) -> None:
    """`nms` waits for a lock that no signal interrupts; `box_iou` is right and keeps its points."""
    lock = "import threading\nlock = threading.Lock()\nlock.acquire()"
    hand_in(desk, lock, RIGHT_IOU, "def nms(*inputs):\n    lock.acquire()")


@attack(family=FAMILY, deserved=POINTS["nms"])
def function_that_ends_the_process(desk: Desk) -> None:
    """`box_iou` ends the process whenever it is called by a check; `nms` overlaps by a helper and is right."""
    deadly = "def box_iou(boxes1, boxes2):\n    import os\n    os._exit(0)"
    hand_in(desk, RIGHT_IOU.replace("box_iou", "overlap"), deadly, RIGHT_NMS.replace("box_iou", "overlap"))


@attack(family=FAMILY, deserved=0)
def raises_what_cannot_be_told(desk: Desk) -> None:
    """Exceptions whose text, type and traceback raise again, and a generator that is never finished."""
    strange = """
class Strange(BaseException):
    def __str__(self): raise self
    __repr__ = __str__
    @property
    def __traceback__(self): raise self

def box_iou(*inputs):
    raise Strange

def nms(*inputs):
    while True:
        yield 1
"""
    hand_in(desk, "raise Strange" if not strange else "", strange, strange, last="raise Strange")


@attack(family=FAMILY, deserved=0)
def traced_and_profiled(desk: Desk) -> None:
    """sys.settrace, setprofile and an audit hook that end the process as soon as the grader's own code runs."""
    trace = """
import os, sys, threading

def trace(frame, event, value):
    if frame.f_code.co_name in ("send", "answer", "copy"):
        os._exit(0)
    return trace

sys.settrace(trace)
threading.setprofile(trace)
sys.addaudithook(lambda event, values: os._exit(0) if event.startswith("socket.") else None)
"""
    hand_in(desk, trace)
