# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 · Fully convolutional segmentation: the exercise
#
# A detector draws boxes. Here every *pixel* gets a class: a classifier becomes a convolution (Long, Shelhamer and
# Darrell, CVPR 2015), and what its strides have lost is brought back step by step.

# %% [markdown]
# **You will** write five functions and two modules, each 3 to 20 lines, and answer one question in words.
# **Time:** about three hours. **Before:** read the lecture `05_fcn`.

# %% [markdown]
# ## How this works
#
# As in unit 03: write your code where it says `raise NotImplementedError`, keep names and arguments, and run the check
# after each function as often as you like. The grade uses other inputs of the same kinds.

# %% [markdown]
# Whatever you are given stays as it is: work on copies. The checks also try 64-bit numbers (`float64`), views that
# are not contiguous in memory and, where there is one, the GPU.

# %% [markdown]
# A *mask* is a map of whole numbers, the class of each pixel. Class 0 is usually background. Where nobody could say
# what a pixel shows, the true mask holds a number of its own, often 255: *void*. Such pixels count for nothing.

# %% tags=["given"]
import torch
from jaxtyping import Float, Int64, Integer
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib import plots
from course_lib.checks.fcn import check
from course_lib.data import tinytown

# %% [markdown]
# ## 1 · Who is taken for whom
#
# Before we build anything, we decide how to measure it. The confusion matrix counts pixels: its rows are the true
# classes, its columns the predicted ones.

# %% [markdown]
# By hand, with 2 classes and void 9. Six pixels:
#
# | | | | | | | |
# |---|---|---|---|---|---|---|
# | target | 0 | 0 | 1 | 1 | 1 | 9 |
# | pred | 0 | 1 | 1 | 1 | 0 | 1 |
#
# Row 0 is (1, 1): one hit, one taken for class 1. Row 1 is (1, 2). The last pixel is void. Together 5.

# %% [markdown]
# <details><summary>Hint: the counts are too small</summary>
#
# When the same pair of classes stands twice in an index, `matrix[target, pred] += 1` reads all places first and writes
# them afterwards: it counts only once. Look for an operation that *counts* whole numbers.
# </details>
#
# <details><summary>Hint: it counts numbers, but I have pairs</summary>
#
# Number the cells of the matrix row by row, as you would number the pixels of an image. Which number has the cell in
# row t and column p? And what happens to that number when p is one too large?
# </details>
#
# <details><summary>Hint: the shape of a solution</summary>
#
# Four steps. Are the shapes the same? Which pixels count, by the truth alone? Is there a label among them that is no
# class? Count, and bring the counts into rows and columns. Small types such as `uint8` overflow when you multiply.
# </details>


# %% tags=["solution"]
def confusion_matrix(
    pred: Integer[Tensor, "*shape"],
    target: Integer[Tensor, "*shape"],
    classes: int,
    ignore: int,
) -> Int64[Tensor, "{classes} {classes}"]:
    """Count the pixels of each true class (row) that are predicted as each class
    (column).

    Write it yourself: no `sklearn.metrics`, `torchmetrics` or `course_lib.metrics`.
    `torch.bincount` is yours to use.

    Args:
        pred: the predicted class of each pixel, 0 … classes - 1. Whole numbers of any
            width: masks are often uint8.
        target: the true class of each pixel, 0 … classes - 1 or `ignore`.
        classes: how many classes there are, whether they occur or not.
        ignore: where `target` has this number, the pixel is left out, whatever `pred`
            says there. It may be the number of a class, too; only `target` decides.

    Returns:
        Whole numbers; zeros without any pixel.

    Raises:
        ValueError: `pred` and `target` differ in shape, and the message says both
            shapes; or a pixel that is not left out has, in `target` or in `pred`, a
            label that is no class, and the message says that label.
    """
    ### BEGIN SOLUTION
    if pred.shape != target.shape:
        both = f"{tuple(pred.shape)} and {tuple(target.shape)}"
        raise ValueError(f"pred and target need one shape, got {both}.")
    pred, target = pred.long(), target.long()
    counted = target != ignore
    pairs = torch.stack([target[counted], pred[counted]])
    for label in pairs[(pairs < 0) | (pairs >= classes)].tolist():
        raise ValueError(f"{label} is none of the {classes} classes.")
    cells = pairs[0] * classes + pairs[1]
    return torch.bincount(cells, minlength=classes**2).reshape(classes, classes)
    ### END SOLUTION


# %% tags=["check"]
check("confusion_matrix", confusion_matrix)

# %% [markdown]
# ## 2 · One number for a mask
#
# Most pixels of a street are background. Whoever paints everything background has most pixels right and has found
# nothing. So each class is measured by itself: what truth and prediction have in common, divided by what either of them
# covers.

# %% [markdown]
# By hand, for the matrix
#
# | | 0 | 1 | 2 |
# |---|---|---|---|
# | **0** | 6 | 2 | 0 |
# | **1** | 1 | 3 | 0 |
# | **2** | 0 | 0 | 0 |
#
# class 0 has 6 / (8 + 7 − 6) = 2/3, class 1 has 3 / (4 + 5 − 3) = 1/2. Class 2 occurs nowhere. The mean is 7/12.

# %% [markdown]
# <details><summary>Hint: what is the union, when all that I have are counts?</summary>
#
# Draw two circles, truth and prediction of one class. A row of the matrix fills one circle, a column the other. Which
# pixels have you counted twice?
# </details>
#
# <details><summary>Hint: a class is missing</summary>
#
# Two things can be missing: a class that nobody predicted and nobody drew, and a class that was predicted where it is
# not. For which of them is the union 0? The other one is a mistake and has to cost something.
# </details>


