"""Right answers in a terse style: whole arrays, and what torchvision and PyTorch have ready."""

from copy import deepcopy
from itertools import accumulate, chain, repeat, takewhile
from operator import mul

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torchvision.models.feature_extraction import create_feature_extractor
from torchvision.ops import FrozenBatchNorm2d


def extract_features(model, images, layer):
    if layer not in (names := [name for name, _ in model.named_modules()]):
        raise KeyError(names)
    modes = [(module, module.training) for module in model.modules()]
    try:
        cut = create_feature_extractor(model.eval(), {layer: "features"}).eval()
        with torch.inference_mode():
            return torch.cat([cut(images[i : i + 64])["features"] for i in range(0, len(images) or 1, 64)]).clone()
    finally:
        for module, mode in modes:
            module.training = mode


def few_shot_split(labels, per_class, rng):
    classes, sizes = labels.unique(return_counts=True)
    if (few := sizes < per_class).any():
        raise ValueError(dict(zip(classes[few].tolist(), sizes[few].tolist(), strict=True)))
    order = torch.randperm(len(labels), generator=rng)
    order = order[labels[order].argsort(stable=True)]  # class by class, shuffled within each
    rank = torch.arange(len(labels)) - (sizes.cumsum(0) - sizes).repeat_interleave(sizes)
    return order[rank < per_class], order[rank >= per_class]


def linear_probe(features, labels):
    classes, targets = labels.unique(return_inverse=True)
    if len(classes) == 1:
        raise ValueError("one class")
    features = features.detach().double()
    mean, scale = features.mean(0), features.std(0).where(features.std(0) > 1e-6 * features.abs().amax(0), 1.0)
    weight = features.new_zeros(features.shape[1] + 1, len(classes)).requires_grad_()

    def scores(rows):
        return torch.cat([(rows.to(mean) - mean) / scale, mean.new_ones(len(rows), 1)], dim=1) @ weight

    solver = torch.optim.LBFGS([weight], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        solver.zero_grad()
        loss = cross_entropy(scores(features), targets) + 1e-3 * weight[:-1].square().sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        solver.step(closure)
    return lambda rows: classes[scores(rows).argmax(1)]


def swap_head(model, classes):
    new = deepcopy(model)
    heads = [(name, module) for name, module in new.named_modules() if isinstance(module, nn.Linear)]
    if not heads:
        raise ValueError
    name, old = heads[-1]
    new.set_submodule(name, nn.Linear(old.in_features, classes).to(old.weight).train(old.training))
    return new


def freeze(model, upto):
    modules = dict(model.named_modules())
    if upto not in modules:
        raise KeyError(list(modules))
    inside, names = {*modules[upto].modules()}, list(modules)
    last = max(i for i, module in enumerate(modules.values()) if module in inside)
    for name in names[: last + 1]:
        for parameter in modules[name].parameters(recurse=False):
            parameter.requires_grad_(False)
        if isinstance(modules[name], nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(modules[name].num_features, modules[name].eps).to(modules[name].weight)
            frozen.load_state_dict(modules[name].state_dict())
            model.set_submodule(name, frozen)
        elif isinstance(modules[name], nn.BatchNorm1d):
            modules[name].register_forward_pre_hook(lambda module, inputs: module.eval() and None)


def parameter_groups(model, base_lr, decay):
    layers = [{"params": [p for p in child.parameters() if p.requires_grad]} for child in model.children()]
    layers = [layer for layer in layers if layer["params"]]
    rates = accumulate(chain([base_lr], repeat(decay)), mul)
    rising = [rate for _, rate in takewhile(bool, zip(layers, rates, strict=False))]
    return [layer | {"lr": rate} for layer, rate in zip(layers, rising[::-1], strict=True)]
