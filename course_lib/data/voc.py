"""PASCAL VOC, and any data set in its layout: photographs with the boxes and classes of their objects.

Everingham et al., The PASCAL Visual Object Classes Challenge, IJCV 2010. VOC's own files count pixels from 1 and
include the last one; here boxes are (x1, y1, x2, y2) from 0, end-exclusive: (xmin - 1, ymin - 1, xmax, ymax).
"""

import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import torch
from jaxtyping import Bool, Float32, Int64, UInt8
from torch import Tensor

from course_lib.data.photos import read_image
from course_lib.download import missing
from course_lib.errors import DataBroken, DataMissing, SettingsError
from course_lib.settings import settings

# fmt: off
VOC_CLASSES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car",
    "cat", "chair", "cow", "diningtable", "dog", "horse", "motorbike",
    "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)
# fmt: on
CORNERS = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True)
class Photograph:
    """One annotated photograph; labels are positions in the set's `classes`."""

    image: UInt8[Tensor, "3 h w"]
    boxes: Float32[Tensor, "n 4"]
    labels: Int64[Tensor, " n"]
    difficult: Bool[Tensor, " n"]
    name: str


class Photographs(Sequence):
    """The photographs of one split; each is read from disk when it is asked for.

    `longest` is the most pixels that the longer side may have: larger images are shrunk, boxes with them.
    """

    def __init__(self, images: list[Path], annotations: list[Path], classes: Sequence[str], longest: int | None = None):
        self.images, self.annotations = images, annotations
        self.classes, self.longest = tuple(classes), longest

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index):
        """The photograph at an index, or a shorter Photographs for a slice. Raises DataBroken, DataMissing."""
        if isinstance(index, slice):
            return Photographs(self.images[index], self.annotations[index], self.classes, self.longest)
        image = read_image(self.images[index])
        boxes, labels, difficult = read_objects(self.annotations[index], self.classes)
        image, boxes = _shrink(image, boxes, self.longest)
        return Photograph(image, boxes, labels, difficult, self.images[index].stem)


def voc(year: int | str, split: str, limit: int | None = None, longest: int | None = None) -> Photographs:
    """PASCAL VOC `year` (2007 … 2012), split train, val, trainval or (2007 only) test, from COURSE_DATA.

    At most `limit` photographs (COURSE_LIMIT where it is None). Nothing is downloaded; raises DataMissing where the set
    is not there, SettingsError for another year or split.
    """
    from torchvision.datasets.voc import DATASET_YEAR_DICT

    root = settings().data
    try:
        found = _torchvisions(root, year, split)
    except (RuntimeError, FileNotFoundError) as error:
        sought = [root / DATASET_YEAR_DICT[str(year)]["base_dir"] / "ImageSets" / "Main" / f"{split}.txt"]
        advice = f"course data voc --year {year}" + (" --split test" if split == "test" else "")
        raise missing(f"PASCAL VOC {year} ({split})", sought, advice) from error
    photographs = Photographs(
        [Path(p) for p in found.images], [Path(p) for p in found.annotations], VOC_CLASSES, longest
    )
    return photographs[: settings().limit if limit is None else limit]


def voc_layout(
    folder: Path | str, split: str, classes: Sequence[str] | None = None, longest: int | None = None
) -> Photographs:
    """A data set that lies in VOC's layout in `folder`: JPEGImages, Annotations and ImageSets/Main/<split>.txt.

    `classes` gives the labels' order; None takes all names found in the annotations, sorted.
    """
    folder = Path(folder)
    listing = folder / "ImageSets" / "Main" / f"{split}.txt"
    if not listing.is_file():
        raise missing(f"The split {split!r} of {folder.name}", [listing], "check the folder and the split's name")
    names = [line.split()[0] for line in listing.read_text().splitlines() if line.strip()]
    annotations = [folder / "Annotations" / f"{name}.xml" for name in names]
    images = [folder / "JPEGImages" / f"{name}.jpg" for name in names]
    return Photographs(images, annotations, classes or _classes_in(folder / "Annotations"), longest)


