"""Tinyfaces as a photographer takes them: upright, in the middle and equally large, so that no face need be aligned.

They are 32 × 32 pixels before a plain wall. Turn, nod and shade change half as much as elsewhere, and all glasses have
dark rims. Each portrait can be drawn again with other attributes and everything else the same, to the last grain: what
the picture would be if that person smiled.
"""

from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor

from course_lib import progress
from course_lib.data.kept import Arrays, kept
from course_lib.data.tinyfaces.face import SIZE, STEP, painted
from course_lib.data.tinyfaces.head import DARK, Head
from course_lib.data.tinyfaces.people import Traits, chosen, person
from course_lib.data.tinyfaces.takes import ATTRIBUTES, SMILES, Take, take
from course_lib.data.tinytown.canvas import finish
from course_lib.data.tinytown.draws import Draw, colour

SIDE = 32  # of a portrait, in pixels
SCALE, MIDDLE = 32.0, (32.0, 29.0)  # half the height of the head and its middle, in pixels of 64
CALM = 0.5  # how far a sitter turns and nods and how strong the shade is, as a share of what it is elsewhere
VERSION = 1  # raise it with every change of a portrait: it is part of each file's name


@dataclass(frozen=True)
class Portraits:
    """Upright faces, all of one person one after another.

    Attributes:
        images: uint8.
        identities: who it is; no number stands in two splits.
        attributes: in the order of ATTRIBUTES.
    """

    images: UInt8[Tensor, "n 3 32 32"]
    identities: Int64[Tensor, "n"]
    attributes: Bool[Tensor, "n a"]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: Tensor | slice | list[int]) -> "Portraits":
        """Some of the portraits, in the order of `rows`."""
        return Portraits(*[getattr(self, field.name)[rows] for field in fields(self)])


def portraits(split: str, identities: int | None = None, images: int = 20) -> Portraits:
    """So many portraits of each of the first identities of a split; drawn once, then read from the cache folder.

    Args:
        split: "train", "val" or "test"; their identities are disjoint.
        identities: how many; all of them without one.
        images: of each identity. The first ones of a longer request are the same pictures.

    Raises:
        SettingsError: no such split, or not so many identities in it.
    """
    people = chosen(split, identities, images)
    names = [(who, number) for who in people for number in range(images)]
    arrays = kept("tinyfaces", f"portraits-v{VERSION}-{split}-{len(people)}-{images}", lambda: _columns(names))
    return Portraits(**{name: torch.from_numpy(array) for name, array in arrays.items()})


def _columns(names: list[tuple[int, int]]) -> Arrays:
    """The arrays of these identities' portraits."""
    images = np.empty((len(names), 3, SIDE, SIDE), np.uint8)
    attributes = np.empty((len(names), len(ATTRIBUTES)), bool)
    for row, (who, number) in enumerate(progress.bar(names, "drawing", unit="portrait")):
        images[row], attributes[row] = portrait(person(who), Draw(f"portrait/{who}/{number}"))
    return {"images": images, "identities": np.array([who for who, _ in names], np.int64), "attributes": attributes}


def portrait(
    who: Traits, draw: Draw, wanted: dict[str, bool] | None = None
) -> tuple[UInt8[np.ndarray, "3 32 32"], tuple[bool, ...]]:
    """A portrait of an identity, and its attributes.

    Args:
        who: the identity.
        draw: equal streams give the same portrait.
        wanted: attributes that it has or lacks whatever the stream says; everything else stays as it is.
    """
    how = take(draw)
    how = posed(changed(how, dict(zip(ATTRIBUTES, how.attributes, strict=True)) | (wanted or {})))
    wall = np.full((STEP * SIZE, STEP * SIZE, 3), colour(draw, 0.5), np.uint8)
    image, _ = painted(Head(who, how), wall)
    small = finish(image, draw).reshape(SIDE, 2, SIDE, 2, 3).mean(axis=(1, 3))
    return np.ascontiguousarray(np.rint(small).astype(np.uint8).transpose(2, 0, 1)), how.attributes


def posed(how: Take) -> Take:
    """The take in a studio."""
    x, y = MIDDLE
    calm = {name: CALM * getattr(how, name) for name in ("yaw", "nod", "shadow")}
    shirt, cap, _ = how.colours
    return how._replace(roll=0.0, scale=SCALE, x=x, y=y, colours=(shirt, cap, DARK), **calm)


def changed(how: Take, wanted: dict[str, bool]) -> Take:
    """The take with these attributes. A smile becomes as strong as it was weak; a mouth opens by three quarters."""
    smile, opened = how.smile, how.opened
    if wanted["smiling"] != how.attributes[1]:
        low, high = SMILES[how.attributes[1]]
        first, last = SMILES[wanted["smiling"]]
        smile = first + (smile - low) / (high - low) * (last - first)
    if wanted["open mouth"] != how.attributes[2]:
        opened = 0.75 if wanted["open mouth"] else 0.0
    return how._replace(attributes=tuple(wanted[name] for name in ATTRIBUTES), smile=smile, opened=opened)
