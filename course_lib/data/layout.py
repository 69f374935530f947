"""VOC's layout on disk: which picture and which annotation a line in ImageSets/Main means, and which classes exist."""

import warnings
from collections.abc import Collection
from pathlib import Path, PureWindowsPath

from course_lib.data.annotations import names_in, parse
from course_lib.data.files import alike, by_stem, lines, plain
from course_lib.data.images import SUFFIXES
from course_lib.download import missing
from course_lib.errors import DataBroken

XML = frozenset({".xml"})
COLUMNS = ("-1", "0", "1")  # VOC's lists for one class say behind each name whether it shows one: no, hardly, yes


def list_of(folder: Path, split: str) -> Path:
    """Where the list of a split lies."""
    return folder / "ImageSets" / "Main" / f"{split}.txt"


def split_files(folder: Path, split: str) -> tuple[list[Path], list[Path]]:
    """The pictures and the annotations of a split, in the order of its list; each name once.

    Where a name has no file, VOC's own path stands for it, so that reading it says what is missing. Raises DataMissing
    where there is no list, DataBroken for a list without names and for a name with several files.
    """
    listing = list_of(folder, split)
    if not listing.is_file():
        raise missing(f"The split {split!r} of {folder.name}", [listing], "check the folder and the split's name")
    pictures, annotations = by_stem(folder / "JPEGImages", SUFFIXES), by_stem(folder / "Annotations", XML)
    known = pictures.keys() | annotations.keys()
    names = list(dict.fromkeys(_name(line, known) for line in lines(listing)))
    if not names:
        raise _no_names(listing)
    return (
        [_found(pictures, name) or folder / "JPEGImages" / f"{name}.jpg" for name in names],
        [_found(annotations, name) or folder / "Annotations" / f"{name}.xml" for name in names],
    )


def classes_in(folder: Path) -> tuple[str, ...]:
    """All class names in the annotations of a folder, sorted; a warning names those that look like one class.

    Raises DataBroken where no annotation names an object.
    """
    paths = [path for found in by_stem(folder, XML).values() for path in found]
    where = {name: path for path in paths for name in names_in(parse(path))}
    if not where:
        raise DataBroken(
            f"The annotations in {folder} name no object.",
            expected="VOC's XML, with a <name> in each <object>",
            got=f"{len(paths)} annotations, none with an object",
            advice="check the folder, or fetch the data set again",
        )
    for one, other in alike(sorted(where)):
        told = f"{one!r} (in {where[one]}) and {other!r} (in {where[other]}) are read as two classes"
        warnings.warn(f"{told}; correct the file if they are the same", UserWarning, stacklevel=3)
    return tuple(sorted(where))


def _name(line: str, known: Collection[str]) -> str:
    """The name in a line of a list: the longest beginning that names a file, without its folders and its suffix."""
    columns = line.split()
    for count in range(len(columns), 0, -1):
        path = PureWindowsPath(plain(" ".join(columns[:count])))  # both / and \ part folders
        for name in (path.name, path.stem if path.suffix.lower() in SUFFIXES | {".xml"} else ""):
            if name.casefold() in known:
                return name
    return plain(" ".join(columns[:-1] if len(columns) > 1 and columns[-1] in COLUMNS else columns))


def _found(files: dict[str, list[Path]], name: str) -> Path | None:
    """The file of this name: written just so rather than in other letters, a .jpg (VOC's own) rather than another."""
    found = files.get(name.casefold(), [])
    found = [path for path in found if plain(path.stem) == name] or found
    found = [path for path in found if path.suffix.lower() == ".jpg"] or found
    if len(found) > 1:
        raise DataBroken(
            f"The name {name} has several files.",
            expected=f"one of them in {found[0].parent}",
            got=", ".join(path.name for path in found),
            advice="remove or rename all but the one that the annotation is about",
        )
    return found[0] if found else None


def _no_names(listing: Path) -> DataBroken:
    return DataBroken(
        f"The list {listing.name} is empty.",
        expected=f"the name of an image on each line of {listing}",
        got="no name",
        advice="write the names of the split's images into it, or fetch the data set again",
    )
