"""Unit 09: what is asked of `top_k_tags`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import describe
from course_lib.checks.kit.numbers import rounded, until
from course_lib.checks.kit.refusals import forgotten, refused
from course_lib.checks.kit.show import ASIDE, EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.services.shared import became
from course_lib.checks.spec import Case, Check, Counterexample, Inputs, Mismatch

Tags = Sequence[Sequence[Any]]
"""Pairs of a name and a probability."""

WORDS = "ant bee bus cat cup dog fox hat jar key lamp map nut owl pan pear pig rug sofa tie toad van yak zip".split()
MOST = 8  # bars in a picture
SHARE = "Take one class: its logit becomes a positive number, which is divided by the sum over which classes?"
WHICH = "Which classes are among the k likeliest, and which of these are sure enough?"
SILENT = "Nothing is sure enough here. What is the honest list of tags?"
FAR = "Which number may we take from all logits beforehand, so that none of them is above 0 then?"
NO_THRESHOLD = "Every probability is at least 0: how many tags are asked for then?"
LARGE = "What is e to the power of 1024 for a computer? Which number may we take from all logits beforehand?"
SMALL = "What is e to the power of -1024 for a computer, and the sum of such numbers?"
FEW = "There are fewer classes than k. How many can the list hold?"
NAMES = "Each class has one name. What would a list of names that is too long or too short mean for the others?"


@dataclass(frozen=True)
class Logits:
    """Different logits for some classes, and a threshold well away from every probability.

    Attributes:
        classes: how many. k: how many tags at most. passes: how many probabilities of all lie above the threshold.
        spread: logits lie between minus this and this. moved: what is added to all of them.
        fine: whether five decimal places are too few for one of the tags. near: whether one probability is on the
            other side of the threshold when it is rounded to two places.
    """

    classes: int
    k: int
    passes: int
    spread: float = 2.0
    moved: int = 0
    fine: bool = False
    near: bool = False

    def __call__(self, rng: Generator) -> Inputs:
        return until(self._drawn, self._fits)(rng)

    def _drawn(self, rng: Generator) -> Inputs:
        steps = int(self.spread * 64)
        drawn = rng.choice(np.arange(-steps, steps + 1), self.classes, replace=False)
        logits = rounded(rng.integers(-3, 4) + drawn / 64, 64)
        names = [f"class {i}" for i in range(self.classes)] if self.classes > len(WORDS) else WORDS
        probs = [1.0, *logits.double().softmax(0).sort(descending=True).values.tolist(), 0.0]
        middle = (probs[self.passes] + probs[self.passes + 1]) / 2
        return {
            "logits": logits + self.moved,
            "names": [str(name) for name in rng.choice(names, self.classes, replace=False)],
            "k": self.k,
            "min_confidence": round(middle * 4096) / 4096,
        }

    def _fits(self, inputs: Inputs) -> bool:
        """No probability is near the threshold, logits would pass it otherwise, and tags are not in names' order."""
        logits, threshold, tags = inputs["logits"], inputs["min_confidence"], min(self.k, self.passes)
        probs, order = logits.double().softmax(0).sort(descending=True)
        clear = bool(((probs / threshold - 1).abs() > 0.02).all()) and int((probs > threshold).sum()) == self.passes
        otherwise = int((logits[order[: self.k]] > threshold).sum()) != tags
        lost = any(abs(round(p, 5) - p) > 1.1 * allowed(p) for p in probs[:tags].tolist())
        crossed = any((round(p, 2) >= threshold) != (p >= threshold) for p in probs[: self.k].tolist())
        told = (lost or not self.fine) and (crossed or not self.near)
        return clear and otherwise and told and (tags < 2 or bool(order[0] > order[1]))


def allowed(probability: float) -> float:
    """How far a tag's probability may be off; some wrong answers that are compared with each other are below 0."""
    return 1e-6 + 1e-4 * abs(probability)


def far_apart(rng: Generator) -> Inputs:
    """Logits in the thousands on both sides of 0; the first and the last lie far below the largest."""
    far = rng.integers(1400, 1600)
    middle = rng.permutation([far, far - 1, far - 3])
    names = [str(name) for name in rng.choice(WORDS, 5, replace=False)]
    return {"logits": rounded([-far, *middle, 1 - far], 1), "names": names, "k": 4, "min_confidence": 0.125}


def without_a_threshold(rng: Generator) -> Inputs:
    """A smallest confidence of 0."""
    return Logits(6, 2, 6)(rng) | {"min_confidence": 0.0}


def renamed(extra: int) -> Callable[[Generator], Inputs]:
    """A name too many, or one too few."""

    def make(rng: Generator) -> Inputs:
        inputs = Logits(6, 6, 6)(rng)
        return inputs | {"names": inputs["names"][:-1] if extra < 0 else [*inputs["names"], "nobody"]}

    return make


def otherwise(function: Callable, logits: Tensor, names: list[str], k: int, min_confidence: float) -> list[Any]:
    """The tags where all logits are 8 larger, and where the classes stand in another order, their names in a tuple."""
    found = [
        function(logits + 8, names, k, min_confidence),
        function(logits.flip(0), tuple(reversed(names)), k, min_confidence),
    ]
    return [copy(one) for one in found]


