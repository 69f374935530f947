"""Whatever a student's object does when it is looked at is the student's named failure, and never ours."""

import inspect

import numpy as np
import pytest
import torch

from course_lib.checks import ladder, report
from course_lib.checks.blame import STILL_TO_WRITE
from course_lib.checks.compare import close
from course_lib.checks.ladder import climb
from course_lib.checks.run import ask
from course_lib.checks.spec import Case, Check, Question

PLAIN = Case("plain", "values", lambda rng: {}, close())
PROBED = Case("probed", "values", lambda rng: {}, close(), probe=lambda function, x: function(x) + 1)
INPUTS = {"x": torch.ones(2)}


class Spiteful(Exception):
    """Raised where nobody expects it."""


class Quits(BaseException):
    """Not even an Exception."""


def spite(*anything, **more):
    raise Spiteful("no")


class Properties:
    """An object whose every attribute raises, and that can be called."""

    __signature__ = property(spite)

    def __getattr__(self, name):
        raise Spiteful(name)

    def __call__(self, x):
        return x


class Raises(Properties):
    def __call__(self, x):
        raise ValueError("mine")


class Nothing:
    """Cannot be called."""

    __getattr__ = __repr__ = spite


class FalseSignature(Properties):
    __signature__ = "x"


class OwnSignature(inspect.Signature):
    bind = spite


class Looping(Properties):
    __signature__ = OwnSignature()


def wrapped_in_itself(x):
    return x


wrapped_in_itself.__wrapped__ = wrapped_in_itself


class SilentDefault:
    __repr__ = spite


def default_that_cannot_be_shown(x, y, z=SilentDefault()):  # noqa: B008
    return x


@pytest.mark.parametrize(
    "function",
    [Properties(), FalseSignature(), Looping(), wrapped_in_itself],
    ids=["raises", "no signature", "raises when bound", "wrapped in itself"],
)
@pytest.mark.parametrize("case", [PLAIN, PROBED])
def test_an_odd_signature_costs_nothing(function, case):
    outcome = ask(case, function, INPUTS)
    assert outcome.status == "answered", outcome.note


def test_arguments_that_do_not_fit_are_said_even_where_a_default_cannot_be_shown():
    outcome = ask(PLAIN, default_that_cannot_be_shown, INPUTS)
    assert outcome.status == "signature"
    assert outcome.note == "Expected the arguments (x), your function takes (it cannot say what it is)."


@pytest.mark.parametrize("case", [PLAIN, PROBED])
def test_what_a_callable_object_raises_is_named_though_its_attributes_raise_too(case):
    outcome = ask(case, Raises(), INPUTS)
    assert (outcome.status, outcome.note) == ("raised", "Your function raised ValueError: mine")


@pytest.mark.parametrize(
    ("value", "note"),
    [
        (Nothing(), "an object of type Nothing"),
        (None, "None"),
        (3, "int 3"),
        (torch.zeros(2), "a tensor of shape (2,) with floating-point numbers (torch.float32)"),
        (type("Endless", (list,), {"__iter__": spite})([1]), "an object of type Endless"),
    ],
    ids=["spiteful", "None", "number", "tensor", "list"],
)
def test_what_cannot_be_called_is_named(value, note):
    outcome = ask(PLAIN, value, INPUTS)
    assert (outcome.status, outcome.note) == ("not callable", f"Expected a function, got {note}.")


class Mute(Exception):
    __str__ = spite


class OfAnotherKind(str):
    __getitem__ = __str__ = __format__ = spite


class Sly(Exception):
    def __str__(self):
        return OfAnotherKind("sly")


class Nameless(type):
    __name__ = property(spite)


class Hidden(Exception, metaclass=Nameless):
    __traceback__ = property(spite)


