"""Small wheels, made by hand, for tests of what installs them."""

import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path


def wheel(
    folder: Path,
    name: str,
    version: str,
    files: Mapping[str, str] | None = None,
    requires: Collection[str] = (),
    python: str = ">=3.8",
) -> Path:
    """A wheel of these files (path and text), by default none, with its metadata."""
    stem = f"{name.replace('-', '_')}-{version}"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"Requires-Python: {python}"]
    info = {
        "METADATA": "\n".join([*lines, *(f"Requires-Dist: {each}" for each in requires)]) + "\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**(files or {}), **{f"{stem}.dist-info/{key}": text for key, text in info.items()}}.items():
            archive.writestr(file, text)
    return path
