"""Unit 01: probes about features, splits and classifiers, which run beside the student's code."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.checks.codec import copy
from course_lib.checks.kit.lent import hooks_on
from course_lib.checks.kit.probes import graph
from course_lib.checks.kit.refusals import holding, refusal
from course_lib.checks.spec import Refusal
from course_lib.checks.transfer_learning.networks import build

MOST = 64  # images in one pass


@torch.enable_grad()
def listen(function: Callable, model: dict, images: Tensor, layer: str) -> Any:
    """extract_features of the network that is built from plain data."""
    torch.manual_seed(0)  # in training mode dropout would draw
    return function(build(model, images), images, layer)


@torch.enable_grad()
def one_by_one(function: Callable, model: dict, images: Tensor, layer: str) -> Any:
    """The features of each image alone, put together."""
    torch.manual_seed(0)
    network = build(model, images)
    return torch.cat([torch.as_tensor(copy(function(network, image[None], layer))) for image in images])


@graph(kept=False)
@torch.enable_grad()
def attached(function: Callable, model: dict, images: Tensor, layer: str) -> bool:
    """Whether the features still hold on to the network's graph."""
    return bool(getattr(function(build(model, images), images, layer), "requires_grad", False))


@torch.enable_grad()
def traces(function: Callable, model: dict, images: Tensor, layer: str) -> list[str]:
    """What extract_features leaves behind, in words; an error of the network's own is awaited."""
    network, passes = build(model, images), []  # their sizes
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    first.register_forward_pre_hook(lambda module, inputs: passes.append(len(inputs[0])))
    before = _standing(network)
    try:
        function(network, images, layer)
    except RuntimeError as error:  # some inputs have a channel too many: what counts is the state that is left
        if "channels" not in str(error):
            raise
    gradients = torch.is_grad_enabled()
    found = [name.format(*pair) for name, pair in _differing(before, _standing(network))]
    found += [] if gradients else ["gradients are switched off for all that follows"]
    found += [f"{max(passes)} images went through at once"] if max(passes, default=0) > MOST else []
    again = sum(passes) > len(images)
    return found + ([f"{sum(passes)} images went through the network, and there are {len(images)}"] if again else [])


def _standing(network: nn.Module) -> dict[str, Any]:
    """All that a call could leave changed: sentences with a place for before and after, and the values."""
    found: dict[str, Any] = {}
    for name, module in network.named_modules():
        at = name or "the model"
        found[at + ": {0} hooks before, {1} after"] = hooks_on(module)
        found[at + ": training was {0}, is {1}"] = module.training
    for name, parameter in network.named_parameters():
        found[name + ": requires_grad was {0}, is {1}"] = parameter.requires_grad
    return found | {name + " has changed": value.clone() for name, value in network.state_dict().items()}


def _differing(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, tuple]]:
    """The names whose values differ, with both values."""
    pairs = [(name, (value, after.get(name))) for name, value in before.items()]
    return [(name, (a, b)) for name, (a, b) in pairs if not _same(a, b)]


def _same(first: Any, second: Any) -> bool:
    return torch.equal(first, second) if isinstance(first, Tensor) and isinstance(second, Tensor) else first == second


@torch.enable_grad()
def unknown_layer(function: Callable, model: dict, images: Tensor, layer: str) -> str:
    """What becomes of a name that is no layer's."""
    network = build(model, images)
    return refusal(lambda: function(network, images, layer), KeyError, holding(*layers_of(network)))


def layers_of(network: nn.Module) -> list[str]:
    """The names of all layers."""
    return [name for name, _ in network.named_modules() if name]


def draw_splits(function: Callable, labels: Tensor, per_class: int, seeds: int) -> dict[str, Tensor]:
    """What few_shot_split draws with the seeds 0, 1, …, then once more with the last generator, and with seed 0 anew.

    Returns:
        "in_train" and "in_test" [seeds + 2, n]: how often each position is in each part of each draw (int8);
        "outside" [seeds + 2]: how many positions are none.
    """
    torch.manual_seed(12345)
    rngs = [torch.Generator().manual_seed(seed) for seed in range(seeds)]
    rngs += [rngs[-1], torch.Generator().manual_seed(0)]
    times, outside = [], []
    for rng in rngs:
        parts = [torch.as_tensor(copy(part)).reshape(-1).long() for part in function(labels.clone(), per_class, rng)]
        valid = [part[(part >= 0) & (part < len(labels))] for part in parts]
        times.append([torch.bincount(part, minlength=len(labels)).to(torch.int8) for part in valid])
        outside.append(sum(map(len, parts)) - sum(map(len, valid)))
    in_train, in_test = (torch.stack(kind) for kind in zip(*times, strict=True))
    return {"in_train": in_train, "in_test": in_test, "outside": torch.tensor(outside)}


def short_class(function: Callable, labels: Tensor, per_class: int) -> str:
    """What becomes of a class with too few images."""
    numbers, sizes = labels.unique(return_counts=True)
    few = int(sizes.argmin())
    words = [str(int(numbers[few])), str(int(sizes[few]))]
    return refusal(lambda: function(labels, per_class, torch.Generator().manual_seed(0)), ValueError, holding(*words))


def labels_after(function: Callable, labels: Tensor, per_class: int, seeds: int) -> Tensor:
    """The labels, after a draw."""
    function(labels, per_class, torch.Generator().manual_seed(seeds))
    return labels


def classify(function: Callable, features: Tensor, labels: Tensor, new: Tensor) -> Any:
    """The classes that linear_probe's answer gives new features."""
    predict = function(features, labels)
    return _callable(predict)(new)


def classify_finite(function: Callable, features: Tensor, labels: Tensor, new: Tensor) -> Any:
    """The same; "NaN" where scikit-learn has refused what it was given because of that."""
    try:
        return classify(function, features, labels, new)
    except ValueError as error:
        if "NaN" in str(error):
            return "NaN"
        raise


def _callable(predict: Any) -> Callable:
    if not callable(predict):
        raise Refusal(f"Expected a function that classifies new features, got an object of {type(predict).__name__}.")
    return predict


def classify_one_by_one(function: Callable, features: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """The same, one new image at a time."""
    predict = _callable(function(features, labels))
    return torch.cat([torch.as_tensor(copy(predict(row[None]))).reshape(-1) for row in new])


def only_class(function: Callable, features: Tensor, labels: Tensor, new: Tensor) -> str:
    """What becomes of labels that are all the same."""
    return refusal(lambda: function(features, labels), ValueError, holding())
