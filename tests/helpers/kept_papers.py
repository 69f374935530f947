"""Exam papers that are set once for all tests of a process; what the wrong versions answer is worked out once, too."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from autograder.exam import papers
from autograder.exam.judge import Paper, judge
from course_lib.checks.ladder import Report
from course_lib.checks.spec import Outcome, Suspicion


@cache
def paper_of(unit: str, name: str, seed: int = 7) -> Paper:
    """One check's paper under this seed."""
    check = next(check for check in papers.checks_of(unit) if check.name == name)
    paper = papers.set_paper(unit, check, seed)
    suspicions = [Suspicion(each.name, each.sentence, Kept(iter(each.outcomes))) for each in paper.suspicions()]
    return replace(paper, suspicions=lambda: suspicions)


def graded(unit: str, name: str, function: Callable, seed: int = 7) -> Report:
    """What the exam says of a function that we trust."""
    paper = paper_of(unit, name, seed)
    return judge([paper], papers.answers_of([paper], {name: function}), []).reports[name]


@dataclass
class Kept(Iterable[Outcome]):
    """Outcomes that are worked out when somebody first looks at them."""

    coming: Iterator[Outcome]
    known: list[Outcome] = field(default_factory=list)

    def __iter__(self) -> Iterator[Outcome]:
        yield from self.known
        for outcome in self.coming:
            self.known.append(outcome)
            yield outcome
