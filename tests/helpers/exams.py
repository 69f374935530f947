"""Short exams of two functions, in a real box."""

from autograder.exam import papers
from autograder.exam.cells import Answers, Cell, Limits
from autograder.exam.judge import Paper, Verdict, judge
from autograder.exam.sitting import sit

UNIT = "02_rcnn"
LIMITS = Limits(cell=120, fit=120, submission=600)
IOU = """
import torch

def box_iou(boxes1, boxes2):
    from torchvision.ops import box_iou as library
    return library(boxes1, boxes2)
"""
ENCODE = """
def encode_boxes(proposals, targets):
    sizes, wanted = proposals[:, 2:] - proposals[:, :2], targets[:, 2:] - targets[:, :2]
    shift = (targets[:, :2] + targets[:, 2:] - proposals[:, :2] - proposals[:, 2:]) / 2
    return torch.cat([shift / sizes, (wanted / sizes).log()], dim=1)
"""
CHECKS = (Cell("check", "", "box_iou"), Cell("check", "", "encode_boxes"))


def drawn() -> dict[str, Paper]:
    """The papers of both functions."""
    checks = {check.name: check for check in papers.checks_of(UNIT)}
    return {name: papers.set_paper(UNIT, checks[name], 3) for name in ("box_iou", "encode_boxes")}


def exam(asked: dict[str, Paper], *cells: Cell | str, **more) -> tuple[dict[str, float], Answers, Verdict]:
    """Points of each check, the answers, and the verdict on them."""
    cells = [cell if isinstance(cell, Cell) else Cell("run", cell) for cell in cells]
    answers = sit(UNIT, cells, {n: (p.check, p.questions) for n, p in asked.items()}, limits=LIMITS, **more)
    verdict = judge(list(asked.values()), answers.outcomes, [])
    return {name: report.points for name, report in verdict.reports.items()}, answers, verdict
