"""What the builder stores beside the checks: each public case's inputs and answer, and what wrong versions answer."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from course_lib.checks import codec, run
from course_lib.checks.points import always_same
from course_lib.checks.run import answered, draw, generator, suspect
from course_lib.checks.spec import Case, Check, Misconception, Outcome, Question

PUBLIC = 2014  # the seed of what students have


def save_public(
    unit: str,
    checks: tuple[Check, ...],
    solutions: dict[str, Callable],
    misconceptions: Iterable[Misconception],
    write: bool = True,
) -> bool:
    """Build `expected/<unit>.npz`: one drawing of each case from a fixed seed.

    What is stored and agrees with the fresh values within the case's tolerance is kept, so that another processor's
    last bits change nothing.

    Returns:
        Whether anything changed; unless `write`, whether anything would.
    """
    path, misconceptions = run.EXPECTED / f"{unit}.npz", list(misconceptions)
    stored = run.stored(path) if path.exists() else {}
    built = {}
    for check in checks:
        wrong = [m for m in misconceptions if m.check == check.name]
        built[check.name] = _built(check, solutions.get(check.function), wrong, stored.get(check.name, {}))
    if codec.to_bytes(built) == codec.to_bytes(stored):
        return False
    if write:
        run.EXPECTED.mkdir(exist_ok=True)
        codec.save(path, built)
    return True


def _built(
    check: Check, solution: Callable | None, misconceptions: list[Misconception], stored: dict[str, Any]
) -> dict[str, Any]:
    """What is kept of one check."""
    kept = {case["name"]: case for case in stored.get("cases", ())}
    known = {s["name"]: s["outcomes"] for s in stored.get("suspicions", ())}
    questions = [_public_question(case, solution, kept.get(case.name)) for case in check.cases]
    cases = [
        {"name": q.case.name, "inputs": q.inputs, "expected": q.expected, "constant": _constant(q.case, solution)}
        for q in questions
    ]
    suspicions = [
        {"name": s.name, "sentence": s.sentence, "outcomes": _settled(questions, list(s.outcomes), known.get(s.name))}
        for s in suspect(questions, misconceptions)
    ]
    return {"cases": cases, "suspicions": suspicions}


def draw_public(case: Case, rng: np.random.Generator, solution: Callable | None) -> Question:
    """Draw what a notebook is asked: the exam's kind of inputs, or the case's own smaller ones."""
    return draw(replace(case, make_inputs=case.public) if case.public else case, rng, solution)


def _public_question(case: Case, solution: Callable | None, stored: dict[str, Any] | None) -> Question:
    """A case's public question: as stored, as far as that agrees with what is drawn and answered now."""
    fresh = draw_public(case, generator(PUBLIC, case), solution)
    if not stored or not codec.agree(stored["inputs"], codec.copy(fresh.inputs)):
        return fresh
    again = answered(case, stored["inputs"], solution)
    return replace(again, expected=stored["expected"]) if codec.agree(stored["expected"], again.expected) else again


def _constant(case: Case, solution: Callable | None) -> bool:
    """Whether the case has one answer for all its inputs; more are drawn than in an exam, so that it is no luck."""
    rng = generator(PUBLIC, case)
    return case.draws > 1 and always_same([draw(case, rng, solution).expected for _ in range(2 * case.draws)])


def _settled(
    questions: list[Question], outcomes: list[Outcome], stored: list[dict[str, Any]] | None
) -> list[dict[str, Any]]:
    """The outcomes of a wrong version as they are stored: those that are there already, where they agree."""
    fresh = [{"status": outcome.status, "answer": outcome.answer} for outcome in outcomes]
    if not stored or len(stored) != len(fresh):
        return fresh
    return stored if all(map(_as_stored, questions, fresh, stored)) else fresh


def _as_stored(question: Question, fresh: dict[str, Any], stored: dict[str, Any]) -> bool:
    """Whether these are the same numbers, or both right, or wrong in the same way: rounding is a processor's own."""
    if codec.agree(stored, fresh):
        return True
    if not fresh["status"] == stored["status"] == "answered":
        return False
    one, other = (
        question.case.compare(known["answer"], question.expected, question.inputs) for known in (fresh, stored)
    )
    return one is other is None or bool(one and other and one.symptom and one.symptom == other.symptom)
