"""Which misconception an answer shows: the one that it reproduces, or none.

A diagnosis that is not the student's own mistake does harm; silence and the numbers do not.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from course_lib.checks.spec import Mismatch, Outcome, Question, Suspicion

MUCH_CLOSER = 0.25
"""Two wrong answers are one when they are apart by at most this share of their distance to the right one."""

WITHOUT_ANSWER = {"missing": "defined", "not callable": "callable", "signature": "callable", "not asked": "unasked"}
WITHOUT_ANSWER |= {"refused": "type", "raised": "runs", "unwritten": "runs", "timeout": "time", "died": "runs"}
RAISED = {"raised", "unwritten"}  # a stub raises too


def wrong_in(question: Question, outcome: Outcome) -> Mismatch | None:
    """Why an outcome is not right; None when it is."""
    if outcome.status != "answered":
        return Mismatch(outcome.note, rung=WITHOUT_ANSWER[outcome.status])
    return _compared(question, outcome.answer, question.expected)


def _compared(question: Question, answer: Any, expected: Any) -> Mismatch | None:
    """A case's own comparison; an answer that it cannot even look at has the wrong form."""
    try:
        return question.case.compare(answer, expected, question.inputs)
    except Exception as error:  # whatever a stranger's answer does to a comparison is that answer's fault
        return Mismatch(f"The answer has another form than asked for ({type(error).__name__}).", rung="type")


def named(
    questions: Sequence[Question],
    outcomes: Sequence[Outcome],
    wrong: Sequence[Mismatch | None],
    suspicions: Iterable[Suspicion],
) -> Suspicion | None:
    """The one misconception that the student's answers reproduce; None where none does, or more than one.

    Without any answer nothing is suspected.

    Args:
        wrong: what is wrong in each outcome, see `wrong_in`.
    """
    if not any(outcome.status == "answered" for outcome in outcomes):
        return None
    guilty = [suspicion for suspicion in suspicions if reproduced(questions, outcomes, wrong, suspicion)]
    return guilty[0] if len(guilty) == 1 else None


def reproduced(
    questions: Sequence[Question],
    outcomes: Sequence[Outcome],
    wrong: Sequence[Mismatch | None],
    suspicion: Suspicion,
) -> bool:
    """Whether the outcomes are the wrong version's wherever it is wrong, and right or without answer elsewhere.

    A wrong answer in common is enough; a failure in common only where the student's code fails nowhere else.
    """
    signs: set[str] = set()
    for asked in zip(questions, outcomes, wrong, suspicion.outcomes, strict=True):
        signs.add(_sign(*asked))
        if "differs" in signs:
            return False
    return "same" in signs or ("fails" in signs and "fails alone" not in signs)


def _sign(question: Question, mine: Outcome, slip: Mismatch | None, theirs: Outcome) -> str:
    """What one question tells: "same" (wrong answer), "fails" (both), "fails alone" (ours), "differs", or "".

    That is for two right answers, and for a wrong one that stands `aside` where the wrong version is right.
    """
    if "answered" not in (mine.status, theirs.status):
        return "fails" if mine.status == theirs.status or {mine.status, theirs.status} == RAISED else "differs"
    known = wrong_in(question, theirs)
    if mine.status != "answered":
        beside = known is None and question.case.kind in ("edge", "unchanged")
        return "fails alone" if beside and mine.status in (*RAISED, "refused") else "differs"
    if slip is None or known is None:
        return "" if slip is known or (slip and slip.aside) else "differs"
    if theirs.status != "answered":
        return "differs"
    same = slip.symptom == known.symptom if known.symptom else _alike(question, mine.answer, theirs.answer)
    return "same" if same else "differs"


def _alike(question: Question, mine: Any, theirs: Any) -> bool:
    """Whether two wrong answers are one: equal by the case's measure, and far closer than the right one is."""
    if _compared(question, mine, theirs):
        return False
    between, beside = _apart(mine, theirs), _apart(theirs, question.expected)
    return between is None or beside is None or between <= MUCH_CLOSER * beside


def _apart(mine: Any, theirs: Any) -> float | None:
    """The mean difference of two arrays of numbers; None for anything else."""
    arrays = all(hasattr(values, "is_floating_point") and values.is_floating_point() for values in (mine, theirs))
    if not arrays or mine.shape != theirs.shape or not mine.numel():
        return None
    return float((mine.double() - theirs.double()).abs().nan_to_num(0.0).mean())
