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
    assert (np.abs(audited - true) < 0.02).all()
    assert (results["training accuracy"] > 0.98).all()


def test_nothing_leaked_is_the_plain_accuracy(results):
    assert results["reported: accuracy"][:, 0].tolist() == results["true: accuracy"][:, 0].tolist()


@pytest.mark.parametrize("other", ["not mirrored", "without crops", "phash", "dhash", "phash, twelve views"])
def test_the_audit_is_better_than_each_that_compares_less(results, other):
    assert (results["audit: F1"] > results[f"{other}: F1"]).all()


def test_features_were_chosen_by_val(results):
    """The first stage on cells; a late stage and a single cell find fewer."""
    best = results["stage 1, 4 cells: val F1"].mean()
    others = [name for name in results if name.startswith("stage") and name != "stage 1, 6 cells: val F1"]
    assert best >= max(results[name].mean() for name in others)
    assert best == pytest.approx(results["stage 1, 6 cells: val F1"].mean(), abs=0.005)
    assert best > results["lite0, stage 3, 3 cells: val F1"].mean()


def test_f1_is_that_of_precision_and_recall(results):
    precision, recall, f1 = (results[f"audit: {what}"] for what in ("precision", "recall", "F1"))
    np.testing.assert_allclose(f1, 2 * precision * recall / (precision + recall))
