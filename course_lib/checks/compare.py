"""Ways to compare an answer with the expected one. Each function makes a `Compare` (see `spec`).

An answer in another style is right: another width of floats or integers, a tuple for a list, a NumPy number. Where one
number is expected, a tensor without axes, a tensor of one element and a plain number are the same.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_lib.checks.codec import Other
from course_lib.checks.spec import Compare, Inputs, Mismatch


def close(rtol: float = 1e-4, atol: float = 1e-5) -> Compare:
    """Numbers agree within atol + rtol * |expected|, element by element; NaN agrees only with NaN."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        return like(answer, expected) or _first(_values_apart, answer, expected, rtol, atol)

    return compare


def exact() -> Compare:
    """The same numbers, in the same order."""
    return close(rtol=0, atol=0)


def order_free(atol: float = 1e-3) -> Compare:
    """The same rows in any order, each number within `atol`."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected)
        if wrong:
            return wrong
        mine, theirs = answer.double(), expected.double()
        times = _times(theirs, mine, atol) == _times(theirs, theirs, atol)
        if times.all():
            return None
        missing = theirs[~times]
        row = ", ".join(f"{value:.6g}" for value in missing[0].tolist())
        more = f" {len(missing)} of the {len(theirs)} rows are missing." if len(missing) > 1 else ""
        return Mismatch(f"The row ({row}) is missing in your answer.{more}")

    return compare


def _times(rows: Tensor, others: Tensor, atol: float) -> Tensor:
    """How often each row stands among the others; NaN equals nothing. [n]"""
    return ((rows[:, None] - others[None]).abs() <= atol).all(dim=2).sum(dim=1)


def close_on_average(tolerance: float) -> Compare:
    """The mean absolute difference of two arrays is at most `tolerance`: free in interpolation and at borders."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected)
        if wrong:
            return wrong
        apart = (answer.double() - expected.double()).abs().mean().item() if expected.numel() else 0.0
        if apart <= tolerance:  # False for NaN
            return None
        return Mismatch(f"Your values are {apart:.3g} away on average, expected at most {tolerance:g}.")

    return compare


def ranked(key: str) -> Compare:
    """Positions in falling order of `inputs[key]`; those with equal keys may come in any order."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected, any_length=True)
        if wrong:
            return wrong
        mine, theirs = answer.tolist(), expected.tolist()
        if mine == theirs:
            return None
        if sorted(mine) != sorted(theirs):
            return Mismatch(f"Expected the positions {theirs}, got {mine}.")
        keys = inputs[key]
        if [float(keys[i]) for i in mine] != [float(keys[i]) for i in theirs]:
            return Mismatch(f"Expected the right positions in the order {theirs}, got them in the order {mine}.")
        return None

    return compare


def judged_by(rule: Callable[[Any, Inputs], tuple[str, str] | None]) -> Compare:
    """Valid by a rule, not by equality (functions that draw at random).

    Args:
        rule: (answer, inputs) to None, or to (symptom, message). It runs only when the answer looks like the expected
            one but for its lengths.
    """

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected, any_length=True)
        if wrong:
            return wrong
        found = rule(in_type_of(expected, answer), inputs)
        return Mismatch(found[1], symptom=found[0]) if found else None

    return compare


def metric(name: str, measure: Callable[[Any, Inputs], float], low: float, high: float) -> Compare:
    """Credit rises linearly from 0 at `low` to 1 at `high`.

    Args:
        measure: (answer, inputs) to the metric. It raises TypeError or ValueError for an answer of another form.
    """

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        try:
            value = measure(answer, inputs)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            return Mismatch(f"The answer has another form than asked for: {error}", rung="type")
        credit = min(1.0, max(0.0, (value - low) / (high - low)))
        if credit == 1.0:
            return None
        text = f"{name} is {value:.3f}: {credit:.0%} of the points. They rise from 0 at {low:g} to all at {high:g}."
        return Mismatch(text, credit=credit)

    return compare


def like(answer: Any, expected: Any, any_length: bool = False) -> Mismatch | None:
    """Whether an answer has the expected one's type, shape and kind of numbers; `any_length` frees the first axis."""
    if isinstance(expected, Tensor) and expected.ndim:
        return _tensor_like(answer, expected, any_length)
    if isinstance(expected, list | tuple):
        if not isinstance(answer, list | tuple) or len(answer) != len(expected):
            return _wrong_type(f"{len(expected)} values", answer)
        return next((wrong for a, e in zip(answer, expected, strict=True) if (wrong := like(a, e, any_length))), None)
    if isinstance(expected, dict):
        if not isinstance(answer, dict) or set(answer) != set(expected):
            return _wrong_type(f"a dict with the keys {sorted(expected)}", answer)
        return next((wrong for key in expected if (wrong := like(answer[key], expected[key], any_length))), None)
    if isinstance(expected, int | float | Tensor) and not isinstance(expected, bool):
        number = (isinstance(answer, Tensor) and answer.numel() == 1) or isinstance(answer, int | float)
        return None if number and not isinstance(answer, bool) else _wrong_type("a number", answer)
    wanted = "None" if expected is None else f"a value of type {type(expected).__name__}"
    return None if type(answer) is type(expected) else _wrong_type(wanted, answer)


