"""The units of the course: here alone stand number, name, title and minutes of each; all else is found from them.

The commands, the grader, the tools and the tests read this list; a test holds folders, headings and tables to it.
"""

import difflib
import importlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.errors import DataMissing

EXPERIMENT = "experiment"  # the check that needs trained weights: no function of the student's own is asked
ENDINGS = re.compile(r"\.(ipynb|py|safetensors)$")


@dataclass(frozen=True)
class Unit:
    """One lecture and one exercise with its checks. Paths start at the course's folder.

    Attributes:
        number: its place in the course, from 0.
        name: of its modules, as in `course_lib.checks.rcnn` and `course_lib.explorers.rcnn`.
        title: "R-CNN".
        subtitle: what follows the title on the start page.
        minutes: how long the lecture takes, and how long the exercise.
    """

    number: int
    name: str
    title: str
    subtitle: str
    minutes: tuple[int, int]

    @property
    def id(self) -> str:
        """Number and name, "02_rcnn": of its folders and files, and nbgrader's assignment."""
        return f"{self.number:02d}_{self.name}"

    @property
    def lecture(self) -> Path:
        """The lecture's notebook; its source lies beside it, with the ending .py."""
        return Path("lectures", f"{self.id}.ipynb")

    @property
    def exercise(self) -> Path:
        """The notebook that students get."""
        return Path("exercises", self.id, f"{self.id}.ipynb")

    @property
    def solution(self) -> Path:
        """The exercise's notebook with its solution; the source of both lies beside it, with the ending .py."""
        return Path("solutions", self.id, f"{self.id}.ipynb")

    @property
    def weights(self) -> str:
        """The file that the exercise's training writes beside its notebook."""
        return f"{self.id}.safetensors"

    @property
    def checks(self) -> tuple[Any, ...]:
        """The unit's checks, in the order of the exercise; the first look imports them, and PyTorch with them."""
        return importlib.import_module(f"course_lib.checks.{self.name}").CHECKS

    @property
    def graded(self) -> tuple[Any, ...]:
        """The checks of what students write: all but the experiment's."""
        return tuple(check for check in self.checks if check.name != EXPERIMENT)

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of the functions and classes that students write, in the order of the exercise."""
        return tuple(check.function for check in self.graded)

    @property
    def points(self) -> float:
        """What all checks are worth; the question in words is worth more, and a human's to mark."""
        return sum(check.points for check in self.checks)


UNITS = (
    Unit(0, "cnn_recap", "CNNs, a recap", "what they compute, cost and see, and how deep they can be", (75, 150)),
    Unit(1, "transfer_learning", "Transfer learning", "what six images per class can do", (75, 150)),
    Unit(2, "rcnn", "R-CNN", "finding objects with region proposals", (80, 180)),
    Unit(3, "fast_rcnn", "Fast R-CNN", "one pass over the image for all its regions", (75, 180)),
    Unit(4, "faster_rcnn", "Faster R-CNN", "proposals from the network itself", (75, 180)),
    Unit(5, "fcn", "Fully convolutional segmentation", "a class for every pixel", (75, 180)),
    Unit(6, "pose", "Human pose heatmaps", "a heatmap for every joint", (75, 180)),
    Unit(7, "faces", "Faces", "whether two pictures show one person", (75, 180)),
    Unit(8, "embeddings", "Embedding arithmetic", "what the sum of two words is", (75, 180)),
    Unit(9, "services", "Recognition services", "tags that know when to be silent, and a test that leaked", (75, 180)),
)


def find(given: str, units: Iterable[Unit] | None = None) -> Unit:
    """The unit that is meant: its name, with or without the number, its number, or a path to its folder or notebook.

    `02_rcnn`, `./02_rcnn/`, `exercises/02_rcnn/02_rcnn.ipynb`, `02-RCNN`, `rcnn` and `2` are the same unit.

    Args:
        units: those that there are; the course's own without it.

    Raises:
        DataMissing: there is no such unit; the message names those that there are.
    """
    units = UNITS if units is None else tuple(units)
    parts = [part for part in re.split(r"[/\\]", unicodedata.normalize("NFC", given).strip()) if part.strip(" .")]
    wanted = re.sub(r"[\s-]+", "_", ENDINGS.sub("", parts[-1].strip().casefold())) if parts else ""
    for unit in units:
        if wanted in (unit.id, unit.name) or (wanted.isdecimal() and int(wanted) == unit.number):
            return unit
    known = [unit.id for unit in units]
    like = difflib.get_close_matches(wanted, known, n=1, cutoff=0.6)
    raise DataMissing(
        f"There is no unit {given!r}.",
        expected=f"one of {', '.join(known)}" if known else "a unit, but this course has none",
        got=repr(given),
        advice=f"{like[0]}" if like else "",
    )
