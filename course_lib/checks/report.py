"""A report as a student sees it: a green and red ladder, the misconception in words, the counterexample drawn.

In a notebook it is HTML, elsewhere text. The same HTML, escaped, goes into the instructor's feedback pages.
"""

import re
from html import escape

from course_lib import plots
from course_lib.checks.ladder import Report, lines, still_to_write
from course_lib.checks.points import RULE
from course_lib.checks.spec import Counterexample

OTHER_INPUTS = "Public checks pass; the grade uses other inputs of the same kinds."
# JupyterLab's own colours, so that it reads on a dark page; what stands behind the comma is for other pages.
RIGHT = f"var(--jp-success-color0, {plots.GREEN})"  # color1 is too pale for text on white: 4.1 to 1
WRONG = f"var(--jp-error-color1, {plots.VERMILLION})"
CARD = "color: var(--jp-content-font-color1, inherit); max-width: 60em; padding: 2px 12px"
CODE = (
    "background: var(--jp-layout-color2, #f5f5f5); color: inherit; margin: 4px 0; overflow-x: auto; padding: 6px 8px; "
    "white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere"  # JupyterLab breaks code within words
)
RUNG_WORDS = {
    "forbidden": "uses what it may not",
    "ok": "passes",
    "more": "not yet",
    "defined": "not defined",
    "callable": "cannot be called",
    "time": "takes too long",
    "runs": "does not run",
    "type": "wrong type or shape",
    "values": "wrong values",
    "property": "property broken",
    "edge": "edge case",
    "unchanged": "leaves something changed",
    "unasked": "not asked",
}


def headline(report: Report, public: bool = True) -> str:
    """The report in one line.

    Args:
        public: it is the check in the notebook, not the exam: passing is not the end.
    """
    name, passed = report.check.name, sum(not result.rung for result in report.results)
    if report.passed:
        cases = "its case passes" if passed == 1 else f"all {passed} cases pass"
        return f"{name}: {cases}. {OTHER_INPUTS}" if public else f"{name}: {cases}."
    if still_to_write(report):
        return f"{name}: still to write."
    return f"{name}: {passed} of {len(report.results)} cases pass; first to mend: {RUNG_WORDS[report.rung]}."


def text(report: Report, public: bool = True) -> str:
    """The whole report for a terminal.

    Args:
        public: see `headline`.
    """
    out = [headline(report, public)]
    if report.passed or still_to_write(report):
        return out[0]
    if report.sentence:
        out.append(report.sentence)
    for mark, cases, message in lines(report):
        out.append(f"  [{RUNG_WORDS[mark]}] {cases}{': ' if message else ''}{message}")
    out.append(f"  {earnings(report)}")
    if report.counterexample:
        found = report.counterexample
        out += [f"  Smallest counterexample ({found.case}):", *(f"    {line}" for line in found.text.splitlines())]
    return "\n".join(out)


def html(report: Report, picture: bool = True) -> str:
    """The whole report as HTML; everything that may come from a student's code is escaped.

    Args:
        picture: draw the counterexample and say that the grade uses other inputs; not so on feedback pages.
    """
    out = [f'<div style="{CARD}; border-left: 4px solid {RIGHT if report.passed else WRONG}">']
    out.append(f"<b>{marked(headline(report, picture))}</b>")
    if not report.passed and not still_to_write(report):
        if report.sentence:
            out.append(f"<p>{marked(report.sentence)}</p>")
        out += [_line(*line) for line in lines(report)]
        out.append(f'<p style="margin: 4px 0; font-size: 85%">{marked(earnings(report))}</p>')
        if report.counterexample:
            out.append(_counterexample(report.counterexample, picture))
    return "".join([*out, "</div>"])


def earnings(report: Report) -> str:
    """How points come from cases: here, and (where there are several to count) always."""
    return f"{report.earned} {RULE}" if len(report.results) > 1 and report.rung != "forbidden" else report.earned


def _line(mark: str, cases: str, message: str) -> str:
    """A case that fails in a line of its own and what to say of it below; those that pass in one small line."""
    color, sign = (RIGHT, "&#10003;") if mark == "ok" else (WRONG, "&#10007;")
    small = "; font-size: 85%" if mark in ("ok", "more") else ""
    told = f"<br>{marked(message)}" if message else ""
    head = f'<span style="color: {color}">{sign} {RUNG_WORDS[mark]}</span>'
    return f'<p style="margin: 4px 0{small}">{head} &nbsp; {marked(cases)}{told}</p>'


def marked(words: str) -> str:
    """Text as HTML; what stands between backticks is set as code."""
    return re.sub(r"`([^`<>]+)`", r"<code>\1</code>", escape(words))


def _counterexample(found: Counterexample, picture: bool) -> str:
    out = f'<p style="margin: 8px 0 4px">Smallest counterexample ({marked(found.case)}):</p>'
    out += f'<pre style="{CODE}">{escape(found.text)}</pre>'
    if picture and found.draw:
        drawing = found.draw()
        out += plots.image_html(plots.png(drawing), found.text)
        plots.close(drawing)
    return out


def show(report: Report) -> None:
    """Display the report in a notebook, print it elsewhere."""
    if plots.in_notebook():
        plots.show_html(html(report), text(report))
    else:
        print(text(report))
