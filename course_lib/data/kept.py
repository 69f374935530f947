"""Arrays that were drawn or computed once and are kept on disk: one npz file for each request, never pickled."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from course_lib.download import atomic_write
from course_lib.settings import settings

BROKEN = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
Arrays = dict[str, np.ndarray]


def kept(folder: str, name: str, draw: Callable[[], Arrays]) -> Arrays:
    """The arrays of this name from a folder of the cache; drawn and written if they are not there or not readable."""
    path = settings().cache / folder / f"{name}.npz"
    if path.is_file():
        try:
            return _read(path)
        except BROKEN:
            path.unlink(missing_ok=True)
    arrays = draw()
    with atomic_write(path) as temporary:
        np.savez(temporary, **arrays)
    return arrays


def _read(path: Path) -> Arrays:
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
