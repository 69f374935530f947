"""Right answers in the style of a first-year student: loops, Python numbers, lists, prints."""

import copy
import random

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn


def extract_features(model, images, layer):
    names = [name for name, _ in model.named_modules()]
    if layer not in names:
        raise KeyError("unknown layer " + layer + ", there are " + ", ".join(names))
    seen = []

    def remember(module, inputs, output):
        seen.append(output.detach().cpu().numpy().copy())

    were_training = [m for m in model.modules() if m.training]
    rows = []
    for start in range(0, max(len(images), 1), 50):
        handle = model.get_submodule(layer).register_forward_hook(remember)
        try:
            model.eval()
            with torch.no_grad():
                model(images[start : start + 50])
        finally:
            handle.remove()
            for m in were_training:
                m.training = True
        rows.append(seen[-1])
    return torch.from_numpy(np.concatenate(rows))


def few_shot_split(labels, per_class, rng):
    by_class = {}
    for i, label in enumerate(labels.tolist()):
        by_class.setdefault(label, []).append(i)
    dice = random.Random(int(torch.randint(2**40, (1,), generator=rng)))
    train = []
    for label, members in by_class.items():
        if len(members) < per_class:
            raise ValueError(f"not enough images: class {label} has only {len(members)} of {per_class}")
        train += dice.sample(members, per_class)
    test = [i for i in range(len(labels)) if i not in set(train)]
    return torch.tensor(train, dtype=torch.int64), torch.tensor(test, dtype=torch.int64)


def linear_probe(features, labels):
    print("training on", len(features), "images")
    machine = make_pipeline(StandardScaler(), LogisticRegression(C=10.0, max_iter=2000))
    machine.fit(features.cpu().double().numpy(), labels.cpu().numpy())

    def predict(rows):
        classes = []
        for row in rows.cpu().double().numpy():
            classes.append(int(machine.predict(row.reshape(1, -1))[0]))
        return torch.tensor(classes, dtype=torch.int64)

    return predict


def swap_head(model, classes):
    other = copy.deepcopy(model)
    owner = attribute = None
    for part in other.modules():
        for name, child in part.named_children():
            if type(child) is nn.Linear:
                owner, attribute = part, name
    if owner is None:
        raise ValueError("this model has no linear layer")
    old = getattr(owner, attribute)
    new = nn.Linear(old.weight.shape[1], classes)
    nn.init.zeros_(new.bias)
    nn.init.normal_(new.weight, std=0.01)
    new = new.to(old.weight.device).to(old.weight.dtype)
    setattr(owner, attribute, new)
    return other


def freeze(model, upto):
    names = [name for name, _ in model.named_modules()]
    if upto not in names:
        raise KeyError(f"{upto}? I know {names}")
    reached = False
    for name, module in model.named_modules():
        inside = name == upto or name.startswith(upto + ".")
        if reached and not inside:
            break
        reached = reached or inside
        for parameter in module._parameters.values():
            if parameter is not None:
                parameter.requires_grad = False
        if "BatchNorm" in type(module).__name__:
            module.training = False
            module.train = lambda mode=True, me=module: me


def parameter_groups(model, base_lr, decay):
    groups, rate = [], base_lr
    for child in reversed(list(model.children())):
        learning = []
        for parameter in child.parameters():
            if parameter.requires_grad:
                learning.append(parameter)
        if learning:
            groups.insert(0, {"lr": rate, "params": learning})
            rate *= decay
    return groups
