"""Unit 03: what is asked of `roi_pool_backward`."""

from collections.abc import Callable

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close, worst
from course_lib.checks.fast_rcnn.pictures import grey
from course_lib.checks.fast_rcnn.regions import TWO_IMAGES, WIDE, Region, maps, regions
from course_lib.checks.kit.numbers import rounded
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

OVERLAPPING = ((0, 0, 0, 5, 4), (0, 2, 1, 7, 5), (0, 3, 2, 6, 6))


def gradients(*wanted: Region, size: int = 2, images: int = 1, channels: int = 3):
    """Gradients of regions that were pooled from maps with as many cells as their image has pixels, 7 by 11.

    One cell in the middle responds most, so that every region that holds it passes its gradient there.
    """

    def make(rng: Generator) -> Inputs:
        from torchvision.ops import roi_pool  # noqa: F401  (registers the operation that also tells the places)

        features = maps(rng, images, channels, 7, 11)
        features[:, :, 3, 4] += 2
        rois = regions(rng, wanted, 1.0)
        argmax = torch.ops.torchvision.roi_pool(features, rois, 1.0, size, size)[1].long()
        grad = rounded(rng.normal(size=tuple(argmax.shape)))
        return {"grad": grad, "argmax": argmax, "rois": rois, "shape": tuple(features.shape)}

    return make


def beside_autograd(function: Callable, grad: Tensor, argmax: Tensor, rois: Tensor, shape: tuple[int, ...]) -> Tensor:
    """How far roi_pool_backward is from what autograd finds when the responses are read at `argmax`."""
    features = torch.zeros(shape, dtype=grad.dtype, requires_grad=True)
    read = features.flatten(2)[rois[:, 0].long()].gather(2, argmax.flatten(2).clamp(min=0)).reshape(argmax.shape)
    (read * (argmax >= 0) * grad).sum().backward()
    return torch.as_tensor(copy(function(grad, argmax, rois, shape))) - features.grad


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
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


CHECK = Check(
    "roi_pool_backward",
    points=4,
    forbids=("torch.ops.torchvision",),
    compare=close(1e-4, 1e-5),
    explain=explain,
    cases=(
        Case(
            "one region",
            "values",
            gradients(WIDE, size=3),
            hint="To which cell does the gradient of a bin go? And how many bins may one cell have won?",
        ),
        Case(
            "three regions that overlap",
            "values",
            gradients(*OVERLAPPING, size=2),
            hint="The cell in the middle wins in several regions.",
        ),
        Case(
            "three regions of two images",
            "values",
            gradients(*TWO_IMAGES, size=2, images=2),
            hint="A gradient has an image, a channel and a place.",
        ),
        Case(
            "autograd finds the same",
            "property",
            gradients(*TWO_IMAGES, size=3, images=2),
            probe=beside_autograd,
            explain=False,
        ),
        Case(
            "bins without cells",
            "edge",
            gradients((0, 6, 4, 13, 9), (0, 1, 1, 5, 5), size=3),
            hint="Where does place -1 lead in Python?",
            essential=True,
        ),
        Case("no regions", "edge", gradients(images=2)),
        *styles(gradients(*OVERLAPPING)),
    ),
)
