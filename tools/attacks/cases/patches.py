"""Attacks that patch what a test calls: torch, NumPy, builtins, and the course's own library."""

from tools.attacks.attack import Desk, attack
from tools.attacks.handing import WRONG_BOTH, hand_in

FAMILY = "patched libraries"


@attack(family=FAMILY, deserved=0)
def torch_always_agrees(desk: Desk) -> None:
    """torch.allclose, equal, isclose and testing.assert_close say yes to everything."""
    patch = """
torch.allclose = torch.equal = lambda *values, **more: True
torch.isclose = lambda first, *rest, **more: torch.ones(first.shape, dtype=torch.bool)
torch.testing.assert_close = lambda *values, **more: None
"""
    hand_in(desk, patch, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def tensors_always_agree(desk: Desk) -> None:
    """Methods of torch.Tensor are replaced: every comparison holds, `any` finds nothing wrong."""
    patch = """
torch.Tensor.__eq__ = lambda self, other: torch.ones(self.shape, dtype=torch.bool)
torch.Tensor.__ne__ = lambda self, other: torch.zeros(self.shape, dtype=torch.bool)
torch.Tensor.any = torch.Tensor.__invert__ = lambda self, *axes: torch.tensor(False)
torch.Tensor.all = lambda self, *axes: torch.tensor(True)
"""
    hand_in(desk, patch, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def numpy_always_agrees(desk: Desk) -> None:
    """NumPy's comparisons agree, and `np.load` gives files without any case."""
    patch = """
import numpy as np

np.allclose = np.array_equal = lambda *values, **more: True
np.testing.assert_allclose = np.testing.assert_array_equal = lambda *values, **more: None
np.load = lambda *place, **more: {}
"""
    hand_in(desk, patch, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def builtins_always_agree(desk: Desk) -> None:
    """all, any, isinstance, zip and sorted of builtins agree with everything."""
    patch = """
import builtins

builtins.all = lambda items: True
builtins.any = lambda items: False
kind = builtins.isinstance
builtins.sorted = lambda items, **more: []
builtins.zip = lambda *items, **more: iter(())
"""
    hand_in(desk, "", *WRONG_BOTH, between=patch)


@attack(family=FAMILY, deserved=0)
def check_bound_again(desk: Desk) -> None:
    """`check` becomes a function that does nothing."""
    hand_in(desk, "def check(name, function):\n    return None", *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def course_check_replaced(desk: Desk) -> None:
    """The whole module `course_lib.checks.rcnn` is another one, in sys.modules and in the package."""
    patch = """
import sys, types
import course_lib.checks

fake = types.ModuleType("course_lib.checks.rcnn")
fake.check, fake.CHECKS = (lambda *names: None), ()
sys.modules[fake.__name__] = course_lib.checks.rcnn = fake
from course_lib.checks.rcnn import check
"""
    hand_in(desk, patch, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def ladder_without_rungs(desk: Desk) -> None:
    """The ladder finds nothing wrong: `_wrong`, `_points` and `Report.passed` are patched."""
    patch = """
from course_lib.checks import compare, ladder, run

ladder._wrong = compare.like = compare._first = lambda *answers, **more: None
ladder._points = lambda check, *results: check.points
ladder.Report.passed = property(lambda self: True)
"""
    hand_in(desk, patch, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def checks_without_cases(desk: Desk) -> None:
    """The frozen checks lose their cases, and those that remain compare nothing."""
    patch = """
from course_lib.checks.rcnn import CHECKS

for each in CHECKS:
    for case in each.cases:
        object.__setattr__(case, "compare", lambda answer, expected, inputs: None)
        object.__setattr__(case, "probe", lambda function, *inputs: True)
    object.__setattr__(each, "cases", ())
    object.__setattr__(each, "points", 1000.0)
"""
    hand_in(desk, patch, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def ask_replaced(desk: Desk) -> None:
    """`run.ask` answers True to every question, in each module that holds it."""
    patch = """
import sys
from course_lib.checks import run
from course_lib.checks.ladder import Outcome

yes = lambda case, function, inputs: Outcome("answered", True, "", 0.0)
for module in list(sys.modules.values()):
    if getattr(module, "ask", None) is run.ask:
        module.ask = yes
run.ask = yes
"""
    hand_in(desk, patch, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def codec_replaced(desk: Desk) -> None:
    """The codec hands every answer over as an object that equals everything."""
    patch = """
from course_lib.checks import codec

class Yes:
    shape, dtype, ndim = (), torch.float32, 0
    def __eq__(self, other): return True
    def __getattr__(self, name): return lambda *values, **more: self
    def __bool__(self): return True

codec.copy = codec.restore = lambda *trees: Yes()
"""
    hand_in(desk, "", *WRONG_BOTH, between=patch)


@attack(family=FAMILY, deserved=0)
def expected_answers_of_my_own(desk: Desk) -> None:
    """The folder of expected answers is replaced by one whose answers are the stub's."""
    patch = """
from pathlib import Path
from course_lib.checks import publish, run
from course_lib.checks.rcnn import CHECKS

solutions = {"box_iou": lambda a, b: torch.zeros(len(a), len(b)) + 0.5,
             "nms": lambda boxes, scores, threshold: torch.zeros(0, dtype=torch.int64)}
run.EXPECTED = Path("mine")
wanted = tuple(each for each in CHECKS if each.name in solutions)
publish.save_public("02_rcnn", wanted, solutions, [])
"""
    hand_in(desk, patch, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def files_left_in_the_library(desk: Desk) -> None:
    """Files are put beside the expected answers, the checks and the installed packages, for whoever comes after."""
    patch = """
from course_lib.checks import run

for folder in (run.EXPECTED, run.EXPECTED.parent, *Path(torch.__file__).parents[:2]):
    try:
        (folder / "left_by_a_student.py").write_text("raise SystemExit")
    except OSError as error:
        print(error)
"""
    hand_in(desk, "from pathlib import Path\n" + patch, *WRONG_BOTH)
