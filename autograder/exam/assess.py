"""One submission sits the exam and is judged; what comes of it is a `Result`. Knows nothing of nbgrader."""

import ast
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from html import escape
from pathlib import Path

from nbformat import NotebookNode

from autograder import reference
from autograder.box.sandbox import WARNING
from autograder.box.watched import watched
from autograder.exam import outputs, papers
from autograder.exam.cells import Answers, Cell
from autograder.exam.judge import Paper, Verdict, judge
from autograder.exam.results import Checked, Result
from autograder.exam.sitting import sit
from autograder.release import roles
from course_lib.checks import codec
from course_lib.checks import report as reports
from course_lib.checks.cells import without_magics
from course_lib.checks.ladder import Outcome, Report, still_to_write
from course_lib.checks.run import ask
from course_lib.checks.spec import KINDS, Check

SLOW, NOTICEABLE = 50.0, 0.2  # times the reference; seconds below which nobody minds
JUDGING, JUDGING_ONE = 60, 20  # processor seconds for all checks together, and for one where that was not enough
LIGHT, SHORT = 2**14, 2**16  # bytes of an answer and characters of all cells that never take long to judge
TOO_MUCH = "What your function returned took too long, or too much memory, to compare with the expected answer."


def examine(
    unit: str, student: str, notebook: NotebookNode, weights: Path | None, seeds: Mapping[str, int], kind: str
) -> Result:
    """Run one repaired notebook through exam and judge.

    Args:
        notebook: as intake made it; its notes stand in its metadata.
        weights: the trained experiment's file, where one was handed in.
        seeds: of the checks that are asked (`secret.seeds_of`); one that the unit no longer has is left out.
        kind: of sandbox.
    """
    started = time.perf_counter()
    asked = [
        papers.set_paper(unit, check, seeds[check.name]) for check in papers.checks_of(unit) if check.name in seeds
    ]
    questions = {paper.check.name: (paper.check, paper.questions) for paper in asked}
    course = notebook.metadata.get("course", {})
    if lack := course.get("lack", ""):
        found = nothing(unit, student, [paper.check for paper in asked], kind, lack, course.get("notes", []))
        return replace(found, doubts=tuple(course.get("doubts", ())))
    answers = sit(unit, cells_of(notebook), questions, weights, kind, imports=released_imports(notebook))
    notes = [WARNING] * (kind == "none") + list(course.get("notes", []))
    notes += [f"In the cell {name!r}: {error}" for name, error in answers.errors.items()]
    checks, found = judged(unit, asked, answers, cells_before(notebook))
    shown = {cell: list(map(dict, made)) for cell, made in outputs.safe_page(answers.displayed).items()}
    seconds = round(time.perf_counter() - started, 3)
    doubts = (*course.get("doubts", ()), *found)
    return Result(unit, student, kind, checks, (*notes, *found), shown, answers.times, seconds, doubts)


def judged(
    unit: str, asked: Sequence[Paper], answers: Answers, sources: Mapping[str, list[str]]
) -> tuple[tuple[Checked, ...], list[str]]:
    """Each check's verdict, and what a human should look at.

    Judging is watched, in a fork, unless nothing that came is large enough to take long. Where all answers together
    take too much, each is judged alone.

    Args:
        sources: for each check the cells before it.
    """

    def verdicts() -> str:
        verdict = judge(asked, answers.outcomes, sources)
        return json.dumps([[asdict(_checked(unit, paper, verdict, answers)) for paper in asked], verdict.doubts])

    seconds = JUDGING if len(asked) > 1 else JUDGING_ONE
    if said := verdicts() if _light(answers, sources) else watched(verdicts, seconds):
        checks, doubts = json.loads(said)
        return tuple(Checked(**each) for each in checks), doubts
    if len(asked) > 1:
        parts = [judged(unit, [paper], answers, sources) for paper in asked]
        return sum((checks for checks, _ in parts), ()), sum((doubts for _, doubts in parts), [])
    return nothing(unit, "", [paper.check for paper in asked], "", TOO_MUCH, ()).checks, []