# %% tags=["solution"]
def mean_iou(confusion: Int64[Tensor, "k k"]) -> float:
    """The mean over the classes of intersection over union (Long et al., section 5).

    Write it yourself: no `torchmetrics`, `sklearn.metrics` or `course_lib.metrics`.

    Args:
        confusion: pixels of each true class (row) that are predicted as each class
            (column), as `confusion_matrix` gives them; counts of whole test sets reach
            billions.

    Returns:
        A number from 0 to 1. Background is a class like any other. A class that neither
        occurs nor is predicted is left out; one that is only predicted, or only occurs,
        counts with 0. Without any pixel: NaN.
    """
    ### BEGIN SOLUTION
    hits = confusion.diag()
    union = confusion.sum(dim=0) + confusion.sum(dim=1) - hits
    there = union > 0
    return (hits[there].double() / union[there]).mean().item()
    ### END SOLUTION


# %% tags=["check"]
check("mean_iou", mean_iou)

# %% [markdown]
# ## 3 · A classifier becomes a convolution
#
# A linear layer on a flattened map multiplies each of its numbers by a weight and adds up. A filter as large as the map
# does the same, and can slide. With that, a classifier for small windows runs over a large image in one pass.

# %% [markdown]
# By hand: a map of 2 channels, 1 row and 2 columns is flattened to (a₁, a₂, b₁, b₂), channel by channel. The weights
# (1, 2, 3, 4) of one output become a filter with (1, 2) for channel a and (3, 4) for channel b. On a map with 5 columns
# it stands in 4 places.

# %% [markdown]
# <details><summary>Hint: the shapes fit, the numbers do not</summary>
#
# `flatten` runs through a map in one order: which of its axes changes fastest, which slowest? Your filter must read its
# weights in the same order. Try it with a map of 2 × 3 × 4 numbers that you can recognise.
# </details>
#
# <details><summary>Hint: the shape of a solution</summary>
#
# Make a convolution of the right sizes and kinds of numbers, then copy weights and bias into it without autograd
# watching. Which numbers of `nn.Conv2d` are in `feature_shape`, which in the layer? Leave stride and padding as they
# are.
# </details>


# %% tags=["solution"]
def convolutionize(linear: nn.Linear, feature_shape: tuple[int, int, int]) -> nn.Conv2d:
    """The convolution that gives at each place what a linear layer gives for the
    flattened window there (Long et al., section 3.1).

    Args:
        linear: reads `window.flatten()`; with or without bias. It stays as it is.
        feature_shape: of one window, (channels, height, width), as many values as
            `linear` reads.

    Returns:
        An `nn.Conv2d` whose kernel is as large as a window, with stride 1 and without
        padding; a copy of the weights, and of the bias where there is one; both learn,
        and have the type of the layer's numbers, e.g. float64.
    """
    ### BEGIN SOLUTION
    channels, height, width = feature_shape
    like = {"dtype": linear.weight.dtype, "device": linear.weight.device}
    bias = linear.bias is not None
    conv = nn.Conv2d(channels, linear.out_features, (height, width), bias=bias, **like)
    with torch.no_grad():
        conv.weight.copy_(linear.weight.reshape(conv.weight.shape))
        if bias:
            conv.bias.copy_(linear.bias)
    return conv
    ### END SOLUTION


# %% tags=["check"]
check("convolutionize", convolutionize)

# %% [markdown]
# ## 4 · Enlarging with a convolution
#
# The scores of a network with stride 32 are 32 times too small. A transposed convolution enlarges them: each number is
# multiplied by the filter and stamped into the larger map, `factor` pixels apart; stamps that overlap add up. With the
# right filter that is bilinear interpolation.

# %% [markdown]
# By hand, one axis, factor 2: the filter is (0.25, 0.75, 0.75, 0.25). The numbers 4 and 8 become two stamps, two pixels
# apart:
#
# | | | | | | | |
# |---|---|---|---|---|---|---|
# | 4 | 1 | 3 | 3 | 1 | | |
# | 8 | | | 2 | 6 | 6 | 2 |
# | sum | 1 | 3 | **5** | **7** | 6 | 2 |
#
# Inside, 5 and 7 lie between 4 and 8.

# %% [markdown]
# <details><summary>Hint: how wide is the filter, and where is its middle?</summary>
#
# Draw a tent above the numbers 4 and 8: from the middle of one it falls to 0 at the middle of the next. How many pixels
# lie under it when the middles are 2 pixels apart, how many when it is 3? In one of the two cases a pixel lies exactly
# under the top.
# </details>
#
# <details><summary>Hint: the shape of a solution</summary>
#
# One axis first: the distance of each place from the middle, then the height of the tent there. Two axes are a product
# of two. And between which pairs of channels does a filter stand at all?
# </details>


# %% tags=["solution"]
def bilinear_kernel(
    channels: int, factor: int
) -> Float[Tensor, "{channels} {channels} k k"]:
    """Weights of an `nn.ConvTranspose2d` with stride `factor` that interpolates each
    channel by itself (Long et al., section 3.3).

    k = 2 * factor - factor % 2. Along each axis the weight at place i is 1 - |i - m| /
    factor, where m = (k - 1) / 2 is the middle; the weight at (i, j) is the product of
    both.

    Args:
        channels: of the map, at least 1.
        factor: how many times larger the map becomes, at least 1; with 1 nothing
            changes.

    Returns:
        float32: weight [a, b, i, j] leads from channel a to channel b, and is 0 where
        they differ. A constant map stays constant inside.
    """
    ### BEGIN SOLUTION
    size = 2 * factor - factor % 2
    distance = (torch.arange(size) - (size - 1) / 2).abs()
    tent = 1 - distance / factor
    kernel = torch.zeros(channels, channels, size, size)
    kernel[range(channels), range(channels)] = torch.outer(tent, tent)
    return kernel
    ### END SOLUTION


