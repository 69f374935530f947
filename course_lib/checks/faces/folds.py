"""Unit 07: pairs of faces in folds; it matters how they are measured, but not which of the best thresholds is taken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.numbers import rounded, until
from course_lib.checks.spec import Inputs


@dataclass(frozen=True)
class Folds:
    """Pairs in folds whose best thresholds differ; whatever threshold is best on the others, a fold's accuracy is one.

    Attributes:
        sizes: pairs per fold. numbers: what the folds are called; positions, if empty. mixed: their pairs do not stand
            together. step: distances are multiples of it, from 1 to 14 of them.
    """

    sizes: tuple[int, ...]
    numbers: tuple[int, ...] = ()
    mixed: bool = False
    step: float = 0.25

    def __call__(self, rng: Generator) -> Inputs:
        return until(self._drawn, telling)(rng)

    def _drawn(self, rng: Generator) -> Inputs:
        count = sum(self.sizes)
        folds = torch.tensor(self.numbers or range(len(self.sizes))).repeat_interleave(torch.tensor(self.sizes))
        same = torch.as_tensor(rng.uniform(size=count) < 0.55)
        shift = torch.as_tensor(rng.integers(0, 6, len(self.sizes))).repeat_interleave(torch.tensor(self.sizes))
        levels = torch.as_tensor(rng.integers(1, 7, count)) + shift + 3 * ~same
        distances = rounded(levels.clamp(max=14) * self.step, round(1 / self.step))
        order = torch.as_tensor(rng.permutation(count)) if self.mixed else torch.arange(count)
        return {"distances": distances[order], "same": same[order], "folds": folds[order]}


def best(distances: Tensor, same: Tensor, among: Tensor) -> Tensor:
    """Of all thresholds that matter, from the one that accepts nothing on, those with the most of these pairs right.

    Args:
        among: all distances; between two neighbours of them nothing changes.
    """
    thresholds = torch.cat([torch.tensor([-torch.inf]), among.unique()])
    right = ((distances <= thresholds[:, None]) == same).sum(dim=1)
    return thresholds[right == right.max()]


def each_fold(inputs: Inputs) -> Iterator[tuple[Tensor, Tensor, set[float]]]:
    """Of each fold: its pairs, the thresholds that are best on the others, and its accuracies with all of these."""
    distances, same, folds = inputs.values()
    for fold in folds.unique():
        tested = folds == fold
        thresholds = best(distances[~tested], same[~tested], distances)
        shares = ((distances[tested] <= thresholds[:, None]) == same[tested]).double().mean(dim=1)
        yield tested, thresholds, set(shares.tolist())


def clear(inputs: Inputs) -> bool:
    """Whether it does not matter which of the best thresholds is taken; pairs of both kinds choose each of them."""
    same = inputs["same"]
    return all(
        len(shares) == 1 and 0 < same[~tested].sum() < (~tested).sum() for tested, _, shares in each_fold(inputs)
    )


def together(inputs: Inputs) -> bool:
    """Whether nothing changes in a fold between the lowest and the highest threshold that are best on the others."""
    distances, same, _ = inputs.values()
    for tested, thresholds, shares in each_fold(inputs):
        own = distances[tested]
        between = own[(own >= thresholds.min()) & (own <= thresholds.max())]
        accepted = own <= torch.cat([thresholds, between])[:, None]
        if set((accepted == same[tested]).double().mean(dim=1).tolist()) != shares:
            return False
    return True


def accuracy(accepted: Tensor, same: Tensor) -> Tensor:
    """The share of right pairs."""
    return (accepted == same).double().mean()


def hits(accepted: Tensor, same: Tensor) -> Tensor:
    """The share of pairs that are rightly accepted."""
    return (accepted & same).double().mean()


def balanced(accepted: Tensor, same: Tensor) -> Tensor:
    """The mean of the shares of both kinds that are right, or of the only one."""
    return torch.stack([(accepted[kind] == same[kind]).double().mean() for kind in (same, ~same)]).nanmean()


def mean(
    inputs: Inputs,
    chosen_by: Callable[[Tensor], Tensor] = torch.logical_not,
    tested_by: Callable[[Tensor], Tensor] = torch.clone,
    measure: Callable[[Tensor, Tensor], Tensor] = accuracy,
) -> float:
    """What a protocol reports; of each fold's pairs, other ones may choose the threshold or be tested."""
    distances, same, folds = inputs.values()
    shares = []
    for fold in folds.unique():
        choose, test = chosen_by(folds == fold), tested_by(folds == fold)
        accepted = distances[test] <= best(distances[choose], same[choose], distances)[0]
        shares.append(measure(accepted, same[test]))
    return float(torch.stack(shares).mean())


