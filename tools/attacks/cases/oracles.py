"""An oracle next door: right work that tells its answers, and wrong work that asks for them, across boxes."""

from tools.attacks.attack import FULL, Desk, attack
from tools.attacks.handing import RIGHT_IOU, RIGHT_NMS, hand_in

ORACLE = "an oracle next door"
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
