"""Run the lectures for the website, each once: jupyter-cache keeps what ran with the same cells and the same course."""

import hashlib
import tempfile
from copy import deepcopy
from functools import cache
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbformat import NotebookNode

from course_lib.errors import CourseError
from tools import ROOT
from tools.figures.run_notebooks import run_notebook

PROFILE = {"COURSE_PROFILE": "mini", "COURSE_DEVICE": "cpu"}


class LectureFailed(CourseError):
    """A cell of a lecture stopped."""


def executed(lecture: Path, kept: Path) -> NotebookNode:
    """A lecture with its outputs and its widgets' state, in the profile mini.

    Args:
        lecture: the notebook.
        kept: the folder of earlier runs. A lecture is run again where a cell of code, or anything in course_lib, has
            changed; its words may change.

    Raises:
        LectureFailed: a cell raised an error.
    """
    notebook = nbformat.read(lecture, as_version=4)
    store = get_cache(kept / course_digest())
    try:
        return store.merge_match_into_notebook(notebook)[1]
    except KeyError:  # never run
        ran = _run(notebook, lecture)
    store.cache_notebook_bundle(CacheBundleIn(ran, str(lecture)), check_validity=False, overwrite=True)
    return ran


def _run(notebook: NotebookNode, lecture: Path) -> NotebookNode:
    """In a folder of its own, so that nothing is left beside the lecture.

    Outputs and widgets are all that it gains: jupyter-cache knows a notebook by its code and all other metadata.
    """
    with tempfile.TemporaryDirectory() as folder:
        run = run_notebook(notebook, Path(folder), PROFILE)
    if run.failure:
        raise LectureFailed(f"{lecture.name} does not run.", expected="all cells", got=str(run.failure))
    ran = deepcopy(notebook)
    if "widgets" in run.notebook.metadata:
        ran.metadata.widgets = run.notebook.metadata.widgets
    for cell, done in zip(ran.cells, run.notebook.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = done.outputs, done.execution_count
    return ran


@cache
def course_digest(folder: Path = ROOT / "course_lib") -> str:
    """Changes with any file of course_lib: sixteen hexadecimal digits."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    told = hashlib.sha256()
    for path in files:
        told.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        told.update(hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()[:16]
