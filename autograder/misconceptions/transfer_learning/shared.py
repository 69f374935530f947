"""Unit 01: a hook on a layer, with which all wrong versions of `extract_features` listen to a model."""

import torch


def found(modules, layer):
    """The layer of this name, or an error that lists the names."""
    if layer not in modules:
        raise KeyError(f"{layer} is none of {list(modules)}")
    return modules[layer]


def listen(model, batches, module, keep, evaluate=True, remove=True):
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


def outputs(kept):
    """A hook that keeps a copy of each output."""
    return lambda module, inputs, output: kept.append(output.detach().clone())
