"""Photographs of faces: Labeled Faces in the Wild and ORL from COURSE_DATA, patches that come with scikit-image.

Huang, Ramesh, Berg and Learned-Miller, Labeled Faces in the Wild, University of Massachusetts, Amherst, technical
report 07-49, 2007: 13,233 press photographs of 5,749 persons, public figures who were not asked. Samaria and Harter,
Parameterisation of a stochastic model for human face identification, WACV 1994: ten photographs each of 40 persons at
the Olivetti Research Laboratory (ORL). `face_pairs` has the pairs to verify.
"""

import re
import shutil
import tarfile
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Float32, Int64, UInt8
from torch import Tensor

from course_lib import progress
from course_lib.data.files import files_below, folders_in
from course_lib.data.folders import square
from course_lib.data.images import SUFFIXES, read_image
from course_lib.download import missing
from course_lib.errors import DataBroken
from course_lib.settings import settings

LFW_HOME = Path("lfw_home")  # as scikit-learn calls it
LFW = LFW_HOME / "lfw_funneled"
FACE = slice(70, 195), slice(63, 188)  # rows of scikit-learn's window, and as many columns around its middle
MANY = 500  # photographs: one person of LFW has so many, and scikit-learn has to read no others
ORL = Path("ORL")
PATCHES = 100  # of faces, and as many of other things


@dataclass(frozen=True)
class People:
    """Faces of persons: `identities` are positions in `names`, `numbers` tell the photographs of a person apart."""

    images: UInt8[Tensor, "n 3 size size"]
    identities: Int64[Tensor, " n"]
    numbers: Int64[Tensor, " n"]
    names: tuple[str, ...]


def orl(size: int = 92) -> People:
    """ORL's photographs in COURSE_DATA/ORL, s1/1.pgm and so on: grey, 92 × 112 pixels, cut to squares.

    Raises DataMissing where they are not there, DataBroken for a file that cannot be read.
    """
    root = settings().data / ORL
    if not folders_in(root):
        advice = "fetch the ORL faces of AT&T Laboratories Cambridge and put the folders s1, s2, … there"
        raise missing("The face database ORL", [root], advice)
    return read_people(root, size)


def lfw_people(size: int = 64, least: int = 1) -> People:
    """The funneled photographs of Labeled Faces in the Wild, of persons with `least` of them or more.

    Each is cut to the 125 × 125 pixels around the face. `course data lfw` fetches them. Raises DataMissing, DataBroken.
    """
    root = settings().data / LFW
    if not folders_in(root):
        raise missing("Labeled Faces in the Wild", [root], "course data lfw")
    return read_people(root, size, least, lambda image: image[:, *FACE])


def read_people(
    root: Path, size: int, least: int = 1, window: Callable[[Tensor], Tensor] = lambda image: image
) -> People:
    """The photographs in `root`, a folder per person, sorted by the numbers in their names: s2 before s10.

    The number of a photograph ends its file's name. COURSE_LIMIT bounds the photographs of all persons together.

    Args:
        size: of the squares that the photographs are cut and shrunk to, in pixels.
        least: persons with fewer photographs are left out.
        window: cuts a part out of each photograph first.

    Raises:
        DataBroken: there are fewer than two persons, a folder is empty, or a file is no image or has no number.
    """
    folders = sorted(folders_in(root), key=lambda folder: _by_number(folder.name))
    found = {folder.name: _photographs(folder) for folder in folders}
    kept = {name: photographs for name, photographs in found.items() if len(photographs) >= least}
    if len(kept) < 2:
        expected = f"at least two persons with {least} photographs or more in {root}"
        raise DataBroken(
            "Nobody can be told apart here.", expected=expected, got=f"{len(kept)} of {len(found)} folders"
        )
    rows = [(path, person, number) for person, photographs in enumerate(kept.values()) for number, path in photographs][
        : settings().limit
    ]
    images = torch.stack([square(window(read_image(path)), size) for path, _, _ in rows])
    identities, numbers = (torch.tensor([row[part] for row in rows]) for part in (1, 2))
    return People(images, identities, numbers, tuple(kept))


def face_patches() -> tuple[Float32[Tensor, "n 25 25"], Bool[Tensor, " n"]]:
    """200 grey patches from 0 to 1 that come with scikit-image, and which of them are faces, of LFW: the first half."""
    from skimage.data import lfw_subset

    return torch.from_numpy(lfw_subset()).float(), torch.arange(2 * PATCHES) < PATCHES


def download_lfw() -> Path:
    """Fetches Labeled Faces in the Wild (200 MB) through scikit-learn's loader into COURSE_DATA; returns its folder.

    With it comes pairs.txt. It is fetched and unpacked in a folder beside and moved to its place when it is whole.
    Raises DataMissing without network.
    """
    from sklearn.datasets import fetch_lfw_people

    root = settings().data
    if folders_in(root / LFW):
        return root / LFW
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".lfw-") as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's word on each try that failed
        try:
            with progress.step("Fetching and reading Labeled Faces in the Wild, 200 MB"):
                fetch_lfw_people(data_home=temporary, min_faces_per_person=MANY, n_retries=1)
        except (OSError, tarfile.TarError) as error:
            advice = "connect to the network and run 'course data lfw' again, or unpack lfw-funneled.tgz there"
            raise missing("Labeled Faces in the Wild", [root / LFW], advice, str(error)) from error
        shutil.rmtree(Path(temporary) / LFW_HOME / "joblib", ignore_errors=True)  # copies of the photographs
        if (root / LFW_HOME).is_dir():  # it holds no photograph
            shutil.move(root / LFW_HOME, Path(temporary) / "before")
        shutil.move(Path(temporary) / LFW_HOME, root / LFW_HOME)
    return root / LFW


def _photographs(folder: Path) -> list[tuple[int, Path]]:
    """The photographs of a person with their numbers, in their order."""
    paths = files_below(folder, SUFFIXES)
    if not paths:
        raise DataBroken(
            f"{folder.name} has no photograph.",
            expected=f"at least one image in {folder}",
            got="none",
            advice="fetch the data set again, or delete the folder",
        )
    return sorted((_number(path), path) for path in paths)


def _number(path: Path) -> int:
    found = re.search(r"\d+$", path.stem)
    if not found:
        raise DataBroken(
            f"The photograph {path.name} has no number.",
            expected=f"a name that ends with one, as 1.pgm or Abel_Pacheco_0001.jpg, in {path.parent}",
            got=path.name,
            advice="rename it, or move it elsewhere",
        )
    return int(found[0])


def _by_number(name: str) -> list[tuple[int, str]]:
    """A key that sorts names with numbers in them as people do."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
