"""Unit 09, confidence: what a student reads and sees when an answer is wrong points at that mistake and at no other."""

import pytest

from autograder import misconceptions, reference
from autograder.exam import papers
from course_lib import plots
from course_lib.checks import report, run
from course_lib.checks.services import top_k_tags
from tests.helpers.relatives import relatives_of

UNIT = "09_services"
CHECKS = {check.name: check for check in papers.checks_of(UNIT)}
OURS = reference.load(UNIT)
VERSIONS = {(m.check, m.name): m.version for m in misconceptions.of(UNIT)} | {
    (name, version.__name__): version for name, version, _ in relatives_of(UNIT)
}


def reported(check, version):
    return run.run(UNIT, CHECKS[check], VERSIONS[check, version] if isinstance(version, str) else version)


@pytest.mark.parametrize(
    ("check", "version", "hint"),
    [
        ("top_k_tags", "percent", top_k_tags.SHARE),
        ("top_k_tags", "rising", top_k_tags.WHICH),
        ("top_k_tags", "never-silent", top_k_tags.SILENT),
        ("top_k_tags", "overflow", top_k_tags.LARGE),
        ("top_k_tags", "too-few-classes", ""),  # the error speaks for itself
        ("top_k_tags", "any-names", top_k_tags.NAMES),
    ],
)
def test_a_hint_fits_what_is_wrong(check, version, hint):
    assert reported(check, version).failed[0].hint == hint


@pytest.mark.parametrize(
    ("check", "version", "words"),
    [
        ("top_k_tags", "late-softmax", "probabilities over all"),
        ("top_k_tags", "never-silent", "expected no tag"),
        ("top_k_tags", "to_base_two", "logit"),
        ("top_k_tags", "overflow", "yours "),
    ],
)
def test_a_counterexample_says_and_draws_what_is_wrong(check, version, words):
    found = reported(check, version).counterexample
    assert words in found.text
    assert "expected" in found.text
    plots.close(found.draw())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "Is there a `return`?"),
        ([1.0, 2.0], "the list holds float"),
        ([(0.5, "cat")], "the list holds (float 0.5, str cat)"),
        ([("cat", "0.5")], "the list holds (str cat, str 0.5)"),
    ],
)
def test_what_is_no_list_of_tags_is_told_as_such(answer, words):
    found = reported("top_k_tags", lambda *inputs: answer)
    assert found.rung == "type"
    assert words in report.text(found)


@pytest.mark.parametrize(
    ("check", "line"),
    [("top_k_tags", "from course_lib.models.imagenet import classify as ready")],
)
@pytest.mark.parametrize("used", [True, False])
def test_ready_made_functions_are_no_answer(check, line, used):
    function = f"def {check}(*inputs):\n    return {'ready(*inputs)' if used else 'inputs'}"
    found = run.run(UNIT, CHECKS[check], OURS[check], [line, function])
    assert (found.rung == "forbidden", found.passed) == (used, not used)