def download_voc(year: int | str, split: str = "trainval") -> Path:
    """Fetches PASCAL VOC `year` through torchvision's loader into COURSE_DATA and returns its folder.

    Fetching and unpacking happen in a folder beside; only a complete set is moved to its place, so that an interrupted
    download leaves nothing and is begun again whole. Raises DataMissing without network.
    """
    root = settings().data
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".voc-") as temporary:
        try:
            found = _torchvisions(temporary, year, split, download=True)
        except (OSError, RuntimeError) as error:
            advice = f"connect to the network and run 'course data voc --year {year}' again"
            raise missing(f"PASCAL VOC {year} ({split})", [root / "VOCdevkit"], advice, str(error)) from error
        source = Path(found.annotations[0]).parents[1]
        target = root / source.relative_to(temporary)
        for part in ("JPEGImages", "SegmentationClass", "SegmentationObject", "Annotations", "ImageSets"):
            _move(source / part, target / part)
    return target


def _torchvisions(root: Path | str, year: int | str, split: str, download: bool = False):
    from torchvision.datasets import VOCDetection

    try:
        return VOCDetection(root, str(year), split, download=download)
    except ValueError as error:
        raise SettingsError(
            "PASCAL VOC has no such part.",
            expected="a year from 2007 to 2012; train, val or trainval, and test in 2007",
            got=f"year {year}, split {split!r}",
        ) from error


def read_objects(
    path: Path, classes: Sequence[str]
) -> tuple[Float32[Tensor, "n 4"], Int64[Tensor, " n"], Bool[Tensor, " n"]]:
    """Boxes, labels and "difficult" flags of one annotation file, in the file's order.

    A box without area is dropped with a warning that names file and object. Raises DataBroken for a file that is not
    VOC's XML or names a class outside `classes`, DataMissing where there is none.
    """
    rows = []
    for number, item in enumerate(_parse(path).findall("object"), start=1):
        try:
            label = classes.index(item.findtext("name"))
            x1, y1, x2, y2 = (float(item.findtext(f"bndbox/{corner}")) for corner in CORNERS)
        except (ValueError, TypeError) as error:
            raise _broken(path, f"object {number}: {error}", classes) from error
        if x2 <= x1 or y2 <= y1:
            what = f"{path}: object {number} ({classes[label]}) has the box {(x1, y1, x2, y2)} without area"
            warnings.warn(f"{what}; it is left out", UserWarning, stacklevel=2)
            continue
        rows.append(([x1 - 1, y1 - 1, x2, y2], label, item.findtext("difficult") == "1"))
    boxes, labels, difficult = zip(*rows, strict=True) if rows else ([], [], [])
    return (
        torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4).clamp(min=0),
        torch.tensor(labels, dtype=torch.int64),
        torch.tensor(difficult, dtype=torch.bool),
    )


def _parse(path: Path) -> ElementTree.Element:
    try:
        return ElementTree.parse(path).getroot()
    except FileNotFoundError as error:
        raise DataMissing(
            f"The annotation {path.name} is not there.", expected=str(path), got="no such file"
        ) from error
    except ElementTree.ParseError as error:
        raise _broken(path, str(error)) from error


def _broken(path: Path, got: str, classes: Sequence[str] = ()) -> DataBroken:
    known = f" with objects of {', '.join(classes)}" if classes else ""
    return DataBroken(
        f"The annotation {path.name} cannot be read.",
        expected=f"VOC's XML{known} at {path}",
        got=got,
        advice="fetch the data set again, or pass the classes that it really has",
    )


def _classes_in(folder: Path) -> tuple[str, ...]:
    files = sorted(folder.glob("*.xml"))
    return tuple(sorted({name.text for path in files for name in _parse(path).iterfind("object/name") if name.text}))


def _shrink(image: Tensor, boxes: Tensor, longest: int | None) -> tuple[Tensor, Tensor]:
    height, width = image.shape[1:]
    if longest is None or max(height, width) <= longest:
        return image, boxes
    from torchvision.transforms.v2.functional import resize
    from torchvision.tv_tensors import BoundingBoxes

    size = [max(1, round(side * longest / max(height, width))) for side in (height, width)]
    boxes = BoundingBoxes(boxes, format="XYXY", canvas_size=(height, width))
    return resize(image, size, antialias=True), resize(boxes, size).as_subclass(Tensor)


def _move(source: Path, target: Path) -> None:
    """Moves every file of `source` into `target`, beside what lies there (VOC 2007's test set joins its trainval)."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, place)
