"""What stands where: the laws of Tinytown's scenes, as numbers and as the draws that follow them."""

from typing import NamedTuple

from course_lib.data.tinytown.draws import Draw

CLASSES = ("person", "car", "house", "tree", "dog", "ball", "sign", "bicycle")
SPLITS = ("train", "val", "test", "test_shifted")
IDENTITIES = {"train": (0, 200), "val": (200, 60), "test": (260, 120), "test_shifted": (260, 120)}  # first, count

EMPTY = 0.05  # share of scenes without an object
CLASS_WEIGHTS = (5, 8, 8, 8, 8, 8, 8, 10)  # of objects placed on their own; persons come with bicycles, too
COUNTS = (1, 2, 3, 4, 5)  # objects placed on their own …
COUNT_WEIGHTS = (3, 5, 4, 3, 1)  # … and how often
SCALE = (0.08, 0.50)  # longer side of the whole object as a share of the image, log-uniform
LEAST_SIDE = 5.5 / 128  # a flatter object is enlarged until its shorter side is this long
PAIRED = 0.24  # share of these objects that a second object overlaps …
SAME_CLASS = 0.4  # … which is of the same class in this share
CYCLIST = 0.8  # share of bicycles that a person holds; in test_shifted none, and no person is near one
CUT = 0.13  # share of objects moved over the image's edge
CONFUSED = (0, 0, 1, 1, 2)  # confusers in a scene, each of these equally likely


class Item(NamedTuple):
    """One thing to draw: kind (a class or a confuser), longer side, centre and ground line as shares of the image."""

    kind: str
    size: float
    x: float
    base: float
    cut: bool


def ground(draw: Draw, horizon: float, size: float) -> float:
    """Where a thing of this size stands: large means near, near means low in the image."""
    near = (size - SCALE[0]) / (SCALE[1] - SCALE[0])
    base = horizon + (0.97 - horizon) * (0.12 + 0.88 * near**0.7) + draw.uniform(-0.09, 0.09)
    return min(max(base, size, horizon + 0.03), 0.99)


def alone(draw: Draw, kind: str, horizon: float) -> Item:
    """An object placed anywhere, sometimes over the edge."""
    size = draw.log_uniform(*SCALE)
    cut = draw.chance(CUT)
    x, base = draw.random(), ground(draw, horizon, size)
    if cut and draw.chance(0.75):
        x = draw.integer(2) + draw.uniform(-0.22, 0.22) * size
    elif cut:
        base = 1 + draw.uniform(0.15, 0.5) * size
    return Item(kind, size, x, base, cut)


def beside(draw: Draw, item: Item, kind: str, near: float = 0.5) -> Item:
    """A second object that overlaps ``item``."""
    size = min(max(item.size * draw.uniform(0.7, 1.35), SCALE[0]), SCALE[1])
    x = item.x + draw.sign() * draw.uniform(0.35, 1.05) * near * (item.size + size) / 2
    return Item(kind, size, x, item.base + draw.uniform(-0.1, 0.1) * size, item.cut)


def partner(draw: Draw, item: Item, split: str) -> Item | None:
    """The object that goes with ``item``, if any: bicycles have their law, all others overlap at random."""
    if item.kind == "bicycle" and split != "test_shifted":
        return beside(draw, item, "person", 0.35) if draw.chance(CYCLIST) else None
    if not draw.chance(PAIRED):
        return None
    others = [kind for kind in CLASSES if kind != "bicycle"]
    return beside(draw, item, item.kind if draw.chance(SAME_CLASS) else draw.pick(others))


def layout(draw: Draw, split: str, confusers: tuple[str, ...]) -> tuple[float, list[Item]]:
    """The horizon's height and the items from far to near."""
    horizon = draw.uniform(0.22, 0.45)
    items = []
    count = 0 if draw.chance(EMPTY) else draw.weighted(COUNTS, COUNT_WEIGHTS)
    for _ in range(count):
        item = alone(draw, draw.weighted(CLASSES, CLASS_WEIGHTS), horizon)
        second = partner(draw, item, split)
        items += [item] if second is None else [item, second]
    if split == "test_shifted" and any(item.kind == "bicycle" for item in items):
        others = [kind for kind in CLASSES if kind not in ("bicycle", "person")]
        items = [item if item.kind != "person" else item._replace(kind=draw.pick(others)) for item in items]
    items += [alone(draw, draw.pick(confusers), horizon) for _ in range(draw.pick(CONFUSED))]
    return horizon, sorted(items, key=lambda item: item.base)
