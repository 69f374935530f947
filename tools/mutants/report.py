"""What became of mutants and misconceptions, as a table for docs/mutants.md and one line for the terminal."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

Key = tuple[str, str, str, str]

HEADER = """# Mutants and misconceptions

How well the checks catch wrong answers; `make mutants` writes this file. Each mutant is a solution function with one
small change, made by cosmic-ray's operators and put to the public and the hidden questions of its check. A survivor
computes the same, or differs only where a check leaves freedom (tools/mutants/equivalent.toml keeps the reason);
one without a reason shows a gap.
"""


@dataclass(frozen=True)
class Survivor:
    """A mutant that passed every question; `line` counts from the function's first."""

    unit: str
    function: str
    line: int
    before: str
    after: str

    @property
    def key(self) -> Key:
        """What the table of equivalent mutants knows it by: layout and line number do not matter."""
        return (self.unit, self.function, " ".join(self.before.split()), " ".join(self.after.split()))

    def __str__(self) -> str:
        return f"{self.unit} {self.function}, line {self.line}: {self.before}  ->  {self.after}"


@dataclass(frozen=True)
class Verdict:
    """Which misconception a wrong version was taken for, at the public and at the hidden questions."""

    unit: str
    check: str
    name: str
    public: str
    hidden: str

    @property
    def right(self) -> bool:
        """Whether both told the author the sentence of this very misconception."""
        return self.public == self.hidden == self.name

    def __str__(self) -> str:
        public, hidden = self.public or "nothing", self.hidden or "nothing"
        return f"{self.unit} {self.check}, {self.name}: public questions name {public}, hidden ones {hidden}"


@dataclass(frozen=True)
class UnitResult:
    """A unit's result: for each function (mutants, killed), the survivors, and the misconceptions' verdicts."""

    unit: str
    counts: dict[str, tuple[int, int]]
    survivors: list[Survivor]
    verdicts: list[Verdict]


def read_reasons(path: Path) -> dict[Key, str]:
    """Why some mutants are equivalent: the hand-kept table, by unit, function, line before and line after."""
    table = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
    return {
        Survivor(row["unit"], row["function"], 0, row["before"], after).key: row["because"]
        for row in table
        for after in row["after"]
    }


def summary(results: list[UnitResult]) -> str:
    """The last line of `make mutants`."""
    counts = [count for result in results for count in result.counts.values()]
    verdicts = [verdict for result in results for verdict in result.verdicts]
    return (
        f"mutants: {sum(killed for _, killed in counts)} of {sum(made for made, _ in counts)} killed, "
        f"misconceptions: {sum(verdict.right for verdict in verdicts)} of {len(verdicts)} named"
    )


def document(results: list[UnitResult], reasons: dict[Key, str]) -> str:
    """docs/mutants.md."""
    parts = [HEADER, f"{summary(results).capitalize()}.\n"]
    for result in results:
        parts += [f"## {result.unit}\n", _counts(result), _survivors(result, reasons), _verdicts(result)]
    return "\n".join(parts)


def _counts(result: UnitResult) -> str:
    return _table(
        ("function", "mutants", "killed"),
        [(f"`{name}`", str(made), str(killed)) for name, (made, killed) in result.counts.items()],
    )


def _survivors(result: UnitResult, reasons: dict[Key, str]) -> str:
    if not result.survivors:
        return "No mutant survives.\n"
    rows = [
        (f"`{s.function}`", str(s.line), f"`{s.before}`", f"`{s.after}`", reasons.get(s.key, "**not known**"))
        for s in result.survivors
    ]
    return _table(("survivor in", "line", "before", "after", "equivalent because"), rows)


def _verdicts(result: UnitResult) -> str:
    """All misconceptions, those that are not named last and in bold."""
    rows = [
        (f"`{v.check}`", v.name, "yes" if v.right else f"**public: {v.public or 'no'}, hidden: {v.hidden or 'no'}**")
        for v in sorted(result.verdicts, key=lambda verdict: not verdict.right)
    ]
    return _table(("misconception of", "name", "named"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)
