"""Unit 03: the smallest counterexample of losses, batches, layers, in words and drawn: expected blue, yours orange."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from course_lib import plots
from course_lib.checks.compare import worst
from course_lib.checks.fast_rcnn.explain import grey
from course_lib.checks.fast_rcnn.rules import kinds
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.spec import Counterexample, Inputs


def curves(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The error whose loss is furthest off; the expected curve, and yours through the values that you gave."""
    place, x, beta = worst(answer, expected), inputs["x"], inputs["beta"]
    values = f"expected {expected[place]:.4f}, yours {answer[place]:.4f}"
    text = f"error {x[place]:.4f}, beta {beta:.4g}: {values}"

    def draw():
        most = max(float(x.abs().max()), 1.5 * beta)
        along = torch.linspace(-most, most, 201)
        curve = nn.functional.smooth_l1_loss(along, torch.zeros(201), reduction="none", beta=beta)
        ax = plots.curve(along.tolist(), {"expected": curve.tolist()}, "error x", "loss")
        order = x.flatten().argsort()
        ax.plot(x.flatten()[order], answer.flatten()[order], "s--", color=YOURS, label="yours", alpha=0.8)
        ends = [float(expected[place]), float(answer[place])]
        ax.plot([float(x[place])] * 2, ends, "-", color=plots.BLACK, linewidth=2.5, label="the largest difference")
        ax.legend()
        return ax

    return Counterexample(text, draw)


def slopes(inputs: Inputs, answer: Sequence[Tensor], expected: Sequence[Tensor]) -> Counterexample:
    """The error whose gradient is furthest off."""
    place, x = worst(answer[0], expected[0]), inputs["x"]
    values = f"expected {expected[0][place]:.4f}, yours {answer[0][place]:.4f}"
    return Counterexample(f"error {x[place]:.4f}, beta {inputs['beta']:.4g}: the gradient of the loss: {values}")


def two_losses(inputs: Inputs, answer: Sequence[Tensor], expected: Sequence[Tensor]) -> Counterexample:
    """Both losses, labels, and what the box loss is made of."""
    names = ("loss_classifier", "loss_box_reg")
    rows = [
        f"{n}: expected {float(e):.4f}, yours {float(a):.4f}" for n, a, e in zip(names, answer, expected, strict=True)
    ]
    labels = inputs["labels"]
    rows.append(f"labels {labels.tolist()}: {int((labels > 0).sum())} of {len(labels)} regions show an object")

    def draw():
        values = [float(value) for pair in zip(expected, answer, strict=True) for value in pair]
        bars = [f"{name}, {whose}" for name in names for whose in ("expected", "yours")]
        return plots.bars(bars, values, "loss", colors=[EXPECTED, YOURS] * 2, form="{:.4f}")

    return Counterexample("\n".join(rows), draw)


def batches(inputs: Inputs, answer: dict, expected: dict) -> Counterexample:
    """How many regions of each kind a draw holds, and how often each region was drawn."""
    asked = f"{len(inputs['ious'])} regions, batch {inputs['batch']}, fg_fraction {inputs['fg_fraction']:g}"
    best, both = kinds(inputs)
    rows = [
        f"{kind.name}: {int(kind.candidates.sum())} regions to draw from, expected {kind.wanted}, yours {int(got)}"
        for kind, got in zip(both, answer["sizes"][0], strict=True)
    ]

    def draw():
        import matplotlib.pyplot as plt

        axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained", sharey=True)[1]
        for ax, kind, times in zip(axes, both, answer["times"], strict=True):
            share = kind.wanted / max(1, int(kind.candidates.sum()))
            style = {"markersize": 4, "alpha": 0.7}
            ax.plot(best, inputs["seeds"] * share * kind.candidates, "o", color=EXPECTED, label="expected", **style)
            ax.plot(best, times, "X", color=YOURS, label="yours", **style)
            ax.set(xlabel="a region's largest IoU", title=f"drawn as {kind.name}")
            ax.grid(alpha=0.3)
        axes[0].set_ylabel(f"times in {inputs['seeds']} draws")
        axes[1].legend()
        return axes[0]

    return Counterexample("\n".join([asked, *rows]), draw)


def factors(inputs: Inputs, answer: dict, expected: dict) -> Counterexample:
    """Shapes and biases of the two layers, and the number that is furthest off; both products side by side."""
    text = f"a layer with weight {list(inputs['weight'].shape)}, rank {inputs['rank']}\n"
    for name in expected:
        if name not in ("product", "outputs") and answer[name] != expected[name]:
            return Counterexample(f"{text}{name}: expected {expected[name]}, yours {answer[name]}")
    products = [one["product"].double() for one in (answer, expected)]
    name = "outputs" if torch.allclose(*products, 1e-3, 1e-4) else "product"
    place = worst(answer[name], expected[name])
    values = f"expected {expected[name][place]:.4f}, yours {answer[name][place]:.4f}"
    what = "second weight times first weight" if name == "product" else "outputs"

    def draw():
        both = {"expected": expected[name], "yours": answer[name]}
        most = max(float(one.nan_to_num(0).abs().max()) for one in both.values())
        titles = [f"{what},\n{whose}" for whose in both]
        return plots.image_grid([grey(one, most) for one in both.values()], titles=titles, columns=2, width=7)[0]

    return Counterexample(f"{text}{what} at {list(place)}: {values}", draw)
