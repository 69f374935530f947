"""Unit 01: wrong versions of `extract_features`."""

import torch

from autograder.misconceptions import collector

MISCONCEPTIONS = []
wrong = collector("extract_features", MISCONCEPTIONS)


def _found(modules, layer):
    """The layer of this name, or an error that lists the names."""
    if layer not in modules:
        raise KeyError(f"{layer} is none of {list(modules)}")
    return modules[layer]


def _listen(model, batches, module, keep, evaluate=True, remove=True):
    """Run the model on the batches with a hook on a module; its modes are put back."""
    modes = {part: part.training for part in model.modules()}
    hook = module.register_forward_hook(keep)
    try:
        if evaluate:
            model.eval()
        with torch.no_grad():
            for batch in batches:
                model(batch)
    finally:
        if remove:
            hook.remove()
        for part, mode in modes.items():
            part.training = mode


def _outputs(kept):
    """A hook that keeps a copy of each output."""
    return lambda module, inputs, output: kept.append(output.detach().clone())


@wrong(
    "train-mode",
    "In train mode an image's features depend on its neighbours in the batch, and your call moves the batch norm "
    "statistics. Switch to eval first.",
)
def _(model, images, layer):
    kept = []
    _listen(model, images.split(64), _found(dict(model.named_modules()), layer), _outputs(kept), evaluate=False)
    return torch.cat(kept)


@wrong("mode-not-restored", "You leave the model in eval mode. Give it back as you got it.")
def _(model, images, layer):
    kept = []
    hook = _found(dict(model.named_modules()), layer).register_forward_hook(_outputs(kept))
    try:
        model.eval()
        with torch.no_grad():
            for batch in images.split(64):
                model(batch)
    finally:
        hook.remove()
    return torch.cat(kept)


@wrong(
    "one-mode-for-all",
    "You put back one mode for the whole model. Parts that stood in eval mode, as frozen batch norm does, are in "
    "training mode now.",
)
def _(model, images, layer):
    kept, mode = [], model.training
    hook = _found(dict(model.named_modules()), layer).register_forward_hook(_outputs(kept))
    try:
        model.eval()
        with torch.no_grad():
            for batch in images.split(64):
                model(batch)
    finally:
        hook.remove()
        model.train(mode)
    return torch.cat(kept)


@wrong("always-train", "You leave the model in training mode, whatever mode it came in. Give it back as you got it.")
def _(model, images, layer):
    kept = []
    _listen(model, images.split(64), _found(dict(model.named_modules()), layer), _outputs(kept))
    model.train()
    return torch.cat(kept)


@wrong("hook-left", "After your call the hook is still there: every later pass stores features again.")
def _(model, images, layer):
    kept = []
    _listen(model, images.split(64), _found(dict(model.named_modules()), layer), _outputs(kept), remove=False)
    return torch.cat(kept)


@wrong(
    "hook-after-error",
    "When the model raises an error, your hook stays on it, and it stays in eval mode. What has to happen in any case "
    "belongs behind `finally`.",
)
def _(model, images, layer):
    kept, modes = [], {part: part.training for part in model.modules()}
    hook = _found(dict(model.named_modules()), layer).register_forward_hook(_outputs(kept))
    model.eval()
    with torch.no_grad():
        for batch in images.split(64):
            model(batch)
    hook.remove()
    for part, mode in modes.items():
        part.training = mode
    return torch.cat(kept)


@wrong("last-batch-only", "Only the last mini-batch comes back. Collect them all, in order.")
def _(model, images, layer):
    kept = {}

    def keep(module, inputs, output):
        kept["features"] = output.clone()

    _listen(model, images.split(64), _found(dict(model.named_modules()), layer), keep)
    return kept["features"]


