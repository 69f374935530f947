"""Explorers of unit 02: proposals, IoU and non-maximum suppression, box regression.

Each has a pure function `draw_…` that returns a picture and the same in words, and a function `…_explorer` that puts
sliders beside it. Overlaps, suppression and box arithmetic are torchvision's: the student writes them in the exercise.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.chart import chart
from course_lib.explorers.panel import panel, slider
from course_lib.explorers.proposals import SIDE, draw_best_proposals
from course_lib.metrics import average_best_overlap, recall
from course_lib.plots import BLUE, ORANGE, Picture

LETTERS = "ABCDEFGH"


def proposal_quality(
    proposals: Sequence[Tensor], objects: Sequence[Tensor], numbers: Sequence[int], iou: float = 0.5
) -> dict[str, list[float]]:
    """How good the first n proposals of each image are, for each n in `numbers`.

    Args:
        proposals: boxes [p, 4] of each image.
        objects: ground-truth boxes [m, 4] of each image.
        numbers: how many proposals of each image may be used.
        iou: an object is found when some proposal overlaps it at least this much.

    Returns:
        "recall" (share of the objects found) and "average best overlap" (mean over the objects), one value for each n.
    """
    targets = [{"boxes": boxes} for boxes in objects]
    first = [[boxes[:number] for boxes in proposals] for number in numbers]
    return {
        "recall": [recall(boxes, targets, iou) for boxes in first],
        "average best overlap": [average_best_overlap(boxes, targets) for boxes in first],
    }


def draw_proposals(
    image: UInt8[Tensor, "3 h w"], objects: Float[Tensor, "m 4"], proposals: Float[Tensor, "p 4"], number: int
) -> tuple[Picture, str]:
    """The first `number` proposals (thin; the more, the paler), and for each object (white) the best of them.

    The best is blue where its IoU, written beside it, is at least 0.5: found; else it is dashed.
    """
    canvas, overlaps = draw_best_proposals(image, objects, proposals, number)
    used, found = min(number, len(proposals)), int((overlaps >= 0.5).sum())
    words = f"{used} of {len(proposals)} proposals find <b>{found} of {len(objects)} objects</b> (IoU ≥ 0.5)"
    mean = f"; average best overlap {overlaps.mean():.2f}." if len(objects) else "."
    return canvas.picture, words + mean


def proposals_explorer(scenes: Sequence, methods: Mapping[str, Sequence[Tensor]]):
    """Number of proposals → which objects are found, in one scene and over all.

    Args:
        scenes: each with `image` (uint8 [3, h, w], square) and `boxes` (float [m, 4]).
        methods: name → the proposals of each scene.
    """
    import ipywidgets

    most = max(len(boxes) for sets in methods.values() for boxes in sets)
    numbers = [n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if n < most] + [most]
    objects = [scene.boxes for scene in scenes]
    curves = {name: proposal_quality(sets, objects, numbers) for name, sets in methods.items()}
    ticks = [number for number in (1, 10, 100, 1000) if number <= most]
    charts = {
        name: chart(numbers, quality, "mean over all scenes", (440, SIDE), ticks) for name, quality in curves.items()
    }

    def draw(method: str, scene: int, number: int) -> tuple[Picture, str]:
        left, words = draw_proposals(scenes[scene - 1].image, objects[scene - 1], methods[method][scene - 1], number)
        means = [f"{name} {values[numbers.index(number)]:.2f}" for name, values in curves[method].items()]
        words += f"<br>Over all {len(scenes)} scenes: {', '.join(means)}."
        return np.hstack([left, charts[method].marked(number, ORANGE)]), words

    controls = {
        "method": ipywidgets.Dropdown(options=list(methods), description="method"),
        "scene": slider("scene", 1, 1, len(scenes), 1),
        "number": ipywidgets.SelectionSlider(options=numbers, value=numbers[len(numbers) // 2], description="number"),
    }
    return panel(draw, controls)


def suppression(boxes: Float[Tensor, "n 4"], scores: Float[Tensor, " n"], threshold: float) -> list[int | None]:
    """For each box the kept box that removes it in greedy non-maximum suppression, or None where it is kept itself."""
    from torchvision.ops import box_iou, nms

    kept = nms(boxes, scores, threshold)
    removers: list[int | None] = [None] * len(boxes)
    for i in set(range(len(boxes))) - set(kept.tolist()):
        above = kept[scores[kept] >= scores[i]]
        removers[i] = int(above[(box_iou(boxes[i : i + 1], boxes[above])[0] > threshold).nonzero()[0, 0]])
    return removers


def draw_nms(
    image: UInt8[Tensor, "3 h w"], boxes: Float[Tensor, "n 4"], scores: Float[Tensor, " n"], threshold: float
) -> tuple[Picture, str]:
    """Lettered boxes: those that survive suppression blue, the others dashed; in words who removed them."""
    from torchvision.ops import box_iou

    ious = box_iou(boxes, boxes)
    canvas = Canvas(image, scale=480 / image.shape[-1])
    removers = suppression(boxes, scores, threshold)
    lines = []
    for i in scores.argsort().tolist():  # the best last, so that it lies on top
        color = BLUE if removers[i] is None else ORANGE
        canvas.box(boxes[i], color, width=4 if removers[i] is None else 2, dashed=removers[i] is not None)
        canvas.tag(*boxes[i, :2].tolist(), f"{LETTERS[i]} {scores[i]:.2f}", color)
        fate = "kept" if removers[i] is None else f"removed by {LETTERS[removers[i]]}"
        if removers[i] is not None:
            fate += f" (IoU {ious[i, removers[i]]:.2f}, above {threshold:.2f})"
        lines.insert(0, f"<br><b>{LETTERS[i]}</b> ({scores[i]:.2f}) {fate}")
    return canvas.picture, "By falling score: " + "".join(lines)


def nms_explorer(image: UInt8[Tensor, "3 h w"], boxes: Float[Tensor, "n 4"], scores: Float[Tensor, " n"]):
    """Move a box, change its score or the threshold → which boxes survive. The given boxes stay as they are."""
    import ipywidgets

    boxes, scores = boxes.clone(), scores.clone()
    height, width = image.shape[1:]
    threshold = slider("threshold (IoU)", 0.3, 0, 1, 0.05)
    chosen = ipywidgets.ToggleButtons(
        options=[(LETTERS[i], i) for i in range(len(boxes))],
        description="box",
        style={"button_width": "3em"},
    )
    x, y = (
        slider("x of its corner", int(boxes[0, 0]), 0, width, 1),
        slider("y of its corner", int(boxes[0, 1]), 0, height, 1),
    )
    score = slider("its score", float(scores[0]), 0, 1, 0.01)

    def draw(threshold: float, box: int, x: int, y: int, score: float) -> tuple[Picture, str]:
        return draw_nms(image, boxes, scores, threshold)

    def move(axis: int, value: float) -> None:
        boxes[chosen.value, [axis, axis + 2]] += value - boxes[chosen.value, axis]

    def select(change) -> None:
        x.value, y.value = (int(value) for value in boxes[change["new"], :2])
        score.value = float(scores[change["new"]])

    x.observe(lambda change: move(0, change["new"]), names="value")
    y.observe(lambda change: move(1, change["new"]), names="value")
    score.observe(lambda change: scores.__setitem__(chosen.value, change["new"]), names="value")
    chosen.observe(select, names="value")
    return panel(draw, {"threshold": threshold, "box": chosen, "x": x, "y": y, "score": score})


def corrections(proposals: Float[Tensor, "n 4"], objects: Float[Tensor, "n 4"]) -> Float[Tensor, "n 4"]:
    """(tx, ty, tw, th) that leads from each proposal to its object: torchvision's box coder with weights of 1."""
    return _coder().encode_single(objects, proposals)


