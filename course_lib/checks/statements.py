"""The statements of a cell: what each binds, uses and imports. A cell is read once, whatever it holds.

What Python cannot read (IPython's own syntax, a mistake, a sum that is too long for the parser) is read by its words:
as if its lines used every name in them, and might bind each that stands where a name is bound.
"""

import ast
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from course_lib.checks import cells

DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
NESTING = (ast.stmt, ast.ExceptHandler, ast.match_case)
OTHER_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")  # of lines, to IPython's magics and not to Python
CHAIN = re.compile(r"[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*")
BINDS = re.compile(r"\b(?:def|class|as|for|case)\s+([^\W\d]\w*)|\b([^\W\d]\w*)\s*:=")
LEFT = re.compile(r"(?m)^(.*)(?<![=<>!:])=(?!=)")  # of the last assignment in a line
FOR = re.compile(r"\bfor\b(.{0,200}?)\bin\b")
IMPORT = re.compile(r"\bimport\s+([\w.]+)(?:\s+as\s+(\w+))?")
FROM = re.compile(r"\bfrom\s+([\w.]+)\s+import\b([^\n;]*)")
PART = re.compile(r"(\w+|\*)(?:\s+as\s+(\w+))?")
ALONE = re.compile(r"(?<![.\w])([^\W\d]\w*)\b(?!\s*[.(])")
PROSE = re.compile(r"(?s)#[^\n]*|(\"\"\"|''').*?(?:\1|\Z)|\"(?:\\.|[^\"\\\n])*+\"?|'(?:\\.|[^'\\\n])*+'?")
FORMATTED = re.compile(r"\b(?:[fF][rR]?|[rR][fF])[\"']")
WORDS = frozenset(keyword.kwlist)


@dataclass(frozen=True)
class Statement:
    """One statement, in no function or class.

    Attributes:
        node: of the syntax tree.
        sure: whether it surely runs. What stands in an `if` may not, nor what stands in a cell that is no Python.
        binds: the names that it binds itself, not through the statements in it.
    """

    node: ast.stmt
    sure: bool
    binds: tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """A cell's statements in their order.

    Attributes:
        aliases: local name to dotted name, of imports and of assignments such as `tools = torchvision.ops`.
        stars: the modules from which everything is imported.
        by_words: the statements that Python could not read (their nodes' ids), with their first lines.
    """

    statements: tuple[Statement, ...]
    aliases: Mapping[str, str]
    stars: frozenset[str]
    by_words: Mapping[int, str] = field(default_factory=dict)


def read(source: str) -> Read:
    """Read a cell."""
    programs = _programs(source)
    nodes = [found for text in programs for found in _nodes(text)]
    by_words = {id(node): line for node, line in nodes if line}
    whole = len(programs) == 1 and all(line is None for _, line in nodes)  # else it may not run at all
    found = tuple(
        Statement(node, top and whole, tuple(bound(node))) for node, top in outside(node for node, _ in nodes)
    )
    inner = [statement.node for statement in found]
    imports = [node for node in inner if isinstance(node, ast.ImportFrom)]
    stars = frozenset(node.module or "" for node in imports if any(name.name == "*" for name in node.names))
    return Read(found, aliases_of(inner), stars, by_words)


def _programs(source: str) -> list[str]:
    """The cell's text; and as IPython's magics read it, where it has signs that end a line to them and not to Python.

    Such a sign lets a line that looks like a comment run, behind a magic (or hides one that looks like code): both
    readings count.
    """
    plain = cells.one_newline(source)
    return [plain, OTHER_ENDS.sub("\n", plain)] if OTHER_ENDS.search(plain) else [plain]