@wrong("last-dropped", "Only full passes count with you: of 67 images the last three are missing, of three all are.")
def _(model, images, layer):
    kept = []
    batches = [images[64 * i : 64 * (i + 1)] for i in range(len(images) // 64)]
    _listen(model, batches, _found(dict(model.named_modules()), layer), _outputs(kept))
    return torch.cat(kept)


@wrong("last-of-several-dropped", "Where the images need more than one pass, those of the last pass are missing.")
def _(model, images, layer):
    kept = []
    batches = [images[64 * i : 64 * (i + 1)] for i in range(max(1, len(images) // 64))]
    _listen(model, batches, _found(dict(model.named_modules()), layer), _outputs(kept))
    return torch.cat(kept)


@wrong(
    "runs-twice", "Your images go through the network twice, which takes twice as long. One pass has all that you need."
)
def _(model, images, layer):
    kept = []
    module = _found(dict(model.named_modules()), layer)
    _listen(model, images.split(64), module, lambda module, inputs, output: None)
    _listen(model, images.split(64), module, _outputs(kept))
    return torch.cat(kept)


@wrong(
    "scales-images",
    "You divide the images by 255. They reach the model as they are: a network that wants that does it.",
)
def _(model, images, layer):
    kept = []
    _listen(model, (images / 255).split(64), _found(dict(model.named_modules()), layer), _outputs(kept))
    return torch.cat(kept)


@wrong(
    "casts-images",
    "You turn the images into float32. They reach the model as they are: some networks take bytes, others float64.",
)
def _(model, images, layer):
    kept = []
    _listen(model, images.float().split(64), _found(dict(model.named_modules()), layer), _outputs(kept))
    return torch.cat(kept)


@wrong("passes-of-128", "You put 128 images through the network at once. At most 64 are asked for.")
def _(model, images, layer):
    kept = []
    _listen(model, images.split(128), _found(dict(model.named_modules()), layer), _outputs(kept))
    return torch.cat(kept)


@wrong("one-batch", "All images go through the network at once, which takes too much memory: at most 64 at a time.")
def _(model, images, layer):
    kept = []
    _listen(model, [images], _found(dict(model.named_modules()), layer), _outputs(kept))
    return kept[0]


@wrong(
    "with-graph",
    "Your features carry the graph of the network, which fills the memory. Work under `no_grad`.",
)
def _(model, images, layer):
    kept, modes = [], {part: part.training for part in model.modules()}
    module = _found(dict(model.named_modules()), layer)
    hook = module.register_forward_hook(lambda module, inputs, output: kept.append(output.clone()))
    try:
        model.eval()
        for batch in images.split(64):
            model(batch)
    finally:
        hook.remove()
        for part, mode in modes.items():
            part.training = mode
    return torch.cat(kept)


@wrong("gradients-off", "You switch gradients off for all that follows: nobody can train any more after your call.")
def _(model, images, layer):
    torch.set_grad_enabled(False)
    kept = []
    _listen(model, images.split(64), _found(dict(model.named_modules()), layer), _outputs(kept))
    return torch.cat(kept)


@wrong("freezes-the-model", "You switch the gradients of the model's parameters off, and leave them off.")
def _(model, images, layer):
    kept = []
    for parameter in model.parameters():
        parameter.requires_grad = False
    _listen(model, images.split(64), _found(dict(model.named_modules()), layer), _outputs(kept))
    return torch.cat(kept)


@wrong(
    "alias",
    "The layer's values are negative in places, yours are not: the next layer is in-place and has overwritten what you "
    "kept. Keep a copy.",
)
def _(model, images, layer):
    kept = []

    def keep(module, inputs, output):
        kept.append(output.detach())

    _listen(model, images.split(64), _found(dict(model.named_modules()), layer), keep)
    return torch.cat(kept)


@wrong("layer-input", "You keep what goes into the layer. Features are what comes out.")
def _(model, images, layer):
    kept = []

    def keep(module, inputs, output):
        kept.append(inputs[0].clone())

    _listen(model, images.split(64), _found(dict(model.named_modules()), layer), keep)
    return torch.cat(kept)


@wrong("model-output", "You return what the whole model puts out, not what the layer does.")
def _(model, images, layer):
    kept = []
    _found(dict(model.named_modules()), layer)
    _listen(model, images.split(64), model, _outputs(kept))
    return torch.cat(kept)


@wrong("flattened", "You turn maps into vectors. Keep the shape that the layer's output has.")
def _(model, images, layer):
    kept = []
    _listen(model, images.split(64), _found(dict(model.named_modules()), layer), _outputs(kept))
    return torch.cat(kept).flatten(1)


@wrong("averaged", "You average the maps over their cells. The layer's own output is asked for, with all its axes.")
def _(model, images, layer):
    kept = []
    _listen(model, images.split(64), _found(dict(model.named_modules()), layer), _outputs(kept))
    features = torch.cat(kept)
    return features.mean(dim=(2, 3)) if features.ndim == 4 else features


@wrong("children-only", "You look among the model's direct children only. Layers within a part have names as well.")
def _(model, images, layer):
    kept = []
    _listen(model, images.split(64), _found(dict(model.named_children()), layer), _outputs(kept))
    return torch.cat(kept)


@wrong(
    "getattr-only",
    "`getattr` finds the model's direct children only. Layers within a part have longer names, with dots.",
)
def _(model, images, layer):
    kept = []
    _listen(model, images.split(64), getattr(model, layer), _outputs(kept))
    return torch.cat(kept)


@wrong("names-not-listed", "Your error for an unknown layer does not say which layers there are.", slip=True)
def _(model, images, layer):
    kept = []
    _listen(model, images.split(64), dict(model.named_modules())[layer], _outputs(kept))
    return torch.cat(kept)


@wrong(
    "attribute-error",
    "An unknown layer raises an AttributeError. Raise a KeyError that lists the names there are.",
    slip=True,
)
def _(model, images, layer):
    kept = []
    _listen(model, images.split(64), model.get_submodule(layer), _outputs(kept))
    return torch.cat(kept)


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
