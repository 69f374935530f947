"""A cell is read as Python and IPython read it, once, whatever it holds; what cannot be read hides nothing."""

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from course_lib.checks import cells, forbids, statements
from course_lib.checks.spec import Check
from tests.helpers.budget import bounded

FORBIDDEN = ("torchvision.ops.box_iou", "torchmetrics")
CHECK = Check("box_iou", 3, (), forbids=FORBIDDEN)
USES = "def box_iou(a, b):\n    return torchvision.ops.box_iou(a, b)"
OWN = "def box_iou(a, b):\n    return a"
ENDS = ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r"]
LONG = "total = 0" + " + 1" * 5000  # Python's parser gives up, unless its limit is raised

UNREADABLE = {
    "a sum behind it": f"{USES}\n{LONG}",
    "a sum in it": USES.replace("return", f"{LONG}\n    return", 1),
    "a mistake behind it": f"{USES}\n)(",
    "a mistake in it": USES.replace("return", "a b\n    return"),
    "an import beside a mistake": "from torchvision.ops import box_iou as q; x = (\ndef box_iou(a):\n    return q(a)",
    "an import with a name": "import torchvision.ops as o; x = )\nbox_iou = o.box_iou",
    "assigned in a mistake": "(box_iou) = torchvision.ops.box_iou b",
    "in company": "a, box_iou = 1, torchvision.ops.box_iou b",
    "by the walrus": "print(box_iou := torchvision.ops.box_iou b)",
    "in a loop": "for c, box_iou in [(1, torchvision.ops.box_iou b)]: pass",
    "in a formatted string": "box_iou = f'{torchvision.ops.box_iou}' )",
    "behind a sign in a string": "box_iou = '#', torchvision.ops.box_iou b",
    "many questions": "\n".join(["?len"] * 300) + f"\n{USES}",
    "many mistakes": "\n".join(["a b"] * 300) + f"\n{USES}",
    "a null byte": f"{USES}\nx = '\0'",
}


@pytest.mark.parametrize("source", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_hides_nothing(source):
    assert "torchvision.ops.box_iou" in forbids.refusal(CHECK, ["import torchvision", source])


@pytest.mark.parametrize(
    "source",
    [
        f"{OWN}\nreference = torchvision.ops.box_iou(a b)",
        f"{OWN}\nprint(box_iou(a, b) torchvision.ops.box_iou(a, b))",
        f'{OWN}\ndef other(:\n    """No torchvision.ops.box_iou, says the docstring."""',
        f"{OWN}\nx = = 1  # unlike torchvision.ops.box_iou",
        f"x = = torchvision.ops.box_iou\n{OWN}",
        f"%%bash\ntorchvision.ops.box_iou\n{OWN}",
    ],
)
def test_a_broken_line_beside_ones_own_function_costs_nothing(source):
    assert forbids.searched(CHECK, [OWN, source], forbids.reader()) == ("", "")


def test_a_function_that_rests_on_unreadable_lines_is_for_a_human_to_see():
    refused, doubt = forbids.searched(CHECK, [f"def box_iou(a, b):\n    {LONG}\n    return help(a)"], forbids.reader())
    assert refused == ""
    assert "`box_iou` rests on lines that cannot be read as Python (`def box_iou(a, b):`)" in doubt


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("torch.functional.cdist", "torch.cdist"),
        ("torch.nn.modules.loss.TripletMarginLoss", "torch.nn.TripletMarginLoss"),
        ("torch.nn.modules.TripletMarginLoss", "torch.nn.TripletMarginLoss"),
        ("torch.ops.aten.cosine_similarity", "torch.nn.functional.cosine_similarity"),
        ("torch.ops.aten.smooth_l1_loss.default", "torch.nn.functional.smooth_l1_loss"),
        ("torch._VF.cosine_similarity", "torch.cosine_similarity"),
        ("torch._C._VariableFunctions.cdist", "torch.cdist"),
        ("torch._C._nn.huber_loss", "torch.nn.functional.huber_loss"),
        ("torch._convolution", "torch.convolution"),
        ("torchvision.ops.focal_loss.F.cosine_similarity", "torch.nn.functional.cosine_similarity"),
        ("torchvision.ops.focal_loss.torch._VF.pdist", "torch.pdist"),
        ("torchvision.models.detection.rpn.box_ops.nms", "torchvision.ops.nms"),
        ("pytorch_metric_learning.losses.F.cosine_similarity", "torch.nn.functional.cosine_similarity"),
        ("skimage.color.colorconv.scipy.spatial", "scipy.spatial"),
    ],
)
def test_another_path_to_a_forbidden_function_is_none(written, meant):
    check = Check("box_iou", 3, (), forbids=(meant,))
    module, name = written.rsplit(".", 1)
    used = f"import {written.split('.')[0]}\ndef box_iou(a, b):\n    return {written}(a, b)"
    imported = f"from {module} import {name} as q\ndef box_iou(a, b):\n    return q(a, b)"
    for source in (used, imported):
        assert f"uses `{meant}`" in forbids.refusal(check, [source])
    other = used.replace(meant.rsplit(".", 1)[1], "einsum")
    assert forbids.refusal(check, [other]) == ""


@pytest.mark.parametrize(
    "own",
    [
        "torch.nn.Identity()(a)",
        "self.cosine_similarity(a)",  # a method of one's own
        "cosine_similarity(a, b)",
        "features.nn.cosine(a)",
        "course_lib.boxes.cosine_similarity(a, b)",
        "torch.cosine(a)",
    ],
)
def test_a_like_name_elsewhere_is_no_path_of_pytorch(own):
    check = Check("box_iou", 3, (), forbids=("torch.nn.functional.cosine_similarity", "torch.cosine_similarity"))
    helper = "import torch, course_lib.boxes\ndef cosine_similarity(a, b):\n    return a @ b"
    assert forbids.refusal(check, [helper, f"def box_iou(self, a, b):\n    return {own}"]) == ""


