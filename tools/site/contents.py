"""What the website holds, in its order: the front page's table and the lists that Sphinx makes the contents of."""

from collections.abc import Sequence
from pathlib import Path

from autograder.bundle.address import Address
from course_lib.units import Unit

FIRST = "instructor"  # of the guides
# written by `make`
MEASURED = (
    "figures",
    "real",
    "benchmarks",
    "slower",
    "neighbours",
    "marks",
    "detection",
    "agreement",
    "attacks",
    "tests",
)
LEFT_OUT = ("mutants",)  # it quotes lines of solutions


def documents(folder: Path) -> tuple[list[str], list[str]]:
    """The names of the pages in docs/ that readers get: those with measured numbers, and the guides."""
    names = {path.stem for path in folder.glob("*.md")} - {*LEFT_OUT}
    guides = sorted(names - {*MEASURED}, key=lambda name: (name != FIRST, name))
    return [name for name in MEASURED if name in names], guides


def front_page(template: str, units: Sequence[Unit], docs: Path, where: Address | None) -> str:
    """The template with the table of the units and the contents."""
    measured, guides = documents(docs)
    lists = {
        "Lectures": [_page(unit.lecture) for unit in units],
        "Exercises": [_page(unit.exercise) for unit in units],
        "Measured": [f"docs/{name}" for name in measured],
        "For instructors": [f"docs/{name}" for name in guides],
    }
    trees = "\n".join(_tree(caption, pages) for caption, pages in lists.items())
    return template.replace("@UNITS@", "\n".join(_card(unit, where) for unit in units)).replace("@CONTENTS@", trees)


def _page(notebook: Path) -> str:
    return notebook.with_suffix("").as_posix()


def _tree(caption: str, pages: Sequence[str]) -> str:
    listed = "\n".join(pages)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


def _card(unit: Unit, where: Address | None) -> str:
    """A unit: its title leads to the lecture, and each notebook has its minutes and the places where it opens."""
    told = []
    for word, file, minutes in zip(("Lecture", "Exercise"), (unit.lecture, unit.exercise), unit.minutes, strict=True):
        time = f"{minutes} min" if minutes < 100 else f"{minutes / 60:g} h"
        links = [f"[{word}]({file.as_posix()})", time, *(f"[{on}]({url})" for on, url in opened(where, file).items())]
        told.append(" · ".join(links))
    title = f"**[{unit.number:02d} · {unit.title}]({unit.lecture.as_posix()})**"
    lines = "\n\n".join([f"{title}\\\n{unit.subtitle}", "\\\n".join(told)])
    return f":::{{container}} unit\n{lines}\n:::\n"


def opened(where: Address | None, file: Path) -> dict[str, str]:
    """The addresses that open a notebook, by the place; none without a public repository."""
    if where is None:
        return {}
    found = {"Binder": where.binder(file.as_posix()), "Colab": where.colab(file.as_posix())}
    return {on: url for on, url in found.items() if url}


def launch(where: Address | None, file: Path) -> str:
    """The line below a notebook's title: where it opens; "" where it does not."""
    links = " ".join(f"[Open in {on}]({url})" for on, url in opened(where, file).items())
    return f":::{{container}} launch\n{links}\n:::\n" if links else ""


def where_it_moves(where: Address | None, file: Path) -> str:
    """What follows an explorer, in HTML."""
    links = opened(where, file) or dict.fromkeys(("Binder", "Colab"), "")
    told = [f'on <a href="{url}">{on}</a>' if url else f"on {on}" for on, url in links.items()]
    return f"The explorer stands still here. Move its controls in JupyterLab or {' or '.join(told)}."
