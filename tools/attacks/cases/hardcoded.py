"""Answers that were looked up: tables of the public cases, which every student has in the installed library."""

from tools.attacks.attack import Desk, attack
from tools.attacks.handing import hand_in

FAMILY = "hard-coded public cases"
TABLE = """
from course_lib.checks import run
from course_lib.checks.rcnn import CHECKS

def public(name):
    wanted = next(each for each in CHECKS if each.name == name)
    return run.load_public("02_rcnn", wanted)[0]

def same(a, b):
    return not torch.is_tensor(a) or (a.shape == b.shape and torch.allclose(a.double(), b.double()))

def looked_up(name, *inputs):
    for question in public(name):
        if all(map(same, inputs, question.inputs.values())):
            return question.expected
"""
IOU = """
def box_iou(boxes1, boxes2):
    found = looked_up("box_iou", boxes1, boxes2)
    if found is None and len(boxes1) == len(boxes2) == 4:
        other = looked_up("box_iou", boxes2, boxes1)
        found = None if other is None else other.T
    return torch.zeros(len(boxes1), len(boxes2)) if found is None else found.reshape(len(boxes1), len(boxes2))
"""
NMS = """
def nms(boxes, scores, threshold):
    found = looked_up("nms", boxes, scores)
    return torch.arange(0) if found is None else found
"""


@attack(family=FAMILY, deserved=0)
def table_read_at_run_time(desk: Desk) -> None:
    """Look the inputs up in the file of expected answers that lies in the installed library."""
    hand_in(desk, TABLE, IOU, NMS)


@attack(family=FAMILY, deserved=0)
def table_by_hash(desk: Desk) -> None:
    """The same, with the answers under a hash of rounded inputs, made once and kept."""
    table = """
import hashlib

def key(*inputs):
    text = str([[round(float(v), 2) for v in each.flatten()] for each in inputs if torch.is_tensor(each)])
    return hashlib.sha256(text.encode()).hexdigest()

table = {key(*q.inputs.values()): q.expected for name in ("box_iou", "nms") for q in public(name)}
"""
    lookup = "def {0}(*inputs):\n    return table.get(key(*inputs), torch.zeros(0))\n"
    hand_in(desk, TABLE + table, lookup.format("box_iou"), lookup.format("nms"))


@attack(family=FAMILY, deserved=0)
def table_by_shape(desk: Desk) -> None:
    """Recognise a case by the shapes of its inputs alone, and give the public answer of that case."""
    by_shape = """
def by_shape(name, *inputs):
    for question in public(name):
        if all(not torch.is_tensor(a) or a.shape == b.shape for a, b in zip(inputs, question.inputs.values())):
            return question.expected
    return torch.zeros(0)
"""
    lookup = "def {0}(*inputs):\n    return by_shape('{0}', *inputs)\n"
    hand_in(desk, TABLE + by_shape, lookup.format("box_iou"), lookup.format("nms"))


@attack(family=FAMILY, deserved=0)
def asks_who_is_asking(desk: Desk) -> None:
    """Answer rightly by the library only while `check` of the notebook is on the stack, else return nothing."""
    asker = """
import sys
import importlib

def in_public_check():
    frame = sys._getframe()
    while frame:
        if frame.f_code.co_name == "check":
            return True
        frame = frame.f_back
    return False

def box_iou(boxes1, boxes2):
    return looked_up("box_iou", boxes1, boxes2) if in_public_check() else None
"""
    hand_in(
        desk, TABLE, asker, "def nms(*inputs):\n    return looked_up('nms', *inputs) if in_public_check() else None\n"
    )
