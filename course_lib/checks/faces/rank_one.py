"""Unit 07: what is asked of `rank_one`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import normalize

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close
from course_lib.checks.kit.numbers import rounded, until
from course_lib.checks.kit.pictures import number
from course_lib.checks.kit.refusals import became, refused
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

MOST = 12  # queries in one text
NEAREST = "Take one query: which face of the gallery is nearest to it, and who is that? Then ask the next query."
UNKNOWN = "Nobody can find a person who is not in the gallery. Is such a query right or wrong, and does it count?"
FIRST = "Two faces are equally near to a query. Which of them counts, by the docstring?"
NOBODY = "What is the share of no queries? And who is nearest where there is nobody?"


@dataclass(frozen=True)
class Faces:
    """Queries and a gallery of some persons in small whole numbers; no two faces are equally near to a query.

    Attributes:
        queries, gallery: how many faces there are. persons: how many of them the gallery has. size: of an embedding.
        unknown: how many of the queries show persons who are not in the gallery.
    """

    queries: int
    gallery: int
    persons: int
    size: int = 3
    unknown: int = 0

    def __call__(self, rng: Generator) -> Inputs:
        return until(self._drawn, telling)(rng)

    def _drawn(self, rng: Generator) -> Inputs:
        names = rng.choice(np.arange(-40, 400), self.persons + 2, replace=False)
        known, strangers = names[:-2], names[-2:]
        middles = rng.integers(-12, 13, (self.persons, self.size))
        whose = np.concatenate([np.arange(self.persons), rng.integers(0, self.persons, self.gallery - self.persons)])
        rng.shuffle(whose)
        asked = rng.integers(0, self.persons, self.queries)
        query_ids = known[asked]
        query_ids[: self.unknown] = rng.choice(strangers, self.unknown)
        order = rng.permutation(self.queries)
        noise = [rng.integers(-7, 8, (count, self.size)) for count in (self.queries, self.gallery)]
        return {
            "queries": rounded((middles[asked] + noise[0])[order] / 8, 8),
            "gallery": rounded((middles[whose] + noise[1]) / 8, 8),
            "query_ids": torch.as_tensor(query_ids[order]),
            "gallery_ids": torch.as_tensor(known[whose]),
        }


def squared(queries: Tensor, gallery: Tensor) -> Tensor:
    """All squared distances, [q, g]."""
    return ((queries[:, None] - gallery) ** 2).sum(dim=2)


def share(measured: Tensor, query_ids: Tensor, gallery_ids: Tensor) -> float:
    """The share of rows whose smallest number stands at the same person."""
    return float((gallery_ids[measured.argmin(dim=1)] == query_ids).double().mean())


def telling(inputs: Inputs) -> bool:
    """Whether one face is nearest to each query, and whoever measures, ranks or counts otherwise gets another share."""
    queries, gallery, query_ids, gallery_ids = inputs.values()
    distances = squared(queries, gallery)
    single = (distances == distances.amin(dim=1, keepdim=True)).sum(dim=1) == 1
    measures = (
        (queries[:, None] - gallery).abs().sum(dim=2),
        (queries[:, None] - gallery).abs().amax(dim=2),
        squared(normalize(queries), normalize(gallery)),
        -distances,
        -queries @ gallery.T,
    )
    others = [share(measure, query_ids, gallery_ids) for measure in measures]
    others += otherwise_counted(inputs, distances)
    right = share(distances, query_ids, gallery_ids)
    return bool(single.all()) and 0 < right < 1 and min(abs(right - other) for other in others) > 1e-3


def otherwise_counted(inputs: Inputs, distances: Tensor) -> Iterator[float]:
    """Shares by other rules; where they cannot differ they are left out."""
    queries, gallery, query_ids, gallery_ids = inputs.values()
    nearest = distances.argmin(dim=1)
    right = gallery_ids[nearest] == query_ids
    yield share(distances.T, gallery_ids, query_ids)  # the gallery asks
    yield 1 - float(right.double().mean())
    yield float((nearest == query_ids).double().mean())
    ranked = gallery_ids[distances.argsort(dim=1)] == query_ids[:, None]
    yield float(ranked[:, :5].any(dim=1).double().mean())
    yield float(ranked[:, 1].double().mean())
    yield float(torch.stack([right[query_ids == one].double().mean() for one in query_ids.unique()]).mean())
    if (distances == 0).any():  # whoever takes that face for the query itself
        yield share(distances.masked_fill(distances == 0, torch.inf), query_ids, gallery_ids)
    if len(persons := gallery_ids.unique()) < len(gallery):
        means = torch.stack([gallery[gallery_ids == person].mean(dim=0) for person in persons])
        yield share(squared(queries, means), query_ids, persons)


def tied(rng: Generator) -> Inputs:
    """To each of four queries faces of two persons are equally near; the first of them is right three times."""
    step = rng.integers(1, 9, 4)
    middles = 40.0 * np.arange(4)[:, None] * np.array([1, 0]) + rng.integers(-3, 4, (4, 2))
    side = np.stack([step, np.zeros(4)], axis=1)
    names = rng.choice(np.arange(200), 8, replace=False)
    first = rng.permutation([True, True, True, False])
    return {
        "queries": rounded(middles / 4, 4),
        "gallery": rounded(np.concatenate([middles - side, middles + side]) / 4, 4),
        "query_ids": torch.as_tensor(np.where(first, names[:4], names[4:])),
        "gallery_ids": torch.as_tensor(names),
    }


def identical(rng: Generator) -> Inputs:
    """Some of the queries' images are in the gallery themselves, at distance 0."""
    return until(_identical, telling)(rng)


