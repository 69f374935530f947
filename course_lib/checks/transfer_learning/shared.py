"""Unit 01: what several of its functions are judged by and told with: names and numbers."""

from typing import Any

import torch
from torch import Tensor

from course_lib.checks.kit.numbers import rounded
from course_lib.checks.spec import Inputs

Found = list[tuple[str, str]]  # symptoms and sentences
STEPS = 64  # to a unit: few binary digits, the same on every processor
MOST = 24  # images or features in one picture


def binary(values: Any) -> Tensor:
    """The numbers with six binary digits behind the point."""
    return rounded(values, STEPS)


def mistyped(answer: str, expected: str, inputs: Inputs) -> str:
    """The error is there, the names are not."""
    return "Someone who mistypes a name wants to see the right ones." if answer == "nameless" else ""


def some(names: list[str], most: int = 3) -> str:
    """The first few names, and how many there are beside."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"


def listed(names: list[str], most: int = 4) -> str:
    """The first few names."""
    return (", ".join(names[:most]) or "nothing") + (", …" if len(names) > most else "")


def without(names: list[str], others: list[str]) -> list[str]:
    """The names that are not among the others."""
    return [name for name in names if name not in others]


def near(first: Tensor, second: Tensor) -> bool:
    """Whether the values agree. False for NaN and for other shapes."""
    return first.shape == second.shape and torch.allclose(first.double(), second.double(), 1e-3, 1e-4)


def numbers(values: Tensor, most: int = 4) -> str:
    """The first few numbers."""
    return " ".join(f"{value:.2f}" for value in values.flatten()[:most].tolist()) + (
        " …" if values.numel() > most else ""
    )
