"""Functions that draw two kinds of positions at random: run under many seeds, judged by a rule and not by equality."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.codec import copy


def begin_chance(seed: int) -> None:
    """Seed the generators in use.

    `torch.manual_seed` also notes where it was called, for each kind of processor that may be used later: that takes a
    millisecond, as a small network does.
    """
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)


def drawn(draw: Callable[[torch.Generator], Any], candidates: int, seeds: int) -> dict[str, Any]:
    """What `draw(rng)`, two tensors of positions in 0 … candidates - 1, gives with the seeds 0, 1, …, and 0 once more.

    Returns:
        "sizes" [seeds + 1, 2]; how often each position came as one of each kind ("times" [2, candidates]), the last
        draw not counted; whether a position came twice in one draw ("repeats"), one lay elsewhere ("outside"), seed 0
        gave the same draw twice ("repeatable").
    """
    begin_chance(12345)
    rngs = [torch.Generator().manual_seed(seed) for seed in (*range(seeds), 0)]
    draws = [[torch.as_tensor(copy(part)).reshape(-1) for part in draw(rng)] for rng in rngs]
    together = [torch.cat([one[kind] for one in draws[:-1]]) for kind in (0, 1)]
    inside = [kind[(kind >= 0) & (kind < candidates)].long() for kind in together]
    return {
        "sizes": torch.tensor([[len(part) for part in one] for one in draws]),
        "times": torch.stack([torch.bincount(kind, minlength=candidates) for kind in inside]),
        "repeats": any(len(part.unique()) < len(part) for one in draws for part in one),
        "outside": sum(map(len, inside)) < sum(map(len, together)),
        "repeatable": all(torch.equal(a, b) for a, b in zip(draws[0], draws[-1], strict=True)),
    }


@dataclass(frozen=True)
class Kind:
    """One of the two kinds: its name, who may be drawn [n], how many are to be drawn, what to say of strangers."""

    name: str
    candidates: Tensor
    wanted: int
    strangers: str


def faults(answer: Any, seeds: int, kinds: tuple[Kind, Kind]) -> list[tuple[str, str]]:
    """What is wrong with the answer of `drawn` under so many seeds: symptoms and sentences; none when it is valid.

    Counts, membership and repetition are exact; the distribution over the seeds may be 6 standard deviations off.
    """
    if answer["sizes"].shape != (seeds + 1, 2) or answer["times"].shape != (2, len(kinds[0].candidates)):
        return [("form", "Expected two tensors of positions for each call.")]
    return [*_counts(answer["sizes"], kinds), *_membership(answer, kinds), *_chance(answer, kinds)]


def _counts(sizes: Tensor, kinds: tuple[Kind, Kind]) -> Iterator[tuple[str, str]]:
    wanted = [kind.wanted for kind in kinds]
    asked = " and ".join(f"{kind.wanted} {kind.name}" for kind in kinds)
    message = f"Expected {asked} proposals, got {sizes[0].tolist()}."
    if (sizes != sizes[0]).any():
        yield "counts-vary", message + " Your numbers change from draw to draw."
    elif sizes[0].tolist() != wanted:
        yield f"counts-{sizes[0].tolist()}", message


def _membership(answer: Any, kinds: tuple[Kind, Kind]) -> Iterator[tuple[str, str]]:
    if answer["outside"]:
        yield "outside", f"Expected positions from 0 to {len(kinds[0].candidates) - 1}, got others."
    for kind, times in zip(kinds, answer["times"], strict=True):
        if times[~kind.candidates].any():
            yield f"stranger-{kind.name}", kind.strangers
    if answer["repeats"]:
        yield "repeats", "A proposal comes twice in one draw."


def _chance(answer: Any, kinds: tuple[Kind, Kind]) -> Iterator[tuple[str, str]]:
    """Whether equal seeds repeat, and each proposal comes equally often."""
    if not answer["repeatable"]:
        yield "not-repeatable", "The same generator state gives another draw: use `rng` for all chance."
    draws = len(answer["sizes"]) - 1
    for kind, times in zip(kinds, answer["times"], strict=True):
        share = kind.wanted / max(1, int(kind.candidates.sum()))
        if uneven(times[kind.candidates], draws, share):
            message = f"Over {draws} seeds some {kind.name} proposals come far more often than others."
            yield f"uneven-{kind.name}", message


def uneven(times: Tensor, draws: int, share: float) -> bool:
    """Whether one of these came 6 standard deviations more or less often than in this share of the draws."""
    if not 0 < share < 1:
        return False
    return float((times - draws * share).abs().max()) > 6 * (draws * share * (1 - share)) ** 0.5
