"""The tables of limits and refused system calls in docs/threat_model.md, from autograder/box/limits.py and calls.py.

python -m tools.limits_page
"""

import re

from autograder.box import calls, limits
from tools import ROOT

PAGE = "docs/threat_model.md"
BEGIN, END = "<!-- written by python -m tools.limits_page -->", "<!-- to here -->"


def tables() -> str:
    """Both tables, in Markdown."""
    lines = ["| what | at most | held by | why |", "|---|--:|---|---|"]
    lines += [f"| {row.what} | {row.shown} | {_code(row.holds)} | {row.why} |" for row in limits.TABLE]
    lines += ["", "| refused, because it … | system calls |", "|---|---|"]
    lines += [f"| {why} | {', '.join(f'`{name}`' for name in _names(text))} |" for why, text in calls.DENIED.items()]
    lines += ["", "| narrowed | how |", "|---|---|"]
    lines += [f"| {name} | {how} |" for name, how in calls.NARROWED.items()]
    return "\n".join(lines)


def _code(holds: str) -> str:
    return holds if " " in holds else f"`{holds}`"


def _names(text: str) -> list[str]:
    return [row.split()[0] for row in text.split(",")]


def renewed(page: str) -> str:
    """The page with the tables of today."""
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{tables()}\n\n{END}", page, flags=re.DOTALL)


if __name__ == "__main__":
    (ROOT / PAGE).write_text(renewed((ROOT / PAGE).read_text()))
