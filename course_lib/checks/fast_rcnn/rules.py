"""Unit 03: the rule for random batches, which are judged and not compared."""

from typing import Any

from torch import Tensor

from course_lib.checks.draws import Kind, faults
from course_lib.checks.spec import Inputs

HIGH, LOW = 0.5, 0.1


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
    drawn = [set(each.nonzero().flatten().tolist()) for each in times]
    ranked = best.argsort(descending=True)[: both[0].wanted].tolist()
    first = [set(kind.candidates.nonzero().flatten()[: kind.wanted].tolist()) for kind in both]
    return [("highest", "")] * (drawn[0] == set(ranked)) + [("first", "")] * (drawn == first)
