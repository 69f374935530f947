"""What a check shows in a notebook: one counterexample with one pair of numbers, on a light page and on a dark one."""

import re

import pytest
import torch
from matplotlib import pyplot

from autograder import misconceptions, papers
from course_lib import units
from course_lib.checks import report, run
from course_lib.checks.compare import close
from course_lib.checks.ladder import climb
from course_lib.checks.spec import Case, Check, Counterexample, Outcome, Question
from tests.pages import Page

UNITS = [unit.id for unit in units.UNITS]
TYPICAL = {(unit, m.check): m for unit in UNITS for m in reversed(misconceptions.of(unit))}  # the first of each check
WRONG = [pytest.param(unit, wrong, id=f"{unit}-{check}") for (unit, check), wrong in TYPICAL.items()]
DECIMAL = re.compile(r"\d+\.\d+")


def shown(unit, wrong):
    """The report of a typical wrong answer."""
    check = next(check for check in papers.checks_of(unit) if check.name == wrong.check)
    return run.run(unit, check, wrong.version)


@pytest.mark.parametrize(("unit", "wrong"), WRONG)
def test_a_picture_does_not_say_the_numbers_above_it_again(unit, wrong):
    found = shown(unit, wrong).counterexample
    if found and found.draw:
        drawn = found.draw()
        titles = " ".join(ax.get_title() for ax in drawn.figure.axes)
        pyplot.close(drawn.figure)
        assert set(DECIMAL.findall(titles)) & set(DECIMAL.findall(found.text)) == set()


@pytest.mark.parametrize(("unit", "wrong"), WRONG)
def test_a_report_has_no_colour_of_a_light_page_only(unit, wrong):
    page = Page(report.html(shown(unit, wrong)))
    styles = " ; ".join(value for name, value in page.attributes if name == "style" and "border-radius" not in value)
    outside = re.sub(r"var\(--jp-[a-z0-9-]+, [^)]+\)", "", styles)
    assert re.findall(r"#[0-9a-fA-F]{3,6}|(?:white|black)(?![-\w])", outside) == []
    images = [value for name, value in page.attributes if name == "alt"]
    assert len(images) == page.tags.count("img")
    assert all(images)


def test_the_line_of_a_case_and_its_counterexample_have_the_same_numbers():
    def explain(inputs, answer, expected):
        return Counterexample(f"expected {expected.item():g}, yours {answer.item():g}")

    case = Case("sums", "values", lambda rng: {}, close(), explain=explain)
    check = Check("total", 2, (case,))
    sizes = (5, 2, 9)
    questions = [Question(case, {"x": torch.ones(size)}, torch.tensor(float(size))) for size in sizes]
    found = climb(check, questions, [Outcome("answered", torch.tensor(10.0 + size)) for size in sizes])
    assert found.results[0].message == "Expected 2, got 12."
    assert found.counterexample.text == "expected 2, yours 12"
    assert found.counterexample.case == "sums"
    assert "Smallest counterexample (sums):" in report.html(found)
    assert "Smallest counterexample (sums):" in report.text(found)
