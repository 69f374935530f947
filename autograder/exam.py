"""One submission sits the exam: its cells are run, the questions put, the answers collected. Nothing is judged here.

When the process dies or hangs, only what it died in is lost: a new one runs the cells up to there again, without the
one that killed it.
"""

import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.sandbox import Box, Gone
from course_lib.checks import codec
from course_lib.checks.ladder import Outcome, Question
from course_lib.checks.run import STILL_TO_WRITE
from course_lib.checks.spec import Check


@dataclass(frozen=True)
class Cell:
    """One code cell: its source, and what it is there for ("run", "fit", "check" or "skip")."""

    role: str
    source: str
    name: str = ""


@dataclass(frozen=True)
class Limits:
    """Seconds: for a cell, for the cell that trains the experiment, for all of one submission."""

    cell: float = 60.0
    fit: float = 180.0
    submission: float = 900.0


@dataclass
class Answers:
    """What came of the exam: the outcomes of each check's questions, and what went wrong in which cell."""

    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def sit(
    unit: str,
    cells: Sequence[Cell],
    papers: Mapping[str, tuple[Check, Sequence[Question]]],
    weights: Path | None = None,
    kind: str = "none",
    limits: Limits | None = None,
) -> Answers:
    """Run a submission's cells and ask each check's questions at its cell.

    Args:
        papers: for each check its questions; their answers stay here.
        weights: the trained experiment's file, put beside the notebook.
        kind: of sandbox.
    """
    with tempfile.TemporaryDirectory(prefix="exam-") as folder:
        if weights:
            shutil.copyfile(weights, Path(folder, f"{unit}.safetensors"))
        sitting = _Sitting(unit, Path(folder), kind, limits or Limits())
        try:
            for cell in cells:
                if cell.role == "check" and cell.name in papers:
                    sitting.ask_all(*papers[cell.name])
                elif cell.role in ("run", "fit"):
                    sitting.run(cell)
        finally:
            sitting.close()
        return sitting.answers


class _Sitting:
    """A box, and what is needed to come back to the same place in a new one."""

    def __init__(self, unit: str, folder: Path, kind: str, limits: Limits):
        self.answers = Answers()
        self._make_box = lambda: Box(folder, unit.split("_", 1)[1], kind)
        self._limits, self._deadline = limits, time.monotonic() + limits.submission
        self._done: list[Cell] = []
        self._box: Box | None = None

    def run(self, cell: Cell) -> None:
        """Run one cell; what kills the process is not run again."""
        try:
            self._note(cell, self._run_here(cell))
            self._done.append(cell)
        except Gone as gone:
            self._note(cell, str(gone))
            self._box = None

    def ask_all(self, check: Check, questions: Sequence[Question]) -> None:
        """Put a check's questions; after the second one that kills the process the rest stay unasked."""
        outcomes: list[Outcome] = []
        for question in questions:
            if sum(outcome.status in ("timeout", "died") for outcome in outcomes) >= 2:
                outcomes.append(Outcome("not asked", note="Not asked any more: two questions before had no answer."))
            else:
                outcomes.append(self._ask(check, question))
        self.answers.outcomes[check.name] = outcomes

    def _ask(self, check: Check, question: Question) -> Outcome:
        inputs = {name: value for name, value in question.inputs.items() if not name.startswith("_")}
        request = {"do": "ask", "check": check.name, "case": check.cases.index(question.case), "inputs": inputs}
        try:
            box = self._ready()
            reply = box.request(request, min(check.seconds, self._left()))
        except Gone as gone:
            self._box = None
            return Outcome(gone.status, note=str(gone))
        return _outcome(reply)

    def _ready(self) -> Box:
        """A box in which all cells so far have run."""
        if self._box is None:
            self._box = self._make_box()
            for cell in self._done:
                self._run_here(cell)
        return self._box

    def _run_here(self, cell: Cell) -> str:
        seconds = self._limits.fit if cell.role == "fit" else self._limits.cell
        reply = self._ready().request({"do": "run", "source": cell.source}, min(seconds, self._left()))
        return str(reply.get("error", ""))[:400]

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Gone(f"The submission took longer than {self._limits.submission:.0f} s in all.", "timeout")
        return left

    def _note(self, cell: Cell, error: str) -> None:
        if error:
            self.answers.errors[cell.name or cell.source.strip().split("\n")[0][:60]] = error

    def close(self) -> None:
        """End the process."""
        if self._box:
            self._box.close()


def _outcome(reply: dict) -> Outcome:
    """A reply as an outcome; fields of a wrong type count as no answer."""
    status, note, seconds = reply.get("status"), reply.get("note"), reply.get("seconds")
    allowed = ("answered", "missing", "not callable", "signature", "raised")
    if status not in allowed or not isinstance(note, str) or not isinstance(seconds, float):
        return Outcome("died", note="The answer could not be read.")
    return Outcome(status, codec.copy(reply.get("answer")), _plain(status, note), seconds)


def _plain(status: str, note: str) -> str:
    """Of a note about an error only its type and line: its text may hold hidden inputs."""
    if status == "raised" and note != STILL_TO_WRITE:
        found = re.match(r"Your function raised \w{1,40}( in line \d{1,5})?", note)
        return f"{found[0]}." if found else "Your function raised an error."
    return note[:300]