# %% tags=["check"]
check("bilinear_kernel", bilinear_kernel)

# %% [markdown]
# **Predict**, then look: we take the mask of a scene (white is an object), average it over cells of 16 × 16 pixels, and
# enlarge it again, once by repeating cells and once with your filter. What becomes of thin legs? And what happens at
# the left border, where no second stamp overlaps?

# %% tags=["experiment"]
objects = (tinytown.scene(3).semantic > 0).float()[None, None]
coarse = F.avg_pool2d(objects, 16)  # 8 × 8 cells
kernel = torch.as_tensor(bilinear_kernel(1, 16))
padding = (kernel.shape[-1] - 16) // 2
larger = F.conv_transpose2d(coarse, kernel, stride=16, padding=padding)
repeated = F.interpolate(coarse, scale_factor=16)
shown = {"the mask": objects, "cells repeated": repeated, "your filter": larger}
axes = plots.image_grid([one[0] for one in shown.values()], list(shown), columns=3)
plots.show(axes, "a mask enlarged sixteenfold")

# %% [markdown]
# Both have lost what is thinner than a cell: no filter brings it back. Yours has no steps. Along the border it fades to
# half: there a single stamp falls off and nothing meets it. `F.interpolate` repeats the outermost numbers instead, and
# from here on we use that.

# %% [markdown]
# ## 5 · A skip
#
# The last map of a network knows *what* is there, an earlier one *where*. FCN-16s enlarges the coarse scores twofold
# and adds the fine ones, FCN-8s does it twice.

# %% [markdown]
# By hand, one axis: the coarse scores (4, 8) become (4, 5, 7, 8): beyond the outermost middles the nearest number
# stands. With the fine scores (1, 0, −1) of a map that is 3 wide, the sum is (5, 5, 6): the fourth is cut off.

# %% [markdown]
# <details><summary>Hint: the sizes do not fit</summary>
#
# How large is a map of 7 cells after a step of stride 2 that loses none of them, and how large when it is enlarged
# again? What is left over lies at the bottom and on the right.
# </details>
#
# <details><summary>Hint: the values are a little off, most of all near the border</summary>
#
# Interpolation has two conventions: either the outermost *middles* of the cells coincide or their outermost *edges*.
# A cell has a width, so which of them makes every coarse cell lie over its own two fine ones? And what does
# `F.interpolate` do when nobody names a mode?
# </details>


# %% tags=["solution"]
def fuse_skip(
    coarse: Float[Tensor, "n k i j"], fine: Float[Tensor, "n k h w"]
) -> Float[Tensor, "n k h w"]:
    """Add the scores of a finer map to those of a coarser one (Long et al., section 4).

    `coarse` is enlarged twofold by bilinear interpolation, in which each coarse cell
    lies over two by two fine ones (`align_corners=False`); then `fine` is added.
    `F.interpolate` is yours to use.

    Args:
        coarse: scores of n images for k classes, of half the height and width of
            `fine`, rounded up; n may be 0.
        fine: scores of the same images and classes.

    Returns:
        Scores of the size of `fine`. Where its height or width is odd, the twofold map
        has a row or a column too many at the end: cut it off, or enlarge straight to
        the size of `fine`; both are right.
    """
    ### BEGIN SOLUTION
    height, width = fine.shape[2:]
    larger = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    return larger[:, :, :height, :width] + fine
    ### END SOLUTION


# %% tags=["check"]
check("fuse_skip", fuse_skip)

# %% [markdown]
# ## 6 · One step up a decoder
#
# FCN adds scores. An encoder–decoder (Ronneberger, Fischer and Brox, U-Net, MICCAI 2015) carries *features* up: it
# enlarges the coarse map, stacks the fine one beside it and lets a convolution weigh both.

# %% [markdown]
# By hand: 8 coarse channels of 3 × 4 cells and 5 fine channels of 6 × 7 cells. Enlarged: 8 channels of 6 × 7. Stacked:
# 13 channels. A 3×3 convolution to 6 channels has 13 · 6 · 9 = 702 weights; its answer has 6 × 7 × 6 numbers for each
# image.

# %% [markdown]
# <details><summary>Hint: the map and the skip do not meet</summary>
#
# Here the coarse map may be half as large, or a little more or less. Who knows the size that is asked for?
# </details>
#
# <details><summary>Hint: the shapes fit, the values do not</summary>
#
# Three suspects: the mode of interpolation, the order in which the two are stacked, and what stands behind the
# convolution. Exchange one at a time on paper: which of them changes even a constant map?
# </details>


# %% tags=["solution"]
class UpBlock(nn.Module):
    """One step up a decoder: enlarge, stack, convolve (after U-Net, figure 1).

    U-Net enlarges with a transposed convolution and has two convolutions; ours
    interpolates and has one.
    """

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int):
        """Make these layers under these names.

        conv: 3×3 `nn.Conv2d` with stride 1, padding 1 and no bias, in_channels +
        skip_channels to out_channels. bn: `nn.BatchNorm2d`.
        """
        ### BEGIN SOLUTION
        super().__init__()
        both = in_channels + skip_channels
        self.conv = nn.Conv2d(both, out_channels, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)
        ### END SOLUTION

    def forward(
        self, coarse: Float[Tensor, "n c i j"], skip: Float[Tensor, "n s h w"]
    ) -> Float[Tensor, "n d h w"]:
        """ReLU of bn of conv of both maps, stacked over the channels: first `coarse`,
        then `skip`.

        Before, `coarse` is enlarged to the height and width of `skip`, whatever they
        are, by bilinear interpolation with `align_corners=False` (`F.interpolate` is
        yours to use). n may be 0 in eval mode.
        """
        ### BEGIN SOLUTION
        larger = F.interpolate(
            coarse, size=skip.shape[2:], mode="bilinear", align_corners=False
        )
        return self.bn(self.conv(torch.cat([larger, skip], dim=1))).relu()
        ### END SOLUTION


