"""Unit 03: the smallest counterexample of each function, in words and drawn: expected in blue, yours in orange."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from course_lib import plots
from course_lib.checks.rcnn.explain import show_box, worst
from course_lib.checks.spec import Counterexample, Inputs


def pooled(inputs: Inputs, answer: Sequence[Tensor], expected: Sequence[Tensor]) -> Counterexample:
    """The bin whose response (or, where all are right, whose place) is furthest off, on the map with all bins."""
    part = 0 if not torch.allclose(answer[0].double(), expected[0].double(), 1e-4, 1e-5) else 1
    r, c, i, j = worst(answer[part], expected[part])
    roi, size = inputs["rois"][r], inputs["output_size"]
    values = f"expected {_told(expected, r, c, i, j)}, yours {_told(answer, r, c, i, j)}"
    text = (
        f"region {r} = {_roi(roi)}, spatial_scale {inputs['spatial_scale']:g}, {size} by {size} bins\n"
        f"map of {inputs['features'].shape[2]} rows and {inputs['features'].shape[3]} columns\n"
        f"channel {c}, bin in row {i}, column {j}: {values}"
    )

    def draw():
        first, last = (roi[1:] * inputs["spatial_scale"]).round().reshape(2, 2)
        title = f"bin in row {i}, column {j}:\n{values}"
        return _grid(inputs["features"][int(roi[0]), c], first, last + 1, size, (i, j), title, rounded=True)

    return Counterexample(text, draw)


def _told(both: Sequence[Tensor], *place: int) -> str:
    return f"{both[0][place]:.3f} at place {int(both[1][place])}"


def _roi(roi: Tensor) -> str:
    return f"(image {int(roi[0])}, {show_box(roi[1:])[1:]}"


def aligned(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The bin whose mean is furthest off, on the map with all bins."""
    r, c, i, j = worst(answer, expected)
    roi, size = inputs["rois"][r], inputs["output_size"]
    values = f"expected {expected[r, c, i, j]:.3f}, yours {answer[r, c, i, j]:.3f}"
    text = (
        f"region {r} = {_roi(roi)}, spatial_scale {inputs['spatial_scale']:g}, {size} by {size} bins, "
        f"sampling_ratio {inputs['sampling_ratio']}, aligned {inputs['aligned']}\n"
        f"channel {c}, bin in row {i}, column {j}: {values}"
    )

    def draw():
        first, last = (roi[1:] * inputs["spatial_scale"]).reshape(2, 2)
        if not inputs["aligned"]:  # the older convention reads a cell's value at its corner
            first, last = first + 0.5, torch.maximum(last, first + 1) + 0.5
        title = f"bin in row {i}, column {j}:\n{values}"
        return _grid(inputs["features"][int(roi[0]), c], first, last, size, (i, j), title)

    return Counterexample(text, draw)


def _grid(responses: Tensor, start: Tensor, end: Tensor, size: int, wrong: tuple[int, int], title: str, rounded=False):
    """The map with all bins of the region from `start` to `end`, (x, y) in cells, the wrong one in orange."""
    edges = start + torch.arange(size + 1)[:, None] * (end - start) / size  # [size + 1, 2]
    lower, upper = (edges[:-1].floor(), edges[1:].ceil()) if rounded else (edges[:-1], edges[1:])
    order = [(i, j) for i in range(size) for j in range(size) if (i, j) != wrong] + [wrong]  # the wrong one on top
    bins = torch.stack([torch.stack([lower[j, 0], lower[i, 1], upper[j, 0], upper[i, 1]]) for i, j in order])
    colors = [plots.SKY] * (len(order) - 1) + [plots.VERMILLION]
    ax = plots.draw_boxes(_grey(responses), bins.float(), colors=colors, title=title)
    ax.set_aspect("equal")
    return ax


def _grey(responses: Tensor, most: float = 0.0) -> Tensor:
    """A map as an image from black (the least) to white; with `most`, from -most to most. [1, h, w]"""
    low, high = (-most, most) if most else (float(responses.min()), float(responses.max()))
    return ((responses.float().nan_to_num(low) - low) / max(high - low, 1e-9))[None]


def gradient_maps(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The cell whose gradient is furthest off; both maps side by side."""
    n, c, y, x = worst(answer, expected)
    winners = (inputs["argmax"][:, c] == y * expected.shape[3] + x) & (inputs["rois"][:, 0] == n)[:, None, None]
    values = f"expected {expected[n, c, y, x]:.3f}, yours {answer[n, c, y, x]:.3f}"
    got = ", ".join(f"{g:.3f}" for g in inputs["grad"][:, c][winners].tolist())
    text = (
        f"image {n}, channel {c}, row {y}, column {x} (place {y * expected.shape[3] + x}): {values}\n"
        f"gradients of the bins that this cell won: {got or 'none'}"
    )

    def draw():
        both = [expected[n, c], answer[n, c]]
        most = max(float(one.nan_to_num(0).abs().max()) for one in both)
        axes = plots.image_grid([_grey(one, most) for one in both], titles=["expected", "yours"], columns=2)
        cell = torch.tensor([[x, y, x + 1, y + 1]]).float()
        for ax, one in zip(axes, both, strict=True):
            plots.draw_boxes(_grey(one, most), cell, ax=ax, title=ax.get_title())
        return axes.flat[0]

    return Counterexample(text, draw)


def curves(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The error whose loss is furthest off; the curve, and the student's values on or beside it."""
    place, x = worst(answer, expected), inputs["x"]
    values = f"expected {expected[place]:.4f}, yours {answer[place]:.4f}"
    text = f"error {x[place]:.4f}, beta {inputs['beta']:.4g}: {values}"

    def draw():
        most = max(float(x.abs().max()), 1.5 * inputs["beta"])
        along = torch.linspace(-most, most, 201)
        curve = nn.functional.smooth_l1_loss(along, torch.zeros(201), reduction="none", beta=inputs["beta"])
        ax = plots.curve(along.tolist(), {"expected": curve.tolist()}, "error x", "loss", title=text)
        ax.plot(x.flatten(), answer.flatten(), "s", color=plots.VERMILLION, label="yours")
        ax.legend()
        return ax

    return Counterexample(text, draw)


def two_losses(inputs: Inputs, answer: Sequence[Tensor], expected: Sequence[Tensor]) -> Counterexample:
    """Labels and both losses."""
    names = ("loss_classifier", "loss_box_reg")
    rows = [
        f"{n}: expected {float(e):.4f}, yours {float(a):.4f}" for n, a, e in zip(names, answer, expected, strict=True)
    ]
    return Counterexample("\n".join([f"labels {inputs['labels'].tolist()}", *rows]))


def factors(inputs: Inputs, answer: dict, expected: dict) -> Counterexample:
    """Shapes and biases of the two layers, and the first output that differs."""
    text = f"a layer with weight {list(inputs['weight'].shape)}, rank {inputs['rank']}\n"
    for name in ("shapes", "biases"):
        if answer[name] != expected[name]:
            return Counterexample(f"{text}{name}: expected {expected[name]}, yours {answer[name]}")
    name = "product" if not torch.allclose(answer["product"], expected["product"], 1e-3, 1e-4) else "outputs"
    place = worst(answer[name], expected[name])
    return Counterexample(
        f"{text}{name} at {list(place)}: expected {expected[name][place]:.4f}, yours {answer[name][place]:.4f}"
    )
