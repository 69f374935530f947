"""Images with the class of each pixel: in `mini` Tinytown, in `full` PASCAL VOC or a set of one's own.

Two layouts are known. VOC's: JPEGImages, SegmentationClass and ImageSets/Segmentation/<split>.txt, void 255.
CamVid's (Brostow, Fauqueur and Cipolla, Semantic object classes in video, Pattern Recognition Letters 2009, with the
eleven classes of SegNet): <split>, <split>annot and <split>.txt, which names an image on each line; void 11.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from jaxtyping import UInt8
from torch import Tensor

from course_lib.data.files import lines
from course_lib.data.images import read_image
from course_lib.data.labels import VOID, read_labels
from course_lib.data.voc import VOC_CLASSES
from course_lib.download import missing
from course_lib.errors import DataBroken, SettingsError
from course_lib.settings import settings

SPLITS = ("train", "val", "test")
VOC_LABELS = ("background", *VOC_CLASSES)
# fmt: off
CAMVID_LABELS = (
    "sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist",
)
# fmt: on


@dataclass(frozen=True)
class Layout:
    """Where a data set keeps its list, images and masks, by {split} and {name}; its classes; its label for void."""

    listing: str
    image: str
    mask: str
    classes: tuple[str, ...]
    void: int


VOC = Layout(
    "ImageSets/Segmentation/{split}.txt", "JPEGImages/{name}.jpg", "SegmentationClass/{name}.png", VOC_LABELS, VOID
)
CAMVID = Layout("{split}.txt", "{split}/{name}.png", "{split}annot/{name}.png", CAMVID_LABELS, len(CAMVID_LABELS))


@dataclass(frozen=True)
class Segmented:
    """An image and the class of each of its pixels, 255 where nobody could say (void)."""

    image: UInt8[Tensor, "3 h w"]
    mask: UInt8[Tensor, "h w"]
    name: str


class Segmentation(Sequence):
    """Images of one split, each read when it is asked for; `classes` are the names of the labels, `name` is the set's.

    `read(i)` gives the image of number i.
    """

    def __init__(self, numbers: Sequence[int], read: Callable[[int], Segmented], classes: Sequence[str], name: str):
        self.numbers, self.read, self.classes, self.name = numbers, read, tuple(classes), name

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index):
        """The image at an index, or a shorter Segmentation for a slice. Raises DataBroken, DataMissing."""
        if isinstance(index, slice):
            return Segmentation(self.numbers[index], self.read, self.classes, self.name)
        return self.read(self.numbers[index])


def segmentation(split: str, count: int, longest: int | None = None, start: int = 0) -> Segmentation:
    """The segmentation data of the profile: in `mini` `count` Tinytown scenes, in `full` a data set's whole split.

    That is PASCAL VOC (COURSE_VOC_YEAR), or the folder in COURSE_DATA that COURSE_SEGMENTATION names, in VOC's or in
    CamVid's layout. A set without a list for test tests on val. COURSE_LIMIT bounds all; `longest` bounds the longer
    side of photographs in pixels; `start` is the number of the first scene. Raises DataMissing where the set is not
    there.
    """
    if split not in SPLITS:
        raise SettingsError("There is no such split.", expected=" or ".join(SPLITS), got=repr(split))
    if settings().profile == "full":
        folder = settings().data / (settings().segmentation or f"VOCdevkit/VOC{settings().voc_year}")
        layout = CAMVID if _has(folder, "train", CAMVID) or _has(folder, "val", CAMVID) else VOC
        part = "val" if split == "test" and not _has(folder, "test", layout) else split
        return photographs(folder, part, layout, longest)[: settings().limit]
    from course_lib.data import tinytown

    scenes = tinytown.scenes(split, min(count, settings().limit or count), start=start)

    def read(number: int) -> Segmented:
        scene = scenes[number]
        return Segmented(scene.image, scene.semantic, f"scene {start + number}")

    return Segmentation(range(len(scenes)), read, ("background", *tinytown.CLASSES), "Tinytown")


def photographs(folder: Path | str, split: str, layout: Layout, longest: int | None = None) -> Segmentation:
    """A split of the set that lies in `folder` in this layout.

    Each line of its list names an image, with or without folders and suffix; what stands behind it is passed over.
    Raises DataMissing without the list, DataBroken where it names nothing.
    """
    folder = Path(folder)
    names = _names(folder, split, layout)

    def read(number: int) -> Segmented:
        both = [folder / form.format(split=split, name=names[number]) for form in (layout.image, layout.mask)]
        image = read_image(both[0], upright=False)  # as stored: so is the mask
        mask = read_labels(both[1], len(layout.classes), layout.void)
        if image.shape[1:] != mask.shape:
            raise _of_two_sizes(both, [image.shape[1:], mask.shape])
        return Segmented(*_shrunk(image, mask, longest), names[number])

    return Segmentation(range(len(names)), read, layout.classes, folder.name)


def _has(folder: Path, split: str, layout: Layout) -> bool:
    return (folder / layout.listing.format(split=split)).is_file()


def _names(folder: Path, split: str, layout: Layout) -> list[str]:
    """The names in a split's list, each once."""
    listing = folder / layout.listing.format(split=split)
    if not listing.is_file():
        advice = f"'course data voc --year {settings().voc_year}', or check the folder and the split's name"
        raise missing(f"The split {split!r} of {folder.name}, with the classes of its pixels,", [listing], advice)
    names = list(dict.fromkeys(PureWindowsPath(line.split()[0]).stem for line in lines(listing)))
    if not names:
        raise DataBroken(
            f"The list {listing.name} is empty.", expected=f"the name of an image on each line of {listing}"
        )
    return names


def _shrunk(image: Tensor, mask: Tensor, longest: int | None) -> tuple[Tensor, Tensor]:
    """Both with at most `longest` pixels along the longer side; a pixel has the class of the nearest one before."""
    height, width = mask.shape
    if longest is None or max(height, width) <= longest:
        return image, mask
    from torchvision.transforms.v2.functional import InterpolationMode, resize

    size = [max(1, round(side * longest / max(height, width))) for side in (height, width)]
    return resize(image, size, antialias=True), resize(mask[None], size, InterpolationMode.NEAREST_EXACT)[0]


def _of_two_sizes(paths: list[Path], sizes: list[Sequence[int]]) -> DataBroken:
    """An image and its mask that do not fit."""
    told = [f"{path.name} has {width} × {height}" for path, (height, width) in zip(paths, sizes, strict=True)]
    return DataBroken(
        f"The image {paths[0].name} and its label image differ in size.",
        expected=f"as many pixels in {paths[1]} as in {paths[0]}",
        got=f"{told[0]} pixels, the label image {told[1].partition(' has ')[2]}",
        advice="scale the label image without interpolation (nearest), or fetch the data set again",
    )
