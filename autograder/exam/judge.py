"""Answers and reference become a verdict: points, the rung that failed, the misconception. Pure.

This module never runs student code, never displays anything and knows no unit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from autograder.exam.unsaid import without_values
from course_lib.checks.forbids import reader, searched
from course_lib.checks.ladder import Outcome, Question, Report, Suspicion, climb, refused
from course_lib.checks.spec import Check


@dataclass(frozen=True)
class Paper:
    """One check's questions with their answers, and (made when asked for) what the misconceptions answer."""

    check: Check
    questions: Sequence[Question]
    suspicions: Callable[[], Iterable[Suspicion]] = tuple


@dataclass(frozen=True)
class Verdict:
    """What one submission earned.

    Attributes:
        reports: one for each check, by name; hidden inputs and values are not in them.
        notes: repairs, errors in cells, warnings.
        doubts: what a human should look at.
    """

    reports: dict[str, Report]
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def points(self) -> float:
        """The sum over all checks."""
        return round(sum(report.points for report in self.reports.values()), 2)


def judge(
    papers: Sequence[Paper],
    outcomes: Mapping[str, Sequence[Outcome]],
    sources: Sequence[str] | Mapping[str, Sequence[str]],
    notes: Sequence[str] = (),
) -> Verdict:
    """Judge all checks of one submission. A check without outcomes earns an explicit zero.

    Args:
        outcomes: of each check's questions.
        sources: the cells that ran; or, for each check by its name, those that ran before it.
    """
    silent = Outcome("missing", note="The function was never asked: its check cell was not reached.")
    reports, doubts, read = {}, [], reader()
    for paper in papers:
        answers = outcomes.get(paper.check.name) or [silent] * len(paper.questions)
        report = climb(paper.check, paper.questions, answers, paper.suspicions(), explain=False)
        cells = sources.get(paper.check.name, ()) if isinstance(sources, Mapping) else sources
        refusal, doubt = searched(paper.check, cells, read)
        doubts += [doubt] if doubt and report.points else []
        reports[paper.check.name] = without_values(refused(report, refusal))
    return Verdict(reports, [*notes, *doubts], doubts)
