"""Inputs and answers travel as JSON and raw arrays, and a stranger's bytes cannot do harm."""

import contextlib
import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.checks import codec
from course_lib.errors import DataBroken

plain = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | st.text(max_size=5)
trees = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(trees)
def test_plain_values_come_back(tree):
    assert codec.from_bytes(codec.to_bytes(tree)) == tree


class Moody(list):
    """Whole numbers when one looks for the first time, something else from then on."""

    looks = 0

    def __iter__(self):
        self.looks += 1
        return iter([1, 2] if self.looks == 1 else [object(), object()])


@pytest.mark.parametrize("kind", [list, tuple])
@pytest.mark.parametrize("far", [2**63 - 1, 1 - 2**63])
def test_lists_of_whole_numbers_are_fresh_and_keep_their_kind(kind, far):
    given = kind([3, far, 0])
    back = codec.copy(given)
    assert (type(back), back) == (kind, given)
    assert back is not given


@pytest.mark.parametrize("odd", [2**63, -(2**63)])
def test_a_number_that_is_too_long_is_told_apart_in_a_list_of_others(odd):
    assert codec.copy([3, odd]) == [3, codec.copy(odd)]
    assert isinstance(codec.copy(odd), codec.Other)


def test_truth_values_among_whole_numbers_stay_what_they_are():
    assert list(map(type, codec.copy([1, True, 0, False]))) == [int, bool, int, bool]


def test_a_list_of_a_student_s_kind_is_looked_at_once():
    assert codec.copy(Moody()) == [1, 2]


def test_whole_numbers_nested_too_deep_do_not_travel():
    deep = [1, 2]
    for _ in range(codec.MAX_DEPTH):
        deep = [deep]
    back = codec.copy(deep)
    for _ in range(codec.MAX_DEPTH):
        [back] = back
    assert [type(item) for item in back] == [codec.Other] * 2


@pytest.mark.parametrize("dtype", sorted(codec.DTYPES))
@pytest.mark.parametrize("shape", [(), (0, 4), (2, 3)])
def test_tensors_come_back(dtype, shape):
    values = torch.arange(math.prod(shape)).reshape(shape).to(getattr(torch, dtype))
    back = codec.from_bytes(codec.to_bytes({"a": [values, values.numpy()]}))["a"]
    for item in back:
        assert item.dtype == values.dtype
        assert torch.equal(item, values)


WIDTHS = {
    **{name: np.dtype(name) for name in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "g", "?")},
    **{name: np.dtype(name) for name in (">u2", ">u4", ">u8", ">i2", ">i8", ">f2", ">f4", ">f8", ">g", "<i4", "<f8")},
}
TORCH = "uint16 uint32 uint64 bfloat16 float8_e4m3fn float8_e5m2 float16".split()


def same_numbers(back, values):
    """Asserts that a tensor of a type of ours came, with these numbers and of their family."""
    assert back.dtype in codec.TENSOR_DTYPES
    assert back.shape == values.shape
    assert back.tolist() == values.tolist()
    assert back.is_floating_point() == (values.dtype.kind == "f")


@pytest.mark.parametrize("dtype", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("shape", [(), (0, 4), (2, 3)])
def test_arrays_of_every_width_and_order_of_bytes_travel(dtype, shape):
    values = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    turned = np.moveaxis(values, 0, -1)[..., ::-1] if values.ndim else values  # not contiguous, backwards
    for array in (values, turned, np.asfortranarray(values)):
        same_numbers(codec.copy(array), array)
        same_numbers(codec.from_bytes(codec.to_bytes([array]))[0], array)


@pytest.mark.parametrize("dtype", TORCH)
def test_tensors_of_every_width_travel(dtype):
    values = torch.arange(6).reshape(2, 3).to(torch.float32).to(getattr(torch, dtype))
    for tensor in (values, values.T):
        back = codec.from_bytes(codec.to_bytes([tensor]))[0]
        assert back.dtype in codec.TENSOR_DTYPES
        assert torch.equal(back.double(), tensor.float().double())
        assert back.is_floating_point() == values.is_floating_point()


@pytest.mark.parametrize(("value", "back"), [(2**63 - 1, 2**63 - 1), (2**63, codec.Other)])
def test_the_largest_whole_number_travels(value, back):
    found = codec.copy(np.array([value], np.uint64))
    assert isinstance(found, codec.Other) if back is codec.Other else found.tolist() == [back]


def test_a_float_beyond_the_widest_of_ours_is_infinite():
    huge = np.array([np.longdouble(10) ** 400, -(np.longdouble(10) ** 400), np.nan])
    assert repr(codec.copy(huge).tolist()) == "[inf, -inf, nan]"


def test_views_and_gradients_are_left_behind():
    values = torch.arange(6.0, requires_grad=True).reshape(2, 3).T
    back = codec.copy(values)
    assert not back.requires_grad
    assert back.is_contiguous()
    assert back.tolist() == [[0, 3], [1, 4], [2, 5]]


def test_a_copy_shares_no_memory():
    values = torch.zeros(3)
    codec.copy({"a": values})["a"].add_(1)
    assert values.tolist() == [0, 0, 0]


class Liar(torch.Tensor):
    """A tensor that says it equals everything."""

    def __eq__(self, other):
        return True


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.longdouble(0.5), 0.5),
        (np.float16(0.5), 0.5),
        (np.uint64(3), 3),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (object(), codec.Other("an object of type object")),
        (2**70, codec.Other("a whole number of more than 63 binary digits")),
        (np.array(["a"]), codec.Other("an array of <U1")),
        (torch.zeros(2, dtype=torch.complex64), codec.Other("a tensor of complex numbers")),
    ],
)
def test_other_kinds_become_plain_or_are_named(value, expected):
    assert codec.copy(value) == expected


