"""The exam papers: hidden inputs drawn from a seed, answered by the solution and by every misconception."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from autograder import misconceptions, reference
from autograder.exam.judge import Paper
from course_lib import units
from course_lib.checks.ladder import Outcome
from course_lib.checks.run import ask, draw, generator, load_public, suspect
from course_lib.checks.spec import Check


def checks_of(unit: str) -> tuple[Check, ...]:
    """All checks of a unit."""
    return units.find(unit).checks


def set_paper(unit: str, check: Check, seed: int) -> Paper:
    """Draw each case of a check as often as it asks for."""
    solution, constant = reference.find(unit, check.function), constants(unit, check)
    streams = [(case, generator(seed, case)) for case in check.cases]
    questions = [
        replace(draw(case, rng, solution), constant=constant.get(case.name))
        for case, rng in streams
        for _ in range(case.draws)
    ]
    known = [m for m in misconceptions.of(unit) if m.check == check.name]
    return Paper(check, questions, partial(suspect, questions, known))


def constants(unit: str, check: Check) -> dict[str, bool]:
    """Which cases have one answer for all inputs, as the notebook's questions say it: the same under every key.

    A few drawings that happen to have one answer say nothing.
    """
    stored = _stored(unit, check.name)
    return {case.name: stored.get(case.name) for case in check.cases}


@cache
def _stored(unit: str, name: str) -> dict[str, bool]:
    check = next(check for check in checks_of(unit) if check.name == name)
    return {question.case.name: question.constant for question in load_public(unit, check)[0]}


def answers_of(papers: Sequence[Paper], functions: Mapping[str, Any]) -> dict[str, list[Outcome]]:
    """Put the papers to functions that we trust, in this process (right answers, misconceptions, mutants)."""
    return {
        paper.check.name: [
            ask(question.case, functions[paper.check.function], question.inputs) for question in paper.questions
        ]
        for paper in papers
        if paper.check.function in functions
    }
