"""Unit 00: wrong versions of `conv2d`."""

from torch.nn.functional import pad, unfold

from autograder.misconceptions import wrong


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
    "conv2d",
    "flipped-kernel",
    "You turn the kernel by 180° before sliding it. That is convolution in signal processing; networks, and this "
    "course, slide the kernel as it is.",
)
def flipped_kernel(image, weight, bias, stride, padding):
    return _layer(image, weight.flip(-1, -2), bias, stride, padding)


@wrong(
    "conv2d",
    "always-same",
    "Your output keeps the size of the input whatever `padding` is. Pad by exactly the number of pixels that was "
    "asked for.",
)
def always_same(image, weight, bias, stride, padding):
    high, wide = ((side - 1) // 2 for side in weight.shape[2:])
    return _layer(pad(image, (wide, wide, high, high)), weight, bias, stride, 0)


@wrong(
    "conv2d",
    "ceil-size",
    "Your last window hangs over the border. A window that does not fit entirely is left out: the size is rounded "
    "down.",
)
def ceil_size(image, weight, bias, stride, padding):
    over = [
        (kernel - side - 2 * padding) % stride for side, kernel in zip(image.shape[2:], weight.shape[2:], strict=True)
    ]
    image = pad(image, (padding, padding + over[1], padding, padding + over[0]))
    return _layer(image, weight, bias, stride, 0)


@wrong("conv2d", "no-bias", "The bias is missing: each output channel gets one number added.")
def no_bias(image, weight, bias, stride, padding):
    return _layer(image, weight, None, stride, padding)


@wrong(
    "conv2d",
    "bias-along-width",
    "Your bias is added along the width. It belongs to the channel: one number for the whole map.",
)
def bias_along_width(image, weight, bias, stride, padding):
    maps = _layer(image, weight, None, stride, padding)
    return maps if bias is None else maps + bias


@wrong(
    "conv2d",
    "transposed-map",
    "Height and width of your map are exchanged. The columns of unfold run row by row: height first.",
)
def transposed_map(image, weight, bias, stride, padding):
    maps, rows = _maps(image, weight, stride, padding)
    return _biased(maps, bias).unflatten(2, (-1, rows))


@wrong(
    "conv2d",
    "channel-mean",
    "You average over the input channels. A filter spans the full depth and sums over it.",
)
def channel_mean(image, weight, bias, stride, padding):
    return _biased(_layer(image, weight, None, stride, padding) / weight.shape[1], bias)


@wrong(
    "conv2d",
    "square-kernel",
    "You take every filter for a square. Height and width of a filter may differ: read both of them.",
)
def square_kernel(image, weight, bias, stride, padding):
    side = min(weight.shape[2:])
    return _layer(image, weight[:, :, :side, :side], bias, stride, padding)


@wrong(
    "conv2d",
    "mixed-channels",
    "The numbers in your columns and in your filters stand in different orders. A column of `F.unfold` holds one "
    "channel after the other, each with its whole window.",
)
def mixed_channels(image, weight, bias, stride, padding):
    o, c, height, width = weight.shape
    mixed = weight.reshape(o, c, height * width).transpose(1, 2).reshape(weight.shape)
    return _layer(image, mixed, bias, stride, padding)


@wrong(
    "conv2d",
    "weights-reshaped",
    "Your filters are cut up wrongly: `reshape(-1, o).T` deals their numbers out in turn. One row should hold one "
    "filter: `weight.flatten(1)`.",
)
def weights_reshaped(image, weight, bias, stride, padding):
    return _layer(image, weight.reshape(-1, len(weight)).T.reshape(weight.shape), bias, stride, padding)


@wrong(
    "conv2d",
    "windows-unsorted",
    "You reshape the windows while the channels still stand before the places, so numbers of different windows mix. "
    "First bring each window's numbers together with `permute`.",
)
def windows_unsorted(image, weight, bias, stride, padding):
    windows = pad(image, (padding,) * 4).unfold(2, weight.shape[2], stride).unfold(3, weight.shape[3], stride)
    n, _, rows, columns = windows.shape[:4]
    maps = windows.reshape(n, rows * columns, weight[0].numel()) @ weight.flatten(1).T
    return _biased(maps.transpose(1, 2), bias).unflatten(2, (rows, columns))


@wrong(
    "conv2d",
    "pads-width-only",
    "You pad only left and right. With two numbers `F.pad` changes the last axis alone; rows above and below need two "
    "more.",
)
def pads_width_only(image, weight, bias, stride, padding):
    return _layer(pad(image, (padding, padding)), weight, bias, stride, 0)
