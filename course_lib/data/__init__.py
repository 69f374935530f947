"""The course's data: drawn worlds and photographs in `mini`, the papers' data sets in `full`."""

from collections.abc import Sequence

from course_lib.data.folders import Images, classification
from course_lib.data.handwritten import digits
from course_lib.errors import SettingsError
from course_lib.settings import settings

__all__ = ["Detection", "Images", "classification", "detection", "digits"]
SPLITS = ("train", "val", "test")


class Detection(Sequence):
    """Images with the boxes and labels of their objects: each item has .image, .boxes, .labels.

    `classes` are the names that labels are positions in; `name` says which data set this is.
    """

    def __init__(self, items: Sequence, classes: Sequence[str], name: str):
        self.items, self.classes, self.name = items, tuple(classes), name

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return Detection(self.items[index], self.classes, self.name)
        return self.items[index]


def detection(split: str, count: int, longest: int | None = None, start: int = 0) -> Detection:
    """The detection data of the profile: in `mini` `count` Tinytown scenes, in `full` PASCAL VOC's whole split.

    `split` is train, val or test; VOC publishes a test set for 2007 only, so other years test on val, and so does a set
    of your own without one (COURSE_DETECTION names its folder in COURSE_DATA, in VOC's layout). COURSE_LIMIT bounds
    all. `longest` bounds the photographs' longer side in pixels. `start` is the number of the first scene: what was
    never looked at measures best. Raises DataMissing where the set is not there.
    """
    if split not in SPLITS:
        raise SettingsError("There is no such split.", expected=" or ".join(SPLITS), got=repr(split))
    if settings().profile == "full":
        from course_lib.data.voc import voc, voc_layout

        if folder := settings().detection:
            root = settings().data / folder
            has_test = (root / "ImageSets" / "Main" / "test.txt").is_file()
            photographs = voc_layout(root, "val" if split == "test" and not has_test else split, longest=longest)
            return Detection(photographs[: settings().limit], photographs.classes, folder)
        year = settings().voc_year
        photographs = voc(year, "val" if split == "test" and year != 2007 else split, longest=longest)
        return Detection(photographs, photographs.classes, f"PASCAL VOC {year}")
    from course_lib.data import tinytown

    count = min(count, settings().limit or count)
    return Detection(tinytown.scenes(split, count, start=start), tinytown.CLASSES, "Tinytown")
