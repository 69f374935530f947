"""Unit 02: street scenes for the whole detector."""

from numpy.random import Generator

from course_lib.checks.spec import Inputs


def unseen(count: int):
    """Street scenes that nobody has seen; `_targets` holds their objects for the judge."""

    def make(rng: Generator) -> Inputs:
        from course_lib.data import tinytown

        drawn = [tinytown.scene(int(seed), split="test") for seed in rng.integers(10**6, 2**31, count)]
        targets = [{"boxes": scene.boxes, "labels": scene.labels} for scene in drawn]
        return {"images": [scene.image for scene in drawn], "searched": [], "_targets": targets}

    return make


def searched(count: int):
    """Scenes with the boxes that selective search finds in them: searching takes half of a detector's time."""

    def make(rng: Generator) -> Inputs:
        from course_lib.data.proposals import proposals

        drawn = unseen(count)(rng)
        return drawn | {"searched": [proposals(image, seed=0).short() for image in drawn["images"]]}

    return make
