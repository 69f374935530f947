"""A release's cells and points in nbgrader's gradebook: nothing can be graded before they are there."""

from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import SaveCells

from autograder.book import schemes
from autograder.book.gradebook import quiet
from autograder.errors import ReleaseError
from autograder.release import releases


def register(unit: str, course: Path, db_url: str) -> str:
    """Keep the exercise as a release, and enter its cells and points into nbgrader's gradebook. Returns its id.

    Raises:
        DataMissing, ReleaseError: see `releases.built`; or the gradebook cannot take its cells any more.
    """
    enter(releases.built(unit, course), unit, course, db_url)
    return releases.keep(unit, course)


def enter(released: NotebookNode, unit: str, course: Path, db_url: str) -> None:
    """Enter a release's cells and points into nbgrader's gradebook.

    Raises:
        ReleaseError: submissions are graded already, and the release has other cells than theirs.
    """
    notebook = schemes.with_marking(released, unit, course)
    with Gradebook(db_url) as book:
        book.update_or_create_assignment(unit)
    where = {"student": ".", "assignment": unit, "notebook": unit, "db_url": db_url}
    try:
        quiet(SaveCells().preprocess)(notebook, {"nbgrader": where})
    except RuntimeError as error:  # of nbgrader, which names no reason in a class of its own
        if "submissions associated" not in str(error):
            raise
        raise ReleaseError(
            f"{unit} has other graded cells than the release by which submissions were graded already.",
            expected="the same cells: their text and points may change in the middle of a term",
            got=str(error),
            advice="a new gradebook (--database), in which everybody is graded again",
        ) from error
