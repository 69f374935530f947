"""The course's settings: one frozen dataclass, read once from the environment.

variable               default                      meaning
COURSE_PROFILE         mini                         mini: embedded data on a CPU; full: the papers' data sets
COURSE_DEVICE          cuda in full where present   any torch device: cpu, cuda, cuda:1, mps
COURSE_BACKBONE        small (mini), resnet50       the network that units build on; in full lite0 where
                                                    ResNet-50's weights are neither here nor within reach
COURSE_THREADS         1 (mini), PyTorch's own      how many threads compute; threads.py says why
COURSE_LIMIT           none                         at most this many images of a data set
COURSE_DATA            <cache>/data                 folder that holds data sets, e.g. VOCdevkit/VOC2007
COURSE_VOC_YEAR        2007, the papers' year       which PASCAL VOC full detects on
COURSE_DETECTION       PASCAL VOC                   folder in COURSE_DATA, in VOC's layout, to detect on instead
COURSE_SEGMENTATION    PASCAL VOC                   folder in COURSE_DATA, in VOC's or CamVid's layout, instead
COURSE_CLASSIFICATION  Caltech-256                  folder in COURSE_DATA, a subfolder per class, to classify instead
COURSE_CACHE           the platform's cache folder  where the course keeps what it computed
COURSE_SEED            0                            the seed of every random generator
COURSE_FIGURES         none                         file that takes a line of JSON for each measured figure
"""

import os
import socket
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course_lib.errors import SettingsError

PROFILES = ("mini", "full")
VOC_YEARS = tuple(str(year) for year in range(2007, 2013))
SERVER = "download.pytorch.org"  # of torchvision's weights
BACKBONES = ("small", "lite0", "resnet18", "resnet34", "resnet50", "resnet101")


@dataclass(frozen=True)
class Settings:
    """What every part of the course needs to know about this run; see the module's table."""

    profile: str
    device: str
    backbone: str
    threads: int | None  # None: as threads.py decides
    limit: int | None
    data: Path
    voc_year: int
    detection: str | None
    segmentation: str | None
    classification: str | None
    cache: Path
    seed: int
    figures: Path | None


@cache
def settings() -> Settings:
    """The settings of this process. Later changes of the environment need `settings.cache_clear()`.

    Raises SettingsError naming the variable, what it may hold and what it holds.
    """
    profile = _choice("COURSE_PROFILE", PROFILES, default="mini")
    cache_folder = _path("COURSE_CACHE") or _platform_cache()
    return Settings(
        profile=profile,
        device=_device(profile),
        backbone=_backbone(profile),
        threads=_integer("COURSE_THREADS", default=None, smallest=1),
        limit=_integer("COURSE_LIMIT", default=None, smallest=1),
        data=_path("COURSE_DATA") or cache_folder / "data",
        voc_year=int(_choice("COURSE_VOC_YEAR", VOC_YEARS, default="2007")),
        detection=unchecked("COURSE_DETECTION") or None,
        segmentation=unchecked("COURSE_SEGMENTATION") or None,
        classification=unchecked("COURSE_CLASSIFICATION") or None,
        cache=cache_folder,
        seed=_integer("COURSE_SEED", default=0, smallest=0),
        figures=_path("COURSE_FIGURES"),
    )


def unchecked(variable: str) -> str:
    """What a variable holds as it stands, "" where it is not set.

    For threads.py alone, which decides while the course is imported: nothing may be refused then, nor PyTorch loaded.
    """
    return os.environ.get(variable, "")


def wants_full() -> bool:
    """Whether the environment asks for the profile full now. A cell that greets comes before the one that sets it, and
    nothing may be read for good there.
    """
    return unchecked("COURSE_PROFILE") == "full"


def _choice(variable: str, allowed: tuple[str, ...], default: str, more: str = "") -> str:
    value = unchecked(variable) or default
    if value not in allowed:
        raise SettingsError(
            f"The environment variable {variable} holds an unknown value.",
            expected=" or ".join(allowed) + more,
            got=repr(value),
            advice=f"export {variable}={default}, or unset {variable}",
        )
    return value


def _integer(variable: str, default: int | None, smallest: int) -> int | None:
    value = unchecked(variable)
    if not value:
        return default
    if not (value.isascii() and value.isdecimal() and int(value) >= smallest):
        raise SettingsError(
            f"The environment variable {variable} is not a number that the course can use.",
            expected=f"a whole number, at least {smallest}",
            got=repr(value),
            advice=f"unset {variable}" if default is None else f"export {variable}={default}, or unset {variable}",
        )
    return int(value)


def _path(variable: str) -> Path | None:
    value = unchecked(variable)
    return Path(value).expanduser().absolute() if value else None


def _platform_cache() -> Path:
    import pooch

    return Path(pooch.os_cache("course_lib"))


def _backbone(profile: str) -> str:
    """The network asked for; else the small one in `mini`, and in `full` ResNet-50 or what stands in for it."""
    if profile == "mini":  # its budgets and its exam are made for this one
        others = "; with COURSE_PROFILE=full also " + ", ".join(BACKBONES[1:])
        return _choice("COURSE_BACKBONE", ("small",), default="small", more=others)
    chosen = _choice("COURSE_BACKBONE", BACKBONES, default="resnet50")
    if unchecked("COURSE_BACKBONE") or _at_hand(chosen):
        return chosen
    print(
        f"ResNet-50's ImageNet weights are not on this machine and {SERVER} does not answer: the backbone is lite0, "
        "EfficientNet-Lite0, also trained on ImageNet.",
        file=sys.stderr,
    )
    return "lite0"


def _at_hand(name: str) -> bool:
    """Whether torchvision's weights lie in PyTorch's cache, or their server can be reached."""
    import torch

    if any(Path(torch.hub.get_dir(), "checkpoints").glob(f"{name}-*.pth")):
        return True
    try:
        socket.create_connection((SERVER, 443), timeout=3).close()
    except OSError:
        return False
    return True


def _device(profile: str) -> str:
    """The device asked for, checked for being there; else the GPU in `full`, the CPU in `mini`."""
    import torch

    wanted = unchecked("COURSE_DEVICE")
    if not wanted:
        return "cuda" if profile == "full" and torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=wanted)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise SettingsError(
            "The device named by COURSE_DEVICE cannot be used here.",
            expected=f"a torch device of this machine ({', '.join(_devices())})",
            got=f"{wanted!r}: {str(error).splitlines()[0]}",
            advice="unset COURSE_DEVICE, or run 'course doctor' to see what torch finds",
        ) from error
    return wanted


def _devices() -> list[str]:
    import torch

    gpus = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return ["cpu", *gpus, *(["mps"] if torch.backends.mps.is_available() else [])]
