"""Unit 01: probes about heads, frozen layers and parameter groups, which run beside the student's code."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.checks.codec import copy
from course_lib.checks.kit.refusals import forgotten, holding, refusal
from course_lib.checks.spec import Refusal
from course_lib.checks.transfer_learning.networks import Network, build
from course_lib.checks.transfer_learning.probes import layers_of

STEPS = 3
RATE, DECAY = 0.05, 0.1


def _head(model: nn.Module) -> str:
    """The name of the last linear layer."""
    found = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    if not found:
        raise Refusal("Expected a model with an nn.Linear, found none in what your function returned.")
    return found[-1]


@torch.no_grad()
def _run(model: nn.Module, x: Tensor, layer: str) -> tuple[Tensor, Tensor, Tensor]:
    """The model's output in evaluation mode, and what goes into and comes out of a layer."""
    seen = {"into": x[:0], "out": x[:0]}  # of a layer that never runs

    def keep(module: nn.Module, inputs: tuple, output: Tensor) -> None:
        seen["into"], seen["out"] = inputs[0].clone(), output.clone()

    modes = {module: module.training for module in model.modules()}
    hook = model.get_submodule(layer).register_forward_hook(keep)
    model.eval()
    result = model(x)
    hook.remove()
    for module, mode in modes.items():
        module.training = mode
    return result, seen["into"], seen["out"]


def swap(function: Callable, network: dict, classes: int, x: Tensor) -> dict[str, Any]:
    """swap_head's model: its weights beside the old ones, what goes into its head, what comes out."""
    old = build(network, x)
    torch.manual_seed(0)  # for the new weights
    new = function(old, classes)
    if not isinstance(new, nn.Module):
        raise Refusal(f"Expected a module, got an object of type {type(new).__name__}.{forgotten(new)}")
    before, after, head = build(network, x).state_dict(), new.state_dict(), _head(new)
    result, into, out = _run(new, x, head)
    learning = {name: parameter.requires_grad for name, parameter in new.named_parameters()}
    changed = [name for name in after if name not in before or not torch.equal(before[name].cpu(), after[name].cpu())]
    rows = new.get_submodule(head).weight.detach().cpu()
    return {
        "weights": [f"{name} {list(value.shape)}" for name, value in after.items()],
        "learning": sorted(name for name, learns in learning.items() if learns),
        "changed": sorted(changed),
        "training": [name for name, module in new.named_modules() if module.training and module is not _at(new, head)],
        "into the head": into,
        "outputs": list(result.shape),
        "behind the head": _behind(result, out),
        "type": str(rows.dtype),
        "old rows": _in_common(rows, before[f"{_head(old)}.weight"].cpu()),
    }


def _behind(result: Tensor, out: Tensor) -> str:
    """What the model does with its last linear layer's outputs: "", "softmax" or "something"."""
    if result.shape == out.shape and torch.allclose(result, out):
        return ""
    shares = result.ndim == 2 and result.shape[1] > 1 and bool((result >= 0).all())
    return "softmax" if shares and torch.allclose(result.sum(dim=1), torch.ones_like(result[:, 0])) else "something"


def _in_common(rows: Tensor, others: Tensor) -> int:
    """How many rows are among the others."""
    same = rows.shape[1] == others.shape[1] and rows.dtype == others.dtype
    return int((rows[:, None] == others).all(dim=2).any(dim=1).sum()) if same else 0


def _at(model: nn.Module, name: str) -> nn.Module:
    return model.get_submodule(name)


def model_after(function: Callable, network: dict, classes: int, x: Tensor) -> list[str]:
    """How the old model has changed after the call, and after all weights of the new one were changed."""
    old, fresh = build(network, x), build(network, x)
    torch.manual_seed(0)
    new = function(old, classes)
    found = [] if str(old) == str(fresh) else ["the model has other layers than before"]
    found += [f"{name} of the model has changed" for name in _moved(fresh.state_dict(), old.state_dict())]
    for value in new.state_dict().values():
        value.data.zero_()
    shared = _moved(fresh.state_dict(), old.state_dict()) if not found else []
    found += [f"{name} is shared by both models" for name in shared]
    flags = {name: p.requires_grad for name, p in old.named_parameters()}
    wanted = {name: p.requires_grad for name, p in fresh.named_parameters()}
    return found + [f"{name} of the model learns: {flags[name]}" for name in flags if flags[name] != wanted.get(name)]


def _moved(before: dict[str, Tensor], after: dict[str, Tensor]) -> list[str]:
    """Names of the weights and statistics that are not what they were; how many batches were seen does not count."""
    known = [name for name in after if name in before and not name.endswith("num_batches_tracked")]
    return sorted(name for name in known if not torch.equal(before[name].cpu(), after[name].cpu()))


