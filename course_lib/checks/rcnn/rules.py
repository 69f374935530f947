"""Unit 02: the rule for random batches, which are judged and not compared."""

from typing import Any

from course_lib.checks.draws import Kind, faults
from course_lib.checks.spec import Inputs

POSITIVES, BACKGROUNDS = 32, 96


def valid_batches(answer: Any, inputs: Inputs) -> tuple[str, str] | None:
    """What is wrong with the batches of `draw_batches`: all symptoms, and the sentence on the first."""
    positive = (inputs["ious"] >= 0.5).any(dim=1)
    kinds = (
        Kind(
            "positive",
            positive,
            min(int(positive.sum()), POSITIVES),
            "Among your positives are proposals that reach 0.5 with no object.",
        ),
        Kind(
            "background",
            ~positive,
            min(int((~positive).sum()), BACKGROUNDS),
            "Among your backgrounds are proposals that reach 0.5 with an object.",
        ),
    )
    found = faults(answer, inputs["seeds"], kinds)
    return (" ".join(name for name, _ in found), found[0][1]) if found else None