READY = ["import torchvision", "overlap = torchvision.ops.box_iou(a, b)"]  # as in a cell of the notebook's own


@pytest.mark.parametrize(
    "own",
    [
        "    overlap = a * b\n    return overlap",
        "    return [overlap for overlap in a]",
        "    for overlap in a:\n        b = b + overlap\n    return b",
        "    if (overlap := a * b) is None:\n        return b\n    return overlap",
        "    def inner(overlap):\n        return overlap\n\n    return inner(a)",
        "    overlap = a * b\n\n    def inner():\n        return overlap\n\n    return inner()",
    ],
)
def test_a_variable_of_one_s_own_is_not_the_notebook_s_of_that_name(own):
    assert forbids.refusal(CHECK, [*READY, f"def box_iou(a, b):\n{own}"]) == ""


@pytest.mark.parametrize(
    "lent",
    [
        "    return overlap",
        "    global overlap\n    return overlap",
        "    def inner():\n        overlap = a\n\n    return overlap",
        "    return [a for a in overlap]",
        "    return [overlap for overlap in overlap]",
        "    def inner(overlap=overlap):\n        return overlap\n\n    return inner()",
        "    return " + "a + " * 2000 + "overlap",  # too deep to be written out again
    ],
)
def test_a_variable_of_the_notebook_s_is(lent):
    assert "torchvision.ops.box_iou" in forbids.refusal(CHECK, [*READY, f"def box_iou(a, b):\n{lent}"])


def test_a_function_in_a_cell_that_never_ran_replaces_none():
    assert forbids.refusal(CHECK, ["from torchvision.ops import box_iou", f"{OWN}\n)("])
    assert not forbids.refusal(CHECK, ["from torchvision.ops import box_iou", OWN])


def ran(source):
    """What IPython makes of a cell, as far as Python can read it, as names that it uses."""
    tree = cells.parsed(TransformerManager().transform_cell(source))
    return set(statements.dotted(tree, {})) if tree else set()


@pytest.mark.filterwarnings("ignore:.*lineending markers")  # IPython's word on such cells
@pytest.mark.parametrize("end", ENDS, ids=ascii)
@pytest.mark.parametrize(
    "before", ["# a comment", "x = 1 # a comment", "%time 1", "# a%time 1", "%%time", "?len", "'''", "x = '"]
)
def test_no_sign_that_ends_a_line_hides_what_ipython_runs(before, end):
    """Or hides the student's own function behind one that does not run."""
    middle = before.replace("a%", f"a{end}%")
    source = f"{middle}{end}import torchvision; box_iou = torchvision.ops.box_iou\n"
    if "torchvision.ops.box_iou" in ran(source):
        assert forbids.refusal(CHECK, [source])
    source = f"import torchvision\n{USES}\n{middle}{end}{OWN}"
    if end != "\r" and "torchvision.ops.box_iou" in ran(source):  # that one ends a line for Python, too
        assert forbids.refusal(CHECK, [source])


@pytest.mark.parametrize("end", ["\x0c", "\u2028", "\r"], ids=ascii)
def test_such_a_sign_in_a_comment_costs_nothing(end):
    source = f"# the shared area,{end} divided by the area of both\n{OWN}"
    assert forbids.searched(CHECK, [source], forbids.reader()) == ("", "")


FLOODS = {
    "questions": "?len\n" * 15_000,
    "mistakes": "a b\n" * 20_000,
    "mistakes in a block": "if a:\n" + "  a b\n" * 14_000,
    "chained": "".join(f"x{n} = x{n + 1}\n" for n in range(5000)) + "box_iou = x0\n",
    "one name": "box_iou = box_iou\n" * 6000,
    "one sum": "box_iou += box_iou\n" * 6000,
    "many names at once": "box_iou = " + " = ".join(f"x{n}" for n in range(4000)) + " = [" + "y," * 9000 + "]",
    "stars": "".join(f"from m{n} import *\n" for n in range(4000)) + "def box_iou(a):\n  " + "; ".join(
        f"x{n}" for n in range(5000)),
    "imports inside": "".join(f"def f{n}():\n  import a{n}\n" for n in range(4000)) + "box_iou = " + "+".join(
        f"f{n}" for n in range(60)),
    "attributes": "box_iou = a" + ".b" * 40_000,
    "quotes": "%x\n" + "\\\"" * 40_000,
    "spaces": "%x\n" + " " * 80_000 + "x",
    "for": "a b " + "for " * 20_000,
    "nested": "".join(" " * n + "if a:\n" for n in range(99)) + " " * 99 + "a b",
    "elif": "if a: 0\n" + "elif a: 0\n" * 8000,
}  # fmt: skip


@pytest.mark.timed
@pytest.mark.parametrize("source", FLOODS.values(), ids=FLOODS)
def test_no_flood_of_80_kb_takes_long(source):
    """Ten checks of one submission; before, 260 lines that nobody could read took minutes."""
    read = forbids.reader()
    with bounded(5):
        for _ in range(10):
            forbids.searched(CHECK, [OWN, source], read)


def test_a_cell_is_read_once_for_all_checks(monkeypatch):
    asked = []
    monkeypatch.setattr(statements, "read", lambda source, plain=statements.read: asked.append(source) or plain(source))
    read = forbids.reader()
    for _ in range(3):
        forbids.searched(CHECK, [OWN, USES], read)
    assert asked == [OWN, USES]