def raising(error):
    def function(x):
        raise error

    return function


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (Mute(), "Your function raised Mute in line {}, `raise error`: (it cannot say what it is)"),
        (Sly(), "Your function raised Sly in line {}, `raise error`: sly"),
        (Hidden(), "Your function raised Hidden, which cannot be read."),
        (Quits("now"), "Your function raised Quits in line {}, `raise error`: now"),
        (SystemExit(3), "Your function raised SystemExit in line {}, `raise error`: 3"),
        (GeneratorExit(), "Your function raised GeneratorExit in line {}, `raise error`: "),
    ],
    ids=["mute", "sly", "hidden", "no Exception", "exit", "generator"],
)
@pytest.mark.parametrize("case", [PLAIN, PROBED])
def test_an_exception_that_does_not_want_to_be_read_is_named(case, error, note):
    outcome = ask(case, raising(error), INPUTS)
    line = inspect.getsourcelines(raising)[1] + 2
    assert (outcome.status, outcome.note) == ("raised", note.format(line))


def test_whoever_waits_may_stop_the_check():
    with pytest.raises(KeyboardInterrupt):
        ask(PLAIN, raising(KeyboardInterrupt()), INPUTS)


class Items(list):
    __iter__ = __len__ = spite


class Pairs(dict):
    items = __iter__ = spite


class Subclass(torch.Tensor):
    __torch_function__ = classmethod(spite)


@pytest.mark.parametrize(
    "answer", [Items([1]), Pairs(a=1), torch.zeros(2).as_subclass(Subclass)], ids=["list", "dict", "tensor"]
)
def test_an_answer_that_raises_while_it_is_read_was_given_all_the_same(answer):
    outcome = ask(PLAIN, lambda x: answer, INPUTS)
    assert outcome.status == "refused"
    assert outcome.note == "Your function ran, but the check cannot use what came of it (Spiteful: no)."


def sentence(answer):
    """What a student reads about an answer of another kind."""
    outcome = ask(PLAIN, lambda x: answer, INPUTS)
    found = climb(Check("f", 1.0, (PLAIN,)), [Question(PLAIN, INPUTS, torch.ones(2))], [outcome])
    assert found.rung == "type"
    assert not ladder.still_to_write(found)
    return report.text(found)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: torch.ones(2).to_sparse(), "a sparse tensor (`.to_dense()` makes a plain one of it)"),
        (lambda: torch.ones(2, 2).to_sparse_csr(), "a sparse tensor (`.to_dense()` makes a plain one of it)"),
        (lambda: torch.ones(2, device="meta"), "a meta tensor, which holds no numbers"),
        (
            lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.quint8),
            "a quantized tensor (`.dequantize()` makes a plain one of it)",
        ),
        (lambda: torch.nested.nested_tensor([torch.ones(2)]), "a nested tensor"),
        (lambda: torch.ones(2, dtype=torch.complex64), "a tensor of complex numbers"),
        (lambda: np.array([1.0, None]), "an array of object"),
        (lambda: np.zeros(2, [("x", "f4")]), "an array of [('x', '<f4')]"),
        (lambda: np.array(["2026-01-01"] * 2, "datetime64[D]"), "an array of datetime64[D]"),
        (lambda: np.datetime64("2026-01-01", "ns"), "an object of type datetime64"),
        (lambda: np.array([1, 2**63], np.uint64), "whole numbers of more than 63 binary digits"),
        (lambda: 2**70, "a whole number of more than 63 binary digits"),
        (lambda: object(), "an object of type object"),
    ],
)
def test_an_answer_of_another_kind_gets_a_true_sentence(make, words):
    assert f"Expected a tensor of shape (2,), got {words}." in sentence(make())


def test_only_the_stub_is_still_to_write():
    def stub(x):
        raise NotImplementedError("your code here")

    def unfinished(x):
        return torch.empty(2, device="meta").cpu()

    def abstract(x):
        return torch.nn.Module()(x)

    found = ask(PLAIN, stub, INPUTS)
    assert (found.status, found.note) == ("unwritten", STILL_TO_WRITE)
    for function in (unfinished, abstract):
        found = ask(PLAIN, function, INPUTS)
        assert found.note.startswith("Your function raised NotImplementedError in line")
        assert (found.status, found.error.kind) == ("raised", "NotImplementedError")
        assert found.error.code.startswith("return torch.")
        assert f"in line {found.error.line}, " in found.note
