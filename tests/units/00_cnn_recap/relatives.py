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


def stepping(name, loss=functional.cross_entropy, steps=1, told=lambda value, x, y: value, allowed=""):
    """Collects a step that follows `loss(logits, labels)` so often and returns what `told` makes of it."""

    def version(model, images, labels, optimizer):
        model.train()
        optimizer.zero_grad()
        logits = model(images)
        value = loss(logits, labels)
        value.backward()
        for _ in range(steps):
            optimizer.step()
        return told(value, logits, labels).item()

    version.__name__ = name
    RELATIVES.append(("train_step", version, allowed))


def entropy(x, y, **options):
    return functional.cross_entropy(x, y, **options)


stepping("uphill", lambda x, y: -entropy(x, y))
stepping("two_steps_along_one_gradient", steps=2)
stepping("softmax_over_the_batch", lambda x, y: functional.nll_loss(x.log_softmax(dim=0), y))
stepping("logarithm_without_softmax", lambda x, y: functional.nll_loss(x.sigmoid().log(), y))
stepping("smoothed_labels", lambda x, y: entropy(x, y, label_smoothing=0.1))
stepping("one_against_all", lambda x, y: functional.multi_margin_loss(x, y))
stepping(
    "squared_error_of_probabilities", lambda x, y: (x.softmax(1) - functional.one_hot(y, x.shape[1])).pow(2).mean()
)
stepping("the_last_image_left_out", lambda x, y: entropy(x[:-1], y[:-1]) if len(y) > 1 else entropy(x, y))
stepping("divided_by_the_classes", lambda x, y: entropy(x, y) / x.shape[1])
stepping("follows_the_sum_and_tells_the_mean", lambda x, y: len(y) * entropy(x, y), told=lambda v, x, y: v / len(y))
stepping("follows_the_mean_and_tells_the_sum", told=lambda value, x, y: len(y) * value)
stepping("tells_the_accuracy", told=lambda value, x, y: (x.argmax(1) == y).double().mean())


@near("train_step")
def clipped(model, images, labels, optimizer):
    model.train()
    optimizer.zero_grad()
    loss = entropy(model(images), labels)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    optimizer.step()
    return loss.item()


@near("train_step", allowed="two-forward-passes")
def a_second_pass_for_the_loss_of_before(model, images, labels, optimizer):
    """The value is right; a batch norm sees the batch once more."""
    model.train()
    with torch.no_grad():
        before = entropy(model(images), labels).item()
    optimizer.zero_grad()
    entropy(model(images), labels).backward()
    optimizer.step()
    return before


@near("train_step")
def loss_after_in_evaluation_mode(model, images, labels, optimizer):
    OURS["train_step"](model, images, labels, optimizer)
    model.eval()
    loss = entropy(model(images), labels).item()
    model.train()
    return loss


@near("train_step")
def everything_learns(model, images, labels, optimizer):
    model.requires_grad_(True)
    return OURS["train_step"](model, images, labels, optimizer)


@near("train_step")
def other_optimizer(model, images, labels, optimizer):
    return OURS["train_step"](model, images, labels, torch.optim.SGD(model.parameters(), 0.01))


@near("train_step")
def the_last_group_s_rate_by_hand(model, images, labels, optimizer):
    model.train()
    gradients = torch.autograd.grad(loss := entropy(model(images), labels), list(model.parameters()))
    with torch.no_grad():
        for weight, gradient in zip(model.parameters(), gradients, strict=True):
            weight -= optimizer.param_groups[-1]["lr"] * gradient
    return loss.item()


@near("train_step")
def updated_twice_by_another_batch(model, images, labels, optimizer):
    OURS["train_step"](model, images.flip(0), labels, optimizer)
    return OURS["train_step"](model, images, labels, optimizer)