def _identical(rng: Generator) -> Inputs:
    inputs = Faces(6, 8, 4)(rng)
    rows = torch.as_tensor(rng.choice(8, 3, replace=False))
    inputs["queries"][:3], inputs["query_ids"][:3] = inputs["gallery"][rows], inputs["gallery_ids"][rows]
    return inputs


def alone(rng: Generator) -> Inputs:
    """One query and one face, of the same person."""
    person = int(rng.integers(0, 50))
    faces = rounded(rng.integers(-40, 41, (2, 3)) / 8, 8)
    return {
        "queries": faces[:1],
        "gallery": faces[1:],
        "query_ids": torch.tensor([person]),
        "gallery_ids": torch.tensor([person]),
    }


def without(side: str):
    """No query, or nobody in the gallery."""

    def make(rng: Generator) -> Inputs:
        inputs = Faces(5, 6, 3)(rng)
        names = ("queries", "query_ids") if side == "queries" else ("gallery", "gallery_ids")
        return inputs | {name: inputs[name][:0] for name in names}

    return make


def moved(function: Callable, *inputs: Any) -> list[float]:
    """Queries and gallery in another order, moved, and four times as large."""
    queries, gallery, query_ids, gallery_ids = inputs
    found = [
        function(queries.flip(0), gallery.flip(0), query_ids.flip(0), gallery_ids.flip(0)),
        function(queries + 16, gallery + 16, query_ids, gallery_ids),
        function(4 * queries, 4 * gallery, query_ids, gallery_ids),
    ]
    return [float(copy(one)) for one in found]


def explain(inputs: Inputs, answer: float, expected: float) -> Counterexample:
    """Each query with its nearest face; a map of squared distances in which these are framed."""
    queries, gallery, query_ids, gallery_ids = inputs.values()
    distances = squared(queries, gallery)
    nearest = distances.argmin(dim=1)
    lines = [
        f"query {row} shows person {query_ids[row]}; nearest is face {face} at {number(float(distances[row, face]))}, "
        f"person {gallery_ids[face]}: {'right' if gallery_ids[face] == query_ids[row] else 'wrong'}"
        for row, face in enumerate(nearest.tolist()[:MOST])
    ]
    more = [f"… {len(queries)} queries in all"] if len(queries) > MOST else []
    values = f"expected {number(float(expected))}, yours {number(float(answer))}"

    return Counterexample("\n".join([*lines, *more, values]), partial(table, inputs, distances))


def table(inputs: Inputs, distances: Tensor):
    """The squared distances, a row for each query; a solid blue frame: the nearest, rightly; dashed orange: wrongly."""
    nearest = distances.argmin(dim=1).tolist()
    shades = 0.75 + 0.25 * (distances / distances.max().clamp(min=1)).sqrt()
    title, width = "squared distances; framed: the nearest, dashed where wrong", 1.5 + 0.6 * distances.shape[1]
    ax = plots.image_grid([shades], [title], 1, width=width).flat[0]
    people = inputs["gallery_ids"].tolist()
    for row, (person, face) in enumerate(zip(inputs["query_ids"].tolist(), nearest, strict=True)):
        color, dash = (plots.BLUE, "-") if people[face] == person else (plots.VERMILLION, "--")
        x, y = [face, face + 1, face + 1, face, face], [row, row, row + 1, row + 1, row]
        ax.plot(x, y, dash, color=color, linewidth=3)
        for column, value in enumerate(distances[row].tolist()):
            ax.text(column + 0.5, row + 0.5, short(value), ha="center", va="center", fontsize=8)
    ax.axis("on")
    ax.set_yticks([row + 0.5 for row in range(len(nearest))], [f"person {one}" for one in inputs["query_ids"].tolist()])
    ax.set_xticks([column + 0.5 for column in range(len(people))], people)
    ax.set(ylabel="queries", xlabel="person in each face of the gallery")
    return ax


def short(value: float) -> str:
    """A distance in four characters at most, if it can be."""
    return f"{value:.0f}" if value >= 100 or value == round(value) else f"{value:.2g}"


def nothing_there(name: str, side: str) -> Case:
    """Nobody asks, or nobody is known: a ValueError."""
    options = {"hint": NOBODY, "explain": False}
    return Case(name, "edge", without(side), refused("ValueError", aside=True), became, **options)


CHECK = Check(
    "rank_one",
    points=2,
    forbids=(
        *("sklearn", "scipy", "cv2", "torchmetrics"),
        *("pytorch_metric_learning", "course_lib.explorers", "course_lib.metrics"),
    ),
    compare=close(1e-4, 1e-6),
    hint=NEAREST,
    explain=explain,
    cases=(
        Case("one face per person", "values", Faces(7, 5, 5)),
        Case("several faces per person", "values", Faces(8, 10, 4)),
        Case("persons who are not in the gallery", "values", Faces(9, 8, 4, unknown=3), hint=UNKNOWN),
        Case("long embeddings, a large gallery", "values", Faces(12, 30, 9, size=16)),
        Case(
            "another order, another place, larger",
            "property",
            Faces(7, 9, 4),
            probe=moved,
            explain=False,
            hint=False,
        ),
        Case("two faces equally near", "edge", tied, hint=FIRST),
        Case("the query's own image is in the gallery", "edge", identical),
        Case("one query, one face", "edge", alone, explain=False),
        nothing_there("an empty gallery", "gallery"),
        nothing_there("no queries", "queries"),
        *styles(Faces(6, 7, 4)),
    ),
)