def _tensor_like(answer: Any, expected: Tensor, any_length: bool) -> Mismatch | None:
    if not isinstance(answer, Tensor):
        return _wrong_type(f"a tensor of shape {tuple(expected.shape)}", answer)
    shapes = [tuple(t.shape)[1:] if any_length and t.ndim else tuple(t.shape) for t in (answer, expected)]
    if shapes[0] != shapes[1] or answer.ndim != expected.ndim:
        return _wrong_type(f"a tensor of shape {tuple(expected.shape)}", answer)
    if _family(answer) != _family(expected):
        return _wrong_type(f"{_family(expected)} numbers", answer)
    return None


def in_type_of(expected: Any, answer: Any) -> Any:
    """An answer that looks like the expected one, its numbers in the same types: for whoever computes with both."""
    if isinstance(expected, Tensor):
        known = isinstance(answer, Tensor | int | float)
        return torch.as_tensor(answer).to(expected.dtype) if known else answer
    if isinstance(expected, int | float) and isinstance(answer, Tensor) and answer.numel() == 1:
        return answer.item()
    if isinstance(expected, dict) and isinstance(answer, dict):
        return {key: in_type_of(expected.get(key), value) for key, value in answer.items()}
    if isinstance(expected, list | tuple) and isinstance(answer, list | tuple) and len(answer) == len(expected):
        return type(answer)(in_type_of(e, a) for e, a in zip(expected, answer, strict=True))
    return answer


def _family(values: Tensor) -> str:
    return "truth" if values.dtype == torch.bool else "floating-point" if values.is_floating_point() else "whole"


def _wrong_type(wanted: str, answer: Any) -> Mismatch:
    advice = " Is there a `return`?" if answer is None else ""
    return Mismatch(f"Expected {wanted}, got {describe(answer)}.{advice}", rung="type")


def describe(value: Any) -> str:
    """A value in a few words, for a message."""
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)} with {_family(value)} numbers ({value.dtype})"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, Other):
        return value.words
    name, words = type(value).__name__, " ".join(str(value).split())[:60]
    return words if value is None or words.startswith(name) else f"{name} {words}"


def _first(function: Callable, answer: Any, expected: Any, *more: Any, name: str = "") -> Mismatch | None:
    """The first mismatch that `function` finds in the leaves of two trees of the same form, with the leaf's name."""
    if isinstance(expected, dict):
        parts = [(f"{key!r}", answer[key], expected[key]) for key in expected]
    elif isinstance(expected, list | tuple):
        parts = [(f"part {i}", a, e) for i, (a, e) in enumerate(zip(answer, expected, strict=True), start=1)]
    else:
        wrong = function(answer, expected, *more)
        return replace(wrong, message=f"In {name}: {_lower(wrong.message)}") if wrong and name else wrong
    named = ((f"{part} of {name}" if name else part, a, e) for part, a, e in parts)
    return next((wrong for part, a, e in named if (wrong := _first(function, a, e, *more, name=part))), None)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _values_apart(answer: Any, expected: Any, rtol: float, atol: float) -> Mismatch | None:
    """The largest of the errors, with its place."""
    if isinstance(expected, str | bool) or expected is None:
        return None if answer == expected else Mismatch(f"Expected {_said(expected)}, got {_said(answer)}.")
    mine, theirs = torch.as_tensor(answer).double(), torch.as_tensor(expected).double()
    mine = mine.reshape(theirs.shape)
    wrong = ~torch.isclose(mine, theirs, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return None
    if theirs.ndim == 0:
        return Mismatch(f"Expected {theirs.item():.6g}, got {mine.item():.6g}.")
    place = worst(mine, theirs)
    at = f"At position {list(place)}" + (
        f", the furthest of {int(wrong.sum())} wrong values" if wrong.sum() > 1 else ""
    )
    return Mismatch(f"{at}: expected {theirs[place].item():.6g}, got {mine[place].item():.6g}.")


def _said(value: Any) -> str:
    return str(value) if value is None or isinstance(value, bool) else describe(value)


def worst(answer: Tensor, expected: Tensor) -> tuple[int, ...]:
    """Where two arrays of one shape differ most; NaN and infinity differ from everything but themselves."""
    mine, theirs = answer.double(), expected.double()
    apart = (mine - theirs).abs()
    apart[(mine == theirs) | (mine.isnan() & theirs.isnan())] = 0.0
    largest = int(apart.nan_to_num(float("inf")).argmax())
    return tuple(map(int, np.unravel_index(largest, theirs.shape)))  # PyTorch's own imports a compiler: 0.3 s
