"""Machine mutants of a solution's functions: one small change each, made by cosmic-ray's operators."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from tools.build.cells import SOLUTION


@dataclass(frozen=True)
class Mutant:
    """One changed function: the line before and after the change, and the whole changed source."""

    function: str
    operator: str
    line: int
    before: str
    after: str
    source: str


def mutants(function: str, source: str) -> Iterator[Mutant]:
    """All mutants of a solution cell's source, each text once; only what stands between the markers is changed.

    Operators that need arguments are left out, and so are changes that leave no valid Python.
    """
    between = _between(source)
    seen = {ast.dump(ast.parse(source))}
    for name in sorted(operator_names()):
        if get_operator(name).arguments():
            continue
        for changed in _changed(source, name):
            lines = [number for number in between if _at(changed, number) != _at(source, number)]
            if not lines or _outside(changed, between) != _outside(source, between):
                continue
            meaning = _meaning(changed)
            if meaning is not None and meaning not in seen:
                seen.add(meaning)
                before, after = _at(source, lines[0]).strip(), _at(changed, lines[0]).strip()
                yield Mutant(function, name.partition("/")[2], lines[0], before, after, changed)


def _changed(source: str, operator: str) -> Iterator[str]:
    """The source with the operator applied at its first place, its second, and so on."""
    for occurrence in count():
        changed = mutate_code(source, get_operator(operator)(), occurrence)
        if changed is None:
            return
        yield changed


def _between(source: str) -> list[int]:
    """The numbers, from 1, of the lines that stand between markers; a class may have several pairs."""
    begins, ends = (_lines_with(source, marker) for marker in SOLUTION)
    return [number for begin, end in zip(begins, ends, strict=True) for number in range(begin + 1, end)]


def _lines_with(source: str, marker: str) -> list[int]:
    return [number for number, line in enumerate(source.splitlines(), start=1) if marker in line]


def _at(source: str, number: int) -> str:
    lines = source.splitlines()
    return lines[number - 1] if number <= len(lines) else ""


def _outside(source: str, between: list[int]) -> list[str]:
    return [line for number, line in enumerate(source.splitlines(), start=1) if number not in between]


def _meaning(source: str) -> str | None:
    """What Python reads, without layout; None when it is no Python."""
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return None
