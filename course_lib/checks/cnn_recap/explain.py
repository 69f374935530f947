"""Unit 00: the smallest counterexample of each function, in words and drawn: expected in blue, yours in orange."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from course_lib import plots
from course_lib.checks.cnn_recap.networks import outputs
from course_lib.checks.cnn_recap.rules import BRANCHES
from course_lib.checks.rcnn.explain import worst
from course_lib.checks.spec import Counterexample, Inputs

NAMES = ("parameters", "activations", "macs")
WIDEST = 60  # pixels of a receptive field that are drawn one by one


def _grey(maps: Sequence[Tensor]) -> list[Tensor]:
    """Maps as images [h, w] from black, the least number in any of them, to white."""
    maps = [one.float().nan_to_num(0, 0, 0) for one in maps]
    low, high = min(float(one.min()) for one in maps), max(float(one.max()) for one in maps)
    return [(one - low) / max(high - low, 1e-9) for one in maps]


def _cell(top: int, left: int, height: int = 1, width: int = 1) -> Tensor:
    """A rectangle of cells as a box. [1, 4]"""
    return torch.tensor([[left, top, left + width, top + height]]).float()


def _panels(images: Sequence[Tensor], boxes: Sequence[Tensor], titles: Sequence[str]):
    """Images side by side, each with one rectangle on it. Returns the first Axes."""
    axes = plots.image_grid(images, titles=titles, columns=len(images))
    for ax, image, box in zip(axes, images, boxes, strict=True):
        plots.draw_boxes(image, box, ax=ax, title=ax.get_title())
    return axes.flat[0]


def _values(answer: Tensor, expected: Tensor, place: tuple[int, ...]) -> str:
    return f"expected {float(expected[place]):.4f}, yours {float(answer[place]):.4f}"


def _rows(values: Tensor) -> str:
    """A few numbers in rows."""
    return "[" + "; ".join(" ".join(f"{value:.2f}" for value in row) for row in values.tolist()) + "]"


def _window(seen: Tensor, height: int, width: int, stride: int, pair: tuple[Tensor, Tensor], values: str, place):
    """The map that is looked at with the window on it, beside both answers' maps with the wrong cell on them."""
    i, j = place
    boxes = [_cell(i * stride, j * stride, height, width), _cell(i, j), _cell(i, j)]
    return _panels([*_grey([seen]), *_grey(pair)], boxes, [f"the window\n{values}", "expected", "yours"])