def _malformed(answer: Any) -> Mismatch | None:
    """What is no list of pairs of a name and a number."""
    wanted = "a list of pairs (name, probability)"
    if not isinstance(answer, list | tuple):
        return Mismatch(f"Expected {wanted}, got {describe(answer)}.{forgotten(answer)}", rung="type")
    for tag in answer:
        pair = isinstance(tag, list | tuple) and len(tag) == 2
        if not pair or not isinstance(tag[0], str) or not _number(tag[1]):
            got = "(" + ", ".join(map(describe, tag)) + ")" if pair else describe(tag)
            return Mismatch(f"Expected {wanted}; the list holds {got}.", rung="type")
    return None


def _number(value: Any) -> bool:
    single = isinstance(value, Tensor) and value.numel() == 1
    return single or (isinstance(value, int | float) and not isinstance(value, bool))


def same_tags(answer: Any, expected: Tags, inputs: Inputs) -> Mismatch | None:
    """The expected names in their order, each with its probability within a ten-thousandth of it."""
    if wrong := _malformed(answer):
        return wrong
    mine, theirs = [tag[0] for tag in answer], [tag[0] for tag in expected]
    if mine != theirs:
        return Mismatch(f"Expected {_listed(theirs)}, got {_listed(mine)}.")
    for (name, value), (_, right) in zip(answer, expected, strict=True):
        if not abs(float(value) - right) <= allowed(right):  # not true for NaN
            return Mismatch(f"{name}: expected the probability {right:.4f}, got {float(value):.4f}.")
    return None


def both_same(answer: Any, expected: Sequence[Tags], inputs: Inputs) -> Mismatch | None:
    """The same for each of several lists of tags."""
    found = (same_tags(mine, right, inputs) for mine, right in zip(answer, expected, strict=True))
    return next((wrong for wrong in found if wrong), None)


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:MOST]) + (", …" if len(names) > MOST else "")
    return f"{len(names)} tag{'' if len(names) == 1 else 's'} ({shown})" if names else "no tag"


def hint(answer: Tags, expected: Tags, inputs: Inputs) -> str:
    """The wrong classes, or wrong probabilities."""
    return SHARE if [tag[0] for tag in answer] == [tag[0] for tag in expected] else WHICH


def explain(inputs: Inputs, answer: Tags, expected: Tags) -> Counterexample:
    """The likeliest classes with logit and probability; both lists of tags; the probabilities as bars."""
    logits, names, k, threshold = inputs.values()
    probs, order = logits.double().softmax(0).sort(descending=True)
    shown = [(names[i], float(logits[i]), p) for p, i in zip(probs.tolist()[:MOST], order.tolist(), strict=False)]
    lines = [f"k = {k}, min_confidence = {threshold:.4g}; probabilities over all {len(names)} classes:"]
    lines += [f"   {name}: logit {logit:g}, probability {p:.4f}" for name, logit, p in shown]
    lines += [f"expected {_told(expected)}; yours {_told(answer)}"]

    def draw():
        right = [name for name, _ in expected]
        rows = [(name, p, EXPECTED if name in right else ASIDE) for name, _, p in shown]
        rows += [(f"yours: {name}", float(p), YOURS) for name, p in answer[:MOST]]
        values = torch.tensor([p for _, p, _ in rows]).nan_to_num(0, 0, 0).tolist()
        ax = plots.bars([row[0] for row in rows], values, "probability", colors=[row[2] for row in rows], form="{:.3f}")
        ax.axvline(threshold, color=plots.BLACK, linestyle="--", label="min_confidence")
        ax.legend(loc="lower right")
        return ax

    return Counterexample("\n".join(lines), draw)


def _told(tags: Tags) -> str:
    return ", ".join(f"{name} {float(p):.4f}" for name, p in tags[:MOST]) or "no tag"


SOME = Logits(7, 5, 3)
PLAIN = {"explain": False, "hint": False}
BAD = {"compare": refused("ValueError", aside=True), "probe": became, "hint": NAMES, "explain": False, "weight": 0.5}
CHECK = Check(
    "top_k_tags",
    points=4,
    forbids=("course_lib.models.imagenet", "course_lib.explorers"),
    compare=same_tags,
    hint=hint,
    explain=explain,
    cases=(
        Case("more than k are sure enough", "values", Logits(6, 2, 4)),
        Case("fewer than k are sure enough", "values", Logits(7, 5, 2)),
        Case("logits that hardly differ", "values", Logits(9, 4, 2, spread=0.5, near=True)),
        Case("nothing is sure enough", "values", Logits(8, 3, 0, spread=0.5), hint=SILENT),
        Case("two hundred classes", "values", Logits(200, 6, 3, spread=3.0, fine=True)),
        Case("larger logits, classes in another order", "property", SOME, both_same, otherwise, **PLAIN),
        Case("logits above a thousand", "edge", Logits(6, 4, 3, moved=1024), hint=LARGE, essential=True),
        Case("logits below minus a thousand", "edge", Logits(6, 4, 3, moved=-1024), hint=SMALL, essential=True),
        Case("logits far below and far above 0", "edge", far_apart, hint=FAR),
        Case("no confidence is too small", "edge", without_a_threshold, hint=NO_THRESHOLD),
        Case("k is larger than the number of classes", "edge", Logits(5, 9, 5), hint=FEW),
        Case("one class", "edge", Logits(1, 1, 1)),
        Case("a name too many", "edge", renamed(1), **BAD),
        Case("a name too few", "edge", renamed(-1), **BAD),
        *styles(SOME),
    ),
)
