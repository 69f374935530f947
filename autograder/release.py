"""Releases: what students were given. Each is kept, and a submission is graded by its own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_lib.errors import DataMissing

KEPT = "releases"


def released(unit: str, course: Path) -> Path:
    """The exercise as it is given out now.

    Raises:
        DataMissing: it was not built.
    """
    path = course / "exercises" / unit / f"{unit}.ipynb"
    if not path.exists():
        raise DataMissing(f"The exercise of unit {unit!r} is not there.", expected=str(path), advice="`make build`")
    return path


def keep(unit: str, course: Path) -> str:
    """Keep a copy of the present release beside the gradebook. Returns its id."""
    source = released(unit, course)
    name = release_of(nbformat.read(source, as_version=4))
    target = course / KEPT / unit / f"{name}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copyfile(source, target)
    return name


def release_of(notebook: NotebookNode) -> str:
    """The id of the release from which a notebook was made, or ""."""
    course = notebook.metadata.get("course", {})
    return str(course.get("release", "")) if isinstance(course, dict) else ""


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's name of a cell, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def is_solution(cell: NotebookNode) -> bool:
    """Whether students write in this cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def find(unit: str, course: Path, name: str) -> tuple[NotebookNode, str]:
    """The release of that id; where it was not kept, the present one and a note that says so."""
    present = nbformat.read(released(unit, course), as_version=4)
    if name == release_of(present):
        return present, ""
    kept = {path.stem: path for path in (course / KEPT / unit).glob("*.ipynb")}
    if name in kept:
        return nbformat.read(kept[name], as_version=4), ""
    return present, "The submission does not say which release it was made from; it is graded by the present one."


def register(unit: str, course: Path, db_url: str) -> str:
    """Enter the unit's cells and points into nbgrader's gradebook, and keep the release. Returns the release's id."""
    from nbgrader.api import Gradebook
    from nbgrader.preprocessors import SaveCells

    notebook = _with_marking_schemes(unit, course)
    with Gradebook(db_url) as gradebook:
        gradebook.update_or_create_assignment(unit)
    where = {"student": ".", "assignment": unit, "notebook": unit, "db_url": db_url}
    quiet(SaveCells().preprocess)(notebook, {"nbgrader": where})
    return keep(unit, course)


def _with_marking_schemes(unit: str, course: Path) -> NotebookNode:
    """The exercise with the solution's written questions, so that graders read the marking scheme beside the answer."""
    from nbgrader.utils import compute_checksum, is_task

    source = course / "solutions" / unit / f"{unit}.ipynb"
    if not source.exists():
        raise DataMissing(f"The solution of unit {unit!r} is not built.", expected=str(source), advice="`make build`")
    notebook = nbformat.read(released(unit, course), as_version=4)
    for cell, original in zip(notebook.cells, nbformat.read(source, as_version=4).cells, strict=True):
        if is_task(cell):
            cell.source = original.source
            cell.metadata.nbgrader.checksum = compute_checksum(cell)
    return notebook


def quiet(function: Callable) -> Callable:
    """nbgrader's database layer warns about its own use of SQLAlchemy; nobody here can mend that."""
    import warnings

    def run(*args, **options):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="nbgrader|sqlalchemy")
            return function(*args, **options)

    return run
