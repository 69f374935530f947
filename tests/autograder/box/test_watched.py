"""Judging is held to its share of time and memory: an answer that takes too much costs itself only."""

import pytest
import torch

from autograder.box.watched import watched
from autograder.exam import assess
from autograder.exam.cells import Answers
from autograder.exam.judge import Paper
from course_lib.checks.kit.detector import MOST, map50
from course_lib.checks.spec import Case, Check, Mismatch, Outcome, Question
from tests.helpers.budget import bounded


def forever():
    while True:
        pass


def test_what_is_within_bounds_is_returned():
    assert watched(lambda: "ä" * 10**6, 20) == "ä" * 10**6


def test_what_takes_too_long_is_ended():
    with bounded(1):
        assert watched(forever, 1) is None


def test_what_takes_too_much_memory_is_ended():
    assert watched(lambda: str(torch.ones(2**30).sum()), 20, room=2**28) is None
    assert watched(lambda: str(len(bytes(2**30))), 20, room=2**28) is None


def test_a_fault_of_ours_is_told_as_such():
    with pytest.raises(RuntimeError, match="ZeroDivisionError: division by zero"):
        watched(lambda: str(1 / 0), 20)


def check(name, compare):
    return Check(name, 2.0, (Case("one", "values", lambda rng: {}, compare),))


FLOOD = "flood" * assess.LIGHT


def heavy(answer, expected, inputs):
    return forever() if answer == FLOOD else Mismatch("wrong") if answer != expected else None


def test_an_answer_that_holds_the_judge_costs_itself_only(monkeypatch):
    monkeypatch.setattr(assess, "JUDGING", 1)
    monkeypatch.setattr(assess, "JUDGING_ONE", 1)
    monkeypatch.setattr(assess, "times_slower", lambda *anything: 0.0)
    asked = [Paper(each, [Question(each.cases[0], {}, "right")]) for each in (check("a", heavy), check("b", heavy))]
    outcomes = {"a": [Outcome("answered", FLOOD)], "b": [Outcome("answered", "right")]}
    (flood, right), doubts = assess.judged("02_rcnn", asked, Answers(outcomes), {})
    assert (flood.points, flood.of, flood.comment) == (0.0, 2.0, assess.TOO_MUCH)
    assert (right.points, right.rung) == (2.0, "")
    assert doubts == []


def detections(count, labels):
    boxes = torch.rand(count, 4) * 60
    boxes[:, 2:] += boxes[:, :2] + 1
    return {"boxes": boxes, "scores": torch.rand(count), "labels": labels}


def test_a_flood_of_classes_and_boxes_is_no_more_work_than_an_answer():
    torch.manual_seed(0)
    targets = [detections(3, torch.tensor([0, 3, 5])) for _ in range(8)]
    honest = [detections(40, torch.randint(8, (40,))) for _ in targets]
    flood = [
        {name: torch.cat([honest[i][name], more[name]]) for name in more}
        for i, more in enumerate(detections(12_000, torch.arange(12_000) + 8) for _ in targets)
    ]
    many = [detections(30_000, torch.zeros(30_000, dtype=torch.long)) for _ in targets]
    inputs = {"_targets": [{name: one[name] for name in ("boxes", "labels")} for one in targets]}
    value = map50(honest, inputs)
    with bounded(5):
        assert map50(flood, inputs) == value
        assert 0 <= map50(many, inputs) <= 1


def test_only_the_surest_boxes_of_a_class_count():
    target = {"boxes": torch.tensor([[0.0, 0, 9, 9]]), "labels": torch.tensor([1])}
    wrong = torch.tensor([[50.0, 50, 60, 60]]).repeat(MOST, 1)
    for scores, value in ((torch.linspace(1, 0.5, MOST + 1), 0.0), (torch.linspace(0.5, 1, MOST + 1), 1.0)):
        found = {"boxes": torch.cat([wrong, target["boxes"]]), "scores": scores, "labels": torch.ones(MOST + 1).long()}
        assert map50([found], {"_targets": [target]}) == pytest.approx(value)


@pytest.mark.parametrize(("answer", "cells"), [("x" * assess.LIGHT, []), ("x", ["x" * assess.SHORT, "y"])])
def test_what_is_large_is_judged_in_a_fork_and_what_is_small_is_not(answer, cells, monkeypatch):
    forked = []
    monkeypatch.setattr(assess, "watched", lambda work, seconds: forked.append(seconds) or work())
    asked = [Paper(each, [Question(each.cases[0], {}, answer)]) for each in (check("a", heavy), check("b", heavy))]
    outcomes = {name: [Outcome("answered", answer)] for name in ("a", "b")}
    checks, _ = assess.judged("02_rcnn", asked, Answers(outcomes), {"b": cells})
    assert [each.points for each in checks] == [2.0, 2.0]
    assert forked == [assess.JUDGING]
    small = Answers({name: [Outcome("answered", answer[:9])] for name in ("a", "b")})
    assert assess.judged("02_rcnn", asked, small, {"b": ["x = 1"]})[0][0].points == 2.0 * (len(answer) < 9)
    assert forked == [assess.JUDGING]
