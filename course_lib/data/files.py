"""Which files of a data set's folder are its data, and which another program left there; lists of names in any form."""

import codecs
import os
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

from course_lib.errors import DataBroken

LEFT_BEHIND = frozenset(
    "thumbs.db|ehthumbs.db|desktop.ini|icon\r|@eadir|$recycle.bin|system volume information|lost+found".split("|")
)
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def is_data(name: str) -> bool:
    """Whether a file or folder of this name belongs to a data set.

    Names that begin with "." or "__" do not (.ipynb_checkpoints, .DS_Store, ._0.jpg, __MACOSX), nor does what Windows
    and network drives leave behind (Thumbs.db, desktop.ini, @eaDir).
    """
    return not name.startswith((".", "__")) and name.lower() not in LEFT_BEHIND


def folders_in(root: Path) -> list[Path]:
    """The folders in `root` that are data, sorted by name; none where `root` is no folder."""
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if is_data(path.name) and path.is_dir())


def files_below(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """The data files with one of the suffixes (in any case) in `folder` and in its folders, sorted folder by folder.

    Raises DataBroken, naming it, for a folder that may not be opened.
    """
    found = []
    for place, names, files in os.walk(folder, onerror=_refuse, followlinks=True):
        names[:] = sorted(filter(is_data, names))
        found += [Path(place, name) for name in sorted(files) if is_data(name) and _suffix(name) in suffixes]
    return sorted(found, key=lambda path: (str(path.parent), path.name))


def by_stem(folder: Path, suffixes: Collection[str]) -> dict[str, list[Path]]:
    """The data files of `folder` with one of the suffixes, by their plain names without suffix, in small letters."""
    found = defaultdict(list)
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if is_data(path.name) and path.suffix.lower() in suffixes:
                found[plain(path.stem).casefold()].append(path)
    return dict(found)


def alike(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of names that differ in nothing but capitals, spaces and what nobody sees."""
    first = {}
    pairs = [(first.setdefault(plain(name).casefold(), name), name) for name in names]
    return [(one, other) for one, other in pairs if one != other]


def plain(name: str) -> str:
    """A name without what nobody sees: outer and doubled spaces, byte-order marks, Unicode's two ways to write é."""
    visible = unicodedata.normalize("NFC", name).replace("\ufeff", "").replace("\u200b", "")
    return " ".join(visible.split())


def lines(path: Path) -> list[str]:
    """The lines of a text file that are not blank, as `numbered_lines` reads them."""
    return [text for _, text in numbered_lines(path)]


def numbered_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a text file that are not blank, stripped, each with its number, from 1.

    With any line ends, UTF-8 or UTF-16, with or without BOM. Raises DataBroken, naming it, for a file that is no such
    text.
    """
    raw = path.read_bytes()
    encoding = next((name for mark, name in MARKS.items() if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataBroken(
            f"The list {path.name} cannot be read.",
            expected=f"text in UTF-8, a name on each line, at {path}",
            got=str(error),
            advice="save it as UTF-8",
        ) from error
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _refuse(error: OSError) -> None:
    raise DataBroken(
        f"The folder {Path(error.filename).name} cannot be opened.",
        expected=f"a folder of images at {error.filename}",
        got=error.strerror,
        advice="give yourself the right to read it",
    ) from error
