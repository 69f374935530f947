"""Equal code earns equal points: a version fails the same cases in the notebook and under every key."""

import pytest

from autograder import papers, reference
from course_lib.checks.ladder import climb
from course_lib.checks.run import ask
from tests.right_answers import graded
from tools import agreement

UNITS = sorted(path.stem for path in reference.SOLUTIONS.glob("*/[0-9]*.py"))
CHECKS = [pytest.param(unit, check, id=f"{unit}-{check.name}") for unit in UNITS for check in graded(unit)]


def earned(paper, function):
    """The points, and which cases fail."""
    outcomes = [ask(question.case, function, question.inputs) for question in paper.questions]
    found = climb(paper.check, paper.questions, outcomes, explain=False)
    return found.points, tuple(result.case.name for result in found.failed)


@pytest.mark.long
@pytest.mark.parametrize(("unit", "check"), CHECKS)
def test_every_known_version_earns_the_same_under_every_key(unit, check):
    asked = [agreement.public_paper(unit, check), *(papers.set_paper(unit, check, key) for key in agreement.KEYS)]
    for version in agreement.known_versions(unit, check):
        found = {earned(paper, version.make())[0] for paper in asked}
        assert len(found) == 1, (version.name, found)
