"""Inputs and answers as JSON plus raw arrays: nothing is ever unpickled.

A *tree* is None, a bool, int, float or string, a tensor or NumPy array, or a list, tuple or dict of trees.
`flatten` turns it into a JSON-able outline and a list of arrays, `restore` goes back. Arrays come back as tensors.
Numbers of any width travel: those that have no type of their own here (`DTYPES`) in a wider one.
"""

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from course_lib.errors import DataBroken

MAX_DEPTH = 16
MAX_OUTLINE = 16 * 2**20  # bytes of JSON in one message
MAX_ARRAYS = 10_000  # in one message
MAX_SIDES = 64  # of one array, as in NumPy
MAX_WORDS = 100  # characters about what does not travel
UNREADABLE = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    RuntimeError,
    StopIteration,
    MemoryError,
)
DTYPES = {
    name: np.dtype(name)
    for name in ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
}
TENSOR_DTYPES = frozenset(getattr(torch, name) for name in DTYPES)


@dataclass(frozen=True)
class Other:
    """Stands for an answer of a kind that does not travel: a module, a function, an object of a student's class.

    Attributes:
        words: what it is, "an object of type Box".
    """

    words: str


def flatten(tree: Any) -> tuple[Any, list[np.ndarray]]:
    """Split a tree into its outline (JSON-able) and its arrays, in the order in which the outline names them."""
    arrays: list[np.ndarray] = []
    return _outline(tree, arrays, 0), arrays


def _outline(tree: Any, arrays: list[np.ndarray], depth: int) -> Any:
    if depth > MAX_DEPTH:
        return {"other": f"a value nested more than {MAX_DEPTH} deep"}
    if isinstance(tree, np.generic):
        tree = _python_value(tree)
    if tree is None or isinstance(tree, bool | str):
        return tree
    if isinstance(tree, int):
        return int(tree) if abs(tree) < 2**63 else {"other": "a whole number of more than 63 binary digits"}
    if isinstance(tree, float):
        return {"float": float(tree).hex()}
    if isinstance(tree, torch.Tensor | np.ndarray):
        return _array_outline(tree, arrays)
    if isinstance(tree, dict):
        return {"dict": [[str(key), _outline(value, arrays, depth + 1)] for key, value in tree.items()]}
    if isinstance(tree, list | tuple):
        kind = "list" if isinstance(tree, list) else "tuple"
        items = [*tree]  # looked at once: it may be a list of a student's own kind
        plain = depth < MAX_DEPTH and _whole(items) and min(items) > -(2**63) and max(items) < 2**63
        return {kind: items if plain else [_outline(item, arrays, depth + 1) for item in items]}
    if isinstance(tree, Other):  # it has travelled before
        return {"other": tree.words}
    return {"other": f"an object of type {type(tree).__name__}"}


def _whole(items: Any) -> bool:
    """Whether these are Python's own whole numbers and nothing else, as in the most frequent of long lists."""
    return {*map(type, items)} == {int}


def _python_value(number: np.generic) -> Any:
    """A NumPy number as Python's; a date or a record as it is."""
    if isinstance(number, np.floating):  # the widest has no `item` of Python's
        return float(number)
    return number.item() if isinstance(number, np.number | np.bool_ | np.str_) else number


def _array_outline(values: torch.Tensor | np.ndarray, arrays: list[np.ndarray]) -> Any:
    if isinstance(values, torch.Tensor):
        if words := _unreadable(values):
            return {"other": words}
        values = values.detach()
        if type(values) is not torch.Tensor:
            values = values.as_subclass(torch.Tensor)
        values = values.cpu()
        if values.is_floating_point() and values.dtype not in TENSOR_DTYPES:  # bfloat16 and the like, which NumPy lacks
            values = values.float()
        values = values.numpy()
    values = _plain(np.array(values, order="C", subok=False))
    if values is None:
        return {"other": "whole numbers of more than 63 binary digits"}
    name = _name(values.dtype)
    if name not in DTYPES:
        return {"other": f"an array of {values.dtype}"}
    arrays.append(values)
    return {"array": [name, list(values.shape)]}


def _unreadable(values: torch.Tensor) -> str:
    """What a tensor is whose numbers do not lie in memory one beside the other; "" of a plain one."""
    if values.is_nested:
        return "a nested tensor"
    if values.is_meta:
        return "a meta tensor, which holds no numbers"
    if values.is_quantized:
        return "a quantized tensor (`.dequantize()` makes a plain one of it)"
    if values.layout != torch.strided:
        return "a sparse tensor (`.to_dense()` makes a plain one of it)"
    return "a tensor of complex numbers" if values.is_complex() else ""


def _plain(values: np.ndarray) -> np.ndarray | None:
    """The numbers in this machine's order of bytes and a type of `DTYPES`; None where they are too large for one."""
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "u" and size > 1:
        too_large = size == 8 and values.size and values.max() >= 2**63
        return None if too_large else values.astype(np.int64)
    if kind == "f" and size > 8:
        with np.errstate(over="ignore"):
            return values.astype(np.float64)
    return values if values.dtype.isnative else values.astype(values.dtype.newbyteorder("="))


@lru_cache(100)  # a stranger may make dtypes without end
def _name(dtype: np.dtype) -> str:
    """NumPy works a name out anew at each call, which takes as long as all else here."""
    return dtype.name


