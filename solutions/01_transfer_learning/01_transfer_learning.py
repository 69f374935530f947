# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 · Transfer learning: the exercise
#
# A network that has learned from many images of one kind knows edges, textures and parts that serve for others too.
# Here we write what it takes to use it again: as a fixed feature extractor for a few images, fine-tuned for some more.

# %% [markdown]
# **You will** write six functions, each 3 to 16 lines, and answer one question in words.
# **Time:** about two and a half hours. **Before:** read the lecture `01_transfer_learning`.

# %% [markdown]
# ## How this works
#
# Write your code where it says `raise NotImplementedError`. Keep the names and arguments. After each function stands a
# check: run it as often as you like, it tells you what is wrong, and draws it.
# The checks use fixed inputs; the grade uses others of the same kinds.

# %% [markdown]
# A layer is named as PyTorch names it: `stage1.conv1` is the part `conv1` of the part `stage1`.
# `model.named_modules()` gives all names and layers in one order: a part first, then what is in it, then the next part.

# %% tags=["given"]
import copy
from collections.abc import Callable

import torch
from jaxtyping import Float, Int64
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from course_lib.checks.transfer_learning import check

# %% [markdown]
# ## 1 · What a layer says about an image
#
# A trained network is more than its last layer. Every layer describes the image, early ones by edges, later ones by
# parts. To use such a description we listen in on a layer while images pass, and leave the network as we found it: its
# owner may be in the middle of training.

# %% [markdown]
# <details><summary>Hint: how do I get at the output of a layer in the middle?</summary>
#
# You need not rewrite the network. A module can be asked to call a function of yours each time that it has run: look up
# `register_forward_hook`, and what it returns.
# </details>
#
# <details><summary>Hint: my values are right, but negative ones come back as 0</summary>
#
# Your hook has a reference to a tensor, not a photograph of it. Which layer comes next, and where does it put its
# result? Look for `inplace`.
# </details>
#
# <details><summary>Hint: what has to be put back?</summary>
#
# `model.eval()` reaches every part of the network, and some of them may have been in evaluation mode before, others
# not. Think also of a model that raises an error while your hook is on it.
# </details>


# %% tags=["solution"]
def extract_features(model: nn.Module, images: Float[Tensor, "n c h w"], layer: str) -> Float[Tensor, "n ..."]:
    """The output of one layer for every image (the "fixed feature extractor" of Donahue et al., DeCAF, ICML 2014).

    The model runs in evaluation mode and without gradients, on at most 64 images at a time. Afterwards it is as before:
    every part in the mode that it had, no hook left, also when the model raises an error.

    Args:
        model: any module that takes the images, in training or evaluation mode, or some parts in one and some in the
            other.
        images: n images; n may be 0.
        layer: a name out of `model.named_modules()`. It runs once in each pass.

    Returns:
        One output for each image, in the order of the images, of whatever shape the layer's outputs have. A copy, which
        later layers cannot change, without a graph.

    Raises:
        KeyError: there is no layer of this name; the message lists the names that there are.
    """
    ### BEGIN SOLUTION
    modules = dict(model.named_modules())
    if layer not in modules:
        raise KeyError(f"There is no layer {layer!r}, expected one of {list(modules)}.")
    kept, modes = [], {module: module.training for module in modules.values()}
    hook = modules[layer].register_forward_hook(lambda module, inputs, output: kept.append(output.clone()))
    try:
        model.eval()
        with torch.no_grad():
            for batch in images.split(64):
                model(batch)
    finally:
        hook.remove()
        for module, mode in modes.items():
            module.training = mode
    return torch.cat(kept)
    ### END SOLUTION


# %% tags=["check"]
check("extract_features", extract_features)

# %% [markdown]
# ## 2 · A few images of each class
#
# "Six images per class" is a lottery: with other six the accuracy may be ten points higher. So we draw several times
# and report mean and deviation. Each draw must be fair to every class, leave all other images for testing, and come
# back when the generator starts from the same seed.

# %% [markdown]
# <details><summary>Hint: I have chosen images of one class. How do I get their positions among all?</summary>
#
# `(labels == label).nonzero()` lists where this class stands in the data set. Draw from that list, not from 0, 1, 2, ….
# </details>
#
# <details><summary>Hint: how do I draw without drawing one twice?</summary>
#
# Shuffle a deck and take cards from the top. Which function shuffles numbers, and how is it told about `rng`?
# </details>


