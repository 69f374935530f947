"""The library's answer under another name. The syntax tree must see these; `getattr` and `exec` are beyond it."""

from tools.attacks.attack import Desk, attack
from tools.attacks.handing import hand_in

FAMILY = "library's answer"


@attack(family=FAMILY, deserved=0)
def imported_under_another_name(desk: Desk) -> None:
    """`import … as` in one cell, `from … import … as` in another."""
    first = "import torchvision.ops.boxes as b\nfrom torchvision.ops import nms as quick"
    iou = "def box_iou(boxes1, boxes2):\n    return b.box_iou(boxes1, boxes2)"
    hand_in(desk, first, iou, "def nms(boxes, scores, threshold):\n    return quick(boxes, scores, threshold)")


@attack(family=FAMILY, deserved=0)
def not_defined_but_imported(desk: Desk) -> None:
    """The names are imported or assigned, nothing is defined."""
    hand_in(desk, "import torchvision", "box_iou = torchvision.ops.box_iou", "from torchvision.ops import nms")


@attack(family=FAMILY, deserved=0)
def through_a_helper(desk: Desk) -> None:
    """A helper calls a helper that imports inside its body; another is a method."""
    first = """
class Helper:
    def overlap(self, *inputs):
        import torchvision
        return torchvision.ops.box_iou(*inputs)

def keep(*inputs):
    from torchvision.ops.boxes import nms
    return nms(*inputs)

helper = Helper()
"""
    hand_in(
        desk,
        first,
        "def box_iou(boxes1, boxes2):\n    return Helper().overlap(boxes1, boxes2)",
        "def nms(boxes, scores, threshold):\n    return keep(boxes, scores, threshold)",
    )


@attack(family=FAMILY, deserved=0)
def imported_under_a_condition(desk: Desk) -> None:
    """The imports stand in `if` and `try`, where people put them out of habit."""
    first = "if True:\n    from torchvision.ops import box_iou as overlap\n"
    second = "try:\n    from torchvision.ops import nms as keep\nexcept ImportError:\n    keep = None\n"
    hand_in(
        desk,
        first + second,
        "def box_iou(boxes1, boxes2):\n    return overlap(boxes1, boxes2)",
        "def nms(boxes, scores, threshold):\n    return keep(boxes, scores, threshold)",
    )


@attack(family=FAMILY, deserved=0)
def everything_imported(desk: Desk) -> None:
    """`from torchvision.ops import *` gives both names."""
    hand_in(desk, "from torchvision.ops import *", "from torchvision.ops import *", "from torchvision.ops import *")


@attack(family=FAMILY, deserved=0)
def assigned_in_company(desk: Desk) -> None:
    """Several names at once, with a type, and by the walrus."""
    first = "import torchvision\ntools = torchvision.ops\n(keep := tools.nms)"
    iou = "from collections.abc import Callable\nbox_iou: Callable = torchvision.ops.box_iou"
    hand_in(desk, first, iou, "nms, spare = torchvision.ops.nms, None")


@attack(family=FAMILY, deserved=0)
def in_a_cell_with_magic(desk: Desk) -> None:
    """The cells hold IPython's own syntax, which Python alone cannot read."""
    magic = "files = !ls\nwhen = %time 1\n"
    iou = (
        magic
        + "def box_iou(boxes1, boxes2):\n    import torchvision\n    return torchvision.ops.box_iou(boxes1, boxes2)"
    )
    hand_in(desk, "", iou, "%%time\n" + magic + "from torchvision.ops import nms")


USES_IOU = "def box_iou(boxes1, boxes2):\n    return torchvision.ops.box_iou(boxes1, boxes2)"
USES_NMS = "def nms(boxes, scores, threshold):\n    return torchvision.ops.nms(boxes, scores, threshold)"


@attack(family=FAMILY, deserved=0)
def behind_another_end_of_line(desk: Desk) -> None:
    """A comment holds U+2028 or a form feed, at which IPython's magics end a line and Python does not."""
    iou = f"# one\x0c'''\n{USES_IOU}\n# '''"
    hand_in(desk, "import torchvision  # \u2028'''", iou, f"# two\u2028%time 1\u2028import torchvision\n{USES_NMS}")


@attack(family=FAMILY, deserved=0)
def behind_many_unreadable_lines(desk: Desk) -> None:
    """Three hundred lines that only IPython can read stand in front of each function."""
    lines = "?len\n" * 300
    hand_in(desk, "import torchvision", f"{lines}{USES_IOU}", f"{lines}x = !ls\n/len [1]\n{USES_NMS}")


@attack(family=FAMILY, deserved=0)
def behind_a_long_sum(desk: Desk) -> None:
    """A sum that Python's parser reads only once its limit was raised stands beside each function, and in one."""
    first, total = "import sys, torchvision\nsys.setrecursionlimit(100_000)", "0" + " + 1" * 6000
    nms = USES_NMS.replace("    return", f"    total = {total}\n    return")
    hand_in(desk, first, f"{USES_IOU}\ntotal = {total}", nms)


@attack(family=FAMILY, deserved=0)
def behind_a_cell_that_never_runs(desk: Desk) -> None:
    """The library's functions are imported; cells with a mistake at their end pretend to replace them."""
    first = "from torchvision.ops import box_iou, nms"
    own = "def box_iou(boxes1, boxes2):\n    return None\n)("
    hand_in(desk, first, own, own.replace("box_iou", "nms"))
