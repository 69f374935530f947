"""Unit 00: the smallest counterexample of each function in words, and how `pictures` draws it."""

from typing import Any

import torch
from torch import Tensor, nn

from course_lib import plots
from course_lib.checks.cnn_recap import pictures
from course_lib.checks.cnn_recap.networks import outputs
from course_lib.checks.cnn_recap.pictures import number
from course_lib.checks.cnn_recap.rules import COSTS, orders, widths, wrong_branches
from course_lib.checks.compare import worst
from course_lib.checks.spec import Counterexample, Inputs
from course_lib.deepnet import residual_block

WIDEST = 60  # pixels of a receptive field that are drawn one by one
CHANNELS = 3  # that are drawn side by side
KINDS = ("1×1", "3×3", "5×5", "pooling")  # an inception module's branches


def _values(answer: Tensor, expected: Tensor, place: tuple[int, ...]) -> str:
    return f"expected {number(float(expected[place]))}, yours {number(float(answer[place]))}"


def convolved(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The number that is furthest off, the window and the filter that it comes from."""
    n, o, i, j = worst(answer, expected)
    padding, stride, filters = inputs["padding"], inputs["stride"], inputs["weight"][o]
    padded = nn.functional.pad(inputs["image"][n], (padding,) * 4)[:CHANNELS]
    bias = "no bias" if inputs["bias"] is None else f"bias {number(float(inputs['bias'][o]))}"
    text = (
        f"{len(filters)} channel{'s' * (len(filters) > 1)}, filter {filters.shape[1]} by {filters.shape[2]}, "
        f"stride {stride}, padding {padding}, {bias}\n"
        f"image {n}, filter {o}, row {i}, column {j} of the answer: {_values(answer, expected, (n, o, i, j))}"
    )

    def draw():
        above = [*padded, expected[n, o]]
        below = [*filters[:CHANNELS], answer[n, o]]
        window, cell = (i * stride, j * stride, *filters.shape[1:]), (i, j, 1, 1)
        what = "padded image" if padding else "image"
        titles = [f"{what}, channel {c}" for c in range(len(padded))], [f"filter, channel {c}" for c in range(CHANNELS)]
        return pictures.numbered(
            [*above, *below],
            [*[window] * len(padded), cell, *[None] * len(padded), cell],
            [*titles[0], f"expected ({bias})", *titles[1][: len(padded)], "yours"],
            right=expected[n, o],
            columns=len(above),
        )

    return Counterexample(text, draw)


def pooled(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The window whose largest value is furthest off."""
    n, c, i, j = worst(answer, expected)
    kernel, stride, seen = inputs["kernel"], inputs["stride"], inputs["x"][n, c]
    window = seen[i * stride : i * stride + kernel, j * stride : j * stride + kernel]
    told = "; ".join(" ".join(map(number, row)) for row in window.tolist())
    text = (
        f"kernel {kernel}, stride {stride}; image {n}, channel {c}, row {i}, column {j} of the answer\n"
        f"window [{told}]: {_values(answer, expected, (n, c, i, j))}"
    )

    def draw():
        boxes = [(i * stride, j * stride, kernel, kernel), (i, j, 1, 1), (i, j, 1, 1)]
        maps, titles = [seen, expected[n, c], answer[n, c]], ["map and window", "expected", "yours"]
        return pictures.numbered(maps, boxes, titles, right=expected[n, c])

    return Counterexample(text, draw)


def counted(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The layers with the shapes of their outputs, and the three numbers."""
    with torch.no_grad():
        told = [
            f"{told}: output {tuple(x.shape[1:])}, {x.numel()} numbers"
            for told, x in outputs(inputs["plan"], torch.zeros(1, *inputs["input_shape"]))
        ]
    answers = answer if isinstance(answer[0], list | tuple) else [answer]  # of several calls
    rights = expected if isinstance(expected[0], list | tuple) else [expected]
    pairs = zip(answers, rights, strict=True)
    mine, right = next((pair for pair in pairs if [*map(float, pair[0])] != [*map(float, pair[1])]), (answer, expected))
    lines = [f"{name}: expected {int(b)}, yours {float(a):g}" for name, a, b in zip(COSTS, mine, right, strict=True)]
    return Counterexample("\n".join([f"one image of shape {tuple(inputs['input_shape'])}", *told, *lines]))


def field(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The chain of layers, and both answers over the pixels that one unit behind it looks at."""
    layers = [tuple(layer) for layer in inputs["layers"]]
    told = ", ".join(f"{kernel}×{kernel} stride {stride}" for kernel, stride in layers) or "no layers"
    right, mine = tuple(map(int, expected)), tuple(map(float, answer))
    text = (
        f"from the input: {told}\nsize: expected {right[0]}, yours {mine[0]:g}\n"
        f"stride: expected {right[1]}, yours {mine[1]:g}"
    )
    drawn = max(right[0] + right[1], sum(mine)) <= 2 * WIDEST and right[0] <= WIDEST
    return Counterexample(text, (lambda: pictures.reach(layers, right, mine)) if drawn else None)


def branches(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """Which branches are right, and the number that is furthest off."""
    n, c, i, j = worst(answer, expected)
    ends = torch.tensor(widths(inputs)).cumsum(0)
    branch = KINDS[int((c >= ends).sum())]
    wrong, way = wrong_branches(answer, expected, inputs), orders(answer, expected, inputs)
    told = [f"{kind}: {'wrong' if at in wrong else 'right'}" for at, kind in enumerate(KINDS)]
    text = (
        f"branches of {widths(inputs)} channels; {', '.join(told)}\n"
        f"channel {c}, of the {branch} branch, row {i}, column {j}: {_values(answer, expected, (n, c, i, j))}"
    )
    if way:
        text += f"\nyour order: {', '.join(KINDS[at] for at in way[0])}; expected: {', '.join(KINDS)}"

    def draw():
        titles = [f"channel {c} ({branch}), expected", f"channel {c}, yours"]
        return pictures.numbered([expected[n, c], answer[n, c]], [(i, j, 1, 1)] * 2, titles, right=expected[n, c])

    return Counterexample(text, draw)


def block(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The number that is furthest off, and the two that its sum is made of."""
    n, c, i, j = worst(answer, expected)
    inside, outside, *stride = inputs["config"]
    branch, shortcut = (one[n, c] for one in _two_ways(inputs))
    text = (
        f"{inside} channels to {outside}, stride {stride[0] if stride else 1}, in evaluation mode\n"
        f"channel {c}, row {i}, column {j}: F(x) is {number(float(branch[i, j]))}, "
        f"shortcut(x) is {number(float(shortcut[i, j]))}\nReLU of their sum: {_values(answer, expected, (n, c, i, j))}"
    )

    def draw():
        titles = [f"F(x), channel {c}", "shortcut(x)", "expected: ReLU of their sum", "yours"]
        maps = [branch, shortcut, expected[n, c], answer[n, c]]
        return pictures.numbered(maps, [(i, j, 1, 1)] * 4, titles, right=expected[n, c], columns=2)

    return Counterexample(text, draw)


def _two_ways(inputs: Inputs) -> tuple[Tensor, Tensor]:
    """What torchvision's block with these weights adds: its branch and its shortcut. [n, d, i, j] each"""
    model, seen = residual_block(*inputs["config"]).eval(), {}
    model.load_state_dict({name.replace("shortcut", "downsample"): value for name, value in inputs["state"].items()})
    for name in ("bn2", "downsample"):
        if layer := getattr(model, name):
            layer.register_forward_hook(lambda layer, given, output, name=name: seen.update({name: output.clone()}))
    with torch.no_grad():
        model(inputs["x"])
    return seen["bn2"], seen.get("downsample", inputs["x"])


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
