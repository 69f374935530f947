"""What one submission's exam came to, as plain data: it travels between processes and lies in the journal as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from course_lib.errors import DataBroken


@dataclass(frozen=True)
class Checked:
    """One check of one submission.

    Attributes:
        points: earned, `of` at most.
        rung: where on the ladder the first failure stands; "" when all cases passed.
        case: the first case that fails, by its name, or "".
        status: what came of its question, see `Outcome`; "unwritten" where nothing was written at all.
        misconception: its name, or "".
        comment: a few words for formgrader and the comments: "2 of 3: touching boxes".
        html: the feedback ladder; student text in it is escaped already.
        seconds: spent in the student's function.
        slow: how many times slower than the reference (a remark without points); 0 when not slow.
    """

    name: str
    points: float
    of: float
    rung: str = ""
    misconception: str = ""
    comment: str = ""
    html: str = ""
    seconds: float = 0.0
    slow: float = 0.0
    case: str = ""
    status: str = ""


@dataclass(frozen=True)
class Result:
    """One submission.

    Attributes:
        sandbox: the kind in which it ran.
        notes: repairs, errors in cells, warnings.
        doubts: those of the notes after which a human should look.
        outputs: for each cell (by its id) what it displayed, as nbformat outputs that are safe to show.
        times: for each cell, by its name, the seconds it took.
        seconds: the whole exam's.
    """

    unit: str
    student: str
    sandbox: str
    checks: tuple[Checked, ...]
    notes: tuple[str, ...] = ()
    outputs: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    times: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    doubts: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """The sum over all checks."""
        return round(sum(checked.points for checked in self.checks), 2)

    @property
    def of(self) -> float:
        """The most that all checks together are worth."""
        return round(sum(checked.of for checked in self.checks), 2)

    def to_json(self) -> str:
        """One JSON object; `from_json` is its inverse."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Result":
        """Read what `to_json` wrote.

        Raises:
            DataBroken: it is something else, or was cut.
        """
        try:
            found = json.loads(text)
            checks = tuple(_checked(each) for each in found.pop("checks"))
            notes = tuple(str(note) for note in found.pop("notes"))
            doubts = tuple(str(note) for note in found.pop("doubts", ()))
            times = {str(name): float(seconds) for name, seconds in found.pop("times").items()}
            outputs = {str(cell): [dict(each) for each in items] for cell, items in found.pop("outputs").items()}
            seconds = float(found.pop("seconds"))
            words = {name: str(value) for name, value in found.items()}
            more = {"outputs": outputs, "times": times, "seconds": seconds, "doubts": doubts}
            return cls(**words, checks=checks, notes=notes, **more)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise DataBroken("A result cannot be read.", expected="what Result.to_json writes", got=reason) from error


NUMBERS = ("points", "of", "seconds", "slow")


def _checked(found: Mapping[str, Any]) -> Checked:
    return Checked(**{name: float(value) if name in NUMBERS else str(value) for name, value in found.items()})
