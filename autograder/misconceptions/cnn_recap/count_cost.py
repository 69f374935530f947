"""Unit 00: wrong versions of `count_cost`."""

import torch
from torch import nn

from autograder.misconceptions import wrong


def _calls(model, input_shape, counted, batch=1, quiet=True):
    """The output of every call of the modules that are `counted`, with its module; `quiet` leaves no trace."""
    seen, modes = [], {module: module.training for module in model.modules()}
    listen = [module for module in model.modules() if counted(module)]
    hooks = [layer.register_forward_hook(lambda layer, _, output: seen.append((layer, output))) for layer in listen]
    if quiet:
        model.eval()
    with torch.no_grad():
        model(next(model.parameters()).new_zeros(batch, *input_shape))
    for module, mode in modes.items():
        module.training = mode
    for hook in hooks:
        hook.remove()
    return seen


def _layer(module):
    return isinstance(module, nn.Conv2d | nn.Linear)


def _per_number(layer):
    """Multiply-adds for one number of a layer's output."""
    return layer.weight[0].numel()


def _learned(model):
    return sum(parameter.numel() for parameter in model.parameters())


def _cost(model, input_shape, per_number=_per_number, **options):
    """The right count, unless an option says otherwise."""
    seen = _calls(model, input_shape, _layer, **options)
    macs = sum(output.numel() * per_number(layer) for layer, output in seen)
    return _learned(model), sum(output.numel() for _, output in seen), macs


@wrong(
    "count_cost",
    "weights-once",
    "You count each weight once. A convolution uses each weight at every output position: that is what sharing means.",
)
def weights_once(model, input_shape):
    seen = _calls(model, input_shape, _layer)
    return _learned(model), sum(out.numel() for _, out in seen), sum(layer.weight.numel() for layer, _ in seen)


@wrong(
    "count_cost",
    "flops",
    "You count the multiplication and the addition separately. Here one multiply–add is one. (Papers differ: always "
    "read which.)",
)
def flops(model, input_shape):
    return _cost(model, input_shape, lambda layer: 2 * _per_number(layer))


@wrong(
    "count_cost",
    "bias-counted",
    "You count adding the bias as one multiply–add more. By the usual count it is left out.",
)
def bias_counted(model, input_shape):
    return _cost(model, input_shape, lambda layer: _per_number(layer) + (layer.bias is not None))


@wrong(
    "count_cost",
    "groups-ignored",
    "With groups each filter sees only its share of the channels. AlexNet's two towers are two groups.",
)
def groups_ignored(model, input_shape):
    return _cost(model, input_shape, lambda layer: _per_number(layer) * getattr(layer, "groups", 1))


@wrong(
    "count_cost",
    "every-module",
    "You count the outputs of ReLU and pooling as well. By the usual count, units are the outputs of convolutions and "
    "linear layers.",
)
def every_module(model, input_shape):
    units = _calls(model, input_shape, lambda module: not list(module.children()))
    parameters, _, macs = _cost(model, input_shape)
    return parameters, sum(output.numel() for _, output in units), macs


@wrong("count_cost", "containers-too", "The same output is counted once per container around it. Hook the layers only.")
def containers_too(model, input_shape):
    units = _calls(model, input_shape, lambda module: True)
    parameters, _, macs = _cost(model, input_shape)
    return parameters, sum(output.numel() for _, output in units), macs


@wrong("count_cost", "buffers", "Running means and counters are in your sum. They are stored, not learned.")
def buffers(model, input_shape):
    _, activations, macs = _cost(model, input_shape)
    shared = {value.data_ptr(): value for value in model.parameters()}.values()
    return sum(value.numel() for value in [*shared, *model.buffers()]), activations, macs


@wrong("count_cost", "shared-twice", "You count a weight that two layers share twice. It is stored, and learned, once.")
def shared_twice(model, input_shape):
    _, activations, macs = _cost(model, input_shape)
    found = [p for module in model.modules() for p in module.parameters(recurse=False)]
    return sum(parameter.numel() for parameter in found), activations, macs


@wrong(
    "count_cost",
    "layers-only",
    "You add up the weights of convolutions and linear layers alone. A batch norm's scale and shift are learned, too.",
)
def layers_only(model, input_shape):
    _, activations, macs = _cost(model, input_shape)
    found = {id(p): p for module in filter(_layer, model.modules()) for p in module.parameters()}
    return sum(parameter.numel() for parameter in found.values()), activations, macs


@wrong(
    "count_cost",
    "children-only",
    "You look at the model's direct children only. Layers may lie deeper: `model.modules()` walks through all of them.",
)
def children_only(model, input_shape):
    children = list(model.children())
    seen = _calls(model, input_shape, lambda module: _layer(module) and any(module is child for child in children))
    macs = sum(output.numel() * _per_number(layer) for layer, output in seen)
    return _learned(model), sum(output.numel() for _, output in seen), macs


@wrong(
    "count_cost",
    "no-linear",
    "You count convolutions only. The numbers that come out of linear layers are units as well.",
)
def no_linear(model, input_shape):
    seen = _calls(model, input_shape, lambda module: isinstance(module, nn.Conv2d))
    macs = sum(output.numel() * _per_number(layer) for layer, output in seen)
    return _learned(model), sum(output.numel() for _, output in seen), macs


@wrong(
    "count_cost",
    "each-layer-once",
    "You count each layer once. What a layer puts out is computed anew at every call.",
)
def each_layer_once(model, input_shape):
    seen = {id(layer): (layer, output) for layer, output in _calls(model, input_shape, _layer)}.values()
    macs = sum(output.numel() * _per_number(layer) for layer, output in seen)
    return _learned(model), sum(output.numel() for _, output in seen), macs


@wrong("count_cost", "whole-batch", "Your cost grows with the batch. Cost is per image.")
def whole_batch(model, input_shape):
    return _cost(model, input_shape, batch=2)


@wrong(
    "count_cost",
    "hook-left",
    "A hook of yours is still on the model after the call. Whoever uses the model next pays for it.",
    slip=True,
)
def hook_left(model, input_shape):
    for module in filter(_layer, model.modules()):
        module.register_forward_hook(lambda *seen: None)
    return _cost(model, input_shape)


@wrong("count_cost", "left-in-eval", "You leave the model in evaluation mode. Give it back as you got it.", slip=True)
def left_in_eval(model, input_shape):
    cost = _cost(model, input_shape)
    model.eval()
    return cost


@wrong(
    "count_cost",
    "all-in-train",
    "You put the whole model back into training mode, also those of its modules that were in evaluation mode.",
    slip=True,
)
def all_in_train(model, input_shape):
    training, cost = model.training, _cost(model, input_shape)
    model.train(training)
    return cost


@wrong(
    "count_cost",
    "train-mode",
    "Your probe image runs through the model in training mode, and moves the batch norm's statistics. Switch to eval.",
)
def train_mode(model, input_shape):
    return _cost(model, input_shape, quiet=False)
