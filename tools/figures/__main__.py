"""Measure the course's figures: python -m tools.figures (make figures)

Runs every solution notebook in `mini`, collects what figure() recorded, and rewrites docs/figures.md.
The last printed line is "figures: M of N met"; figures without a target or without a value are outside N.
"""

import sys

from course_lib.download import atomic_write
from course_lib.errors import CourseError
from course_lib.figures import record
from tools import ROOT
from tools.build.notebooks import unit_sources
from tools.figures.measure import measure, summary, table
from tools.real.page import read, with_real


def main() -> int:
    """Measure all units, write the table, print each figure and the summary."""
    figures = {}
    for source in unit_sources():
        if source.parent.name == "lectures":
            continue
        print(f"{source.stem}: running the solution notebook")
        figures[source.stem] = measure(source)
        record(figures[source.stem])  # later units show it beside theirs
        print(*(f"  {figure}" for figure in figures[source.stem]), sep="\n")
    with atomic_write(ROOT / "docs" / "figures.md") as temporary:
        temporary.write_text(with_real(table(figures), read()), encoding="utf-8")
    print(summary(figures))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CourseError as error:
        sys.exit(str(error))