def restore(outline: Any, arrays: list[np.ndarray]) -> Any:
    """The inverse of `flatten`.

    Raises:
        DataBroken: the outline is not one that `flatten` writes, or does not fit the arrays.
    """
    remaining = iter(arrays)
    try:
        return _tree(outline, remaining)
    except UNREADABLE as error:
        raise DataBroken(
            f"Expected an outline of nested values with one array each, got one that does not fit ({error!r}). "
            "Build the expected answers again, or treat the sender as broken."
        ) from error


def _tree(outline: Any, arrays: Any) -> Any:
    if not isinstance(outline, dict):
        if outline is not None and not isinstance(outline, bool | int | str):
            raise TypeError(f"{type(outline).__name__} has no place in an outline")
        return outline.encode(errors="replace").decode() if isinstance(outline, str) else outline  # no lone surrogates
    [(kind, value)] = outline.items()
    if kind == "float":
        return float.fromhex(value)
    if kind == "array":
        name, shape = value
        return torch.from_numpy(np.array(next(arrays), DTYPES[name]).reshape(shape))
    if kind == "dict":
        return {str(key): _tree(item, arrays) for key, item in value}
    if kind in ("list", "tuple"):
        items = [*value] if _whole(value) else [_tree(item, arrays) for item in value]
        return items if kind == "list" else tuple(items)
    if kind == "other":
        return Other(str(value)[:MAX_WORDS])
    raise KeyError(kind)


def to_bytes(tree: Any) -> bytes:
    """One message: 8 bytes with the outline's length, the outline as JSON, then the arrays' raw bytes."""
    outline, arrays = flatten(tree)
    head = json.dumps(outline).encode()
    return b"".join([len(head).to_bytes(8, "big"), head, *(array.tobytes() for array in arrays)])


def from_bytes(message: bytes) -> Any:
    """The inverse of `to_bytes`. The message may come from a stranger: every length in it is checked.

    Raises:
        DataBroken: the message is cut, or its lengths contradict each other.
    """
    try:
        length = int.from_bytes(message[:8], "big")
        if length > MAX_OUTLINE:
            raise ValueError(f"an outline of {length} bytes")
        outline = json.loads(message[8 : 8 + length])
        arrays, start = [], 8 + length
        for dtype, shape in _arrays_of(outline):
            if len(shape) > MAX_SIDES or min([0, *shape]) < 0:
                raise ValueError(f"no array has the shape {str(shape)[:MAX_WORDS]}")
            arrays.append(np.frombuffer(message, DTYPES[dtype], math.prod(shape), start))
            start += arrays[-1].nbytes
            if len(arrays) > MAX_ARRAYS:
                raise ValueError(f"more than {MAX_ARRAYS} arrays")
    except UNREADABLE as error:
        raise DataBroken(f"Expected a whole message, got one that cannot be read: {error}.") from error
    return restore(outline, arrays)


def _arrays_of(outline: Any):
    """The (dtype, shape) of each array that an outline names, in order."""
    if isinstance(outline, dict):
        [(kind, value)] = outline.items()
        if kind == "array":
            if value[0] not in DTYPES:
                raise ValueError(f"unknown dtype {value[0]!r}")
            yield value
        elif kind == "dict":
            for _, item in value:
                yield from _arrays_of(item)
        elif kind in ("list", "tuple"):
            for item in value:
                yield from _arrays_of(item)


def save(path: Path, tree: Any) -> None:
    """Write a tree as an npz file: the outline as JSON, then arrays `0`, `1`, … Equal trees, equal bytes."""
    outline, arrays = flatten(tree)
    head = np.frombuffer(json.dumps(outline).encode(), np.uint8)
    np.savez_compressed(path, outline=head, **{str(i): array for i, array in enumerate(arrays)})


def load(path: Path) -> Any:
    """Read what `save` wrote."""
    with np.load(path, allow_pickle=False) as archive:
        outline = json.loads(archive["outline"].tobytes())
        return restore(outline, [archive[str(i)] for i in range(len(archive.files) - 1)])


def copy(tree: Any) -> Any:
    """A tree of fresh plain values: arrays as CPU tensors, numbers and containers of the plain types."""
    return restore(*flatten(tree))


def weight(tree: Any) -> int:
    """Bytes that a tree takes, roughly: those of its arrays and texts, and 64 for each value."""
    if isinstance(tree, torch.Tensor):
        return 64 + tree.nbytes
    if isinstance(tree, str):
        return 64 + len(tree)
    items = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list | tuple) else ()
    return 64 + sum(map(weight, items))


def agree(tree: Any, other: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
    """Whether two trees of plain values are one but for the last digits, which processors compute differently.

    Types, shapes and whole numbers are the same; floats agree within atol + rtol * |other|.
    """
    if type(tree) is not type(other):
        return False
    if isinstance(tree, torch.Tensor):
        same = (tree.dtype, tree.shape) == (other.dtype, other.shape)
        return same and torch.allclose(tree.double(), other.double(), rtol, atol, equal_nan=True)
    if isinstance(tree, float):
        return math.isclose(tree, other, rel_tol=rtol, abs_tol=atol) or (math.isnan(tree) and math.isnan(other))
    if isinstance(tree, dict):
        return list(tree) == list(other) and all(agree(tree[key], other[key], rtol, atol) for key in tree)
    if isinstance(tree, list | tuple):
        return len(tree) == len(other) and all(agree(a, b, rtol, atol) for a, b in zip(tree, other, strict=True))
    return tree == other
