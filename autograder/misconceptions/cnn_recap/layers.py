"""Unit 00: wrong versions of `conv2d`, `max_pool2d` and `receptive_field`."""

from torch.nn.functional import avg_pool2d, pad, unfold
from torch.nn.functional import max_pool2d as pool

from autograder.misconceptions import collector

MISCONCEPTIONS = []
wrong = collector("conv2d", MISCONCEPTIONS)


def _maps(image, weight, stride, padding):
    """Each filter's answers, one window after the other [n, o, windows], and how many rows of them there are."""
    rows = (image.shape[2] + 2 * padding - weight.shape[2]) // stride + 1
    return weight.flatten(1) @ unfold(image, weight.shape[2:], padding=padding, stride=stride), rows


def _biased(maps, bias):
    """Maps [n, o, …] with one number added to each."""
    return maps if bias is None else maps + bias.reshape(-1, *[1] * (maps.ndim - 2))


def _layer(image, weight, bias, stride, padding):
    """The whole layer."""
    maps, rows = _maps(image, weight, stride, padding)
    return _biased(maps, bias).unflatten(2, (rows, -1))


@wrong(
    "flipped-kernel",
    "You turn the kernel by 180° before sliding it. That is convolution in signal processing; networks, and this "
    "course, slide the kernel as it is.",
)
def _(image, weight, bias, stride, padding):
    return _layer(image, weight.flip(-1, -2), bias, stride, padding)


@wrong(
    "always-same",
    "Your output keeps the size of the input whatever `padding` is. Pad by exactly the number of pixels that was "
    "asked for.",
)
def _(image, weight, bias, stride, padding):
    high, wide = ((side - 1) // 2 for side in weight.shape[2:])
    return _layer(pad(image, (wide, wide, high, high)), weight, bias, stride, 0)


@wrong(
    "ceil-size",
    "Your last window hangs over the border. A window that does not fit entirely is left out: the size is rounded "
    "down.",
)
def _(image, weight, bias, stride, padding):
    over = [
        (kernel - side - 2 * padding) % stride for side, kernel in zip(image.shape[2:], weight.shape[2:], strict=True)
    ]
    image = pad(image, (padding, padding + over[1], padding, padding + over[0]))
    return _layer(image, weight, bias, stride, 0)


@wrong("no-bias", "The bias is missing: each output channel gets one number added.")
def _(image, weight, bias, stride, padding):
    return _layer(image, weight, None, stride, padding)


@wrong(
    "bias-along-width",
    "Your bias is added along the width. It belongs to the channel: one number for the whole map.",
)
def _(image, weight, bias, stride, padding):
    maps = _layer(image, weight, None, stride, padding)
    return maps if bias is None else maps + bias


@wrong(
    "transposed-map",
    "Height and width of your map are exchanged. The columns of unfold run row by row: height first.",
)
def _(image, weight, bias, stride, padding):
    maps, rows = _maps(image, weight, stride, padding)
    return _biased(maps, bias).unflatten(2, (-1, rows))


@wrong(
    "channel-mean",
    "You average over the input channels. A filter spans the full depth and sums over it.",
)
def _(image, weight, bias, stride, padding):
    return _biased(_layer(image, weight, None, stride, padding) / weight.shape[1], bias)


@wrong(
    "square-kernel", "You take every filter for a square. Height and width of a filter may differ: read both of them."
)
def _(image, weight, bias, stride, padding):
    side = min(weight.shape[2:])
    return _layer(image, weight[:, :, :side, :side], bias, stride, padding)


wrong = collector("max_pool2d", MISCONCEPTIONS)


@wrong(
    "starts-at-zero",
    "Negative maps come out as 0: your maximum starts from zero. Start from the first value, or from minus infinity.",
)
def _(x, kernel, stride):
    return pool(x, kernel, stride).clamp(min=0)


@wrong("mean", "You take the mean of each window; pooling here takes the largest response.")
def _(x, kernel, stride):
    return avg_pool2d(x, kernel, stride)


@wrong(
    "stride-ignored",
    "You move by the kernel size. AlexNet's windows are 3 wide and move by 2, so that they overlap.",
)
def _(x, kernel, stride):
    return pool(x, kernel, kernel)


@wrong(
    "tiles",
    "Your windows are tiles that never overlap. Their size is `kernel`; `stride` is only how far they move.",
)
def _(x, kernel, stride):
    return pool(x, stride, stride)


@wrong("ceil-mode", "You keep windows that are cut off by the border. Only whole windows count here.")
def _(x, kernel, stride):
    return pool(x, kernel, stride, ceil_mode=True)


@wrong(
    "over-channels",
    "You also take the maximum over channels. Each activation map is pooled alone; the depth stays.",
)
def _(x, kernel, stride):
    return pool(x, kernel, stride).amax(dim=1, keepdim=True)


@wrong(
    "padded", "You pad the maps before pooling, so the windows stand elsewhere. Here nothing is added at the border."
)
def _(x, kernel, stride):
    return pool(x, kernel, stride, padding=kernel // 2)


wrong = collector("receptive_field", MISCONCEPTIONS)


def _walk(layers, grow, start=1):
    """Size by `grow(size, jump, kernel, stride)` from layer to layer, and the total stride."""
    size, jump = start, 1
    for kernel, stride in layers:
        size = grow(size, jump, kernel, stride)
        jump *= stride
    return size, jump


@wrong(
    "sum-of-kernels",
    "You add up kernels. The second layer's windows overlap: each layer adds only kernel − 1. Three 3×3 layers see 7 "
    "pixels, not 9.",
)
def _(layers):
    return _walk(layers, lambda size, jump, kernel, stride: size + kernel, start=0)


@wrong("no-jump", "You forget that after a stride, one step is several pixels of the image.")
def _(layers):
    return _walk(layers, lambda size, jump, kernel, stride: size + kernel - 1)


@wrong(
    "stride-too-early",
    "You let a layer's stride widen its own window. Its stride acts only on the layers above it.",
)
def _(layers):
    return _walk(layers, lambda size, jump, kernel, stride: size + (kernel - 1) * jump * stride)


@wrong(
    "backward-formula-forward",
    "This formula is right from the last layer back to the first; you run it in the other direction.",
)
def _(layers):
    return _walk(layers, lambda size, jump, kernel, stride: (size - 1) * stride + kernel)


@wrong("sum-of-strides", "Strides multiply: two layers of stride 2 move by 4 pixels.")
def _(layers):
    size, _ = _walk(layers, lambda size, jump, kernel, stride: size + (kernel - 1) * jump)
    return size, sum(stride for _, stride in layers)


@wrong("last-stride", "Your stride is that of the last layer alone. From layer to layer, strides multiply.")
def _(layers):
    size, _ = _walk(layers, lambda size, jump, kernel, stride: size + (kernel - 1) * jump)
    return size, [1, *(stride for _, stride in layers)][-1]


@wrong("from-zero", "Before the first layer a unit sees one pixel, not none.")
def _(layers):
    return _walk(layers, lambda size, jump, kernel, stride: size + (kernel - 1) * jump, start=0)


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
