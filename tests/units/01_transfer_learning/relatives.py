"""Unit 01: wrong versions near a misconception that are another mistake."""

import copy

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from torch import nn

RELATIVES = []


def relative(check, allowed=""):
    """A decorator that puts a version on the list."""

    def keep(version):
        RELATIVES.append((check, version, allowed))
        return version

    return keep


def heard(model, batches, layer, known=None):
    """Features as they should be, of these batches."""
    modules = known or dict(model.named_modules())
    if layer not in modules:
        raise KeyError(f"{layer} is none of {list(modules)}")
    kept, modes = [], [(module, module.training) for module in model.modules()]
    hook = modules[layer].register_forward_hook(lambda module, inputs, output: kept.append(output.detach().clone()))
    try:
        model.eval()
        with torch.no_grad():
            for batch in batches:
                model(batch)
    finally:
        hook.remove()
        for module, mode in modes:
            module.training = mode
    return torch.cat(kept)


@relative("extract_features", "casts-images")
def casts_each_batch(model, images, layer):
    return heard(model, [batch.float() for batch in images.split(64)], layer)


@relative("extract_features", "children-only")
def asks_named_children(model, images, layer):
    return heard(model, images.split(64), layer, dict(model.named_children()))


@relative("extract_features", "children-only")
def asks_named_children_and_lists_all(model, images, layer):
    if layer not in dict(model.named_modules()):
        raise KeyError(str([name for name, _ in model.named_modules()]))
    return heard(model, images.split(64), layer, dict(model.named_children()))


@relative("extract_features")
def takes_doubles(model, images, layer):
    return heard(model, [batch.double() for batch in images.split(64)], layer)


@relative("extract_features")
def passes_of_a_hundred(model, images, layer):
    return heard(model, images.split(100), layer)


@relative("extract_features")
def one_pass_to_try(model, images, layer):
    if len(images):
        was = [(module, module.training) for module in model.modules()]
        with torch.no_grad():
            model.eval()(images[:1])
        for module, mode in was:
            module.training = mode
    return heard(model, images.split(64), layer)


@relative("extract_features")
def mode_lost_in_an_error(model, images, layer):
    modes, features = [(module, module.training) for module in model.modules()], None
    features = heard(model.eval(), images.split(64), layer)
    for module, mode in modes:
        module.training = mode
    return features


@relative("extract_features")
def rectified(model, images, layer):
    return heard(model, images.split(64), layer).clamp(min=0.1)


def places_of(labels, per_class):
    """The positions of each class; an error names one that is too small."""
    found = {label: (labels == label).nonzero()[:, 0] for label in labels.unique().tolist()}
    for label, places in found.items():
        if len(places) < per_class:
            raise ValueError(f"class {label} has {len(places)} images")
    return found


def drawn(places, count, rng):
    return places[torch.randperm(len(places), generator=rng)[:count]]


def both(labels, train):
    others = torch.ones(len(labels), dtype=torch.bool)
    others[train] = False
    return train, others.nonzero()[:, 0]


@relative("few_shot_split")
def one_too_many(labels, per_class, rng):
    chosen = [drawn(places, per_class + 1, rng) for places in places_of(labels, per_class).values()]
    return both(labels, torch.cat([labels[:0], *chosen]))


@relative("few_shot_split")
def the_last_ones(labels, per_class, rng):
    chosen = [places[len(places) - per_class :] for places in places_of(labels, per_class).values()]
    return both(labels, torch.cat([labels[:0], *chosen]))


@relative("few_shot_split")
def last_image_lost(labels, per_class, rng):
    train, test = both(
        labels, torch.cat([labels[:0], *(drawn(p, per_class, rng) for p in places_of(labels, per_class).values())])
    )
    return train, test[:-1]


@relative("few_shot_split")
def first_image_never(labels, per_class, rng):
    chosen = []
    for places in places_of(labels, per_class).values():
        chosen.append(drawn(places[1:] if len(places) > per_class else places, per_class, rng))
    return both(labels, torch.cat([labels[:0], *chosen]))


def rows_of(features):
    return features.detach().double().cpu().numpy()


def probe(features, labels, scaled, machine):
    """A predictor of this machine on what `scaled` makes of the features."""
    if len(labels.unique()) < 2:
        raise ValueError("one class")
    machine.fit(scaled(rows_of(features)), labels.cpu().numpy())
    return lambda new: torch.as_tensor(
        np.asarray(machine.predict(scaled(rows_of(new))) if len(new) else [], dtype=np.int64), device=new.device
    )


def statistics(features):
    rows = rows_of(features)
    return rows.mean(0), np.where(rows.max(0) == rows.min(0), 1.0, rows.std(0))


@relative("linear_probe", "large-epsilon")
def deviation_and_a_thousandth(features, labels):
    rows = rows_of(features)
    mean, deviation = rows.mean(0), rows.std(0) + 1e-3
    return probe(features, labels, lambda new: (new - mean) / deviation, LogisticRegression(max_iter=1000))