def _nodes(source: str) -> Iterator[tuple[ast.stmt, str | None]]:
    """The statements at the margin of a cell; None with each where it is Python.

    Where it is not, the first line with those that were read by their words, and "" with the others.
    """
    if (tree := cells.tree(source)) is not None:
        yield from ((node, None) for node in tree.body)
        return
    for block in cells.blocks(cells.translated(source).split("\n")):
        text = "\n".join(block)
        if (tree := cells.parsed(text)) is not None:
            yield from ((node, "") for node in tree.body)
        else:
            first = next((line.strip() for line in block if line.strip()), "")
            yield from ((node, first[:60]) for node in _by_words(text))


def _by_words(text: str) -> list[ast.stmt]:
    """Lines that Python cannot read as imports, and one assignment of all names in them to all that may be bound."""
    code = text if FORMATTED.search(text) else PROSE.sub(" ", text)  # there may be code in a formatted string
    names = {first or second for first, second in BINDS.findall(code)}
    for found in [*LEFT.finditer(code), *FOR.finditer(code)]:
        names |= set(ALONE.findall(found[1]))
    chains = {re.sub(r"\s+", "", found) for found in CHAIN.findall(code)}
    used = [_chained(chain) for chain in sorted(chains) if chain.split(".")[0] not in WORDS]
    targets = [ast.Name(name, ast.Store()) for name in sorted(names - WORDS)] or [ast.Name("_", ast.Store())]
    return [*_imports(code), ast.Assign(targets, ast.Tuple(used, ast.Load()))]


def _imports(code: str) -> list[ast.stmt]:
    """The imports among some words."""
    texts = [f"import {module}" + f" as {name}" * bool(name) for module, name in IMPORT.findall(code)]
    for module, rest in FROM.findall(code):
        texts += [f"from {module} import {name}" + f" as {other}" * bool(other) for name, other in PART.findall(rest)]
    return [node for text in texts if (tree := cells.parsed(text)) for node in tree.body]


def _chained(chain: str) -> ast.expr:
    first, *rest = chain.split(".")[:20]
    node: ast.expr = ast.Name(first, ast.Load())
    for part in rest:
        node = ast.Attribute(node, part, ast.Load())
    return node


def outside(statements: Iterable[ast.stmt]) -> Iterator[tuple[ast.stmt, bool]]:
    """The statements that run when a cell runs, and whether each surely does: in no function or class, but in `if`."""
    waiting = [(node, True) for node in statements][::-1]
    while waiting:
        node, top = waiting.pop()
        yield node, top
        if not isinstance(node, DEFINES):
            inner: list[ast.stmt] = []
            for child in ast.iter_child_nodes(node):
                body = getattr(child, "body", [])  # of `except` and `case` a list, of a lambda an expression
                inner += [child] if isinstance(child, ast.stmt) else body if isinstance(body, list) else []
            waiting += [(child, False) for child in inner[::-1]]


def bound(node: ast.stmt) -> list[str]:
    """The names that a statement binds itself, not through the statements in it."""
    if isinstance(node, DEFINES):
        return [node.name]
    if isinstance(node, IMPORTS):
        return list(aliases_of([node]))
    parts = [part for one in own(node) for part in ast.walk(one)]
    return [part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def own(node: ast.stmt) -> list[ast.AST]:
    """The parts of a statement that are no statements."""
    return [child for child in ast.iter_child_nodes(node) if not isinstance(child, NESTING)]


def aliases_of(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Local name to dotted name, from import statements and from plain assignments (`tools = torchvision.ops`)."""
    aliases: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for name in node.names:
                aliases[name.asname or name.name.split(".")[0]] = name.name if name.asname else name.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                aliases[name.asname or name.name] = f"{node.module}.{name.name}"
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    aliases[target.id] = next(dotted(node.value, aliases), target.id)
    return aliases


def dotted(root: ast.AST, aliases: Mapping[str, str]) -> Iterator[str]:
    """Every name, and every attribute chain with the name that it begins with, below a node; aliases are resolved."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            name = aliases.get(node.id, node.id)
            if parts:
                yield ".".join([name, *reversed(parts)])
            yield name
        else:
            waiting += ast.iter_child_nodes(node)
