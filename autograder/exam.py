"""One submission sits the exam: its cells are run, the questions put, the answers collected. Nothing is judged here.

When the process dies or hangs, only what it died in is lost: a new one runs the cells up to there again, without the
one that killed it.

There is a limit of seconds for each question (`Check.seconds`, 10 unless the check says otherwise, the experiment 120),
for each cell and for all (`Limits`). `torch.compile` gives the function back as it was written: compiling would take
longer than a question may (37 s for `box_iou`, and 0.4 to 3 s more for each new shape, on two cores).
"""

import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from autograder import reasons
from autograder.errors import BoxError
from autograder.limits import CELL, FIT, SUBMISSION
from autograder.outputs import plain
from autograder.sandbox import Box, Gone
from course_lib.checks import codec
from course_lib.checks.blame import STILL_TO_WRITE
from course_lib.checks.ladder import Outcome, Question
from course_lib.checks.spec import Check

WEIGHTS = ".safetensors"
MAX_ITEMS = 20  # that one cell shows
MAX_SHOWN = 16 * 2**20  # characters, pictures included, that all cells show
WORDS = re.compile(r"(?:[A-Za-z_`'.,:;()×→ -]|(?<!\d)\d{1,2}(?!\d|\.\d)){1,300}")  # names and small counts, no values
MAX_ANSWER = 4 * 2**20  # bytes, beside four times those of the expected answer


@dataclass(frozen=True)
class Cell:
    """One code cell: its source, and what it is there for ("run", "fit", "check" or "skip")."""

    role: str
    source: str
    name: str = ""
    id: str = ""


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


