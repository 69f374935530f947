"""What the exam works on: a submission's code cells, the limits of their time, and what came of them."""

from dataclasses import dataclass, field

from autograder.box.limits import CELL, FIT, SUBMISSION
from course_lib.checks.ladder import Outcome


@dataclass(frozen=True)
class Cell:
    """One code cell: its source, what it is there for ("run", "fit", "check" or "skip"), and whether it is locked."""

    role: str
    source: str
    name: str = ""
    id: str = ""
    locked: bool = False


@dataclass(frozen=True)
class Limits:
    """Seconds: for a cell, for the cell that trains the experiment, for all of one submission."""

    cell: float = CELL.most
    fit: float = FIT.most
    submission: float = SUBMISSION.most


@dataclass
class Answers:
    """What came of the exam.

    Attributes:
        outcomes: of each check's questions.
        errors: what went wrong in which cell.
        displayed: what each cell showed, by the cell's id: items {"type": "text" or "image/png", "data": str}, as
            untrusted as the rest; see `outputs.safe`.
        times: seconds that each cell took.
    """

    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    displayed: dict[str, list] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
