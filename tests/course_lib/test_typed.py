"""Signatures really are verified while these tests run (tests/helpers/typed.py)."""

import inspect
import shutil
import sys
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_loader

import pytest
import torch
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import Float, TypeCheckError
from torch import Tensor

from course_lib.checks import compare, run
from course_lib.checks.spec import Suspicion
from tests.helpers.typed import _Loader, typed


@typed
def scale(values: Float[Tensor, "n"], factors: Float[Tensor, "n"]) -> Float[Tensor, "n"]:
    return values * factors


@typed
@dataclass
class Box:
    sides: Float[Tensor, "4"]


def adder(number):
    @typed
    def add(value: int) -> int:
        """Adds."""
        return value + number

    return add


def test_the_packages_are_verified():
    with pytest.raises(BeartypeCallHintViolation, match="case"):
        run.ask(case=3, function=len, inputs={})
    with pytest.raises(TypeCheckError):
        Suspicion(name=3, sentence="", outcomes=[])
    with pytest.raises(BeartypeCallHintViolation, match="expected"):
        compare.worst(torch.zeros(2), expected=[0.0])


def test_axes_of_one_name_are_of_one_length():
    assert scale(torch.ones(2), torch.ones(2)).tolist() == [1, 1]
    with pytest.raises(TypeCheckError):
        scale(torch.ones(2), torch.ones(1))
    with pytest.raises(TypeCheckError):
        Box(torch.ones(3))


def test_what_is_defined_again_is_itself_and_is_verified_too():
    functions = [adder(number) for number in range(3)]
    assert [function(1) for function in functions] == [1, 2, 3]
    for function in functions:
        assert (function.__name__, function.__doc__) == ("add", "Adds.")
        assert list(inspect.signature(function).parameters) == ["value"]
        with pytest.raises(BeartypeCallHintViolation):
            function("one")


def test_a_wrapper_s_frames_are_the_function_s_own():
    assert {function.__code__.co_filename for function in (adder(1), adder(2))} == {__file__}


def test_what_is_kept_of_a_module_is_verified_and_made_anew_when_its_text_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for more in (0, 0, 1, 1):
        (tmp_path / "short.py").write_text(f"def add(value: int) -> int:\n    return value + {more}\n")
        loader = _Loader("short", str(tmp_path / "short.py"))
        module = module_from_spec(spec_from_loader("short", loader))
        loader.exec_module(module)
        assert module.add(1) == 1 + more
        with pytest.raises(BeartypeCallHintViolation, match="value"):
            module.add("1")
    [kept] = (tmp_path / "__pycache__").iterdir()
    assert "typed" in kept.name


def test_a_module_in_another_place_names_its_own_file(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    (first / "short.py").write_text("def add(value: int) -> int:\n    return value\n")
    _Loader("short", str(first / "short.py")).get_code("short")
    shutil.copytree(first, second)
    code = _Loader("short", str(second / "short.py")).get_code("short")
    assert code.co_filename == str(second / "short.py")
