"""Unit 07: what a sampler of batches gives under many seeds, in two passes each, counted."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import describe
from course_lib.checks.kit.draws import begin_chance
from course_lib.checks.spec import Inputs, Mismatch, Refusal

Batches = list[list[int]]
STANDS = "Where does a generator stand that was used before? And where does one that you begin with its seed?"


def passes(make: Callable[[torch.Generator], Any], labels: Tensor, K: int, most: int, seeds: int) -> dict[str, Any]:
    """What `make(rng)`, a sampler, gives with the seeds 0, 1, …, and 0 once more, in two passes each.

    Args:
        most: so many batches of a pass are looked at, should it have no end.

    Returns:
        The numbers that occurred, in rising order: what `len` says ("length"), batches in a pass ("batches"), positions
        in a batch ("sizes"), different people in one ("people"), images of a person in one ("images"); the first batch
        ("first"). Whether a position lay elsewhere ("outside"), a person with K images or more had one twice
        ("repeats"), one with fewer did not have all ("missing"); whether all batches of a pass were the same ("alike")
        or had the same people ("same people"), the two passes of each seed had the same batches, in whatever order
        ("same"), and those of seed 0 were the same the second time ("repeatable"). In how many batches
        each person and each image came ("times of people", in the order of their labels, and "times of images"), the
        last seed not counted, and in how many they could ("total").
    """
    begin_chance(12345)
    drawn, lengths = [], set()
    for seed in (*range(seeds), 0):
        sampler = make(torch.Generator().manual_seed(seed))
        lengths.add(int(len(sampler)))
        drawn.append([list(map(_positions, islice(iter(sampler), most))) for _ in range(2)])
    every = [batch for both in drawn[:-1] for one in both for batch in one]
    return _counted(every, labels, K) | {
        "length": torch.tensor(sorted(lengths)),
        "batches": _occurring(len(one) for both in drawn for one in both),
        "first": torch.tensor(every[0] if every else [], dtype=torch.int64),
        "alike": _alike([one for both in drawn for one in both if len(one) > 1]),
        "same people": _alike([_people(one, labels) for both in drawn for one in both if len(one) > 1]),
        "same": all(_unordered(one) == _unordered(other) for one, other in drawn),
        "repeatable": drawn[0] == drawn[-1],
    }


def stands_elsewhere(sampler: Callable, labels: Tensor, P: int, K: int, seeds: int) -> str:
    """Whether a generator that was used before gives the batches of one that was not."""

    def drawn(seed: int, before: int) -> Batches:
        rng = torch.Generator().manual_seed(seed)
        torch.rand(before, generator=rng)
        return list(map(_positions, islice(iter(sampler(labels.clone(), P, K, rng)), 2 * len(labels))))

    return "the same" if all(drawn(seed, 0) == drawn(seed, 3) for seed in range(4)) else "others"


def others(answer: str, expected: str, inputs: Inputs) -> Mismatch | None:
    """Where `rng` stands decides."""
    told = "Expected other batches from a generator that was used before, got those of a fresh one."
    return None if answer == expected else Mismatch(told, symptom=answer)


def _positions(batch: Any) -> list[int]:
    """A batch as plain numbers, whatever holds them.

    Raises:
        Refusal: it is no list of whole numbers.
    """
    try:
        plain = copy(batch if isinstance(batch, Tensor) else list(batch))
        if isinstance(plain, list) and {*map(type, plain)} == {int}:
            return plain
        found = torch.as_tensor(plain)
    except (TypeError, ValueError, RuntimeError):  # one number, or lists of unequal lengths
        found = torch.zeros(())
    if found.ndim != 1 or (len(found) and found.is_floating_point()):
        raise Refusal(f"Expected a list of positions for each batch, your sampler yields {describe(copy(batch))}.")
    return found.tolist()


def _alike(several: list[Batches]) -> bool:
    """Whether in each of these passes all batches are the first one."""
    return bool(several) and all(batch == one[0] for one in several for batch in one)


def _people(batches: Batches, labels: Tensor) -> Batches:
    """Who is in each batch, in rising order."""
    who = labels.tolist()
    return [sorted({who[i] for i in batch if 0 <= i < len(who)}) for batch in batches]


def _unordered(batches: Batches) -> Batches:
    """The same whatever the order of a pass, or of a batch."""
    return sorted(map(sorted, batches))


def _occurring(numbers: Iterable[int]) -> Tensor:
    return torch.tensor(sorted(set(numbers)), dtype=torch.int64)


def _counted(batches: Batches, labels: Tensor, K: int) -> dict[str, Any]:
    """What `passes` says of single batches."""
    who = dict(enumerate(labels.tolist()))
    sizes = {label: list(who.values()).count(label) for label in sorted(set(who.values()))}
    times_of_images, times_of_people = [0] * len(who), dict.fromkeys(sizes, 0)
    people, images, repeats, missing = set(), set(), False, False
    for batch in batches:
        inside = [int(i) for i in batch if i in who]
        found = {label: [i for i in inside if who[i] == label] for label in {who[i] for i in inside}}
        people.add(len(found))
        for label, own in found.items():
            images.add(len(own))
            different = len(set(own))
            repeats |= sizes[label] >= K and different < len(own)
            missing |= sizes[label] < K and different < sizes[label]
            times_of_people[label] += 1
        for i in set(inside):
            times_of_images[i] += 1
    return {
        "sizes": _occurring(map(len, batches)),
        "people": _occurring(people),
        "images": _occurring(images),
        "outside": any(i not in who for batch in batches for i in batch),
        "repeats": repeats,
        "missing": missing,
        "times of people": torch.tensor([*times_of_people.values()]),
        "times of images": torch.tensor(times_of_images),
        "total": len(batches),
    }
