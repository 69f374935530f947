"""One street scene with every annotation, a pure function of its seed."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from course_lib.data.tinytown.canvas import SIDE, Canvas, Footprint, finish
from course_lib.data.tinytown.draws import Draw
from course_lib.data.tinytown.ground import backdrop
from course_lib.data.tinytown.persons import DIRECTIONS, Body, person
from course_lib.data.tinytown.plan import CLASSES, IDENTITIES, LEAST_SIDE, SPLITS, Item, layout
from course_lib.data.tinytown.shapes import Figure, place
from course_lib.data.tinytown.skeleton import JOINTS
from course_lib.data.tinytown.textures import Paint, paint
from course_lib.data.tinytown.things import CONFUSERS, SLOTS, THINGS, UPRIGHT
from course_lib.errors import SettingsError

SIZES = (128, 256)
VISIBLE = 0.2  # an object of which less is to be seen is not annotated …
SHORTEST = 5  # … nor one whose box has a side of fewer pixels at 128
HIDDEN = 0.10  # others cover more than this of an object's part inside the image: occluded
COARSE = 0.18  # objects longer than this share of the image carry the coarser pattern
TINY = 16  # persons less than so many pixels high at 128 have no joints annotated
FORGOTTEN = 0.03  # share of the other joints that the annotator left out


@dataclass(frozen=True)
class Scene:
    """An image of side S with N objects, P of them persons; boxes end-exclusive and tight around visible pixels."""

    image: UInt8[Tensor, "3 s s"]
    boxes: Float[Tensor, "n 4"]
    labels: Int[Tensor, "n"]
    masks: Bool[Tensor, "n s s"]
    semantic: UInt8[Tensor, "s s"]
    joints: Float[Tensor, "p 14 2"]
    joint_state: UInt8[Tensor, "p 14"]
    person_index: Int[Tensor, "p"]
    identity: Int[Tensor, "p"]
    truncated: Bool[Tensor, "n"]
    occluded: Bool[Tensor, "n"]
    seed: int


@dataclass
class Stood:
    """A figure on the canvas: what it is, where it fell, and for a person who and how."""

    kind: str
    number: int
    footprint: Footprint
    inside: int
    body: Body | None = None
    joints: np.ndarray | None = None
    identity: int = -1


def scene(seed: int, size: int = 128, split: str = "train") -> Scene:
    """Draw scene ``seed`` (any integer) of a split at 128 or 256 pixels; equal arguments give equal scenes.

    Raises SettingsError for a size or a split that does not exist.
    """
    return drawn(Draw(f"scene/{split}/{seed}"), size, split, seed)


def drawn(draw: Draw, size: int = 128, split: str = "train", seed: int = -1) -> Scene:
    """A scene from any stream of draws; one that has no number has the seed -1. Raises as ``scene``."""
    if size not in SIZES:
        raise SettingsError("There are no scenes of this size.", expected=f"one of {SIZES}", got=repr(size))
    if split not in SPLITS:
        raise SettingsError("There is no such split.", expected=" or ".join(SPLITS), got=repr(split))
    canvas = Canvas(SIDE)
    horizon, items = layout(draw, split, tuple(CONFUSERS))
    backdrop(canvas, draw, horizon)
    strength = draw.uniform(0.25, 0.6)
    stood = [stand(canvas, item, number + 1, draw, split, strength) for number, item in enumerate(items)]
    image = finish(canvas.reduced(size), draw)
    return _annotate(image, canvas, _kept(canvas, stood), seed, draw)


def _figure(
    item: Item, draw: Draw, split: str, directions: tuple[int, ...]
) -> tuple[Figure, list[Paint], Body | None, int]:
    """The figure on its sheet and its paints."""
    if item.kind == "person":
        first, count = IDENTITIES[split]
        identity = first + draw.integer(count)
        clothes = Draw(f"clothes/{identity}")
        body = person(draw, identity, directions)
        return body.figure, [paint(clothes, clothes.uniform(0.15, 0.5)) for _ in range(SLOTS)], body, identity
    drawn = {**THINGS, **CONFUSERS}[item.kind](draw, 0.8 / 1.28 / item.size)
    return drawn, [paint(draw, draw.uniform(0.15, 0.5)) for _ in range(SLOTS)], None, -1


def stand(
    canvas: Canvas,
    item: Item,
    number: int,
    draw: Draw,
    split: str,
    strength: float,
    directions: tuple[int, ...] = DIRECTIONS,
) -> Stood:
    """Draw one item: shadow first, then the figure; a person looks in one of the directions."""
    figure, paints, body, identity = _figure(item, draw, split, directions)
    placed = _placed(figure, item, draw, canvas.side, mirror=draw.chance(0.5) and body is None)
    left, top, right, bottom = _extent(placed)
    canvas.shade((left + right) / 2, bottom, 1.2 * (right - left), strength)
    level = 0 if max(right - left, bottom - top) < COARSE * canvas.side else 1
    footprint = canvas.add(placed, paints, level, number, draw)
    return Stood(item.kind, number, footprint, footprint.inside(canvas.side), body, placed.points, identity)


def _placed(figure: Figure, item: Item, draw: Draw, side: int, mirror: bool) -> Figure:
    """The figure where the item says; enlarged if it is too thin, moved inside unless the item is cut."""
    turn = draw.uniform(-0.05, 0.05) if item.kind in UPRIGHT else draw.uniform(-0.12, 0.12)
    squeeze = draw.uniform(0.88, 1.12)

    def at(length: float, x: float, base: float) -> Figure:
        return place(figure, length, x, base, turn, mirror, squeeze)

    length, x, base = item.size * side, item.x * side, item.base * side
    left, top, right, bottom = _extent(at(length, x, base))
    length *= max(1.0, LEAST_SIDE * side / min(right - left, bottom - top))
    placed = at(length, x, base)
    if item.cut:
        return placed
    left, top, right, bottom = _extent(placed)
    x += max(1 - left, 0) + min(side - 2 - right, 0)
    base += max(1 - top, 0) + min(side - 2 - bottom, 0)
    return at(length, x, base)


def _extent(figure: Figure) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the figure's outline."""
    points = np.concatenate([contour for part in figure.parts for contour in part.contours])
    return (*points.min(0).tolist(), *points.max(0).tolist())


