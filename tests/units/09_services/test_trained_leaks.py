"""What the course measured on leaked test pictures holds together."""

import numpy as np
import pytest

from course_lib.trainings import shipped


@pytest.fixture(scope="module")
def results():
    return shipped("leaks").results


def test_leaked_pictures_flatter_and_the_audit_takes_it_off(results):
    reported, audited, true = (results[f"{name}: accuracy"] for name in ("reported", "after the audit", "true"))
    assert reported.shape == (3, 4)
    assert (np.diff(reported, axis=1) > 0).all()  # the more have leaked, the more
    assert ((reported - true)[:, -1] > 0.15).all()
    assert (np.abs(audited - true) < 0.03).all()
    assert (results["training accuracy"] > 0.98).all()


def test_nothing_leaked_is_the_plain_accuracy(results):
    assert results["reported: accuracy"][:, 0].tolist() == results["true: accuracy"][:, 0].tolist()


@pytest.mark.parametrize("other", ["not mirrored", "without crops", "phash", "dhash", "phash, twelve views"])
def test_the_audit_is_better_than_each_that_compares_less(results, other):
    assert (results["audit: F1"] > results[f"{other}: F1"]).all()


def test_the_chosen_features_are_among_the_best_on_these_seeds_too(results):
    """They were chosen with others. Early stages on cells are equally good; late ones and a single cell find fewer."""
    val = {name: scores.mean() for name, scores in results.items() if name.endswith(": val F1")}
    best = val["stage 1, 4 cells: val F1"]
    assert best > max(val.values()) - 0.01
    assert best > val["lite0, stage 3, 3 cells: val F1"] + 0.02
    assert best > max(val[f"stage {stage}, 1 cells: val F1"] for stage in (1, 2, 3, 4)) + 0.1
    assert best > max(val[f"stage 4, {grid} cells: val F1"] for grid in (4, 6)) + 0.2


def test_f1_is_that_of_precision_and_recall(results):
    precision, recall, f1 = (results[f"audit: {what}"] for what in ("precision", "recall", "F1"))
    np.testing.assert_allclose(f1, 2 * precision * recall / (precision + recall))
