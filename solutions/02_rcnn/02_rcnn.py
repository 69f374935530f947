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
# # 02 · R-CNN: the exercise
#
# In this notebook we write the parts of R-CNN (Girshick, Donahue, Darrell, Malik, CVPR 2014) and then run
# the whole detector on street scenes.
#
# **You will** write nine functions, each 3 to 15 lines, and answer one question in words.
# **Time:** about three hours. **Before:** read the lecture `02_rcnn`.
#
# After each function stands a check. Run it as often as you like: it tells you what is wrong, and draws it.

# %% [markdown]
# ## How this works
#
# Write your code where it says `raise NotImplementedError`. Keep the names and arguments.
# The checks use fixed inputs; the grade uses other inputs of the same kinds, so solve the problem, not the check.
#
# A signature like `boxes: Float[Tensor, "n 4"]` says: a float tensor with *n* rows and 4 columns.
# Boxes are `(x1, y1, x2, y2)` in pixels, x to the right, y down, with area `(x2 - x1) * (y2 - y1)`.

# %% tags=["given"]
import math

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from course_lib.checks.rcnn import check

# %% [markdown]
# ## 1 · How much do two boxes overlap?
#
# Everything in detection starts from one number: which share of the area that two boxes cover *together* do they
# cover *both*? We need it for all pairs at once, since thousands of proposals meet a handful of objects.

# %% [markdown]
# <details><summary>Hint: how do I compare every box with every other without a loop?</summary>
#
# Give `boxes1` an extra axis, so that its shape is `[n, 1, 4]`. Against `[m, 4]` PyTorch then lines up every row
# with every other and the result has the shape `[n, m, …]`.
# </details>


# %% tags=["solution"]
def box_iou(boxes1: Float[Tensor, "n 4"], boxes2: Float[Tensor, "m 4"]) -> Float[Tensor, "n m"]:
    """Intersection over union of every box in `boxes1` with every box in `boxes2`.

    IoU(a, b) = area(a and b) / (area(a) + area(b) - area(a and b)), between 0 and 1.

    Args:
        boxes1: n boxes (x1, y1, x2, y2), pixels, continuous coordinates: the width is x2 - x1,
            not x2 - x1 + 1.
        boxes2: m boxes, likewise. n and m may differ and may be 0.

    Returns:
        One value for each pair. A pair of boxes that both have area 0 may give 0 or NaN.
    """
    ### BEGIN SOLUTION
    top_left = torch.maximum(boxes1[:, None, :2], boxes2[:, :2])  # [n, m, 2]
    bottom_right = torch.minimum(boxes1[:, None, 2:], boxes2[:, 2:])
    intersection = (bottom_right - top_left).clamp(min=0).prod(dim=-1)  # [n, m]
    area1 = (boxes1[:, 2:] - boxes1[:, :2]).prod(dim=-1)
    area2 = (boxes2[:, 2:] - boxes2[:, :2]).prod(dim=-1)
    union = area1[:, None] + area2 - intersection
    return intersection / union.clamp(min=torch.finfo(union.dtype).tiny)
    ### END SOLUTION


# %% tags=["check"]
check("box_iou", box_iou)

# %% [markdown]
# ## 2 · One object, one box
#
# A detector fires many times on the same object. Greedy non-maximum suppression keeps the most certain box,
# removes what overlaps it, and goes on with what is left.

# %% [markdown]
# <details><summary>Hint: which boxes may remove others?</summary>
#
# Think of three boxes in a row, A–B–C: A covers much of B, B much of C, but A hardly any of C. When A has removed
# B, should B still be able to remove C?
# </details>


