"""Unit 00: what the functions are asked about. Sizes are unequal everywhere (images, channels, height, width)."""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.cnn_recap import networks as net
from course_lib.checks.cnn_recap.networks import FLAT, RELU, between, chain, conv, linear, norm, numbers, pool, weights
from course_lib.checks.spec import Inputs


def maps(rng: Generator, *shape: int) -> Tensor:
    """Whole numbers, no two equal, a third of them negative: exact on every processor and easy to follow by hand."""
    count = int(torch.Size(shape).numel())
    return torch.as_tensor(rng.permutation(count) - count // 3, dtype=torch.float32).reshape(shape)


def convolving(
    images: int = 1,
    channels: int = 1,
    filters: int = 1,
    size: tuple[int, int] = (5, 7),
    kernel: tuple[int, int] = (3, 3),
    stride: int = 1,
    padding: int = 0,
    bias: bool = True,
):
    """An image, filters and (with `bias`) one number for each filter, far from 0 and from each other."""

    def make(rng: Generator) -> Inputs:
        return {
            "image": maps(rng, images, channels, *size),
            "weight": maps(rng, filters, channels, *kernel),
            "bias": 100.0 * (2 + maps(rng, filters)) if bias else None,
            "stride": stride,
            "padding": padding,
        }

    return make


def pooling(*shape: int, kernel: int = 2, stride: int = 2, negative: bool = False):
    """Maps of positive numbers, or with `negative` of negative ones; no two are equal."""

    def make(rng: Generator) -> Inputs:
        x = maps(rng, *shape)
        x = x - x.min() + 1 if x.numel() else x
        return {"x": -x if negative else x, "kernel": kernel, "stride": stride}

    return make


def layers(kernels: tuple[int, ...], strides: tuple[int, ...], more: int = 5):
    """A chain of layers whose kernels and strides are these, in this order, each kernel up to `more` larger."""

    def make(rng: Generator) -> Inputs:
        larger = rng.integers(0, more + 1, len(kernels)).tolist()
        return {"layers": [(kernel + plus, step) for kernel, plus, step in zip(kernels, larger, strides, strict=True)]}

    return make


four_layers = layers((3, 4, 5, 7), (3, 1, 2, 2), more=3)
"""Whatever is drawn: the other way round they see another patch, and their strides' sum is not their product."""


def these_layers(*chosen: tuple[int, int]):
    """Exactly these layers."""
    return lambda rng: {"layers": list(chosen)}


def same_size(rng: Generator) -> Inputs:
    """Two to forty layers of 3×3, stride 1."""
    return {"layers": [(3, 1)] * int(rng.integers(2, 41))}


def _widths(rng: Generator, count: int) -> list[int]:
    """Numbers of channels, no two equal."""
    return (rng.permutation(6)[:count] + 2).tolist()


def one_convolution(rng: Generator) -> Inputs:
    """A 3×3 convolution."""
    a, b = _widths(rng, 2)
    return {"plan": conv(a, b), "input_shape": (a, 6, 9)}


def small_classifier(rng: Generator) -> Inputs:
    """Convolution, ReLU, pooling, linear layer."""
    a, b, classes = _widths(rng, 3)
    plan = chain(conv(a, b, padding=1), RELU, pool(2), FLAT, linear(b * 3 * 4, classes))
    return {"plan": plan, "input_shape": (a, 6, 8)}


def nested(rng: Generator) -> Inputs:
    """Blocks of convolution, batch norm and ReLU within a chain."""
    a, b, c, classes = _widths(rng, 4)
    first, second = (chain(conv(i, o, padding=1, bias=False), norm(o), RELU) for i, o in ((a, b), (b, c)))
    return {"plan": chain(chain(first, pool(2), second), FLAT, linear(c * 2 * 3, classes)), "input_shape": (a, 4, 6)}


def towers(rng: Generator) -> Inputs:
    """Groups, a stride, unequal sides of a kernel, dilation."""
    a, b = _widths(rng, 2)
    grouped = conv(2 * a, 6, (3, 2), stride=2, groups=2)
    return {"plan": chain(grouped, RELU, conv(6, 3 * b, 2, dilation=2, groups=3)), "input_shape": (2 * a, 9, 11)}


def called_twice(rng: Generator) -> Inputs:
    """A convolution that the network calls twice."""
    a, b = _widths(rng, 2)
    return {"plan": chain(conv(a, b), ("Twice", conv(b, b, padding=1))), "input_shape": (a, 5, 7)}


def shared(rng: Generator) -> Inputs:
    """Two linear layers with one weight."""
    a, b = _widths(rng, 2)
    plan = chain(conv(a, b), FLAT, ("Tied", {"features": b * 2}))
    return {"plan": plan, "input_shape": (a, 3, 4)}


def own_parameter(rng: Generator) -> Inputs:
    """A parameter that belongs to no layer of PyTorch's, and a convolution with one filter."""
    (a,) = _widths(rng, 1)
    return {"plan": chain(("Scaled", {"channels": a}), conv(a, 1)), "input_shape": (a, 4, 5)}


def each_row(rng: Generator) -> Inputs:
    """A linear layer that reads each row of the image by itself."""
    a, b, c = _widths(rng, 3)
    return {"plan": chain(linear(7, b), RELU, conv(a, c, 2)), "input_shape": (a, 5, 7)}


def nothing_counted(rng: Generator) -> Inputs:
    """Neither a convolution nor a linear layer."""
    (a,) = _widths(rng, 1)
    return {"plan": chain(norm(a), RELU), "input_shape": (a, 3, 4)}


def one_pixel(rng: Generator) -> Inputs:
    """A batch norm behind which each map has one pixel: in training mode PyTorch refuses a single image."""
    a, b = _widths(rng, 2)
    return {"plan": chain(conv(a, b, 4), norm(b)), "input_shape": (a, 4, 4)}


INCEPTION = {  # layer: (output, input, kernel); places among the module's arguments
    "conv1": (1, 0, 1),
    "reduce3": (2, 0, 1),
    "conv3": (3, 2, 3),
    "reduce5": (4, 0, 1),
    "conv5": (5, 4, 5),
    "project": (6, 0, 1),
}


def inception(*widths: int, images: int = 1, size: tuple[int, int] = (4, 5)):
    """Arguments, weights and an input of an inception module; its widths are drawn where none are given.

    Most numbers of the input are negative, so that its border shows in the pooling.
    """

    def make(rng: Generator) -> Inputs:
        config = widths or tuple((rng.permutation(7) + 2).tolist())
        state = {}
        for name, (outside, inside, kernel) in INCEPTION.items():
            state[f"{name}.weight"] = weights(rng, config[outside], config[inside], kernel, kernel)
            state[f"{name}.bias"] = numbers(rng, config[outside]) / 2
        return {"config": config, "state": state, "x": numbers(rng, images, config[0], *size) - 0.75}

    return make


def block(inside: int, outside: int, stride: int = 1, images: int = 1, size: tuple[int, int] = (4, 5)):
    """Arguments, weights and an input of a residual block; without a stride of its own where the stride is 1."""

    def make(rng: Generator) -> Inputs:
        a, b = (int(width + rng.integers(0, 2)) for width in (inside, outside))
        b = a if inside == outside else b
        state = {"conv1.weight": weights(rng, b, a, 3, 3), "conv2.weight": weights(rng, b, b, 3, 3)}
        state |= net.batch_norm(rng, "bn1", b) | net.batch_norm(rng, "bn2", b)
        if stride > 1 or a != b:
            state |= {"shortcut.0.weight": weights(rng, b, a, 1, 1), **net.batch_norm(rng, "shortcut.1", b)}
        config = (a, b) if stride == 1 else (a, b, stride)
        return {"config": config, "state": state, "x": numbers(rng, images, a, *size)}

    return make


def stripes(rng: Generator) -> Inputs:
    """A network that only lays the pixels in a row, and an image of stripes: it changes by more than it holds."""
    image = torch.zeros(2, 5, 8)
    image[..., ::2] = between(rng, 0.5, 1, (2, 5, 4))
    return {"plan": chain(FLAT), "state": {}, "image": image, "shifts": [1, 2, 3]}


def moving(*shifts: int, channels: int = 2, size: tuple[int, int] = (5, 8), head: bool = True, strided: bool = True):
    """A small network with batch norm, an image and shifts; without `strided` it moves along with the image."""
    height, width = size
    stride = 2 if strided else 1
    border = {"padding": 1} if strided else {"padding": 1, "padding_mode": "circular"}

    def make(rng: Generator) -> Inputs:
        parts = [conv(channels, 3, stride=stride, **border), norm(3), RELU]
        inside = 3 * (-(-height // stride)) * (-(-width // stride))
        state = {"0.weight": weights(rng, 3, channels, 3, 3), "0.bias": numbers(rng, 3)}
        state |= net.batch_norm(rng, "1", 3)
        if not strided:
            parts, inside = [*parts, ("AdaptiveAvgPool2d", {"output_size": 1})], 3
        if head:
            state |= {
                f"{len(parts) + 1}.weight": weights(rng, 4, inside),
                f"{len(parts) + 1}.bias": numbers(rng, 4),
            }
            parts = [*parts, FLAT, linear(inside, 4)]
        image = between(rng, 0.1, 1, (channels, *size))
        return {"plan": chain(*parts), "state": state, "image": image, "shifts": list(shifts)}

    return make