def convolved(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The number that is furthest off, and the window that it comes from."""
    n, o, i, j = worst(answer, expected)
    padding, stride, weight = inputs["padding"], inputs["stride"], inputs["weight"]
    height, width = weight.shape[2:]
    padded = nn.functional.pad(inputs["image"][n], (padding,) * 4)  # [c, h, w]
    window = padded[:, i * stride : i * stride + height, j * stride : j * stride + width]
    values = _values(answer, expected, (n, o, i, j))
    bias = "no bias" if inputs["bias"] is None else f"bias {float(inputs['bias'][o]):.2f}"
    shown = f"window {_rows(window[0])}\nfilter {_rows(weight[o, 0])}\n" if len(window) == 1 else ""
    text = (
        f"{len(window)} channels, kernel {height} by {width}, stride {stride}, padding {padding}, {bias}\n{shown}"
        f"image {n}, filter {o}, row {i}, column {j} of the answer: {values}"
    )

    def draw():
        return _window(padded.mean(0), height, width, stride, (expected[n, o], answer[n, o]), values, (i, j))

    return Counterexample(text, draw)


def pooled(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The window whose largest value is furthest off."""
    n, c, i, j = worst(answer, expected)
    kernel, stride, seen = inputs["kernel"], inputs["stride"], inputs["x"][n, c]
    window = seen[i * stride : i * stride + kernel, j * stride : j * stride + kernel]
    values = _values(answer, expected, (n, c, i, j))
    text = f"kernel {kernel}, stride {stride}, row {i}, column {j} of the answer\nwindow {_rows(window)}: {values}"

    def draw():
        return _window(seen, kernel, kernel, stride, (expected[n, c], answer[n, c]), values, (i, j))

    return Counterexample(text, draw)


def counted(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The layers with the shapes of their outputs, and the three numbers."""
    with torch.no_grad():
        told = [f"{told}: output {tuple(x.shape[1:])}" for told, x in outputs(inputs["plan"], _zeros(inputs))]
    answers = answer if isinstance(answer[0], list | tuple) else [answer]  # of several calls
    rights = expected if isinstance(expected[0], list | tuple) else [expected]
    mine, right = next(
        (
            pair
            for pair in zip(answers, rights, strict=True)
            if any(int(a) != int(b) for a, b in zip(*pair, strict=True))
        ),
        (answers[0], rights[0]),
    )
    pairs = [f"{name}: expected {int(b)}, yours {float(a):g}" for name, a, b in zip(NAMES, mine, right, strict=True)]
    return Counterexample("\n".join([f"one image of shape {tuple(inputs['input_shape'])}", *told, *pairs]))


def _zeros(inputs: Inputs) -> Tensor:
    return torch.zeros(1, *inputs["input_shape"])


def field(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The chain of layers, both answers, and which cells of each map one unit behind it looks at."""
    layers = [tuple(layer) for layer in inputs["layers"]]
    told = ", ".join(f"{kernel}×{kernel} stride {stride}" for kernel, stride in layers) or "no layers"
    size, stride = (int(value) for value in expected)
    mine = [float(value) for value in answer]
    sizes = f"size: expected {size}, yours {mine[0]:g}"
    text = f"from the input: {told}\n{sizes}\nstride: expected {stride}, yours {mine[1]:g}"
    return Counterexample(text, (lambda: _stack(layers, sizes)) if size <= WIDEST else None)


def _stack(layers: Sequence[tuple[int, int]], title: str):
    """The unit above, below it the cells of each map that it sees, the image's pixels last. Returns the Axes."""
    seen = [{0}]
    for kernel, stride in reversed(layers):
        seen.append({stride * cell + tap for cell in seen[-1] for tap in range(kernel)})
    places = {cell: float(cell) for cell in range(max(seen[-1]) + 1)}
    ax = plots.curve([], {}, "pixel of the image", "layer", title=f"what one unit looks at\n{title}")
    for level, cells in enumerate(reversed(seen)):
        if level:
            kernel, stride = layers[level - 1]
            places = {cell: (places[stride * cell] + places[stride * cell + kernel - 1]) / 2 for cell in cells}
        ax.plot([places[cell] for cell in sorted(cells)], [level] * len(cells), "s", color=plots.BLUE)
    ax.set_yticks(range(len(seen)), ["image", *[f"{k}×{k}, stride {s}" for k, s in layers]])
    return ax


def branches(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The number that is furthest off, and the branch that its channel belongs to."""
    n, c, i, j = worst(answer, expected)
    widths = [inputs["config"][place] for place in BRANCHES]
    ends = torch.tensor(widths).cumsum(0)
    branch = ("1×1", "3×3", "5×5", "pooling")[int((c >= ends).sum())]
    values = _values(answer, expected, (n, c, i, j))
    text = f"branches of {widths} channels\nchannel {c}, of the {branch} branch, row {i}, column {j}: {values}"
    return Counterexample(text, lambda: _both(answer[n, c], expected[n, c], (i, j), f"{branch} branch"))


def block(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The number that is furthest off, and the map in which it lies."""
    n, c, i, j = worst(answer, expected)
    inside, outside, *stride = inputs["config"]
    values = _values(answer, expected, (n, c, i, j))
    text = (
        f"{inside} channels to {outside}, stride {stride[0] if stride else 1}, in evaluation mode\n"
        f"channel {c}, row {i}, column {j}: {values}\nshare of zeros: expected {_zero(expected)}, yours {_zero(answer)}"
    )
    return Counterexample(text, lambda: _both(answer[n, c], expected[n, c], (i, j), f"channel {c}"))


def _zero(values: Tensor) -> str:
    return f"{float((values == 0).double().mean()):.0%}"


def _both(answer: Tensor, expected: Tensor, place: tuple[int, int], what: str):
    """Both maps with the wrong cell on them."""
    return _panels(_grey([expected, answer]), [_cell(*place)] * 2, [f"{what}, expected", f"{what}, yours"])


def moved(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """Both curves over the shifts."""
    rows = zip(inputs["shifts"], expected.tolist(), answer.tolist(), strict=True)
    told = [f"shift {shift}: expected {right:.4f}, yours {mine:.4f}" for shift, right, mine in rows]
    text = "\n".join([f"image of shape {tuple(inputs['image'].shape)}", *told[:6]])

    def draw():
        shifts = torch.tensor(inputs["shifts"])
        order = shifts.argsort()
        lines = {"expected": expected[order].tolist(), "yours": answer[order].tolist()}
        return plots.curve(shifts[order].tolist(), lines, "shift to the right in pixels", "change of the output")

    return Counterexample(text, draw)
