"""Confidence in unit 09 is what torch, torchmetrics and SciPy compute, and what the examples by hand say."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import log_loss
from torchmetrics.functional.classification import multiclass_calibration_error

from autograder import reference

UNIT = "09_services"


@pytest.fixture(scope="module")
def solution():
    return reference.load(UNIT)


def drawn(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("classes", "k"), [(1, 1), (4, 2), (9, 20), (1000, 5)])
def test_tags_are_torchs_softmax_and_topk(solution, classes, k, dtype):
    logits, names = 3 * drawn(classes, classes).to(dtype), [f"class {i}" for i in range(classes)]
    found = solution["top_k_tags"](logits, names, k, 0.0)
    values, order = torch.nn.functional.softmax(logits, dim=0).topk(min(k, classes))
    assert found == [(names[i], value) for i, value in zip(order.tolist(), values.tolist(), strict=True)]


@pytest.mark.parametrize("moved", [0, 5000, -5000])
def test_tags_by_hand(solution, moved):
    found = solution["top_k_tags"](torch.tensor([1.0, 2, -1, 0]) + moved, ["cat", "dog", "fox", "owl"], 3, 0.2)
    assert [name for name, _ in found] == ["dog", "cat"]
    assert [p for _, p in found] == pytest.approx([0.644, 0.237], abs=5e-4)


def test_who_is_not_sure_says_nothing(solution):
    assert solution["top_k_tags"](torch.arange(8) / 8, [*"abcdefgh"], 3, 0.5) == []


@pytest.mark.parametrize("count", [0, 3, 5])
def test_names_for_other_classes_are_refused(solution, count):
    with pytest.raises(ValueError, match=f"{count} names for 4 logits"):
        solution["top_k_tags"](drawn(0, 4), ["a"] * count, 2, 0.1)


def answers(seed, n, classes, sharp=2.0):
    """Probabilities that are too sure, and labels."""
    logits = drawn(seed, n, classes)
    labels = logits.softmax(dim=1).multinomial(1, generator=torch.Generator().manual_seed(seed))[:, 0]
    return (sharp * logits).softmax(dim=1), labels


@pytest.mark.parametrize("bins", [1, 10, 15])
@pytest.mark.parametrize(("n", "classes"), [(1, 2), (12, 4), (500, 10)])
@pytest.mark.parametrize("seed", range(3))
def test_the_calibration_error_is_torchmetrics(solution, seed, n, classes, bins):
    probs, labels = answers(seed, n, classes)
    found = solution["expected_calibration_error"](probs, labels, bins)
    theirs = multiclass_calibration_error(probs, labels, classes, n_bins=bins, norm="l1")
    torch.testing.assert_close(found, theirs)


def test_the_calibration_error_by_hand(solution):
    """The five images of the notebook; the last class is never the answer."""
    confidence = torch.tensor([0.4, 0.65, 0.75, 0.85, 0.95])
    probs = torch.stack([confidence, 0.5 - confidence / 2, 0.5 - confidence / 2], dim=1)
    labels = torch.tensor([0, 0, 1, 0, 1])
    assert solution["expected_calibration_error"](probs, labels, 2).item() == pytest.approx(0.36)
    assert solution["expected_calibration_error"](probs, labels, 1).item() == pytest.approx(0.12)


def test_who_is_as_sure_as_right_has_hardly_an_error(solution):
    probs, labels = answers(0, 20_000, 5, sharp=1.0)
    assert solution["expected_calibration_error"](probs, labels, 10) < 0.015
    assert solution["expected_calibration_error"](*answers(0, 20_000, 5), 10) > 0.1


@pytest.mark.parametrize("probs", [torch.zeros(0, 3), torch.full((4, 3), 0.3), 3 * drawn(0, 4, 3)])
def test_what_is_no_probability_is_refused(solution, probs):
    with pytest.raises(ValueError, match="sum to 1"):
        solution["expected_calibration_error"](probs, torch.zeros(len(probs)).long(), 5)


def by_scipy(logits, labels):
    """SciPy's bounded search for log T, its loss scikit-learn's."""

    def loss(log_t):
        probs = (logits.double() / math.exp(log_t)).softmax(dim=1)
        return log_loss(labels.numpy(), probs.numpy(), labels=range(logits.shape[1]))

    found = minimize_scalar(loss, bounds=(-4, 4), method="bounded", options={"xatol": 1e-8})
    return math.exp(found.x)


@pytest.mark.parametrize("sharp", [0.4, 1.0, 2.0, 5.0, 30.0])
@pytest.mark.parametrize(("n", "classes"), [(40, 3), (300, 10), (2000, 2)])
def test_the_temperature_is_the_minimum_that_scipy_finds(solution, n, classes, sharp):
    logits = drawn(n, n, classes)
    labels = logits.softmax(dim=1).multinomial(1, generator=torch.Generator().manual_seed(n))[:, 0]
    found = solution["fit_temperature"](sharp * logits, labels)
    assert found == pytest.approx(by_scipy(sharp * logits, labels), rel=1e-4)


def test_the_temperature_is_scikit_learns(solution):
    """Whose classifier of the same name divides the logits, too; since 1.8."""
    pytest.importorskip("sklearn", minversion="1.8", reason="scikit-learn fits no temperature before 1.8")
    from sklearn.frozen import FrozenEstimator

    probs, labels = answers(3, 400, 4)
    logits = probs.log().double()

    class Scores(BaseEstimator, ClassifierMixin):
        """Gives the logits back that it is given."""

        def __init__(self):
            self.classes_ = np.arange(4)

        def fit(self, x, y):
            return self

        def decision_function(self, x):
            return x

        def predict(self, x):
            return x.argmax(axis=1)

    theirs = CalibratedClassifierCV(FrozenEstimator(Scores()), method="temperature")
    theirs.fit(logits.numpy(), labels.numpy())
    inverse = theirs.calibrated_classifiers_[0].calibrators[0].beta_
    assert solution["fit_temperature"](logits, labels) == pytest.approx(1 / inverse, rel=0.01)


def test_the_temperature_by_hand(solution):
    logits, labels = torch.tensor([[2.0, 0]]).expand(10, 2), torch.tensor([0] * 7 + [1] * 3)
    found = solution["fit_temperature"](logits, labels)
    assert found == pytest.approx(2 / math.log(7 / 3), rel=1e-4)
    assert found == pytest.approx(2.36, abs=5e-3)
    losses = [torch.nn.functional.cross_entropy(logits / t, labels).item() for t in (1, found, 5)]
    assert losses == pytest.approx([0.727, 0.611, 0.633], abs=5e-4)


def test_the_temperature_makes_the_error_smaller_and_changes_no_answer(solution):
    probs, labels = answers(5, 2000, 6, sharp=3.0)
    logits = probs.log()
    t = solution["fit_temperature"](logits[:1000], labels[:1000])
    assert t == pytest.approx(3, rel=0.15)
    before, after = logits[1000:].softmax(dim=1), (logits[1000:] / t).softmax(dim=1)
    errors = [solution["expected_calibration_error"](one, labels[1000:], 15) for one in (before, after)]
    assert errors[1] < errors[0] / 3
    assert torch.equal(before.argmax(dim=1), after.argmax(dim=1))


@pytest.mark.parametrize(
    ("logits", "labels"),
    [
        (torch.zeros(0, 3), []),
        (3 * torch.eye(3), [0, 1, 2]),
        (3 * torch.eye(3), [1, 2, 0]),
        (torch.ones(2, 3), [1, 2]),
    ],
)
def test_where_no_temperature_is_best_that_is_said(solution, logits, labels):
    with pytest.raises(ValueError, match="T"):
        solution["fit_temperature"](logits, torch.tensor(labels).long())


def test_labels_of_one_class_have_a_temperature(solution):
    logits = drawn(8, 200, 3) + torch.tensor([1.0, 0, 0])
    labels = torch.zeros(200).long()
    assert solution["fit_temperature"](logits, labels) == pytest.approx(by_scipy(logits, labels), rel=1e-4)
