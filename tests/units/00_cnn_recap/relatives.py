"""Unit 00: wrong versions near a misconception that are another mistake."""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.functional import pad

from autograder import reference

RELATIVES = []
OURS = reference.load("00_cnn_recap")
right_conv, right_pool = functional.conv2d, functional.max_pool2d


def near(check, allowed=""):
    """Collects one."""

    def keep(version):
        RELATIVES.append((check, version, allowed))
        return version

    return keep


@near("conv2d")
def flipped_in_height_only(image, weight, bias, stride, padding):
    return right_conv(image, weight.flip(-2), bias, stride, padding)


@near("conv2d")
def channels_turned_round(image, weight, bias, stride, padding):
    return right_conv(image, weight.flip(1), bias, stride, padding)


@near("conv2d")
def one_pixel_of_padding_always(image, weight, bias, stride, padding):
    return right_conv(image, weight, bias, stride, 1)


@near("conv2d")
def pads_height_only(image, weight, bias, stride, padding):
    return right_conv(image, weight, bias, stride, (padding, 0))


@near("conv2d")
def bias_once_for_each_channel(image, weight, bias, stride, padding):
    return right_conv(image, weight, None if bias is None else bias * weight.shape[1], stride, padding)


@near("conv2d")
def the_first_bias_for_all(image, weight, bias, stride, padding):
    return right_conv(image, weight, None if bias is None else bias[:1].expand(len(bias)), stride, padding)


@near("conv2d")
def windows_with_channels_last(image, weight, bias, stride, padding):
    o, _, height, width = weight.shape
    windows = pad(image, (padding,) * 4).unfold(2, height, stride).unfold(3, width, stride)
    out = windows.permute(0, 2, 3, 4, 5, 1).flatten(3) @ weight.reshape(o, -1).T + (0 if bias is None else bias)
    return out.permute(0, 3, 1, 2)


