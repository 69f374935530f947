"""From answers to a report: which rung of the ladder fails, how many points, which misconception.

Both the public check in the notebook and the exam's judge call `climb`; it never runs a student's code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from course_lib.checks.compare import close
from course_lib.checks.spec import KINDS, RUNGS, Case, Check, Counterexample, Inputs, Mismatch


@dataclass(frozen=True)
class Outcome:
    """What came of one question.

    Attributes:
        status: "answered", or why there is no answer: "missing", "not callable", "signature", "raised", "timeout",
            "died", "not asked".
        answer: a tree of plain values (see `codec`) when answered.
        note: what a student should read about a missing answer.
        seconds: how long the answer took.
    """

    status: str
    answer: Any = None
    note: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Question:
    """One case with its inputs drawn and its expected answer at hand."""

    case: Case
    inputs: Inputs
    expected: Any


@dataclass(frozen=True)
class Suspicion:
    """A misconception's outcomes on the same questions, which may be found out one by one as they are asked for."""

    name: str
    sentence: str
    outcomes: Iterable[Outcome]


@dataclass(frozen=True)
class CaseResult:
    """How one case went: `rung` is "" when it passed, otherwise where on the ladder it stopped."""

    case: Case
    credit: float
    rung: str = ""
    message: str = ""


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
        """The results that did not pass, basic cases first."""
        return sorted(
            (r for r in self.results if r.rung), key=lambda r: (KINDS.index(r.case.kind), RUNGS.index(r.rung))
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
    wrong = [_wrong(question, outcome) for question, outcome in zip(questions, outcomes, strict=True)]
    results = tuple(_case_result(case, questions, wrong) for case in check.cases)
    guilty = _named(questions, outcomes, suspicions) if any(wrong) else None
    return Report(
        check,
        results,
        _points(check, results, [case for case in check.cases if _guessable(case, questions)]),
        guilty.name if guilty else "",
        guilty.sentence if guilty else "",
        _counterexample(questions, outcomes, wrong) if explain else None,
    )


def _wrong(question: Question, outcome: Outcome) -> Mismatch | None:
    rungs = {"missing": "defined", "not callable": "callable", "signature": "callable", "not asked": "defined"}
    if outcome.status != "answered":
        return Mismatch(outcome.note, rung=rungs.get(outcome.status, "runs"))
    return _compared(question, outcome.answer, question.expected)


def _compared(question: Question, answer: Any, expected: Any) -> Mismatch | None:
    """A case's own comparison; an answer that it cannot even look at has the wrong form."""
    try:
        return question.case.compare(answer, expected, question.inputs)
    except Exception as error:  # whatever a stranger's answer does to a comparison is that answer's fault
        return Mismatch(f"The answer has another form than asked for ({type(error).__name__}).", rung="type")


def _case_result(case: Case, questions: Sequence[Question], wrong: Sequence[Mismatch | None]) -> CaseResult:
    found = [w for question, w in zip(questions, wrong, strict=True) if question.case is case and w]
    if not found:
        return CaseResult(case, 1.0)
    worst = min(found, key=lambda w: w.credit)
    return CaseResult(case, worst.credit, worst.rung or case.kind, worst.message)


def _points(check: Check, results: Sequence[CaseResult], guessable: Sequence[Case] = ()) -> float:
    """Basic cases count by themselves, the guessable among them only beside another; all others when all basic pass."""
    basic = [result for result in results if result.case.kind == "values"]
    earnest = any(r.credit for r in basic if r.case not in guessable) or all(r.case in guessable for r in basic)
    counted = results if all(r.credit == 1.0 for r in basic) else [r for r in basic if earnest]
    earned = sum(result.case.weight * result.credit for result in counted)
    return round(check.points * earned / sum(result.case.weight for result in results), 2)


def _guessable(case: Case, questions: Sequence[Question]) -> bool:
    """Whether the answer is the same for all its inputs: a constant could give it, without any computation."""
    first, *others = [question.expected for question in questions if question.case is case]
    return bool(others) and not any(close()(other, first, {}) for other in others)


def _named(
    questions: Sequence[Question], outcomes: Sequence[Outcome], suspicions: Iterable[Suspicion]
) -> Suspicion | None:
    """The first misconception whose outcomes agree with the student's wherever both can be compared.

    A wrong answer in common is enough; a crash in common only where the student's code crashes nowhere else. Without
    any answer nothing is suspected.
    """
    if not any(outcome.status == "answered" for outcome in outcomes):
        return None
    for suspicion in suspicions:
        signs: set[str] = set()
        for triple in zip(questions, outcomes, suspicion.outcomes, strict=True):
            signs.add(_sign(*triple))
            if "differs" in signs:
                break
        if "differs" not in signs and ("same" in signs or ("crashes" in signs and "crashes alone" not in signs)):
            return suspicion
    return None


def _sign(question: Question, mine: Outcome, theirs: Outcome) -> str:
    """What one question tells: "differs", "same" (mistake), "crashes" (both), "crashes alone" (ours), or ""."""
    if mine.status == "raised":
        return "crashes" if theirs.status == "raised" else "crashes alone"
    if mine.status != "answered":
        return "differs"
    if theirs.status == "raised":
        return ""
    slip, known = (_compared(question, outcome.answer, question.expected) for outcome in (mine, theirs))
    if slip is None or known is None:
        return "" if slip is known else "differs"
    same = slip.symptom == known.symptom if known.symptom else not _compared(question, mine.answer, theirs.answer)
    return "same" if same else "differs"


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
    return question.case.explain(question.inputs, outcome.answer, question.expected)


def _size(inputs: Inputs) -> int:
    return sum(value.numel() for value in inputs.values() if hasattr(value, "numel"))


def still_to_write(report: Report) -> bool:
    """Whether the function is as released."""
    return report.rung == "runs" and all("Still to write" in r.message for r in report.results if r.rung)


def lines(report: Report, most: int = 3) -> list[tuple[str, str, str]]:
    """The report as (mark, cases, message) rows: the first failures, the names of the rest, what passes ("ok")."""
    rows = []
    for result in report.failed[:most]:
        hint = f" {result.case.hint}" if result.case.hint and result.rung in KINDS else ""
        rows.append((result.rung, result.case.name, result.message + hint))
    if len(report.failed) > most:
        rows.append(("more", ", ".join(result.case.name for result in report.failed[most:]), ""))
    if passed := [result.case.name for result in report.results if not result.rung]:
        rows.append(("ok", ", ".join(passed), ""))
    return rows
