"""How long a cell is: code in lines, without what only helps to read it; prose in words."""

import ast
import re

from tools.build.cells import MARKING, SOLUTION

LONGEST_CODE = 20  # lines
LONGEST_PROSE = 60  # words
WIDEST_CODE = 88  # characters: what fits beside JupyterLab's file browser at 1280 pixels


def code_lines(source: str) -> int:
    """Lines of a code cell, each that holds anything, comments too, but for these.

    A docstring and blank lines, which make code easier to read and not longer. The builder's markers, which nobody
    sees. A signature is one line: many are longer than 88 characters for the shapes and names that they state, and
    formatters then give each argument a line of its own. A call that is wrapped counts with all its lines.
    """
    lines = ["" if line.strip() in SOLUTION else line for line in source.splitlines()]
    python = "\n".join("pass" if line.startswith(("%", "!")) else line for line in lines)
    hidden = set()
    for node in ast.walk(ast.parse(python)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            first = node.body[0]
            wrapped = range(node.lineno + 1, first.lineno)
            hidden.update(number for number in wrapped if not lines[number - 1].lstrip().startswith("#"))
            if ast.get_docstring(node) is not None:
                hidden.update(range(first.lineno, first.end_lineno + 1))
    return sum(bool(line.strip()) for number, line in enumerate(lines, start=1) if number not in hidden)


def prose_words(source: str) -> int:
    """Words of running text in a markdown cell: no headings, tables, formulas, code, numbers, link targets or markup.

    A marking scheme is for the instructor and does not count; nor does what a student has to unfold (`<details>`).
    """
    text = source
    for hidden in (
        rf"{re.escape(MARKING[0])}.*?{re.escape(MARKING[1])}",
        r"<details>.*?</details>",
        r"```.*?```",
        r"\$\$.*?\$\$",
        r"\$[^$\n]+\$",
        r"`[^`]+`",
        r"^#+ .*?$",
        r"^\|.*?$",
        r"\]\([^)]*\)",
        r"<[^>]+>",
    ):
        text = re.sub(hidden, " ", text, flags=re.DOTALL | re.MULTILINE)
    return len(re.findall(r"[^\W\d_]\S*", text))
