"""Unit 08: what is asked of `concept_vector`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.numbers import rounded
from course_lib.checks.kit.pictures import both
from course_lib.checks.kit.refusals import holding, names, refusal
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

MEANS = "What is the mean of each group, and which of the two is subtracted? Which latents are in no group?"
NUMBERS = "What does a tensor of zeros and ones pick, used as an index? It is no tensor of truth values."
EMPTY = "What is the mean of no latent? Who calls your function wants to know which group is empty."


def groups(has: int, lacks: int, neither: int = 0, d: int = 4, dtype: torch.dtype = torch.bool):
    """Latents of which so many have a concept, lack it, or belong to no group, in mixed order."""

    def make(rng: Generator) -> Inputs:
        n = has + lacks + neither
        kinds = torch.as_tensor(rng.permutation([1] * has + [2] * lacks + [0] * neither).astype("int64"))
        # those that have it lie elsewhere, to one side in one number, to the other side in the next
        shift = 3.0 * (kinds == 1)[:, None] * (1 - 2.0 * (torch.arange(d) % 2 == 0))
        latents = rounded(rng.normal(size=(n, d)) + 0.5, 64) + shift
        return {"latents": latents, "has": (kinds == 1).to(dtype), "lacks": (kinds == 2).to(dtype)}

    return make


def in_both(rng: Generator) -> Inputs:
    """Two latents are in both groups."""
    inputs = groups(3, 4, 2)(rng)
    shared = torch.as_tensor(rng.permutation(9)[:2])
    inputs["has"][shared], inputs["lacks"][shared] = True, True
    return inputs


def without(name: str, dtype: torch.dtype):
    """One of the two groups is empty."""
    return groups(0, 4, 2, dtype=dtype) if name == "has" else groups(4, 0, 2, dtype=dtype)


def refused(name: str) -> Callable:
    """A probe: what becomes of latents of which none is in this group."""

    def probe(function: Callable, latents: Tensor, has: Tensor, lacks: Tensor) -> str:
        return refusal(lambda: copy(function(latents, has, lacks)), ValueError, holding(name))

    return probe


def moved(function: Callable, latents: Tensor, has: Tensor, lacks: Tensor) -> list[Any]:
    """The vector of latents that have all moved, that are twice as long, and with the groups exchanged."""
    return [function(latents + 3, has, lacks), function(2 * latents, has, lacks), function(latents, lacks, has)]


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """Both means at the number that is furthest off; all numbers of both vectors."""
    place = worst(answer, expected)
    sizes = {name: int(inputs[name].bool().sum()) for name in ("has", "lacks")}
    means = {name: float(inputs["latents"][inputs[name].bool()].double().mean(dim=0)[place]) for name in sizes}
    text = f"{len(inputs['latents'])} latents of {len(expected)} numbers; "
    text += ", ".join(f"`{name}` is true for {size}" for name, size in sizes.items())
    text += f"\nnumber {place[0]}: the means are {means['has']:.3f} and {means['lacks']:.3f}; "
    text += both(answer, expected, place)
    labels = [f"number {i}, {whose}" for i in range(len(expected)) for whose in ("expected", "yours")]
    values = torch.stack([expected.double(), answer.double()], dim=1).flatten().nan_to_num(0.0).tolist()
    colors = [EXPECTED, YOURS] * len(expected)
    return Counterexample(text, lambda: plots.bars(labels, values, "concept vector", colors=colors, form="{:.2f}"))


def empty_group(name: str, dtype: torch.dtype) -> Case:
    """The case of an empty group."""
    numbers = "" if dtype == torch.bool else ", as whole numbers"
    return Case(
        f"no latent in `{name}`{numbers}",
        "edge",
        without(name, dtype),
        names(f"that `{name}` is empty"),
        refused(name),
        hint=EMPTY,
        explain=False,
    )


CHECK = Check(
    "concept_vector",
    points=3,
    compare=close(1e-4, 1e-5),
    hint=MEANS,
    explain=explain,
    cases=(
        Case("two with it, one without", "values", groups(2, 1, d=2)),
        Case("three with it, five without", "values", groups(3, 5)),
        Case("as many with it as without", "values", groups(4, 4, d=3)),
        Case("latents in no group", "values", groups(4, 2, neither=5)),
        Case("groups as zeros and ones", "values", groups(3, 4, neither=3, dtype=torch.int64), hint=NUMBERS),
        Case("latents moved, twice as long, groups exchanged", "property", groups(3, 2), probe=moved, explain=False),
        Case("a latent in both groups", "edge", in_both),
        Case("one latent each", "edge", groups(1, 1, neither=2)),
        Case("one number each", "edge", groups(2, 3, d=1)),
        Case("groups as zeros and ones in 8 bits", "edge", groups(2, 5, dtype=torch.uint8), hint=NUMBERS),
        empty_group("has", torch.bool),
        empty_group("lacks", torch.int64),
        *styles(groups(3, 4, neither=2)),
    ),
)
