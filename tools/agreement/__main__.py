"""Do the public check and the exam say the same? python -m tools.agreement [UNIT [CHECK]] (make agreement)

Right answers, misconceptions, their near relatives and machine mutants are put to the public questions and to the exams
of ten keys (three where drawing takes long, see `examine.FEWER`). Their points must be equal: green means full points,
and equal code earns equal points under every key. A misconception that is named must be reproduced on all of these
questions, else the headline is false.
docs/agreement.md keeps the counts; with a UNIT it is left as it is. The last printed line is
"agreement: D of N versions earn other points, F of H headlines are false".
"""

from typing import Annotated

import typer

from course_lib import threads, units
from course_lib.download import atomic_write
from tools import ROOT
from tools.agreement.examine import examine

HEADER = """# The public check and the exam

`make agreement` writes this file. Each row counts the versions of a unit's functions (right answers, misconceptions,
near relatives, machine mutants) that were put to the public questions and to the exams of ten keys; those that did not
earn equal points in all of them; how often a misconception was named; and how often that headline did not hold on all
of these questions. `PKSampler`, whose batches are drawn under 200 seeds, had the exams of three keys.
"""


def main(
    unit: Annotated[str | None, typer.Argument(help="One unit, for example 02_rcnn; only told, not written.")] = None,
    check: Annotated[str, typer.Argument(help="One check of it, for example nms.")] = "",
    known: Annotated[bool, typer.Option("--known", help="No machine mutants; only told, not written.")] = False,
) -> None:
    """Compare the public checks with the exams, for all units or one."""
    threads.limit(1)  # forks of a process that ran threaded operations hang
    wanted = [units.find(unit)] if unit else units.UNITS
    counts = {found.id: examine(found.id, check, known) for found in wanted}
    total = [sum(column) for column in zip(*counts.values(), strict=True)]
    if unit is None and not known:
        rows = [f"| {name} | {' | '.join(map(str, row))} |" for name, row in {**counts, "all": total}.items()]
        head = "| unit | versions | other points | headlines | false |\n|---|---|---|---|---|\n"
        with atomic_write(ROOT / "docs" / "agreement.md") as temporary:
            temporary.write_text(f"{HEADER}\n{head}" + "\n".join(rows) + "\n", encoding="utf-8")
    tried, differing, headlines, false = total
    print(f"agreement: {differing} of {tried} versions earn other points, {false} of {headlines} headlines are false")


if __name__ == "__main__":
    typer.run(main)
