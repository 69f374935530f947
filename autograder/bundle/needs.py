"""Which of the pinned packages students need: those of `course_lib` and JupyterLab, and what these need themselves."""

import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

STUDENTS = ("lab",)  # of pyproject's optional dependencies


def declared(course: Path) -> tuple[list[str], list[str]]:
    """The requirements of `course_lib`, and those of `STUDENTS`, as pyproject.toml has them."""
    project = tomllib.loads((course / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {})
    return project["dependencies"], [line for name in STUDENTS for line in extras.get(name, [])]


def pinned(course: Path) -> str:
    """The lines of requirements.txt that a student's environment takes, on any system."""
    wanted = closure(Requirement(line) for part in declared(course) for line in part)
    lines = (course / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return "".join(f"{line}\n" for line in lines if canonicalize_name(Requirement(line).name) in wanted)


def closure(wanted: Iterable[Requirement]) -> set[str]:
    """The names of these packages and of all that they need, as those say that are installed here.

    A package that another system needs is named, too; what it needs itself is only known where it is installed.
    """
    found, waiting = set(), [(each, extra) for each in wanted for extra in ("", *each.extras)]
    while waiting:
        each, extra = waiting.pop()
        name = canonicalize_name(each.name)
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for line in _requires(name):
            needed = Requirement(line)
            if needed.marker is None or "extra" not in str(needed.marker) or _asked(needed, extra):
                waiting += [(needed, more) for more in ("", *needed.extras)]
    return {name for name, _ in found}


def _asked(needed: Requirement, extra: str) -> bool:
    return bool(extra) and needed.marker is not None and needed.marker.evaluate({"extra": extra})


def _requires(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:
        return []