@near("max_pool2d")
def border_of_zeros(x, kernel, stride):
    return right_pool(pad(x, (kernel // 2,) * 4), kernel, stride)


@near("max_pool2d")
def largest_magnitude(x, kernel, stride):
    return right_pool(x.abs(), kernel, stride)


@near("max_pool2d")
def starts_at_minus_one(x, kernel, stride):
    return right_pool(x, kernel, stride).clamp(min=-1)


@near("max_pool2d")
def stride_only_downwards(x, kernel, stride):
    return right_pool(x, kernel, (stride, kernel))


@near("max_pool2d")
def smallest(x, kernel, stride):
    return -right_pool(-x, kernel, stride)


def counting(kind, each, parameters=lambda model: sum(p.numel() for p in model.parameters())):
    """A count by hooks on layers of a kind."""

    def version(model, input_shape):
        seen, modes = [], {module: module.training for module in model.modules()}
        layers = [module for module in model.modules() if isinstance(module, kind)]
        hooks = [layer.register_forward_hook(lambda layer, given, out: seen.append((layer, out))) for layer in layers]
        with torch.no_grad():
            model.eval()(next(model.parameters()).new_zeros(1, *input_shape))
        for module, mode in modes.items():
            module.training = mode
        for hook in hooks:
            hook.remove()
        return parameters(model), sum(out.numel() for _, out in seen), sum(each(layer, out) for layer, out in seen)

    return version


def counted(name, *options, allowed="", **named):
    """Collects one of them."""
    version = counting(*options, **named)
    version.__name__ = name
    RELATIVES.append(("count_cost", version, allowed))


LAYER = nn.Conv2d | nn.Linear
counted("kernels_taken_for_squares", LAYER, lambda m, out: out.numel() * m.weight[0].numel() // m.weight.shape[-1] + 1)
counted("macs_of_one_map", LAYER, lambda m, out: out.numel() * m.weight[0].numel() // out.shape[1])
counted(
    "relu_counted_too", LAYER | nn.ReLU, lambda m, out: out.numel() * m.weight[0].numel() if isinstance(m, LAYER) else 0
)
counted(
    "biases_left_out",
    LAYER,
    lambda m, out: out.numel() * m.weight[0].numel(),
    parameters=lambda model: sum(p.numel() for name, p in model.named_parameters() if not name.endswith("bias")),
)
counted(
    "state_dict_summed",
    LAYER,
    lambda m, out: out.numel() * m.weight[0].numel(),
    parameters=lambda model: sum(value.numel() for value in model.state_dict().values()),
)


@near("receptive_field", allowed="backward-formula-forward")
def from_the_last_layer(layers):
    return OURS["receptive_field"](layers[::-1])


@near("receptive_field")
def kernel_times_jump(layers):
    size = jump = 1
    for kernel, stride in layers:
        size += kernel * jump - 1
        jump *= stride
    return size, jump


@near("receptive_field")
def without_the_last_stride(layers):
    return OURS["receptive_field"](layers)[0], OURS["receptive_field"](layers[:-1])[1]


@near("receptive_field")
def largest_stride(layers):
    return OURS["receptive_field"](layers)[0], max((stride for _, stride in layers), default=1)


class Branches(OURS["InceptionModule"]):
    """The right layers; `reduced` says behind which reductions a ReLU stands."""

    reduced = (True, True)

    def parts(self, x):
        """The branches, each with its last ReLU."""
        medium, large = self.reduce3(x), self.reduce5(x)
        medium, large = medium.relu() if self.reduced[0] else medium, large.relu() if self.reduced[1] else large
        pooled = self.project(right_pool(x, 3, 1, 1))
        return [part.relu() for part in (self.conv1(x), self.conv3(medium), self.conv5(large), pooled)]


@near("InceptionModule")
class OneReductionIsLinear(Branches):
    reduced = (False, True)

    def forward(self, x):
        return torch.cat(self.parts(x), dim=1)


@near("InceptionModule")
class NoReluAtAll(Branches):
    def forward(self, x):
        pooled = self.project(right_pool(x, 3, 1, 1))
        medium, large = self.conv3(self.reduce3(x)), self.conv5(self.reduce5(x))
        return torch.cat([self.conv1(x), medium, large, pooled], dim=1)


@near("InceptionModule", allowed="order")
class LargeBeforeMedium(Branches):
    def forward(self, x):
        first, medium, large, pooled = self.parts(x)
        return torch.cat([first, large, medium, pooled], dim=1)


@near("InceptionModule")
class PooledInTiles(Branches):
    def forward(self, x):
        pooled = functional.interpolate(right_pool(x, 3, 3, 1), size=x.shape[2:])
        return torch.cat([*self.parts(x)[:3], self.project(pooled).relu()], dim=1)


@near("InceptionModule")
class WindowOfFive(Branches):
    def forward(self, x):
        return torch.cat([*self.parts(x)[:3], self.project(right_pool(x, 5, 1, 2)).relu()], dim=1)


@near("ResidualBlock")
class SecondNormForBoth(OURS["ResidualBlock"]):
    def forward(self, x):
        return (self.bn2(self.conv2(self.bn2(self.conv1(x)).relu())) + self.shortcut(x)).relu()


@near("ResidualBlock")
class SecondNormForgotten(OURS["ResidualBlock"]):
    def forward(self, x):
        return (self.conv2(self.bn1(self.conv1(x)).relu()) + self.shortcut(x)).relu()


@near("ResidualBlock")
class ReluOnTheShortcut(OURS["ResidualBlock"]):
    def forward(self, x):
        branch = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (branch + self.shortcut(x).relu()).relu()


@near("ResidualBlock")
class ReluBeforeTheNorm(OURS["ResidualBlock"]):
    def forward(self, x):
        return (self.bn2(self.conv2(self.bn1(self.conv1(x).relu()))) + self.shortcut(x)).relu()


def changing(name, measure, move=lambda image, shift: image.roll(shift, dims=2)):
    """Collects a sensitivity that measures `measure(moved outputs, output)`, [s, k] and [k]."""

    def version(model, image, shifts):
        modes = {module: module.training for module in model.modules()}
        with torch.no_grad():
            out = model.eval()(torch.stack([image, *(move(image, shift) for shift in shifts)])).flatten(1)
        for module, mode in modes.items():
            module.training = mode
        return measure(out[1:], out[0])

    version.__name__ = name
    RELATIVES.append(("shift_sensitivity", version, ""))


changing("sum_of_magnitudes", lambda moved, still: (moved - still).norm(1, dim=1) / still.norm(1))
changing("largest_change", lambda moved, still: (moved - still).abs().amax(1) / still.abs().amax())
changing("root_of_the_numerator_forgotten", lambda moved, still: (moved - still).square().sum(1) / still.norm())
changing(
    "both_ways_at_once",
    lambda moved, still: (moved - still).norm(dim=1) / still.norm(),
    move=lambda image, shift: image.roll((shift, shift), dims=(1, 2)),
)
