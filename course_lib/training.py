"""The one training loop of the course, and `trained`, which keeps what was learned beside the notebook."""

import math
import os
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from course_lib.download import atomic_write
from course_lib.errors import CacheError, CourseError
from course_lib.models import load_tensors
from course_lib.settings import settings

LATER = ("lightning_fabric",)  # takes seconds, so that it is imported at first use; or by whoever prepares


class Diverged(CourseError):
    """A training whose loss is no longer a finite number."""


def fit(
    model: nn.Module,
    batch: Callable[[int], tuple],
    loss: Callable[..., Tensor],
    steps: int,
    lr: float,
    *,
    groups: list[dict] | None = None,
    weight_decay: float = 1e-4,
    precision: str | None = None,
    checkpoint: Path | None = None,
    save_every: int = 200,
    progress: bool = True,
) -> list[float]:
    """Train ``model`` in place for a number of steps: AdamW, a short warm-up, then half a cosine down to zero.

    Lightning Fabric moves model and batches to the device of the settings, chooses the precision, and runs on
    several GPUs when started by ``torchrun --nproc-per-node N``.

    Args:
        model: trained in place; only parameters that require a gradient change. It comes back on the CPU.
        batch: ``batch(i)`` gives the i-th batch as a tuple. A function of ``i`` alone, so that a training that was
            interrupted goes on with the batch that it would have seen.
        loss: ``loss(model, *batch)`` gives one number; it calls ``model(...)``, not its parts.
        steps: how many updates; with N GPUs each one uses N batches.
        lr: the highest learning rate.
        groups: parameter groups as PyTorch's optimisers take them; the "lr" of a group takes the place of ``lr`` there.
            None: all parameters that require a gradient, in one group.
        precision: Fabric's name; None means bfloat16 on a GPU that has it, else 32 bits.
        checkpoint: a file to go on from and to save to every ``save_every`` steps; it is removed at the end.

    Returns:
        The loss at each step.

    Raises:
        Diverged: at the first loss that is NaN or infinite, before it changes the model.
    """
    fabric = _fabric(precision)
    fabric.launch()
    groups = groups or [{"params": [p for p in model.parameters() if p.requires_grad]}]
    optimizer = torch.optim.AdamW(groups, lr, weight_decay=weight_decay)
    rates = [group["lr"] for group in optimizer.param_groups]
    model, bare = fabric.setup_module(model), model
    optimizer = fabric.setup_optimizers(optimizer)
    losses = _resume(checkpoint, bare, optimizer, steps) if checkpoint else []

    for step in _counted(range(len(losses), steps), progress and fabric.is_global_zero):
        for group, highest in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = learning_rate(step, steps, highest)
        data = fabric.to_device(batch(step * fabric.world_size + fabric.global_rank))
        optimizer.zero_grad()
        value = loss(model, *data)
        losses.append(_finite(value.item(), step))
        fabric.backward(value)
        optimizer.step()
        if checkpoint and (step + 1) % save_every == 0 and fabric.is_global_zero:
            _save(checkpoint, bare, optimizer, losses)

    if checkpoint and fabric.is_global_zero:
        checkpoint.unlink(missing_ok=True)
    bare.cpu()
    return losses


def _finite(loss: float, step: int) -> float:
    """The loss, unless it is no number to learn from."""
    if math.isfinite(loss):
        return loss
    raise Diverged(
        f"The training went astray: its loss at step {step} is {loss}.",
        expected="a finite number",
        got=str(loss),
        advice="look at that batch for boxes without area or values that are NaN, or try a lower learning rate",
    )


def learning_rate(step: int, steps: int, highest: float) -> float:
    """Warm up linearly over the first twentieth of the steps, then follow half a cosine down to zero."""
    warm_up = max(1, steps // 20)
    if step < warm_up:
        return highest * (step + 1) / warm_up
    return highest * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


def trained(name: str, fit: Callable[[], dict[str, Tensor]], folder: str | Path = ".") -> dict[str, Tensor]:
    """Load ``<folder>/<name>.safetensors`` when it exists; otherwise call ``fit()`` and save its tensors there.

    Args:
        name: of the file, without its ending. In `full` it is followed by ``_full``: other data, other weights.
        fit: returns everything that prediction needs, as a dict of tensors.

    Raises:
        DataBroken: when the file exists but holds no tensors: delete it to train again.
    """
    from safetensors.torch import save

    name = name if settings().profile == "mini" else f"{name}_{settings().profile}"
    path = Path(folder) / f"{name}.safetensors"
    if path.exists():
        print(f"{name}: loaded from {path}. Delete this file to train again.")
        return load_tensors(path)
    weights = {key: value.detach().cpu().contiguous() for key, value in fit().items()}  # safetensors takes no views
    with atomic_write(path) as temporary:
        temporary.write_bytes(save(weights))  # save_file would make a file that only its owner may read
    print(f"{name}: trained and saved as {path}.")
    return weights


def _fabric(precision: str | None):
    """Lightning Fabric for the device of the settings, and for as many processes as torchrun started here."""
    from lightning_fabric import Fabric

    device = torch.device(settings().device)
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if precision is None:
        precision = "bf16-mixed" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "32-true"
    devices = processes if processes > 1 or device.index is None else [device.index]
    strategy = "ddp" if processes > 1 else "auto"
    how = {"plugins": _mixed(precision, device)} if precision.endswith("-mixed") else {"precision": precision}
    return Fabric(accelerator=device.type, devices=devices, strategy=strategy, **how)


def _mixed(precision: str, device: torch.device):
    """Mixed precision that leaves a model's inputs as they are: in bfloat16 a box's corner at 601 would become 600."""
    from lightning_fabric.plugins.precision import MixedPrecision

    class Autocast(MixedPrecision):
        def convert_input(self, data):
            return data

    return Autocast(precision, device.type)


def _counted(steps: range, show: bool):
    """The steps, with a progress bar on standard output."""
    import sys

    from tqdm import tqdm

    return tqdm(steps, disable=not show, unit="step", file=sys.stdout, mininterval=1.0)


def _save(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, losses: list[float]) -> None:
    """Write model, optimizer and the losses so far as one safetensors file; the old one stays until it is whole."""
    from safetensors.torch import save

    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": torch.as_tensor(value) for name, value in state.items()}
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        temporary.write_bytes(save({name: value.detach().cpu().contiguous() for name, value in tensors.items()}))


def _resume(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> list[float]:
    """Put model and optimizer where `_save` left them; returns the losses so far, empty without a file."""
    if not path.exists():
        return []
    tensors = load_tensors(path)
    losses = tensors.pop("losses").tolist()
    state = {name.removeprefix("model."): value for name, value in tensors.items() if name.startswith("model.")}
    if len(losses) > steps or {k: v.shape for k, v in state.items()} != _shapes(model):
        raise CacheError(
            "The checkpoint belongs to another training.",
            expected=f"a checkpoint of this model, of at most {steps} steps, at {path}",
            got=f"{len(losses)} steps and {len(state)} tensors of the model",
            advice="delete the file to start anew, or name another one",
        )
    model.load_state_dict(state)
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, slot = name.split(".")
            slots.setdefault(int(index), {})[slot] = value
    optimizer.load_state_dict({"state": slots, "param_groups": optimizer.state_dict()["param_groups"]})
    return losses


def _shapes(model: nn.Module) -> dict[str, torch.Size]:
    """Name and shape of each tensor of the model's state."""
    return {name: value.shape for name, value in model.state_dict().items()}
