"""Unit 00: wrong versions of `max_pool2d`."""

from torch.nn.functional import avg_pool2d
from torch.nn.functional import max_pool2d as pool

from autograder.misconceptions import wrong


@wrong(
    "max_pool2d",
    "starts-at-zero",
    "Negative maps come out as 0: your maximum starts from zero. Start from the first value, or from minus infinity.",
)
def starts_at_zero(x, kernel, stride):
    return pool(x, kernel, stride).clamp(min=0)


@wrong("max_pool2d", "mean", "You take the mean of each window; pooling here takes the largest response.")
def mean(x, kernel, stride):
    return avg_pool2d(x, kernel, stride)


@wrong(
    "max_pool2d",
    "stride-ignored",
    "You move by the kernel size. AlexNet's windows are 3 wide and move by 2, so that they overlap.",
)
def stride_ignored(x, kernel, stride):
    return pool(x, kernel, kernel)


@wrong(
    "max_pool2d",
    "tiles",
    "Your windows are tiles that never overlap. Their size is `kernel`; `stride` is only how far they move.",
)
def tiles(x, kernel, stride):
    return pool(x, stride, stride)


@wrong("max_pool2d", "ceil-mode", "You keep windows that are cut off by the border. Only whole windows count here.")
def ceil_mode(x, kernel, stride):
    return pool(x, kernel, stride, ceil_mode=True)


@wrong(
    "max_pool2d",
    "over-channels",
    "You also take the maximum over channels. Each activation map is pooled alone; the depth stays.",
)
def over_channels(x, kernel, stride):
    return pool(x, kernel, stride).amax(dim=1, keepdim=True)


@wrong(
    "max_pool2d",
    "padded",
    "You pad the maps before pooling, so the windows stand elsewhere. Here nothing is added at the border.",
)
def padded(x, kernel, stride):
    return pool(x, kernel, stride, padding=kernel // 2)
