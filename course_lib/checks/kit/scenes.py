"""The street scenes that an experiment's check asks about: those that nobody has seen, and those that everybody may."""

from collections.abc import Callable, Iterable, Sequence

from numpy.random import Generator

from course_lib.checks.spec import Inputs
from course_lib.checks.unseen import streams

Ask = Callable[[list], Inputs]
"""Makes a question of scenes: what is asked, and below a name with an underscore what the judge alone knows."""


def unseen(count: int, ask: Ask) -> Callable[[Generator], Inputs]:
    """The question about scenes that nobody has seen."""

    def make(rng: Generator) -> Inputs:
        from course_lib.data import tinytown

        return ask([tinytown.drawn(draw, split="test") for draw in streams(rng, count)])

    return make


def shown(count: int, ask: Ask) -> Callable[[Generator], Inputs]:
    """The question of a public check, about scenes that everybody may see."""

    def make(rng: Generator) -> Inputs:
        from course_lib.data import tinytown

        return ask([tinytown.scene(int(seed), split="test") for seed in rng.integers(10**6, 2**31, count)])

    return make


def public(places: Iterable[tuple[str, int, int]]) -> Sequence:
    """The scenes that notebooks use: of each place split, count and first one."""
    from course_lib.data import tinytown

    return [scene for split, count, start in places for scene in tinytown.scenes(split, count, start=start)]
