"""PASCAL VOC, and any data set in its layout: photographs with the boxes and classes of their objects.

Everingham et al., The PASCAL Visual Object Classes Challenge, IJCV 2010. VOC's own files count pixels from 1 and
include the last one; here boxes are (x1, y1, x2, y2) from 0, end-exclusive: (xmin - 1, ymin - 1, xmax, ymax).
A set in VOC's layout may name its files more freely than VOC does: `voc_layout` says how they are found.
"""

import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Bool, Float32, Int64, UInt8
from torch import Tensor

from course_lib.data.annotations import Size, broken, parse, read_objects, stated_size
from course_lib.data.images import read_image
from course_lib.data.layout import classes_in, list_of, split_files
from course_lib.download import missing
from course_lib.errors import DataMissing, SettingsError
from course_lib.settings import settings

# fmt: off
VOC_CLASSES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car",
    "cat", "chair", "cow", "diningtable", "dog", "horse", "motorbike",
    "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)
# fmt: on
SPLITS = ("train", "val", "trainval")


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
        image = _picture(self.images[index], self.annotations[index])
        boxes, labels, difficult = read_objects(self.annotations[index], self.classes, tuple(image.shape[1:]))
        image, boxes = _shrink(image, boxes, self.longest)
        return Photograph(image, boxes, labels, difficult, self.images[index].stem)


def voc(year: int | str, split: str, limit: int | None = None, longest: int | None = None) -> Photographs:
    """PASCAL VOC `year` (2007 … 2012), split train, val, trainval or (2007 only) test, from COURSE_DATA.

    At most `limit` photographs (COURSE_LIMIT where it is None). Nothing is downloaded; raises DataMissing where the set
    is not there, SettingsError for another year or split.
    """
    folder = _year_folder(settings().data, year, split)
    listing = list_of(folder, split)
    if not listing.is_file():
        advice = f"course data voc --year {year}" + (" --split test" if split == "test" else "")
        raise missing(f"PASCAL VOC {year} ({split})", [listing], advice)
    photographs = voc_layout(folder, split, VOC_CLASSES, longest)
    return photographs[: settings().limit if limit is None else limit]


def voc_layout(
    folder: Path | str, split: str, classes: Sequence[str] | None = None, longest: int | None = None
) -> Photographs:
    """A data set that lies in VOC's layout in `folder`: JPEGImages, Annotations and ImageSets/Main/<split>.txt.

    `classes` gives the labels' order; None takes all names found in the annotations, sorted. A line of the list is a
    name, with or without spaces, suffix, folders before it and columns behind it; a name listed twice counts once. Its
    picture may be of any kind that `read_image` knows, with its suffix in any case. Raises DataMissing where there is
    no list, DataBroken for a list without names or a name with several pictures.
    """
    folder = Path(folder)
    images, annotations = split_files(folder, split)
    return Photographs(images, annotations, classes or classes_in(folder / "Annotations"), longest)


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
        raise _no_such_part(year, split) from error


def _year_folder(root: Path, year: int | str, split: str) -> Path:
    """Where torchvision puts a year of VOC. Raises SettingsError for a part that VOC does not have."""
    from torchvision.datasets.voc import DATASET_YEAR_DICT

    splits = (*SPLITS, "test") if str(year) == "2007" else SPLITS
    if str(year) not in DATASET_YEAR_DICT or split not in splits:
        raise _no_such_part(year, split)
    return root / DATASET_YEAR_DICT[str(year)]["base_dir"]


def _no_such_part(year: int | str, split: str) -> SettingsError:
    return SettingsError(
        "PASCAL VOC has no such part.",
        expected="a year from 2007 to 2012; train, val or trainval, and test in 2007",
        got=f"year {year}, split {split!r}",
    )


def _picture(path: Path, annotation: Path) -> UInt8[Tensor, "3 h w"]:
    """The picture in the pixels that its boxes refer to: as stored, like VOC's, unless `<size>` is that of the picture
    turned upright. Raises DataMissing, DataBroken; warns where `<size>` is neither."""
    stated = stated_size(parse(annotation))
    if not path.is_file():
        raise DataMissing(
            f"The image {path.name} is not there.",
            expected=f"{path}, or the same name with another suffix, as {annotation.name} lies in Annotations",
            got="no such file",
            advice="put it there, or take its name out of the lists in ImageSets/Main",
        )
    for upright in (False, True):
        image = read_image(path, upright=upright)
        size = tuple(image.shape[1:])
        if stated is None or all(abs(side - other) <= 1 for side, other in zip(size, stated, strict=True)):
            return image
    stored = read_image(path, upright=False)
    _complain(annotation, stated, tuple(stored.shape[1:]))
    return stored


def _complain(annotation: Path, stated: Size, size: Size) -> None:
    """DataBroken where the picture was shrunk or enlarged after its boxes were drawn, else a warning."""
    got = f"<size> says {stated[1]} × {stated[0]} pixels, its picture has {size[1]} × {size[0]}"
    if abs(stated[0] * size[1] - stated[1] * size[0]) <= sum(size) / 2 + sum(stated) / 2:
        advice = "scale the boxes and <size> as the picture was scaled, or put the original picture there"
        raise broken(annotation, got, advice=advice)
    told = f"{annotation}: {got}; its boxes are taken as pixels of the picture and clipped to it: look at some of them"
    warnings.warn(told, UserWarning, stacklevel=4)


def _shrink(image: Tensor, boxes: Tensor, longest: int | None) -> tuple[Tensor, Tensor]:
    height, width = image.shape[1:]
    if longest is None or max(height, width) <= longest:
        return image, boxes
    from torchvision.transforms.v2.functional import resize
    from torchvision.tv_tensors import BoundingBoxes

    size = [max(1, round(side * longest / max(height, width))) for side in (height, width)]
    boxes = BoundingBoxes(boxes, format="XYXY", canvas_size=(height, width))
    boxes = resize(boxes, size).as_subclass(Tensor)
    return resize(image, size, antialias=True), boxes.minimum(boxes.new_tensor([size[1], size[0]] * 2))


def _move(source: Path, target: Path) -> None:
    """Moves every file of `source` into `target`, beside what lies there (VOC 2007's test set joins its trainval)."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, place)
