"""Images with one class each: in `mini` drawn objects, in `full` Caltech-256 or any folder with one subfolder a class.

Griffin, Holub, Perona, Caltech-256 Object Category Dataset, Caltech technical report 7694, 2007: 30,607 photographs.
"""

import shutil
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from course_lib.data.files import alike, files_below, folders_in, is_data
from course_lib.data.images import SUFFIXES, UNREADABLE, read_image
from course_lib.download import missing
from course_lib.errors import DataBroken, DataMissing
from course_lib.settings import settings

CALTECH = Path("caltech256", "256_ObjectCategories")
CLUTTER = "257.clutter"  # no class of its own: what fits nowhere else
PARTS = frozenset("train training val valid validation test testing".split())


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
        folder = settings().classification
        root = settings().data / (folder or CALTECH)
        return image_folder(root, per_class, size, name=folder or "Caltech-256")
    from course_lib.data import tinytown

    classes = tinytown.TARGET_FAMILIES
    images, labels = tinytown.objects("target", "test", _at_most(per_class, len(classes)) * len(classes), size)
    return Images(images, labels.long(), classes, "Tinytown's target families")


def image_folder(root: Path, per_class: int, size: int, name: str = "") -> Images:
    """At most `per_class` images from each subfolder of `root`, spread evenly over its files' names.

    Each is turned upright as its camera noted, shrunk or enlarged until its shorter side has `size` pixels, and cut to
    its central square; `read_image` says what becomes of other colours. What other programs left in the folders is no
    data (`is_data`). Raises DataMissing and DataBroken as `classification` does.
    """
    files = _files(root)
    count = _at_most(per_class, len(files))
    chosen = [(path, label) for label, paths in enumerate(files.values()) for path in _spread(paths, count)]
    images = torch.stack([square(read_image(path), size) for path, _ in chosen])
    return Images(images, torch.tensor([label for _, label in chosen]), tuple(files), name or root.name)


def square(image: UInt8[Tensor, "3 h w"], size: int) -> UInt8[Tensor, "3 size size"]:
    """The central square of an image, `size` pixels wide and high.

    A strip is cut to four times its width first: enlarged as a whole, one of 1 by 5,000 pixels would fill the memory.
    """
    from torchvision.transforms.v2.functional import center_crop, resize

    shorter = min(image.shape[1:])
    image = center_crop(image, [min(side, 4 * shorter) for side in image.shape[1:]])
    return center_crop(resize(image, [size], antialias=True), [size, size])


def download_caltech() -> Path:
    """Fetches Caltech-256 through torchvision's loader into COURSE_DATA and returns its folder.

    It is fetched and unpacked in a folder beside and moved to its place when it is whole, so that an interrupted
    download leaves nothing. Raises DataMissing without network.
    """
    from torchvision.datasets import Caltech256

    root = settings().data
    if _holds_data(root / CALTECH):
        return root / CALTECH
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".caltech-") as temporary:
        try:
            Caltech256(temporary, download=True)
        except (OSError, RuntimeError) as error:
            advice = "connect to the network and run 'course data caltech256' again"
            raise missing("Caltech-256", [root / CALTECH], advice, str(error)) from error
        if (root / CALTECH).is_dir():  # it holds no class, only what another program left
            shutil.move(root / CALTECH, Path(temporary) / "before")
        (root / CALTECH).parent.mkdir(exist_ok=True)
        shutil.move(Path(temporary) / CALTECH, root / CALTECH)
    return root / CALTECH


def _holds_data(folder: Path) -> bool:
    return folder.is_dir() and any(is_data(path.name) for path in folder.iterdir())


def _files(root: Path) -> dict[str, list[Path]]:
    """The image files of each class, sorted, those in folders of its folder included."""
    folders = [folder for folder in folders_in(root) if folder.name != CLUTTER]
    if not folders:
        raise _no_folder(root)
    files = {folder.name: files_below(folder, SUFFIXES) for folder in folders}
    if inner := _one_level_up(root, files):
        advice = f"COURSE_CLASSIFICATION={root.name}/{inner.relative_to(root).parts[0]}"
        raise _unusable(root, f"folders of folders, {inner.relative_to(root)} for example", advice)
    if empty := [name for name, paths in files.items() if not paths]:
        raise _unusable(root, f"no image in {', '.join(empty)}{_seen(root / empty[0])}")
    if len(files) < 2:
        raise _unusable(root, f"one class, {', '.join(files)}")
    _warn_of_likeness(root, list(files))
    _warn_of_unreadable(folders)
    return files


def _no_folder(root: Path) -> DataMissing | DataBroken:
    if _holds_data(root):
        lying = min(path.name for path in root.iterdir() if is_data(path.name))
        return _unusable(root, f"no folder of a class; there lies {lying}")
    return missing(f"The data set {root.name}", [root], "course data caltech256")


def _one_level_up(root: Path, files: dict[str, list[Path]]) -> Path | None:
    """A folder of a class, where `root` lies above the set's parts: it holds train and val, or the set as a whole."""
    first = next((paths[0].parent for paths in files.values() if paths), root)
    parts = len(files) == 1 or all(name.lower() in PARTS for name in files)
    return first if parts and first.parent != root and first != root else None


def _seen(folder: Path) -> str:
    names = [path.name for path in files_below(folder, UNREADABLE)]
    return f" but {names[0]}, which the course cannot read" if names else ""


def _warn_of_likeness(root: Path, names: list[str]) -> None:
    """Two folders for what looks like one class are said, not refused: letters are told apart by case, too."""
    for one, other in alike(names):
        told = f"{root}: {one!r} and {other!r} are read as two classes; rename one if they are the same"
        warnings.warn(told, UserWarning, stacklevel=4)


def _warn_of_unreadable(folders: list[Path]) -> None:
    """Photographs in a format that Pillow does not know are left out, but not silently."""
    left_out = [path for folder in folders for path in files_below(folder, UNREADABLE)]
    if left_out:
        told = f"{len(left_out)} images are left out, for example {left_out[0]}: save them as JPEG or PNG"
        warnings.warn(told, UserWarning, stacklevel=4)


def _unusable(root: Path, got: str, advice: str = "") -> DataBroken:
    return DataBroken(
        f"The images in {root.name} cannot be told apart.",
        expected=f"a folder for each of at least two classes in {root}, with images in each",
        got=got,
        advice=advice or "put each class's images into a folder of its own; COURSE_CLASSIFICATION names the one above",
    )


def _at_most(per_class: int, classes: int) -> int:
    limit = settings().limit
    return per_class if limit is None else min(per_class, max(2, limit // classes))


def _spread(paths: list[Path], count: int) -> list[Path]:
    """`count` of the paths at equal distances, or all where there are fewer."""
    count = min(count, len(paths))
    return [paths[index * len(paths) // count] for index in range(count)]
