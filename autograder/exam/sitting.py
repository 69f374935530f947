"""One submission sits the exam: its cells are run, the questions put, the answers collected. Nothing is judged here.

When the process dies or hangs, only what it died in is lost: a new one runs the cells up to there again, without the
one that killed it.

There is a limit of seconds for each question (`Check.seconds`, 10 unless the check says otherwise, the experiment 120),
for each cell and for all (`Limits`). `torch.compile` gives the function back as it was written: compiling would take
longer than a question may (37 s for `box_iou`, and 0.4 to 3 s more for each new shape, on two cores).
"""

import contextlib
import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from autograder.box.sandbox import Box, Gone
from autograder.errors import BoxError
from autograder.exam import locked, reasons, replies, unsaid
from autograder.exam.cells import Answers, Cell, Limits
from autograder.intake.texts import plain
from course_lib.checks.blame import STILL_TO_WRITE
from course_lib.checks.ladder import Outcome, Question
from course_lib.checks.spec import Check

WEIGHTS = ".safetensors"
UNSAID = {  # what is said of an outcome whose own note may hold values
    "refused": "Your function ran, but the check cannot use what came of it.",
    "not callable": "Expected a function, got something else.",
    "signature": "Your function takes other arguments than the check gives it.",
}
MAX_SHOWN = 16 * 2**20  # characters, pictures included, that all cells show


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
    limits, make_box = limits or Limits(), lambda: Box(unit, kind, imports)
    sitting = Sitting(make_box, files, limits, time.monotonic() + limits.submission)
    with contextlib.closing(sitting):
        for number, cell in enumerate(cells):
            if cell.role == "check" and cell.name in papers:
                check, questions = papers[cell.name]
                sitting.ask_all(check, questions, locked.needed(cells[:number], check.function))
            elif cell.role in ("run", "fit"):
                sitting.run(cell)
    if any(not cell.locked for cell in sitting.late):
        with contextlib.closing(sitting.again()) as unasked:
            _retell(sitting, unasked)
    return sitting.answers


def _retell(asked: "Sitting", unasked: "Sitting") -> None:
    """What cells show after the first question is taken from a sitting without any: code that was asked has seen
    hidden inputs."""
    late = {id(cell): cell.id or cell.name for cell in asked.late}
    for cell in asked.done:
        if not late or (cell.role == "fit" and not unasked.has_weights):  # it would train a second time
            return
        unasked.run(cell)
        if (place := late.pop(id(cell), None)) is not None:
            asked.answers.displayed[place] = unasked.answers.displayed.get(place, [])
            told = unasked.answers.errors.get(_title(cell))
            asked.answers.errors |= {_title(cell): told} if told else {}


