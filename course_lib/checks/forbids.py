"""Which library functions a student's function uses, by its syntax tree: resolved through imports, aliases and helpers.

It can be evaded (`getattr`, `exec`); it tells the honest that a ready-made answer does not count.
"""

import ast
import bisect
import tokenize
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from course_lib.checks import statements
from course_lib.checks.scopes import outside
from course_lib.checks.spec import Check
from course_lib.checks.statements import DEFINES, IMPORTS, Read, Statement, aliases_of, dotted, own

Reader = Callable[[str], Read]
JUDGES = "course_lib.checks"  # where one thing is forbidden, how answers are judged is no ready-made answer either
PYTORCH = ("torch", "torchvision")  # which know a function by many paths: torch._VF.cdist is torch.cdist
SHORT = {"F": "torch.nn.functional", "nn": "torch.nn"}  # as everybody imports them
LONGEST = 30  # parts of a path that are looked at
STAR = "*."  # before a name that the cells do not bind, where they import everything from a module


def reader() -> Reader:
    """Reads each cell once; for the checks of one submission."""
    return cache(statements.read)


def used(function: str, sources: Sequence[str], read: Reader = statements.read) -> set[str]:
    """Dotted names that the function uses, itself or through other definitions in these cells.

    A definition that a later one replaces does not count, unless something kept it in between.

    Args:
        function: the name of a function or class.
        sources: the cells in the order in which they run.
    """
    return _Search(sources, read).of(function)[0]


def refusal(check: Check, sources: Sequence[str]) -> str:
    """The sentence for a function that uses what its check forbids, or ""."""
    return searched(check, sources, statements.read)[0]


def searched(check: Check, sources: Sequence[str], read: Reader) -> tuple[str, str]:
    """The same; and, where nothing is found, what a human should look at, or "".

    That is a function which rests on lines that could be read by their words only.
    """
    if not check.forbids or not sources:
        return "", ""
    names, unread = _Search(sources, read).of(check.function)
    found = hits((*check.forbids, JUDGES), names)
    if found:
        return f"`{check.function}` uses `{'`, `'.join(found)}`. This check asks you to write it yourself.", ""
    lines = ", ".join(f"`{line}`" for line in unread[:3])
    said = f"`{check.function}` rests on lines that cannot be read as Python ({lines}): look whether it is their own."
    return "", said if unread else ""


def cells_of(function: Any) -> list[str]:
    """The cells of the notebook in which a function lives, as they were run; elsewhere the text of its file.

    Empty where neither is to be had.
    """
    code = function if hasattr(function, "__globals__") else getattr(function, "__init__", None)
    names = getattr(code, "__globals__", {})
    if isinstance(history := names.get("In"), list):  # IPython keeps the cells there
        return [cell for cell in history if isinstance(cell, str)]
    return cells_of_file(names.get("__file__", ""))


def cells_of_file(path: str | Path) -> list[str]:
    """The text of a Python file as one cell; none where there is no such text."""
    try:
        with tokenize.open(path) as file:
            return [file.read()]
    except (OSError, SyntaxError, UnicodeDecodeError):  # typed in, or built by a program
        return []


def hits(forbidden: Iterable[str], names: Iterable[str]) -> list[str]:
    """Those forbidden names that are among the used ones, or that hold one of them.

    Where there are none, those of PyTorch that are used by another path: `torch._VF.cdist` is `torch.cdist`.
    """
    forbidden = tuple(forbidden)
    names = set(names) | {path for name in names for path in _through(name, forbidden)}
    stars = {name.removesuffix(".*") for name in names if name.endswith(".*")}
    unbound = {name.removeprefix(STAR) for name in names if name.startswith(STAR)}
    plain = {name for name in names if "*" not in name}
    found = sorted(bad for bad in forbidden if _within(bad, plain) or _starred(bad, stars, unbound))
    return found or _by_another_path(forbidden, plain)


def _through(name: str, forbidden: Iterable[str]) -> Iterator[str]:
    """What a name stands for if it goes through what another module imported: `focal_loss.F.cosine_similarity`."""
    parts = name.split(".")[:LONGEST]
    roots = {*PYTORCH, *(bad.split(".")[0] for bad in forbidden)}
    for at, part in enumerate(parts[:-1]):
        if part in SHORT or (at and part in roots):
            yield ".".join([SHORT.get(part, part), *parts[at + 1 :]])


