"""Unit 01: wrong versions of `parameter_groups`."""

from torch import nn

from autograder.misconceptions import wrong


def _learning(model):
    """The parameters that learn, child by child; children without any are left out."""
    layers = [[p for p in child.parameters() if p.requires_grad] for child in model.children()]
    return [layer for layer in layers if layer]


def _groups(layers, base_lr, decay):
    """A group for each layer, the last one at `base_lr`."""
    last = len(layers) - 1
    return [{"params": layer, "lr": base_lr * decay ** (last - i)} for i, layer in enumerate(layers)]


@wrong(
    "parameter_groups",
    "upside-down",
    "Your generic first layers learn fastest and the new head slowest. Turn it round.",
)
def upside_down(model, base_lr, decay):
    return [{"params": layer, "lr": base_lr * decay**i} for i, layer in enumerate(_learning(model))]


@wrong(
    "parameter_groups", "per-tensor", "Weight and bias of one layer get different rates: you step down at every tensor."
)
def per_tensor(model, base_lr, decay):
    return _groups([[p] for layer in _learning(model) for p in layer], base_lr, decay)


@wrong(
    "parameter_groups",
    "per-module",
    "You make a group for every convolution and every batch norm. A layer here is a direct child of the model with all "
    "that is in it.",
)
def per_module(model, base_lr, decay):
    own = [[p for p in module.parameters(recurse=False) if p.requires_grad] for module in model.modules()]
    return _groups([layer for layer in own if layer], base_lr, decay)


@wrong(
    "parameter_groups",
    "frozen-too",
    "Frozen parameters are in your groups: an optimiser with weight decay complains or moves them.",
)
def frozen_too(model, base_lr, decay):
    layers = [list(child.parameters()) for child in model.children()]
    return _groups([layer for layer in layers if layer], base_lr, decay)


@wrong("parameter_groups", "frozen-in-part", "In a layer that learns in part, you take the frozen parameters along.")
def frozen_in_part(model, base_lr, decay):
    layers = [list(child.parameters()) for child in model.children()]
    return _groups([layer for layer in layers if any(p.requires_grad for p in layer)], base_lr, decay)


@wrong(
    "parameter_groups",
    "frozen-dropped",
    "A layer that is frozen in part gets no group at all. The rest of it goes on learning.",
)
def frozen_dropped(model, base_lr, decay):
    layers = [list(child.parameters()) for child in model.children()]
    return _groups([layer for layer in layers if layer and all(p.requires_grad for p in layer)], base_lr, decay)


@wrong(
    "parameter_groups",
    "empty-counted",
    "You step down at parts that have nothing to learn, so that the layers before them get too little.",
)
def empty_counted(model, base_lr, decay):
    layers = [[p for p in child.parameters() if p.requires_grad] for child in model.children()]
    return [group for group in _groups(layers, base_lr, decay) if group["params"]]


@wrong(
    "parameter_groups",
    "empty-groups",
    "Parts that have nothing to learn get a group without parameters. Leave them out.",
)
def empty_groups(model, base_lr, decay):
    return _groups([[p for p in child.parameters() if p.requires_grad] for child in model.children()], base_lr, decay)


@wrong(
    "parameter_groups",
    "lost-parameters",
    "Some trainable parameters are in no group, so they never learn: biases, batch norm.",
)
def lost_parameters(model, base_lr, decay):
    layers = []
    for child in model.children():
        found = [module.weight for module in child.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
        layers.append([weight for weight in found if weight.requires_grad])
    return _groups([layer for layer in layers if layer], base_lr, decay)


@wrong("parameter_groups", "subtractive", "You subtract; the rate even turns negative. Multiply by `decay` per layer.")
def subtractive(model, base_lr, decay):
    layers = _learning(model)
    return [{"params": layer, "lr": base_lr - decay * (len(layers) - 1 - i)} for i, layer in enumerate(layers)]


@wrong(
    "parameter_groups",
    "linear",
    "Your rates fall in equal steps to the first layer. Multiply by `decay` from each layer to the one before.",
)
def linear(model, base_lr, decay):
    layers = _learning(model)
    return [{"params": layer, "lr": base_lr * (i + 1) / len(layers)} for i, layer in enumerate(layers)]


@wrong("parameter_groups", "divided", "You divide by `decay`: the first layers get more than the head. Multiply.")
def divided(model, base_lr, decay):
    return _groups(_learning(model), base_lr, 1 / decay)


@wrong(
    "parameter_groups",
    "once-only",
    "All layers before the last have the same rate. `decay` applies anew at each of them.",
)
def once_only(model, base_lr, decay):
    layers = _learning(model)
    return [{"params": layer, "lr": base_lr * (decay if i < len(layers) - 1 else 1)} for i, layer in enumerate(layers)]


@wrong("parameter_groups", "one-step-off", "Even the last layer is slowed down. It gets `base_lr` itself.")
def one_step_off(model, base_lr, decay):
    return _groups(_learning(model), base_lr * decay, decay)


@wrong("parameter_groups", "weight-decay", "`decay` is the factor between layers' rates here, not weight decay.")
def weight_decay(model, base_lr, decay):
    return [{"params": layer, "lr": base_lr, "weight_decay": decay} for layer in _learning(model)]


@wrong("parameter_groups", "last-first", "The rates are right, but your groups begin with the last layer.")
def last_first(model, base_lr, decay):
    return _groups(_learning(model), base_lr, decay)[::-1]


@wrong("parameter_groups", "one-group", "All parameters are in one group, with one rate.")
def one_group(model, base_lr, decay):
    return [{"params": [p for layer in _learning(model) for p in layer], "lr": base_lr}]


@wrong(
    "parameter_groups",
    "freezes",
    "Making groups must not change the model: some of its parameters no longer learn.",
    slip=True,
)
def freezes(model, base_lr, decay):
    groups = _groups(_learning(model), base_lr, decay)
    for parameter in model.parameters():
        parameter.requires_grad = False
    return groups


@wrong(
    "parameter_groups",
    "one-refused",
    "Your function raises an error where `decay` is 1. All layers have the same rate then.",
    slip=True,
)
def one_refused(model, base_lr, decay):
    if not 0 < decay < 1:
        raise ValueError(f"expected a decay between 0 and 1, got {decay}")
    return _groups(_learning(model), base_lr, decay)