def telling(inputs: Inputs) -> bool:
    """Whether all of this matters: which pairs choose and are tested, what is counted, `folds`, and the direction.

    No extreme threshold is best then, and not all folds are equally good.
    """
    if not (clear(inputs) and together(inputs)):
        return False
    distances, _, folds = inputs.values()
    limits = torch.cat([thresholds for _, thresholds, _ in each_fold(inputs)])
    parts = torch.arange(len(folds)) * len(folds.unique()) // len(folds)
    others = [
        mean(inputs, chosen_by=torch.clone),
        mean(inputs, chosen_by=torch.ones_like),
        mean(inputs, measure=hits),
        mean(inputs, measure=balanced),
        mean(inputs | {"distances": -distances}),
    ]
    if len(folds.unique()) > 2:  # of two folds each chooses for the other
        others.append(mean(inputs, chosen_by=torch.clone, tested_by=torch.logical_not))
    if not torch.equal(parts, folds):
        others.append(mean(inputs | {"folds": parts}))
    inside = bool((limits > -torch.inf).all() and (limits < distances.max()).all())
    shares = {max(shares) for _, _, shares in each_fold(inputs)}
    return inside and len(shares) > 1 and min(abs(mean(inputs) - other) for other in others) > 0.01


def extreme(nothing: bool):
    """Four folds of five pairs; on the others it is best to accept no pair, not even at distance 0, or every pair."""

    def make(rng: Generator) -> Inputs:
        levels = torch.as_tensor(rng.integers(3, 13, (4, 5)))
        levels[:, 0] = 0 if nothing else 13  # the same nearest, or furthest, distance in each fold
        same = torch.full((4, 5), not nothing)
        for row, column in enumerate((1, 1, 2, 2)):  # another number of pairs is right in the last two folds
            same[row, 1 : 1 + column] = nothing
        levels[same == nothing] += 1 if nothing else -1
        distances, order = rounded(levels.flatten() / 4, 4), torch.as_tensor(rng.permutation(20))
        folds = torch.arange(4).repeat_interleave(5)
        return {"distances": distances[order], "same": same.flatten()[order], "folds": folds[order]}

    def fits(inputs: Inputs) -> bool:
        limits = torch.cat([thresholds for _, thresholds, _ in each_fold(inputs)])
        return (
            clear(inputs)
            and together(inputs)
            and bool((limits == (-torch.inf if nothing else inputs["distances"].max())).all())
        )

    return until(make, fits)


def far_apart(rng: Generator) -> Inputs:
    """Four folds; on any three, a near threshold is best and a far one, and those between them are worse in each fold.

    Each fold has near pairs of one person and far ones of two, and between them one pair each that is not like these.
    """
    levels, same, sizes = [], [], torch.as_tensor(rng.permutation([(1, 2), (2, 1), (2, 3), (3, 2)]))
    for near, far in sizes.tolist():
        levels += [3, *rng.integers(1, 4, near - 1), 12, 4, 13, *rng.integers(13, 17, far - 1)]
        same += [True] * (near + 1) + [False] * (far + 1)
    folds = torch.arange(4).repeat_interleave(sizes.sum(dim=1) + 2)
    order = torch.as_tensor(rng.permutation(len(levels)))
    distances = rounded(torch.tensor([float(level) for level in levels]) / 4, 4)
    return {"distances": distances[order], "same": torch.tensor(same)[order], "folds": folds[order]}
