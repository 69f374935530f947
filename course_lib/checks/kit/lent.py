"""Networks that are lent to a student's function: how many hooks of others hang on them."""

from torch import nn

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def hooks_on(module: nn.Module) -> int:
    """How many hooks a module has, not counting those of modules in it."""
    return sum(len(getattr(module, kind)) for kind in HOOKS)
