"""Mutants of a unit's solution functions, and its misconceptions, put to its checks: which survive, which are named."""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autograder import misconceptions, reference
from autograder.exam.judge import Paper, judge
from autograder.exam.papers import checks_of, set_paper
from course_lib.checks.ladder import Question
from course_lib.checks.run import ask, load_public
from course_lib.checks.spec import Check, Misconception
from course_lib.errors import CourseError
from tools.build.cells import definition, read_source
from tools.mutants.mutations import Mutant, mutants
from tools.mutants.report import Survivor, UnitResult, Verdict
from tools.mutants.trials import run_trials

SEED = 20140625  # of the hidden questions here; an exam's come from its own key
PATIENCE = 5.0  # seconds for a mutant, beyond ten times what the solution needs
FACTOR = 10.0
SOLUTION_LIMIT = 120.0  # seconds


class SolutionFails(CourseError):
    """The solution itself does not pass a check, so nothing can be said about its mutants."""


@dataclass(frozen=True)
class Asked:
    """A check with its public questions and the exam's."""

    check: Check
    public: Paper
    hidden: Paper


def asked(unit: str, check: Check) -> Asked:
    """The questions of one check: those that students have, and a drawing as for an exam."""
    questions, suspicions = load_public(unit, check)
    return Asked(check, Paper(check, questions, lambda: suspicions), set_paper(unit, check, SEED))


def survives(papers: list[Asked], function: Callable) -> bool:
    """Whether a function passes every question of these checks; stops at the first mistake."""
    questions = [question for each in papers for paper in (each.public, each.hidden) for question in paper.questions]
    return all(_passes(question, function) for question in questions)


def _passes(question: Question, function: Callable) -> bool:
    outcome = ask(question.case, function, question.inputs)
    return outcome.status == "answered" and not question.case.compare(
        outcome.answer, question.expected, question.inputs
    )


def changed(unit: str, mutant: Mutant) -> Callable:
    """The mutated function among the solution's other definitions, which stay as they are."""
    names = dict(reference.load(unit))
    exec(compile(mutant.source, f"<mutant of {mutant.function}>", "exec"), names)
    return names[mutant.function]


def mutant_trial(unit: str, papers: list[Asked], mutant: Mutant) -> bool:
    """Whether a mutant survives; one that cannot even be defined does not."""
    warnings.simplefilter("ignore")  # "is" with a literal, and the like: mutants are meant to be wrong
    try:
        return survives(papers, changed(unit, mutant))
    except Exception:
        return False


def solution_trial(papers: list[Asked], function: Callable) -> float:
    """The seconds that the solution itself needs for these checks; negative when it fails one of them."""
    started = time.process_time()
    passed = survives(papers, function)
    return time.process_time() - started if passed else -1.0


def misconception_trial(papers: Asked, wrong: Misconception) -> list[str]:
    """Which misconception the author is told of, by the public questions and by the exam's; "" where none is."""
    return [_told(paper, wrong) for paper in (papers.public, papers.hidden)]


def _told(paper: Paper, wrong: Misconception) -> str:
    outcomes = [ask(question.case, wrong.version, question.inputs) for question in paper.questions]
    return judge([paper], {wrong.check: outcomes}, sources=()).reports[wrong.check].misconception


def examine(source: Path) -> UnitResult:
    """Put all mutants and misconceptions of a unit to its checks."""
    unit = source.stem
    cells = {definition(source, cell).name: cell.source for cell in solution_cells(source)}
    papers = [asked(unit, check) for check in checks_of(unit) if check.function in cells]
    survivors, counts = [], {}
    for function, text in cells.items():
        own = [each for each in papers if each.check.function == function]
        made = list(mutants(function, text))
        left = _survivors(unit, own, made)
        counts[function] = (len(made), len(made) - len(left))
        survivors += [Survivor(unit, function, m.line, m.before, m.after) for m in left]
        print(f"{unit} {function}: {counts[function][1]} of {len(made)} killed")
    return UnitResult(unit, counts, survivors, _verdicts(unit, papers))


def solution_cells(source: Path) -> list:
    """The cells in which a unit's graded functions are defined."""
    return [cell for cell in read_source(source).cells if cell.metadata.get("tags") == ["solution"]]


def _survivors(unit: str, papers: list[Asked], made: list[Mutant]) -> list[Mutant]:
    """The mutants of one function that pass all of its checks. Raises SolutionFails when the solution does not."""
    solution = reference.load(unit)[papers[0].check.function]
    seconds = next(run_trials([partial(solution_trial, papers, solution)], SOLUTION_LIMIT))
    if seconds is None or seconds < 0:
        raise SolutionFails(
            f"{unit}: the solution does not pass its own check {papers[0].check.name!r}.",
            advice="make build, then the tests of the unit's checks",
        )
    trials = [partial(mutant_trial, unit, papers, mutant) for mutant in made]
    alive = run_trials(trials, PATIENCE + FACTOR * seconds)
    return [mutant for mutant, survived in zip(made, alive, strict=True) if survived]


def _verdicts(unit: str, papers: list[Asked]) -> list[Verdict]:
    """For each misconception, what its author reads."""
    of_check = {each.check.name: each for each in papers}
    wrong = [version for version in misconceptions.of(unit) if version.check in of_check]
    told = run_trials([partial(misconception_trial, of_check[v.check], v) for v in wrong], SOLUTION_LIMIT)
    return [Verdict(unit, v.check, v.name, *(names or ("", ""))) for v, names in zip(wrong, told, strict=True)]
