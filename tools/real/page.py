"""docs/real.md and the second table of docs/figures.md, from what the runs have measured."""

import json
from pathlib import Path

from course_lib.download import atomic_write
from tools import ROOT
from tools.figures.measure import COLUMNS, rows
from tools.real.plan import plan
from tools.real.run import digest, place
from tools.real.sections import sections
from tools.real.summary import Results, figures

MEASURED = Path(__file__).parent / "measured.json"
KEPT = ("result", "seconds", "day", "torch")
HEADING = "\n## Real photographs, on a CPU\n"
FIGURES = f"""{HEADING}
In the `full` profile with `lite0`, EfficientNet-Lite0 with ImageNet's weights: `make real` writes this table, and
[real.md](real.md) says how it was measured.

{COLUMNS}"""


def write() -> None:
    """Rewrite measured.json, docs/real.md and the second table of docs/figures.md; say what is not measured."""
    results = collected(read())
    for run in plan():
        if run.name not in results:
            print(f"not measured: {run.name}")
    _replace(MEASURED, json.dumps(results, indent=1) + "\n")
    _replace(ROOT / "docs" / "real.md", sections(results))
    document = ROOT / "docs" / "figures.md"
    _replace(document, with_real(document.read_text(encoding="utf-8"), results))


def read() -> Results:
    """What was measured when measured.json was written, by the names of the runs."""
    return json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.is_file() else {}


def collected(before: Results) -> Results:
    """What lies in the cache; else what was measured before, unless the run's cells have changed since."""
    results = {}
    for run in plan():
        now = digest(run)
        if place(run).is_file():
            found = json.loads(place(run).read_text(encoding="utf-8"))
            results[run.name] = {"digest": now} | {key: found[key] for key in KEPT}
        elif before.get(run.name, {}).get("digest") == now:
            results[run.name] = before[run.name]
    return results


def with_real(document: str, results: Results) -> str:
    """docs/figures.md with these results as its second table, in place of the one that it has."""
    return document.split(HEADING)[0] + FIGURES + rows(figures(results))


def _replace(path: Path, text: str) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
