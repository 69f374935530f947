"""Groups of submissions that share code, and each pair of them side by side: one HTML page that needs nothing else."""

from collections.abc import Mapping, Sequence
from html import escape

from autograder.intake.texts import plain
from autograder.report.similar import Pair, Print, groups, shared_lines
from course_lib import plots

MAX_PAIRS = 200  # side by side; with 10 000 characters each they make a page of 4 MB
MAX_SHOWN = 20_000  # characters of one submission beside another
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = f"""
:root {{ color-scheme: light dark; --tint: #cfe6f7; --line: #ccc }}
@media (prefers-color-scheme: dark) {{ :root {{ --tint: #17466b; --line: #444 }} }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 90rem; margin: 2rem auto; padding: 0 1rem }}
h2 {{ margin-top: 2.5rem; border-left: 6px solid {plots.BLUE}; padding-left: .6rem; font-size: 1.15rem }}
summary {{ cursor: pointer; padding: .2rem 0 }} mark {{ background: var(--tint); color: inherit }}
.sides {{ display: grid; grid-template-columns: 1fr 1fr; gap: 1rem }}
.sides > div {{ min-width: 0 }} h3 {{ font-size: .95rem; margin: .6rem 0 0 }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px; border: 1px solid var(--line); margin: 0 }}
pre {{ padding: .4rem }} .note {{ color: {plots.VERMILLION} }}
"""


def page(unit: str, pairs: Sequence[Pair], prints: Mapping[str, Sequence[Print]]) -> str:
    """Each group with its pairs; a pair opens to both students' cells, with what they share marked."""
    title = f"{unit}: submissions that share code"
    left, parts = MAX_PAIRS, []
    for number, (students, theirs) in enumerate(groups(pairs), 1):
        parts.append(f"<h2>Group {number}: {escape(', '.join(students))}</h2>")
        parts += [_pair(pair, prints) for pair in theirs[:left]]
        if len(theirs) > left:
            parts.append(f'<p class="note">{len(theirs) - left} more pairs of this group are not shown.</p>')
        left -= min(left, len(theirs))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style></head>\n'
        f"<body><h1>{escape(title)}</h1><p>Names, comments and layout do not count; what both have is marked. "
        f"Short right answers look alike: read both before you say anything.</p>{''.join(parts)}</body></html>\n"
    )


def _pair(pair: Pair, prints: Mapping[str, Sequence[Print]]) -> str:
    one, other = pair.students
    head = f"{one} shares {pair.shares[0]:.0%} with {other}, who shares {pair.shares[1]:.0%}"
    sides = _side(one, prints[one], prints[other]), _side(other, prints[other], prints[one])
    return f'<details><summary>{escape(head)}</summary><div class="sides">{"".join(sides)}</div></details>\n'


def _side(student: str, mine: Sequence[Print], theirs: Sequence[Print]) -> str:
    """One student's cells; the lines that the other one has too are marked."""
    out, left = [f"<div><b>{escape(student)}</b>"], MAX_SHOWN
    for cell, lines in zip(mine, shared_lines(mine, theirs), strict=True):
        if cell.source.strip() and left > 0:
            out.append(f"<h3>{escape(plain(cell.name))}</h3><pre>{_marked(cell.source[:left], lines)}</pre>")
        left -= len(cell.source)
    if left < 0:
        out.append(f'<p class="note">Only the first {MAX_SHOWN} characters are shown.</p>')
    return "".join([*out, "</div>"])


def _marked(source: str, lines: set[int]) -> str:
    """Source as HTML in which some lines are marked."""
    each = (escape(plain(line)) for line in source.replace("\r\n", "\n").split("\n"))
    return "\n".join(f"<mark>{line}</mark>" if number in lines else line for number, line in enumerate(each))
