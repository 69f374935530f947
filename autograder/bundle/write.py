"""Write the folder."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.bundle import needs, texts
from autograder.bundle.address import Address
from autograder.errors import ReleaseError
from autograder.release import releases
from course_lib.errors import DataMissing
from course_lib.units import Unit

WHOLE = ("LICENSE", "LICENSE-CONTENT", "environment.yml", "binder", "course_lib")  # as they are
LEFT = ("__pycache__", ".ipynb_checkpoints")
KEPT = (".git",)  # in a folder that was written before
IGNORED = (
    "__pycache__/\n.ipynb_checkpoints/\n.venv/\n*.egg-info/\n/exercises/**/*.safetensors\n/lectures/*.safetensors\n"
)


def bundle(course: Path, folder: Path, where: Address, units: Sequence[Unit]) -> list[Path]:
    """Write the public repository; what an earlier release has left in the folder goes, its history stays.

    Returns:
        The files, in order.

    Raises:
        DataMissing: an exercise, or another part of a checkout, is not there.
        ReleaseError: an exercise was changed since it was built; or the folder holds something else than a bundle.
    """
    if lacking := [name for name in (*WHOLE, "lectures/index.md", "requirements.txt") if not (course / name).exists()]:
        raise DataMissing(
            "A public repository is made from a whole checkout.", expected=", ".join(lacking), got=str(course)
        )
    for unit in units:
        releases.built(unit.id, course)
    written = _texts(course, where, units)
    _clear(folder)
    for file in _files(course, units):
        target = _beneath(folder, file)
        shutil.copyfile(course / file, target)
        shutil.copymode(course / file, target)
        if file.suffix == ".ipynb":
            target.write_text(texts.notebook(target, where), encoding="utf-8")
    for name, text in written.items():
        _beneath(folder, Path(name)).write_text(text, encoding="utf-8")
    return sorted(path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)


def _beneath(folder: Path, file: Path) -> Path:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    return folder / file


def _texts(course: Path, where: Address, units: Sequence[Unit]) -> dict[str, str]:
    """What is written for students, by file."""
    warm = (course / "binder" / "postBuild").read_text(encoding="utf-8")
    return {
        "README.md": texts.readme(units, where),
        "pyproject.toml": texts.package(course),
        "requirements.txt": needs.pinned(course),
        "lectures/index.md": texts.start_page(course, units),
        "binder/postBuild": warm.replace(".[instructor]", ".[lab]"),
        ".gitignore": IGNORED,
        "tests/__init__.py": "",
        "tests/test_course.py": (texts.TEMPLATES / "tests" / "test_course.py").read_text(encoding="utf-8"),
    }


def _files(course: Path, units: Sequence[Unit]) -> Iterator[Path]:
    """What is copied as it is, relative to the course."""
    yield from (file for unit in units for file in (unit.lecture, unit.exercise))
    for name in WHOLE:
        found = [course / name] if (course / name).is_file() else sorted((course / name).rglob("*"))
        for path in found:
            if path.is_file() and not any(part in LEFT for part in path.parts):
                yield path.relative_to(course)


def _clear(folder: Path) -> None:
    """Make room, but only where a bundle lay."""
    there = [path for path in folder.iterdir() if path.name not in KEPT] if folder.exists() else []
    if there and not (folder / "tests" / "test_course.py").exists():
        raise ReleaseError(
            "This folder holds something else.", expected="an empty folder, or an earlier release", got=str(folder)
        )
    for path in there:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
