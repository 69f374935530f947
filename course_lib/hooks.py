"""Look into a network that belongs to somebody else, and leave it as it was: no hook stays, and no mode changes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import Tensor, nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """Within `with evaluating(model):` the model is in evaluation mode; afterwards each module of it is as it was.

    A model has not one mode but one per submodule: `model.train()` at the end would also wake a batch norm that had
    been put into evaluation mode on purpose. The modes come back even where an error ends the block. Gradients are
    another matter: see `torch.no_grad`.
    """
    modes = {module: module.training for module in model.modules()}
    try:
        yield model.eval()
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def recording(layers: Iterable[nn.Module]) -> Iterator[list[tuple[nn.Module, Tensor]]]:
    """Within `with recording(layers) as outputs:` each call of one of these layers adds (layer, its output) to a list.

    The hooks that listen are gone afterwards, even where an error ends the block; the list stays.

    Args:
        layers: modules of any model, each of which gives one tensor.

    Returns:
        The calls in their order. Each output is a copy, cut off from the graph: a ReLU that works in place does not
        change it any more.
    """
    outputs: list[tuple[nn.Module, Tensor]] = []

    def keep(layer: nn.Module, inputs: tuple, output: Tensor) -> None:
        outputs.append((layer, output.detach().clone()))

    hooks = [layer.register_forward_hook(keep) for layer in layers]
    try:
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()
