"""Unit 09, copies: what a student reads and sees when an answer is wrong points at that mistake and at no other."""

import pytest
import torch

from autograder import reference
from course_lib import plots
from course_lib.checks import report, run
from course_lib.checks.services import alike, audit_split, clean_accuracy, near_duplicates
from tests.helpers.kept_papers import graded
from tests.helpers.public import Public

UNIT = "09_services"
PUBLIC = Public(UNIT)
CHECKS, reported = PUBLIC.checks, PUBLIC.reported
OURS = reference.load(UNIT)


@pytest.mark.parametrize(
    ("check", "version", "hint"),
    [
        ("near_duplicates", "self-pairs", near_duplicates.ITSELF),
        ("near_duplicates", "larger-first", near_duplicates.ORDER),
        ("near_duplicates", "raw-dot", alike.BY_HAND),
        ("near_duplicates", "first-match", alike.BY_HAND),
        ("near_duplicates", "strict", alike.BOUND),
        ("near_duplicates", "zero-passes", alike.ZERO),
        ("audit_split", "within-test", alike.BY_HAND),
        ("audit_split", "first-partner", audit_split.NEAREST),
        ("audit_split", "train-share", audit_split.SHARE),
        ("audit_split", "strict", alike.BOUND),
        ("audit_split", "empty-test", audit_split.EMPTY),
        ("clean_accuracy", "subtracted", clean_accuracy.LEFT_OUT),
        ("clean_accuracy", "empty-zero", clean_accuracy.NONE_LEFT),
    ],
)
def test_a_hint_fits_what_is_wrong(check, version, hint):
    assert reported(check, version).failed[0].hint == hint


def test_a_pair_that_comes_twice_is_told_as_such():
    def twice(features, threshold):
        return OURS["near_duplicates"](features, threshold).repeat(2, 1)

    found = reported("near_duplicates", twice)
    assert found.failed[0].hint == near_duplicates.TWICE
    assert "comes more than once" in report.text(found)
    assert "comes more often" in found.counterexample.text


def test_leaked_pictures_that_do_not_exist_are_told_without_a_picture():
    def beyond(train, test, threshold):
        audit = OURS["audit_split"](train, test, threshold)
        return audit.leaked + 1000, audit.partners, audit.share

    found = reported("audit_split", beyond)
    assert found.failed[0].hint == audit_split.WHOSE
    assert found.counterexample.text.startswith("leaked: expected [")


@pytest.mark.parametrize(
    ("check", "version", "words"),
    [
        ("near_duplicates", "raw-dot", "it is not expected there"),
        ("near_duplicates", "best-match", "missing in your answer"),
        ("near_duplicates", "strict", "similarity 1.000, threshold 1: it is expected"),
        ("audit_split", "raw-dot", "most similar: train"),
        ("audit_split", "pair-share", "share expected 0.44"),
        ("clean_accuracy", "inverted", "of 9 pictures 6 are left"),
    ],
)
def test_a_counterexample_says_and_draws_what_is_wrong(check, version, words):
    found = reported(check, version).counterexample
    assert words in found.text
    assert "expected" in found.text
    plots.close(found.draw())


@pytest.mark.parametrize(
    ("check", "line"),
    [
        ("near_duplicates", "from sklearn.metrics.pairwise import cosine_similarity as ready"),
        ("near_duplicates", "from torch.nn.functional import cosine_similarity as ready"),
        ("near_duplicates", "from torch.nn.modules.distance import CosineSimilarity as ready"),
        ("audit_split", "from scipy.spatial.distance import cdist as ready"),
        ("clean_accuracy", "from torchmetrics.functional import accuracy as ready"),
    ],
)
@pytest.mark.parametrize("used", [True, False])
def test_ready_made_functions_are_no_answer(check, line, used):
    function = f"def {check}(*inputs):\n    return {'ready(*inputs)' if used else 'inputs'}"
    found = run.run(UNIT, CHECKS[check], OURS[check], [line, function])
    assert (found.rung == "forbidden", found.passed) == (used, not used)


@pytest.mark.parametrize("pick", ["first", "last"])
def test_any_of_equal_partners_is_as_good(pick):
    def version(train, test, threshold):
        leaked, _, share = OURS["audit_split"](train, test, threshold)
        unit = [torch.nn.functional.normalize(rows, dim=1) for rows in (test[leaked], train)]
        alike = (unit[0] @ unit[1].T).double()
        best = alike >= alike.amax(dim=1, keepdim=True) - 1e-6 if len(train) else alike
        places = torch.arange(len(train)) if pick == "last" else -torch.arange(len(train))
        return leaked, places.where(best, -10_000).argmax(dim=1) if len(train) else leaked, share

    found = reported("audit_split", version)
    assert found.passed, report.text(found)


def test_a_plain_tuple_is_an_audit():
    found = reported("audit_split", lambda *inputs: tuple(OURS["audit_split"](*inputs)))
    assert found.passed, report.text(found)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_who_takes_all_leaked_pictures_for_right_answers_reads_so(seed):
    """Counted in whole numbers, without a thought of an empty rest."""

    def version(predictions, labels, leaked):
        hits = sum(p == y for p, y in zip(predictions.tolist(), labels.tolist(), strict=True))
        return (hits - leaked.numel()) / (labels.numel() - leaked.numel())

    assert not reported("clean_accuracy", version).passed
    assert graded(UNIT, "clean_accuracy", version, seed).misconception == "all-were-right"
