"""Unit 09: what several of its functions are asked alike."""

from collections.abc import Callable
from typing import Any

from course_lib.checks.kit.refusals import holding, refusal


def became(function: Callable, *inputs: Any) -> str:
    """What becomes of bad input, in a word."""
    return refusal(lambda: function(*inputs), ValueError, holding())
