"""Unit 01: wrong versions of `freeze`."""

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from autograder.misconceptions import wrong


def _names(model, upto):
    """All names and modules, or an error that lists the names."""
    modules = dict(model.named_modules())
    if upto not in modules:
        raise KeyError(f"{upto} is none of {list(modules)}")
    return modules


def _before(model, upto):
    """The modules that stand before a layer or in it, and those after it."""
    modules = _names(model, upto)
    last = max(i for i, name in enumerate(modules) if name == upto or name.startswith(upto + "."))
    return list(modules.values())[: last + 1], list(modules.values())[last + 1 :]


def _stop(modules):
    """No gradients for what belongs to these modules themselves."""
    for module in modules:
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad = False


def _still(modules, kind=_BatchNorm):
    """Batch norm in eval mode whenever it runs."""

    def stay(module, inputs):
        module.eval()

    for module in modules:
        if isinstance(module, kind):
            module.register_forward_pre_hook(stay)


@wrong(
    "freeze",
    "statistics-run",
    "The weights stand still, but the batch norm statistics keep drifting to the new data: frozen features change.",
)
def statistics_run(model, upto):
    _stop(_before(model, upto)[0])


@wrong(
    "freeze",
    "thawed-by-train",
    "Your frozen batch norm wakes up as soon as training calls `train()`, and drifts again.",
)
def thawed_by_train(model, upto):
    frozen = _before(model, upto)[0]
    _stop(frozen)
    for module in frozen:
        if isinstance(module, _BatchNorm):
            module.eval()


@wrong(
    "freeze",
    "hook-returns",
    "Your hook returns a module, and what a pre-hook returns takes the place of the input. It has to return nothing.",
)
def hook_returns(model, upto):
    frozen = _before(model, upto)[0]
    _stop(frozen)
    for module in frozen:
        if isinstance(module, _BatchNorm):
            module.register_forward_pre_hook(lambda module, inputs: module.eval())


@wrong(
    "freeze",
    "batch-statistics",
    "The running statistics stand still, but in training each batch is still normalised by its own: an image's frozen "
    "features depend on its neighbours.",
)
def batch_statistics(model, upto):
    frozen = _before(model, upto)[0]
    _stop(frozen)
    for module in frozen:
        if isinstance(module, _BatchNorm):
            module.momentum = 0.0


@wrong(
    "freeze",
    "statistics-untracked",
    "You told batch norm to forget its running statistics. Then it normalises by the batch, in eval mode too.",
)
def statistics_untracked(model, upto):
    frozen = _before(model, upto)[0]
    _stop(frozen)
    for module in frozen:
        if isinstance(module, _BatchNorm):
            module.track_running_stats = False
            module.running_mean = module.running_var = None


@wrong("freeze", "exclusive", "The layer you were asked to freeze up to still learns: `upto` is included.")
def exclusive(model, upto):
    inside = set(_names(model, upto)[upto].modules())
    frozen = [module for module in _before(model, upto)[0] if module not in inside]
    _stop(frozen)
    _still(frozen)


@wrong("freeze", "only-upto", "You froze the one layer alone. What stands before it is to stand still as well.")
def only_upto(model, upto):
    frozen = list(_names(model, upto)[upto].modules())
    _stop(frozen)
    _still(frozen)


@wrong("freeze", "reversed", "You froze the top and train the bottom. Generic features are at the bottom: keep those.")
def reversed(model, upto):
    frozen = _before(model, upto)[1]
    _stop(frozen)
    _still(frozen)


@wrong(
    "freeze",
    "weights-only",
    "Some parameters of the frozen part still move: the biases, or batch norm's scale and shift.",
)
def weights_only(model, upto):
    frozen = _before(model, upto)[0]
    for module in frozen:
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.weight.requires_grad = False
    _still(frozen)


@wrong("freeze", "biases-left", "The biases of the frozen part still move.")
def biases_left(model, upto):
    frozen = _before(model, upto)[0]
    for module in frozen:
        for name, parameter in module.named_parameters(recurse=False):
            parameter.requires_grad = "bias" in name and parameter.requires_grad
    _still(frozen)


@wrong("freeze", "zero-gradient", "With zero gradients weight decay still pulls the weights. Switch the gradient off.")
def zero_gradient(model, upto):
    frozen = _before(model, upto)[0]
    for module in frozen:
        for parameter in module.parameters(recurse=False):
            if parameter.requires_grad:
                parameter.register_hook(lambda gradient: gradient * 0)
    _still(frozen)


@wrong("freeze", "everything", "Nothing learns any more: you froze what comes after `upto` as well.")
def everything(model, upto):
    frozen = _before(model, upto)[0]
    model.requires_grad_(False)
    _still(frozen)


@wrong(
    "freeze",
    "whole-parts",
    "You freeze whole children of the model. `upto` may be within one, whose rest is to go on learning.",
)
def whole_parts(model, upto):
    _names(model, upto)
    for name, child in model.named_children():
        child.requires_grad_(False)
        _still(child.modules())
        if name == upto.split(".")[0]:
            return


@wrong(
    "freeze",
    "tail-in-eval",
    "The batch norm after `upto` stands still as well. It is to learn the new data's statistics.",
)
def tail_in_eval(model, upto):
    _stop(_before(model, upto)[0])
    _still(model.modules())


@wrong(
    "freeze",
    "wakes-the-rest",
    "You switch on the gradients of all that comes after `upto`. What was frozen there is to stay so.",
)
def wakes_the_rest(model, upto):
    frozen = _before(model, upto)[0]
    model.requires_grad_(True)
    _stop(frozen)
    _still(frozen)


@wrong(
    "freeze",
    "two-dimensions-only",
    "Only `BatchNorm2d` stands still. Batch norm of vectors, `BatchNorm1d`, drifts as well.",
)
def two_dimensions_only(model, upto):
    frozen = _before(model, upto)[0]
    _stop(frozen)
    _still(frozen, nn.BatchNorm2d)


@wrong(
    "freeze",
    "prefix",
    "You also freeze a layer whose name merely begins like `upto`: `conv10` is not a part of `conv1`.",
    slip=True,
)
def prefix(model, upto):
    modules = _names(model, upto)
    last = max(i for i, name in enumerate(modules) if name.startswith(upto))
    frozen = list(modules.values())[: last + 1]
    _stop(frozen)
    _still(frozen)


@wrong("freeze", "names-not-listed", "Your error for an unknown layer does not say which layers there are.", slip=True)
def names_not_listed(model, upto):
    if upto not in dict(model.named_modules()):
        raise KeyError(upto)
    frozen = _before(model, upto)[0]
    _stop(frozen)
    _still(frozen)


@wrong(
    "freeze",
    "unknown-freezes-all",
    "An unknown name passes in silence, and everything is frozen. Say that there is no such layer.",
    slip=True,
)
def unknown_freezes_all(model, upto):
    known = upto in dict(model.named_modules())
    frozen = _before(model, upto)[0] if known else list(model.modules())
    _stop(frozen)
    _still(frozen)
