"""Unit 03: the rule for random batches, which are judged and not compared, and names for the parts of an answer."""

from dataclasses import replace
from typing import Any

from torch import Tensor

from course_lib.checks.kit.draws import Kind, faults
from course_lib.checks.spec import Compare, Inputs, Mismatch

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


def named(compare: Compare, *names: str) -> Compare:
    """The same comparison of several values, whose messages call the parts by these names."""

    def compared(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = compare(answer, expected, inputs)
        for number, name in enumerate(names, start=1):
            if wrong and wrong.message.startswith(f"In part {number}:"):
                return replace(wrong, message=wrong.message.replace(f"In part {number}:", f"In `{name}`:", 1))
        return wrong

    return compared