@relative("linear_probe")
def root_of_variance_and_more(features, labels):
    rows = rows_of(features)
    mean, deviation = rows.mean(0), (rows.var(0) + 1e-5) ** 0.5
    return probe(features, labels, lambda new: (new - mean) / deviation, LogisticRegression(max_iter=1000))


@relative("linear_probe")
def variance_for_deviation(features, labels):
    mean, deviation = statistics(features)
    return probe(features, labels, lambda new: (new - mean) / deviation**2, LogisticRegression(max_iter=1000))


@relative("linear_probe")
def ridge(features, labels):
    mean, deviation = statistics(features)
    return probe(features, labels, lambda new: (new - mean) / deviation, RidgeClassifier(alpha=30.0))


@relative("linear_probe")
def one_label_too_high(features, labels):
    mean, deviation = statistics(features)
    right = probe(features, labels, lambda new: (new - mean) / deviation, LogisticRegression(max_iter=1000))
    return lambda new: right(new) + 1


def linear_layers(model):
    found = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    if not found:
        raise ValueError("no linear layer")
    return found


def put(model, name, module):
    part, _, last = name.rpartition(".")
    setattr(model.get_submodule(part), last, module)
    return model


def fresh(old, classes, **options):
    return nn.Linear(old.in_features, classes, device=old.weight.device, dtype=old.weight.dtype, **options)


@relative("swap_head")
def relu_behind(model, classes):
    model = copy.deepcopy(model)
    name = linear_layers(model)[-1]
    return put(model, name, nn.Sequential(fresh(model.get_submodule(name), classes), nn.ReLU()))


@relative("swap_head")
def one_class_more(model, classes):
    model = copy.deepcopy(model)
    name = linear_layers(model)[-1]
    return put(model, name, fresh(model.get_submodule(name), classes + 1))


@relative("swap_head")
def never_a_bias(model, classes):
    model = copy.deepcopy(model)
    name = linear_layers(model)[-1]
    return put(model, name, fresh(model.get_submodule(name), classes, bias=False))


@relative("swap_head")
def forgets_the_first_part(model, classes):
    model = copy.deepcopy(model)
    name = linear_layers(model)[-1]
    torch.manual_seed(1)
    for module in next(model.children()).modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    return put(model, name, fresh(model.get_submodule(name), classes))


def up_to(model, upto):
    modules = dict(model.named_modules())
    if upto not in modules:
        raise KeyError(f"{upto} is none of {list(modules)}")
    last = max(i for i, name in enumerate(modules) if name == upto or name.startswith(upto + "."))
    return list(modules.values())[: last + 1], list(modules.values())[last + 1 :]


def hold(modules, kinds=(nn.BatchNorm1d, nn.BatchNorm2d)):
    for module in modules:
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad = False
        if isinstance(module, kinds):
            module.train = lambda mode=True, module=module: module
            module.training = False


@relative("freeze")
def one_layer_further(model, upto):
    before, after = up_to(model, upto)
    hold([*before, *after[:1]])


@relative("freeze")
def only_vectors_stand_still(model, upto):
    hold(up_to(model, upto)[0], nn.BatchNorm1d)


@relative("freeze", "statistics-run")
def statistics_slow_down(model, upto):
    before, _ = up_to(model, upto)
    hold(before, ())
    for module in before:
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.momentum = 0.01


@relative("freeze")
def hook_returns_its_inputs_twice(model, upto):
    before, _ = up_to(model, upto)
    hold(before, ())
    for module in before:
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.register_forward_pre_hook(lambda module, inputs: (*inputs, module.eval()))


def layers_that_learn(model):
    found = [[p for p in child.parameters() if p.requires_grad] for child in model.children()]
    return [layer for layer in found if layer]


@relative("parameter_groups")
def square_of_decay(model, base_lr, decay):
    layers = layers_that_learn(model)[::-1]
    return [{"params": layer, "lr": base_lr * decay ** (2 * i)} for i, layer in enumerate(layers)][::-1]


@relative("parameter_groups")
def head_stands_out(model, base_lr, decay):
    layers = layers_that_learn(model)
    return [
        {"params": layer, "lr": base_lr if i == len(layers) - 1 else base_lr * decay ** (len(layers) - i)}
        for i, layer in enumerate(layers)
    ]


@relative("parameter_groups", "lost-parameters")
def without_biases(model, base_lr, decay):
    layers = [[p for p in layer if p.ndim > 1] for layer in layers_that_learn(model)]
    return [{"params": layer, "lr": base_lr * decay**i} for i, layer in enumerate(layers[::-1])][::-1]


@relative("parameter_groups")
def head_forgotten(model, base_lr, decay):
    layers = layers_that_learn(model)[:-1]
    return [{"params": layer, "lr": base_lr * decay**i} for i, layer in enumerate(layers[::-1])][::-1]
