"""Unit 04: probes, which run beside the student's code."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.checks.codec import copy
from course_lib.checks.kit.probes import backward, graph
from course_lib.checks.kit.refusals import refusal
from course_lib.checks.spec import Refusal


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
def head_gradients(head: Callable, state: dict[str, Tensor], features: Tensor) -> list[Tensor]:
    """Gradients of RPNHead's answer with respect to the features and to its weights."""
    module, features = loaded(head, state, features), features.clone().requires_grad_()
    return backward(module(features), [features, *module.parameters()])


def doubled(function: Callable, *inputs: Tensor) -> Any:
    """rpn_loss when every anchor comes twice."""
    return function(*(torch.cat([values, values]) for values in inputs))


def scaled_up(function: Callable, feature_size: Any, stride: int, scales: Sequence[float], ratios: Any) -> Any:
    """A third of what generate_anchors gives for an image of three times the size."""
    return torch.as_tensor(copy(function(feature_size, 3 * stride, [3 * scale for scale in scales], ratios))) / 3


def objects_reversed(function: Callable, anchors: Tensor, objects: Tensor, high: float, low: float) -> Any:
    """assign_anchors with the objects in reverse order, its matches counted from the other end."""
    labels, matches = copy(function(anchors, objects.flip(0), high, low))
    return labels, len(objects) - 1 - torch.as_tensor(matches)


@graph(kept=False)
def attached(function: Callable, scores: Tensor, deltas: Tensor, anchors: Tensor, *options: Any) -> list[bool]:
    """Whether gradients could flow back through proposals and scores, when scores and deltas come from a network."""
    answer = function(scores.clone().requires_grad_(), deltas.clone().requires_grad_(), anchors, *options)
    return [bool(getattr(part, "requires_grad", False)) for part in answer]


def rescored(function: Callable, scores: Tensor, *others: Any) -> Any:
    """The proposals alone, when the scores are probabilities instead of logits."""
    return function(torch.sigmoid(scores), *others)[0]


@graph(kept=True)
def loss_gradients(function: Callable, losses: dict[str, Tensor], weights: dict[str, float]) -> list[Tensor]:
    """The gradient of joint_loss with respect to each loss."""
    leaves = {name: loss.clone().requires_grad_() for name, loss in losses.items()}
    return backward([function(leaves, weights)], list(leaves.values()))


def not_finite(function: Callable, losses: dict[str, Tensor], weights: dict[str, float]) -> str:
    """What becomes of a loss that is not finite: "named" or "nameless" in a ValueError, "hidden" or "passed" on, or the
    name of another error.
    """
    name = next(name for name, loss in losses.items() if not loss.isfinite())
    totals = []
    told = refusal(lambda: totals.append(function(losses, weights)), ValueError, lambda message: name in message)
    if told != "accepted":
        return told
    return "hidden" if math.isfinite(totals[0]) else "passed"


def logits_raised(function: Callable, scores: Tensor, *others: Any) -> Any:
    """postprocess_detections when every logit is 3 higher: the probabilities stay."""
    return function(scores + 3, *others)