# %% tags=["check"]
check("UpBlock", UpBlock)

# %% [markdown]
# ## 7 · Two streams
#
# Why lose the resolution at all? Full-resolution residual networks (Pohlen, Hermans, Mathias and Leibe, CVPR 2017) have
# two streams. The *pooling stream* y sees far, as every network does. The *residual stream* z stays as large as the
# image and is only ever added to: borders survive in it.

# %% [markdown]
# By hand, scale 2, one channel, y one cell, z of 2 × 2 cells:
#
# | step | result |
# |---|---|
# | z | 1, 3 / 2, 0 |
# | pooled beside y | 3 and y |
# | two convolutions, say | y' = 5 |
# | 1×1 convolution, say | −1 |
# | repeated | −1, −1 / −1, −1 |
# | z' | 0, 2 / 1, −1 |

# %% [markdown]
# z' is negative in one cell, and stays so.

# %% [markdown]
# <details><summary>Hint: which stream goes where?</summary>
#
# Draw two horizontal lines, y below and z above. One arrow leads from z down (pooled), one from the new y up
# (repeated). Where on the lower line do they leave and arrive? Is there any box on the upper line, apart from the plus
# sign?
# </details>
#
# <details><summary>Hint: the residual stands in the wrong cells</summary>
#
# PyTorch knows two ways to make 4 numbers of 2: (a, a, b, b) and (a, b, a, b). Which one enlarges a picture? Try both
# on a map that you can recognise.
# </details>
#
# <details><summary>Hint: the sizes are no multiples of the scale</summary>
#
# A window that hangs over the border still holds cells: pooling can keep it or drop it. Which of the two gives as many
# cells as y has? And what do you do with a repeated cell that hangs over in the same way?
# </details>


