"""What is said of an answer to a hidden question: kind, type and hint, never a value.

What came is the student's to choose, and so is a note from the box: either may hold what their function was asked.
"""

import re
from dataclasses import replace

from course_lib.checks.ladder import CaseResult, Report
from course_lib.checks.spec import KINDS

WORDS = re.compile(r"(?:[A-Za-z_`'.,:;?()=…×→ -]|(?<!\d)\d{1,2}(?!\d|\.\d)){1,300}")  # names, small counts, no values


def without_values(report: Report) -> Report:
    """The report as it may be shown: of hidden cases kind and hint, never a value."""
    return replace(report, results=tuple(map(_discreet, report.results)))


def _discreet(result: CaseResult) -> CaseResult:
    if result.rung == "type":
        return replace(result, message=of_type(result.message))
    if result.rung not in KINDS or result.credit > 0:
        return result
    return replace(result, message="Your answer differs from the expected one.")


def bare(note: str) -> str:
    """A note that is words only, once what stands behind a "=" is left out; "" where it may hold values."""
    said = re.sub(r"=[^,()]*", "=…", note)
    return said if WORDS.fullmatch(said) else ""


def of_type(message: str) -> str:
    """Of "Expected WANTED, got WHAT." what may be said: a number that came passes where it is small or was wanted."""
    wanted, *rest = re.split(", got |; ", message, maxsplit=1)
    if not rest:
        return message if WORDS.fullmatch(message) else "The answer has another form than asked for."
    came = rest[0]
    asked = {*re.findall(r"\d+", wanted)}
    if WORDS.fullmatch(re.sub(r"\d+", lambda number: "0" if number[0] in asked else number[0], came)):
        return message
    kind = re.match("bool|int|float|str|dict", came)
    other = "a tensor of another shape" if came.startswith("a tensor") else "something else"
    return f"{wanted}, got {f'a value of type {kind[0]}' if kind else other}."
