"""The library's answer under another name. The syntax tree must see these; `getattr` and `exec` are beyond it."""

from attacks.attack import Desk, attack
from attacks.handing import hand_in

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
