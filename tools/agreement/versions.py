"""Versions of a check's function: those that somebody wrote, right and wrong, and machine mutants of the solution."""

import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autograder import misconceptions, reference
from course_lib.checks.spec import Check
from tools import ROOT
from tools.build.cells import definition
from tools.mutants.examine import changed, solution_cells
from tools.mutants.mutations import mutants

TESTS = ROOT / "tests"


@dataclass(frozen=True)
class Version:
    """A version of a function: how it is called in the list, and how it is made (in a process of its own)."""

    check: str
    name: str
    make: Callable[[], Callable]


def known_versions(unit: str, check: Check) -> Iterator[Version]:
    """The versions of a check's function that somebody wrote: right ones, misconceptions, relatives."""
    for path in (TESTS / "units" / unit / f"{style}.py" for style in ("arrays", "loops")):
        yield Version(check.name, f"right answer {path.stem}", partial(_found, path, check))
    for wrong in misconceptions.of(unit):
        if wrong.check == check.name:
            yield Version(check.name, f"misconception {wrong.name}", partial(_itself, wrong.version))
    for number, (name, function, _) in enumerate(_relatives(unit)):
        if name == check.name:
            yield Version(check.name, f"relative {number} {function.__name__}", partial(_itself, function))


def mutant_versions(unit: str, check: Check) -> Iterator[Version]:
    """The machine mutants of the solution."""
    source = reference.source_of(unit)
    for text in [cell.source for cell in solution_cells(source) if definition(source, cell).name == check.function]:
        for mutant in mutants(check.function, text):
            told = f"mutant of line {mutant.line}: {mutant.before}  ->  {mutant.after}"
            yield Version(check.name, told, partial(changed, unit, mutant))


def _itself(function: Callable) -> Callable:
    return function


def _found(path: Path, check: Check) -> Callable:
    return runpy.run_path(str(path))[check.function]


def _relatives(unit: str) -> list[tuple[str, Callable, str]]:
    path = TESTS / "units" / unit / "relatives.py"
    return runpy.run_path(str(path))["RELATIVES"] if path.exists() else []
