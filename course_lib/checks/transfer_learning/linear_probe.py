"""Unit 01: what is asked of `linear_probe`."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import exact, like
from course_lib.checks.kit.refusals import holding, refusal, refused
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Compare, Counterexample, Hint, Inputs, Mismatch, Refusal
from course_lib.checks.transfer_learning.clouds import blobs, loud, side_by_side, single_class

NAMED = 3  # points in one picture whose classes are written beside them
TRIANGLE = [[20.0, -30.0], [24.0, -29.5], [21.0, -26.0]]  # features are seldom near zero, no cloud near the mean
SQUARE = [*TRIANGLE, [25.5, -25.5]]
FIVE = [[3.0 * (i == j) + 2.0 * (i + 3 == j) for j in range(8)] for i in range(5)]


def classify(function: Callable, features: Tensor, labels: Tensor, new: Tensor) -> Any:
    """The classes that linear_probe's answer gives new features."""
    predict = function(features, labels)
    return _callable(predict)(new)


def _callable(predict: Any) -> Callable:
    if not callable(predict):
        raise Refusal(f"Expected a function that classifies new features, got an object of {type(predict).__name__}.")
    return predict


def classify_finite(function: Callable, features: Tensor, labels: Tensor, new: Tensor) -> Any:
    """The same; "NaN" where scikit-learn has refused what it was given because of that."""
    try:
        return classify(function, features, labels, new)
    except ValueError as error:
        if "NaN" in str(error):
            return "NaN"
        raise


