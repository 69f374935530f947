"""Unit 07, measuring: what a student reads and sees when an answer is wrong points at that mistake and at no other."""

import pytest
import torch

from autograder import reference
from course_lib import plots
from course_lib.checks import report, run
from course_lib.checks.faces import folds, lfw_accuracy, pairs, rank_one, verification_roc
from tests.helpers.public import Public

UNIT = "07_faces"
PUBLIC = Public(UNIT)
CHECKS, reported = PUBLIC.checks, PUBLIC.reported
OURS = reference.load(UNIT)


@pytest.mark.parametrize(
    ("check", "version", "hint"),
    [
        ("verification_roc", "over-all", verification_roc.COUNT),
        ("verification_roc", "grid", verification_roc.WHICH),
        ("verification_roc", "falling", verification_roc.WHICH),
        ("verification_roc", "split-ties", verification_roc.TOGETHER),
        ("verification_roc", "nan-counted", pairs.NAN),
        ("verification_roc", "one-kind", pairs.ONE_KIND),
        ("verification_roc", "asserts", pairs.NAN),
        ("lfw_accuracy", "own-fold", lfw_accuracy.ONE_FOLD),
        ("lfw_accuracy", "deviation", lfw_accuracy.ERROR),
        ("lfw_accuracy", "variance", lfw_accuracy.ERROR),
        ("lfw_accuracy", "never-nothing", lfw_accuracy.NOTHING),
        ("lfw_accuracy", "never-everything", lfw_accuracy.EVERYTHING),
        ("lfw_accuracy", "single-fold", lfw_accuracy.TWO_FOLDS),
        ("lfw_accuracy", "mean-of-the-best", lfw_accuracy.BETWEEN),
        ("rank_one", "cosine", rank_one.NEAREST),
        ("rank_one", "known-only", rank_one.UNKNOWN),
        ("rank_one", "last-of-equals", rank_one.FIRST),
        ("rank_one", "no-query", rank_one.NOBODY),
    ],
)
def test_a_hint_fits_what_is_wrong(check, version, hint):
    assert reported(check, version).failed[0].hint == hint


@pytest.mark.parametrize(
    ("check", "version", "words"),
    [
        ("verification_roc", "over-all", "pairs of one person and"),
        ("verification_roc", "no-origin", "thresholds yours: "),
        ("verification_roc", "split-ties", "thresholds expected: −∞"),
        ("lfw_accuracy", "own-fold", "best on the other folds: accept at most"),
        ("lfw_accuracy", "never-nothing", "accept none"),
        ("lfw_accuracy", "ddof-zero", " ± "),
        ("rank_one", "dot-product", "nearest is face"),
        ("rank_one", "last-of-equals", "wrong"),
    ],
)
def test_a_counterexample_says_and_draws_what_is_wrong(check, version, words):
    found = reported(check, version).counterexample
    assert words in found.text
    assert "expected" in found.text
    plots.close(found.draw())


def test_a_wrong_number_of_thresholds_is_told_as_such():
    found = report.text(reported("verification_roc", "no-origin"))
    assert "Expected 6 points, -infinity and 5 distances that occur; got 5." in found


def test_parts_of_unequal_length_are_told_and_drawn():
    def cut(distances, same):
        far, tar, thresholds = OURS["verification_roc"](distances, same)
        return far, tar[1:], thresholds

    found = reported("verification_roc", cut)
    assert "got 6, 5, 6" in report.text(found)
    plots.close(found.counterexample.draw())


@pytest.mark.parametrize(
    ("check", "line"),
    [
        ("verification_roc", "from sklearn.metrics import roc_curve as ready"),
        ("lfw_accuracy", "from torchmetrics.functional import accuracy as ready"),
        ("rank_one", "from scipy.spatial.distance import cdist as ready"),
        ("rank_one", "from course_lib.metrics import cmc as ready"),
    ],
)
@pytest.mark.parametrize("used", [True, False])
def test_ready_made_functions_are_no_answer(check, line, used):
    function = f"def {check}(*inputs):\n    return {'ready(*inputs)' if used else 'inputs'}"
    found = run.run(UNIT, CHECKS[check], OURS[check], [line, function])
    assert (found.rung == "forbidden", found.passed) == (used, not used)


