"""Where the tests' time goes, into docs/tests.md: python -m benchmarks.tests_table --test PART.xml … --quick PART.xml

Reads what `pytest --junitxml=PART.xml` wrote, of one run or of its parts (`make times`): seconds by part of the suite,
and the slowest tests.
"""

import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree

import typer

from benchmarks.document import machine
from benchmarks.turns import row
from course_lib.download import atomic_write
from course_lib.errors import CourseError
from tools import ROOT

SLOWEST, LONGEST_NAME = 20, 110
PARTS = {  # beginnings of a test's module, the first that fits; units come by their number
    "tests.course_lib": "library",
    "tests.autograder": "grader",
    "tests.attacks": "grader, attacks",
    "tests.units.test_": "all units together",
    "tests.browser": "browser",
    "tests.notebooks": "notebooks",
    "tests.doors": "doors",
    "tests.tools": "tools",
    "tests.project": "project",
}
UNITS, UNNAMED = "tests.units.", "other"


class NoReport(CourseError):
    """A file is not what pytest writes."""


@dataclass(frozen=True)
class Case:
    """One test: its module and name, its seconds (fixtures included), and "passed", "failed" or "skipped"."""

    module: str
    name: str
    seconds: float
    outcome: str

    @property
    def part(self) -> str:
        """The part of the suite that it belongs to."""
        for beginning, part in PARTS.items():
            if self.module.startswith(beginning):
                return part
        return f"unit {self.module.removeprefix(UNITS).split('.')[0]}" if self.module.startswith(UNITS) else UNNAMED


@dataclass(frozen=True)
class Suite:
    """All tests of some reports, and the seconds by the clock that the runs took one after the other."""

    cases: tuple[Case, ...]
    wall: float
    reports: int = 1


def measure(paths: Sequence[Path | str]) -> Suite:
    """The tests in these files.

    Raises:
        NoReport: a file is not what pytest writes, or there is none.
    """
    cases, wall = [], 0.0
    for path in paths:
        try:
            suites = list(ElementTree.parse(path).getroot().iter("testsuite"))
            wall += sum(float(suite.attrib["time"]) for suite in suites)
            cases += [_case(item) for suite in suites for item in suite.iter("testcase")]
        except (OSError, ElementTree.ParseError, KeyError, ValueError) as error:
            raise NoReport(
                f"{path} is not a report.", expected="what pytest --junitxml=PART.xml writes", got=repr(error)
            ) from error
    if not cases:
        raise NoReport("There is no test in the reports.", expected="at least one", got=", ".join(map(str, paths)))
    return Suite(tuple(cases), wall, len(paths))


def _case(item: ElementTree.Element) -> Case:
    outcomes = {"failure": "failed", "error": "failed", "skipped": "skipped"}
    outcome = next((outcomes[child.tag] for child in item if child.tag in outcomes), "passed")
    return Case(item.get("classname", ""), item.get("name", ""), float(item.attrib["time"]), outcome)


def table(found: Suite, title: str) -> str:
    """As Markdown."""
    parts = defaultdict(list)
    for case in found.cases:
        parts[case.part].append(case)
    rows = [(name, _row(cases)) for name, cases in sorted(parts.items(), key=lambda part: -_seconds(part[1]))]
    slowest = sorted(found.cases, key=lambda case: -case.seconds)[:SLOWEST]
    share = _seconds(slowest) / _seconds(found.cases)
    return (
        HEAD.format(title=title, wall=found.wall / 60, parts=", one part after the other" * (found.reports > 1))
        + "".join(row(name, *cells) for name, cells in [*rows, ("all", _row(found.cases))])
        + f"\nThe slowest {len(slowest)} take {100 * share:.0f} % of these seconds.\n\n| test | seconds |\n|---|--:|\n"
        + "".join(row(_title(case), f"{case.seconds:.1f}") for case in slowest)
    )


def _row(cases: Sequence[Case]) -> list[str]:
    failed, skipped = (sum(case.outcome == outcome for case in cases) for outcome in ("failed", "skipped"))
    return [f"{len(cases):,}", str(failed), str(skipped), f"{_seconds(cases):,.0f}"]


def _seconds(cases: Sequence[Case]) -> float:
    return sum(case.seconds for case in cases)


def _title(case: Case) -> str:
    """File and name as one reads them; long ones lose their middle."""
    name = f"{case.module.removeprefix('tests.').replace('.', '/')}: {case.name.removeprefix('test_')}"
    if len(name) > LONGEST_NAME:
        name = f"{name[: LONGEST_NAME // 2]} … {name[-LONGEST_NAME // 2 + 3 :]}"
    return f"`{name.replace('`', chr(39)).replace('|', chr(92) + '|')}`"


HEADER = """# The tests' time

Seconds of each test by the clock, its fixtures and its waiting included, as pytest's own report has them, added up by
part of the suite. Several tests run at the same time, so that a run takes less time than their sum. There is no peer.
`make times` writes this file in an hour.
"""
HEAD = """
## `{title}`

{wall:.1f} minutes by the clock{parts}.

| part | tests | failed | skipped | seconds |
|---|--:|--:|--:|--:|
"""


def document(test: Suite, quick: Suite, where: str) -> str:
    """The whole of docs/tests.md."""
    return f"{HEADER}{table(test, 'make test-all')}{table(quick, 'make quick')}\n{where}\n"


def main(
    test: Annotated[list[Path], typer.Option(help="A report of make test-all, once for each of its parts.")],
    quick: Annotated[list[Path], typer.Option(help="The report of make quick.")],
) -> None:
    """Write where the tests' time went. Example: python -m benchmarks.tests_table --test 1.xml --quick 2.xml"""
    with atomic_write(ROOT / "docs" / "tests.md") as temporary:
        temporary.write_text(document(measure(test), measure(quick), machine()), encoding="utf-8")


if __name__ == "__main__":
    try:
        typer.run(main)
    except CourseError as error:
        sys.exit(str(error))
