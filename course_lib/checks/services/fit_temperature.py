"""Unit 09: what is asked of `fit_temperature`."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close
from course_lib.checks.kit.numbers import rounded, until
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs, Mismatch

LOSS = (
    "Take your T, and another one that is 5 % larger or smaller: with which of them is the mean negative "
    "log-likelihood of the labels lower?"
)
LARGE = "What is e to the power of 1024 for a computer? Which function gives the logarithm of a softmax safely?"
ONE_CLASS = "Nothing in the loss asks how many classes the labels have."
NONE_RIGHT = "Whether an answer is right is not asked. Are the labels' logits above the mean of their rows?"
APART = "What is the largest logit of each row? One number for all rows is too much for some of them."
RIGHT = "Every label has the largest logit already. What does the loss do as T becomes smaller and smaller?"
CHANCE = "The labels have no larger logits than other classes, on average. What does the loss do as T grows?"
NOBODY = "What is the mean loss of no images?"
GRID = torch.linspace(-4, 4, 321, dtype=torch.float64)  # log T, in steps of 2.5 %
MEASURES = ("loss", "squared error", "gap", "ECE")


@dataclass(frozen=True)
class Logits:
    """Logits of a model whose best temperature is not far from `temperature`, and what the images show.

    Attributes:
        images, classes: how many. moved: what is added to all logits. one: whether all images show one class.
        near: how far log T may be from it. fine: whether two decimal places of T are too few.
    """

    images: int
    classes: int
    temperature: float
    moved: int = 0
    one: bool = False
    near: float = 0.3
    fine: bool = False

    def __call__(self, rng: Generator) -> Inputs:
        inputs = until(self._drawn, self._fits)(rng)
        return inputs | {"logits": inputs["logits"] + self.moved}

    def _drawn(self, rng: Generator) -> Inputs:
        scores = 1.5 * rng.normal(size=(self.images, self.classes))
        if self.one:
            scores[:, -1] += 1.5
            labels = np.full(self.images, self.classes - 1)
        else:
            labels = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)  # drawn from the softmax of the scores
        return {"logits": rounded(self.temperature * scores, 256), "labels": torch.as_tensor(labels)}

    def _fits(self, inputs: Inputs) -> bool:
        """The loss has a clear minimum, where no other measure has its own, and which is no multiple of a half."""
        found = measured(inputs)
        best = [int(found[:, i].argmin()) for i in range(len(MEASURES))]
        place, ends = best[0], (20, len(GRID) - 20)
        if not ends[0] < place < ends[1] or min(abs(other - place) for other in best[1:]) < 2:
            return False
        bend = found[place - 8, 0] + found[place + 8, 0] - 2 * found[place, 0]  # 20 % to both sides
        t = float(GRID[place].exp())
        usual = abs(float(GRID[place]) - math.log(self.temperature)) < self.near
        if not usual or bend <= 0.04 * 0.1 or abs(t - max(1, round(2 * t)) / 2) <= min(0.05 * t, 0.2):
            return False
        return not self.fine or abs(round(refined(inputs, t), 2) / refined(inputs, t) - 1) > 0.012


def refined(inputs: Inputs, t: float) -> float:
    """The best temperature within 3 % of t, within a ten-thousandth."""
    ts = t * torch.linspace(-0.03, 0.03, 601, dtype=torch.float64).exp()
    return float(ts[nll(inputs, ts).argmin()])


def nll(inputs: Inputs, t: Tensor) -> Tensor:
    """The mean negative log-likelihood at each temperature."""
    scaled = inputs["logits"].double() / t[:, None, None]
    own = scaled[:, torch.arange(len(inputs["labels"])), inputs["labels"]]
    return (scaled.logsumexp(dim=2) - own).mean(dim=1)


def measured(inputs: Inputs) -> Tensor:
    """Each of `MEASURES` at each temperature of the grid, [t, 4]."""
    probs = (inputs["logits"].double() / GRID.exp()[:, None, None]).softmax(dim=2)
    sure, answer = probs.max(dim=2)
    right = (answer == inputs["labels"]).double()
    truth = torch.eye(probs.shape[2], dtype=probs.dtype)[inputs["labels"]]
    places = (10 * sure).ceil().long().clamp(max=10) - 1
    gaps = torch.zeros(len(GRID), 10, dtype=probs.dtype).scatter_add_(1, places, right - sure)
    squared = ((probs - truth) ** 2).sum(dim=2).mean(dim=1)
    gap = (right - sure).mean(dim=1).abs()
    return torch.stack([nll(inputs, GRID.exp()), squared, gap, gaps.abs().sum(dim=1)], dim=1)


def otherwise(function: Callable, logits: Tensor, labels: Tensor) -> list[float]:
    """The images in another order, another number added to each row, and logits that are four times as large."""
    rows = torch.arange(len(logits), dtype=logits.dtype, device=logits.device)[:, None]
    found = [
        function(logits.flip(0), labels.flip(0)),
        function(logits + rows / 4, labels),
        function(4 * logits, labels),
    ]
    return [float(copy(one)) for one in found]


def all_right(rng: Generator) -> Inputs:
    """Every label has the largest logit."""
    inputs = Logits(20, 4, 2.0)(rng)
    return inputs | {"labels": inputs["logits"].argmax(dim=1)}


def tied(rng: Generator) -> Inputs:
    """Every label has the largest logit, and so has another class."""
    inputs = Logits(20, 4, 2.0)(rng)
    logits, best = inputs["logits"].clone(), inputs["logits"].topk(2, dim=1)
    logits.scatter_(1, best.indices, best.values[:, :1].expand(-1, 2))
    return {"logits": logits, "labels": best.indices[range(20), rng.permutation([0, 1] * 10)]}


def none_right(rng: Generator) -> Inputs:
    """Every label has the second largest logit of its row: that is well above the mean."""
    inputs = Logits(40, 6, 2.0)(rng)
    return inputs | {"labels": inputs["logits"].topk(2, dim=1).indices[:, 1]}


def rows_apart(rng: Generator) -> Inputs:
    """Half of the rows lie far above 0, the others far below."""
    inputs = Logits(60, 4, 2.0)(rng)
    return inputs | {"logits": inputs["logits"] + rounded(rng.permutation([-1500, 1500] * 30)[:, None], 1)}


def worse_than_chance(rng: Generator) -> Inputs:
    """The labels have smaller logits than other classes, most of them."""
    inputs = Logits(40, 4, 2.0)(rng)
    return inputs | {"logits": -inputs["logits"]}


def in_the_middle(rng: Generator) -> Inputs:
    """Each label has the mean logit of its row, exactly: more and more heat is best, and no T is enough."""
    middle, step = rng.integers(1, 9, (12, 1)), rng.integers(1, 5, (12, 1))
    order = rng.permuted(np.tile([-1, 0, 1], (12, 1)), axis=1)
    return {"logits": rounded(middle + step * order, 1), "labels": torch.as_tensor((order == 0).argmax(axis=1))}


def no_image(rng: Generator) -> Inputs:
    """Nothing to fit."""
    return {"logits": torch.zeros(0, 4), "labels": torch.zeros(0).long()}


def given(function: Callable, logits: Tensor, labels: Tensor) -> str:
    """What becomes of images for which no temperature is best."""
    try:
        found = float(copy(function(logits, labels)))
    except NotImplementedError:
        raise
    except Exception as error:
        return type(error).__name__
    return "below 0" if found < 0 else "accepted"


def no_best(answer: str, expected: str, inputs: Inputs) -> Mismatch | None:
    """A ValueError."""
    if answer == expected:
        return None
    told = {"accepted": "your function gives one", "below 0": "your function gives one below 0"}
    got = told.get(answer, f"your function raises {answer}")
    return Mismatch(f"Expected a ValueError, for no temperature is the best one; {got}.", symptom=answer, aside=True)


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The loss at T = 1, at the expected T and at the student's; the loss over T."""
    mine, right = float(answer), float(expected)
    marks = {"T = 1": 1.0, f"expected, T = {right:.3f}": right, f"yours, T = {mine:.3f}": mine}
    losses = {name: nll(inputs, torch.tensor([t], dtype=torch.float64)).item() for name, t in marks.items()}
    logits = inputs["logits"]
    lines = [f"{len(logits)} images, {logits.shape[1]} classes; mean negative log-likelihood:"]
    lines += [f"   {name}: {loss:.5f}" for name, loss in losses.items()]
    lines += [f"The first image: logits {_row(logits[0])}, label {int(inputs['labels'][0])}"]

    def draw():
        ts = torch.logspace(-1, 1, 61, dtype=torch.float64) * right
        axes = plots.curve(ts.tolist(), {"loss": nll(inputs, ts).tolist()}, "T", "mean negative log-likelihood")
        axes.set_xscale("log")
        for (name, t), color in zip(list(marks.items())[1:], (EXPECTED, YOURS), strict=True):
            if ts[0] <= t <= ts[-1]:
                axes.axvline(t, color=color, linestyle="--", label=name)
        axes.legend()
        return axes

    return Counterexample("\n".join(lines), draw)


