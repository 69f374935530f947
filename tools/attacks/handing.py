"""How the attacks on the level of code hand in: cells of their own around honest and dishonest functions."""

from collections.abc import Iterable

import nbformat

from tools.attacks.attack import WRONG, Desk, index_of

RIGHT_IOU = """
def box_iou(boxes1, boxes2):
    corners = [torch.maximum(boxes1[:, None, :2], boxes2[:, :2]), torch.minimum(boxes1[:, None, 2:], boxes2[:, 2:])]
    shared = (corners[1] - corners[0]).clamp(min=0).prod(dim=-1)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(dim=-1) for boxes in (boxes1, boxes2)]
    return shared / (areas[0][:, None] + areas[1] - shared).clamp(min=1e-12)
"""
RIGHT_NMS = """
def nms(boxes, scores, threshold):
    overlaps, kept = box_iou(boxes, boxes), []
    for i in scores.argsort(descending=True).tolist():
        if all(overlaps[i, j] <= threshold for j in kept):
            kept.append(i)
    return torch.tensor(kept, dtype=torch.int64)
"""
WRONG_BOTH = (WRONG["box_iou"], WRONG["nms"])


def hand_in(desk: Desk, first: str = "", iou: str = "", nms: str = "", last: str = "", between: str = "") -> None:
    """Hand in the exercise with the given functions (untouched where "") and cells of the student's own.

    Args:
        first: a cell before the first function, after the imports.
        iou, nms: the sources of the two solution cells.
        between: a cell between `box_iou`'s cell and its check.
        last: a cell at the end.
    """
    notebook = desk.exercise()
    for name, source in (("box_iou", iou), ("nms", nms)):
        if source:
            notebook = desk.with_source(notebook, name, source)
    place = index_of(notebook, "box_iou")
    notebook.cells[place + 1 : place + 1] = _cells([between])
    notebook.cells[place:place] = _cells([first])
    notebook.cells += _cells([last])
    desk.write(notebook)


def _cells(sources: Iterable[str]) -> list[nbformat.NotebookNode]:
    return [nbformat.v4.new_code_cell(source) for source in sources if source]
