"""Unit 00: wrong versions of `receptive_field`."""

from autograder.misconceptions import wrong


def _walk(layers, grow, start=1):
    """Size by `grow(size, jump, kernel, stride)` from layer to layer, and the total stride."""
    size, jump = start, 1
    for kernel, stride in layers:
        size = grow(size, jump, kernel, stride)
        jump *= stride
    return size, jump


@wrong(
    "receptive_field",
    "sum-of-kernels",
    "You add up kernels. The second layer's windows overlap: each layer adds only kernel − 1. Three 3×3 layers see 7 "
    "pixels, not 9.",
)
def sum_of_kernels(layers):
    return _walk(layers, lambda size, jump, kernel, stride: size + kernel, start=0)


@wrong("receptive_field", "no-jump", "You forget that after a stride, one step is several pixels of the image.")
def no_jump(layers):
    return _walk(layers, lambda size, jump, kernel, stride: size + kernel - 1)


@wrong(
    "receptive_field",
    "stride-too-early",
    "You let a layer's stride widen its own window. Its stride acts only on the layers above it.",
)
def stride_too_early(layers):
    return _walk(layers, lambda size, jump, kernel, stride: size + (kernel - 1) * jump * stride)


@wrong(
    "receptive_field",
    "backward-formula-forward",
    "You go through the layers in the wrong direction: (size - 1) * stride + kernel begins at the last layer, size + "
    "(kernel - 1) * jump at the first.",
)
def backward_formula_forward(layers):
    return _walk(layers, lambda size, jump, kernel, stride: (size - 1) * stride + kernel)


@wrong("receptive_field", "sum-of-strides", "Strides multiply: two layers of stride 2 move by 4 pixels.")
def sum_of_strides(layers):
    size, _ = _walk(layers, lambda size, jump, kernel, stride: size + (kernel - 1) * jump)
    return size, sum(stride for _, stride in layers)


@wrong(
    "receptive_field",
    "last-stride",
    "Your stride is that of the last layer alone. From layer to layer, strides multiply.",
)
def last_stride(layers):
    size, _ = _walk(layers, lambda size, jump, kernel, stride: size + (kernel - 1) * jump)
    return size, [1, *(stride for _, stride in layers)][-1]


@wrong("receptive_field", "from-zero", "Before the first layer a unit sees one pixel, not none.")
def from_zero(layers):
    return _walk(layers, lambda size, jump, kernel, stride: size + (kernel - 1) * jump, start=0)


@wrong(
    "receptive_field",
    "gaps-left-out",
    "You count only the pixels that are looked at. The receptive field is the span from the first of them to the last.",
)
def gaps_left_out(layers):
    pixels = {0}
    for kernel, stride in reversed(layers):
        pixels = {stride * pixel + tap for pixel in pixels for tap in range(kernel)}
    return len(pixels), _walk(layers, lambda *numbers: 1)[1]
