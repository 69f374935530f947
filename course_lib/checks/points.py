"""What the cases of a check earn, and in one sentence how that comes about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from course_lib.checks.compare import close
from course_lib.checks.spec import Case, CaseResult, Check, Question

RULE = (
    "Points are the share of the cases that pass, by weight; fewer than half of the basic cases earn nothing, the "
    "others count once all basic ones pass, and a failing essential case leaves at most half."
)


@dataclass(frozen=True)
class Earned:
    """The points, and how they come about: "1.5 of 3 points: 11 of 13 cases pass, but …"."""

    points: float
    told: str


def earned(check: Check, results: Sequence[CaseResult], guessable: Sequence[Case] = ()) -> Earned:
    """The passed weight's share of the points, at most half of them where something essential failed.

    Basic cases ("values") count by themselves where at least half of them pass (fewer are luck), the guessable among
    them only beside another; all others when all basic cases pass.
    """
    share, told = _share(results, guessable)
    essential = [result.case.name for result in results if result.credit == 0.0 and result.case.is_essential]
    if essential and share > 0.5:
        share, told = 0.5, f"{_passing(results, 'cases')}, but {_essential(essential)} at most half"
    points = round(check.points * share, 2)
    return Earned(points, f"{points:g} of {check.points:g} points: {told}.")


def _share(results: Sequence[CaseResult], guessable: Sequence[Case]) -> tuple[float, str]:
    """The share of the points before the limit of one half, and why."""
    basic = [result for result in results if result.case.kind == "values"]
    total = _weight(results)
    if all(result.credit == 1.0 for result in basic):
        return _weight(results, passed=True) / total, _passing(results, "cases") + _by_weight(results, results)
    others = f"the other {len(results) - len(basic)} count once all of these pass" if len(results) > len(basic) else ""
    if _weight([result for result in basic if not result.credit]) > 0.5 * _weight(basic):
        why = others if not any(result.credit for result in basic) else "fewer than half could be luck and earn nothing"
        return 0.0, "; ".join(filter(None, (_passing(basic, "basic cases"), why)))
    if not any(r.credit for r in basic if r.case not in guessable) and any(r.case not in guessable for r in basic):
        return 0.0, "each basic case that passes has one answer for all inputs, which could be luck"
    told = _passing(basic, "basic cases") + _by_weight(basic, results)
    return _weight(basic, passed=True) / total, "; ".join(filter(None, (told, others)))


def _weight(results: Sequence[CaseResult], passed: bool = False) -> float:
    return sum(result.case.weight * (result.credit if passed else 1.0) for result in results)


def _passing(results: Sequence[CaseResult], what: str) -> str:
    """How many pass: "3 of 4 basic cases pass"; of a case that passes in part how far."""
    count, partly = sum(result.credit == 1.0 for result in results), [r.credit for r in results if 0 < r.credit < 1]
    if partly and len(results) == 1:
        return f"its case counts {partly[0]:.0%}"
    if len(results) == 1:
        return f"the one {what[:-1]} {'passes' if count else 'does not pass'}"
    more = f", {len(partly)} in part" if partly else ""
    return f"{count or 'none'} of {len(results)} {what} {'passes' if count == 1 else 'pass'}{more}"


def _by_weight(counted: Sequence[CaseResult], results: Sequence[CaseResult]) -> str:
    """The passed weight of those that count, where it is another share than that of their number."""
    weight, total = _weight(counted, passed=True), _weight(results)
    same = abs(weight / total - sum(result.credit for result in counted) / len(results)) < 1e-9
    return "" if same and len(counted) == len(results) else f", by weight {weight:.4g} of all {total:g}"


def _essential(names: Sequence[str]) -> str:
    """The failing essential cases: ‘"absurd sizes" is essential: without it’."""
    quoted = [f'"{name}"' for name in names[:2]] + [f"{len(names) - 2} more"] * (len(names) > 2)
    if len(quoted) == 1:
        return f"{quoted[0]} is essential: without it"
    return f"{', '.join(quoted[:-1])} and {quoted[-1]} are essential: without them"


def guessable(case: Case, questions: Sequence[Question]) -> bool:
    """Whether the answer is the same for all its inputs: a constant could give it, without any computation."""
    own = [question for question in questions if question.case is case]
    return always_same([question.expected for question in own]) if own[0].constant is None else own[0].constant


def always_same(answers: Sequence[Any]) -> bool:
    """Whether several answers are all the same."""
    (first, *others), apart = answers, close()
    return bool(others) and not any(apart(other, first, {}) for other in others)
