"""Unit 03: what is asked of `sample_rois`, whose draws are judged by a rule and not compared."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import judged_by
from course_lib.checks.kit.draws import Kind, drawn, faults
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

HIGH, LOW = 0.5, 0.1
LIMIT = "The fraction says how many objects there are at most. How many places of the batch is that?"
FILL = "What becomes of the places that objects leave free?"
CARDS = "Drawing cards and rolling dice differ: which of them never gives the same one twice?"


def overlaps(
    foreground: int, background: int, unused: int, batch: int, fg_fraction: float = 0.25, halves: int = 0, tenths=0
):
    """Overlaps with 3 objects, so many regions of each kind, shuffled.

    Whoever looks at one object alone misses two thirds of the foreground.

    Args:
        halves: so many regions more have the largest IoU 0.5, exactly.
        tenths: so many regions more have the largest IoU 0.1, as near as float32 comes.
    """

    def make(rng: Generator) -> Inputs:
        best = [
            rng.uniform(0.52, 0.98, foreground),
            np.full(halves, 0.5),
            rng.uniform(0.12, 0.48, background),
            np.full(tenths, 0.1),
            rng.uniform(0.0, 0.08, unused),
        ]
        best, objects = np.concatenate(best), np.concatenate([np.arange(len(part)) % 3 for part in best])
        table = best[:, None] * rng.uniform(0, 0.5, (len(best), 3))
        table[np.arange(len(best)), objects] = best
        return {"ious": floats(rng.permutation(table)), "batch": batch, "fg_fraction": fg_fraction, "seeds": 200}

    return make


def no_objects(rng: Generator) -> Inputs:
    """An image without objects."""
    return {"ious": torch.zeros(int(rng.integers(20, 30)), 0), "batch": 16, "fg_fraction": 0.25, "seeds": 20}


def draw_rois(function: Callable, ious: Tensor, batch: int, fg_fraction: float, seeds: int) -> dict[str, Any]:
    """What sample_rois draws under many seeds; see `drawn`."""
    return drawn(lambda rng: function(ious, batch, fg_fraction, rng), len(ious), seeds)


def valid_rois(answer: Any, inputs: Inputs) -> tuple[str, str] | None:
    """What is wrong with the batches of `draw_rois`: all symptoms, and the sentence on the first."""
    best, both = kinds(inputs)
    found = faults(answer, inputs["seeds"], both)
    if found:
        found += _always_the_same(answer["times"], best, both)
    return (" ".join(name for name, _ in found), found[0][1]) if found else None


def kinds(inputs: Inputs) -> tuple[Tensor, tuple[Kind, Kind]]:
    """The largest IoU of each region, and what is to be drawn of foreground and background."""
    ious, batch = inputs["ious"], inputs["batch"]
    best = ious.amax(dim=1) if ious.shape[1] else ious.new_zeros(len(ious))
    foreground, background = best >= HIGH, (best >= LOW) & (best < HIGH)
    wanted = min(int(foreground.sum()), round(inputs["fg_fraction"] * batch))
    filling = min(int(background.sum()), batch - wanted)
    low = "Among your foreground regions are some whose largest IoU is below 0.5."
    other = "Among your background regions are some whose largest IoU is not from 0.1 up to 0.5."
    return best, (
        Kind("foreground", foreground, wanted, low),
        Kind("background", background, filling, other),
    )


def _always_the_same(times: Tensor, best: Tensor, both: tuple[Kind, Kind]) -> list[tuple[str, str]]:
    """Whether only the foreground regions of the highest IoU, or only the first ones of a kind, were ever drawn."""
    seen = [set(each.nonzero().flatten().tolist()) for each in times]
    ranked = best.argsort(descending=True)[: both[0].wanted].tolist()
    first = [set(kind.candidates.nonzero().flatten()[: kind.wanted].tolist()) for kind in both]
    return [("highest", "")] * (seen[0] == set(ranked)) + [("first", "")] * (seen == first)


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Repeated regions, too many objects, places left free; membership the message says."""
    if answer["repeats"]:
        return CARDS
    (objects, others), (wanted, filling) = answer["sizes"][0].tolist(), expected["sizes"][0].tolist()
    if objects > wanted:
        return LIMIT
    return FILL if objects == wanted and others < filling else ""


def explain(inputs: Inputs, answer: dict, expected: dict) -> Counterexample:
    """How many regions of each kind a draw holds, and how often each region was drawn."""
    asked = f"{len(inputs['ious'])} regions, batch {inputs['batch']}, fg_fraction {inputs['fg_fraction']:g}"
    best, both = kinds(inputs)
    rows = [
        f"{kind.name}: {int(kind.candidates.sum())} regions to draw from, expected {kind.wanted}, yours {int(got)}"
        for kind, got in zip(both, answer["sizes"][0], strict=True)
    ]

    def draw():
        import matplotlib.pyplot as plt

        axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained", sharey=True)[1]
        for ax, kind, times in zip(axes, both, answer["times"], strict=True):
            share = kind.wanted / max(1, int(kind.candidates.sum()))
            style = {"markersize": 4, "alpha": 0.7}
            ax.plot(best, inputs["seeds"] * share * kind.candidates, "o", color=EXPECTED, label="expected", **style)
            ax.plot(best, times, "X", color=YOURS, label="yours", **style)
            ax.set(xlabel="a region's largest IoU", title=f"drawn as {kind.name}")
            ax.grid(alpha=0.3)
        axes[0].set_ylabel(f"times in {inputs['seeds']} draws")
        axes[1].legend()
        return axes[0]

    return Counterexample("\n".join([asked, *rows]), draw)


CHECK = Check(
    "sample_rois",
    points=3,
    compare=judged_by(valid_rois),
    probe=draw_rois,
    draws=1,
    hint=hint,
    explain=explain,
    cases=(
        Case("plenty of both", "values", overlaps(60, 150, 40, batch=64)),
        Case("few objects", "values", overlaps(3, 120, 30, batch=64)),
        Case("half of a small batch", "values", overlaps(30, 20, 25, batch=16, fg_fraction=0.5)),
        Case("regions with an IoU of exactly 0.5", "edge", overlaps(3, 30, 10, batch=64, halves=9)),
        Case("regions with an IoU of exactly 0.1", "edge", overlaps(5, 20, 10, batch=64, tenths=9)),
        Case("few regions at all", "edge", overlaps(9, 11, 8, batch=64)),
        Case("no background", "edge", overlaps(30, 0, 12, batch=32)),
        Case("no objects", "edge", no_objects),
    ),
)