def _row(values: Tensor) -> str:
    return "(" + ", ".join(f"{value:.2f}" for value in values[:6].tolist()) + (", …)" if len(values) > 6 else ")")


SOME = Logits(60, 4, 2.0)
PLAIN = {"explain": False, "hint": False}
BAD = {"compare": no_best, "probe": given, "explain": False, "weight": 0.5}
CHECK = Check(
    "fit_temperature",
    points=5,
    forbids=("sklearn", "course_lib.explorers"),
    compare=close(0.01, 0.0),
    hint=LOSS,
    explain=explain,
    cases=(
        Case("too sure, T about 2", "values", Logits(80, 5, 2.0)),
        Case("far too sure, T about 5", "values", Logits(60, 4, 5.0)),
        Case("too modest, T about 0.4", "values", Logits(80, 6, 0.4)),
        Case("very modest, T about 0.23", "values", Logits(80, 6, 0.23, near=0.1, fine=True)),
        Case("as sure as can be, T about 18", "values", Logits(80, 5, 18.0, near=0.06)),
        Case("two classes", "values", Logits(100, 2, 2.0)),
        Case("two hundred images of ten classes", "values", Logits(200, 10, 1.5)),
        Case("another order, moved rows, larger logits", "property", SOME, close(0.01, 0.0), otherwise, **PLAIN),
        Case("logits above a thousand", "edge", Logits(60, 4, 2.0, moved=1024), hint=LARGE, essential=True),
        Case("rows far above and far below 0", "edge", rows_apart, hint=APART),
        Case("labels of a single class", "edge", Logits(60, 4, 2.0, one=True, near=0.35), hint=ONE_CLASS),
        Case("no answer is right, and yet a T is best", "edge", none_right, hint=NONE_RIGHT),
        Case("every label has the largest logit", "edge", all_right, hint=RIGHT, **BAD),
        Case("every label shares the largest logit", "edge", tied, hint=RIGHT, **BAD),
        Case("no better than chance", "edge", worse_than_chance, hint=CHANCE, **BAD),
        Case("each label has the mean logit of its row", "edge", in_the_middle, hint=CHANCE, **BAD),
        Case("no image", "edge", no_image, hint=NOBODY, **BAD),
        *styles(SOME),
    ),
)
