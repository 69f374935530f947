"""What `course doctor` reports: versions, machine, data found, and what each profile would do here."""

import os
import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from course_lib import runtime, threads
from course_lib.data.faces import LFW
from course_lib.data.files import folders_in, lines
from course_lib.data.folders import CALTECH
from course_lib.data.layout import list_of
from course_lib.data.text8 import TEXT8
from course_lib.data.words import GLOVE
from course_lib.models.weights import PACKAGE
from course_lib.settings import PROFILES, VOC_YEARS, Settings

PACKAGES = ("torch", "torchvision", "lightning-fabric", "torchmetrics", "opencv-contrib-python-headless", "jupyterlab")
VOC_SPLITS = ("train", "val", "trainval", "test")

Row = tuple[str, str]


def versions() -> Iterator[Row]:
    """Python's version and those of the packages that matter when something behaves differently elsewhere."""
    yield "Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    for name in PACKAGES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"


def machine(found: Settings) -> Iterator[Row]:
    """Cores and how many threads use them, memory, GPUs, and the space left where the course keeps its files."""
    import psutil
    import torch

    memory = psutil.virtual_memory()
    yield "place", runtime.place()
    yield "CPU cores", str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    yield "threads", f"{torch.get_num_threads()}: {threads.decide().reason}"
    yield "memory", f"{_gigabytes(memory.available)} free of {_gigabytes(memory.total)}"
    yield "GPU", "; ".join(runtime.gpus()) or "none: the profile mini needs none"
    for name, folder in (("cache", found.cache), ("data", found.data)):
        yield name, f"{folder} ({_gigabytes(_free(folder))} free)"


def data(found: Settings) -> Iterator[Row]:
    """Each data set of the course and whether it is on this machine."""
    yield "Tinytown", "drawn by the course itself"
    for year in map(int, VOC_YEARS):
        splits = _voc_splits(found.data, year)
        if splits:
            yield f"PASCAL VOC {year}", ", ".join(f"{split} ({count} images)" for split, count in splits.items())
        elif year == found.voc_year:
            yield f"PASCAL VOC {year}", f"not found; get it with: course data voc --year {year}"
    caltech = len(folders_in(found.data / CALTECH))
    yield "Caltech-256", f"found ({caltech} folders)" if caltech else "not found; get it with: course data caltech256"
    persons = len(folders_in(found.data / LFW))
    yield "Labeled Faces", f"found ({persons} persons)" if persons else "not found; get it with: course data lfw"
    some = "its most frequent words come with the course; get all with: course data words"
    yield "GloVe 6B", "found" if (found.data / GLOVE).is_file() else some
    yield "text8", "found" if (found.data / TEXT8).is_file() else "not found; get it with: course data text8"
    yield "ImageNet weights", ", ".join(_imagenet_weights()) or "none yet; torchvision fetches them at first use"


def profiles(found: Settings) -> Iterator[Row]:
    """For each profile, in a sentence, what it would run on; the one in force is marked."""
    import torch

    year = found.voc_year
    ready = bool(_voc_splits(found.data, year))
    device = found.device if found.profile == "full" else ("cuda" if torch.cuda.is_available() else "cpu")
    limit = f", at most {found.limit} images" if found.limit else ""
    told = {
        "mini": f"Tinytown{limit} on {found.device if found.profile == 'mini' else 'cpu'}: ready",
        "full": f"PASCAL VOC {year}{limit} on {device}: {'ready' if ready else 'needs its data first'}",
    }
    for name in PROFILES:
        backbone = (
            found.backbone
            if name == found.profile
            else {"mini": "small", "full": "resnet50, without a network lite0"}[name]
        )
        yield f"{name} *" if name == found.profile else name, f"{told[name]}; backbone {backbone}"


def _voc_splits(root: Path, year: int) -> dict[str, int]:
    """The splits of a year that lie in `root`, with their number of images."""
    from torchvision.datasets.voc import DATASET_YEAR_DICT

    files = {split: list_of(root / DATASET_YEAR_DICT[str(year)]["base_dir"], split) for split in VOC_SPLITS}
    return {split: len(lines(path)) for split, path in files.items() if path.is_file()}


def _imagenet_weights() -> list[str]:
    import torch

    fetched = sorted(path.stem for path in Path(torch.hub.get_dir(), "checkpoints").glob("resnet*.pth"))
    return (["lite0"] if find_spec(PACKAGE.replace("-", "_")) else []) + fetched


def _free(folder: Path) -> int:
    return shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.is_dir())).free


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
