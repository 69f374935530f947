"""Unit 01: wrong versions of `extract_features`: which output is kept, and of which layer."""

import torch

from autograder.misconceptions import wrong
from autograder.misconceptions.transfer_learning.shared import found, listen, outputs


@wrong(
    "extract_features",
    "alias",
    "The layer's values are negative in places, yours are not: the next layer is in-place and has overwritten what you "
    "kept. Keep a copy.",
)
def alias(model, images, layer):
    kept = []

    def keep(module, inputs, output):
        kept.append(output.detach())

    listen(model, images.split(64), found(dict(model.named_modules()), layer), keep)
    return torch.cat(kept)


@wrong("extract_features", "layer-input", "You keep what goes into the layer. Features are what comes out.")
def layer_input(model, images, layer):
    kept = []

    def keep(module, inputs, output):
        kept.append(inputs[0].clone())

    listen(model, images.split(64), found(dict(model.named_modules()), layer), keep)
    return torch.cat(kept)


@wrong("extract_features", "model-output", "You return what the whole model puts out, not what the layer does.")
def model_output(model, images, layer):
    kept = []
    found(dict(model.named_modules()), layer)
    listen(model, images.split(64), model, outputs(kept))
    return torch.cat(kept)


@wrong("extract_features", "flattened", "You turn maps into vectors. Keep the shape that the layer's output has.")
def flattened(model, images, layer):
    kept = []
    listen(model, images.split(64), found(dict(model.named_modules()), layer), outputs(kept))
    return torch.cat(kept).flatten(1)


@wrong(
    "extract_features",
    "averaged",
    "You average the maps over their cells. The layer's own output is asked for, with all its axes.",
)
def averaged(model, images, layer):
    kept = []
    listen(model, images.split(64), found(dict(model.named_modules()), layer), outputs(kept))
    features = torch.cat(kept)
    return features.mean(dim=(2, 3)) if features.ndim == 4 else features


@wrong(
    "extract_features",
    "children-only",
    "You look among the model's direct children only. Layers within a part have names as well.",
)
def children_only(model, images, layer):
    kept = []
    listen(model, images.split(64), found(dict(model.named_children()), layer), outputs(kept))
    return torch.cat(kept)


@wrong(
    "extract_features",
    "getattr-only",
    "`getattr` finds the model's direct children only. Layers within a part have longer names, with dots.",
)
def getattr_only(model, images, layer):
    kept = []
    listen(model, images.split(64), getattr(model, layer), outputs(kept))
    return torch.cat(kept)


@wrong(
    "extract_features",
    "names-not-listed",
    "Your error for an unknown layer does not say which layers there are.",
    slip=True,
)
def names_not_listed(model, images, layer):
    kept = []
    listen(model, images.split(64), dict(model.named_modules())[layer], outputs(kept))
    return torch.cat(kept)


@wrong(
    "extract_features",
    "attribute-error",
    "An unknown layer raises an AttributeError. Raise a KeyError that lists the names there are.",
    slip=True,
)
def attribute_error(model, images, layer):
    kept = []
    listen(model, images.split(64), model.get_submodule(layer), outputs(kept))
    return torch.cat(kept)
