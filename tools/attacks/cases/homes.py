"""Honest work as it comes from home: cells in another order, files under other names, everything at once."""

import shutil

from tools import ROOT
from tools.attacks.attack import FULL, FUNCTIONS, UNIT, WRONG, Desk, attack, cell_of, index_of
from tools.attacks.handing import RIGHT_IOU, RIGHT_NMS

CELLS = "answers in other cells"
FILES = "several files, other names"
NUMPY_NMS = """
def nms(boxes, scores, threshold):
    left, kept = list(np.argsort(-scores.numpy(), kind="stable")), []
    while left:
        kept.append(int(left.pop(0)))
        left = [i for i in left if box_iou(boxes[kept[-1:]], boxes[i : i + 1]).item() <= threshold]
    return torch.tensor(kept, dtype=torch.int64)
"""


@attack(CELLS, deserved=FULL)
def timed_in_own_cells(desk: Desk) -> None:
    """The released cells stay untouched; the answers stand in cells that begin with %%time and %%capture."""
    notebook = desk.with_cell(desk.exercise(), "%%time\n" + RIGHT_IOU, before="box_iou")
    desk.write(desk.with_cell(notebook, "%%capture\n%%time\n" + RIGHT_NMS, after="check_nms"))


@attack(CELLS, deserved=FULL)
def both_in_one_cell(desk: Desk) -> None:
    """The released cells stay untouched; one cell at the end holds both answers, another a helper of theirs."""
    iou = RIGHT_IOU.replace("clamp(min=1e-12)", "clamp(min=EPSILON)")
    notebook = desk.exercise()
    notebook.cells += [cell_of(notebook, "box_iou") | {"source": source, "metadata": {}} for source in ("", "")]
    notebook.cells[-2]["source"], notebook.cells[-1]["source"] = "EPSILON = 1e-12", iou + RIGHT_NMS
    for number, cell in enumerate(notebook.cells[-2:]):
        cell["id"] = f"mine-{number}"
    desk.write(notebook)


@attack(CELLS, deserved=FULL)
def added_to_the_imports(desk: Desk) -> None:
    """`import numpy as np` and a constant were added to the locked import cell, as VS Code and Colab allow."""
    notebook = desk.with_source(desk.solution(), "nms", NUMPY_NMS)
    cell_of(notebook, "given_1").source += "\nimport numpy as np, math\nHALF = 0.5"
    desk.write(notebook)


@attack(CELLS, deserved=FULL)
def split_in_the_editor(desk: Desk) -> None:
    """A solution cell was split in two, and both halves carry the released name."""
    notebook = desk.with_source(desk.solution(), "nms", "THRESHOLD = 0.5\nimport numpy as np")
    second = cell_of(notebook, "nms") | {"source": NUMPY_NMS, "id": "half"}
    notebook.cells.insert(index_of(notebook, "nms") + 1, second)
    desk.write(notebook)


@attack(CELLS, deserved=FULL)
def tried_below_the_check(desk: Desk) -> None:
    """Lines to try the function were added to the check's own cell."""
    notebook = desk.solution()
    for name in FUNCTIONS:
        check = cell_of(notebook, f"check_{name}")
        check.source = f"%%time\n{check.source}\nprint({name})\nbest = 1"
    desk.write(notebook)


@attack(CELLS, deserved=0)
def harm_in_the_check(desk: Desk) -> None:
    """Wrong work; behind the check's call stand lines that give `check` and the functions another meaning."""
    notebook = desk.wrong()
    for name in FUNCTIONS:
        check = cell_of(notebook, f"check_{name}")
        check.source += (
            "\ncheck = lambda *_: 7\nclass Yes:\n    __eq__ = lambda *_: True\nbox_iou = nms = Yes()\nraise SystemExit"
        )
    desk.write(notebook)


@attack(CELLS, deserved=0)
def forbidden_in_the_imports(desk: Desk) -> None:
    """Ready-made functions are imported by lines that were added to the locked import cell."""
    notebook = desk.with_source(
        desk.with_source(desk.wrong(), "box_iou", "def box_iou(boxes1, boxes2):\n    return overlap(boxes1, boxes2)"),
        "nms",
        "def nms(boxes, scores, threshold):\n    return ready.nms(boxes, scores, threshold)",
    )
    cell_of(
        notebook, "given_1"
    ).source += "\nfrom torchvision.ops import box_iou as overlap\nfrom torchvision import ops as ready"
    desk.write(notebook)


@attack(FILES, deserved=FULL)
def work_in_the_copy(desk: Desk) -> None:
    """The untouched release has the right name; the work is in the copy that JupyterLab made of it."""
    desk.write(desk.exercise())
    desk.write(desk.solution(), f"{UNIT}-Copy1.ipynb")


@attack(FILES, deserved=FULL)
def whole_checkout(desk: Desk) -> None:
    """The whole course as it was cloned, worked in: lectures of the same name, and other units' exercises."""
    shutil.copytree(ROOT / "lectures", desk.folder / "course" / "lectures")
    shutil.copytree(ROOT / "exercises", desk.folder / "course" / "exercises")
    desk.write(desk.solution(), f"course/exercises/{UNIT}/{UNIT}.ipynb")


@attack(FILES, deserved=FULL)
def second_downloads(desk: Desk) -> None:
    """Notebook and weights under the names that a browser gives second downloads, and another unit's notebook."""
    desk.write(desk.solution(), f"{UNIT} (1).ipynb")
    (desk.folder / f"{UNIT} (1).safetensors").write_bytes(b"{}")
    shutil.copy(ROOT / "exercises" / "03_fast_rcnn" / "03_fast_rcnn.ipynb", desk.folder)


@attack(FILES, deserved=0)
def best_of_many(desk: Desk) -> None:
    """Forty wrong copies: which one is graded is told by a rule, and none is worth a point."""
    for number in range(40):
        desk.write(desk.with_cell(desk.wrong(), f"# {number}\n{WRONG['nms']}"), f"{UNIT} ({number}).ipynb")