def _kept(canvas: Canvas, stood: list[Stood]) -> list[Stood]:
    """The labelled objects of which enough is to be seen; decided at 128 whatever the size drawn."""
    visible, small = canvas.counts(), canvas.owners(128)
    kept = []
    for one in stood:
        if one.kind not in CLASSES or visible[one.number] < VISIBLE * one.footprint.pixels:
            continue
        box = _box(small == one.number)
        if min(box[2] - box[0], box[3] - box[1]) >= SHORTEST:
            kept.append(one)
    return kept


def _box(mask: Bool[np.ndarray, "s s"]) -> tuple[int, int, int, int]:
    """The tight end-exclusive box around True; (0, 0, 0, 0) around nothing."""
    columns, rows = mask.any(0).nonzero()[0], mask.any(1).nonzero()[0]
    if not len(columns):
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _masks(canvas: Canvas, kept: list[Stood], size: int) -> Bool[np.ndarray, "n size size"]:
    """The visible pixels. At 256 they stay within a pixel (at 128) of those at 128, so that boxes agree, too:
    a sliver between two things in front that shows at 256 only is left out."""
    import cv2

    numbers = np.array([one.number for one in kept], np.uint8)[:, None, None]
    small = canvas.owners(128) == numbers
    if size == 128:
        return small
    near = [cv2.dilate(mask.view(np.uint8), np.ones((3, 3), np.uint8)) for mask in small]
    near = np.array(near, bool).reshape(-1, 128, 128).repeat(2, 1).repeat(2, 2)
    return (canvas.owners(size) == numbers) & near


def _annotate(image: UInt8[np.ndarray, "s s 3"], canvas: Canvas, kept: list[Stood], seed: int, draw: Draw) -> Scene:
    """Everything that is known of the kept objects, in the pixels of the image."""
    size, visible, masks = len(image), canvas.counts(), _masks(canvas, kept, len(image))
    semantic = np.zeros((size, size), np.uint8)
    for one, mask in zip(kept, masks, strict=True):
        semantic[mask] = 1 + CLASSES.index(one.kind)
    boxes = [_box(mask) for mask in masks]
    return Scene(
        image=torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))),
        boxes=torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        labels=torch.tensor([CLASSES.index(one.kind) for one in kept], dtype=torch.int64),
        masks=torch.from_numpy(masks),
        semantic=torch.from_numpy(semantic),
        truncated=torch.tensor([one.inside < 0.98 * one.footprint.pixels for one in kept], dtype=torch.bool),
        occluded=torch.tensor([visible[one.number] < (1 - HIDDEN) * one.inside for one in kept], dtype=torch.bool),
        seed=seed,
        **_persons(canvas, kept, size, draw),
    )


def _persons(canvas: Canvas, kept: list[Stood], size: int, draw: Draw) -> dict[str, Tensor]:
    """The scene's fields about persons."""
    rows = [row for row, one in enumerate(kept) if one.body is not None]
    states = [joint_states(kept[row], canvas.owner, draw) for row in rows]
    joints = [kept[row].joints * (size / canvas.side) for row in rows]
    return {
        "joints": torch.from_numpy(np.array(joints, np.float32).reshape(-1, 14, 2)),
        "joint_state": torch.from_numpy(np.array(states, np.uint8).reshape(-1, 14)),
        "person_index": torch.tensor(rows, dtype=torch.int64),
        "identity": torch.tensor([kept[row].identity for row in rows], dtype=torch.int64),
    }


def joint_states(one: Stood, owner: UInt8[np.ndarray, "side side"], draw: Draw) -> list[int]:
    """0 not annotated (outside the image, tiny person, forgotten), 1 occluded (by the body or others), 2 visible."""
    states = []
    tiny = one.footprint.sides[1] < TINY * SIDE / 128
    for name, (x, y) in zip(JOINTS, one.joints.tolist(), strict=True):
        forgotten = draw.chance(FORGOTTEN)
        if tiny or forgotten or not (0 <= x < len(owner) and 0 <= y < len(owner)):
            states.append(0)
            continue
        part = one.footprint.at(x, y)
        covered = part > 0 and name not in one.body.owners[part - 1]
        states.append(1 if covered or owner[int(y), int(x)] > one.number else 2)
    return states
