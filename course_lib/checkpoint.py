"""A training that may be interrupted at any moment, and ends as if it had not been."""

import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import torch
from torch import Tensor, nn

from course_lib import progress
from course_lib.download import atomic_write
from course_lib.errors import CacheError, CourseError, Diverged
from course_lib.models import load_tensors


class History(list):
    """The loss at each step of a training.

    Attributes:
        named: each part that the loss function named, at each step.
        seconds: how long the training took; where it was interrupted, all its runs together.
    """

    def __init__(self, losses: Iterable[float] = (), named: dict[str, list[float]] | None = None, seconds: float = 0.0):
        super().__init__(losses)
        self.named, self.seconds = named or {}, seconds

    def noted(self, answer: Tensor | tuple[Tensor, dict[str, Tensor]]) -> Tensor:
        """What the loss function answered: its number. The parts that came with it are written down.

        Raises CourseError where they have other names than at the step before.
        """
        value, parts = answer if isinstance(answer, tuple) else (answer, {})
        if len(self) and parts.keys() != self.named.keys():
            raise CourseError(
                f"The loss function names other parts at step {len(self)} than before.",
                expected=", ".join(self.named) or "none",
                got=", ".join(parts) or "none",
            )
        for name, part in parts.items():
            self.named.setdefault(name, []).append(part.item())
        return value

    def first(self, steps: int) -> "History":
        """The first steps of it."""
        return History(self[:steps], {name: values[:steps] for name, values in self.named.items()}, self.seconds)


class Resumable:
    """The steps of one training. With a path they go on where an earlier run was interrupted, whatever stopped it.

        with run:
            for step in run.steps():
                ...
                run.update()

    A step counts when its update is done. When the block is left by an error, what a half-done step changed (batch
    normalisation's statistics, random numbers) is forgotten, and the rest is saved. At the end the file is removed.

    Attributes:
        losses: the history, with the steps of earlier runs.
    """

    def __init__(
        self,
        path: Path | None,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        steps: int,
        *,
        every: int,
        keep: bool = False,
        main: bool = True,
    ):
        """A training of so many steps; it is saved after `every` ones.

        Args:
            keep: the file stays at the end, and a later run finds everything done.
            main: False in the other processes of a training on several GPUs, which write nothing.
        """
        self.path, self.model, self.optimizer, self.total = path, model, optimizer, steps
        self.losses = _load(path, model, optimizer, steps) if path and path.exists() else History()
        self._every, self._keep, self._main, self._writes = every, keep, main, main and path is not None
        self._earlier, self._saved, self._bar = self.losses.seconds, len(self.losses), None
        self._mark()

    def steps(self, show: bool = True) -> Iterator[int]:
        """The numbers of the steps that are left, with a progress bar."""
        self._bar = progress.bar(range(self._done, self.total), done=self._done, show=show and self._main)
        self._start = time.perf_counter()
        for step in self._bar:
            yield step
            if self._writes and self._done % self._every == 0:
                self._save()

    def update(self) -> None:
        """`optimizer.step()`, whole or not at all: who interrupts waits for its end."""
        with undisturbed():
            self._whole = False
            self.optimizer.step()
            self.losses.seconds = self._earlier + time.perf_counter() - self._start
            self._mark()

    def __enter__(self) -> "Resumable":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar:
            self._bar.close()
        if not self._writes:
            return
        if kind is None and not self._keep:
            self.path.unlink(missing_ok=True)
        elif self._whole and self._done > self._saved and not isinstance(error, Diverged):
            self._forget_half_a_step()
            self._save()

    def _mark(self) -> None:
        """This step is done: note what the next one changes before its own update."""
        self._done, self._whole = len(self.losses), True
        if self._writes:
            self._random, self._buffers = _random(), [buffer.clone() for buffer in self.model.buffers()]

    @torch.no_grad()
    def _forget_half_a_step(self) -> None:
        for buffer, before in zip(self.model.buffers(), self._buffers, strict=True):
            buffer.copy_(before)

    def _save(self) -> None:
        with undisturbed():
            losses = self.losses.first(self._done)
            _write(self.path, self.model, self.optimizer, losses, self.total, self._random)
            self._saved = self._done


@contextmanager
def undisturbed() -> Iterator[None]:
    """An interruption (Ctrl-C, Jupyter's stop button) comes through at the end of the block."""
    before, came = signal.getsignal(signal.SIGINT), []
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    signal.signal(signal.SIGINT, lambda *call: came.append(call))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        before(*came[0])


def _random() -> dict[str, Tensor]:
    """The states of torch's random generators."""
    states = {"cpu": torch.get_rng_state()}
    return states | {"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_initialized() else states


def _write(
    path: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    losses: History,
    steps: int,
    random: dict[str, Tensor],
) -> None:
    """Write all that a training goes on from as one safetensors file; the old one stays until it is whole."""
    from safetensors.torch import save

    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": torch.as_tensor(value) for name, value in state.items()}
    numbers = {"losses": list(losses), "seconds": losses.seconds}
    numbers |= {f"named.{name}": values for name, values in losses.named.items()}
    tensors |= {name: torch.tensor(value, dtype=torch.float64) for name, value in numbers.items()}
    tensors |= {f"random.{name}": state for name, state in random.items()} | {"steps": torch.tensor(steps)}
    with atomic_write(path) as temporary:
        temporary.write_bytes(save({name: value.detach().cpu().contiguous() for name, value in tensors.items()}))


def _load(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> History:
    """Put model, optimizer and random numbers where `_write` found them; returns the history so far."""
    tensors = load_tensors(path)
    state, planned = _below("model", tensors), int(tensors.get("steps", torch.tensor(0)))
    if planned != steps or {name: value.shape for name, value in state.items()} != _shapes(model):
        raise CacheError(
            "The checkpoint belongs to another training.",
            expected=f"a checkpoint of this model, for {steps} steps, at {path}",
            got=f"one for {planned} steps, with {len(state)} tensors of a model",
            advice="delete the file to start anew, or name another one",
        )
    model.load_state_dict(state)
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in _below("optimizer", tensors).items():
        index, slot = name.split(".")
        slots.setdefault(int(index), {})[slot] = value
    optimizer.load_state_dict({"state": slots, "param_groups": optimizer.state_dict()["param_groups"]})
    for device, numbers in _below("random", tensors).items():
        (torch.cuda if device == "cuda" else torch).set_rng_state(numbers)
    named = {name: values.tolist() for name, values in _below("named", tensors).items()}
    return History(tensors["losses"].tolist(), named, tensors["seconds"].item())


def _below(head: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with this word and a point, without it."""
    return {name.removeprefix(f"{head}."): value for name, value in tensors.items() if name.startswith(f"{head}.")}


def _shapes(model: nn.Module) -> dict[str, torch.Size]:
    """Name and shape of each tensor of the model's state."""
    return {name: value.shape for name, value in model.state_dict().items()}
