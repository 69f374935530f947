"""Images with one class each: in `mini` drawn objects, in `full` Caltech-256 or any folder with one subfolder a class.

Griffin, Holub, Perona, Caltech-256 Object Category Dataset, Caltech technical report 7694, 2007: 30,607 photographs.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from course_lib.data.photos import read_image
from course_lib.download import missing
from course_lib.errors import DataBroken
from course_lib.settings import classification_folder, settings

CALTECH = Path("caltech256", "256_ObjectCategories")
CLUTTER = "257.clutter"  # no class of its own: what fits nowhere else


@dataclass(frozen=True)
class Images:
    """Square images of one size with the positions of their classes in `classes`; `name` says which data set it is."""

    images: UInt8[Tensor, "n 3 size size"]
    labels: Int64[Tensor, " n"]
    classes: tuple[str, ...]
    name: str


def classification(per_class: int, size: int) -> Images:
    """At most `per_class` images of each class of the profile's data set, `size` pixels wide and high.

    In `mini` objects of Tinytown's target families, which the shipped backbone has never seen; in `full` Caltech-256,
    or the folder that COURSE_CLASSIFICATION names (torchvision's ImageFolder layout). COURSE_LIMIT bounds the images
    of all classes together, but leaves two of each. Raises DataMissing where the set is not there, DataBroken for an
    image that cannot be read, no class or only one.
    """
    if settings().profile == "full":
        folder = classification_folder()
        root = settings().data / (folder or CALTECH)
        return image_folder(root, per_class, size, name=folder or "Caltech-256")
    from course_lib.data import tinytown

    classes = tinytown.TARGET_FAMILIES
    images, labels = tinytown.objects("target", "test", _at_most(per_class, len(classes)) * len(classes), size)
    return Images(images, labels.long(), classes, "Tinytown's target families")


def image_folder(root: Path, per_class: int, size: int, name: str = "") -> Images:
    """At most `per_class` images from each subfolder of `root`, spread evenly over its files' names.

    Each is shrunk or enlarged until its shorter side has `size` pixels, and cut to its central square; grey and CMYK
    files become RGB.
    """
    files = _files(root)
    count = _at_most(per_class, len(files))
    chosen = [(path, label) for label, paths in enumerate(files.values()) for path in _spread(paths, count)]
    images = torch.stack([square(read_image(path), size) for path, _ in chosen])
    return Images(images, torch.tensor([label for _, label in chosen]), tuple(files), name or root.name)


def square(image: UInt8[Tensor, "3 h w"], size: int) -> UInt8[Tensor, "3 size size"]:
    """The central square of an image, `size` pixels wide and high."""
    from torchvision.transforms.v2.functional import center_crop, resize

    return center_crop(resize(image, [size], antialias=True), [size, size])


def download_caltech() -> Path:
    """Fetches Caltech-256 through torchvision's loader into COURSE_DATA and returns its folder.

    It is fetched and unpacked in a folder beside and moved to its place when it is whole, so that an interrupted
    download leaves nothing. Raises DataMissing without network.
    """
    from torchvision.datasets import Caltech256

    root = settings().data
    if (root / CALTECH).is_dir():
        return root / CALTECH
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".caltech-") as temporary:
        try:
            Caltech256(temporary, download=True)
        except (OSError, RuntimeError) as error:
            advice = "connect to the network and run 'course data caltech256' again"
            raise missing("Caltech-256", [root / CALTECH], advice, str(error)) from error
        (root / CALTECH).parent.mkdir(exist_ok=True)
        shutil.move(Path(temporary) / CALTECH, root / CALTECH)
    return root / CALTECH


def _files(root: Path) -> dict[str, list[Path]]:
    """The image files of each class, sorted; torchvision decides what is one."""
    from torchvision.datasets import ImageFolder

    try:
        found = ImageFolder(root)
    except FileNotFoundError as error:
        if any(path.is_dir() for path in root.glob("*")):
            raise _unusable(root, str(error)) from error
        raise missing(f"The data set {root.name}", [root], "course data caltech256") from error
    files = {name: [] for name in found.classes if name != CLUTTER}
    for path, label in found.samples:
        if found.classes[label] in files:
            files[found.classes[label]].append(Path(path))
    if len(files) < 2:
        raise _unusable(root, f"one class, {', '.join(files)}")
    return files


def _unusable(root: Path, got: str) -> DataBroken:
    return DataBroken(
        f"The images in {root.name} cannot be told apart.",
        expected=f"a folder for each of at least two classes in {root}, with images in each",
        got=got,
        advice="put each class's images into a folder of its own; COURSE_CLASSIFICATION names the folder above them",
    )


def _at_most(per_class: int, classes: int) -> int:
    limit = settings().limit
    return per_class if limit is None else min(per_class, max(2, limit // classes))


def _spread(paths: list[Path], count: int) -> list[Path]:
    """`count` of the paths at equal distances, or all where there are fewer."""
    count = min(count, len(paths))
    return [paths[index * len(paths) // count] for index in range(count)]
