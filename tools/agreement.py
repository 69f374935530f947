"""Do the public check and the exam say the same? python -m tools.agreement [UNIT [CHECK]] (make agreement)

Right answers, misconceptions, their near relatives and machine mutants are put to the public questions and to the exams
of ten keys. Their points must be equal: green means full points, and equal code earns equal points under every key. A
misconception that is named must be reproduced on all of these questions, else the headline is false.
docs/agreement.md keeps the counts; with a UNIT it is left as it is. The last printed line is
"agreement: D of N versions earn other points, F of H headlines are false".
"""

import io
import runpy
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from autograder import misconceptions, reference
from autograder.judge import Paper
from autograder.papers import checks_of, set_paper
from course_lib import threads, units
from course_lib.checks.diagnosis import reproduced
from course_lib.checks.ladder import climb
from course_lib.checks.run import ask, load_public
from course_lib.checks.spec import Check, Question, Suspicion
from course_lib.download import atomic_write
from tools.build_notebooks import ROOT
from tools.cells import definition
from tools.mutants import FACTOR, PATIENCE, SOLUTION_LIMIT, changed, solution_cells
from tools.mutations import mutants
from tools.trials import run_trials

KEYS = (20140625, 271828, 3, 5, 7, 11, 1729, 31337, 65537, 2**61 - 1)
TESTS = ROOT / "tests"
HEADER = """# The public check and the exam

`make agreement` writes this file. Each row counts the versions of a unit's functions (right answers, misconceptions,
near relatives, machine mutants) that were put to the public questions and to the exams of ten keys; those that did not
earn equal points in all of them; how often a misconception was named; and how often that headline did not hold on all
of these questions.
"""


@dataclass(frozen=True)
class Papers:
    """One check: the public questions and the exams, the misconceptions' answers worked out."""

    check: Check
    papers: tuple[Paper, ...]

    @property
    def questions(self) -> list[Question]:
        """All of them."""
        return [question for paper in self.papers for question in paper.questions]

    def suspicion(self, name: str) -> Suspicion:
        """A misconception's outcomes on all questions."""
        found = [next(s for s in paper.suspicions() if s.name == name) for paper in self.papers]
        return Suspicion(name, found[0].sentence, [outcome for part in found for outcome in part.outcomes])


@dataclass(frozen=True)
class Version:
    """A version of a function: how it is called in the list, and how it is made (in a process of its own)."""

    check: str
    name: str
    make: Callable[[], Callable]


def papers_for(unit: str, check: Check, keys: Sequence[int] = KEYS) -> Papers:
    """The papers of one check; what the misconceptions answer is worked out once."""
    exams = [set_paper(unit, check, key) for key in keys]
    return Papers(check, (public_paper(unit, check), *map(_kept, exams)))


def public_paper(unit: str, check: Check) -> Paper:
    """What a notebook asks."""
    questions, suspicions = load_public(unit, check)
    return Paper(check, questions, lambda: suspicions)


def _kept(paper: Paper) -> Paper:
    suspicions = [Suspicion(found.name, found.sentence, list(found.outcomes)) for found in paper.suspicions()]
    return Paper(paper.check, paper.questions, lambda: suspicions)


def trial(papers: Papers, version: Version) -> dict[str, object]:
    """What a version earns in each paper, which cases fail there, who is named, and which headlines are false."""
    warnings.simplefilter("ignore")
    sys.stdout = io.StringIO()  # what a version prints is nobody's business; this process ends with the trial
    function, started = version.make(), time.process_time()
    answers = [[ask(q.case, function, q.inputs) for q in paper.questions] for paper in papers.papers]
    reports = [
        climb(paper.check, paper.questions, outcomes, paper.suspicions(), explain=False)
        for paper, outcomes in zip(papers.papers, answers, strict=True)
    ]
    named, outcomes = {report.misconception for report in reports} - {""}, sum(answers, [])
    return {
        "seconds": time.process_time() - started,
        "points": [report.points for report in reports],
        "failed": [[result.case.name for result in report.failed] for report in reports],
        "named": [report.misconception for report in reports],
        "false": [n for n in sorted(named) if not reproduced(papers.questions, outcomes, papers.suspicion(n))],
    }


def known_versions(unit: str, check: Check) -> Iterator[Version]:
    """The versions of a check's function that somebody wrote: right ones, misconceptions, relatives."""
    for path in (TESTS / "units" / unit / f"{style}.py" for style in ("arrays", "loops")):
        yield Version(check.name, f"right answer {path.stem}", partial(_found, path, check))
    for wrong in misconceptions.of(unit):
        if wrong.check == check.name:
            yield Version(check.name, f"misconception {wrong.name}", partial(_itself, wrong.version))
    for number, (name, function, _) in enumerate(_relatives(unit)):
        if name == check.name:
            yield Version(check.name, f"relative {number} {function.__name__}", partial(_itself, function))