# %% tags=["solution"]
def nms(boxes: Float[Tensor, "n 4"], scores: Float[Tensor, "n"], threshold: float) -> Int64[Tensor, "k"]:
    """Greedy non-maximum suppression.

    By falling score, keep a box unless a box that was kept before overlaps it with an IoU above
    `threshold`.

    Args:
        boxes: n boxes (x1, y1, x2, y2), pixels. n may be 0.
        scores: how certain each box is; not sorted.
        threshold: IoU, between 0 and 1.

    Returns:
        Positions (in `boxes`) of the kept ones, the highest score first. Equal scores may come
        in any order.
    """
    ### BEGIN SOLUTION
    order = scores.argsort(descending=True)
    overlaps = box_iou(boxes, boxes) > threshold
    kept = []
    while len(order) > 0:
        best = order[0]
        kept.append(best)
        order = order[1:][~overlaps[best, order[1:]]]
    return torch.stack(kept) if kept else order
    ### END SOLUTION


# %% tags=["check"]
check("nms", nms)

# %% [markdown]
# ## 3 · A region for the network
#
# The network wants squares of one size; proposals have any shape. R-CNN stretches each box, whatever its shape, after
# adding a little of its surroundings (`context`). The paper counts it *in the warped image*: 16 of 227 pixels.

# %% [markdown]
# <details><summary>Hint: how large is the region that I have to cut out?</summary>
#
# In the finished square the bare box fills `size - 2 * context` pixels of `size`. So the region is larger than the box
# by the factor `size / (size - 2 * context)`, around the same centre.
# </details>
#
# <details><summary>Hint: how do I sample, and what about the outside?</summary>
#
# `torch.nn.functional.grid_sample` reads an image at any coordinates and gives 0 outside. Subtract the mean colour
# before and add it afterwards: then 0 *is* the mean.
# </details>


# %% tags=["solution"]
def warp_region(
    image: Float[Tensor, "c h w"], box: Float[Tensor, "4"], size: int, context: int
) -> Float[Tensor, "c {size} {size}"]:
    """Cut out a box with some context and stretch it to a square (R-CNN, appendix A, "warp").

    Args:
        image: any channels, any range.
        box: (x1, y1, x2, y2), pixels; it may reach beyond the image.
        size: side of the result, pixels.
        context: width of the surroundings on each side, in pixels *of the result*, below size / 2.

    Returns:
        The region, height and width stretched independently. What lies outside the image has
        the image's mean colour.
    """
    ### BEGIN SOLUTION
    center, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    half = half * size / (size - 2 * context)
    steps = (2 * torch.arange(size, device=image.device, dtype=image.dtype) + 1) / size - 1  # pixel centres in -1 … 1
    height, width = image.shape[-2:]
    x = 2 * (center[0] + steps * half[0]) / width - 1
    y = 2 * (center[1] + steps * half[1]) / height - 1
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)  # [size, size, 2]
    mean = image.mean(dim=(1, 2), keepdim=True)
    centered = (image - mean)[None]
    return torch.nn.functional.grid_sample(centered, grid[None].to(image.dtype), align_corners=False)[0] + mean
    ### END SOLUTION


# %% tags=["check"]
check("warp_region", warp_region)

# %% [markdown]
# ## 4 · A batch for fine-tuning
#
# Most proposals are background. If we drew at random, the network would hardly ever see an object. R-CNN therefore
# composes each mini-batch: 32 windows that show an object, 96 that don't.


# %% tags=["solution"]
def fine_tune_batch(
    ious: Float[Tensor, "n m"], rng: torch.Generator
) -> tuple[Int64[Tensor, "positives"], Int64[Tensor, "backgrounds"]]:
    """Draw a mini-batch of 128 proposals: 32 positive ones and 96 background ones (R-CNN, section 2.3).

    A proposal is positive when its largest IoU with an object is at least 0.5, otherwise
    background.

    Args:
        ious: IoU of n proposals with m objects; without objects (m = 0) every proposal is
            background.
        rng: the only source of chance; pass it to `torch.randperm(…, generator=rng)`.

    Returns:
        Positions of the positive and of the background proposals. Within a kind each proposal
        is equally likely and none comes twice; where there are fewer than 32 (or 96), all of
        them are taken.
    """
    ### BEGIN SOLUTION
    positive = (ious >= 0.5).any(dim=1)
    draws = []
    for candidates, most in ((positive, 32), (~positive, 96)):
        positions = candidates.nonzero()[:, 0]
        order = torch.randperm(len(positions), generator=rng)[:most]
        draws.append(positions[order.to(positions.device)])
    return draws[0], draws[1]
    ### END SOLUTION


