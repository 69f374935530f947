"""Unit 01: wrong versions of `extract_features`: how the model is run, and what is left behind."""

import torch

from autograder.misconceptions import wrong
from autograder.misconceptions.transfer_learning.shared import found, listen, outputs


@wrong(
    "extract_features",
    "train-mode",
    "In train mode an image's features depend on its neighbours in the batch, and your call moves the batch norm "
    "statistics. Switch to eval first.",
)
def train_mode(model, images, layer):
    kept = []
    listen(model, images.split(64), found(dict(model.named_modules()), layer), outputs(kept), evaluate=False)
    return torch.cat(kept)


@wrong("extract_features", "mode-not-restored", "You leave the model in eval mode. Give it back as you got it.")
def mode_not_restored(model, images, layer):
    kept = []
    hook = found(dict(model.named_modules()), layer).register_forward_hook(outputs(kept))
    try:
        model.eval()
        with torch.no_grad():
            for batch in images.split(64):
                model(batch)
    finally:
        hook.remove()
    return torch.cat(kept)


@wrong(
    "extract_features",
    "one-mode-for-all",
    "You put back one mode for the whole model. Parts that stood in eval mode, as frozen batch norm does, are in "
    "training mode now.",
)
def one_mode_for_all(model, images, layer):
    kept, mode = [], model.training
    hook = found(dict(model.named_modules()), layer).register_forward_hook(outputs(kept))
    try:
        model.eval()
        with torch.no_grad():
            for batch in images.split(64):
                model(batch)
    finally:
        hook.remove()
        model.train(mode)
    return torch.cat(kept)


@wrong(
    "extract_features",
    "always-train",
    "You leave the model in training mode, whatever mode it came in. Give it back as you got it.",
)
def always_train(model, images, layer):
    kept = []
    listen(model, images.split(64), found(dict(model.named_modules()), layer), outputs(kept))
    model.train()
    return torch.cat(kept)


@wrong(
    "extract_features", "hook-left", "After your call the hook is still there: every later pass stores features again."
)
def hook_left(model, images, layer):
    kept = []
    listen(model, images.split(64), found(dict(model.named_modules()), layer), outputs(kept), remove=False)
    return torch.cat(kept)


@wrong(
    "extract_features",
    "hook-after-error",
    "When the model raises an error, your hook stays on it, and it stays in eval mode. What has to happen in any case "
    "belongs behind `finally`.",
)
def hook_after_error(model, images, layer):
    kept, modes = [], {part: part.training for part in model.modules()}
    hook = found(dict(model.named_modules()), layer).register_forward_hook(outputs(kept))
    model.eval()
    with torch.no_grad():
        for batch in images.split(64):
            model(batch)
    hook.remove()
    for part, mode in modes.items():
        part.training = mode
    return torch.cat(kept)


@wrong("extract_features", "last-batch-only", "Only the last mini-batch comes back. Collect them all, in order.")
def last_batch_only(model, images, layer):
    kept = {}

    def keep(module, inputs, output):
        kept["features"] = output.clone()

    listen(model, images.split(64), found(dict(model.named_modules()), layer), keep)
    return kept["features"]


@wrong(
    "extract_features",
    "last-dropped",
    "Only full passes count with you: of 67 images the last three are missing, of three all are.",
)
def last_dropped(model, images, layer):
    kept = []
    batches = [images[64 * i : 64 * (i + 1)] for i in range(len(images) // 64)]
    listen(model, batches, found(dict(model.named_modules()), layer), outputs(kept))
    return torch.cat(kept)


@wrong(
    "extract_features",
    "last-of-several-dropped",
    "Where the images need more than one pass, those of the last pass are missing.",
)
def last_of_several_dropped(model, images, layer):
    kept = []
    batches = [images[64 * i : 64 * (i + 1)] for i in range(max(1, len(images) // 64))]
    listen(model, batches, found(dict(model.named_modules()), layer), outputs(kept))
    return torch.cat(kept)


@wrong(
    "extract_features",
    "runs-twice",
    "Your images go through the network twice, which takes twice as long. One pass has all that you need.",
)
def runs_twice(model, images, layer):
    kept = []
    module = found(dict(model.named_modules()), layer)
    listen(model, images.split(64), module, lambda module, inputs, output: None)
    listen(model, images.split(64), module, outputs(kept))
    return torch.cat(kept)


@wrong(
    "extract_features",
    "scales-images",
    "You divide the images by 255. They reach the model as they are: a network that wants that does it.",
)
def scales_images(model, images, layer):
    kept = []
    listen(model, (images / 255).split(64), found(dict(model.named_modules()), layer), outputs(kept))
    return torch.cat(kept)


@wrong(
    "extract_features",
    "casts-images",
    "You turn the images into float32. They reach the model as they are: some networks take bytes, others float64.",
)
def casts_images(model, images, layer):
    kept = []
    listen(model, images.float().split(64), found(dict(model.named_modules()), layer), outputs(kept))
    return torch.cat(kept)


@wrong("extract_features", "passes-of-128", "You put 128 images through the network at once. At most 64 are asked for.")
def passes_of_128(model, images, layer):
    kept = []
    listen(model, images.split(128), found(dict(model.named_modules()), layer), outputs(kept))
    return torch.cat(kept)


@wrong(
    "extract_features",
    "one-batch",
    "All images go through the network at once, which takes too much memory: at most 64 at a time.",
)
def one_batch(model, images, layer):
    kept = []
    listen(model, [images], found(dict(model.named_modules()), layer), outputs(kept))
    return kept[0]


@wrong(
    "extract_features",
    "with-graph",
    "Your features carry the graph of the network, which fills the memory. Work under `no_grad`.",
)
def with_graph(model, images, layer):
    kept, modes = [], {part: part.training for part in model.modules()}
    module = found(dict(model.named_modules()), layer)
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


@wrong(
    "extract_features",
    "gradients-off",
    "You switch gradients off for all that follows: nobody can train any more after your call.",
)
def gradients_off(model, images, layer):
    torch.set_grad_enabled(False)
    kept = []
    listen(model, images.split(64), found(dict(model.named_modules()), layer), outputs(kept))
    return torch.cat(kept)


@wrong(
    "extract_features",
    "freezes-the-model",
    "You switch the gradients of the model's parameters off, and leave them off.",
)
def freezes_the_model(model, images, layer):
    kept = []
    for parameter in model.parameters():
        parameter.requires_grad = False
    listen(model, images.split(64), found(dict(model.named_modules()), layer), outputs(kept))
    return torch.cat(kept)