def no_head(function: Callable, network: dict, classes: int, x: Tensor) -> str:
    """What becomes of a model without a linear layer."""
    return refusal(lambda: function(build(network, x), classes), ValueError, holding())


@torch.enable_grad()
def train_frozen(function: Callable, network: dict, upto: str, x: Tensor, anew: bool = True) -> dict[str, Any]:
    """What moves when a model is frozen, put in training mode and trained for a few steps with weight decay.

    Args:
        anew: put it in training mode after it is frozen; otherwise it stays in the mode that it has.

    Returns:
        "moved": names of weights and statistics; "training": names of the layers after `upto` in training mode;
        the features of the first image at `upto`: "before" the training, "beside" other images in training mode, and
        "after" the training (both others in evaluation mode); "given": "a module" where a layer was given one in place
        of its input, and nothing was trained.
    """
    model = build(network, x)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    before = _run(model, x[:1], upto)[2]
    function(model, upto)
    if anew:
        model.train()
    given, beside, training, after = "", before, [], before
    try:
        beside, training = _train(model, x, upto)
        after = _run(model, x[:1], upto)[2]
    except (AttributeError, TypeError) as error:
        if not any(type(module).__name__ in str(error) for module in model.modules()):
            raise
        given = "a module"
    return {
        "moved": _moved(start, model.state_dict()),
        "training": [name for name in _names_after(network, upto) if name in training],
        "before": before.flatten(),
        "beside": beside.flatten(),
        "after": after.flatten(),
        "given": given,
    }


def train_as_left(function: Callable, network: dict, upto: str, x: Tensor) -> dict[str, Any]:
    """The same without `model.train()`."""
    return train_frozen(function, network, upto, x, anew=False)


def _train(model: nn.Module, x: Tensor, upto: str) -> tuple[Tensor, list[str]]:
    """Some steps of descent; the first image's features at `upto` in the first, and the layers in training mode."""
    seen: list[Tensor] = []
    keep = model.get_submodule(upto).register_forward_hook(
        lambda module, inputs, out: seen.append(out.detach().clone())
    )
    optimizer = torch.optim.SGD(list(model.parameters()) or [torch.zeros(1)], RATE, weight_decay=DECAY)
    for _ in range(STEPS):
        torch.manual_seed(0)  # for dropout
        optimizer.zero_grad()
        loss = model(x).square().mean()
        if loss.requires_grad:
            loss.backward()
        optimizer.step()
    keep.remove()
    return seen[0][:1], [name for name, module in model.named_modules() if module.training]


def _names_after(network: dict, upto: str) -> list[str]:
    """Layers that hold nothing of what stands before `upto` or in it."""
    names = layers_of(Network(network["parts"]))
    last = max(place for place, name in enumerate(names) if name == upto or name.startswith(f"{upto}."))
    return names[last + 1 :]


def unknown_upto(function: Callable, network: dict, upto: str, x: Tensor) -> str:
    """What becomes of a name that is no layer's."""
    model = build(network, x)
    return refusal(lambda: function(model, upto), KeyError, holding(*layers_of(model)))


def group(function: Callable, network: dict, base_lr: float, decay: float) -> dict[str, Any]:
    """The groups' rates, and the names of the parameters in each, "?" for one that is not the model's."""
    model = build(network)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = [(float(copy(one["lr"])), _parameters(one["params"])) for one in _dicts(function(model, base_lr, decay))]
    return {
        "rates": [rate for rate, _ in groups],
        "names": [sorted(names.get(id(parameter), "?") for parameter in each) for _, each in groups],
    }


def _dicts(groups: Any) -> list[dict[str, Any]]:
    """The groups, if they are what an optimiser takes."""
    if not isinstance(groups, Iterable):
        raise Refusal(f"Expected a list of dicts, got an object of type {type(groups).__name__}.{forgotten(groups)}")
    found = list(groups)
    for one in found:
        if not isinstance(one, dict) or not {"params", "lr"} <= set(one):
            keys = f"a dict with {sorted(map(str, one))}" if isinstance(one, dict) else f"a {type(one).__name__}"
            raise Refusal(f'Expected each group to be a dict with "params" and "lr", got {keys}.')
    return found


def _parameters(found: Tensor | Iterable) -> list[Any]:
    """One group's parameters: a single one, or several, each perhaps in a pair behind its name."""
    each = [found] if isinstance(found, Tensor) else list(found)
    return [one[1] if isinstance(one, tuple) else one for one in each]


def model_after_grouping(function: Callable, network: dict, base_lr: float, decay: float) -> list[str]:
    """Names of the parameters that learn, after the call."""
    model = build(network)
    function(model, base_lr, decay)
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]