# %% tags=["solution"]
class FullResolutionResidualUnit(nn.Module):
    """One unit of a network with two streams (Pohlen et al., CVPR 2017)."""

    def __init__(self, y_channels: int, z_channels: int, out_channels: int, scale: int):
        """Make these layers under these names.

        conv1, bn1: 3×3 `nn.Conv2d` with stride 1, padding 1 and no bias, y_channels +
        z_channels to out_channels; `nn.BatchNorm2d`. conv2, bn2: the same, out_channels
        to out_channels. to_z: 1×1 convolution with a bias, out_channels to z_channels.
        """
        ### BEGIN SOLUTION
        super().__init__()
        both, self.scale = y_channels + z_channels, scale
        self.conv1 = nn.Conv2d(both, out_channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.to_z = nn.Conv2d(out_channels, z_channels, 1)
        ### END SOLUTION

    def forward(
        self, y: Float[Tensor, "n c i j"], z: Float[Tensor, "n s h w"]
    ) -> tuple[Float[Tensor, "n d i j"], Float[Tensor, "n s h w"]]:
        """Both streams behind the unit, the new y and the new z.

        The new y: conv1, bn1, ReLU, conv2, bn2, ReLU of y and the pooled z, stacked
        over the channels in this order. z is pooled by its maximum in windows of scale
        by scale cells. The new z: z plus to_z of the new y, in which each cell is
        repeated scale by scale times. Nothing else acts on z.

        y has the height and width of z divided by `scale`, rounded up. Where that is no
        whole number, the last windows keep what cells there are, and what is repeated
        beyond the border of z is cut off. n may be 0 in eval mode.
        """
        ### BEGIN SOLUTION
        pooled = F.max_pool2d(z, self.scale, ceil_mode=True)
        inner = self.bn1(self.conv1(torch.cat([y, pooled], dim=1))).relu()
        new = self.bn2(self.conv2(inner)).relu()
        residual = self.to_z(new)
        for dim in (2, 3):
            residual = residual.repeat_interleave(self.scale, dim)
        return new, z + residual[:, :, : z.shape[2], : z.shape[3]]
        ### END SOLUTION


# %% tags=["check"]
check("FullResolutionResidualUnit", FullResolutionResidualUnit)

# %% [markdown]
# ## The experiment: five networks on one street
#
# Your parts become five networks: FCN-32s, FCN-16s and FCN-8s, an encoder–decoder, and one with two streams. They see
# the same images in the same order, and the same loop trains them.

# %% tags=["given"]
import textwrap
from pathlib import Path

from course_lib import training
from course_lib.arrays import as_tensor
from course_lib.data.labels import VOID
from course_lib.data.segmentation import Segmented, segmentation
from course_lib.figures import figure
from course_lib.metrics import near_border
from course_lib.models import backbone
from course_lib.progress import bar
from course_lib.settings import settings
from course_lib.training import trained
from course_lib.trainings import shipped, trained_weights

# %% [markdown]
# These are the numbers that one may want to change. With `COURSE_PROFILE=full` the same cells read photographs: PASCAL
# VOC, or your own.

# %% tags=["given"]
SMALL = settings().backbone == "small"
MINI = settings().profile == "mini"
LAPTOP = settings().device == "cpu" and not MINI  # photographs without a GPU
# pixels of a photograph's longer side; images of a batch
LONGEST, IMAGES = (240, 4) if LAPTOP else (500, 8)
SCENES, VALS, TESTS, FIRST = 400, 100, 100, 5000  # the test's first scene
STEPS, RATE = (400, 3e-3) if MINI else (250, 1e-3) if LAPTOP else (20000, 5e-4)
STEPS = min(STEPS, 10 * settings().limit) if settings().limit else STEPS
CLASSES = segmentation("val", 1).classes
BACKGROUND = 0.2 if CLASSES[0] == "background" else 1.0  # weight of class 0 in the loss
DEVICE = settings().device

# %% [markdown]
# **The encoder** is the pretrained backbone. The small one ends at stride 16. There the maximum of 2 × 2 cells follows,
# `pool5` in VGG, so that the last map has the paper's stride of 32.


# %% tags=["given"]
class Encoder(nn.Module):
    """The maps of a backbone, finest first; the last one has stride 32.

    Attributes:
        channels: of the maps.
    """

    def __init__(self, pretrained: bool = True):
        super().__init__()
        self.backbone = backbone(pretrained=pretrained)
        self.pools = self.backbone.stride < 32
        self.channels = tuple(self.backbone.channels)
        if self.pools:
            self.channels += self.channels[-1:]

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> list[Tensor]:
        """Each map has half the height and width of the one before, rounded up."""
        maps = list(self.backbone.stages(images))
        if self.pools:
            maps.append(F.max_pool2d(maps[-1], 2, ceil_mode=True))
        return maps


# %% [markdown]
# **FCN.** `fc6` was a linear layer that reads windows of 3 × 3 cells of a classifier's last map; your `convolutionize`
# makes it slide. Scores of finer maps are added by your `fuse_skip`, as far as the name says: down to stride 32, 16 or
# 8. A transposed convolution, at first your `bilinear_kernel`, brings them to the size of the image.


# %% tags=["given"]
class Enlarge(nn.ConvTranspose2d):
    """Each channel by itself `factor` times as large: at first bilinear interpolation,
    then whatever it learns.
    """

    def __init__(self, channels: int, factor: int):
        form = {"kernel_size": 2 * factor, "stride": factor, "bias": False}
        super().__init__(channels, channels, groups=channels, **form)
        self.weight.data[:] = as_tensor(bilinear_kernel(1, factor), torch.float32)
        self.start = 3 * factor // 2

    def forward(self, scores: Tensor, size: tuple[int, int]) -> Tensor:
        """At most `factor` times as large: what lies beyond `size` is cut off."""
        # the outermost scores go on beyond the border, so that nothing fades there
        larger = super().forward(F.pad(scores, (1, 1, 1, 1), mode="replicate"))
        rows, columns = (slice(self.start, self.start + side) for side in size)
        return larger[:, :, rows, columns]


# %% tags=["given"]
class FCN(nn.Module):
    """FCN-32s, FCN-16s or FCN-8s: named by the stride of the finest map that is judged
    (Long et al., section 4.2).
    """

    def __init__(self, encoder: Encoder, finest: int, hidden: int = 64):
        super().__init__()
        classes, (*finer, last) = len(CLASSES), encoder.channels
        self.encoder, self.finest = encoder, finest
        self.fc6 = convolutionize(nn.Linear(9 * last, hidden), (last, 3, 3))
        self.fc6.padding = (1, 1)
        self.score = nn.Conv2d(hidden, classes, 1)
        used = finer[::-1][: {32: 0, 16: 1, 8: 2}[finest]]
        self.skips = nn.ModuleList(nn.Conv2d(width, classes, 1) for width in used)
        self.up = Enlarge(classes, finest)

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n k h w"]:
        """Scores before any softmax, of the size of the images."""
        maps = self.encoder(images)
        scores = self.score(self.fc6(maps.pop()).relu())
        for skip in self.skips:
            scores = fuse_skip(scores, skip(maps.pop()))
        return self.up(scores, images.shape[2:])


# %% [markdown]
# **The encoder–decoder** climbs from the last map to the first with your `UpBlock`: with the small backbone from stride
# 32 to stride 2.


# %% tags=["given"]
class EncoderDecoder(nn.Module):
    """Features of each level, stacked on the way up (after U-Net), scores at the finest
    map.
    """

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder, self.blocks = encoder, nn.ModuleList()
        *finer, width = encoder.channels
        for skip in finer[::-1]:
            out = max(32, skip // 2)
            self.blocks.append(UpBlock(width, skip, out))
            width = out
        self.score = nn.Conv2d(width, len(CLASSES), 1)

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n k h w"]:
        """Scores before any softmax, of the size of the images."""
        *finer, features = self.encoder(images)
        for block, skip in zip(self.blocks, finer[::-1], strict=True):
            features = block(features, skip)
        size, scores = images.shape[2:], self.score(features)
        return F.interpolate(scores, size, mode="bilinear", align_corners=False)


# %% [markdown]
# **FRRN.** Two streams, seven of your units. The pooling stream goes down to stride 16 and up again; the residual
# stream has 8 channels and the size of the image all the way. There is no pretrained network of this kind: it begins
# with random weights.


# %% tags=["given"]
def resized(y: Tensor, size: list[int]) -> Tensor:
    """The pooling stream at another size: smaller by maxima, larger by
    interpolation.
    """
    if max(y.shape[2:]) > max(size):
        return F.adaptive_max_pool2d(y, size)
    return F.interpolate(y, size, mode="bilinear", align_corners=False)


# %% tags=["given"]
class FRRN(nn.Module):
    """A small full-resolution residual network (after Pohlen et al., CVPR 2017)."""

    scales, widths = (2, 4, 8, 16, 8, 4, 2), (24, 32, 48, 64, 48, 32, 24)

    def __init__(self, first: int = 16, residual: int = 8):
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(3, first, 3, padding=1), nn.BatchNorm2d(first), nn.ReLU()
        )
        self.split = nn.Conv2d(first, residual, 1)
        self.units, before = nn.ModuleList(), (first, *self.widths)
        for i, j, scale in zip(before, self.widths, self.scales, strict=False):
            self.units.append(FullResolutionResidualUnit(i, residual, j, scale))
        self.last = UpBlock(self.widths[-1], residual, first)
        self.score = nn.Conv2d(first, len(CLASSES), 1)

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n k h w"]:
        """Scores before any softmax, of the size of the images."""
        y = self.first(images)
        z = self.split(y)
        for unit, scale in zip(self.units, self.scales, strict=True):
            size = [-(-side // scale) for side in z.shape[2:]]
            y, z = unit(resized(y, size), z)
        return self.score(self.last(y, z))


# %% tags=["given"]
def network(name: str, pretrained: bool = True) -> nn.Module:
    """One of the five; `pretrained` is about the encoder."""
    if name == "FRRN":
        # in this order of the numbers a CPU is a fifth to a third faster
        return FRRN().to(memory_format=torch.channels_last)
    encoder = Encoder(pretrained)
    if name == "encoder–decoder":
        return EncoderDecoder(encoder)
    return FCN(encoder, {"FCN-32s": 32, "FCN-16s": 16, "FCN-8s": 8}[name])


NAMES = "FCN-32s", "FCN-16s", "FCN-8s", "encoder–decoder", "FRRN"

# %% [markdown]
# **What we train on.** Half of the images are mirrored, each with its mask. Images that are smaller than the largest
# of their batch are filled up, their masks with void. The loss passes over void.

# %% [markdown]
# Of 100 pixels of a street 93 are background; each of them counts a fifth in the loss. With the full weight, FCN-8s
# says background for 96 pixels of 100, and its mean IoU on `val` falls from 0.35 to 0.29 (three seeds, 400 steps).


# %% tags=["given"]
def drawn(one: Segmented, flip: bool) -> tuple[Tensor, Tensor]:
    """An image as floats in [0, 1] and its mask, mirrored or not."""
    image, mask = one.image.float() / 255, one.mask.long()
    return (image.flip(-1), mask.flip(-1)) if flip else (image, mask)


def filled(maps: list[Tensor], value: float) -> Tensor:
    """Maps of different sizes as one batch, filled up at the right and below."""
    height, width = (max(one.shape[side] for one in maps) for side in (-2, -1))
    rests = [(0, width - one.shape[-1], 0, height - one.shape[-2]) for one in maps]
    return torch.stack(
        [F.pad(one, rest, value=value) for one, rest in zip(maps, rests, strict=True)]
    )


# %% tags=["given"]
def groups(network: nn.Module, rate: float = RATE) -> list[dict]:
    """What learns at which rate: an encoder, which knows much already, at a third."""
    named = [
        (name.startswith("encoder"), one) for name, one in network.named_parameters()
    ]
    parts = {rate / 3: [one for known, one in named if known]}
    parts[rate] = [one for known, one in named if not known]
    return [{"params": some, "lr": lr} for lr, some in parts.items() if some]


# %% tags=["given"]
def batches(data, count: int = IMAGES, seed: int | None = None):
    """The function that gives the i-th batch: images [n, 3, h, w], masks [n, h, w]."""
    seed = settings().seed if seed is None else seed

    def batch(index: int) -> tuple[Tensor, Tensor]:
        rng = torch.Generator().manual_seed(100_000 * seed + index)
        chosen = torch.randperm(len(data), generator=rng)[:count].tolist()
        flips = torch.rand(len(chosen), generator=rng) < 0.5
        pairs = [
            drawn(data[i], bool(flip)) for i, flip in zip(chosen, flips, strict=True)
        ]
        images, masks = zip(*pairs, strict=True)
        return filled(list(images), 0), filled(list(masks), VOID)

    return batch


# %% tags=["given"]
def loss(network: nn.Module, images: Tensor, masks: Tensor) -> Tensor:
    """Mean cross-entropy over all pixels that are not void, background with less
    weight.
    """
    scores = network(images)
    weights = scores.new_ones(len(CLASSES))
    weights[0] = BACKGROUND
    return F.cross_entropy(scores, masks, weights, ignore_index=VOID)


# %% [markdown]
# **How good?** Your confusion matrix adds up over the images, and your `mean_iou` makes one number of it. We count
# twice: over all pixels, and over those near a true border alone. `near_border` takes the pixels within 2 px of one:
# in the 5 × 5 pixels around them stands another class, too.


# %% tags=["given"]
@torch.no_grad()
def classes_of(network: nn.Module, image: Tensor) -> Tensor:
    """The class with the highest score, for each pixel of a uint8 image of any size."""
    scores = network(image[None].to(DEVICE).float() / 255)
    return scores[0].argmax(dim=0).cpu()


def measured(masks: list[Tensor], data) -> tuple[float, float]:
    """Mean IoU over all pixels, and near true borders."""
    whole, near = 0, 0
    for mask, one in zip(masks, data, strict=True):
        border = one.mask.masked_fill(~near_border(one.mask), VOID)
        whole = whole + as_tensor(confusion_matrix(mask, one.mask, len(CLASSES), VOID))
        near = near + as_tensor(confusion_matrix(mask, border, len(CLASSES), VOID))
    return float(mean_iou(whole)), float(mean_iou(near))


# %% [markdown]
# **Overfit ten images first.** We expect the loss of FCN-8s to fall from about 2 to below 0.5 in 30 steps.

# %% tags=["experiment"]
torch.manual_seed(0)
ten = segmentation("train", 10, LONGEST)[:10]
first = network("FCN-8s").train()
losses = training.fit(first, batches(ten), loss, 30, RATE, groups=groups(first))
print(f"loss at first {losses[0]:.2f}, after 30 steps {sum(losses[-3:]) / 3:.2f}")

# %% [markdown]
# **Fit.** You train FCN-8s yourself, for 400 steps; that takes half a minute. If you interrupt it, the next run goes on
# from there.


# %% tags=["given"]
def fit() -> dict[str, Tensor]:
    """Train FCN-8s: its tensors, and the loss at each step."""
    torch.manual_seed(settings().seed)
    data, own = segmentation("train", SCENES, LONGEST), network("FCN-8s").train()
    checkpoint = Path("05_fcn_checkpoint.safetensors")
    how = {"groups": groups(own), "checkpoint": checkpoint, "keep": True}
    losses = training.fit(own, batches(data), loss, STEPS, RATE, **how)
    return own.state_dict() | {"losses": torch.tensor(losses)}


def trained_network() -> nn.Module:
    """FCN-8s, from `weights`."""
    own = network("FCN-8s", pretrained=False)
    own.load_state_dict({name: w for name, w in weights.items() if name != "losses"})
    return own.to(DEVICE).eval()


def predict(images: list[Tensor]) -> list[Tensor]:
    """The classes of all pixels, [h, w], of each uint8 image [3, h, w]."""
    own = trained_network()
    return [classes_of(own, image) for image in images]


# %% tags=["fit"]
weights = trained("05_fcn", fit)

# %% tags=["check"]
check("experiment", predict)

# %% [markdown]
# ## Five networks, one story
#
# **Predict**: in which order will the five come out, over all pixels, and near borders alone? Training all of them from
# three seeds takes longer than we want to wait, so the course did. Here is how.

# %% tags=["experiment"]
long = shipped("segmentation")
print(*textwrap.wrap(str(long), 88), sep="\n")

# %% tags=["experiment"]
KINDS = "mean IoU", "boundary IoU"
print(f"{'three seeds':17}" + "".join(f"{kind:>17}" for kind in KINDS) + "    seconds")
for name in NAMES:
    columns = [long.results[f"{name}: test {kind}"] for kind in KINDS]
    told = [f"{runs.mean():.3f} ± {runs.std(ddof=1):.3f}" for runs in columns]
    seconds = long.results[f"{name}: seconds"].mean()
    print(f"{name:17}" + "".join(f"{one:>17}" for one in told) + f"{seconds:11.0f}")

# %% tags=["experiment"]
test_iou = {name: long.results[f"{name}: test mean IoU"] for name in NAMES}
means = [runs.mean() for runs in test_iou.values()]
axes = plots.bars(NAMES, means, "mean IoU on test scenes, three seeds", form="")
for row, runs in enumerate(test_iou.values()):
    axes.plot(runs, [row] * len(runs), "o", color=plots.BLACK, markersize=4)
plots.show(axes, "five networks, mean IoU")

# %% [markdown]
# The targets below were fixed before anything was measured.

# %% tags=["experiment"]
PAPER = "59.4, 62.4, 62.7 %: 32s, 16s, 8s on VOC 2011 (Long et al., CVPR 2015)"
gaps = [list(test_iou[NAMES[i + 1]] - test_iou[NAMES[i]]) for i in range(3)]
display(
    figure("FCN-16s gains mean IoU over FCN-32s", gaps[0], target=0.03, paper=PAPER),
    figure("FCN-8s gains mean IoU over FCN-16s", gaps[1], target=0.03, paper=PAPER),
    figure("encoder–decoder gains mean IoU over FCN-8s", gaps[2], target=0.03),
)

# %% tags=["experiment"]
near = {name: long.results[f"{name}: test boundary IoU"] for name in NAMES}
figure(
    "FRRN's IoU near borders less FCN-8s's",
    list(near["FRRN"] - near["FCN-8s"]),
    target=0,
)

# %% [markdown]
# The order is the one that we hoped for, the gaps are not. From stride 16 to 8 there is little left to gain, as in the
# paper. And FRRN is last. Two streams are no worse for that: FRRN began with random weights, the others did not. Here
# is FCN-8s again, with the same steps and a random encoder.

# %% tags=["experiment"]
scratch = {kind: long.results[f"FCN-8s from scratch: test {kind}"] for kind in KINDS}
gain = test_iou["FCN-8s"] - scratch["mean IoU"]
lead = near["FRRN"] - scratch["boundary IoU"]
display(
    figure("a pretrained encoder gains FCN-8s mean IoU", list(gain)),
    figure("FRRN's IoU near borders less FCN-8s's, both from scratch", list(lead)),
)

# %% [markdown]
# From the same start FRRN is level with FCN-8s, also near borders: three seeds cannot tell them apart. What it lacks
# here is what the encoder has learned from other images. It also takes four times as long: it multiplies four times as
# often, and 72 % of that on maps of stride 1 and 2.

# %% [markdown]
# ## What the networks see
#
# The weights of one of the three seeds come with the course. We load them into *your* networks: this is what your
# functions give after 600 steps. Beside them stands the FCN-8s that you trained for 400. We expect a mean IoU of around
# 0.35 from it; below 0.25 something is wrong.


# %% tags=["given"]
def long_network(name: str) -> nn.Module:
    """One of the five after its long training, built of your functions."""
    one = network(name, pretrained=False)
    one.load_state_dict(trained_weights("segmentation", name))
    return one.to(DEVICE).eval()


# %% [markdown]
# And beside all of them stands the *prior*, which looks at no image: in each place the class that is most frequent
# there in the training masks. Whoever is not clearly better has learned nothing but where things usually are.


# %% tags=["given"]
def prior(data, side: int = 32) -> Tensor:
    """The most frequent class in each of side × side places of the masks."""
    counts = torch.zeros(side, side, len(CLASSES) + 1)  # the last one is void
    for one in data:
        small = F.interpolate(one.mask[None, None].float(), (side, side))[0, 0].long()
        counts += F.one_hot(small.clamp(max=len(CLASSES)), len(CLASSES) + 1)
    return counts[:, :, :-1].argmax(dim=2)


def stretched(mask: Tensor, size: tuple[int, ...]) -> Tensor:
    """The mask at another size; each pixel takes the nearest one's class."""
    return F.interpolate(mask[None, None].float(), size)[0, 0].long()


# %% tags=["experiment"]
test = segmentation("test", TESTS, LONGEST, start=FIRST)
networks = {name: long_network(name) for name in NAMES} if SMALL and MINI else {}
networks["your FCN-8s"] = trained_network()
masks = {
    name: [classes_of(one, scene.image) for scene in bar(test, name, unit="image")]
    for name, one in networks.items()
}
usual = prior(segmentation("train", SCENES, LONGEST))
without = {"prior": [stretched(usual, one.mask.shape) for one in test]}
table = {name: measured(found, test) for name, found in (without | masks).items()}
for name, (whole, border) in table.items():
    print(f"{name:17} mean IoU {whole:.3f}, near borders {border:.3f}")

# %% tags=["experiment"]
figure("mean IoU of your FCN-8s on the test scenes", table["your FCN-8s"][0])

# %% [markdown]
# **Look** before you count on: three test scenes with large objects, each with the truth and with what every network
# says. Where does each one put the borders? Which network finds the thin parts?


# %% tags=["given"]
def painted(mask: Tensor) -> Tensor:
    """A mask as an image [3, h, w]: background light, each class in a colour, void
    white.
    """
    shades = [plots.rgb(color) for color in plots.PALETTE]
    colors = torch.full((256, 3), 255, dtype=torch.uint8)
    colors[: len(CLASSES)] = torch.tensor(
        [(225, 225, 225), *(shades[i % len(shades)] for i in range(len(CLASSES) - 1))]
    )
    return colors[mask.long()].permute(2, 0, 1)


def with_key(axes) -> None:
    """Write the colours' names below the pictures."""
    for label, name in enumerate(CLASSES[1:]):
        color = plots.PALETTE[label % len(plots.PALETTE)]
        axes[0].plot([], [], "s", color=color, label=name)
    axes[0].figure.legend(loc="outside lower center", ncols=10)


# %% tags=["experiment"]
largest = sorted(range(len(test)), key=lambda i: -int((test[i].mask % VOID > 0).sum()))
rows = largest[1:12:4]
pictures, titles = [], []
for i in rows:
    pictures += [test[i].image, painted(test[i].mask)]
    pictures += [painted(found[i]) for found in masks.values()]
    titles += ["image", "truth", *masks]
axes = plots.image_grid(pictures, titles, columns=2 + len(masks), width=14)
with_key(axes)
plots.show(axes, "what five networks see")

# %% [markdown]
# **Where are the mistakes?** Wrong pixels in red on the fainter image. The worst of your FCN-8s's 100 test scenes come
# first, by the share of wrong pixels.


# %% tags=["given"]
def marked(scene: Segmented, mask: Tensor) -> Tensor:
    """The fainter image, with the wrong pixels in red."""
    wrong = (mask != scene.mask) & (scene.mask != VOID)
    red = torch.tensor(plots.rgb(plots.VERMILLION), dtype=torch.uint8)[:, None, None]
    return torch.where(wrong, red, 128 + scene.image // 2)


# %% tags=["experiment"]
own = masks["your FCN-8s"]
shares = [
    ((mask != one.mask) & (one.mask != VOID)).double().mean()
    for mask, one in zip(own, test, strict=True)
]
worst = torch.stack(shares).argsort(descending=True)[:4].tolist()
pictures = [
    picture
    for i in worst
    for picture in (
        test[i].image,
        painted(test[i].mask),
        painted(own[i]),
        marked(test[i], own[i]),
    )
]
titles = ["image", "truth", "your FCN-8s", "wrong pixels"] * len(worst)
axes = plots.image_grid(pictures, titles, columns=4, width=9)
with_key(axes)
plots.show(axes, "the worst scenes")

# %% [markdown]
# **Any size.** Nothing in these networks knows how large an image is. One of 256 × 256 pixels goes through, and so do
# one of 93 × 70 and one smaller than the stride.

# %% tags=["experiment"]
scene = tinytown.scene(int(rows[0]) + FIRST, size=256, split="test")
for image in (scene.image, scene.image[:, 40:133, 50:120], scene.image[:, :20, :9]):
    sizes = {tuple(classes_of(one, image).shape) for one in networks.values()}
    print(f"image {tuple(image.shape[1:])}, masks {sizes}")

# %% [markdown] tags=["written"]
# ## One question in words (4 points)
#
# A colleague drops the skips: "A transposed convolution with stride 32 can learn any filter, so it can also learn to
# draw sharp borders." What can it learn, and what can it not? How do FCN-8s, U-Net and the residual stream each get at
# what it lacks? Four to eight sentences.
#
# ### BEGIN MARK SCHEME
# - 1 point: where a border lies within a cell of 32 × 32 pixels must still be in the numbers of that cell; what the
#   strides have thrown away no filter can bring back. It can learn a shape that is likely on average: a smooth blob.
# - 1 point: FCN-8s adds *scores* of maps with strides 16 and 8, which know the place two and four times as
#   finely.
# - 1 point: U-Net stacks *features* of every level up to full (or half) resolution and learns how to weigh them.
# - 1 point: the residual stream never loses the resolution: it is only added to, so that places survive and gradients
#   reach every unit directly; the price is memory.
# - Half a point is possible for each. A right reason in other words counts.
# ### END MARK SCHEME

# %% [markdown]
# ## What to hand in
#
# Two files: this notebook and `05_fcn.safetensors`, which lies beside it. With the second one, the grade uses the
# network that you trained; without it, it is trained again while grading. The weights that come with the course are not
# there while yours are asked for.