# %% tags=["check"]
check("fine_tune_batch", fine_tune_batch)

# %% [markdown]
# ## 5 · Three tasks, three rules
#
# R-CNN labels its proposals three times, each time differently: fine-tuning takes IoU ≥ 0.5 as positive and all the
# rest as background; the SVMs call < 0.3 background and *ignore* what lies between; box regression learns from > 0.6
# alone. One function with two thresholds does all three.


# %% tags=["solution"]
def label_proposals(ious: Float[Tensor, "n m"], positive: float, negative: float) -> Int64[Tensor, "n"]:
    """Say for each proposal which object it shows.

    Args:
        ious: IoU of n proposals (rows) with m objects (columns); m may be 0.
        positive: from this largest IoU on a proposal shows its object.
        negative: below this largest IoU it is background; `negative <= positive`.

    Returns:
        For each proposal the column of the object that it overlaps most, or -1 for background,
        or -2 for what lies between the thresholds and is ignored (torchvision's `Matcher` uses
        the same numbers). An object may stay without any proposal: R-CNN does not force a
        match. Without objects all proposals are background.
    """
    ### BEGIN SOLUTION
    if ious.shape[1] == 0:
        return torch.full((len(ious),), -1, dtype=torch.int64, device=ious.device)
    best, labels = ious.max(dim=1)
    labels[best < positive] = -2
    labels[best < negative] = -1
    return labels
    ### END SOLUTION


# %% tags=["check"]
check("label_proposals", label_proposals)

# %% [markdown]
# ## 6 · The negatives that hurt
#
# There are hundreds of background regions for each object, and most teach a classifier nothing. We keep those that it
# gets wrong or nearly wrong. For an SVM "nearly" has an exact meaning: a background region should score below −1.


# %% tags=["solution"]
def mine_hard_negatives(svm, features: Float[Tensor, "n d"]) -> Int64[Tensor, "k"]:
    """Find the background regions that the classifier does not yet keep beyond its margin.

    Args:
        svm: a trained classifier of one class, e.g. scikit-learn's `LinearSVC`:
            `svm.decision_function(features)` gives one score a row, as a NumPy array; positive
            means "object".
        features: feature vectors of n background regions; n may be 0 (scikit-learn refuses to
            score no rows).

    Returns:
        Positions of those that score above -1, the largest score first.
    """
    ### BEGIN SOLUTION
    if len(features) == 0:
        return torch.empty(0, dtype=torch.int64)
    scores = torch.as_tensor(svm.decision_function(features))
    order = scores.argsort(descending=True)
    return order[scores[order] > -1]
    ### END SOLUTION


# %% tags=["check"]
check("mine_hard_negatives", mine_hard_negatives)

# %% [markdown]
# ## 7 · From proposal to object: what to learn
#
# A proposal with an IoU of 0.6 has found its object but not its borders. We let a linear model correct it. What it
# should predict must not depend on the object's size: a shift of 5 pixels is much for a ball and nothing for a house.