def _by_another_path(forbidden: Iterable[str], names: Iterable[str]) -> list[str]:
    """Those of PyTorch whose last part stands somewhere in a name of PyTorch."""
    split = (name.split(".") for name in names)
    parts = {part.strip("_") for root, *rest in split if root in PYTORCH for part in rest}
    return sorted(bad for bad in forbidden if bad.split(".")[0] in PYTORCH and bad.rsplit(".", 1)[-1] in parts)


def _within(bad: str, names: Iterable[str]) -> bool:
    return any(name == bad or name.startswith(bad + ".") for name in names)


def _starred(bad: str, stars: Iterable[str], unbound: set[str]) -> bool:
    """Whether one of the unbound names can be the forbidden one, imported with everything else of its module."""
    for star in stars:
        if bad.startswith(star + ".") and _within(bad.removeprefix(star + "."), unbound):
            return True
        if _within(bad, [star]) and unbound:
            return True
    return False


class _Search:
    """All statements of some cells, and by which of them each name is bound."""

    def __init__(self, sources: Sequence[str], read: Reader):
        self.statements: list[Statement] = []
        self.aliases: dict[str, str] = {}
        self.stars: set[str] = set()
        self.unread: dict[int, str] = {}
        self.bindings: dict[str, list[int]] = {}
        self.last_sure: dict[str, list[int]] = {}
        for found in map(read, sources):
            self.aliases |= found.aliases
            self.stars |= found.stars
            self.unread |= found.by_words
            for statement in found.statements:
                self._bind(statement)

    def _bind(self, statement: Statement) -> None:
        at = len(self.statements)
        self.statements.append(statement)
        for name in dict.fromkeys(statement.binds):
            places = self.bindings.setdefault(name, [])
            sure = self.last_sure.setdefault(name, [])
            replaces = statement.sure and isinstance(statement.node, (*DEFINES, *IMPORTS, ast.Assign, ast.AnnAssign))
            sure.append(len(places) if replaces or not sure else sure[-1])
            places.append(at)

    def of(self, function: str) -> tuple[set[str], list[str]]:
        """The names that a function uses, and the lines on which it rests that were read by their words."""
        end = len(self.statements)
        found, unread, done = set(), [], set()
        asked, waiting, reached = {(function, end)}, [(function, end)], {}
        while waiting:
            name, moment = waiting.pop()
            if name not in self.bindings:
                found.add(name)
            for at in self._live(name, moment, reached):
                node = self.statements[at].node
                if isinstance(node, IMPORTS):
                    found.add(self.aliases[name])
                elif at not in done:
                    done.add(at)
                    unread += filter(None, [self.unread.get(id(node))])
                    later, now = self._needs(node)
                    found |= later | now
                    held = later & self.bindings.keys()
                    held &= outside(node) if held and id(node) not in self.unread else held
                    new = {(other, end) for other in held}
                    new |= {(other, at) for other in now & self.bindings.keys()}
                    waiting += new - asked
                    asked |= new
        if self.stars:
            free = {f"{STAR}{name}" for name in found if name.split(".")[0] not in self.bindings}
            found |= free | {f"{star}.*" for star in self.stars}
        return found, list(dict.fromkeys(unread))

    def _live(self, name: str, moment: int, reached: dict[tuple[str, int], int]) -> Sequence[int]:
        """What a name may stand for at a moment: the last statement before it that surely binds it, and those after.

        None comes twice: `reached` says how far each definition's followers were looked at for other moments.
        """
        places = self.bindings.get(name, [])
        before = bisect.bisect_left(places, moment) or len(places)
        if not before:
            return ()
        first = self.last_sure[name][before - 1]
        begin = reached.get((name, first), first)
        reached[name, first] = max(before, begin)
        return places[begin:before]

    def _needs(self, node: ast.stmt) -> tuple[set[str], set[str]]:
        """The dotted names that a definition needs when it is called, and those that a statement needs when it runs."""
        if not isinstance(node, DEFINES):
            return set(), {name for part in own(node) for name in dotted(part, self._with(part))}
        heads = [*node.decorator_list, *getattr(node, "bases", [])]
        heads += [*node.args.defaults, *filter(None, node.args.kw_defaults)] if hasattr(node, "args") else []
        inside = set(dotted(node, self._with(node)))
        return inside, {name for head in heads for name in dotted(head, self.aliases)}

    def _with(self, node: ast.AST) -> Mapping[str, str]:
        """The aliases, with those that a node makes itself."""
        return ChainMap(aliases_of(ast.walk(node)), self.aliases)