# %% tags=["solution"]
def few_shot_split(
    labels: Int64[Tensor, "n"], per_class: int, rng: torch.Generator
) -> tuple[Int64[Tensor, "train"], Int64[Tensor, "test"]]:
    """Draw the same number of training images from each class; all others are for testing.

    Args:
        labels: the class of each image; any whole numbers, not necessarily 0, 1, 2, …. n may be 0.
        per_class: how many images of each class to train on, at least 1.
        rng: where all chance comes from. The same state gives the same draw, the next call gives another one.

    Returns:
        Positions in `labels`: those to train on, `per_class` different ones for each class, each image with the same
        chance; and all others. In any order.

    Raises:
        ValueError: a class has fewer than `per_class` images; the message says which class, and how many it has.
    """
    ### BEGIN SOLUTION
    chosen = torch.zeros_like(labels, dtype=torch.bool)
    for label in labels.unique().tolist():
        positions = (labels == label).nonzero()[:, 0]
        if len(positions) < per_class:
            raise ValueError(f"Class {label} has {len(positions)} images, expected at least {per_class}.")
        order = torch.randperm(len(positions), generator=rng)
        chosen[positions[order[:per_class]]] = True
    return chosen.nonzero()[:, 0], (~chosen).nonzero()[:, 0]
    ### END SOLUTION


# %% tags=["check"]
check("few_shot_split", few_shot_split)

# %% [markdown]
# ## 3 · A linear classifier on top
#
# How much does a layer know about our classes? We put the simplest classifier on its features: one weight per feature
# and class. If even that separates the classes, the network has done the work (Alain and Bengio, ICLR workshop 2017).
# Features come on all scales, so we standardise them first.

# %% [markdown]
# <details><summary>Hint: which mean does a new image get?</summary>
#
# Imagine that your classifier sees one single image next week. Its own mean is the image itself. What do you have to
# keep from the training?
# </details>
#
# <details><summary>Hint: my result is NaN</summary>
#
# Some unit of a network may say the same for all images. What is its deviation, and what do you divide by?
# </details>


# %% tags=["solution"]
def linear_probe(
    features: Float[Tensor, "n d"], labels: Int64[Tensor, "n"]
) -> Callable[[Float[Tensor, "m d"]], Int64[Tensor, "m"]]:
    """Train a linear classifier on features: multinomial logistic regression with intercept on standardised features.

    Standardised: minus the mean of the training features, divided by their standard deviation. A feature that is the
    same in all training images becomes 0. Regularise no more than scikit-learn's `LogisticRegression` does by default.

    Args:
        features: of the n training images.
        labels: their classes; any whole numbers, not necessarily 0, 1, 2, ….

    Returns:
        A function: features of m new images, standardised in the same way, to their classes, which are numbers out of
        `labels`. m may be 0 or 1.

    Raises:
        ValueError: all labels are the same.
    """
    ### BEGIN SOLUTION
    mean, deviation = features.mean(dim=0), features.std(dim=0, correction=0)
    deviation[features.amax(dim=0) == features.amin(dim=0)] = torch.inf

    def standardised(rows: Tensor):
        return ((rows - mean) / deviation).double().cpu().numpy()

    classifier = LogisticRegression(max_iter=1000).fit(standardised(features), labels.cpu().numpy())

    def predict(rows: Tensor) -> Tensor:
        found = classifier.predict(standardised(rows)) if len(rows) else []
        return torch.as_tensor(found, dtype=torch.int64, device=rows.device)

    return predict
    ### END SOLUTION


# %% tags=["check"]
check("linear_probe", linear_probe)

# %% [markdown]
# ## 4 · A new head
#
# The last layer names the classes of the old task, 1,000 for ImageNet; ours has others. We replace it by a fresh one
# and keep all that leads up to it. The pretrained model itself stays untouched: we shall start from it many times.

# %% [markdown]
# <details><summary>Hint: I have found the layer, but assigning to my variable changes nothing</summary>
#
# A variable is only a name for the layer. The network holds it in one of its parts, under the last piece of the layer's
# name. `get_submodule` finds the part, and `setattr` puts something else there.
# </details>
#
# <details><summary>Hint: is `model2 = model` a copy?</summary>
#
# Two names for one network are no copy. What does the module `copy` offer, and does its result share weights?
# </details>


