"""Unit 00: hints that look at what is wrong before they speak. Each returns one of a few fixed texts, or nothing."""

from typing import Any

import torch
from torch import Tensor

from course_lib.checks.cnn_recap.rules import orders, wrong_branches
from course_lib.checks.spec import Inputs

OFFSET = "Each of your maps is off by one and the same number everywhere. What is added to a whole map?"
BY_HAND = (
    "Work one number out by hand. Which number of the window meets which number of the filter, channel after channel?"
)
NEGATIVE = "The largest of negative numbers is negative. With which number does your search begin?"
OVERLOOKED = "Somewhere you miss the largest number. Write down all numbers of that window: which ones do you look at?"
BEYOND = "Some of your numbers are not in their window. Where does that window begin, and where does it end?"

PARAMETERS = "Which tensors of this network are learned, and which of them do two layers share?"
ACTIVATIONS = "Read in the docstring which outputs count, and ask how often each of those layers is called."
MACS = "Take one single number of a layer's output. How many weights went into it? How many such numbers are there?"
AGAIN = "Your second call on the same network gives another answer. What did the first one leave behind?"

STRIDE = "Draw two neighbouring units. How many pixels of the image lie between the windows' left borders?"
GAPS = "Pixels that are passed over lie between those that are looked at: from where to where does the unit reach?"
SIZE = "Draw the last layer's window on the map below it. From which pixel does its first cell see, to which its last?"

BELOW_ZERO = "Some of your outputs are negative. Can a ReLU put out such a number?"
STACKED = "Each of your branches is right. In which order does the docstring stack them?"
BORDER = "Only cells at the border are wrong. What does each branch see beyond the border?"
BRANCHES = {
    0: "The branch of 1×1 filters is wrong. Which layers does the docstring put into it?",
    1: "The branch of 3×3 filters is wrong. Follow a number through it: which layer comes first, what lies in between?",
    2: "The branch of 5×5 filters is wrong. Follow a number through it: which layer comes first, what lies in between?",
    3: "The pooling branch is wrong. What does the projection read, and what counts beyond the border?",
}
TWO_WAYS = (
    "Follow `x` along both ways to the plus sign. Is each layer used once, in its place, and is nothing left out?"
)

FACTOR = "All your changes are off by one and the same factor. What does the formula divide by?"
LATER = "Your first change is right, the later ones are not. From which image does each shift start?"


def convolved(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """The bias, or the sum."""
    off = (answer - expected).double()
    flat = off.numel() > 0 and bool((off.amax(dim=(0, 2, 3)) - off.amin(dim=(0, 2, 3)) < 1e-3).all())
    return OFFSET if flat and inputs["bias"] is not None else BY_HAND


def pooled(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Too large, or not large enough."""
    if bool((expected < 0).all()) and bool((answer > expected).any()):
        return NEGATIVE
    return BEYOND if bool((answer > expected).any()) else OVERLOOKED


def counted(answer: Any, expected: Any, inputs: Inputs) -> str:
    """The first of the three numbers that is wrong; of two calls, whether the second answers otherwise."""
    if isinstance(expected[0], list | tuple):
        return AGAIN if list(answer[0]) != list(answer[1]) else counted(answer[0], expected[0], inputs)
    texts = (PARAMETERS, ACTIVATIONS, MACS)
    return next((text for text, a, e in zip(texts, answer, expected, strict=True) if float(a) != float(e)), "")


def field(answer: Any, expected: Any, inputs: Inputs) -> str:
    """The size, or where only that is wrong the stride."""
    if float(answer[0]) == float(expected[0]):
        return STRIDE
    return GAPS if any(kernel < stride for kernel, stride in inputs["layers"]) else SIZE


def branches(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Signs, order, border, or the one branch that is wrong."""
    if bool((answer < 0).any()):
        return BELOW_ZERO
    if orders(answer, expected, inputs):
        return STACKED
    wrong = wrong_branches(answer, expected, inputs)
    inner = (answer - expected).abs()[:, :, 2:-2, 2:-2]
    if inner.numel() and float(inner.max()) < 1e-3:
        return BORDER
    return BRANCHES[wrong[0]] if len(wrong) == 1 else ""


def block(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Signs, or the two ways."""
    return BELOW_ZERO if bool((answer < 0).any()) else TWO_WAYS


def moved(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """A common factor, or a later shift."""
    large = expected > 1e-3
    factors = (answer / expected)[large].double()
    if len(factors) > 1 and float(factors.max() - factors.min()) < 1e-3 * float(factors.abs().max()):
        return FACTOR
    first = torch.isclose(answer, expected.to(answer), rtol=1e-3, atol=1e-4)
    return LATER if len(first) > 1 and bool(first[0]) and inputs["shifts"][0] else ""
