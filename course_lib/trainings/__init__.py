"""What trainings measured that are too long for a notebook: their results are shipped, with recipe, seeds and digest.

    long = shipped("scratch_to_convergence")
    print(long)                              # recipe, seeds, minutes, and the command that repeats it
    long.results["test accuracy"].mean(0)    # the first axis is that of the seeds

`python -m tools.trainings NAME` writes NAME.json here. The digest is that of the recipe's code, so that a test finds
results whose recipe was changed afterwards.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from course_lib.errors import DataMissing
from course_lib.models import weights

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Training:
    """One recipe, run once per seed.

    Attributes:
        name: of the recipe.
        recipe: one or two sentences: what was trained, on what, for how long, and on which images settings were chosen.
        seeds: one per run.
        seconds: of one processor, all runs together.
        digest: SHA-256 of the recipe's code.
        torch: the version of PyTorch.
        measured: for each quantity its values, one per seed: numbers, or lists of equal length.
    """

    name: str
    recipe: str
    seeds: tuple[int, ...]
    seconds: float
    digest: str
    torch: str
    measured: dict[str, list[Any]]

    @cached_property
    def results(self) -> dict[str, np.ndarray]:
        """For each quantity an array whose first axis is that of the seeds."""
        return {name: np.array(values) for name, values in self.measured.items()}

    def __str__(self) -> str:
        seeds = ", ".join(map(str, self.seeds))
        minutes = max(1, round(self.seconds / 60))
        return f"{self.recipe} Seeds {seeds}; {minutes} min on one core; python -m tools.trainings {self.name}"


def shipped(name: str) -> Training:
    """The results of one recipe.

    Raises:
        DataMissing: no such results are shipped; the error names those that are.
    """
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(path.stem for path in FOLDER.glob("*.json")))
        raise DataMissing(f"No results of a training {name!r} are shipped.", expected=known or "none yet")
    content = json.loads(path.read_text(encoding="utf-8"))
    return Training(**content | {"seeds": tuple(content["seeds"])})


def pictures(name: str) -> dict[str, np.ndarray]:
    """What the networks of a recipe say of a few images of val, for pictures.

    "segmentation" has the images u8 [n, 3, h, w] and the true masks u8 [n, h, w] under "images" and "masks", the
    classes of each network under its name, u8 [n, h, w], and under "person" FCN-8s' probability of that class times
    255, u8 [n, h, w].

    "pose" has persons from the worst to the best: the squares u8 [n, 3, 64, 64] under "images", "joints" f32 [n, 14, 2]
    in pixels and "annotated" [n, 14]; under "disks" the joints f32 [n, 14, 2] that the network finds, under "disks:
    heatmaps" its probabilities times 255, u8 [n, 14, 16, 16]; and under "names forgotten" and "names forgotten:
    heatmaps" those of a network whose mirrored persons kept the names of their sides.

    "faces" has 30 people of val with ten images each: "images" u8 [n, 3, 64, 64], "identities", "landmarks" f32
    [n, 5, 2], "attributes", "groups" and "aligned" u8 [n, 3, 32, 32]; under "semi-hard", "random" and "softmax" each
    network's embeddings f32 [n, 64], of length 1. Of Tinytown's persons it has eight who are asked for, "persons asked"
    u8 [8, 3, 32, 32], and "persons nearest" u8 [8, 5, 3, 32, 32], the nearest of those who are known, each with its
    identity under "…: who".

    "latents" has sums of portraits for each of "VAE, encoded", "VAE, generated" and "DCGAN, generated": under "…:
    exemplars" u8 [k, 3, 3, 3, 32, 32] those of the three groups, three of each; under "…: latents" and "…: pixels" u8
    [k, 3, 32, 32] what comes out.

    Raises:
        DataMissing: no such pictures are shipped.
    """
    path = FOLDER / f"{name}.npz"
    if not path.is_file():
        raise DataMissing(f"No pictures of a training {name!r} are shipped.", expected=str(path))
    with np.load(path) as arrays:
        return dict(arrays)


def trained_weights(name: str, part: str) -> dict[str, Tensor]:
    """The weights of one network of a recipe, by their names in its state dict; floating-point numbers of 16 bits.

    Raises:
        DataMissing: no such weights are shipped; the error names the networks whose weights are.
    """
    kept = weights.shipped(name)
    found = {key.removeprefix(f"{part}/"): value for key, value in kept.items() if key.startswith(f"{part}/")}
    if not found:
        known = ", ".join(sorted({key.partition("/")[0] for key in kept}))
        raise DataMissing(f"No weights of {part!r} are shipped.", expected=known)
    return found
