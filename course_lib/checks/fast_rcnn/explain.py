"""Unit 03: the smallest counterexample of pooling and aligning, in words and drawn: expected blue, yours orange."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import worst
from course_lib.checks.fast_rcnn.guesses import Guess, aligned_from, pooled_from, right_points
from course_lib.checks.kit.show import EXPECTED, YOURS, show_box
from course_lib.checks.spec import Counterexample, Inputs


def pooled(inputs: Inputs, answer: Sequence[Tensor], expected: Sequence[Tensor]) -> Counterexample:
    """The bin whose response (or, where all are right, whose place) is furthest off, on the map with all bins."""
    part = 0 if not torch.allclose(answer[0].double(), expected[0].double(), 1e-4, 1e-5) else 1
    r, c, i, j = worst(answer[part], expected[part])
    roi, size = inputs["rois"][r], inputs["output_size"]
    guess = pooled_from(inputs, answer[0], r) if part == 0 else None
    values = f"expected {_told(expected, r, c, i, j)}, yours {_told(answer, r, c, i, j)}"
    text = (
        f"region {r} = {_roi(roi)}, spatial_scale {inputs['spatial_scale']:g}, {size} by {size} bins\n"
        f"map of {inputs['features'].shape[2]} rows and {inputs['features'].shape[3]} columns\n"
        f"channel {c}, bin in row {i}, column {j}: {values}{_said(guess)}"
    )

    def draw():
        responses = inputs["features"][int(roi[0]), c]
        cells = (roi[1:] * inputs["spatial_scale"]).round().reshape(2, 2)
        grids = [_bins(cells[0], cells[1] + 1, size, rounded=True)]
        grids += [_bins(guess.first, guess.last + 1, size, rounded=True)] if guess else []
        ax = _grids(responses, grids, i * size + j, f"bin in row {i}, column {j}")
        _print_numbers(ax, responses, [grid[i * size + j] for grid in grids])
        _mark(ax, int(expected[1][r, c, i, j]), responses, "o", EXPECTED, "the expected place")
        _mark(ax, int(answer[1][r, c, i, j]), responses, "X", YOURS, "your place")
        return _legend(ax)

    return Counterexample(text, draw)


def _told(both: Sequence[Tensor], *place: int) -> str:
    return f"{both[0][place]:.3f} at place {int(both[1][place])}"


def _said(guess: Guess | None) -> str:
    return f"\nYour numbers are those of another region: {guess.words}." if guess else ""


def _roi(roi: Tensor) -> str:
    return f"(image {int(roi[0])}, {show_box(roi[1:])[1:]}"


def aligned(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The bin whose mean is furthest off, on the map with all bins and the points of that bin."""
    r, c, i, j = worst(answer, expected)
    roi, size, ratio = inputs["rois"][r], inputs["output_size"], inputs["sampling_ratio"]
    guess = aligned_from(inputs, answer, r)
    values = f"expected {expected[r, c, i, j]:.3f}, yours {answer[r, c, i, j]:.3f}"
    told = f"\nYour numbers are those of other points: {guess.words}." if guess else ""
    text = (
        f"region {r} = {_roi(roi)}, spatial_scale {inputs['spatial_scale']:g}, {size} by {size} bins, "
        f"sampling_ratio {ratio}, aligned {inputs['aligned']}\n"
        f"channel {c}, bin in row {i}, column {j}: {values}{told}"
    )

    def draw():
        responses, ends = inputs["features"][int(roi[0]), c], right_points(inputs, roi[1:].reshape(2, 2))
        grids = [_bins(ends[0] + 0.5, ends[1] + 0.5, size)]  # a cell's middle is drawn at + 0.5
        grids += [_bins(guess.first + 0.5, guess.last + 0.5, size)] if guess else []
        at = i * size + j
        ax = _grids(responses, grids, at, f"bin in row {i}, column {j}")
        _scatter(ax, grids[0][at], ratio, "o", EXPECTED, "the expected points")
        if guess:
            _scatter(ax, grids[1][at], guess.ratio, "X", YOURS, "points that give your number")
        return _legend(ax)

    return Counterexample(text, draw)


def _bins(start: Tensor, end: Tensor, size: int, rounded: bool = False) -> Tensor:
    """The bins of the region from `start` to `end`, (x, y) in cells, row by row; `rounded` to cells. [size², 4]"""
    edges = start + torch.arange(size + 1)[:, None] * (end - start) / size  # [size + 1, 2]
    lower, upper = (edges[:-1].floor(), edges[1:].ceil()) if rounded else (edges[:-1], edges[1:])
    places = [(i, j) for i in range(size) for j in range(size)]
    return torch.stack([torch.stack([lower[j, 0], lower[i, 1], upper[j, 0], upper[i, 1]]) for i, j in places]).float()


