"""Wrong versions near a misconception are refused, and no other mistake is named in the headline."""

import pytest

from autograder.exam import papers
from autograder.exam.judge import judge
from course_lib import units
from course_lib.checks import report, run
from tests.helpers.kept_papers import paper_of
from tests.helpers.relatives import relatives_of
from tests.helpers.tiers import sampled

UNITS = [unit.id for unit in units.UNITS]
NEAR = [
    pytest.param(unit, *relative, id=f"{unit}-{relative[0]}-{number}-{relative[1].__name__}", marks=sampled(unit))
    for unit in UNITS
    for number, relative in enumerate(relatives_of(unit))
]


@pytest.mark.parametrize(("unit", "name", "version", "allowed"), NEAR)
def test_a_near_relative_is_refused_and_not_taken_for_another_mistake(unit, name, version, allowed):
    paper = paper_of(unit, name)
    public = run.run(unit, paper.check, version)
    exam = judge([paper], papers.answers_of([paper], {paper.check.function: version}), []).reports[name]
    for found in (public, exam):
        assert not found.passed
        assert found.misconception in {"", allowed}, report.text(found)
    assert public.points == exam.points