def mutant_versions(unit: str, check: Check) -> Iterator[Version]:
    """The machine mutants of the solution."""
    source = reference.source_of(unit)
    for text in [cell.source for cell in solution_cells(source) if definition(source, cell).name == check.function]:
        for mutant in mutants(check.function, text):
            told = f"mutant of line {mutant.line}: {mutant.before}  ->  {mutant.after}"
            yield Version(check.name, told, partial(changed, unit, mutant))


def _itself(function: Callable) -> Callable:
    return function


def _found(path: Path, check: Check) -> Callable:
    return runpy.run_path(str(path))[check.function]


def _relatives(unit: str) -> list[tuple[str, Callable, str]]:
    path = TESTS / "units" / unit / "relatives.py"
    return runpy.run_path(str(path))["RELATIVES"] if path.exists() else []


def examine(unit: str, only: str = "", known: bool = False) -> tuple[int, int, int, int]:
    """Try all versions of a unit, print what disagrees; (versions, those that differ, headlines, false ones)."""
    source = reference.source_of(unit)
    written = {definition(source, cell).name for cell in solution_cells(source)}
    counts = [
        examine_check(unit, check, known)
        for check in checks_of(unit)
        if check.function in written and only in ("", check.name)
    ]
    tried, differing, headlines, false = (sum(column) for column in zip(*counts, strict=True))
    print(f"{unit}: {differing} of {tried} versions earn other points, {false} of {headlines} headlines are false")
    return tried, differing, headlines, false


def examine_check(unit: str, check: Check, known: bool = False) -> tuple[int, int, int, int]:
    """The same for one check."""
    papers, made = papers_for(unit, check), list(known_versions(unit, check))
    made += [] if known else mutant_versions(unit, check)
    solution = Version(check.name, "solution", partial(_solution, unit, check))
    seconds = next(run_trials([partial(trial, papers, solution)], SOLUTION_LIMIT))["seconds"]
    answers = list(run_trials([partial(trial, papers, version) for version in made], PATIENCE + FACTOR * seconds))
    # None: it cannot be defined, hangs or dies, under every key
    found = [(version, answer) for version, answer in zip(made, answers, strict=True) if answer is not None]
    differing = [(version, answer) for version, answer in found if len(set(answer["points"])) > 1]
    false = [(version, answer) for version, answer in found if answer["false"]]
    for version, answer in differing:
        print(f"differs: {unit} {check.name}, {version.name}: {answer['points']}, {_varying(answer['failed'])}")
    for version, answer in false:
        print(f"false headline: {unit} {check.name}, {version.name}: {answer['named']}")
    headlines = sum(bool(name) for _, answer in found for name in answer["named"])
    return len(found), len(differing), headlines, sum(len(answer["false"]) for _, answer in false)


def _varying(failed: list[list[str]]) -> str:
    """The cases that fail in some papers and not in all."""
    counts = Counter(name for names in failed for name in names)
    told = [f"{name} ({count} of {len(failed)})" for name, count in counts.items() if count < len(failed)]
    return f"fails now and then {told}"


def _solution(unit: str, check: Check) -> Callable:
    return reference.load(unit)[check.function]


def main(
    unit: Annotated[str | None, typer.Argument(help="One unit, for example 02_rcnn; only told, not written.")] = None,
    check: Annotated[str, typer.Argument(help="One check of it, for example nms.")] = "",
    known: Annotated[bool, typer.Option("--known", help="No machine mutants; only told, not written.")] = False,
) -> None:
    """Compare the public checks with the exams, for all units or one."""
    threads.limit(1)  # forks of a process that ran threaded operations hang
    wanted = [units.find(unit)] if unit else units.UNITS
    counts = {found.id: examine(found.id, check, known) for found in wanted}
    total = [sum(column) for column in zip(*counts.values(), strict=True)]
    if unit is None and not known:
        rows = [f"| {name} | {' | '.join(map(str, row))} |" for name, row in {**counts, "all": total}.items()]
        head = "| unit | versions | other points | headlines | false |\n|---|---|---|---|---|\n"
        with atomic_write(ROOT / "docs" / "agreement.md") as temporary:
            temporary.write_text(f"{HEADER}\n{head}" + "\n".join(rows) + "\n", encoding="utf-8")
    tried, differing, headlines, false = total
    print(f"agreement: {differing} of {tried} versions earn other points, {false} of {headlines} headlines are false")


if __name__ == "__main__":
    typer.run(main)
