"""Unit 01: what is asked of `extract_features`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close, exact, worst
from course_lib.checks.kit.draws import begin_chance
from course_lib.checks.kit.probes import graph
from course_lib.checks.kit.refusals import holding, refusal, refused
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs
from course_lib.checks.transfer_learning.networks import (
    BLOCK,
    HEAD,
    STAGE,
    STEM,
    WHOLE,
    build,
    layer_name,
    layers_of,
    random_images,
    random_network,
)
from course_lib.checks.transfer_learning.shared import MOST, mistyped, numbers
from course_lib.checks.transfer_learning.traces import no_traces, traces


def listening(count: int, layer: str, size: tuple[int, int] = (8, 8), parts: tuple = WHOLE, **options: Any):
    """A network, so many images, and the name of a layer."""

    def make(rng: Generator) -> Inputs:
        model = random_network(rng, parts, **options)
        return {"model": model, "images": random_images(rng, count, *size), "layer": layer_name(model["parts"], layer)}

    return make


def bytes_seen(rng: Generator) -> Inputs:
    """A network that scales its images itself, and images of bytes."""
    parts = (["bytes", *STEM], STAGE, HEAD)
    pixels = torch.from_numpy(rng.integers(0, 256, (3, 3, 8, 8)).astype("uint8"))
    return listening(3, "#1", parts=parts)(rng) | {"images": pixels}


def too_many_channels(rng: Generator) -> Inputs:
    """Images with a channel too many, at which the network raises an error."""
    return listening(3, "#0.1", evaluating=("#1",))(rng) | {"images": random_images(rng, 3, channels=4)}


def unknown(rng: Generator) -> Inputs:
    """The name of a layer that the network does not have."""
    return listening(2, "#0")(rng) | {"layer": f"layer{int(rng.integers(5, 9))}"}


@torch.enable_grad()
def listen(function: Callable, model: dict, images: Tensor, layer: str) -> Any:
    """extract_features of the network that is built from plain data."""
    begin_chance(0)  # in training mode dropout would draw
    return function(build(model, images), images, layer)


@torch.enable_grad()
def one_by_one(function: Callable, model: dict, images: Tensor, layer: str) -> Any:
    """The features of each image alone, put together."""
    begin_chance(0)
    network = build(model, images)
    return torch.cat([torch.as_tensor(copy(function(network, image[None], layer))) for image in images])


@graph(kept=False)
@torch.enable_grad()
def attached(function: Callable, model: dict, images: Tensor, layer: str) -> bool:
    """Whether the features still hold on to the network's graph."""
    return bool(getattr(function(build(model, images), images, layer), "requires_grad", False))


@torch.enable_grad()
def unknown_layer(function: Callable, model: dict, images: Tensor, layer: str) -> str:
    """What becomes of a name that is no layer's."""
    network = build(model, images)
    return refusal(lambda: function(network, images, layer), KeyError, holding(*layers_of(network)))


def overwritten(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """The negative values of a layer have come back as 0."""
    if torch.allclose(answer.double(), expected.double().clamp(min=0), 1e-4, 1e-5):
        return "Some of this layer's values are negative. Which layer comes next, and where does it put its result?"
    return ""


def modes(answer: list[str], expected: list[str], inputs: Inputs) -> str:
    """A part has another mode than before."""
    return "Does a model have one mode, or does each of its parts?" if _any(answer, "training was") else ""


def whatever_comes(answer: list[str], expected: list[str], inputs: Inputs) -> str:
    """An error has kept a hook or a mode from being put back."""
    left = _any(answer, "training was") or _any(answer, "hooks before")
    return "Which lines of yours still run when the model raises an error?" if left else ""


def _any(sentences: list[str], words: str) -> bool:
    return any(words in sentence for sentence in sentences)


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The image with the largest error; all features as pictures of the same grey levels, and where they differ."""
    image = worst(answer, expected)[0]
    text = (
        f"{len(expected)} images, layer {inputs['layer']!r}, outputs of shape {list(expected.shape[1:])}\n"
        f"image {image}, its first numbers: expected {numbers(expected[image])}, yours {numbers(answer[image])}"
    )

    def draw():
        tables = [_table(expected), _table(answer)]
        low, high = min(float(t.min()) for t in tables), max(float(t.max()) for t in tables)
        grey = [((table - low) / max(high - low, 1e-9)).float()[None] for table in tables]
        apart = (tables[0] - tables[1]).abs()
        grey.append((apart / max(float(apart.max()), 1e-9)).float()[None])
        titles = ["expected: one row per image", "yours: the same grey levels", "white: where they differ most"]
        return plots.image_grid(grey, titles=titles, columns=3).flat[0]

    return Counterexample(text, draw)


def _table(features: Tensor) -> Tensor:
    """Features as rows of a picture, one row per image."""
    rows = features.double().nan_to_num(0).reshape(len(features), -1)
    return rows[:MOST, :MOST]


CHECK = Check(
    "extract_features",
    points=5,
    compare=close(1e-4, 1e-5),
    probe=listen,
    explain=explain,
    cases=(
        Case("the whole of a stage", "values", listening(3, "#1")),
        Case(
            "a layer before an in-place ReLU",
            "values",
            listening(4, "#0.1"),
            hint=overwritten,
        ),
        Case("a layer deep in a part", "values", listening(2, "#2.0.0", training=False)),
        Case("vectors, more images than one pass takes", "values", listening(67, "#3.1", (4, 4))),
        Case(
            "each image alone",
            "property",
            listening(3, "#2", training=False, evaluating=("#1",)),
            close(1e-3, 1e-4),
            one_by_one,
        ),
        Case("a network that takes bytes", "property", bytes_seen),
        Case(
            "a model in training mode is so afterwards",
            "property",
            listening(3, "#1"),
            no_traces(),
            traces,
            explain=False,
        ),
        Case(
            "a model in evaluation mode is so afterwards",
            "property",
            listening(3, "#2", training=False),
            no_traces(),
            traces,
            explain=False,
        ),
        Case(
            "some parts in evaluation mode, some frozen",
            "property",
            listening(3, "#2", evaluating=("#0", "#2.0"), frozen=("#0", "#1")),
            no_traces(),
            traces,
            explain=False,
            hint=modes,
        ),
        Case(
            "each image once, and not too many together",
            "property",
            listening(131, "#0.3", (4, 4), (STEM, STAGE, ["linear 6 2"])),
            no_traces(),
            traces,
            explain=False,
        ),
        Case(
            "features without a graph",
            "property",
            listening(2, "#1"),
            exact(),
            attached,
            explain=False,
            hint="A graph keeps every map of the network in memory.",
        ),
        Case(
            "the model raises an error",
            "edge",
            too_many_channels,
            no_traces(),
            traces,
            explain=False,
            hint=whatever_comes,
            essential=True,
        ),
        Case(
            "no layer of this name",
            "edge",
            unknown,
            refused("KeyError", "the names of the layers"),
            unknown_layer,
            explain=False,
            hint=mistyped,
        ),
        Case("no images", "edge", listening(0, "#1"), close(), explain=False),
        Case("one image", "edge", listening(1, "#3")),
        Case("exactly one pass", "edge", listening(64, "#3.1", (4, 4))),
        Case("images of 9 × 13 pixels", "edge", listening(2, "#0", (9, 13))),
        *styles(listening(3, "#2.1", parts=(STEM, BLOCK, STAGE, ["linear 6 3"])), probe=listen),
    ),
)
