"""VOC's annotation files: the boxes, classes and "difficult" flags of a photograph's objects, and its size."""

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import torch
from jaxtyping import Bool, Float32, Int64
from torch import Tensor

from course_lib.data.files import plain
from course_lib.errors import DataBroken, DataMissing

CORNERS = ("xmin", "ymin", "xmax", "ymax")
TRUE = ("1", "true", "yes")

Size = tuple[int, int]
"""Height and width in pixels."""


def read_objects(
    path: Path, classes: Sequence[str], size: Size | None = None
) -> tuple[Float32[Tensor, "n 4"], Int64[Tensor, " n"], Bool[Tensor, " n"]]:
    """Boxes, labels and "difficult" flags of one annotation file, in the file's order.

    Corners may be fractions. A box is read in this order: in the file's own numbers, xmin must be less than xmax and
    ymin less than ymax (sets mark a slip of the mouse by equal ones); then it becomes (xmin - 1, ymin - 1, xmax, ymax);
    then it is clipped to the picture, of `size` (height, width), or as large as the file says; what is left must have
    an area, be it one pixel. Every box that fails, and every one with a corner that is not finite, is left out with a
    warning that names file and object. Raises DataBroken for a file that is not VOC's XML or names a class outside
    `classes`, DataMissing where there is none.
    """
    root = parse(path)
    height, width = size or stated_size(root) or (math.inf, math.inf)
    rows = []
    for number, item in enumerate(root.iter("object"), start=1):
        label, corners = _label(path, number, item, classes), _corners(path, number, item)
        box = _clipped(corners, height, width)
        if box is None:
            _warn(f"{path}: object {number} ({classes[label]}) has the box {corners} {_fault(corners)}; it is left out")
        else:
            rows.append((box, label, plain(item.findtext("difficult") or "").lower() in TRUE))
    boxes, labels, difficult = zip(*rows, strict=True) if rows else ([], [], [])
    return (
        torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        torch.tensor(labels, dtype=torch.int64),
        torch.tensor(difficult, dtype=torch.bool),
    )


def parse(path: Path) -> ElementTree.Element:
    """The root of an annotation file, without namespaces and with small letters in its tags.

    Raises DataMissing where there is no file, DataBroken where it is no XML or not VOC's.
    """
    try:
        root = ElementTree.fromstring(path.read_bytes().lstrip(b"\r\n\t "))
    except FileNotFoundError as error:
        raise DataMissing(
            f"The annotation {path.name} is not there.",
            expected=str(path),
            got="no such file",
            advice="put it there, or take its name out of the lists in ImageSets/Main",
        ) from error
    except (ElementTree.ParseError, ValueError, LookupError, OSError) as error:
        raise broken(path, str(error)) from error
    for item in root.iter():
        item.tag = str(item.tag).rpartition("}")[2].lower()
    if root.tag != "annotation":
        raise broken(path, f"<{root.tag}> where VOC has <annotation>")
    return root


def names_in(root: ElementTree.Element) -> list[str]:
    """The class names of all objects of an annotation, without outer spaces."""
    return [name for item in root.iter("object") if (name := plain(item.findtext("name") or ""))]


def stated_size(root: ElementTree.Element) -> Size | None:
    """The picture's height and width as the annotation states them; None where it does not, or states 0."""
    try:
        height, width = (int(float(root.findtext(f"size/{side}"))) for side in ("height", "width"))
    except (TypeError, ValueError, OverflowError):
        return None
    return (height, width) if min(height, width) > 0 else None


def broken(path: Path, got: str, classes: Sequence[str] = (), advice: str = "") -> DataBroken:
    """The error for an annotation that cannot be used."""
    known = f" with objects of {', '.join(classes)}" if classes else ""
    return DataBroken(
        f"The annotation {path.name} cannot be read.",
        expected=f"VOC's XML{known} at {path}",
        got=got,
        advice=advice or "correct the file, or fetch the data set again",
    )


def _label(path: Path, number: int, item: ElementTree.Element, classes: Sequence[str]) -> int:
    """The position of the object's class; capitals matter only where two classes differ in nothing else."""
    name = plain(item.findtext("name") or "")
    if name in classes:
        return classes.index(name)
    alike = [position for position, known in enumerate(classes) if known.casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0]
    got = f"object {number}: " + (f"{name!r}, which is no class of this set" if name else "no <name>")
    raise broken(path, got, classes, "correct the name, or pass the classes that the set really has")


def _corners(path: Path, number: int, item: ElementTree.Element) -> tuple[float, ...]:
    boxes = item.findall("bndbox")
    if len(boxes) != 1:
        raise broken(path, f"object {number}: {len(boxes) or 'no'} <bndbox>", advice="give each object one box")
    texts = [(boxes[0].findtext(corner) or "").strip() for corner in CORNERS]
    try:
        return tuple(float(text) for text in texts)
    except ValueError as error:
        got = f"object {number}: " + ", ".join(f"{name} {text!r}" for name, text in zip(CORNERS, texts, strict=True))
        raise broken(path, got, advice="write each corner as a number, with a point where it has a fraction") from error


def _clipped(corners: tuple[float, ...], height: float, width: float) -> list[float] | None:
    """The box from 0 and end-exclusive inside the picture; None where nothing is left of it."""
    if _fault(corners) != OUTSIDE:
        return None
    x1, y1, x2, y2 = corners
    x1, y1, x2, y2 = max(x1 - 1, 0), max(y1 - 1, 0), min(x2, width), min(y2, height)
    box = torch.tensor([x1, y1, x2, y2], dtype=torch.float32)  # float32 decides, since that is what is handed on
    return box.tolist() if bool((box[2:] > box[:2]).all()) and bool(box.isfinite().all()) else None


OUTSIDE = "outside the picture"


def _fault(corners: tuple[float, ...]) -> str:
    """What is wrong with a box that is left out."""
    if not all(map(math.isfinite, corners)):
        return "that is not finite"
    x1, y1, x2, y2 = corners
    if x2 < x1 or y2 < y1:
        return "with exchanged corners, without area"
    return "without area" if x2 == x1 or y2 == y1 else OUTSIDE


def _warn(text: str) -> None:
    warnings.warn(text, UserWarning, stacklevel=3)
