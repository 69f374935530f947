"""Build the course's notebooks from their text: python -m tools.build.notebooks [UNIT] [--check]

lectures/NN_name.py            -> lectures/NN_name.ipynb               committed
solutions/NN_name/NN_name.py   -> solutions/NN_name/NN_name.ipynb      not committed
                               -> exercises/NN_name/NN_name.ipynb      committed, through nbgrader's generate_assignment

A rebuild gives the same bytes. With --check nothing is written; committed notebooks that differ from their source are
named and the exit status is 1. Without a gradebook: `autograder build` registers a release.
"""

import hashlib
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Annotated

import nbformat
import typer
from nbformat import NotebookNode

from autograder.release.pristine import identity
from course_lib import units
from course_lib.download import atomic_write
from course_lib.errors import CourseError
from tools import ROOT
from tools.build.cells import mark_exercise, mark_lecture, read_source


def unit_sources(root: Path = ROOT, unit: str | None = None) -> list[Path]:
    """The source files of all lectures and solutions, or of one unit's (02_rcnn, rcnn, 2, a path), sorted.

    Raises:
        DataMissing: there is no such unit.
    """
    sources = sorted([*root.glob("lectures/[0-9]*.py"), *root.glob("solutions/*/[0-9]*.py")])
    wanted = units.find(unit).id if unit else None
    return [source for source in sources if wanted in (None, source.stem)]


def build_lecture(source: Path) -> NotebookNode:
    """The notebook of a lecture."""
    return _with_ids(mark_lecture(source, read_source(source)))


def build_exercise(
    source: Path, root: Path = ROOT, functions: Collection[str] | None = None
) -> tuple[NotebookNode, NotebookNode]:
    """A unit's solution notebook and the exercise that students get.

    `functions` names the checks of a unit that was cut down to them; without it the source must hold all checks.

    Both carry the same cell ids (from the exercise's text, so that no hash of a solution is published) and the same
    release id (a digest of the exercise's text); nbgrader's own generate_assignment on the solution gives the exercise
    again, byte for byte.
    """
    unit = source.stem
    checks = units.find(unit).checks
    points = {check.name: check.points for check in checks if functions is None or check.name in functions}
    solution = mark_exercise(source, read_source(source), points)
    exercise = _with_ids(_generated(solution, unit, root))
    for cell, released in zip(solution.cells, exercise.cells, strict=True):
        cell.id = released.id
    for notebook in (solution, exercise):
        notebook.metadata.course = {"release": identity(exercise), "unit": unit}
    return solution, exercise


def _with_ids(notebook: NotebookNode) -> NotebookNode:
    """The same notebook, each cell's id taken from its content and how often the same came before."""
    seen = Counter()
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        cell.id = f"{digest}-{seen[digest]}"
        seen[digest] += 1
    return notebook


def _generated(solution: NotebookNode, unit: str, root: Path) -> NotebookNode:
    """The solution notebook after nbgrader's generate_assignment, with the course's stub and without a database."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import SaveCells

    config = course_config(root)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "solutions", unit, f"{unit}.ipynb")
        source.parent.mkdir(parents=True)
        source.write_text(as_text(_with_ids(deepcopy(solution))), encoding="utf-8")
        course = CourseDirectory(
            root=folder, source_directory="solutions", release_directory="exercises", assignment_id=unit
        )
        converter = GenerateAssignment(coursedir=course, config=config, no_database=True)
        converter.preprocessors = [step for step in converter.preprocessors if step is not SaveCells]
        converter.start()
        return nbformat.read(Path(folder, "exercises", unit, f"{unit}.ipynb"), as_version=4)


def course_config(root: Path = ROOT):
    """What nbgrader_config.py says about the stub that replaces a solution; its folders are not used here."""
    from traitlets.config import Config
    from traitlets.config.loader import PyFileConfigLoader

    course = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    return Config(ClearSolutions=course.ClearSolutions)


def as_text(notebook: NotebookNode) -> str:
    """The file's content, as nbgrader writes it."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def built(root: Path = ROOT, unit: str | None = None) -> Iterator[tuple[Path, str, bool]]:
    """For each notebook of the course: its path, its text, and whether it is committed."""
    for source in unit_sources(root, unit):
        if source.parent.name == "lectures":
            yield source.with_suffix(".ipynb"), as_text(build_lecture(source)), True
        else:
            solution, exercise = build_exercise(source, root)
            yield source.with_suffix(".ipynb"), as_text(solution), False
            yield root / "exercises" / source.stem / f"{source.stem}.ipynb", as_text(exercise), True


def stale(root: Path = ROOT, unit: str | None = None) -> list[Path]:
    """Committed notebooks that differ from their source, are missing, or have no source any more."""
    texts = {path: text for path, text, committed in built(root, unit) if committed}
    known = {path.stem for path in texts}
    there = [*root.glob("lectures/*.ipynb"), *root.glob("exercises/*/*.ipynb")]
    orphans = [path for path in there if path not in texts and (unit is None or path.stem in known)]
    changed = [path for path, text in texts.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    return sorted(orphans + changed)


def main(
    unit: Annotated[str | None, typer.Argument(help="One unit, for example 02_rcnn; all units without it.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; name stale notebooks and exit with 1.")
    ] = False,
) -> None:
    """Build lectures, solutions and exercises from their text."""
    try:
        if check:
            old = stale(ROOT, unit)
            for path in old:
                typer.echo(f"stale: {path.relative_to(ROOT)} (run: make build)")
            raise typer.Exit(code=bool(old))
        for path, text, _ in built(ROOT, unit):
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                with atomic_write(path) as temporary:
                    temporary.write_text(text, encoding="utf-8")
                typer.echo(f"built {path.relative_to(ROOT)}")
    except CourseError as error:
        typer.echo(error, err=True)
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
