"""The one training loop of the course, and `trained`, which keeps what was learned beside the notebook."""

import math
import os
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from course_lib.checkpoint import History, Resumable
from course_lib.download import atomic_write
from course_lib.errors import Diverged, NotTrained
from course_lib.models import load_tensors
from course_lib.settings import settings

LATER = ("lightning_fabric",)  # takes seconds, so that it is imported at first use; or by whoever prepares


def fit(
    model: nn.Module,
    batch: Callable[[int], tuple],
    loss: Callable[..., Tensor | tuple[Tensor, dict[str, Tensor]]],
    steps: int,
    lr: float,
    *,
    groups: list[dict] | None = None,
    weight_decay: float = 1e-4,
    precision: str | None = None,
    checkpoint: Path | None = None,
    save_every: int = 200,
    keep: bool = False,
    progress: bool = True,
) -> History:
    """Train ``model`` in place for a number of steps: AdamW, a short warm-up, then half a cosine down to zero.

    Lightning Fabric moves model and batches to the device of the settings, chooses the precision, and runs on
    several GPUs when started by ``torchrun --nproc-per-node N``.

    Args:
        model: trained in place; only parameters that require a gradient change. It comes back on the CPU.
        batch: ``batch(i)`` gives the i-th batch as a tuple. A function of ``i`` alone, so that a training that was
            interrupted goes on with the batch that it would have seen.
        loss: ``loss(model, *batch)`` gives one number, or the number and a dict of its parts to look at later; it calls
            ``model(...)``, not its parts.
        steps: how many updates; with N GPUs each one uses N batches.
        lr: the highest learning rate.
        groups: parameter groups as PyTorch's optimisers take them; the "lr" of a group takes the place of ``lr`` there.
            None: all parameters that require a gradient, in one group.
        precision: Fabric's name; None means bfloat16 on a GPU that has it, else 32 bits.
        checkpoint: a file to go on from; it is saved every ``save_every`` steps and when something interrupts the
            training, whose end is then the same as without the interruption. It is removed at the end.
        keep: leave the checkpoint at the end, so that the same call gives the trained model at once. `trained` removes
            it together with what else was kept under its name.

    Returns:
        The loss at each step, a list; its ``named`` has the parts of the loss, its ``seconds`` the training's time.

    Raises:
        Diverged: at the first loss that is NaN or infinite, before it changes the model.
        NotTrained: nbgrader's Validate runs the notebook, which looks at checks alone.
    """
    _refuse_in_validate("Validate does not train.")
    fabric = _fabric(precision)
    fabric.launch()
    groups = groups or [{"params": [p for p in model.parameters() if p.requires_grad]}]
    optimizer = torch.optim.AdamW(groups, lr, weight_decay=weight_decay)
    rates = [group["lr"] for group in optimizer.param_groups]
    model, bare = fabric.setup_module(model), model
    optimizer = fabric.setup_optimizers(optimizer)
    main = fabric.is_global_zero
    run = Resumable(checkpoint, bare, optimizer, steps, every=save_every, keep=keep, main=main)
    losses = run.losses
    with run:
        for step in run.steps(progress):
            for group, highest in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = learning_rate(step, steps, highest)
            data = fabric.to_device(batch(step * fabric.world_size + fabric.global_rank))
            optimizer.zero_grad()
            value = losses.noted(loss(model, *data))
            losses.append(_finite(value.item(), step))
            fabric.backward(value)
            run.update()
    bare.cpu()
    return losses


def _refuse_in_validate(what: str, expected: str = "") -> None:
    """nbgrader's Validate runs whole notebooks for their checks, and stops cells that take long: nothing trains there.

    Raises:
        NotTrained: it is what runs this notebook.
    """
    if os.environ.get("NBGRADER_EXECUTION") == "validate":
        advice = "run this cell yourself; then press Validate again"
        raise NotTrained(what, expected=expected, advice=advice)


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

    Checkpoints beside it whose names begin with ``name_`` and end with ``checkpoint.safetensors`` are then removed.

    Args:
        name: of the file, without its ending. In `full` it is followed by ``_full``: other data, other weights.
        fit: returns everything that prediction needs, as a dict of tensors.

    Raises:
        DataBroken: when the file exists but holds no tensors: delete it to train again.
        NotTrained: when it does not, and nbgrader's Validate runs the notebook, which stops cells that take long.
    """
    from safetensors.torch import save

    whole = name if settings().profile == "mini" else f"{name}_{settings().profile}"
    path = Path(folder) / f"{whole}.safetensors"
    if path.exists():
        print(f"{whole}: loaded from {path}. Delete this file to train again.")
        return load_tensors(path)
    _refuse_in_validate(f"{whole} is not trained yet.", expected=f"{path} beside the notebook")
    weights = {key: value.detach().cpu().contiguous() for key, value in fit().items()}  # safetensors takes no views
    with atomic_write(path) as temporary:
        temporary.write_bytes(save(weights))  # save_file would make a file that only its owner may read
    for part in path.parent.glob(f"{name}_*checkpoint.safetensors"):
        part.unlink()
    print(f"{whole}: trained and saved as {path}.")
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