def _light(answers: Answers, sources: Mapping[str, list[str]]) -> bool:
    """Whether each answer is so small that even comparing all its values with each other is soon done."""
    outcomes = [outcome for found in answers.outcomes.values() for outcome in found]
    small = all(codec.weight(outcome.answer) <= LIGHT for outcome in outcomes)
    return small and all(sum(map(len, cells)) <= SHORT for cells in sources.values())


def nothing(unit: str, student: str, checks: Sequence[Check], kind: str, lack: str, notes: Sequence[str]) -> Result:
    """Zero for each check of a submission in which there is nothing to ask, with the reason."""
    lack = " ".join(lack.split())
    found = (Checked(check.name, 0.0, check.points, "defined", "", lack, f"<p>{escape(lack)}</p>") for check in checks)
    return Result(unit, student, kind, tuple(found), tuple(notes))


def cells_of(notebook: NotebookNode) -> list[Cell]:
    """The code cells with their roles, which the release says."""
    return [
        Cell(roles.role(cell), cell.source, roles.checked(cell) or roles.grade_id(cell), cell.id, roles.is_locked(cell))
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def released_imports(notebook: NotebookNode) -> list[str]:
    """The modules that the locked cells import; intake has put the release's own text there."""
    found: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and roles.is_locked(cell):
            for node in ast.walk(ast.parse(without_magics(cell.source))):
                if isinstance(node, ast.Import):
                    found += [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.append(node.module)
    return list(dict.fromkeys(found))


def cells_before(notebook: NotebookNode) -> dict[str, list[str]]:
    """For each check the sources of the code cells before it, given ones included, as they run in a notebook."""
    cells, before = {}, []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if name := roles.checked(cell):
                cells[name] = list(before)
            before.append(cell.source)
    return cells


def _checked(unit: str, paper: Paper, verdict: Verdict, answers: Answers) -> Checked:
    check, report = paper.check, verdict.reports[paper.check.name]
    outcomes = answers.outcomes.get(check.name, [])
    slow = times_slower(unit, paper, outcomes)
    return Checked(
        name=check.name,
        points=report.points,
        of=check.points,
        rung=report.rung,
        misconception=report.misconception,
        comment=comment(report, slow),
        html=reports.html(report, picture=False),
        seconds=round(sum(outcome.seconds for outcome in outcomes), 4),
        slow=slow,
        **_first(report),
    )


def _first(report: Report) -> dict[str, str]:
    """The first case that fails, and what came of its question."""
    if not report.failed or still_to_write(report):
        return {"status": "unwritten"} if report.failed else {}
    first = report.failed[0]
    return {"case": first.case.name, "status": "raised" if first.status == "unwritten" else first.status}


def comment(report: Report, slow: float = 0.0) -> str:
    """A check in a few words, "" when there is nothing to say: "2 of 3: touching boxes"."""
    if still_to_write(report):
        return "Still to write."
    said = []
    if report.failed:
        passed, first = len(report.results) - len(report.failed), report.failed[0]
        reason = report.sentence or ("" if first.rung in KINDS else first.message)
        said = [f"{passed} of {len(report.results)}: {first.case.name}", reason]
    if slow:
        said.append(f"About {slow:.0f} times slower than the course's own version.")
    return ". ".join(part.rstrip(".") for part in said if part)


def times_slower(unit: str, paper: Paper, outcomes: Sequence[Outcome]) -> float:
    """How many times slower than the solution the answers came, where that is over 50; otherwise 0.

    A remark without points. The solution is timed only where the answers took noticeably long, best of three.
    """
    answered = [(q, o) for q, o in zip(paper.questions, outcomes, strict=False) if o.status == "answered"]
    theirs = sum(outcome.seconds for _, outcome in answered)
    solution = reference.find(unit, paper.check.function)
    if theirs < NOTICEABLE or solution is None or any(question.case.truth for question, _ in answered):
        return 0.0
    ours = min(sum(ask(q.case, solution, q.inputs).seconds for q, _ in answered) for _ in range(3))
    return round(theirs / ours, 1) if ours and theirs > SLOW * ours else 0.0