@pytest.mark.parametrize("odd", [object(), 2**70, torch.zeros(2).to_sparse()])
def test_what_does_not_travel_keeps_its_name_however_often_it_is_sent(odd):
    named = codec.copy([odd])
    assert codec.copy(named) == codec.from_bytes(codec.to_bytes(named)) == named


def test_subclasses_of_tensors_become_tensors():
    assert type(codec.copy(torch.zeros(2).as_subclass(Liar))) is torch.Tensor


def test_nan_and_infinity_come_back():
    back = codec.copy([math.nan, math.inf, -0.0])
    assert math.isnan(back[0])
    assert back[1] == math.inf
    assert math.copysign(1, back[2]) == -1


def test_deep_nesting_ends():
    tree = leaf = []
    for _ in range(50):
        leaf.append([])
        leaf = leaf[0]
    assert "Other" in repr(codec.copy(tree))


MESSAGE = codec.to_bytes({"a": torch.arange(5), "b": [1.5, "x"]})


@pytest.mark.parametrize("length", range(0, len(MESSAGE), 7))
def test_cut_messages_are_refused(length):
    with pytest.raises(DataBroken, match="message"):
        codec.from_bytes(MESSAGE[:length])


@pytest.mark.parametrize(
    "head",
    [
        b'{"array": ["float32", [1000000000000]]}',
        b'{"array": ["float32", [-1]]}',
        b'{"array": ["object", [1]]}',
        b'{"array": 3}',
        b'{"array": ["float32", [Infinity]]}',
        b'{"array": ["float32", [4294967296, 4294967296]]}',
        b'{"array": ["float32", [2, 2.5]]}',
        b'{"array": ["float32", ["16"]]}',
        b'{"array": ["float32", %s]}' % str([2**62] * 50_000).encode(),  # multiplied, it would take minutes
        b'{"float": "0x1p99999"}',
        b'{"evil": 1}',
        b'{"dict": [["a"]]}',
        b"[1]",
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_forged_outlines_are_refused(head):
    with pytest.raises(DataBroken):
        codec.from_bytes(len(head).to_bytes(8, "big") + head + b"\0" * 64)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_or_read(message):
    with contextlib.suppress(DataBroken):
        codec.copy(codec.from_bytes(message))  # what could be read is plain and can be copied


NUMBERS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KINDS = st.sampled_from(["float", "array", "dict", "list", "tuple", "other"])
OUTLINES = st.recursive(
    NUMBERS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KINDS, inner, max_size=2)
        | st.tuples(st.sampled_from(sorted(codec.DTYPES)), st.lists(inner, max_size=3)).map(lambda v: {"array": v})
    ),
)


@given(OUTLINES)
def test_any_outline_is_refused_or_read(outline):
    head = json.dumps(outline).encode()
    with contextlib.suppress(DataBroken):
        codec.copy(codec.from_bytes(len(head).to_bytes(8, "big") + head + b"\0" * 64))


def test_files_are_reproducible(tmp_path):
    tree = {"a": [torch.arange(3), None], "b": "text"}
    for name in ("one.npz", "two.npz"):
        codec.save(tmp_path / name, tree)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    back = codec.load(tmp_path / "one.npz")
    assert back["a"][0].tolist() == [0, 1, 2]
    assert back["b"] == "text"