def sit(
    unit: str,
    cells: Sequence[Cell],
    papers: Mapping[str, tuple[Check, Sequence[Question]]],
    weights: Path | None = None,
    kind: str = "bubblewrap",
    limits: Limits | None = None,
    imports: Collection[str] = (),
    files: Mapping[str, bytes] | None = None,
) -> Answers:
    """Run a submission's cells and ask each check's questions at its cell.

    Args:
        papers: for each check its questions; their answers stay here.
        weights: the trained experiment's file, put beside the notebook.
        kind: of sandbox.
        imports: modules to have at hand in the box; their names must come from the release, never from a student.
        files: what else lies beside the notebook, by name.

    Raises:
        BoxError: there is no such sandbox here, or it ended three times by itself.
    """
    files = {**(files or {}), **({f"{unit}.safetensors": weights.read_bytes()} if weights else {})}
    sitting = _Sitting(lambda: Box(unit.split("_", 1)[1], kind, imports), files, limits or Limits())
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

    def __init__(self, make_box: Callable[[], Box], files: Mapping[str, bytes], limits: Limits):
        self.answers, self._make_box = Answers(), make_box
        self._files, self._limits, self._deadline = files, limits, time.monotonic() + limits.submission
        self._done: list[Cell] = []
        self._box: Box | None = None
        self._lost, self._room = 0, MAX_SHOWN
        self._words, self._failed = reasons.Words(), []
        self._untrained = ""

    def run(self, cell: Cell) -> None:
        """Run one cell; what kills the process is not run again."""
        started = time.monotonic()
        self._words.add(cell.source)
        try:
            reply = self._request(_running(cell), self._seconds(cell), "one cell")
            self._note(cell, str(reply.get("error", ""))[:400])
            items = _items(reply.get("displayed"), self._room)
            self._room -= sum(len(item["data"]) for item in items)
            self.answers.displayed[cell.id or cell.name] = items
            self._done.append(cell)
        except Gone as gone:
            self._note(cell, self._stopped(cell, gone))
        self.answers.times[_title(cell)] = took = time.monotonic() - started
        if cell.role == "fit":  # its limit counts computing; what a busy machine adds is not the submission's
            self._deadline += max(0.0, took - self._limits.fit)

    def _stopped(self, cell: Cell, gone: Gone) -> str:
        """What to say of a cell that did not come to its end: of a training the reason why there was one at all."""
        if cell.role != "fit" or gone.status != "timeout" or any(name.endswith(WEIGHTS) for name in self._files):
            return str(gone)
        self._untrained = (
            "The weights file is missing: the exam trained the experiment itself, and the time for that "
            f"({self._limits.fit:.0f} s of computing) was over. Hand in the file that the training saves beside the "
            "notebook."
        )
        return self._untrained

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
            outcome = _outcome(self._request(request, check.seconds, "one question"), question, check.seconds)
        except Gone as gone:
            return Outcome(gone.status, note=str(gone))
        if self._untrained and check.name == "experiment" and outcome.status in ("missing", "raised"):
            return replace(outcome, note=self._untrained)
        if outcome.status == "missing":
            return replace(outcome, note=f"`{check.function}` is not defined{self._cause(check.function)}.")
        return replace(outcome, note=self._plain(outcome)) if outcome.note else outcome

    def _plain(self, outcome: Outcome) -> str:
        """Of a note about an error what holds no hidden inputs (see `reasons`); of a refusal only words."""
        note = outcome.note
        if outcome.status == "raised" and note != STILL_TO_WRITE:
            said = reasons.told(note, self._words)
            lacking = re.search(r"name '(\w+)' is not defined", said)
            return said.removesuffix(".") + self._cause(lacking[1]) + "." if lacking else said
        if outcome.status == "refused" and not WORDS.fullmatch(note):
            return "Your function ran, but the check cannot use what came of it."
        return plain(note[:300])

    def _cause(self, name: str) -> str:
        """Which cell would have defined a name, had it not failed; "" where none would."""
        binds = rf"(?m)^\s*(async )?(def|class) {name}\b|\b{name}\b[^=\n]*=|\bimport\b.*\b{name}\b"
        errors = [error for source, error in self._failed if re.search(binds, source)]
        return f"; its cell stopped: {errors[-1].rstrip('.')}" if errors else ""

    def _request(self, request: dict, seconds: float, what: str) -> dict:
        """One request to a box that is ready for it; asked again where the sandbox was lost by no fault of the code."""
        while True:
            box, left = self._ready(), self._left()
            try:
                return box.request(request, min(seconds, left))
            except Gone as gone:
                self._box = None
                if gone.status == "timeout" and seconds <= left:
                    limit = f"longer than {seconds:.0f} s for {what} (the limit is {seconds:.0f} s)"
                    raise Gone(f"It took {limit} and was stopped.", "timeout") from gone
                if gone.status == "timeout":
                    raise Gone(self._all_used(), "timeout") from gone
                if gone.status != "lost":
                    raise
                self._lost += 1
                if self._lost == 3:
                    raise BoxError("The sandbox ended three times by itself.", got=str(gone)) from gone

    def _ready(self) -> Box:
        """A box in which all cells so far have run."""
        if self._box is None:
            box = self._make_box()
            for name, content in self._files.items():
                tree = {"do": "put", "name": name, "content": np.frombuffer(content, np.uint8)}
                box.request(tree, self._limits.cell)
            for cell in self._done:
                box.request(_running(cell), min(self._seconds(cell), self._left()))
            self._box = box
        return self._box

    def _seconds(self, cell: Cell) -> float:
        return self._limits.fit if cell.role == "fit" else self._limits.cell

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Gone(self._all_used(), "timeout")
        return left

    def _all_used(self) -> str:
        seconds = self._limits.submission
        return f"The submission took longer than {seconds:.0f} s in all (the limit is {seconds:.0f} s)."

    def _note(self, cell: Cell, error: str) -> None:
        if error:
            why = reasons.advice(error)
            self.answers.errors[_title(cell)] = said = plain(error) + f" ({why})" * bool(why)
            self._failed.append((cell.source, said))

    def close(self) -> None:
        """End the process."""
        if self._box:
            self._box.close()


def _running(cell: Cell) -> dict:
    return {"do": "run", "source": cell.source}


def _title(cell: Cell) -> str:
    return cell.name or cell.source.strip().split("\n")[0][:60]


def _items(displayed: object, room: int) -> list[dict[str, str]]:
    """What a cell showed, as far as it has the right form; items that are longer than the `room` left are forgotten."""
    items = []
    for item in displayed[:MAX_ITEMS] if isinstance(displayed, list) else ():
        kind, data = (item.get("type"), item.get("data")) if isinstance(item, dict) else (None, None)
        if kind in ("text", "image/png") and isinstance(data, str) and len(data) <= room:
            items.append({"type": kind, "data": data})
            room -= len(data)
    return items


def _outcome(reply: dict, question: Question, limit: float) -> Outcome:
    """A reply as an outcome; fields of a wrong type count as no answer, and a huge answer as one of a wrong type."""
    status, note, seconds = reply.get("status"), reply.get("note"), reply.get("seconds")
    allowed = ("answered", "missing", "not callable", "signature", "raised", "refused")
    if status not in allowed or not isinstance(note, str) or not isinstance(seconds, float):
        return Outcome("died", note="The answer could not be read.")
    answer, most = codec.copy(reply.get("answer")), 4 * codec.weight(question.expected) + MAX_ANSWER
    if codec.weight(answer) > most:
        answer = codec.Other(f"an answer of more than {most // 2**20} MB")
    return Outcome(status, answer, note, seconds if 0.0 <= seconds <= limit else limit)