# %% tags=["solution"]
def swap_head(model: nn.Module, classes: int) -> nn.Module:
    """A copy of a model whose last linear layer is replaced by a fresh one.

    Args:
        model: a network with one or more `nn.Linear`, each within another module. It stays as it is.
        classes: how many outputs the new layer has.

    Returns:
        A copy that shares no weight with the model. In place of its last `nn.Linear`, in the order of
        `named_modules()`, stands a new one under the same name: with as many inputs, `classes` outputs, a bias, all of
        which learns, of the old one's type and on its device. All other layers keep names, weights and modes. Outputs
        are the layer's own: no softmax.

    Raises:
        ValueError: there is no linear layer.
    """
    ### BEGIN SOLUTION
    model = copy.deepcopy(model)
    linear = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise ValueError("Expected a model with an nn.Linear, found none.")
    part, _, name = linear[-1].rpartition(".")
    old = model.get_submodule(linear[-1])
    new = nn.Linear(old.in_features, classes, device=old.weight.device, dtype=old.weight.dtype)
    setattr(model.get_submodule(part), name, new)
    return model
    ### END SOLUTION


# %% tags=["check"]
check("swap_head", swap_head)

# %% [markdown]
# ## 5 · Hold the first layers still
#
# With few images, a network with millions of weights learns them by heart. So we hold generic first layers still.
# Weights are easy: no gradient. But batch norm changes without gradients: in training it normalises by the present
# batch and moves its running statistics towards it.

# %% [markdown]
# <details><summary>Hint: I put batch norm into evaluation mode, and training moves it all the same</summary>
#
# Look at a training loop: its first line is `model.train()`, each epoch anew. Who could put your layer back, or keep it
# from listening? An object's method can be replaced for this object alone, and a function of yours can run before each
# pass (`register_forward_pre_hook`).
# </details>
#
# <details><summary>Hint: which layers stand before `upto`?</summary>
#
# `named_modules()` lists a part before what is in it. A part that comes first may still hold layers that come after
# `upto`: freeze what belongs to a module itself (`parameters(recurse=False)`), not all that is below it.
# </details>


# %% tags=["solution"]
def freeze(model: nn.Module, upto: str) -> None:
    """Hold everything up to a layer still, in place: that layer, all that is in it, and all that stands before it.

    What is frozen does not learn, whatever the optimiser is told to do (weight decay too). Its batch norm normalises by
    its running statistics and does not change them, also after `model.train()`. What comes after stays as it was,
    learning or not, and follows `model.train()`.

    Args:
        model: a network whose layers are registered in the order in which they run.
        upto: a name out of `model.named_modules()`, in whose order "before" and "after" are meant.

    Raises:
        KeyError: there is no layer of this name; the message lists the names that there are.
    """
    ### BEGIN SOLUTION
    modules = dict(model.named_modules())
    if upto not in modules:
        raise KeyError(f"There is no layer {upto!r}, expected one of {list(modules)}.")

    def stay(module: nn.Module, inputs: tuple) -> None:
        module.eval()

    missing = set(modules[upto].modules())
    for module in modules.values():
        if not missing:
            break
        missing.discard(module)
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad_(False)
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.register_forward_pre_hook(stay)
    ### END SOLUTION


# %% tags=["check"]
check("freeze", freeze)

# %% [markdown]
# ## 6 · Slow below, fast above
#
# Between frozen and free there is slow. The first layers are generic and need little change, the new head knows nothing
# yet. So each layer gets a learning rate of its own, falling from the top down by a constant factor (Howard and Ruder,
# ACL 2018, divide by 2.6 per layer).

# %% [markdown]
# <details><summary>Hint: which layer gets which power?</summary>
#
# Write the rates of three layers on paper, from the last to the first: base, base · decay, base · decay². Now count the
# same layers from the first. And who is counted at all?
# </details>


# %% tags=["solution"]
def parameter_groups(model: nn.Module, base_lr: float, decay: float) -> list[dict]:
    """Groups for an optimiser, with a learning rate that falls from the last layer to the first.

    A layer here is a direct child of the model (`model.children()`) with at least one parameter that learns
    (`requires_grad`). Other children get no group and are not counted.

    Args:
        model: a network, maybe partly frozen, all of whose parameters are in its children.
        base_lr: the rate of the last layer.
        decay: each earlier layer has this times the rate of the next one, 0 < decay <= 1.

    Returns:
        For each layer, in the order of `model.children()`, a dict with "params", a list of its parameters that learn,
        and "lr", a float. An empty list where nothing learns.
    """
    ### BEGIN SOLUTION
    learning = [[p for p in child.parameters() if p.requires_grad] for child in model.children()]
    layers = [layer for layer in learning if layer]
    rates = [base_lr * decay**depth for depth in range(len(layers))]
    return [{"params": layer, "lr": rate} for layer, rate in zip(layers, reversed(rates), strict=True)]
    ### END SOLUTION


# %% tags=["check"]
check("parameter_groups", parameter_groups)
