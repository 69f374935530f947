"""Explorers of unit 05: enlarging a map, skips of FCN, and a threshold with its confusion matrix.

Each has a pure function `draw_…` that returns a picture and the same in words, and a function `…_explorer` that puts
controls beside it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Integer, UInt8
from torch import Tensor
from torch.nn import functional as F

from course_lib.data.labels import VOID
from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.masks import draw_counts, mark_errors, mark_outcomes, paint
from course_lib.explorers.panel import panel, slider
from course_lib.plots import Picture, to_picture, white

Image, Images = UInt8[np.ndarray, "3 h w"], UInt8[np.ndarray, "n 3 h w"]
Map, Maps = UInt8[np.ndarray, "h w"], UInt8[np.ndarray, "n h w"]

SIDE, SMALL, GAP = 256, 192, 6  # pixels: of one of three panes, of one of four, between two
WAYS = ("nearest", "bilinear", "transposed, kernel 2 × factor", "transposed, kernel 1.5 × factor")


def enlarge(cells: Float[Tensor, "i j"], factor: int, way: str) -> Float[Tensor, "h w"]:
    """A map `factor` times larger.

    Args:
        way: one of WAYS. A transposed convolution has equal weights that keep the mean: each cell is a stamp of kernel
            × kernel pixels, `factor` pixels from the next; stamps that overlap add up.
    """
    whole = cells[None, None]
    if way == "nearest":
        return F.interpolate(whole, scale_factor=factor, mode="nearest")[0, 0]
    if way == "bilinear":
        return F.interpolate(whole, scale_factor=factor, mode="bilinear", align_corners=False)[0, 0]
    kernel = 2 * factor if "2 ×" in way else 3 * factor // 2
    weight = torch.full((1, 1, kernel, kernel), (factor / kernel) ** 2)
    larger = F.conv_transpose2d(whole, weight, stride=factor, padding=(kernel - factor) // 2)[0, 0]
    return larger[: factor * cells.shape[0], : factor * cells.shape[1]]


def draw_upsampling(truth: Bool[Tensor, "h w"], factor: int, way: str) -> tuple[Picture, str]:
    """A mask, the mean over cells of factor × factor pixels, and that mean enlarged again; white is an object.

    Args:
        truth: sides are multiples of `factor`.
    """
    cells = F.avg_pool2d(truth[None, None].float(), factor)[0, 0]
    larger = enlarge(cells, factor, way)
    found = larger >= 0.5
    iou = float((found & truth).sum() / (found | truth).sum().clamp(min=1))
    panes = [truth.float(), cells, larger, found.float()]
    titles = ["mask", f"{cells.shape[0]} by {cells.shape[1]} cells", "enlarged", "0.5 or more"]
    words = f"factor {factor}, {way}: of the mask an IoU of <b>{iou:.2f}</b> is left"
    return _side_by_side([pane.clamp(0, 1).numpy() for pane in panes], titles, SMALL), words


def upsampling_explorer(masks: Sequence[Bool[Tensor, "h w"]]):
    """Factor and way of enlarging → what is left of a mask."""
    import ipywidgets

    def draw(scene: int, factor: int, way: str) -> tuple[Picture, str]:
        return draw_upsampling(masks[scene - 1], factor, way)

    controls = {
        "scene": slider("scene", 1, 1, len(masks), 1),
        "factor": ipywidgets.SelectionSlider(options=(2, 4, 8, 16, 32), value=8, description="factor"),
        "way": ipywidgets.Dropdown(options=WAYS, description="how"),
    }
    return panel(draw, controls)


def scene_scores(
    truth: Integer[np.ndarray, "h w"], predicted: Integer[np.ndarray, "h w"], classes: int
) -> tuple[float, float]:
    """Share of right pixels, and mean IoU over the classes that occur in truth or prediction; void does not count."""
    from torchmetrics.functional.classification import multiclass_jaccard_index

    pair = torch.from_numpy(predicted).long(), torch.from_numpy(truth).long()
    counted = truth != VOID
    right = float((predicted == truth)[counted].mean()) if counted.any() else 0.0
    return right, float(multiclass_jaccard_index(*pair, classes, ignore_index=VOID))


def draw_skip(image: Image, truth: Map, predicted: Map, name: str, classes: int) -> tuple[Picture, str]:
    """The image, the true map, what one network found, and where it is wrong."""
    panes = [image, paint(truth), paint(predicted), mark_errors(image, truth, predicted)]
    right, iou = scene_scores(truth, predicted, classes)
    words = f"{name}: {right:.0%} of the pixels right, mean IoU <b>{iou:.2f}</b> in this scene"
    return _side_by_side(panes, ["image", "truth", name, "wrong in red"], SMALL), words


def skip_explorer(images: Images, masks: Maps, maps: Mapping[str, Maps], classes: int):
    """Scene and network → its class map and its errors. `maps`: of each network, by name, coarsest first."""
    import ipywidgets

    def draw(scene: int, network: str) -> tuple[Picture, str]:
        i = scene - 1
        return draw_skip(images[i], masks[i], maps[network][i], network, classes)

    controls = {
        "scene": slider("scene", 1, 1, len(images), 1),
        "network": ipywidgets.SelectionSlider(options=list(maps), description="network"),
    }
    return panel(draw, controls)


def outcomes(
    truth: Bool[np.ndarray, "h w"], found: Bool[np.ndarray, "h w"], counted: Bool[np.ndarray, "h w"]
) -> np.ndarray:
    """How many counted pixels there are of each truth (row) and each finding (column): no, yes."""
    return np.array([[np.sum((truth == t) & (found == f) & counted) for f in (False, True)] for t in (False, True)])


def draw_threshold(
    image: Image, mask: Map, probability: Map, label: int, name: str, threshold: float
) -> tuple[Picture, str]:
    """What counts as `name` at this threshold: the probability, the outcome of each pixel, and the four counts.

    Args:
        probability: of the class in 0 … 255.
        label: of the class in `mask`.
    """
    truth, found = mask == label, probability / 255 >= threshold
    counts = outcomes(truth, found, mask != VOID)
    (_, wrong), (missed, hits) = counts.tolist()
    precision, recall, iou = (
        f"{hits / some:.2f}" if some else "–" for some in (hits + wrong, hits + missed, hits + wrong + missed)
    )
    panes = [image, probability / 255, mark_outcomes(image, truth, found, mask != VOID)]
    titles = ["image", f"probability of {name}", "hit blue, wrong red, missed light"]
    words = f"threshold {threshold:.2f}: precision {precision}, recall {recall}, IoU <b>{iou}</b>"
    left = _side_by_side(panes, titles, SIDE)
    return np.hstack([left, white(SIDE, GAP), draw_counts(counts, name)]), words


def threshold_explorer(images: Images, masks: Maps, probability: Maps, label: int, name: str):
    """Threshold on a probability map → confusion matrix, IoU, precision and recall."""

    def draw(scene: int, threshold: float) -> tuple[Picture, str]:
        i = scene - 1
        return draw_threshold(images[i], masks[i], probability[i], label, name, threshold)

    controls = {
        "scene": slider("scene", 1, 1, len(images), 1),
        "threshold": slider("threshold", 0.5, 0.05, 0.95, 0.05),
    }
    return panel(draw, controls)


def _side_by_side(panes: Sequence[np.ndarray], titles: Sequence[str], side: int) -> Picture:
    """Panes of equal size with their titles."""
    drawn = []
    for pane, title in zip(panes, titles, strict=True):
        picture = to_picture(pane)
        canvas = Canvas(picture, scale=side / picture.shape[1])
        canvas.text(0, picture.shape[0], title, WHITE, size=13)
        drawn += [canvas.picture, white(canvas.picture.shape[0], GAP)]
    return np.hstack(drawn[:-1])
