"""A class's summary to be read: as tables in a terminal, or as one HTML page that needs nothing else.

Both show the same sections. Text that may come from students (names of cells, errors) is made plain, in HTML escaped.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.book.lateness import duration
from autograder.intake.texts import plain
from autograder.report.summary import BINS, Summary
from course_lib import plots

STYLE = f"""
:root {{ color-scheme: light dark; --line: #ddd; --link: #0059a8 }}
@media (prefers-color-scheme: dark) {{ :root {{ --line: #444; --link: #7cc0ff }} svg text {{ fill: #eee }} }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }}
a {{ color: var(--link) }} nav a {{ margin-right: 1.2rem; white-space: nowrap }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0 }}
th, td {{ border-bottom: 1px solid var(--line) }}
td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }}
h2 {{ margin-top: 2.5rem; border-left: 6px solid {plots.BLUE}; padding-left: .6rem; font-size: 1.15rem }}
td {{ overflow-wrap: anywhere; min-width: 4.5rem }}
svg {{ max-width: 44rem }}
"""
NAMED = 5  # students who are named in a line
TAUGHT = 10  # misconceptions: a Monday holds no more; `--json` has all
WARNING = "Graded without a sandbox: student code ran with the grader's rights"


@dataclass(frozen=True)
class Section:
    """A table: its title, its columns (numbers end in "#"), its rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sections(summary: Summary) -> list[Section]:
    """The tables that have something to say, in the order of their use on Monday."""
    whose = ("who",) * any(t.who for t in summary.taught)
    taught = [
        (str(t.students), t.check, t.sentence or t.name, *([", ".join(t.who)] * len(whose)))
        for t in summary.taught[:TAUGHT]
    ]
    waiting = "students#", "answer", "who"
    again = "What to explain again" + f" (the first {TAUGHT} of {len(summary.taught)})" * (len(summary.taught) > TAUGHT)
    checks = "check", "mean#", "of#", "passed#", "partly#", "none#", "first to fail", "most often at"
    slow = "check", "median s#", "worst s#", "submissions over 50 times slower than ours#"
    found = [
        Section(again, ("students#", "check", "what the feedback says", *whose), tuple(taught)),
        Section("Checks", checks, tuple(_checks(summary))),
        Section("Waiting for a human", waiting, tuple(_counted(summary.waiting))),
        Section("Changed since a human marked it", waiting, tuple(_counted(summary.changed))),
        Section("Late", ("student", "handed in", "how late", "points less#"), tuple(_late(summary))),
        Section("Notes", ("students#", "note", "who"), tuple(_counted(summary.notes))),
        Section("Slowest checks", slow, tuple(_slow(summary))),
        Section("Slowest cells", ("cell", "student", "s#"), tuple((c, s, f"{t:.2f}") for c, s, t in summary.cells)),
    ]
    return [section for section in found if section.rows]


def _checks(summary: Summary) -> Iterator[tuple[str, ...]]:
    for line in summary.checks:
        stopped = ", ".join(f"{words} {count}" for words, count in line.stopped)
        often = f"{line.failed[0][0]} ({line.failed[0][1]})" if line.failed else ""
        yield (
            line.name,
            f"{line.mean:g}",
            f"{line.of:g}",
            *map(str, (line.passed, line.partly, line.none)),
            stopped,
            often,
        )


def _late(summary: Summary) -> Iterator[tuple[str, ...]]:
    for row in sorted(summary.rows, key=lambda row: -row.seconds_late):
        if row.seconds_late or row.late:
            yield row.student, row.handed_in, duration(row.seconds_late), f"{row.late:g}"


def _slow(summary: Summary) -> Iterator[tuple[str, ...]]:
    for line in sorted(summary.checks, key=lambda line: -line.worst)[:NAMED]:
        if line.worst > 0:
            yield line.name, f"{line.median:.3f}", f"{line.worst:.3f}", str(line.slow)


def _counted(groups: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[tuple[str, ...]]:
    for thing, students in groups:
        more = f" and {len(students) - NAMED} more" if len(students) > NAMED else ""
        yield str(len(students)), " ".join(plain(thing).split()), ", ".join(students[:NAMED]) + more


def headline(summary: Summary) -> str:
    """The class in one line."""
    said = [f"{summary.unit}: {_count(len(summary.rows), 'submission')}"]
    said.append(f"mean {summary.mean:g}, median {summary.median:g} of {summary.of:g} points")
    if waiting := [row.open for row in summary.rows if row.waiting]:
        said.append(f"{_count(len(waiting), 'submission')} with {sum(waiting):g} points waiting for a human")
    if changed := sum(bool(row.changed) for row in summary.rows):
        said.append(f"{changed} changed since a human marked it")
    if late := sum(bool(row.late or row.seconds_late) for row in summary.rows):
        said.append(f"{late} late")
    if (missing := len(summary.rows) - summary.examined) > 0:
        said.append(f"{_count(missing, 'result')} not in the journal (`autograder grade` puts them there)")
    return "; ".join(said)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def show(summary: Summary, console: Console) -> None:
    """Tables in the terminal."""
    console.print(Text(headline(summary), style="bold"))
    if summary.unboxed:
        console.print(Text(f"{WARNING} ({_count(len(summary.unboxed), 'submission')})", style="bold red"))
    for low, high, count in _bins(summary):
        console.print(Text(f"  {low:5.1f} … {high:5.1f}  {'█' * count} {count}"))
    for section in sections(summary):
        table = Table(title=f"\n{section.title}", title_justify="left", title_style="bold")
        for column in section.columns:
            table.add_column(column.rstrip("#"), justify="right" if column.endswith("#") else "left", overflow="fold")
        for row in section.rows:
            table.add_row(*(Text(plain(cell)) for cell in row))
        console.print(table)


def _bins(summary: Summary) -> Iterable[tuple[float, float, int]]:
    """(from, to, submissions) of each bar."""
    step = summary.of / BINS
    return [(i * step, (i + 1) * step, count) for i, count in enumerate(summary.histogram)]


def page(summary: Summary) -> str:
    """One HTML file: no script, nothing from elsewhere."""
    title = escape(f"{summary.unit}: report on the class")
    warning = f'<p style="color: {plots.VERMILLION}"><b>{escape(WARNING)}.</b></p>' if summary.unboxed else ""
    found = sections(summary)
    tables = "".join(_table(section, number) for number, section in enumerate(found))
    jumps = "".join(f'<a href="#s{number}">{escape(section.title)}</a> ' for number, section in enumerate(found))
    jumps = f"<nav>{jumps}</nav>" if found else ""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{STYLE}</style></head>\n'
        f"<body><h1>{title}</h1><p>{escape(headline(summary))}</p>{warning}{jumps}{_plot(summary)}{tables}</body></html>\n"
    )


def _table(section: Section, number: int) -> str:
    kinds = [' class="number"' if column.endswith("#") else "" for column in section.columns]
    names = (column.rstrip("#") for column in section.columns)
    head = "".join(f"<th{kind}>{escape(name)}</th>" for kind, name in zip(kinds, names, strict=True))
    rows = (
        "".join(f"<td{kind}>{escape(plain(cell))}</td>" for kind, cell in zip(kinds, row, strict=True))
        for row in section.rows
    )
    body = "".join(f"<tr>{row}</tr>\n" for row in rows)
    head = f"<thead><tr>{head}</tr></thead>"
    return f'<h2 id="s{number}">{escape(section.title)}</h2><table>{head}<tbody>\n{body}</tbody></table>\n'


def _plot(summary: Summary) -> str:
    """How many submissions have how many points: bars as SVG, with the same in words."""
    bars, most = [], max(summary.histogram, default=0) or 1
    words = ", ".join(f"{count} from {low:g} to {high:g}" for low, high, count in _bins(summary) if count)
    for i, (low, _, count) in enumerate(_bins(summary)):
        x, height = 60 * i + 10, 120 * count / most
        bars.append(f'<rect x="{x}" y="{150 - height:.1f}" width="52" height="{height:.1f}" fill="{plots.BLUE}"/>')
        bars.append(f'<text x="{x}" y="168" text-anchor="middle">{low:g}</text>')
        bars.append(f'<text x="{x + 26}" y="{144 - height:.1f}" text-anchor="middle">{count or ""}</text>')
    bars.append(f'<text x="610" y="168" text-anchor="middle">{summary.of:g}</text>')
    alt = f"Submissions by points: {words or 'none'}."
    drawn = f'<svg viewBox="-10 10 640 180" role="img" aria-label="{escape(alt)}" font-size="13">{"".join(bars)}'
    return f'{drawn}<text x="310" y="187" text-anchor="middle">points</text></svg>'
