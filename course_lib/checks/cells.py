"""A notebook's cell as the Python that it runs: without magics, shell commands, prompts and questions for help.

What is Python already stays as it is. Lines keep their places, so that an error in line 5 is in line 5 of the cell.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator

RUNNERS = {"time", "prun", "memit", "mprun", "lprun", "debug"}  # magics whose line is a statement of the notebook
ELSEWHERE = {  # cell magics whose body is no Python, or runs in another process, or in a scope of its own
    *("!", "bash", "cmd", "sh", "script", "system", "sx", "perl", "ruby", "python", "python2", "python3", "pypy"),
    *("html", "HTML", "js", "javascript", "latex", "markdown", "svg", "SVG", "writefile", "file", "timeit"),
    *("R", "cython", "cython_inline", "sql", "bigquery", "shell", "mermaid"),
}
PROMPT = re.compile(r"(>>>|\.\.\.)( |$)|(In \[\d+\]| *\.{3,}): ?")
ASSIGNED = re.compile(r"([^=!%#'\"()]+=\s*)([%!])(?!=)(.*)$")
HELP = re.compile(r"\s*(\?{1,2}\S.*|%{0,2}[\w.*]+(\[[^\]]*\])?\?{1,2})\s*(#.*)?$")
TOKEN = re.compile(r"#.*|\"\"\"|'''|\"(?:\\.|[^\"\\])*+\"?|'(?:\\.|[^'\\])*+'?|[()\[\]{}]", re.DOTALL)
CLAUSE = re.compile(r"(else|elif|except|finally)\b")  # goes on with the statement before it
CLOSING = {quote: re.compile(rf"(?:\\.|(?!{quote}).)*{quote}", re.DOTALL) for quote in ('"""', "'''")}


def without_magics(source: str) -> str:
    """The Python of a cell, with as many lines as the cell.

    `%%time` is left out and what it times stays; of `%%bash` nothing stays; `%time f()` becomes `f()`, `x = !ls`
    becomes `x = None`, `%matplotlib inline`, `!ls` and `nms?` become `pass`. What is then no Python is the cell's own
    mistake and is given back as it is.
    """
    source = one_newline(source)
    return source if parsed(source) else translated(source)


def tree(source: str) -> ast.Module | None:
    """The syntax tree of a cell's Python; None where Python cannot read it."""
    source = one_newline(source)
    return parsed(source) or parsed(translated(source))


def one_newline(source: str) -> str:
    """The text as Python reads it: whatever ends a line is one sign. Nothing else ends one, no form feed, no U+2028."""
    return source.replace("\r\n", "\n").replace("\r", "\n")


def translated(source: str) -> str:
    """A cell that is no Python as Python, as far as that is possible; see `without_magics`."""
    lines = _plain(source.split("\n"))
    begin = next((number for number, line in enumerate(lines) if line.strip()), 0)
    while begin < len(lines) and lines[begin].startswith("%%"):
        name = re.match(r"%%(!|\w*)", lines[begin])[1]
        lines[begin] = ""
        if name in ELSEWHERE:
            return "\n" * (len(lines) - 1)
        begin += 1
    return "\n".join(_translated(lines))


def parsed(source: str) -> ast.Module | None:
    """The syntax tree of Python; None where it is none, or too large or too deep for the parser."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape sequence in a string is the student's own matter
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _plain(lines: list[str]) -> list[str]:
    """The lines without prompts, and without the indent of the first one, as IPython reads them."""
    first = next((line for line in lines if line.strip()), "")
    if PROMPT.match(first):
        return [line[found.end() :] if (found := PROMPT.match(line)) else line for line in lines]
    indent = first[: len(first) - len(first.lstrip())]
    return [line.removeprefix(indent) for line in lines]


def _translated(lines: list[str]) -> Iterator[str]:
    """Each line as Python. Lines inside a string or a bracket are Python already."""
    quote, depth, continued, dropped = "", 0, False, False
    for line in lines:
        if dropped:
            dropped = line.endswith("\\")
            yield ""
            continue
        if not quote and not depth and not continued:
            python = _statement(line)
            dropped = line.endswith("\\") and python != line
            line = python
        yield line
        quote, depth = _open_after(line, quote, depth)
        continued = line.endswith("\\") and not quote


def _statement(line: str) -> str:
    """A line with which a statement begins."""
    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    if text.startswith("%"):
        return indent + (_run(text) or "pass")
    if text.startswith("!") or HELP.match(line):
        return f"{indent}pass"
    if found := ASSIGNED.match(line):
        return found[1] + ((_run(found[2] + found[3]) if found[2] == "%" else "") or "None")
    return line


def _run(magic: str) -> str:
    """What a line magic runs in the notebook, or ""."""
    name, _, rest = magic.lstrip("%").partition(" ")
    return rest.strip() if name in RUNNERS and parsed(rest.strip()) else ""


def _open_after(line: str, quote: str, depth: int) -> tuple[str, int]:
    """The string and the number of brackets that are still open at the end of a line."""
    place = 0
    while True:
        if quote:
            closed = CLOSING[quote].match(line, place)
            if not closed:
                return quote, depth
            quote, place = "", closed.end()
        found = TOKEN.search(line, place)
        if not found:
            return "", depth
        place = found.end()
        if found[0] in CLOSING:
            quote = found[0]
        elif found[0] in "([{":
            depth += 1
        elif found[0] in ")]}":
            depth = max(0, depth - 1)


def blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """The lines of some Python by statement: one begins at the margin, where no string and no bracket is open."""
    block: list[str] = []
    quote, depth, continued = "", 0, False
    for line in lines:
        opens = line[:1].strip() and not line.startswith("#") and not CLAUSE.match(line)
        if opens and not (quote or depth or continued) and not _decorates(block):
            if block:
                yield block
            block = []
        block.append(line)
        quote, depth = _open_after(line, quote, depth)
        continued = line.endswith("\\") and not quote
    if block:
        yield block


def _decorates(block: list[str]) -> bool:
    """Whether the last line of a block is a decorator, which belongs to what follows."""
    return bool(block) and block[-1].startswith("@")
