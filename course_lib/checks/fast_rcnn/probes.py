"""Unit 03: probes, which run beside the student's code."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.checks.codec import copy
from course_lib.checks.compare import describe
from course_lib.checks.kit.draws import drawn
from course_lib.checks.kit.refusals import forgotten
from course_lib.checks.spec import Refusal


def twice_the_pixels(function: Callable, features: Tensor, rois: Tensor, *more: Any) -> Any:
    """roi_pool of the same regions in an image of twice the resolution: nothing changes."""
    size, scale = more
    return function(features, torch.cat([rois[:, :1], rois[:, 1:] * 2], dim=1), size, scale / 2)


def beside_autograd(function: Callable, grad: Tensor, argmax: Tensor, rois: Tensor, shape: tuple[int, ...]) -> Tensor:
    """How far roi_pool_backward is from what autograd finds when the responses are read at `argmax`."""
    features = torch.zeros(shape, dtype=grad.dtype, requires_grad=True)
    read = features.flatten(2)[rois[:, 0].long()].gather(2, argmax.flatten(2).clamp(min=0)).reshape(argmax.shape)
    (read * (argmax >= 0) * grad).sum().backward()
    return torch.as_tensor(copy(function(grad, argmax, rois, shape))) - features.grad


def draw_rois(function: Callable, ious: Tensor, batch: int, fg_fraction: float, seeds: int) -> dict[str, Any]:
    """What sample_rois draws under many seeds; see `drawn`."""
    return drawn(lambda rng: function(ious, batch, fg_fraction, rng), len(ious), seeds)


def factor(function: Callable, weight: Tensor, bias: Tensor | None, rank: int, x: Tensor) -> dict[str, Any]:
    """truncated_svd of a layer: the weights' shapes, which biases there are, the product, outputs for x.

    Where the first layer has a bias, which it should not, there are no outputs: it may hold anything.
    """
    first, second = _two_layers(function(_linear(weight, bias), rank), weight)
    with torch.no_grad():
        outputs = second(first(x)) if first.bias is None else x.new_full((len(x), len(second.weight)), torch.nan)
        return {
            "the shape of the first weight": list(first.weight.shape),
            "the shape of the second weight": list(second.weight.shape),
            "the first layer has a bias": first.bias is not None,
            "the second layer has a bias": second.bias is not None,
            "product": second.weight @ first.weight,
            "outputs": outputs,
        }


def factor_in_double(function: Callable, weight: Tensor, bias: Tensor, rank: int, x: Tensor) -> dict[str, Any]:
    """The same with a layer of 64-bit numbers."""
    return factor(function, weight.double(), bias.double(), rank, x.double())


def layer_after(function: Callable, weight: Tensor, bias: Tensor, rank: int, x: Tensor) -> list[Tensor]:
    """The layer's own weight and bias after the call, and after the two new layers were changed."""
    linear = _linear(weight, bias)
    for layer in _two_layers(function(linear, rank), weight):
        for parameter in layer.parameters():
            parameter.data.zero_()
    return [linear.weight, linear.bias]


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias is not None)
    linear.weight.data = weight.clone()
    if bias is not None:
        linear.bias.data = bias.clone()
    return linear


def _two_layers(answer: Any, weight: Tensor) -> list[nn.Linear]:
    """The layers of the answer.

    Raises:
        Refusal: not two layers that can stand for the one with this weight.
    """
    if not isinstance(answer, nn.Sequential):
        raise Refusal(f"Expected an nn.Sequential of two nn.Linear, got {describe(answer)}.{forgotten(answer)}")
    names = [type(layer).__name__ for layer in answer]
    if len(names) != 2 or not all(isinstance(layer, nn.Linear) for layer in answer):
        advice = "Nothing stands between them: the product of two matrices is meant."
        raise Refusal(f"Expected two nn.Linear in the nn.Sequential, got {', '.join(names) or 'none'}. {advice}")
    first, second = answer
    shapes = [list(layer.weight.shape) for layer in answer]
    ends = (second.weight.shape[0], first.weight.shape[1])
    if ends != tuple(weight.shape) or second.weight.shape[1] != first.weight.shape[0]:
        raise Refusal(
            f"Expected weights of shape [rank, {weight.shape[1]}] and [{weight.shape[0]}, rank], got {shapes[0]} and "
            f"{shapes[1]}. A weight of nn.Linear is [out, in]."
        )
    kinds = {str(parameter.dtype) for parameter in answer.parameters()}
    if kinds != {str(weight.dtype)}:
        raise Refusal(f"Expected layers of the old one's numbers ({weight.dtype}), got {' and '.join(sorted(kinds))}.")
    return [first, second]
