"""Unit 00: networks in training: built from plain data with their optimizer, and what steps of a student's do to them.

What is asked of a step is plain data, in this order: `plan` and `state` make the network; `images` and `labels` are
one or more mini-batches, one behind the other; `setting` holds everything else:

batch: images per step. optimizer: its class in `torch.optim`, and options: its arguments. rates: the learning rates of
a group with the last layer's parameters and of one with all others, or one rate for all in one group; only_last: the
optimizer has the last layer's alone. training: the network's mode. frozen: its first layer learns nothing. left: each
gradient holds ones from before.
"""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor, nn

from course_lib.checks.cnn_recap.networks import FLAT, RELU, Plan, build, chain, conv, linear, norm
from course_lib.checks.kit.probes import graph
from course_lib.checks.kit.weights import batch_norm, numbers, weights
from course_lib.checks.spec import Inputs

State = dict[str, Tensor]
Setting = dict[str, Any]
Ready = tuple[nn.Module, torch.optim.Optimizer]

PLAIN = {"optimizer": "SGD", "options": {}, "rates": [0.5]}
WHOLE = {"only_last": False, "training": True, "frozen": False, "left": False}


def linear_layer(images: int = 3, classes: int = 4, steps: int = 1, **setting: Any):
    """A linear layer on the pixels as they are."""
    return _asked(chain(FLAT, linear(12, classes)), images, classes, steps, setting)


def small_network(images: int = 5, steps: int = 1, **setting: Any):
    """Convolution, ReLU, linear layer."""
    return _asked(chain(conv(1, 3, 2), RELU, FLAT, linear(18, 4)), images, 4, steps, setting)


def normalised(images: int = 5, **setting: Any):
    """The same with a batch norm behind the convolution, which has no bias of its own."""
    plan = chain(conv(1, 3, 2, bias=False), norm(3), RELU, FLAT, linear(18, 4))
    return _asked(plan, images, 4, 1, setting)


def pixels_normalised(images: int = 5):
    """A batch norm on the pixels, and a linear layer: no convolution, which a GPU rounds more coarsely."""
    return _asked(chain(norm(1), FLAT, linear(12, 3)), images, 3, 1, {})


def _asked(plan: Plan, images: int, classes: int, steps: int, setting: Setting):
    """Draws the network's weights, and so many images with their labels for each step."""

    def make(rng: Generator) -> Inputs:
        labels = torch.as_tensor(rng.integers(0, classes, images * steps))
        labels[:2] = torch.as_tensor(rng.permutation(classes)[: min(2, len(labels))])  # not all are the same
        return {
            "plan": plan,
            "state": _drawn(rng, plan),
            "images": numbers(rng, images * steps, 1, 3, 4),
            "labels": labels,
            "setting": PLAIN | WHOLE | setting | {"batch": images},
        }

    return make


def _drawn(rng: Generator, plan: Plan) -> State:
    state: State = {}
    for name, layer in build(plan).named_modules():
        if isinstance(layer, nn.BatchNorm2d):
            state |= batch_norm(rng, name, layer.num_features)
        elif isinstance(layer, nn.Conv2d | nn.Linear):
            state[f"{name}.weight"] = weights(rng, *layer.weight.shape)
            state |= {f"{name}.bias": numbers(rng, len(layer.bias))} if layer.bias is not None else {}
    return state


def ready(plan: Plan, state: State, like: Tensor, setting: Setting) -> Ready:
    """The network, of the images' type and on their device, and its optimizer."""
    model = build(plan).to(like)
    model.load_state_dict(state)
    model.train(setting["training"])
    layers = [layer for layer in model.modules() if next(layer.parameters(recurse=False), None) is not None]
    if setting["frozen"]:
        layers[0].requires_grad_(False)
    for parameter in model.parameters():
        if setting["left"] and parameter.requires_grad:
            parameter.grad = torch.ones_like(parameter)
    last = list(layers[-1].parameters())
    others = [] if setting["only_last"] else [p for layer in layers[:-1] for p in layer.parameters()]
    first, *more = setting["rates"]
    groups = [{"params": last, "lr": first}, {"params": others, "lr": more[0]}] if more else [*others, *last]
    return model, getattr(torch.optim, setting["optimizer"])(groups, lr=first, **setting["options"])


@torch.enable_grad()
def step_by_step(
    function: Callable, plan: Plan, state: State, images: Tensor, labels: Tensor, setting: Setting
) -> dict[str, Any]:
    """The loss that each step returns, and the network's weights and running statistics after the last one."""
    model, optimizer = ready(plan, state, images, setting)
    batches = zip(images.split(setting["batch"]), labels.split(setting["batch"]), strict=True)
    losses = [function(model, x, y, optimizer) for x, y in batches]
    after = {name: value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    return {"losses": losses, "state": after}


@torch.enable_grad()
def seen_by_the_optimizer(
    function: Callable, plan: Plan, state: State, images: Tensor, labels: Tensor, setting: Setting
) -> dict[str, Any]:
    """How often the optimizer takes its step, the gradients at the first, and whether any are there at the end."""
    model, optimizer = ready(plan, state, images, setting)
    seen: list[State] = []
    optimizer.register_step_post_hook(lambda *step: seen.append(_gradients(model)))
    function(model, images, labels, optimizer)
    end = _gradients(model)
    first = seen[0] if seen else {name: torch.zeros_like(gradient) for name, gradient in end.items()}
    return {"steps": len(seen), "gradients": first, "any at the end": any(bool(g.any()) for g in end.values())}


def _gradients(model: nn.Module) -> State:
    """Each weight's gradient, zeros where it has none."""
    given = dict(model.named_parameters())
    return {name: torch.zeros_like(p) if p.grad is None else p.grad.clone() for name, p in given.items()}


@torch.enable_grad()
def mode_after(function: Callable, plan: Plan, state: State, images: Tensor, labels: Tensor, setting: Setting) -> str:
    """The modules that are in evaluation mode after a step, by their names; the network itself is "the network"."""
    model, optimizer = ready(plan, state, images, setting)
    function(model, images, labels, optimizer)
    return ", ".join(name or "the network" for name, module in model.named_modules() if not module.training)


@graph(kept=False)
@torch.enable_grad()
def attached(
    function: Callable, plan: Plan, state: State, images: Tensor, labels: Tensor, setting: Setting
) -> dict[str, bool]:
    """Whether the loss that a step returns still holds the graph."""
    model, optimizer = ready(plan, state, images, setting)
    return {"graph": bool(getattr(function(model, images, labels, optimizer), "requires_grad", False))}
