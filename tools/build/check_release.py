"""Is what students get fit to be given out? python -m tools.build.check_release

Looks into exercises/ as it lies there: notebooks as their sources build them, nothing beside them, no output, and no
line of a solution, a marking scheme, a misconception, or an expected value. Names each finding; exit status 1 if any.
"""

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np

from course_lib.errors import CourseError
from tools import ROOT
from tools.build.cells import MARKING, SOLUTION
from tools.build.notebooks import stale, unit_sources

SHORT = 20  # characters: a line that is no longer may well stand in an exercise by chance
FRACTION = r"\b\d+\.\d{4,}"  # a number written as precisely as only a computed one is


def findings(root: Path = ROOT) -> list[str]:
    """All that is wrong with the exercises, one sentence each."""
    found = [f"{path.relative_to(root)} is stale (make build)" for path in stale(root)]
    for source in unit_sources(root):
        if source.parent.name != "lectures":
            folder = root / "exercises" / source.stem
            found += [f"{source.stem}: {finding}" for finding in unit_findings(source, folder)]
    return found


def unit_findings(source: Path, folder: Path) -> Iterator[str]:
    """What is wrong with one released exercise."""
    notebook = folder / f"{source.stem}.ipynb"
    yield from (f"{path.name} lies beside the notebook" for path in sorted(folder.rglob("*")) if path != notebook)
    cells = nbformat.read(notebook, as_version=4).cells
    if any(cell.get("outputs") or cell.get("execution_count") or "attachments" in cell for cell in cells):
        yield "the notebook holds outputs or attachments"
    text = "\n".join(cell.source for cell in cells)
    if "### BEGIN" in text or "### END" in text:
        yield "a marker of a solution or a marking scheme is left"
    yield from (f"the solution's line {line!r}" for line in _shown(solution_lines(source), text))
    yield from (f"the marking scheme's line {line!r}" for line in _shown(scheme_lines(source), text))
    yield from (f"the misconceptions' line {line!r}" for line in _shown(misconception_lines(source.stem), text))
    yield from (f"the expected value {number}" for number in expected_numbers(source.stem, text))


def _shown(lines: Iterable[str], text: str) -> list[str]:
    return [line for line in lines if len(line) > SHORT and line in text]


def solution_lines(source: Path) -> list[str]:
    """What stands between the solution markers."""
    return _between(SOLUTION, source.read_text(encoding="utf-8"))


def scheme_lines(source: Path) -> list[str]:
    """What stands between the marking scheme's markers."""
    return [line.lstrip("# ") for line in _between(MARKING, source.read_text(encoding="utf-8"))]


def _between(markers: tuple[str, str], text: str) -> list[str]:
    begin, end = map(re.escape, markers)
    parts = re.findall(rf"{begin}\n(.*?){end}", text, flags=re.DOTALL)
    return [line.strip() for part in parts for line in part.splitlines()]


def misconception_lines(unit: str) -> list[str]:
    """The sentences and the code of a unit's wrong versions."""
    from autograder import misconceptions

    lines = []
    for wrong in misconceptions.of(unit):
        code = inspect.getsource(wrong.version).splitlines()
        lines += [wrong.sentence, *(line.strip() for line in code if "return" in line)]
    return lines


def expected_numbers(unit: str, text: str) -> list[str]:
    """Numbers in `text` that are answers of public cases."""
    from autograder.exam.papers import checks_of
    from course_lib.checks.run import load_public

    answers = [question.expected for check in checks_of(unit) for question in load_public(unit, check)[0]]
    values = np.array([value for answer in answers for value in fractions(answer)])
    return [n for n in re.findall(FRACTION, text) if np.isclose(np.abs(values), float(n), rtol=0, atol=5e-5).any()]


def fractions(answer: Any) -> list[float]:
    """All numbers of an answer that are not whole, however it is nested."""
    if isinstance(answer, dict):
        return fractions(list(answer.values()))
    if isinstance(answer, list | tuple):
        return [value for part in answer for value in fractions(part)]
    try:
        values = np.asarray(answer, dtype=float).ravel()
    except (TypeError, ValueError):  # text and other things that are no numbers
        return []
    return values[np.isfinite(values) & (values != np.round(values))].tolist()


def main() -> int:
    """Print each finding; 1 if there is any."""
    found = findings()
    print(*found, f"release: {len(found)} findings", sep="\n")
    return bool(found)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CourseError as error:
        sys.exit(str(error))
