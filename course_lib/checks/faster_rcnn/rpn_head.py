"""Unit 04: what is asked of `RPNHead`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor, nn

from course_lib.checks.codec import copy
from course_lib.checks.compare import close, worst
from course_lib.checks.faster_rcnn.shared import flows
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.probes import backward, graph
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Compare, Counterexample, Inputs, Mismatch, Refusal


def network(channels: int, anchors: int, height: int, width: int, images: int = 1):
    """Weights of a region proposal network, and feature maps that are negative in places."""
    shapes = {
        "conv.weight": (channels, channels, 3, 3),
        "conv.bias": (channels,),
        "cls_logits.weight": (anchors, channels, 1, 1),
        "cls_logits.bias": (anchors,),
        "bbox_pred.weight": (4 * anchors, channels, 1, 1),
        "bbox_pred.bias": (4 * anchors,),
    }

    def make(rng: Generator) -> Inputs:
        state = {name: floats(rng.normal(size=shape) * 0.5) for name, shape in shapes.items()}
        return {"state": state, "features": floats(rng.normal(size=(images, channels, height, width)))}

    return make


def any_network(rng: Generator) -> Inputs:
    """Weights of a region proposal network of any width, and the features of one cell."""
    return network(int(rng.integers(3, 9)), int(rng.integers(2, 9)), 1, 1)(rng)


def loaded(head: Callable, state: dict[str, Tensor], features: Tensor) -> nn.Module:
    """A region proposal network with these weights, of the features' type and on their device."""
    anchors, channels = state["cls_logits.weight"].shape[:2]
    module = head(channels, anchors).to(features)
    try:
        module.load_state_dict(state)
    except RuntimeError as error:  # other names or other shapes
        raise Refusal(
            "The check cannot load weights into your layers: expected conv, cls_logits and bbox_pred as `RPNLayers` "
            "makes them. Write `forward` alone."
        ) from error
    return module


def judge_anchors(head: Callable, state: dict[str, Tensor], features: Tensor) -> Any:
    """RPNHead's answer on these features."""
    return loaded(head, state, features)(features)


def one_by_one(head: Callable, state: dict[str, Tensor], features: Tensor) -> Any:
    """RPNHead's answers on each image alone, put together."""
    module = loaded(head, state, features)
    alone = [copy(module(image[None])) for image in features]
    return [torch.cat([torch.as_tensor(one[part]) for one in alone]) for part in (0, 1)]


def layer_shapes(head: Callable, state: dict[str, Tensor], features: Tensor) -> dict[str, list[int]]:
    """The shapes of a new RPNHead's weights, by name."""
    anchors, channels = state["cls_logits.weight"].shape[:2]
    return {name: list(value.shape) for name, value in head(channels, anchors).state_dict().items()}


@graph(kept=True)
def gradients(head: Callable, state: dict[str, Tensor], features: Tensor) -> list[Tensor]:
    """Gradients of RPNHead's answer with respect to the features and to its weights."""
    module, features = loaded(head, state, features), features.clone().requires_grad_()
    return backward(module(features), [features, *module.parameters()])


def layers() -> Compare:
    """The same layers, by name and shape."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        missing, extra = sorted(expected.keys() - answer.keys()), sorted(answer.keys() - expected.keys())
        if missing or extra:
            told = [
                f"{', '.join(names)} {word}" for names, word in ((missing, "missing"), (extra, "not expected")) if names
            ]
            return Mismatch(f"The weights of the layers: {'; '.join(told)}.")
        other = [name for name in expected if answer[name] != expected[name]]
        shapes = [f"{name} of shape {expected[name]}, yours has {answer[name]}" for name in other]
        return Mismatch(f"Expected {shapes[0]}.") if shapes else None

    return compare


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Whether the region proposal network's numbers are the right ones at other places."""
    for part, question in (
        (0, "Your logits are the right ones at other places: of which cell, and which anchor, are the first six?"),
        (1, "Your deltas are the right ones at other places: which four channels belong to the first anchor?"),
    ):
        mine, theirs = answer[part].double(), expected[part].double()
        if not torch.allclose(mine, theirs, 1e-3, 1e-4):
            both = [values.flatten().sort().values for values in (mine, theirs)]
            return question if torch.allclose(*both, 1e-3, 1e-4) else ""
    return ""


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The anchor whose logit, or else whose correction, is furthest off, and where yours would belong."""
    _, _, height, width = inputs["features"].shape
    per_cell = expected[0].shape[1] // (height * width)
    part = 0 if not torch.allclose(answer[0].double(), expected[0].double(), 1e-3, 1e-3) else 1
    image, place = worst(answer[part], expected[part])[:2]
    theirs, mine = expected[part][image].double(), answer[part][image, place].double()
    told = [" ".join(f"{value:.3f}" for value in values.reshape(-1).tolist()) for values in (theirs[place], mine)]
    where = f"image {image}, {_of_cell(place, per_cell, width)} (position {place})"
    same = ((theirs - mine).reshape(len(theirs), -1).abs().amax(dim=1) < 1e-3).nonzero().flatten().tolist()
    other = f"\nyours is that of {_of_cell(same[0], per_cell, width)} (position {same[0]})" if same else ""
    return Counterexample(f"{where}\n{('logit', 'deltas')[part]}: expected {told[0]}, yours {told[1]}{other}")


def _of_cell(place: int, per_cell: int, width: int) -> str:
    """Whose anchor stands at a position of the region proposal network's answer."""
    cell, anchor = divmod(place, per_cell)
    return f"row {cell // width}, column {cell % width}, anchor {anchor} of {per_cell}"


CHECK = Check(
    "RPNHead",
    points=4,
    forbids=("torchvision.models.detection.rpn.RPNHead",),
    compare=close(1e-3, 1e-4),
    probe=judge_anchors,
    hint=hint,
    explain=explain,
    cases=(
        Case(
            "the given layers",
            "values",
            any_network,
            layers(),
            layer_shapes,
            hint="Write `forward` alone: the layers come from `RPNLayers`.",
            explain=False,
            weight=0.25,
        ),
        Case("one cell, one anchor", "values", network(4, 1, 1, 1)),
        Case("one cell, three anchors", "values", network(4, 3, 1, 1)),
        Case("2 × 5 cells, three anchors", "values", network(4, 3, 2, 5)),
        Case("two images, 4 × 3 cells", "values", network(3, 2, 4, 3, images=2)),
        Case(
            "each image alone",
            "property",
            network(3, 2, 3, 2, images=3),
            probe=one_by_one,
            hint=False,
            explain=False,
        ),
        Case(
            "gradients of features and weights",
            "property",
            network(3, 2, 2, 3),
            close(1e-3, 1e-3),
            gradients,
            hint=flows,
            explain=False,
        ),
        Case("no image", "edge", network(3, 2, 2, 4, images=0), explain=False),
        *styles(network(3, 2, 3, 4), probe=judge_anchors),
    ),
)
