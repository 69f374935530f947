"""Unit 01: wrong versions of `swap_head`."""

import copy

import torch
from torch import nn

from autograder.misconceptions import wrong


def _linear(model):
    """The names of the linear layers, or an error where there is none."""
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    if not names:
        raise ValueError("no linear layer")
    return names


def _put(model, name, module):
    """Another module in the place of the one of this name."""
    part, _, last = name.rpartition(".")
    setattr(model.get_submodule(part), last, module)
    return model


def _fresh(old, classes, **options):
    """A new linear layer with the inputs, the type and the device of an old one."""
    return nn.Linear(old.in_features, classes, device=old.weight.device, dtype=old.weight.dtype, **options)


@wrong(
    "swap_head",
    "attribute-only",
    "You changed the label on the layer, not its weights: it still puts out the old number of classes.",
)
def attribute_only(model, classes):
    model = copy.deepcopy(model)
    model.get_submodule(_linear(model)[-1]).out_features = classes
    return model


@wrong(
    "swap_head",
    "stacked",
    "You put a head on the head: your classifier sees only the old class scores, not the features.",
)
def stacked(model, classes):
    model = copy.deepcopy(model)
    old = model.get_submodule(_linear(model)[-1])
    new = nn.Linear(old.out_features, classes, device=old.weight.device, dtype=old.weight.dtype)
    return nn.Sequential(model, new)


@wrong("swap_head", "forgets-all", "The backbone has lost what it learned. Only the last layer is new.")
def forgets_all(model, classes):
    model = copy.deepcopy(model)
    name = _linear(model)[-1]
    for module in model.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    return _put(model, name, _fresh(model.get_submodule(name), classes))


@wrong("swap_head", "softmax-inside", "Your head already applies softmax; cross-entropy would apply it again.")
def softmax_inside(model, classes):
    model = copy.deepcopy(model)
    name = _linear(model)[-1]
    return _put(model, name, nn.Sequential(_fresh(model.get_submodule(name), classes), nn.Softmax(dim=1)))


@wrong("swap_head", "frozen-head", "The new layer cannot learn: its gradients are off.")
def frozen_head(model, classes):
    model = copy.deepcopy(model)
    name = _linear(model)[-1]
    return _put(model, name, _fresh(model.get_submodule(name), classes).requires_grad_(False))


@wrong(
    "swap_head",
    "old-flags",
    "You hand the old head's `requires_grad` on. Where it was frozen, the new one cannot learn.",
)
def old_flags(model, classes):
    model = copy.deepcopy(model)
    name = _linear(model)[-1]
    old = model.get_submodule(name)
    return _put(model, name, _fresh(old, classes).requires_grad_(old.weight.requires_grad))


@wrong("swap_head", "frozen-backbone", "You also froze the rest of the model. That is another function's task.")
def frozen_backbone(model, classes):
    model = copy.deepcopy(model).requires_grad_(False)
    name = _linear(model)[-1]
    return _put(model, name, _fresh(model.get_submodule(name), classes))


@wrong("swap_head", "wrong-layer", "You replaced a layer in the middle. The head is the last one.")
def wrong_layer(model, classes):
    model = copy.deepcopy(model)
    name = _linear(model)[0]
    return _put(model, name, _fresh(model.get_submodule(name), classes))


@wrong(
    "swap_head",
    "whole-part",
    "You replaced the model's whole last part, with all the layers in it. Only its last linear layer is to be new.",
)
def whole_part(model, classes):
    model = copy.deepcopy(model)
    first = _linear(model)
    part = first[-1].split(".")[0]
    return _put(model, part, _fresh(model.get_submodule(next(n for n in first if n.split(".")[0] == part)), classes))


@wrong(
    "swap_head",
    "new-attribute",
    "You hang the new layer into the model under a name that it never runs. The old head stays.",
)
def new_attribute(model, classes):
    model = copy.deepcopy(model)
    model.new_head = _fresh(model.get_submodule(_linear(model)[-1]), classes)
    return model


@wrong(
    "swap_head",
    "in-place",
    "You change the model that you were given. Make a copy first: it will start more trainings.",
)
def in_place(model, classes):
    name = _linear(model)[-1]
    return _put(model, name, _fresh(model.get_submodule(name), classes))


@wrong(
    "swap_head",
    "shared-weights",
    "Both models share their weights: whoever trains the new one changes the pretrained one.",
)
def shared_weights(model, classes):
    own = {id(value): value for value in (*model.parameters(), *model.buffers())}
    new = copy.deepcopy(model, own)
    name = _linear(new)[-1]
    return _put(new, name, _fresh(new.get_submodule(name), classes))


@wrong(
    "swap_head",
    "same-width",
    "Where the number of classes stays, so does your old head. The new task has other classes all the same.",
)
def same_width(model, classes):
    model = copy.deepcopy(model)
    name = _linear(model)[-1]
    old = model.get_submodule(name)
    return model if old.out_features == classes else _put(model, name, _fresh(old, classes))


@wrong(
    "swap_head", "old-rows", "Your new layer starts with rows of the old one. It is for other classes: start afresh."
)
def old_rows(model, classes):
    model = copy.deepcopy(model)
    name = _linear(model)[-1]
    old = model.get_submodule(name)
    new, rows = _fresh(old, classes), min(classes, old.out_features)
    with torch.no_grad():
        new.weight[:rows] = old.weight[:rows]
        if old.bias is not None:
            new.bias[:rows] = old.bias[:rows]
    return _put(model, name, new)


@wrong("swap_head", "no-bias", "Your new layer has no bias, as the old one. The new head is to have one.")
def no_bias(model, classes):
    model = copy.deepcopy(model)
    name = _linear(model)[-1]
    old = model.get_submodule(name)
    return _put(model, name, _fresh(old, classes, bias=old.bias is not None))


@wrong(
    "swap_head",
    "float32",
    "Your new layer is of another type than the model: in float64 the two do not fit.",
    slip=True,
)
def float32(model, classes):
    model = copy.deepcopy(model)
    name = _linear(model)[-1]
    old = model.get_submodule(name)
    return _put(model, name, nn.Linear(old.in_features, classes, device=old.weight.device))


@wrong("swap_head", "left-in-eval", "Your copy is in eval mode, whatever mode the model was in.")
def left_in_eval(model, classes):
    model = copy.deepcopy(model)
    name = _linear(model)[-1]
    return _put(model, name, _fresh(model.get_submodule(name), classes)).eval()


@wrong(
    "swap_head",
    "wrong-error",
    "Without a linear layer your function ends in an IndexError. Say in a ValueError what is missing.",
    slip=True,
)
def wrong_error(model, classes):
    model = copy.deepcopy(model)
    name = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)][-1]
    return _put(model, name, _fresh(model.get_submodule(name), classes))


@wrong(
    "swap_head",
    "headless-passes",
    "A model without a linear layer comes back as it was, in silence. Say so.",
    slip=True,
)
def headless_passes(model, classes):
    model = copy.deepcopy(model)
    for name in [name for name, module in model.named_modules() if isinstance(module, nn.Linear)][-1:]:
        _put(model, name, _fresh(model.get_submodule(name), classes))
    return model
