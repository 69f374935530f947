"""Unit 03: probes, which run beside the student's code."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.checks.codec import copy
from course_lib.checks.draws import drawn


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


def slopes(function: Callable, x: Tensor, beta: float) -> Any:
    """The slope of smooth_l1 at x, from the values a little to the left and to the right."""
    step = 0.01 * beta
    left, right = (torch.as_tensor(copy(function(x + move, beta))) for move in (-step, step))
    return (right - left) / (2 * step)


def draw_rois(function: Callable, ious: Tensor, batch: int, fg_fraction: float, seeds: int) -> dict[str, Any]:
    """What sample_rois draws under many seeds; see `drawn`."""
    return drawn(lambda rng: function(ious, batch, fg_fraction, rng), len(ious), seeds)


def factor(function: Callable, weight: Tensor, bias: Tensor | None, rank: int, x: Tensor) -> dict[str, Any]:
    """truncated_svd of a layer: outputs for x, the product of the weights, their shapes, which biases there are."""
    first, second = _two_layers(function(_linear(weight, bias), rank))
    with torch.no_grad():
        return {
            "shapes": [list(first.weight.shape), list(second.weight.shape)],
            "biases": [first.bias is not None, second.bias is not None],
            "product": second.weight @ first.weight,
            "outputs": second(first(x)),
        }


def factor_in_double(function: Callable, weight: Tensor, bias: Tensor, rank: int, x: Tensor) -> dict[str, Any]:
    """The same with a layer of 64-bit numbers."""
    return factor(function, weight.double(), bias.double(), rank, x.double())


def layer_after(function: Callable, weight: Tensor, bias: Tensor, rank: int, x: Tensor) -> list[Tensor]:
    """The layer's own weight and bias after the call, and after the two new layers were changed."""
    linear = _linear(weight, bias)
    for layer in _two_layers(function(linear, rank)):
        for parameter in layer.parameters():
            parameter.data.zero_()
    return [linear.weight, linear.bias]


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias is not None)
    linear.weight.data = weight.clone()
    if bias is not None:
        linear.bias.data = bias.clone()
    return linear


def _two_layers(answer: Any) -> list[nn.Linear]:
    """The layers of the answer. Raises TypeError where it is not a Sequential of two Linear."""
    if not isinstance(answer, nn.Sequential) or [type(layer) for layer in answer] != [nn.Linear, nn.Linear]:
        raise TypeError(f"expected an nn.Sequential of two nn.Linear, got {str(answer)[:200]}")
    return list(answer)
