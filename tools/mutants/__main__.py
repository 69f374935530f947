"""Do the checks catch wrong answers? python -m tools.mutants [UNIT] (make mutants)

Machine mutants of every solution function, and every misconception, are put to the public and the hidden questions of
their check. docs/mutants.md lists what survives, with the reasons of equivalent.toml; with a UNIT it is
left as it is.
The last printed line is "mutants: K of N killed, misconceptions: A of B named".
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from course_lib import threads
from course_lib.download import atomic_write
from course_lib.errors import CourseError
from tools import ROOT
from tools.build.notebooks import unit_sources
from tools.mutants.examine import examine
from tools.mutants.report import Key, UnitResult, document, read_reasons, summary

REASONS = Path(__file__).with_name("equivalent.toml")


def main(
    unit: Annotated[str | None, typer.Argument(help="One unit, for example 02_rcnn; only told, not written.")] = None,
) -> None:
    """Examine all units and write docs/mutants.md, or one unit; print survivors and the summary."""
    threads.limit(1)  # forks of a process that ran threaded operations hang
    try:
        results = [examine(source) for source in unit_sources(unit=unit) if source.parent.name != "lectures"]
    except CourseError as error:
        sys.exit(str(error))
    reasons = read_reasons(REASONS)
    if unit is None:
        with atomic_write(ROOT / "docs" / "mutants.md") as temporary:
            temporary.write_text(document(results, reasons), encoding="utf-8")
    examined = {result.unit for result in results}
    _tell(results, {key: reason for key, reason in reasons.items() if unit is None or key[0] in examined})


def _tell(results: list[UnitResult], reasons: dict[Key, str]) -> None:
    """Print what needs a look, and the summary."""
    survivors = [survivor for result in results for survivor in result.survivors]
    for unit, function, before, after in sorted(reasons.keys() - {survivor.key for survivor in survivors}):
        print(f"needless reason: {unit} {function}: {before}  ->  {after} does not survive")
    for survivor in survivors:
        print(f"survived: {survivor} ({reasons.get(survivor.key, 'no reason known')})")
    for verdict in [verdict for result in results for verdict in result.verdicts if not verdict.right]:
        print(f"not named: {verdict}")
    print(summary(results))


if __name__ == "__main__":
    typer.run(main)
