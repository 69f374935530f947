"""The bundle's own texts: README, start page, notebooks, package and environment, each from the course's."""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

import nbformat

from autograder.bundle import needs
from autograder.bundle.address import Address
from autograder.release.setup import with_setup
from course_lib.units import UNITS, Unit

TEMPLATES = Path(__file__).with_name("files")
BADGE = "https://mybinder.org/badge_logo.svg", "https://colab.research.google.com/assets/colab-badge.svg"


def readme(units: Sequence[Unit], where: Address) -> str:
    """What students read first: each unit with links that open it."""
    rows = "\n".join(_row(unit, where) for unit in units)
    words = {"UNITS": rows, "URL": where.url, "NAME": where.path.rpartition("/")[2], "PACKAGE": where.package}
    return _filled("README.md", words)


def _row(unit: Unit, where: Address) -> str:
    cells = [f"{unit.number:02d} · {unit.title}: {unit.subtitle}"]
    for file in (unit.lecture.as_posix(), unit.exercise.as_posix()):
        word = "lecture" if file.startswith("lectures") else "exercise"
        opened = {"Binder": (where.binder(file), BADGE[0]), "Colab": (where.colab(file), BADGE[1])}
        badges = [
            f"[![{word} {unit.number:02d} on {on}]({badge})]({url})" for on, (url, badge) in opened.items() if url
        ]
        cells.append(" ".join([f"[{word}]({file})", *badges]))
    return f"| {' | '.join(cells)} |"


def notebook(path: Path, where: Address) -> str:
    """A notebook with the cell that installs this version of the course, as nbgrader would write it."""
    released = with_setup(nbformat.read(path, as_version=4), where.package)
    return nbformat.writes(released, version=4).rstrip("\n") + "\n"


def start_page(course: Path, units: Sequence[Unit]) -> str:
    """The start page without the rows of other units."""
    others = [f"]({unit.id}.ipynb)" for unit in UNITS if unit not in units]
    lines = (course / "lectures" / "index.md").read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not any(other in line for other in others))


def package(course: Path) -> str:
    """pyproject.toml of `course_lib` alone."""
    stated = tomllib.loads((course / "pyproject.toml").read_text(encoding="utf-8"))
    base, lab = needs.declared(course)
    words = {
        "PYTHON": stated["project"]["requires-python"],
        "LICENSE": stated["project"]["license"],
        "BASE": _listed(base),
        "LAB": _listed(lab),
        "DATA": _listed(stated["tool"]["setuptools"]["package-data"]["course_lib"]),
    }
    return _filled("package.toml", words)


def _listed(lines: Sequence[str]) -> str:
    return "".join(f"    {json.dumps(line)},\n" for line in lines)


def _filled(name: str, words: dict[str, str]) -> str:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text
