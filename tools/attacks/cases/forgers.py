"""Forged answers: whoever finds the grader's socket writes to it what the grader does not expect.

Each forger writes to every socket that the process holds. A message is 8 bytes of length and a body; a body is 8 bytes
of length, an outline in JSON, and raw arrays.
"""

from tools.attacks.attack import FULL, Desk, attack
from tools.attacks.handing import RIGHT_IOU, RIGHT_NMS, WRONG_BOTH, hand_in

FAMILY = "forged answers"
SOCKETS = """
import json, os, socket, stat, struct

def sockets():
    for number in range(3, 1024):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                yield socket.socket(fileno=os.dup(number))
        except OSError:
            pass

def framed(body):
    return len(body).to_bytes(8, "big") + body

def message(outline, arrays=b"", length=None):
    head = outline if isinstance(outline, bytes) else json.dumps(outline).encode()
    return framed((len(head) if length is None else length).to_bytes(8, "big") + head + arrays)

def answered(answer, note="", seconds="0x0p+0"):
    return {"dict": [["status", "answered"], ["answer", answer], ["note", note], ["seconds", {"float": seconds}]]}

def say(*messages):
    for channel in sockets():
        channel.settimeout(0.3)
        try:
            for each in messages:
                channel.sendall(each)
        except OSError:
            pass
"""


def forge(desk: Desk, *messages: str) -> None:
    """Say these messages (expressions) in a cell, and in the functions once more."""
    say = f"say({', '.join(messages)})"
    functions = (f"def {name}(*inputs):\n    {say}\n    return 1\n" for name in ("box_iou", "nms"))
    hand_in(desk, f"{SOCKETS}\n{say}", *functions)


@attack(family=FAMILY, deserved=0)
def right_before_asked(desk: Desk) -> None:
    """Twenty answers ahead of the questions, each of the type that is asked for."""
    tensor = 'message(answered({"array": ["float32", [1, 1]]}), struct.pack("f", 1.0))'
    forge(desk, f"*[{tensor}] * 20")


@attack(family=FAMILY, deserved=0)
def points_of_my_own(desk: Desk) -> None:
    """Messages that speak of points, credit and verdicts, as if the grader believed them."""
    words = '{"dict": [["points", 7], ["credit", 1], ["passed", True], ["rung", ""], ["status", "passed"]]}'
    forge(desk, f"message({words})", f"message(answered({words}))")


@attack(family=FAMILY, deserved=0)
def length_without_end(desk: Desk) -> None:
    """A message that says it will be 2^63 bytes long."""
    forge(desk, 'b"\\xff" * 8', 'b"\\x7f" + b"\\xff" * 7 + b"a" * 1000')


@attack(family=FAMILY, deserved=0)
def half_a_message(desk: Desk) -> None:
    """A length of a thousand bytes, of which ten come, and then the socket is shut."""
    forge(desk, '(1000).to_bytes(8, "big") + b"0123456789"')


@attack(family=FAMILY, deserved=0)
def outline_longer_than_the_message(desk: Desk) -> None:
    """The outline's own length is larger than any address."""
    forge(desk, 'message(answered({"array": ["float32", [1]]}), length=2**64 - 1)')


@attack(family=FAMILY, deserved=0)
def shapes_that_overflow(desk: Desk) -> None:
    """Arrays of 2^32 times 2^32 elements, of 2^70, of a negative side, and of text."""
    shapes = (
        "[2**32, 2**32]",
        "[2**70]",
        "[-1]",
        '["5"]',
        "[[1]]",
        "[0] * 100",
        "[0, 2**62]",
        "None",
        "[1.5]",
        "[True]",
    )
    forge(desk, *(f'message(answered({{"array": ["float32", {shape}]}}), b"0" * 64)' for shape in shapes))


@attack(family=FAMILY, deserved=0)
def numbers_that_overflow(desk: Desk) -> None:
    """Floats beyond every exponent, NaN seconds, integers of four thousand digits."""
    forge(
        desk,
        'message(answered({"float": "0x1p+999999"}))',
        'message(answered(1, seconds="nan"))',
        'message(answered(1, seconds="-inf"))',
        'message(answered(1, seconds="0x1p+9999999"))',
        'message(b\'{"dict": [["status", "answered"], ["answer", \' + b"9" * 4000 + b"]]}")',
        'message(b"1e999")',
        'message(b"NaN")',
    )


