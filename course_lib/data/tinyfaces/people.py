"""Who there is: identities as points of a continuous space of shapes and colours, in two groups, with look-alikes."""

from typing import NamedTuple

from course_lib.data.tinytown.draws import Draw
from course_lib.errors import SettingsError

SPLITS = {"train": (0, 400), "val": (400, 100), "test": (500, 200)}  # first identity, how many
BLOCK = 5  # identities come in blocks of so many; the second of a block is a look-alike of the first …
ALIKE = 0.3  # … and differs from it by this share of what strangers differ
RARE = 10  # every tenth block, the last one, is of group 1


def chosen(split: str, identities: int | None, images: int) -> range:
    """The first identities of a split, all without a number.

    Raises:
        SettingsError: no such split, not so many identities in it, or fewer than no images.
    """
    first, most = SPLITS.get(split, (0, 0))
    count = most if identities is None else identities
    if split not in SPLITS or not 0 <= count <= most or images < 0:
        known = ", ".join(f"{name} with at most {number} identities" for name, (_, number) in SPLITS.items())
        raise SettingsError("There are no such faces.", expected=known, got=f"{split!r}, {identities}, {images}")
    return range(first, first + count)


class Traits(NamedTuple):
    """What stays with an identity: each number lies in [0, 1)."""

    width: float  # of the head
    jaw: float  # from pointed to square
    chin: float  # how long the lower face is
    ears: float
    eye_distance: float
    eye_size: float
    eye_slant: float
    eye_height: float  # from high to low in the face
    eye_colour: float
    brow_weight: float
    brow_tilt: float
    nose_length: float
    nose_width: float
    mouth_width: float
    lips: float
    skin: float  # from dark to light
    warmth: float  # of the skin
    hair: float  # from black over brown and red to fair and grey
    hair_length: float
    hair_volume: float
    hairline: float
    parting: float  # from the image's left to its right


# Group 1 has proportions as children have them: round heads, large low eyes, a short nose, a small chin. Colours and
# hair are drawn alike in both groups.
REGIONS = (
    {"eye_size": (0.0, 0.75), "eye_height": (0.0, 0.7), "nose_length": (0.3, 1.0), "chin": (0.25, 1.0)},
    {
        "width": (0.6, 1.0), "chin": (0.0, 0.25), "eye_size": (0.75, 1.0), "eye_height": (0.7, 1.0),
        "brow_weight": (0.0, 0.5), "nose_length": (0.0, 0.3), "nose_width": (0.2, 0.6), "mouth_width": (0.0, 0.5),
    },
)  # fmt: skip


def group_of(identity: int) -> int:
    """0 or 1, which a tenth of the identities of each split belong to."""
    return int(identity // BLOCK % RARE == RARE - 1)


def double_of(identity: int) -> int | None:
    """The identity that this one looks like; None for those that were drawn without a model."""
    return identity - 1 if identity % BLOCK == 1 else None


def traits(draw: Draw, group: int = 0) -> Traits:
    """A new identity of a group."""
    ranges = [REGIONS[group].get(name, (0.0, 1.0)) for name in Traits._fields]
    return Traits(*[draw.uniform(*bounds) for bounds in ranges])


def alike(model: Traits, draw: Draw, group: int = 0) -> Traits:
    """Another identity of the same group that looks like `model`."""
    pairs = zip(model, traits(draw, group), strict=True)
    return Traits(*[(1 - ALIKE) * mine + ALIKE * other for mine, other in pairs])


def person(identity: int) -> Traits:
    """The traits of one of the public identities."""
    draw, group, model = Draw(f"face/{identity}"), group_of(identity), double_of(identity)
    return traits(draw, group) if model is None else alike(person(model), draw, group)
