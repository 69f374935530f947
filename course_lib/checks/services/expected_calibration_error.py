"""Unit 09: what is asked of `expected_calibration_error`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close
from course_lib.checks.kit.numbers import until
from course_lib.checks.kit.refusals import refused
from course_lib.checks.kit.styles import styles
from course_lib.checks.services.shared import became
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

PARTS = 1024  # probabilities are multiples of 1 / 1024
MOST = 8  # bins in one text
ONE_BIN = (
    "Take one bin: which images are in it, how sure are they on average, how many of them are right? Then weigh the "
    "gap by the share of the images that are in it."
)
CERTAIN = "In which of your bins is a probability of 1?"
EMPTY = "Most bins are empty here. What is the mean of no numbers, and what may an empty bin add to the sum?"
NOBODY = "What is the mean over no images?"
SUMS = "What is the sum of each row? Logits in place of probabilities would give a number, too, but which?"
NEARLY = "These rows sum to 1 within a hundredth: what does the docstring say of them?"
EACH = "The docstring speaks of each row's sum. Here two of them are wrong, one too small and one too large."


@dataclass(frozen=True)
class Answers:
    """Probabilities of some classes for some images, and what the images show; no confidence is near an inner border.

    Attributes:
        images, classes, bins: how many. sure: how far the logits are spread. too_sure: the images are right so much
            more rarely than the probabilities say. mixed: where they are not sure they are right more often instead.
    """

    images: int
    classes: int
    bins: int
    sure: float = 2.0
    too_sure: float = 0.2
    mixed: bool = False

    def __call__(self, rng: Generator) -> Inputs:
        return until(self._drawn, lambda inputs: clear(inputs) and telling(inputs))(rng)

    def _drawn(self, rng: Generator) -> Inputs:
        powers = np.exp(self.sure * rng.normal(size=(self.images, self.classes)))
        parts = np.floor(PARTS * powers / powers.sum(axis=1, keepdims=True)).astype(int)
        best, rows = parts.argmax(axis=1), np.arange(self.images)
        parts[rows, best] += PARTS - parts.sum(axis=1)
        aside = 8 * _near_a_border(parts[rows, best], self.bins)
        parts[rows, best] += aside
        parts[rows, parts.argsort(axis=1)[:, -2]] -= aside
        confidence = parts[rows, best] / PARTS
        too_sure = np.where(confidence < np.median(confidence), -self.too_sure, self.too_sure)
        right = rng.random(self.images) < confidence - (too_sure if self.mixed else self.too_sure)
        other = (best + rng.integers(1, self.classes, self.images)) % self.classes
        return _inputs(parts, np.where(right, best, other), self.bins)


def _near_a_border(parts: np.ndarray, bins: int) -> np.ndarray:
    """Where a confidence of so many parts is less than four of them from the border of two bins; 0 or 1."""
    width = PARTS / bins
    border = np.round(parts / width)
    return ((np.abs(parts - border * width) < 4) & (border < bins)).astype(int)


def _inputs(parts: np.ndarray, labels: np.ndarray, bins: int) -> Inputs:
    return {"probs": torch.as_tensor(parts / PARTS).float(), "labels": torch.as_tensor(labels).long(), "bins": bins}


def confidences(inputs: Inputs) -> tuple[Tensor, Tensor]:
    """How sure each answer is, and whether it is right."""
    confidence, answer = inputs["probs"].double().max(dim=1)
    return confidence, (answer == inputs["labels"]).double()


def of_labels(inputs: Inputs) -> Tensor:
    """The probability of what each image shows."""
    return inputs["probs"].double().gather(1, inputs["labels"][:, None])[:, 0]


def gaps(confidence: Tensor, right: Tensor, borders: Tensor) -> Tensor:
    """For each bin that has images: how many, their mean confidence and their accuracy, [b, 3]."""
    places = torch.bucketize(confidence, borders)
    found = [(right[places == b], confidence[places == b]) for b in places.unique()]
    return torch.tensor([[len(hits), sure.mean(), hits.mean()] for hits, sure in found], dtype=torch.float64)


def inner(inputs: Inputs, low: float = 0.0) -> Tensor:
    """The borders between bins of equal width from `low` to 1."""
    return torch.linspace(low, 1, inputs["bins"] + 1, dtype=torch.float64)[1:-1]


def clear(inputs: Inputs) -> bool:
    """No confidence is near the border of two bins, no label's probability on one, and one class is the likeliest."""
    confidence, _ = confidences(inputs)
    first, second = inputs["probs"].topk(2, dim=1).values.T
    whole = bool((first > second).all()) and bool((inputs["probs"] >= 0).all())
    return whole and _off_borders(confidence, inputs, 1.5) and _off_borders(of_labels(inputs), inputs, 0.1)


