"""Versions put to the public questions and to ten keys' exams: which earn other points, which headlines are false."""

import io
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from autograder import reference
from autograder.exam.judge import Paper
from autograder.exam.papers import checks_of, set_paper
from course_lib.checks.diagnosis import reproduced, wrong_in
from course_lib.checks.ladder import climb
from course_lib.checks.run import ask, load_public
from course_lib.checks.spec import Check, Question, Suspicion
from tools.agreement.versions import Version, known_versions, mutant_versions
from tools.build.cells import definition
from tools.mutants.examine import FACTOR, PATIENCE, SOLUTION_LIMIT, solution_cells
from tools.mutants.trials import run_trials

KEYS = (20140625, 271828, 3, 5, 7, 11, 1729, 31337, 65537, 2**61 - 1)
FEWER = {"PKSampler": 3}  # keys of checks that draw for so long that ten keys would take ten minutes


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
    wrong = list(map(wrong_in, papers.questions, outcomes))
    return {
        "seconds": time.process_time() - started,
        "points": [report.points for report in reports],
        "failed": [[result.case.name for result in report.failed] for report in reports],
        "named": [report.misconception for report in reports],
        "false": [n for n in sorted(named) if not reproduced(papers.questions, outcomes, wrong, papers.suspicion(n))],
    }


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
    papers, made = papers_for(unit, check, KEYS[: FEWER.get(check.name)]), list(known_versions(unit, check))
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