class Sitting:
    """A box, and what is needed to come back to the same place in a new one.

    Attributes:
        done: the cells that ran, in their order.
        late: those of them that showed something, or failed, after the first question.
    """

    def __init__(self, make_box: Callable[[], Box], files: Mapping[str, bytes], limits: Limits, deadline: float):
        self.answers, self._make_box = Answers(), make_box
        self._files, self._limits, self._deadline = files, limits, deadline
        self.done: list[Cell] = []
        self.late: list[Cell] = []
        self._box: Box | None = None
        self._lost, self._room = 0, MAX_SHOWN
        self._words, self._failed = reasons.Words(), []
        self._untrained = ""

    def again(self) -> "Sitting":
        """A new sitting with the same files, within the same time."""
        return Sitting(self._make_box, self._files, self._limits, self._deadline)

    @property
    def has_weights(self) -> bool:
        """Whether trained weights lie beside the notebook."""
        return any(name.endswith(WEIGHTS) for name in self._files)

    def run(self, cell: Cell) -> None:
        """Run one cell; what kills the process is not run again."""
        started = time.monotonic()
        self._words.add(cell.source)
        try:
            reply = self._request(_running(cell), self._seconds(cell), "one cell")
            self._keep(cell, str(reply.get("error", ""))[:400], replies.items(reply.get("displayed"), self._room))
            self.done.append(cell)
        except Gone as gone:
            self._note(cell, self._stopped(cell, gone))
        self.answers.times[_title(cell)] = took = time.monotonic() - started
        if cell.role == "fit":  # its limit counts computing; what a busy machine adds is not the submission's
            self._deadline += max(0.0, took - self._limits.fit)

    def _stopped(self, cell: Cell, gone: Gone) -> str:
        """What to say of a cell that did not come to its end: of a training the reason why there was one at all."""
        if cell.role != "fit" or gone.status != "timeout" or self.has_weights:
            return str(gone)
        self._untrained = (
            "The weights file is missing: the exam trained the experiment itself, and the time for that "
            f"({self._limits.fit:.0f} s of computing) was over. Hand in the file that the training saves beside the "
            "notebook."
        )
        return self._untrained

    def _keep(self, cell: Cell, error: str, items: list[dict[str, str]]) -> None:
        """What a cell said and showed; after the first question only what can hold no hidden input of it."""
        if self.answers.outcomes:
            self.late += [cell] * bool(error or any(item["data"] for item in items))
            return self._say(cell, reasons.of_cell(error, self._words) if error else "")
        self._note(cell, error)
        self._room -= sum(len(item["data"]) for item in items)
        self.answers.displayed[cell.id or cell.name] = items

    def ask_all(self, check: Check, questions: Sequence[Question], given: Sequence[Cell] = ()) -> None:
        """Put a check's questions; after the second one that kills the process the rest stay unasked.

        Args:
            given: locked cells that are run once more before, so that what was given is what is asked.
        """
        try:
            self._restore(check.function, given)
        except Gone as gone:
            self.answers.outcomes[check.name] = [Outcome(gone.status, note=str(gone)) for _ in questions]
            return
        outcomes: list[Outcome] = []
        for question in questions:
            if sum(outcome.status in ("timeout", "died") for outcome in outcomes) >= 2:
                outcomes.append(Outcome("not asked", note="Not asked any more: two questions before had no answer."))
            else:
                outcomes.append(self._ask(check, question))
        self.answers.outcomes[check.name] = outcomes

    def _restore(self, function: str, given: Sequence[Cell]) -> None:
        """Define a given function anew, and all that was given for it; what a student put in their place is gone."""
        gone = [Cell("run", f"globals().pop({function!r}, None)")] if given else []
        for cell in [*gone, *(cell for cell in given if cell in self.done)]:
            self._request(_running(cell), self._seconds(cell), "one cell")
            self.done.append(cell)

    def _ask(self, check: Check, question: Question) -> Outcome:
        inputs = {name: value for name, value in question.inputs.items() if not name.startswith("_")}
        request = {"do": "ask", "check": check.name, "case": check.cases.index(question.case), "inputs": inputs}
        try:
            outcome = replies.outcome(self._request(request, check.seconds, "one question"), question, check.seconds)
        except Gone as gone:
            return Outcome(gone.status, note=str(gone))
        if self._untrained and check.name == "experiment" and outcome.status in ("missing", "raised", "unwritten"):
            status = "missing" if outcome.status == "missing" else "raised"
            return replace(outcome, status=status, note=self._untrained, error=None)
        if outcome.status == "missing":
            return replace(outcome, note=f"`{check.function}` is not defined{self._cause(check.function)}.")
        bare = outcome.error and replace(outcome.error, text="", code="")  # these may hold hidden inputs
        note = self._plain(outcome) if outcome.note or outcome.error else ""
        return replace(outcome, note=note, error=bare)

    def _plain(self, outcome: Outcome) -> str:
        """Of a note what holds no hidden inputs (see `reasons` and `unsaid`)."""
        if outcome.status == "unwritten":
            return STILL_TO_WRITE
        if outcome.status == "raised":
            said = reasons.told(outcome.error, self._words)
            lacking = re.search(r"name '(\w+)' is not defined", said)
            return said.removesuffix(".") + self._cause(lacking[1]) + "." if lacking else said
        if outcome.status in UNSAID:
            return plain(unsaid.bare(outcome.note) or UNSAID[outcome.status])
        return outcome.note if outcome.status == "died" else ""  # which `replies` says; what was answered needs no note

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
            for cell in self.done:
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
        why = reasons.advice(error)
        self._say(cell, plain(error) + f" ({why})" * bool(why))

    def _say(self, cell: Cell, error: str) -> None:
        if error:
            self.answers.errors[_title(cell)] = error
            self._failed.append((cell.source, error))

    def close(self) -> None:
        """End the process."""
        if self._box:
            self._box.close()


def _running(cell: Cell) -> dict:
    return {"do": "run", "source": cell.source}


def _title(cell: Cell) -> str:
    return cell.name or cell.source.strip().split("\n")[0][:60]
