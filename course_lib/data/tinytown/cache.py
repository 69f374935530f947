"""Scenes and crops drawn once and kept on disk: one npz file for each request, never pickled."""

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from course_lib import progress
from course_lib.data.kept import Arrays, kept
from course_lib.data.tinytown.crops import FAMILIES, covered_crop
from course_lib.data.tinytown.draws import Draw
from course_lib.data.tinytown.plan import SPLITS
from course_lib.data.tinytown.portraits import Portrait, portrait
from course_lib.data.tinytown.scene import Scene, scene
from course_lib.errors import SettingsError

VERSION = 6  # raise it with every change of a picture or an annotation: it is part of each file's name
PER_OBJECT = ("boxes", "labels", "masks", "truncated", "occluded")
PER_PERSON = ("joints", "joint_state", "person_index", "identity")


def scenes(split: str, count: int, size: int = 128, start: int = 0) -> list[Scene]:
    """Scenes with seeds start … start+count-1 of a split; drawn once, then read from the cache folder."""
    name = f"scenes-{split}-{size}-{start}-{count}"
    if count < 1:
        return []

    def drawn() -> Arrays:
        seeds = progress.bar(range(start, start + count), "drawing", unit="scene")
        return pack([scene(seed, size, split) for seed in seeds])

    return unpack(_kept(name, drawn))


def portraits(split: str, count: int, size: int = 96, start: int = 0) -> list[Portrait]:
    """One person each, numbers start … start+count-1 of a split; drawn once, then read from the cache folder.

    Raises SettingsError for an unknown split.
    """
    if split not in SPLITS:
        raise SettingsError("There are no such portraits.", expected=" or ".join(SPLITS), got=repr(split))
    if count < 1:
        return []

    def drawn() -> Arrays:
        numbers = progress.bar(range(start, start + count), "drawing", unit="person")
        some = [portrait(Draw(f"portrait/{split}/{number}"), split, size) for number in numbers]
        return {field.name: np.array([getattr(one, field.name) for one in some]) for field in fields(Portrait)}

    arrays = _kept(f"portraits-{split}-{size}-{start}-{count}", drawn)
    columns = [arrays[field.name] for field in fields(Portrait)]
    return [Portrait(*parts, int(identity)) for *parts, identity in zip(*columns, strict=True)]


def objects(
    group: str, split: str, count: int, size: int = 64
) -> tuple[UInt8[Tensor, "n 3 size size"], Int[Tensor, "n"]]:
    """`count` crops of one object each and their families' positions in SOURCE_FAMILIES or TARGET_FAMILIES.

    `group` is "source" or "target"; families come in turn, so every one is as frequent. The first n crops of a longer
    request are the same pictures. Raises SettingsError for an unknown group or split.
    """

    def drawn() -> Arrays:
        images = [image for image, _ in _crops(group, split, count, size)]
        return {"images": np.array(images, np.uint8).reshape(-1, 3, size, size)}

    _check(group, split)
    images = torch.from_numpy(_kept(f"objects-{group}-{split}-{size}-{count}", drawn)["images"])
    return images, torch.arange(count) % len(FAMILIES[group])


def hidden(group: str, split: str, count: int) -> Float[Tensor, " n"]:
    """The share of each of these `objects` that a pole or leaves in front of it hide, from 0 to 1."""

    def drawn() -> Arrays:
        return {"hidden": np.array([share for _, share in _crops(group, split, count)], np.float32)}

    _check(group, split)
    return torch.from_numpy(_kept(f"hidden-{group}-{split}-{count}", drawn)["hidden"])


def _check(group: str, split: str) -> None:
    if group not in FAMILIES or split not in SPLITS[:3]:
        raise SettingsError(
            "There are no such crops.",
            expected=f"group in {tuple(FAMILIES)}, split in {SPLITS[:3]}",
            got=f"{group}, {split}",
        )


def _crops(group: str, split: str, count: int, size: int = 64) -> list[tuple[np.ndarray, float]]:
    """Crops, and how much of each object is hidden."""
    names = tuple(FAMILIES[group])
    told = progress.bar(range(count), "drawing", unit="object")
    return [
        covered_crop(Draw(f"object/{group}/{split}/{index}"), names[index % len(names)], group, size) for index in told
    ]


def pack(drawn: list[Scene]) -> Arrays:
    """Ragged annotations one after another, with how many belong to each scene; masks as bits."""
    arrays = {name: np.array([getattr(one, name).numpy() for one in drawn]) for name in ("image", "semantic")}
    for name in PER_OBJECT + PER_PERSON:
        arrays[name] = np.concatenate([getattr(one, name).numpy() for one in drawn])
    arrays["masks"] = np.packbits(arrays["masks"], axis=-1)
    arrays["objects"] = np.array([len(one.labels) for one in drawn])
    arrays["persons"] = np.array([len(one.identity) for one in drawn])
    return arrays | {"seed": np.array([one.seed for one in drawn])}


def unpack(arrays: Arrays) -> list[Scene]:
    """The inverse of pack."""
    masks = np.unpackbits(arrays["masks"], axis=-1).view(bool)
    tensors = {name: torch.from_numpy(array) for name, array in (arrays | {"masks": masks}).items()}
    ragged = {name: tensors[name].split(arrays["objects"].tolist()) for name in PER_OBJECT}
    ragged |= {name: tensors[name].split(arrays["persons"].tolist()) for name in PER_PERSON}
    whole = {name: tensors[name] for name in ("image", "semantic")}
    columns = ragged | whole
    return [
        Scene(**{name: column[row] for name, column in columns.items()}, seed=int(seed))
        for row, seed in enumerate(arrays["seed"])
    ]


def _kept(name: str, draw: Callable[[], Arrays]) -> Arrays:
    return kept("tinytown", f"v{VERSION}-{name}", draw)