def _off_borders(values: Tensor, inputs: Inputs, parts: float) -> bool:
    """Whether all lie more than so many parts from each inner border."""
    return bool(((values[:, None] - inner(inputs)).abs() > parts / PARTS).all())


def telling(inputs: Inputs) -> bool:
    """No answer is quite sure, all are too sure on the whole, and whoever measures otherwise gets another number."""
    confidence, right = confidences(inputs)
    if confidence.max() == 1 or confidence.mean() < right.mean() + 0.01:
        return False
    found = gaps(confidence, right, inner(inputs))
    error = float((found[:, 0] * (found[:, 1] - found[:, 2]).abs()).sum() / len(right))
    others = [float(other) for other in otherwise_measured(inputs, found)]
    return min(abs(error - other) for other in others) > 2e-3


def otherwise_measured(inputs: Inputs, found: Tensor) -> Iterator[Tensor]:
    """The number by other rules."""
    probs, labels = inputs["probs"].double(), inputs["labels"]
    confidence, right = confidences(inputs)
    count, sure, hits = found.T.contiguous()
    gap = (sure - hits).abs()
    yield (confidence.mean() - right.mean()).abs()
    yield gap.mean()
    yield gap.sum() / inputs["bins"]
    yield gap.max()
    yield ((count * gap**2).sum() / count.sum()).sqrt()
    centres = (torch.bucketize(sure, inner(inputs)) + 0.5) / inputs["bins"]
    yield (count * (centres - hits).abs()).sum() / count.sum()
    numbers = {inputs["bins"] - 1, inputs["bins"] + 1, 10, 15} - {inputs["bins"]}
    shown, sums = of_labels(inputs), torch.zeros(inputs["bins"], dtype=probs.dtype)
    sums.index_add_(0, torch.bucketize(confidence, inner(inputs)), shown - right)
    yield sums.abs().sum() / len(labels)
    for other, borders in (
        (shown, inner(inputs)),
        (confidence, inner(inputs, 1 / probs.shape[1])),
        (confidence, confidence.quantile(inner(inputs))),
        *((confidence, inner(inputs | {"bins": number})) for number in numbers),
    ):
        count, sure, hits = gaps(other, right, borders).T
        yield (count * (sure - hits).abs()).sum() / count.sum()


def with_certain(rng: Generator) -> Inputs:
    """Some images have a probability of exactly 1; one of them is wrong."""
    inputs = Answers(14, 4, 10)(rng)
    rows = torch.as_tensor(rng.choice(14, 4, replace=False))
    inputs["probs"][rows] = torch.eye(4)
    inputs["labels"][rows] = torch.tensor([0, 1, 2, 0])
    return inputs


def all_right(rng: Generator) -> Inputs:
    """Every image has a probability of 1 for what it shows: nothing is wrong."""
    labels = torch.as_tensor(rng.integers(0, 3, 6))
    return {"probs": torch.eye(3)[labels], "labels": labels, "bins": 10}


def one_image(rng: Generator) -> Inputs:
    """One image, whose answer is wrong."""
    return until(Answers(1, 3, 4)._drawn, lambda inputs: clear(inputs) and not confidences(inputs)[1].any())(rng)


def one_bin(rng: Generator) -> Inputs:
    """All images in one bin."""
    inputs = Answers(12, 3, 5)(rng)
    return inputs | {"bins": 1}