def regressed(proposals: Float[Tensor, "*n 4"], deltas: Float[Tensor, "*n 4"]) -> Float[Tensor, "*n 4"]:
    """One proposal or several, moved and resized by (tx, ty, tw, th): the inverse of `corrections`."""
    return _coder().decode_single(deltas.reshape(-1, 4), proposals.reshape(-1, 4)).reshape(proposals.shape)


def _coder():
    """Torchvision keeps it in a private module, which a notebook should not import."""
    from torchvision.models.detection._utils import BoxCoder

    return BoxCoder(weights=(1.0, 1.0, 1.0, 1.0))


def draw_regression(
    image: UInt8[Tensor, "3 h w"], proposal: Float[Tensor, "4"], target: Float[Tensor, "4"], deltas: Float[Tensor, "4"]
) -> tuple[Picture, str]:
    """A proposal (dashed), what the deltas make of it (blue), the object (white); IoU and arithmetic in words."""
    from torchvision.ops import box_iou

    box = regressed(proposal, deltas)
    canvas = Canvas(image, scale=480 / image.shape[-1])
    canvas.box(target, WHITE)
    canvas.box(proposal, ORANGE, dashed=True)
    canvas.box(box, BLUE, width=4)
    before, after = box_iou(torch.stack([proposal, box]), target[None])[:, 0].tolist()
    canvas.tag(*proposal[:2].tolist(), f"proposal {before:.2f}", ORANGE)
    canvas.tag(*box[2:].tolist(), f"moved {after:.2f}", BLUE, anchor="rt")
    (width, height), (new_width, new_height) = (proposal[2:] - proposal[:2]).tolist(), (box[2:] - box[:2]).tolist()
    tx, ty, tw, th = deltas.tolist()
    words = (
        f"IoU with the object: {before:.2f} → <b>{after:.2f}</b><br>"
        f"centre: {tx:+.2f} × width {width:.0f} = {tx * width:+.0f} pixels to the right, "
        f"{ty:+.2f} × height {height:.0f} = {ty * height:+.0f} pixels down<br>"
        f"size: {width:.0f} × exp({tw:+.2f}) = {new_width:.0f} wide, "
        f"{height:.0f} × exp({th:+.2f}) = {new_height:.0f} high"
    )
    return canvas.picture, words


def regression_explorer(image: UInt8[Tensor, "3 h w"], pairs: Mapping[str, tuple[Tensor, Tensor]]):
    """Deltas → box. `pairs`: name → (proposal [4], object [4]), to choose from."""
    import ipywidgets

    def draw(pair: str, tx: float, ty: float, tw: float, th: float) -> tuple[Picture, str]:
        return draw_regression(image, *pairs[pair], torch.tensor([tx, ty, tw, th]))

    controls = {
        "pair": ipywidgets.Dropdown(options=list(pairs), description="proposal"),
        "tx": slider("tx (right)", 0, -1, 1, 0.02),
        "ty": slider("ty (down)", 0, -1, 1, 0.02),
        "tw": slider("tw (wider)", 0, -1, 1, 0.02),
        "th": slider("th (higher)", 0, -1, 1, 0.02),
    }
    return panel(draw, controls)
