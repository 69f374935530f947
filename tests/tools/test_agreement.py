"""Equal code earns equal points: in the notebook and under every key. `make agreement` tries ten, and mutants too."""

from dataclasses import replace

import pytest

from autograder.exam import papers
from course_lib import units
from course_lib.checks.ladder import climb
from course_lib.checks.points import always_same
from course_lib.checks.run import ask, generator
from tests.helpers.right_answers import graded
from tests.helpers.tiers import sampled
from tools.agreement import examine, versions

UNITS = [unit.id for unit in units.UNITS]
CHECKS = [
    pytest.param(unit, check, id=f"{unit}-{check.name}", marks=sampled(unit))
    for unit in UNITS
    for check in graded(unit)
]
KEYS = (3, 1729, 65537)  # each of them once drew inputs on which a wrong version earned other points


def points(paper, function):
    outcomes = [ask(question.case, function, question.inputs) for question in paper.questions]
    return climb(paper.check, paper.questions, outcomes, explain=False).points


@pytest.mark.long
@pytest.mark.parametrize(("unit", "check"), CHECKS)
@pytest.mark.filterwarnings("ignore")  # of wrong versions
def test_every_version_that_somebody_wrote_earns_the_same_under_every_key(unit, check):
    asked = [examine.public_paper(unit, check), *(papers.set_paper(unit, check, key) for key in KEYS)]
    earned = {
        version.name: {points(paper, version.make()) for paper in asked}
        for version in versions.known_versions(unit, check)
    }
    assert {name: found for name, found in earned.items() if len(found) > 1} == {}


def test_a_drawing_that_happens_to_have_one_answer_makes_no_constant_of_it():
    check = next(check for check in papers.checks_of("02_rcnn") if check.name == "average_precision")
    case = next(case for case in check.cases if case.name == "twelve detections, area")
    drawn = case.make_inputs(generator(3, case))
    stuck = replace(check, cases=(replace(case, make_inputs=lambda rng: drawn),))
    asked = papers.set_paper("02_rcnn", stuck, 3).questions
    assert len(asked) > 1
    assert always_same([question.expected for question in asked])
    assert {question.constant for question in asked} == {False}


def test_the_keys_are_among_those_of_the_tool():
    assert set(KEYS) <= set(examine.KEYS)
    assert len(examine.KEYS) == 10
