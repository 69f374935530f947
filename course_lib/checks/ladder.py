"""From answers to a report: which rung of the ladder fails, how many points, which misconception.

Both the public check in the notebook and the exam's judge call `climb`; it never runs a student's code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from course_lib.checks.compare import in_type_of
from course_lib.checks.diagnosis import named, wrong_in
from course_lib.checks.points import earned, guessable
from course_lib.checks.spec import (
    KINDS,
    RUNGS,
    Case,
    CaseResult,
    Check,
    Counterexample,
    Inputs,
    Mismatch,
    Outcome,
    Question,
    Suspicion,
)


@dataclass(frozen=True)
class Report:
    """The verdict on one check.

    Attributes:
        earned: how its points come about, in a sentence.
    """

    check: Check
    results: tuple[CaseResult, ...]
    points: float
    misconception: str = ""
    sentence: str = ""
    counterexample: Counterexample | None = None
    earned: str = ""

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
    guilty = named(questions, outcomes, wrong, suspicions) if any(wrong) else None
    found = earned(check, results, [case for case in check.cases if guessable(case, questions)])
    return Report(
        check,
        results,
        found.points,
        guilty.name if guilty else "",
        guilty.sentence if guilty else "",
        _counterexample(questions, outcomes, wrong) if explain else None,
        found.told,
    )


def _case_result(
    case: Case, questions: Sequence[Question], outcomes: Sequence[Outcome], wrong: Sequence[Mismatch | None]
) -> CaseResult:
    found = [i for i, question in enumerate(questions) if question.case is case and wrong[i]]
    if not found:
        return CaseResult(case, 1.0)
    worst = min(found, key=lambda i: (wrong[i].credit, _size(questions[i].inputs), i))  # as the counterexample
    slip, hint = wrong[worst], _hint(questions[worst], outcomes[worst], wrong[worst])
    return CaseResult(case, slip.credit, slip.rung or case.kind, slip.message, hint, outcomes[worst].status)


def _hint(question: Question, outcome: Outcome, slip: Mismatch) -> str:
    """The case's hint, for answers that are wrong and not only of another form."""
    hint = question.case.hint
    if outcome.status != "answered" or (slip.rung or question.case.kind) not in KINDS:
        return ""
    if not callable(hint):
        return hint or ""
    return hint(in_type_of(question.expected, outcome.answer), question.expected, question.inputs)


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
    answer = in_type_of(question.expected, outcome.answer)
    found = question.case.explain(question.inputs, answer, question.expected)
    return replace(found, case=question.case.name)


def _size(inputs: Inputs) -> int:
    return sum(value.numel() for value in inputs.values() if hasattr(value, "numel"))


def still_to_write(report: Report) -> bool:
    """Whether the function is as released."""
    return report.rung == "runs" and all(result.status == "unwritten" for result in report.failed)


def refused(report: Report, reason: str) -> Report:
    """The report of a function that must not be used, whatever it answers; without a reason the report itself."""
    if not reason:
        return report
    results = (CaseResult(report.results[0].case, 0.0, "forbidden", reason), *report.results[1:])
    told = f"0 of {report.check.points:g} points: it uses what it may not."
    return Report(report.check, results, points=0.0, earned=told)


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
