"""Answers whose rows are positions, in any order, each of them once: which are missing, too many or twice."""

from collections import Counter
from typing import Any

from torch import Tensor

from course_lib.checks.compare import like
from course_lib.checks.spec import Compare, Inputs, Mismatch

Row = tuple[int, ...]


def same_rows(what: str) -> Compare:
    """The same rows in any order, each once.

    Args:
        what: what a row is, "triplet".
    """

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected, any_length=True)
        if wrong:
            return wrong
        missing, more, twice = apart(answer, expected)
        told = [("is missing", missing), ("should not be there", more), ("comes more than once", twice)]
        said = [f"the {what} {rows[0]} {fault}{_and_others(rows)}" for fault, rows in told if rows]
        text = "; ".join(said)
        return Mismatch(f"{text[:1].upper()}{text[1:]}.") if said else None

    return compare


def _and_others(rows: list[Row]) -> str:
    return f", and {len(rows) - 1} more" if len(rows) > 1 else ""


def apart(answer: Tensor, expected: Tensor) -> tuple[list[Row], list[Row], list[Row]]:
    """Rows that are missing, that should not be there, and that come more than once."""
    mine, theirs = (Counter(tuple(int(i) for i in row) for row in rows.tolist()) for rows in (answer, expected))
    often = [row for row in theirs if mine[row] > theirs[row]]
    return sorted(theirs.keys() - mine), sorted(mine.keys() - theirs), sorted(often)


def verdict(row: Row, missing: list[Row], more: list[Row]) -> str:
    """What is wrong with one of these rows, in words."""
    if row in more:
        return "it is in your answer, and it is not expected there"
    return (
        "it is expected, and missing in your answer" if row in missing else "it is expected once, and comes more often"
    )