def test_a_mistake_has_its_name_also_where_bad_input_is_not_yet_thought_of():
    def from_the_first_distance(distances, same):
        thresholds = distances.unique()
        accepted = distances <= thresholds[:, None]
        return (accepted & ~same).sum(1) / (~same).sum(), (accepted & same).sum(1) / same.sum(), thresholds

    found = reported("verification_roc", from_the_first_distance)
    assert found.misconception == "no-origin"
    assert {"a distance that is NaN", "only pairs of one person"} <= {result.case.name for result in found.failed}


@pytest.mark.parametrize("nothing", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_an_extreme_threshold_is_best_on_all_folds(nothing, seed):
    inputs = folds.extreme(nothing)(run.generator(seed, CHECKS["lfw_accuracy"].cases[0]))
    mean, _ = OURS["lfw_accuracy"](**inputs)
    assert mean == pytest.approx((inputs["same"] != nothing).double().mean().item())


@pytest.mark.parametrize("seed", range(20))
def test_far_apart_two_thresholds_are_best_and_their_mean_is_not(seed):
    inputs = folds.far_apart(run.generator(seed, CHECKS["lfw_accuracy"].cases[0]))
    assert folds.clear(inputs)
    for tested, thresholds, shares in folds.each_fold(inputs):
        assert len(thresholds) == 2
        accepted = inputs["distances"][tested] <= thresholds.mean()
        assert (accepted == inputs["same"][tested]).double().mean() < min(shares)


@pytest.mark.parametrize("middle", [torch.mean, lambda best: (best.min() + best.max()) / 2, torch.median])
def test_whoever_takes_the_middle_of_the_best_thresholds_is_told_so(middle):
    def version(distances, same, numbers):
        OURS["lfw_accuracy"](distances, same, numbers)  # refuses what is to be refused
        shares = []
        for fold in numbers.unique():
            known, tested = distances[numbers != fold], numbers == fold
            limits = torch.cat([known.min()[None] - 1, known.unique()])
            right = ((known <= limits[:, None]) == same[~tested]).sum(dim=1)
            shares.append(((distances[tested] <= middle(limits[right == right.max()])) == same[tested]).double().mean())
        shares = torch.stack(shares)
        return shares.mean(), shares.std() / len(shares) ** 0.5

    found = reported("lfw_accuracy", version)
    assert found.passed == (middle is torch.median)  # the lower one of two
    assert found.misconception == ("" if found.passed else "mean-of-the-best")


def test_any_best_threshold_is_as_good():
    """The largest of the best ones, the smallest, and one between them."""

    def choosing(pick):
        def version(distances, same, numbers):
            OURS["lfw_accuracy"](distances, same, numbers)  # refuses what is to be refused
            shares = []
            for fold in numbers.unique():
                tested = numbers == fold
                known = distances[~tested]
                ends = torch.cat([known.min()[None] - 1, known.unique(), known.max()[None] + 1])
                limits = torch.cat([ends[:-1], ends[:-1] + pick * ends.diff()])
                right = ((known <= limits[:, None]) == same[~tested]).sum(dim=1)
                limit = limits[right == right.max()].amax() if pick > 0.5 else limits[right == right.max()].amin()
                shares.append(((distances[tested] <= limit) == same[tested]).double().mean())
            shares = torch.stack(shares)
            return shares.mean(), shares.std() / len(shares) ** 0.5

        return version

    for pick in (0.0, 0.4, 0.99):
        found = reported("lfw_accuracy", choosing(pick))
        assert found.passed, report.text(found)