@attack(family=FAMILY, deserved=0)
def brackets_of_a_bomb(desk: Desk) -> None:
    """JSON nested a million deep, and thirty million bytes of empty lists."""
    forge(desk, 'message(b"[" * 10**6)', "message(b'{\"list\":' * 10**5 + b'[]' + b'}' * 10**5)")


@attack(family=FAMILY, deserved=0)
def countless_small_arrays(desk: Desk) -> None:
    """Answers of 400,000 arrays without elements: small on the wire, large in memory, slow to print."""
    forge(desk, 'message(answered({"list": [{"array": ["bool", [0]]}] * 400_000}))')


@attack(family=FAMILY, deserved=0)
def text_that_cannot_be_written(desk: Desk) -> None:
    """Lone surrogates, NUL, escape sequences and markup in notes, keys, type names and errors."""
    text = '"<script>alert(1)</script>\\ud800\\x00\\x1b[2J"'
    forge(
        desk,
        f'message({{"dict": [["error", {text}], ["printed", {text}], ["outputs", {text}]]}})',
        f'message({{"dict": [["status", "signature"], *answered(None, {text})["dict"][1:]]}})',
        f"message(answered({{'other': {text}}}))",
        f"message(answered({{'dict': [[{text}, {text}]]}}))",
        'message(b"\\xff\\xfe\\x00")',
    )


@attack(family=FAMILY, deserved=0)
def errors_that_cannot_be_written(desk: Desk) -> None:
    """The same texts the ordinary way: raised, printed, as names of classes, and displayed."""
    text = '"<script>alert(1)</script>\\ud800\\x00\\x1b[2J"'
    strange = f"""
text = {text}
print(text)
display(text)

class Strange(Exception):
    def __str__(self): raise ValueError(text)
    __repr__ = __str__

def box_iou(a, b):
    return text
"""
    odd = f"def nms(*inputs):\n    raise type('E<b>', (Exception,), {{}})({text})\n"
    hand_in(desk, iou=strange, nms=odd, last=f"raise ValueError({text})", between="raise Strange")


@attack(family=FAMILY, deserved=0)
def outputs_without_end(desk: Desk) -> None:
    """Forged outputs of a cell: pictures that are none, kinds that do not exist, ten thousand of them."""
    item = '{"dict": [["type", "image/png"], ["data", "A" * 1000]]}'
    other = '{"dict": [["type", "text/html"], ["data", "<script>alert(1)</script>"]]}'
    forge(desk, f'message({{"dict": [["error", ""], ["outputs", {{"list": [{item}, {other}, 1, None] * 2500}}]]}})')


@attack(family=FAMILY, deserved=0)
def reads_the_questions(desk: Desk) -> None:
    """Take the questions from the socket before the grader's side of the box sees them, and answer True to each."""
    reader = """
import threading

def take(channel):
    while True:
        try:
            channel.recv(2**16)
            channel.sendall(message(answered(True)))
        except OSError:
            return

for channel in sockets():
    channel.settimeout(5)
    threading.Thread(target=take, args=(channel,), daemon=True).start()
"""
    hand_in(desk, SOCKETS + reader, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def closes_everything(desk: Desk) -> None:
    """Shut and close every descriptor, one cell after the other."""
    close = """
for channel in sockets():
    try:
        channel.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
os.closerange(0, 4096)
"""
    hand_in(desk, SOCKETS + close, *WRONG_BOTH, last=SOCKETS + close)


@attack(family=FAMILY, deserved=FULL)
def talks_but_answers_rightly(desk: Desk) -> None:
    """A right submission whose last cell writes rubbish to the socket: what came before still counts."""
    hand_in(desk, "", RIGHT_IOU, RIGHT_NMS, last=SOCKETS + 'say(b"\\xff" * 100)')


@attack(family=FAMILY, deserved=0)
def descriptors_for_the_grader(desk: Desk) -> None:
    """Send a hundred open files along with bytes, for the grader to hold open."""
    flood = """
for channel in sockets():
    for _ in range(100):
        try:
            socket.send_fds(channel, [b"a"], [0] * 16)
        except OSError:
            break
"""
    hand_in(desk, SOCKETS + flood, *WRONG_BOTH)
