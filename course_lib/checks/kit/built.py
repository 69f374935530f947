"""The modules that a student's class builds: their layers, and what they answer.

Layers are found by the names that the docstring gives (`conv1`, `shortcut`); what stands inside one of them is taken in
order, whatever it is called there. A dotted name without a number (`inner.skip`) is a path to a module of the
student's own kind. A layer that is registered twice is still one layer.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor, nn

from course_lib.checks.codec import copy
from course_lib.checks.kit.probes import backward, graph
from course_lib.checks.spec import Case, Compare, Inputs, Mismatch, Refusal

State = dict[str, Tensor]

BELOW_ZERO = "Some of your outputs are negative. Can a ReLU put out such a number?"


def _own(layer: nn.Module) -> State:
    """A layer's own weights and buffers, not those of modules in it."""
    return {**dict(layer.named_parameters(recurse=False)), **dict(layer.named_buffers(recurse=False))}


def _leaves(part: Any) -> list[nn.Module]:
    """The modules in `part`, itself included, that hold weights, in order and each once."""
    return [module for module in part.modules() if _own(module)] if isinstance(part, nn.Module) else []


def _part(made: nn.Module, path: str) -> Any:
    """What a module has under a name, or under a path of names; None for nothing."""
    part = made
    for name in path.split("."):
        part = getattr(part, name, None)
    return part


def tensors(made: nn.Module, state: State) -> State:
    """A module's weights and buffers under the names that `state` has for them; others under their own names."""
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in state))
    found = {}
    for top in dict.fromkeys(re.split(r"\.\d", layer)[0] for layer in layers):
        for place, leaf in enumerate(_leaves(_part(made, top))):
            name = top if not place and top in layers else f"{top}.{place}"
            found |= {f"{name}.{key}": value for key, value in _own(leaf).items()}
    known = {id(value) for value in found.values()}
    return found | {name: value for name, value in made.named_parameters() if id(value) not in known}


def layer_shapes(module: Callable, config: tuple[int, ...], state: State, *inputs: Tensor) -> dict[str, list]:
    """The shapes of a new module's weights and buffers, by name."""
    return {name: list(value.shape) for name, value in tensors(module(*config), state).items()}


def differences(mine: dict[str, Any], theirs: dict[str, Any]) -> str:
    """What tells two tables of weights' shapes apart, in words; "" for nothing."""
    missing, more = _only(theirs, mine), _only(mine, theirs)
    other = [name for name in theirs if name in mine and list(mine[name]) != list(theirs[name])]
    told = [f"missing: {', '.join(missing)}"] * bool(missing) + [f"not asked for: {', '.join(more)}"] * bool(more)
    told += [f"{name} has the shape {list(mine[name])}, expected {list(theirs[name])}" for name in other]
    return "; ".join(told)


def _only(names: dict[str, Any], others: dict[str, Any]) -> list[str]:
    """The names that are not among the others; of a layer of which nothing is there, its own name."""
    there = {other.rpartition(".")[0] for other in others}
    found = [(name, name.rpartition(".")[0]) for name in names if name not in others]
    return sorted({name if layer in there or not layer else layer for name, layer in found})


def same_layers() -> Compare:
    """Layers of the same names and shapes."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        told = differences(answer, expected)
        return Mismatch(f"With the arguments {tuple(inputs['config'])}: {told}.", rung="type") if told else None

    return compare


def has_layers(name: str, make_inputs: Callable[[Generator], Inputs], hint: str | bool = False) -> Case:
    """A case: the module's layers have the names and shapes that the docstring gives."""
    return Case(name, "values", make_inputs, same_layers(), layer_shapes, hint=hint, explain=False, weight=0.5, draws=1)


def loaded(module: Callable, config: tuple[int, ...], state: State, *inputs: Tensor) -> nn.Module:
    """A module with these weights, of its first input's type and on its device, in evaluation mode.

    Raises:
        Refusal: its layers are not those that the docstring names.
    """
    made = module(*config).to(inputs[0]).eval()
    own = tensors(made, state)
    shapes = [{name: value.shape for name, value in each.items()} for each in (own, state)]
    if told := differences(*shapes):
        raise Refusal(f"The module's layers are not those that the docstring names: {told}.")
    with torch.no_grad():
        for name, value in own.items():
            value.copy_(state[name])
    return made


def run(module: Callable, config: tuple[int, ...], state: State, *inputs: Tensor) -> Any:
    """The module's answer in evaluation mode."""
    return loaded(module, config, state, *inputs)(*inputs)


def run_each(module: Callable, config: tuple[int, ...], state: State, *inputs: Tensor) -> Tensor | list[Tensor]:
    """The module's answers on each image alone, put together; of several answers each."""
    made = loaded(module, config, state, *inputs)
    alone = [copy(made(*(one[None] for one in images))) for images in zip(*inputs, strict=True)]
    if isinstance(alone[0], list | tuple):
        return [torch.cat(list(map(torch.as_tensor, part))) for part in zip(*alone, strict=True)]
    return torch.cat(list(map(torch.as_tensor, alone)))


def _ours(made: nn.Module, state: State) -> Iterator[tuple[str, Tensor]]:
    """The weights and buffers in the order of `state`."""
    own = tensors(made, state)
    return ((name, own[name]) for name in state)


def train(module: Callable, config: tuple[int, ...], state: State, *inputs: Tensor) -> dict[str, Any]:
    """The module's answer in training mode, and the batch norms' running means afterwards."""
    made = loaded(module, config, state, *inputs).train()
    answer = made(*inputs)
    return {"output": answer} | {name: value for name, value in _ours(made, state) if name.endswith("running_mean")}


def gradients(*names: str) -> Callable[..., State]:
    """A probe: gradients of the module's answer with respect to its inputs, which have these names, and each weight."""

    @graph(kept=True)
    def probe(module: Callable, config: tuple[int, ...], state: State, *inputs: Tensor) -> State:
        made, inputs = loaded(module, config, state, *inputs), [one.clone().requires_grad_() for one in inputs]
        weights = {name: value for name, value in _ours(made, state) if isinstance(value, nn.Parameter)}
        answer = made(*inputs)
        parts = answer if isinstance(answer, list | tuple) else [answer]
        return dict(zip([*names, *weights], backward(parts, [*inputs, *weights.values()]), strict=True))

    return probe
