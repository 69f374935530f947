"""No answer, however odd, breaks the report on it: hints, counterexamples and their pictures look at any."""

from dataclasses import replace

import pytest
import torch

from autograder.exam import papers
from course_lib import plots, units
from course_lib.checks import report, run
from course_lib.checks.ladder import climb
from course_lib.checks.spec import Outcome

UNITS = [unit.id for unit in units.UNITS]
CHECKS = [pytest.param(unit, check, id=f"{unit}-{check.name}") for unit in UNITS for check in papers.checks_of(unit)]


def changed(tree, leaf):
    """The tree with each tensor and number in it changed."""
    if isinstance(tree, dict):
        return {key: changed(value, leaf) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(changed(value, leaf) for value in tree)
    if isinstance(tree, torch.Tensor):
        return leaf(tree)
    if isinstance(tree, int | float) and not isinstance(tree, bool):
        return leaf(torch.tensor(tree)).reshape(-1)[0].item() if leaf(torch.tensor(tree)).numel() else tree
    return tree


def filled(value, whole):
    """Everything is this value; whole numbers are the other one, as far as their type holds it."""

    def fill(v):
        if v.dtype == torch.bool or v.is_floating_point():
            return torch.full_like(v, value) if v.is_floating_point() else torch.ones_like(v)
        limits = torch.iinfo(v.dtype)
        return torch.full_like(v, min(max(whole, limits.min), limits.max))

    return fill


def narrow(v):
    return (v * 0 + 1).half() if v.is_floating_point() else v if v.dtype == torch.bool else (v * 0 + 1).to(torch.uint8)


ODD = {
    "zeros": torch.zeros_like,
    "NaN": filled(float("nan"), -1),
    "infinite": filled(float("inf"), 10**6),
    "huge": filled(-1e30, -(10**6)),
    "turned round": lambda v: v.flip(0) if v.ndim else v + 1 if v.dtype != torch.bool else ~v,
    "one wrong": lambda v: torch.where(
        torch.arange(v.numel()).reshape(v.shape) == 0, ~v if v.dtype == torch.bool else v + 1, v
    ),
    "narrow": narrow,
    "wide": lambda v: v.double() + 1 if v.is_floating_point() else v,
    "nothing": lambda v: v[:0] if v.ndim else v + 1 if v.dtype != torch.bool else v,
    "twice": lambda v: torch.cat([v, v]) if v.ndim else v,
}
DRAWN = ("NaN", "infinite", "huge", "one wrong", "narrow")


def reported(check, question, answer):
    """The report on one answer to one question."""
    return climb(replace(check, cases=(question.case,)), [question], [Outcome("answered", answer)])


@pytest.mark.parametrize(("unit", "check"), CHECKS)
def test_whatever_comes_is_reported(unit, check):
    for question in run.load_public(unit, check)[0]:
        for leaf in ODD.values():
            found = reported(check, question, changed(question.expected, leaf))
            assert report.text(found)


@pytest.mark.filterwarnings("ignore")  # matplotlib's, about NaN
@pytest.mark.parametrize(("unit", "check"), CHECKS)
def test_whatever_comes_is_drawn(unit, check):
    questions = [q for q in run.load_public(unit, check)[0] if q.case.explain]
    for question in questions[:1] + questions[-1:]:
        for name in DRAWN:
            found = reported(check, question, changed(question.expected, ODD[name])).counterexample
            if found and found.draw:
                plots.close(found.draw())
