"""Releases: what students were given. Each is kept, and a submission is graded by its own.

`exercises/` is where exercises are built, and where people open and try them. Nothing is graded by what lies there: a
release is kept in `releases/`, under an id that is a digest of its text, before it is given out or graded.
"""

import re
import shutil
from functools import lru_cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.errors import ReleaseError
from autograder.release import pristine
from autograder.release.pristine import release_of
from course_lib.download import atomic_write
from course_lib.errors import DataMissing

KEPT = "releases"
COPY = "to try an exercise out, copy its folder first"


def working(unit: str, course: Path) -> Path:
    """The exercise as it was built, unless somebody has changed it since."""
    return course / "exercises" / unit / f"{unit}.ipynb"


def units_in(course: Path) -> list[str]:
    """The units that have an exercise or a kept release."""
    return sorted({path.parent.name for kind in ("exercises", KEPT) for path in course.glob(f"{kind}/*/*.ipynb")})


def built(unit: str, course: Path) -> NotebookNode:
    """The exercise in `exercises/`, to be given out: as a build left it.

    Raises:
        DataMissing: it is not there.
        ReleaseError: it was changed.
    """
    path = working(unit, course)
    if not path.exists():
        advice = f"`git checkout -- exercises/{unit}`, or `make build`"
        raise DataMissing(f"The exercise of unit {unit!r} is not there.", expected=str(path), advice=advice)
    if said := changed(unit, course):
        expected = "the notebook as it was built: what is given out can be graded"
        raise ReleaseError(
            "This exercise cannot be given out.", expected=expected, got=said, advice=_undo(unit, course)
        )
    return nbformat.read(path, as_version=4)


def changed(unit: str, course: Path) -> str:
    """How the exercise in `exercises/` differs from a build, in a sentence; "" where it does not, or is not there."""
    path, notebook = working(unit, course), _read(working(unit, course))
    if not path.exists():
        return ""
    kept = _kept(unit, course).get(release_of(notebook)) if notebook else None
    what = pristine.differs(notebook, _read(kept) if kept else None) if notebook else "no notebook can be read in it"
    return f"{path.relative_to(course)} is not as it was built: {what}" if what else ""


def _undo(unit: str, course: Path) -> str:
    """What to do about a changed exercise."""
    notebook, path = _read(working(unit, course)), working(unit, course).relative_to(course)
    kept = _kept(unit, course).get(release_of(notebook)) if notebook else None
    back = f"`cp {kept.relative_to(course)} {path}`" if kept else f"`git checkout -- {path}`"
    return f"{back}, or `make build`; {COPY}"


def keep(unit: str, course: Path) -> str:
    """Keep a copy of the exercise as it was built, read-only, beside the gradebook. Returns its id.

    Raises:
        DataMissing, ReleaseError: see `built`.
    """
    name = release_of(built(unit, course))
    target = course / KEPT / unit / f"{name}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        with atomic_write(target) as draft:
            shutil.copyfile(working(unit, course), draft)
            draft.chmod(0o444)
    return name


def settle(unit: str, course: Path) -> str:
    """Before anything is graded: keep the exercise if it is as it was built, and look at all that is kept.

    Returns:
        how `exercises/` differs from a build, which grading does not heed; "" where it does not.

    Raises:
        ReleaseError: there is nothing to grade by, or a kept release was changed.
    """
    said = changed(unit, course)
    if working(unit, course).exists() and not said:
        keep(unit, course)
    for path in _kept(unit, course).values():
        _whole(path)
    present(unit, course)
    return f"{said}. It is graded by {KEPT}/{unit}/, as always. {_undo(unit, course)}" if said else ""


def present(unit: str, course: Path) -> NotebookNode:
    """The release that is given out now: the one that `exercises/` names, or else the last that was kept.

    Raises:
        ReleaseError: there is none, or it was changed.
    """
    kept, notebook = _kept(unit, course), _read(working(unit, course))
    if notebook and release_of(notebook) in kept:
        return _whole(kept[release_of(notebook)])
    said = changed(unit, course)
    if notebook and not said:
        return notebook
    if kept:
        return _whole([*kept.values()][-1])
    raise ReleaseError(
        f"There is no release of {unit} to grade by.",
        expected=f"{course / KEPT / unit}/ID.ipynb, or an exercise as it was built",
        got=said or f"{working(unit, course)} is not there",
        advice=f"restore {KEPT}/ from a backup, or the exercise: {_undo(unit, course)}",
    )


def every(unit: str, course: Path) -> list[NotebookNode]:
    """All releases of a unit: those that were kept and, first, the present one."""
    now = present(unit, course)
    kept = [_whole(path) for name, path in _kept(unit, course).items() if name != release_of(now)]
    return [now, *kept]


def find(unit: str, course: Path, name: str) -> tuple[NotebookNode, str]:
    """The release of that id; where it was not kept, the present one and a note that says so."""
    kept = _kept(unit, course)
    if name in kept:
        return _whole(kept[name]), ""
    now = present(unit, course)
    if name == release_of(now):
        return now, ""
    if re.fullmatch("[0-9a-f]{16}", name):
        return now, f"The release {name}, from which the submission was made, is lost; it is graded by the present one."
    return now, "The submission does not say which release it was made from; it is graded by the present one."


def _kept(unit: str, course: Path) -> dict[str, Path]:
    """The files of all kept releases by their ids, the last kept one at the end."""
    paths = sorted((course / KEPT / unit).glob("[!.]*.ipynb"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    return {path.stem: path for path in paths}


def _whole(path: Path) -> NotebookNode:
    """A kept release, whose text is the one for which its id stands.

    Raises:
        ReleaseError: it is another one.
    """
    notebook = _read(path)
    if notebook is None or not release_of(notebook) == pristine.identity(notebook) == path.stem:
        raise ReleaseError(
            f"The kept release {path} was changed.",
            expected=f"the text of which {path.stem} is the digest",
            got=f"a text whose digest is {pristine.identity(notebook)}" if notebook else "no notebook",
            advice="restore it from a backup; or remove it, and who began with it is graded by the present release",
        )
    return notebook


def _read(path: Path) -> NotebookNode | None:
    """A notebook of ours, to be read and not to be changed; None where there is none that can be read."""
    try:
        state = path.stat()
    except OSError:
        return None
    return _parsed(path.absolute(), state.st_mtime_ns, state.st_size, state.st_ino)


@lru_cache(maxsize=16)
def _parsed(path: Path, *state: int) -> NotebookNode | None:
    """A file's notebook, parsed once for as long as the file stays as it is: a class is graded by one release."""
    try:
        notebook = nbformat.read(path, as_version=4)
        return notebook if isinstance(notebook.cells, list) and isinstance(notebook.metadata, dict) else None
    except (OSError, ValueError, AttributeError, TypeError, KeyError, nbformat.ValidationError):
        return None