def classify_one_by_one(function: Callable, features: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """The same, one new image at a time."""
    predict = _callable(function(features, labels))
    return torch.cat([torch.as_tensor(copy(predict(row[None]))).reshape(-1) for row in new])


def only_class(function: Callable, features: Tensor, labels: Tensor, new: Tensor) -> str:
    """What becomes of labels that are all the same."""
    return refusal(lambda: function(features, labels), ValueError, holding())


def classified() -> Compare:
    """The expected class for each new image."""

    def compare(answer: Any, expected: Tensor, inputs: Inputs) -> Mismatch | None:
        if answer == "NaN":
            return Mismatch("Your standardised features hold NaN, with which scikit-learn cannot work.", symptom="NaN")
        wrong = like(answer, expected)
        if wrong or torch.equal(answer.long(), expected.long()):
            return wrong
        at = int((answer != expected).nonzero()[0])
        count, known = int((answer != expected).sum()), inputs["labels"].unique().tolist()
        if strangers := sorted(set(answer.tolist()) - set(known)):
            return Mismatch(f"Your answers hold {strangers[0]}, which is none of the labels {known}.")
        told = f"The first of them is of class {int(expected[at])}, your classifier says {int(answer[at])}."
        return Mismatch(f"{count} of {len(expected)} new images get the wrong class. {told}")

    return compare


def among_labels(words: str) -> Hint:
    """These words, for answers that are classes, if not the right ones."""

    def hint(answer: Any, expected: Tensor, inputs: Inputs) -> str:
        known = isinstance(answer, str) or set(answer.tolist()) <= set(inputs["labels"].tolist())
        return words if known else ""

    return hint


def explain(inputs: Inputs, answer: Tensor | str, expected: Tensor) -> Counterexample:
    """The first new point of a wrong class, among the training points of the first two features."""
    if isinstance(answer, str):
        constant = (inputs["features"] == inputs["features"][0]).all(dim=0).nonzero().flatten().tolist()
        return Counterexample(f"features of one value, {constant}: expected to become 0 everywhere, yours {answer}")
    answer = answer.reshape(-1)
    wrong = (answer != expected).nonzero()[:, 0]
    place = int(wrong[0]) if len(wrong) else 0
    point = inputs["new"][place]
    values = f"expected class {int(expected[place])}, yours {float(answer[place]):g}"
    text = (
        f"{len(wrong)} of {len(expected)} new points are wrong\n"
        f"the point ({', '.join(f'{value:.4g}' for value in point.tolist())}): {values}"
    )

    def draw():
        some = wrong[:: max(1, len(wrong) // NAMED)]
        taken = [f"expected {int(expected[i])}, yours {float(answer[i]):g}" for i in some.tolist()]
        return _draw_points(inputs, wrong, dict(zip(some.tolist(), taken, strict=True)))

    return Counterexample(text, draw)


def _draw_points(inputs: Inputs, wrong: Tensor, taken: dict[int, str]):
    """Training points in a colour per class, new points of a wrong class as crosses. Returns the Axes."""
    ax = plots.curve([], {"": []}, "first feature", "second feature")
    for number, label in enumerate(inputs["labels"].unique().tolist()):
        rows = inputs["features"][inputs["labels"] == label]
        marker, color = plots.MARKERS[number], (EXPECTED, plots.GREEN, plots.PURPLE, plots.SKY)[number % 4]
        ax.scatter(rows[:, 0], rows[:, 1], marker=marker, color=color, s=20, label=f"class {label}")
    missed = inputs["new"][wrong]
    ax.scatter(missed[:, 0], missed[:, 1], marker="x", color=YOURS, s=60, label="new, yours is wrong")
    for i, words in taken.items():
        ax.annotate(
            words, inputs["new"][i, :2].tolist(), xytext=(5, 5), textcoords="offset points", fontsize=8, color=YOURS
        )
    ax.legend()
    return ax


CHECK = Check(
    "linear_probe",
    points=5,
    compare=classified(),
    probe=classify,
    explain=explain,
    cases=(
        Case(
            "four classes in a square",
            "values",
            blobs(SQUARE, (12, 9, 15, 10), (3, 4, 2, 3), numbered=(2, 0, 1, 3)),
            hint=among_labels("Does a class lie between two others because its number does?"),
        ),
        Case(
            "two long classes side by side",
            "values",
            side_by_side(1.4, 1.8, count=120, scale=16.0),
            hint=among_labels("What counts is the line between the classes, not the distance to their mean."),
        ),
        Case(
            "two long classes, close together",
            "values",
            side_by_side(0.8, 1.1),
            hint=among_labels("How large may the weights become?"),
        ),
        Case(
            "a loud feature beside a quiet one",
            "values",
            loud,
            hint=among_labels("How large a weight does the quiet feature need after your standardisation?"),
        ),
        Case(
            "one class is rare, all features are small",
            "values",
            blobs([[0.0, 0.0], [3.0, 1.0]], (90, 7), (40, 12), spread=0.25, scale=2.0**-6),
            hint=among_labels("Where is the mean of all points, and on which side of it is the border?"),
        ),
        Case(
            "five classes, eight tiny features",
            "values",
            blobs(FIVE, (9, 8, 11, 7, 10), (5, 5, 5, 5, 5), spread=0.25, scale=2.0**-14, numbered=(3, 1, 4, 0, 2)),
        ),
        Case(
            "new images of one class only",
            "property",
            blobs(TRIANGLE, (10, 9, 12), (0, 6, 0)),
            hint=among_labels("Which mean and which standard deviation do the new images get?"),
        ),
        Case(
            "each new image alone",
            "property",
            blobs(TRIANGLE, (8, 9, 10), (2, 3, 2)),
            probe=classify_one_by_one,
        ),
        Case(
            "a feature that is the same for all",
            "edge",
            blobs(TRIANGLE, (12, 9, 10), (3, 2, 4), constant=True),
            probe=classify_finite,
            hint=among_labels("What is the standard deviation of such a feature, and what do you divide by?"),
            essential=True,
        ),
        Case("one new image", "edge", blobs(TRIANGLE, (9, 9, 10), (0, 0, 1))),
        Case("no new images", "edge", blobs(TRIANGLE, (9, 9, 10), (0, 0, 0)), exact(), explain=False),
        Case(
            "labels that are all the same",
            "edge",
            single_class,
            refused("ValueError"),
            only_class,
            explain=False,
            hint="What can a classifier learn from a single class?",
        ),
        *styles(blobs(TRIANGLE, (9, 8, 10), (2, 3, 1)), probe=classify),
    ),
)