# %% tags=["solution"]
def encode_boxes(proposals: Float[Tensor, "n 4"], targets: Float[Tensor, "n 4"]) -> Float[Tensor, "n 4"]:
    """The correction that leads from each proposal to its target (R-CNN, appendix C, equations 6 to 9).

    With centre (x, y), width w and height h of the proposal, and starred ones of the target:

        tx = (x* - x) / w,    ty = (y* - y) / h,    tw = ln(w* / w),    th = ln(h* / h)

    Args:
        proposals, targets: n boxes each, (x1, y1, x2, y2), of positive width and height; n may
            be 0.

    Returns:
        (tx, ty, tw, th) for each pair, without units, not weighted.
    """
    ### BEGIN SOLUTION
    sizes, target_sizes = proposals[:, 2:] - proposals[:, :2], targets[:, 2:] - targets[:, :2]
    shift = (targets[:, :2] + targets[:, 2:] - proposals[:, :2] - proposals[:, 2:]) / 2
    return torch.cat([shift / sizes, (target_sizes / sizes).log()], dim=1)
    ### END SOLUTION


# %% tags=["check"]
check("encode_boxes", encode_boxes)

# %% [markdown]
# ## 8 · … and how to apply it
#
# At test time we go the other way: from the proposal and the four predicted numbers to the box.
# A wild prediction must not make the box infinite, so `tw` and `th` are limited.


# %% tags=["solution"]
def decode_boxes(proposals: Float[Tensor, "n 4"], deltas: Float[Tensor, "n 4"]) -> Float[Tensor, "n 4"]:
    """Move and resize each proposal by its correction: the inverse of `encode_boxes`.

    Args:
        proposals: n boxes (x1, y1, x2, y2); they stay as they are. n may be 0.
        deltas: (tx, ty, tw, th) for each. tw and th above ln(1000 / 16) = 4.135… count as that
            value.

    Returns:
        n boxes (x1, y1, x2, y2), not clipped to any image.
    """
    ### BEGIN SOLUTION
    sizes = proposals[:, 2:] - proposals[:, :2]
    centers = (proposals[:, :2] + proposals[:, 2:]) / 2 + deltas[:, :2] * sizes
    half = sizes * deltas[:, 2:].clamp(max=math.log(1000 / 16)).exp() / 2
    return torch.cat([centers - half, centers + half], dim=1)
    ### END SOLUTION


# %% tags=["check"]
check("decode_boxes", decode_boxes)

# %% [markdown]
# ## 9 · One number for a detector
#
# We sort all detections of a class by score and walk down the list: after each one we know the precision (which share
# so far is right) and the recall (which share of the objects is found). Average precision is the area under that curve.

# %% [markdown]
# <details><summary>Hint: which precision counts at a given recall?</summary>
#
# The best one that is reached at this recall *or a higher one*. Walk through the list from its end and keep the
# largest value seen so far: PyTorch has `cummax`, and `flip`.
# </details>


# %% tags=["solution"]
def average_precision(
    scores: Float[Tensor, "n"], matched: Bool[Tensor, "n"], objects: int, method: str = "area"
) -> float:
    """Average precision of one class, as PASCAL VOC computes it.

    Args:
        scores: one for each detection, not sorted.
        matched: whether each detection hit an object that no detection of higher score had hit.
        objects: how many objects there are, found or not; above 0.
        method: "area" (VOC from 2010 on): area under the steps of the precision envelope;
            "11-point" (VOC 2007): mean of the envelope at the recalls 0, 0.1, …, 1.

    Returns:
        A value between 0 and 1. The envelope at a recall r is the best precision at any recall
        >= r, and 0 where none is reached. Without detections: 0.
    """
    ### BEGIN SOLUTION
    hits = matched[scores.argsort(descending=True)].double().cumsum(0)
    recall = hits / objects
    precision = hits / torch.arange(1, len(hits) + 1, device=hits.device)
    envelope = precision.flip(0).cummax(0).values.flip(0)
    if method == "11-point":
        # 6 * 0.1 is a hair above 0.6, as in the tools that published the reference values
        best = [envelope[recall >= r * 0.1].amax() if (recall >= r * 0.1).any() else 0 for r in range(11)]
        return float(sum(best) / 11)
    return float((envelope * recall.diff(prepend=recall.new_zeros(1))).sum())
    ### END SOLUTION


# %% tags=["check"]
check("average_precision", average_precision)
