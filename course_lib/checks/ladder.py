"""From answers to a report: which rung of the ladder fails, how many points, which misconception.

Both the public check in the notebook and the exam's judge call `climb`; it never runs a student's code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from course_lib.checks.compare import close
from course_lib.checks.diagnosis import named, wrong_in
from course_lib.checks.spec import (
    KINDS,
    RUNGS,
    Case,
    Check,
    Counterexample,
    Inputs,
    Mismatch,
    Outcome,
    Question,
    Suspicion,
)


@dataclass(frozen=True)
class CaseResult:
    """How one case went: `rung` is "" when it passed, otherwise where on the ladder it stopped."""

    case: Case
    credit: float
    rung: str = ""
    message: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Report:
    """The verdict on one check."""

    check: Check
    results: tuple[CaseResult, ...]
    points: float
    misconception: str = ""
    sentence: str = ""
    counterexample: Counterexample | None = None

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return all(result.credit == 1.0 for result in self.results)

    @property
    def failed(self) -> list[CaseResult]:
        """The results that did not pass, basic cases first, those that were not asked last."""
        return sorted(
            (r for r in self.results if r.rung),
            key=lambda r: (r.rung == "unasked", KINDS.index(r.case.kind), RUNGS.index(r.rung)),
        )

    @property
    def rung(self) -> str:
        """The first rung that fails, or ""."""
        return self.failed[0].rung if self.failed else ""


def climb(
    check: Check,
    questions: Sequence[Question],
    outcomes: Sequence[Outcome],
    suspicions: Iterable[Suspicion] = (),
    explain: bool = True,
) -> Report:
    """Judge one check.

    Args:
        questions: one or more for each of the check's cases.
        outcomes: the student's, one for each question.
        suspicions: the misconceptions of this check; looked at only when an answer is wrong, until one agrees.
        explain: whether to look for the smallest counterexample.
    """
    wrong = [wrong_in(question, outcome) for question, outcome in zip(questions, outcomes, strict=True)]
    results = tuple(_case_result(case, questions, outcomes, wrong) for case in check.cases)
    guilty = named(questions, outcomes, suspicions) if any(wrong) else None
    return Report(
        check,
        results,
        _points(check, results, [case for case in check.cases if _guessable(case, questions)]),
        guilty.name if guilty else "",
        guilty.sentence if guilty else "",
        _counterexample(questions, outcomes, wrong) if explain else None,
    )


def _case_result(
    case: Case, questions: Sequence[Question], outcomes: Sequence[Outcome], wrong: Sequence[Mismatch | None]
) -> CaseResult:
    found = [i for i, question in enumerate(questions) if question.case is case and wrong[i]]
    if not found:
        return CaseResult(case, 1.0)
    worst = min(found, key=lambda i: (wrong[i].credit, _size(questions[i].inputs), i))  # as the counterexample
    slip, hint = wrong[worst], _hint(questions[worst], outcomes[worst], wrong[worst])
    return CaseResult(case, slip.credit, slip.rung or case.kind, slip.message, hint)


def _hint(question: Question, outcome: Outcome, slip: Mismatch) -> str:
    """The case's hint, for answers that are wrong and not only of another form."""
    hint = question.case.hint
    if outcome.status != "answered" or (slip.rung or question.case.kind) not in KINDS:
        return ""
    return hint(outcome.answer, question.expected, question.inputs) if callable(hint) else hint


def _points(check: Check, results: Sequence[CaseResult], guessable: Sequence[Case] = ()) -> float:
    """The passed weight's share of the points, at most half of them where something essential failed.

    Basic cases count by themselves where at least half of them pass (fewer are luck), the guessable among them only
    beside another; all others when all basic cases pass.
    """
    basic = [result for result in results if result.case.kind == "values"]
    earnest = any(r.credit for r in basic if r.case not in guessable) or all(r.case in guessable for r in basic)
    lost = sum(r.case.weight for r in basic if not r.credit) / sum(r.case.weight for r in basic)
    counted = results if all(r.credit == 1.0 for r in basic) else [r for r in basic if earnest and lost <= 0.5]
    earned = sum(result.case.weight * result.credit for result in counted)
    share = earned / sum(result.case.weight for result in results)
    misunderstood = any(result.credit == 0.0 and result.case.is_essential for result in results)
    return round(check.points * (min(share, 0.5) if misunderstood else share), 2)


def _guessable(case: Case, questions: Sequence[Question]) -> bool:
    """Whether the answer is the same for all its inputs: a constant could give it, without any computation."""
    own = [question for question in questions if question.case is case]
    return always_same([question.expected for question in own]) if own[0].constant is None else own[0].constant


def always_same(answers: Sequence[Any]) -> bool:
    """Whether several answers are all the same."""
    first, *others = answers
    return bool(others) and not any(close()(other, first, {}) for other in others)


def _counterexample(
    questions: Sequence[Question], outcomes: Sequence[Outcome], wrong: Sequence[Mismatch | None]
) -> Counterexample | None:
    """The one with the smallest inputs among the wrong answers of the lowest kind."""
    shown = [
        (KINDS.index(question.case.kind), _size(question.inputs), i)
        for i, question in enumerate(questions)
        if wrong[i] and outcomes[i].status == "answered" and wrong[i].rung != "type" and question.case.explain
    ]
    if not shown:
        return None
    question, outcome = questions[min(shown)[2]], outcomes[min(shown)[2]]
    found = question.case.explain(question.inputs, outcome.answer, question.expected)
    return replace(found, case=question.case.name)


def _size(inputs: Inputs) -> int:
    return sum(value.numel() for value in inputs.values() if hasattr(value, "numel"))


def still_to_write(report: Report) -> bool:
    """Whether the function is as released."""
    return report.rung == "runs" and all("Still to write" in r.message for r in report.results if r.rung)


def refused(report: Report, reason: str) -> Report:
    """The report of a function that must not be used, whatever it answers; without a reason the report itself."""
    if not reason:
        return report
    results = (CaseResult(report.results[0].case, 0.0, "forbidden", reason), *report.results[1:])
    return Report(report.check, results, points=0.0)


def lines(report: Report, most: int = 3) -> list[tuple[str, str, str]]:
    """The report as (mark, cases, message) rows: the first failures, the names of the rest, what passes ("ok").

    Hints stand behind the messages where no misconception says more, each of them once.
    """
    rows, given = [], set()
    for result in report.failed[:most]:
        hint = "" if report.sentence or result.hint in given else f" {result.hint}".rstrip()
        rows.append((result.rung, result.case.name, result.message + hint))
        given.add(result.hint)
    if len(report.failed) > most:
        rows.append(("more", ", ".join(result.case.name for result in report.failed[most:]), ""))
    if passed := [result.case.name for result in report.results if not result.rung]:
        rows.append(("ok", ", ".join(passed), ""))
    return rows