def _grids(responses: Tensor, grids: list[Tensor], at: int, title: str):
    """The map, the expected bins (blue, all of them thin) and, where it is known, yours (orange); bin `at` is thick."""
    import matplotlib.pyplot as plt

    ax = plt.subplots(figsize=(7, 5.5), layout="constrained")[1]
    plots.draw_boxes(grey(responses), grids[0], ax=ax, colors=plots.SKY, title=title, linewidth=1)
    for grid, color in list(zip(grids, (EXPECTED, YOURS), strict=False))[::-1]:
        if color == YOURS:
            plots.draw_boxes(grey(responses), grid, ax=ax, colors=plots.ORANGE, title=title, linewidth=1)
        plots.draw_boxes(grey(responses), grid[at : at + 1], ax=ax, colors=color, title=title, linewidth=3)
    ax.set_aspect("equal")
    return _near(ax, torch.cat(grids))


def _near(ax, bins: Tensor):
    """Show what lies around these bins, and a cell more."""
    x1, y1 = (bins[:, :2].amin(dim=0) - 1).tolist()
    x2, y2 = (bins[:, 2:].amax(dim=0) + 1).tolist()
    ax.set(xlim=(x1, x2), ylim=(y2, y1), facecolor="#DDDDDD")  # beyond the map it is pale
    return ax


def _print_numbers(ax, responses: Tensor, bins: list[Tensor]) -> None:
    """Write the responses of these bins' cells into them."""
    height, width = responses.shape
    cells = {
        (y, x)
        for x1, y1, x2, y2 in (one.int().tolist() for one in bins)
        for y in range(max(y1, 0), min(y2, height))
        for x in range(max(x1, 0), min(x2, width))
    }
    middle = float(responses.min() + responses.max()) / 2
    for y, x in cells:
        ink = "black" if responses[y, x] > middle else "white"
        ax.text(
            x + 0.5, y + 0.3, f"{responses[y, x]:.2f}", color=ink, fontsize=8, ha="center", va="center", clip_on=True
        )


def _mark(ax, place: int, responses: Tensor, marker: str, color: str, name: str) -> None:
    """Mark a cell by its place; a place outside the map has no mark."""
    if 0 <= place < responses.numel():
        y, x = divmod(place, responses.shape[1])
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        ax.set(xlim=(min(left, x), max(right, x + 1)), ylim=(max(bottom, y + 1), min(top, y)))
        style = {"color": color, "markeredgecolor": "white", "markersize": 9, "linestyle": "none"}
        ax.plot(x + (0.3 if marker == "o" else 0.7), y + 0.7, marker, label=name, **style)


def _scatter(ax, one: Tensor, ratio: int, marker: str, color: str, name: str) -> None:
    """The points of one bin: in the middles of ratio by ratio equal parts."""
    middles = (torch.arange(ratio) + 0.5) / ratio
    x, y = (one[:2] + middles[:, None] * (one[2:] - one[:2])).T
    y, x = torch.meshgrid(y, x, indexing="ij")
    style = {"color": color, "markeredgecolor": "white", "markersize": 8, "linestyle": "none"}
    ax.plot(x.flatten(), y.flatten(), marker, label=name, **style)


def _legend(ax):
    """A legend below the map, where it hides nothing."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2, fontsize=8, frameon=False)
    return ax


def grey(responses: Tensor, most: float = 0.0) -> Tensor:
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
        both = {"expected": expected[n, c], "yours": answer[n, c]}
        most = max(float(one.nan_to_num(0).abs().max()) for one in both.values())
        axes = plots.image_grid([grey(one, most) for one in both.values()], titles=list(both), columns=2)
        cell = torch.tensor([[x, y, x + 1, y + 1]]).float()
        for ax, one in zip(axes, both.values(), strict=True):
            plots.draw_boxes(grey(one, most), cell, ax=ax, title=ax.get_title())
            _print_gradients(ax, one)
        return axes.flat[0]

    return Counterexample(text, draw)


def _print_gradients(ax, gradients: Tensor) -> None:
    """Write every gradient that is not 0 into its cell; grey is 0, brighter is more, darker is less."""
    for y, x in gradients.nonzero().tolist():
        ink = "black" if gradients[y, x] > 0 else "white"
        ax.text(x + 0.5, y + 0.5, f"{gradients[y, x]:.1f}", color=ink, fontsize=8, ha="center", va="center")