def off(*parts: int):
    """Rows whose sums are so many 1024ths off, in random order."""

    def drawn(rng: Generator) -> Inputs:
        inputs = Answers(16, 3, 5, sure=1.0)(rng)
        second = inputs["probs"].topk(2, dim=1).indices[:, 1]
        inputs["probs"][torch.arange(16), second] += torch.as_tensor(rng.permutation(parts)).float() / PARTS
        return inputs

    return until(drawn, clear)


def no_image(rng: Generator) -> Inputs:
    """Nothing to measure."""
    return {"probs": torch.zeros(0, 4), "labels": torch.zeros(0).long(), "bins": 10}


def logits(rng: Generator) -> Inputs:
    """Logits in place of probabilities."""
    inputs = Answers(12, 4, 6)(rng)
    return inputs | {"probs": torch.as_tensor(rng.integers(-4 * 64, 6 * 64, (12, 4)) / 64).float()}


def otherwise(function: Callable, probs: Tensor, labels: Tensor, bins: int) -> list[float]:
    """The images in another order, the classes numbered otherwise, and every image twice."""
    found = [
        function(probs.flip(0), labels.flip(0), bins),
        function(probs.flip(1), probs.shape[1] - 1 - labels, bins),
        function(torch.cat([probs, probs]), torch.cat([labels, labels]), bins),
    ]
    return [float(copy(one)) for one in found]


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """Each bin with its images, its mean confidence and its accuracy; the reliability diagram."""
    confidence, right = confidences(inputs)
    found = gaps(confidence, right, inner(inputs)).tolist()
    lines = [f"{len(right)} images, {inputs['bins']} bins; those that are not empty:"]
    for count, sure, hits in found[:MOST]:
        gap = f"gap {abs(sure - hits):.3f}, weight {count:.0f}/{len(right)}"
        lines.append(f"   {count:.0f} images: mean confidence {sure:.3f}, {count * hits:.0f} right: {gap}")
    lines += ["   …"] * (len(found) > MOST)
    lines.append(f"expected {float(expected):.4f}, yours {float(answer):.4f}")
    points = [row[1] for row in found], [row[2] for row in found]
    return Counterexample("\n".join(lines), lambda: plots.reliability({"the bins of this example": points}))


FEW = Answers(24, 4, 6)
ONES = [0] * 15  # rows that sum to 1
PLAIN = {"explain": False, "hint": False}
BAD = {"compare": refused("ValueError", aside=True), "probe": became, "explain": False, "weight": 0.5}
CHECK = Check(
    "expected_calibration_error",
    points=5,
    forbids=("torchmetrics", "sklearn", "course_lib.explorers"),
    compare=close(1e-3, 1e-5),
    hint=ONE_BIN,
    explain=explain,
    cases=(
        Case("forty images, five bins", "values", Answers(40, 4, 5)),
        Case("too sure in some bins, too modest in others", "values", Answers(60, 3, 8, too_sure=0.25, mixed=True)),
        Case("ten images, fifteen bins", "values", Answers(10, 5, 15), hint=EMPTY),
        Case("two classes", "values", Answers(30, 2, 10)),
        Case("two hundred images of ten classes", "values", Answers(200, 10, 10)),
        Case("another order, other numbers, all images twice", "property", FEW, close(1e-3, 1e-5), otherwise, **PLAIN),
        Case("probabilities of exactly 1", "edge", with_certain, hint=CERTAIN, essential=True),
        Case("one bin", "edge", one_bin),
        Case("one image", "edge", one_image),
        Case("all answers are sure and right", "edge", all_right, hint=CERTAIN),
        Case("rows that sum to 1 but for their rounding", "edge", off(*[-1, 1] * 8), hint=NEARLY),
        Case("each row's sum is nearly a hundredth too large", "edge", off(*[9] * 16), hint=NEARLY),
        Case("no image", "edge", no_image, hint=NOBODY, **BAD),
        Case("a row that sums to less than 1", "edge", off(-64, *ONES), hint=SUMS, **BAD),
        Case("a row that sums to more than 1", "edge", off(64, *ONES), hint=SUMS, **BAD),
        Case("two rows whose sums make up for each other", "edge", off(-16, 16, *ONES[1:]), hint=EACH, **BAD),
        Case("logits in place of probabilities", "edge", logits, hint=SUMS, **BAD),
        *styles(FEW),
    ),
)
