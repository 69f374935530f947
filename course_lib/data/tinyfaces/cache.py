"""Faces of a split drawn once and kept on disk."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64, UInt8
from torch import Tensor

from course_lib import progress
from course_lib.data.kept import Arrays, kept
from course_lib.data.tinyfaces.face import face
from course_lib.data.tinyfaces.people import chosen, group_of, person
from course_lib.data.tinyfaces.takes import ATTRIBUTES
from course_lib.data.tinytown.draws import Draw

VERSION = 1  # raise it with every change of a picture or a landmark: it is part of each file's name


@dataclass(frozen=True)
class Faces:
    """Pictures of people who look about, all of one person one after another.

    Attributes:
        images: unaligned, uint8.
        identities: who it is; no number stands in two splits.
        landmarks: (x, y) in pixels of left eye, right eye, nose, left and right corner of the mouth, left and right as
            in the picture, each marked with an error of 2 % of the head's height.
        attributes: in the order of ATTRIBUTES.
        groups: 0, or 1 for a tenth of the people, whose faces come from another region of shapes.
    """

    images: UInt8[Tensor, "n 3 64 64"]
    identities: Int64[Tensor, "n"]
    landmarks: Float32[Tensor, "n 5 2"]
    attributes: Bool[Tensor, "n a"]
    groups: Int64[Tensor, "n"]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: Tensor | slice | list[int]) -> "Faces":
        """Some of the faces, in the order of `rows`."""
        return Faces(*[getattr(self, field.name)[rows] for field in fields(self)])


def faces(split: str, identities: int | None = None, images: int = 12) -> Faces:
    """So many images of each of the first identities of a split; drawn once, then read from the cache folder.

    Args:
        split: "train", "val" or "test"; their identities are disjoint.
        identities: how many; all of them without one.
        images: of each identity. The first ones of a longer request are the same pictures.

    Raises:
        SettingsError: no such split, or not so many identities in it.
    """
    people = chosen(split, identities, images)

    def drawn() -> Arrays:
        numbers = progress.bar(people, "drawing", unit="person")
        return _columns([(who, take) for who in numbers for take in range(images)])

    arrays = kept("tinyfaces", f"v{VERSION}-{split}-{len(people)}-{images}", drawn)
    return Faces(**{name: torch.from_numpy(array) for name, array in arrays.items()})


def _columns(wanted: list[tuple[int, int]]) -> Arrays:
    """The arrays of these identities' takes."""
    who = np.array([identity for identity, _ in wanted], np.int64)
    some = [face(person(identity), Draw(f"take/{identity}/{number}")) for identity, number in wanted]
    return {
        "images": np.array([one.image for one in some], np.uint8).reshape(-1, 3, 64, 64),
        "identities": who,
        "landmarks": np.array([one.landmarks for one in some], np.float32).reshape(-1, 5, 2),
        "attributes": np.array([one.take.attributes for one in some], bool).reshape(-1, len(ATTRIBUTES)),
        "groups": np.array([group_of(identity) for identity in who.tolist()], np.int64),
    }
