"""One training, until the mark or the ceiling; it goes on where an earlier one stopped."""

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from benchmarks.marks.contest import Contestant
from benchmarks.marks.recipes import Recipe
from course_lib.checkpoint import Resumable
from course_lib.errors import Diverged
from course_lib.hooks import evaluating
from course_lib.settings import settings

LAST = 10  # steps whose loss stands for the end of a training


@dataclass(frozen=True)
class Run:
    """What one training did.

    Attributes:
        seconds: of the processor, of drawing batches and training alone.
        points: (seconds, metric) at each measurement. loss: the mean of the last steps.
    """

    seed: int
    steps: int
    seconds: float
    points: Sequence[Sequence[float]]
    loss: float

    @property
    def best(self) -> float:
        """The highest metric that was measured; 0 before the first measurement."""
        return max((value for _, value in self.points), default=0.0)


def train(one: Contestant, recipe: Recipe, seed: int, mark: float, limit: float) -> Run:
    """Train until the metric reaches the mark, or for `limit` CPU seconds, or for the planned steps.

    Where an earlier call was stopped, by a lower limit or by anything else, this one goes on, with its seconds.
    """
    torch.manual_seed(seed)
    network, batch = one.make(), one.batches(seed)
    optimizer = recipe.optimizer(one.groups(network, recipe.rate), recipe.rate)
    highest = [group["lr"] for group in optimizer.param_groups]
    kept = Resumable(place(one, recipe, seed), network, optimizer, one.steps, every=one.every, keep=True)
    seconds, values = (kept.losses.named.setdefault(name, []) for name in ("seconds", "value"))
    lost = len(kept.losses) - len(seconds)  # a step that was interrupted between its update and its measurement
    seconds += [sum(seconds[-1:])] * lost
    values += [math.nan] * lost
    with kept:
        for step in kept.steps(show=False):
            if seconds and (seconds[-1] >= limit or values[-1] >= mark):
                break
            start = time.process_time()
            for group, rate in zip(optimizer.param_groups, highest, strict=True):
                group["lr"] = recipe.schedule(step, one.steps, rate)
            update(kept, one, batch(step))
            spent = sum(seconds[-1:]) + time.process_time() - start
            value = score(one, network, spent) if (step + 1) % one.every == 0 else math.nan
            seconds.append(spent)
            values.append(value)
    return told(seed, kept.losses, list(zip(seconds, values, strict=False)), mark, limit)


def told(seed: int, losses: Sequence[float], spent: Sequence[tuple[float, float]], mark: float, limit: float) -> Run:
    """A training up to the step that ended it, also where an earlier call went farther.

    Args:
        spent: after each step the seconds so far, and the metric, NaN where it was not measured.
    """
    ends = (step for step, (seconds, value) in enumerate(spent, start=1) if seconds >= limit or value >= mark)
    steps = next(ends, len(spent))
    points = [[round(seconds, 2), value] for seconds, value in spent[:steps] if not math.isnan(value)]
    last = losses[max(0, steps - LAST) : steps]
    return Run(seed, steps, spent[steps - 1][0], points, sum(last) / len(last))


def update(kept: Resumable, one: Contestant, data: tuple) -> None:
    """One step. Raises Diverged, before it changes the network, where the loss is no number."""
    kept.optimizer.zero_grad()
    answer = one.loss(kept.model, *data)
    value = answer[0] if isinstance(answer, tuple) else answer
    if not math.isfinite(value.item()):
        where = f"{one.name} went astray at step {len(kept.losses)}."
        raise Diverged(where, expected="a finite loss", got=str(value.item()))
    kept.losses.append(value.item())
    value.backward()
    kept.update()


@torch.no_grad()
def score(one: Contestant, network: nn.Module, spent: float) -> float:
    """The metric of a network as it is now; it is told, with the seconds so far."""
    with evaluating(network):
        value = one.score(network)
    print(f"  {spent:.1f} s: {100 * value:.1f} %", flush=True)
    return value


def place(one: Contestant, recipe: Recipe, seed: int) -> Path:
    """Where a training that is not done is kept."""
    return folder(one) / f"{plain(recipe.name)}-{seed}.checkpoint.safetensors"


def forget(one: Contestant) -> None:
    """Begin anew with a contestant next time."""
    for path in folder(one).glob("*.checkpoint.safetensors"):
        path.unlink()


def folder(one: Contestant) -> Path:
    """A contestant's own."""
    return settings().cache / "marks" / plain(f"{one.name}, {one.begins}")


def plain(name: str) -> str:
    """A name that is fit for a file."""
    return re.sub(r"[^\w.]+", "-", name)
