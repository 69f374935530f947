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
# # 03 · Fast R-CNN: convolve once, cut on the map
#
# *Deep Learning Applications. About 75 minutes, with the three explorers and the quiz.*

# %% [markdown]
# After this lecture we can
#
# - say how often R-CNN computes the same thing, and how Fast R-CNN avoids it;
# - **pool a region** by hand, and send its gradient back;
# - explain one **loss for two tasks**, and why it isn't L2;
# - compose a training batch that background does not drown;
# - make a layer cheap by **truncated SVD**.

# %% [markdown]
# Our paper: Girshick, *Fast R-CNN*, ICCV 2015. Where a number has only a section, table or figure beside it, it is from
# there. All other numbers are computed in a cell or cited.

# %% [markdown]
# Before most figures you will find a **Predict** line. Write your guess down before you run the cell.

# %% [markdown]
# ## 1 · Where does R-CNN's time go?
#
# R-CNN warps some 2,000 regions and sends each through the network. We know the photograph and its proposals from
# unit 02.

# %%
import torch
from course_lib import plots
from course_lib.data.photos import photo
from course_lib.data.proposals import proposals

image = photo("astronaut")  # uint8 [3, 512, 512]
boxes = proposals(image, seed=0)  # about 2 s; the next call reads them from disk
ax = plots.draw_proposals(image, boxes, 150)
plots.show(ax, "crowded photograph")

# %% [markdown]
# **Predict:** we choose a pixel at random. In how many of the 2,423 boxes does it lie, on average: 3, 30 or more?


# %%
def coverage(boxes, size):
    """In how many boxes each pixel of a square image lies: [size, size]."""
    counts = torch.zeros(size, size)
    for x1, y1, x2, y2 in boxes.int().tolist():
        counts[y1:y2, x1:x2] += 1
    return counts


counts = coverage(boxes, 512)
print(
    f"mean {counts.mean():.0f} boxes, least {counts.min():.0f}, most {counts.max():.0f}"
)
titles = ["the photograph", "boxes over each pixel (white: most)"]
axes = plots.image_grid([image, counts / counts.max()], titles, columns=2, width=8)
plots.show(axes, "coverage")

# %% [markdown]
# About 120. A pixel is convolved again in each of them, as if it had never been seen. Nothing is gained by
# that: an edge at the collar is the same edge in all 120 regions.

# %% [markdown]
# In fact R-CNN pays by region, not by pixel, because every region is stretched to 227 × 227. How many photographs of
# 512 × 512 would have as many pixels?

# %%
for side, whose in ((227, "R-CNN with AlexNet"), (64, "ours")):
    print(
        f"{whose}: regions of {side} × {side} are {len(boxes) * side**2 / 512**2:.0f} "
        "photographs"
    )

# %% [markdown]
# ## 2 · Swap the two steps
#
# R-CNN cuts regions out of the image, then convolves. Fast R-CNN **convolves the image once and cuts the regions out
# of the feature map**. The idea is SPPnet's (He, Zhang, Ren, Sun, ECCV 2014); Fast R-CNN made it trainable as a whole.

# %% [markdown]
# So here are both. Each gives 128 channels of 4 × 4 numbers for every region. (`roi_pool` is the subject of section 4.)

# %%
from torchvision.ops import roi_align, roi_pool
from course_lib.models import backbone

net = backbone("small")  # its map has one cell for 16 × 16 pixels, as VGG-16's


@torch.no_grad()
def cut_then_convolve(image, boxes):
    """R-CNN: each region warped to 64 × 64 pixels and sent through the network: [n,
    128, 4, 4].
    """
    pixels = image[None] / 255
    return torch.cat(
        [
            net.features(roi_align(pixels, [part], 64, aligned=True))
            for part in boxes.split(100)
        ]
    )


@torch.no_grad()
def convolve_then_cut(image, boxes):
    """Fast R-CNN: the image sent through the network once, each region pooled from its
    map: [n, 128, 4, 4].
    """
    return roi_pool(net.features(image[None] / 255), [boxes], 4, spatial_scale=1 / 16)


# %% [markdown]
# **Predict:** by which factor is the second faster? (Of R-CNN's regions we time 200 and scale up.)

# %%
import time


def seconds(function, *arguments):
    """How long the second of two calls takes; the first warms up."""
    function(*arguments)
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


slow = seconds(cut_then_convolve, image, boxes[:200]) * len(boxes) / 200
fast = seconds(convolve_then_cut, image, boxes)
ax = plots.bars(
    ["R-CNN", "Fast R-CNN"], [slow, fast], "seconds for one photograph", form="{:.2f} s"
)
plots.show(ax, "R-CNN and Fast R-CNN")
print(f"{slow / fast:.0f} times faster")

# %% [markdown]
# Expect a factor between 10 and 80, depending on your machine. With VGG-16 on a GPU it is 146 (47 s → 0.32 s, proposals
# not counted; table 4).
#
# But do both compute the same?

# %% [markdown]
# ### Is it the same?
#
# We take a square of 256 pixels whose borders lie on the map's grid, and don't warp it. Once it goes through the
# network alone, once we cut its 16 × 16 cells from the map of the whole photograph.
#
# **Predict:** where will the two differ, where not?

# %%
with torch.no_grad():
    whole = net.features(image[None] / 255)[0]  # [128, 32, 32]
    alone = net.features(image[None, :, 64:320, 128:384] / 255)[0]  # [128, 16, 16]
difference = (whole[:, 4:20, 8:24] - alone).abs().amax(dim=0)
print(
    f"cells that differ by less than 0.001: {int((difference < 1e-3).sum())} of "
    f"{difference.numel()}"
)
axes = plots.image_grid(
    [image[:, 64:320, 128:384], difference / difference.max()],
    ["the square", "largest difference"],
    width=7,
)
plots.show(axes, "square and its surroundings")

# %% [markdown]
# In the middle nothing differs: a convolution does not care who else is computed. At the rim, two or three cells wide,
# it does. There the network alone saw zeros, while the map had seen what lies around the square.
#
# (A cell of our backbone sees 95 pixels, 47 to each side: about three cells.)

# %% [markdown]
# So every region gets its **context** for free, which R-CNN had to add by hand. Two more differences: regions are no
# longer stretched, and a small object is no longer enlarged. It has only the few cells that lie on it. We
# come back to this in section 9.

# %% [markdown]
# ## 3 · Where does a box land on the map?
#
# A proposal is given in pixels of the image, the map is 16 times coarser. So we multiply by `spatial_scale` = 1/16,
# and since a map has no half cells, we **round**.

# %%
face = torch.tensor([178.0, 75.0, 272.0, 180.0])
print("divided by 16:", (face / 16).tolist())
print("rounded:      ", (face / 16).round().tolist())

# %% [markdown]
# From column 11 to 17 and from row 5 to 11. And now the one place in this course where an end is **inclusive**: RoI
# pooling takes column 17, too. That makes 7 × 7 cells.
#
# **Predict:** how many pixels lie between the box's right edge, x = 272, and the region's?

# %%
from course_lib.explorers.fast_rcnn import region

# x1, y1, x2, y2 in cells, end-exclusive, as our boxes
cells = region(face, 1 / 16, whole.shape[1:])
part = torch.tensor([128.0, 32, 128, 32])
both = torch.stack([face, cells * 16]) - part
title = "box blue, its cells orange"
ax = plots.draw_boxes(
    image[:, 32:224, 128:320], both, colors=[plots.BLUE, plots.ORANGE], title=title
)
ax.set(
    xticks=range(0, 193, 16), yticks=range(0, 193, 16), xticklabels=[], yticklabels=[]
)
ax.grid(color="white", alpha=0.4)
plots.show(ax, "box and its cells")
print("the cells in pixels:", (cells * 16).tolist())

# %% [markdown]
# Sixteen. The box's right edge lies *on* a border of cells, at 17.00, and column 17 is still taken, up to x = 288.
# Rounding moves an edge by up to 8 pixels, and the inclusive end moves right and bottom edges by 16 more. That is
# rough, and for a large object good enough.

# %% [markdown]
# ## 4 · RoI pooling, cell by cell
#
# The layers after the convolutions want a fixed size, for VGG-16 7 × 7. **RoI pooling** divides the region's h × w
# cells into H × W bins, and keeps the largest value of each bin, channel by channel. (RoI: region of interest.)

# %% [markdown]
# What if h / H is no whole number? Bin i begins at ⌊i · h / H⌋ and ends before ⌈(i + 1) · h / H⌉: both ends are rounded
# *outwards*, so that no cell is lost. Let us divide 7 cells into 3 bins.

# %%
from math import ceil, floor

row = torch.tensor([3.0, 1, 4, 1, 5, 9, 2])
for i in range(3):
    start, end = floor(i * 7 / 3), ceil((i + 1) * 7 / 3)
    print(f"bin {i}: cells {start} to {end - 1}: {row[start:end].tolist()}")

# %% [markdown]
# Neighbouring bins **share** a cell: cell 2 belongs to bins 0 and 1.
#
# **Predict:** which three values come out? And which, if only the first two cells, 3 and 1, are divided into 3
# bins?

# %%
flat = row.expand(1, 1, 7, 7)  # the same row seven times
# last cells 6 and 1, inclusive
seven, pair = torch.tensor([[0.0, 0, 6, 6]]), torch.tensor([[0.0, 0, 1, 1]])
print("7 cells:", roi_pool(flat, [seven], output_size=3)[0, 0, 0].tolist())
print("2 cells:", roi_pool(flat, [pair], output_size=3)[0, 0, 0].tolist())

# %% [markdown]
# 4, 5, 9; and 3, 3, 1: the three bins are cell 0, cells 0 and 1, cell 1. Rounding outwards also guarantees
# that no bin is empty, however small the region is. (Only a region outside the map has empty bins; they give 0.)

# %% [markdown]
# Now the same on the real map. Of its 128 channels we choose the one that answers to the face more than to the
# rest of the photograph.

# %%
in_face = whole[:, 5:12, 11:18].mean(dim=(1, 2))
channel = int(((in_face - whole.mean(dim=(1, 2))) / whole.std(dim=(1, 2))).argmax())
feature = whole[channel]  # [32, 32]
axes = plots.image_grid(
    [image, feature / feature.max()],
    ["the photograph", f"channel {channel}"],
    columns=2,
    width=8,
)
plots.show(axes, "a channel of the map")

# %% [markdown]
# Below: the box on the photograph; its cells, with one cell around them; the pooled values. A bin has the same
# colour in the middle and on the right, and a filled square of that colour marks its largest cell.
#
# **Predict:** can one cell be the largest of several bins?

# %%
from course_lib.explorers.fast_rcnn import draw_roi_pool

picture, words = draw_roi_pool(image, feature, face, output_size=3)
plots.show(picture, "pooled face", words=words)

# %% [markdown]
# It can, where bins share it. Keep this in mind for section 5.

# %% [markdown]
# **Explorer: RoI pooling.** Try: (1) Move *x* pixel by pixel. How long do the values stay the same, and what happens
# then? (2) Output size 7, *width* and *height* 1. (3) With 110 for both, the box has 8 × 8 cells. Which output sizes
# share none?

# %%
from course_lib.explorers.fast_rcnn import roi_pool_explorer

roi_pool_explorer(image, feature, face)

# %% [markdown]
# The values jump when an edge crosses the middle of a cell, and stay the same in between. A single cell is copied into
# all 49 bins. And 1, 2 and 4 divide 8, so their bins share nothing.

# %% [markdown]
# ### The whole network
#
# With VGG-16 and an image of 600 × 800 pixels:
#
# | step | what comes out | how often |
# |---|---|---|
# | 13 convolutions | 512 × 37 × 50 | once an image |
# | RoI pooling | 512 × 7 × 7 | each region |
# | fc6, fc7 | 4,096 | each region |
# | scores | 21 (20 classes and background) | each region |
# | box deltas | 84 (4 for each of 21) | each region |

# %% [markdown]
# The SVMs and the separate regressors are gone: two **sibling** layers on fc7 do both. Then decoding and suppression,
# as in R-CNN.

# %% [markdown]
# ## 5 · The way back: sum over regions
#
# To train the convolutions, the gradient must pass the pooling. A maximum hands its gradient to the one cell that won,
# and nothing to the others. Let i\*(r, j) be the winner of bin j in region r:

# %% [markdown]
# $$\frac{\partial L}{\partial x_i} = \sum_r \sum_j \; [\, i = i^*(r, j) \,] \; \frac{\partial L}{\partial y_{rj}}$$
#
# In words: cell i collects the gradients of all bins in all regions that it won. Why a *sum*? Because x feeds them all,
# and derivatives along several paths add up.

# %% [markdown]
# Let us look: two overlapping regions, and every pooled value sends back a gradient of 1.
#
# **Predict:** with 9 bins each, the whole map receives 18. How much at most can a single cell receive?

# %%
feature_map = feature[None, None].clone().requires_grad_()
two = torch.stack([face, face + torch.tensor([40.0, 32, 60, 48])])


def gradient(boxes):
    """What reaches each cell when every value pooled from the boxes sends back 1: [32,
    32].
    """
    pooled = roi_pool(feature_map, [boxes], output_size=3, spatial_scale=1 / 16)
    return torch.autograd.grad(pooled.sum(), feature_map)[0][0, 0]


first, second, both = gradient(two[:1]), gradient(two[1:]), gradient(two)
print("first + second equals both:", torch.equal(first + second, both))
print(
    f"sums {first.sum():.0f} + {second.sum():.0f} = {both.sum():.0f}, largest "
    f"{both.max():.0f}"
)

# %%
shown = {
    "first": (first, [0]),
    "second": (second, [1]),
    "both, by autograd": (both, [0, 1]),
}
# the cells around the regions
maps = [grads[2:20, 8:26] / both.max() for grads, _ in shown.values()]
axes = plots.image_grid(maps, list(shown), columns=3)
outlines = torch.stack(
    [region(box, 1 / 16, feature.shape) for box in two]
) - torch.tensor([8.0, 2, 8, 2])
for ax, part, (title, (_, which)) in zip(axes, maps, shown.items(), strict=True):
    colors = [(plots.BLUE, plots.ORANGE)[i] for i in which]
    plots.draw_boxes(part, outlines[which], ax=ax, colors=colors, title=title)
plots.show(axes, "gradients of two regions")

# %% [markdown]
# A cell can win in four bins of one region (where four bins share it; in a tiny region in more), and in every region
# that holds it. With 64 regions an image it collects many gradients. Code that *writes* the gradient instead of
# *adding* it keeps only the last one.

# %% [markdown]
# ### Is it worth it?
#
# SPPnet trained only the layers after its pooling. Doing the same in Fast R-CNN, with VGG-16's convolutions frozen,
# lowers mAP on VOC 2007 from 66.9 to 61.4 (section 4.5). In the very deep network, the gradient through RoI
# pooling is worth 5.5 points.

# %% [markdown]
# Why did SPPnet not do it? It drew a batch's 128 regions from up to 128 images. A cell deep in the network
# sees nearly the whole image, so each region costs one. Fast R-CNN draws 64 regions from each of 2 images, which share
# the convolutions: roughly 64 times faster (section 2.3).

# %% [markdown]
# ## 6 · One loss for two tasks
#
# A region has a class u, where 0 is background, and a target v for its box (tx, ty, tw, th, as in unit 02). The
# network answers with probabilities p and with four deltas t for *each* class:

# %% [markdown]
# $$L = -\log p_u \;+\; \lambda \, [u \ge 1] \sum_{i \in \{x, y, w, h\}} \mathrm{smooth}_{L_1}(t^u_i - v_i)$$
#
# The bracket is 1 for objects and 0 for background, which has no box. λ is 1 throughout the paper.

# %% [markdown]
# Let us ask torchvision's version which deltas it looks at. Two regions: a dog (class 2) and background; two classes,
# so three rows of deltas. We add 1 to a row and see whether the loss moves.
#
# **Predict:** which of the six rows matter?

# %%
from torchvision.models.detection.roi_heads import fastrcnn_loss

labels, targets = torch.tensor([2, 0]), torch.zeros(2, 4)
names = {0: "background", 1: "cat", 2: "dog"}
for roi, what in enumerate(["the dog", "the background"]):
    for k, name in names.items():
        deltas = torch.zeros(2, 3, 4)
        deltas[roi, k] += 1
        _, box_loss = fastrcnn_loss(
            torch.zeros(2, 3), deltas.flatten(1), [labels], [targets]
        )
        print(f"{what}'s region, row {name:10}: box loss {box_loss:.2f}")

# %% [markdown]
# One of six: the dog region's row "dog". Deltas of other classes are neither right nor wrong, and background has no box
# to move to. So each class learns its own way of correcting boxes.
#
# Does sharing hurt? On the contrary: training for both tasks raises even pure classification, by 0.8 to 1.1 points of
# mAP (section 5.1).

# %% [markdown]
# ### Why smooth L1?
#
# R-CNN's regressors minimised a squared error, **L2**. Its gradient is the error itself: a proposal that is far off
# pulls hardest, however useless it is. Smooth L1 is a parabola near 0 and a straight line beyond β:

# %% [markdown]
# $$\mathrm{smooth}_{L_1}(x) =
# \begin{cases} 0.5\, x^2 / \beta & |x| < \beta \\ |x| - 0.5\, \beta & \text{otherwise}\end{cases}$$
#
# The paper has β = 1. The −0.5 β makes both parts meet, in value and in slope.
#
# **Predict:** which gradient does an error of 2 have under each loss (L2 as 0.5 x²)?

# %%
from course_lib.explorers.fast_rcnn import draw_losses

picture, words = draw_losses(beta=1.0, error=2.0)
plots.show(picture, "smooth L1 and L2", words=words)

# %% [markdown]
# 1 and 2. And an error of 20 has gradients 1 and 20: with L2 a single wild target can blow up the training, unless
# the learning rate is tuned with care (section 2.3).
#
# **Explorer: smooth L1 against L2.** Try: (1) Where do both losses have the same gradient? (2) What is smooth L1
# at β = 0? (3) At β = 3?

# %%
from course_lib.explorers.fast_rcnn import smooth_l1_explorer

smooth_l1_explorer()

# %% [markdown]
# (1) At β = 1, wherever the error is below 1. Otherwise only at 0, and with a smaller β at ±1. (2) The plain absolute
# value: its gradient jumps at 0, so training trembles around the goal. (3) A flatter parabola: a third of L2.
#
# **Predict:** fifteen errors of about 0.3 and one of 8. Which share of the gradient comes from the one?

# %%
from course_lib.explorers.fast_rcnn import losses

errors = 0.3 * torch.randn(16, generator=torch.Generator().manual_seed(0))
errors[7] = 8
for name, (_, slopes) in losses(errors, beta=1.0).items():
    print(
        f"{name}: {slopes[7].abs() / slopes.abs().sum():.0%} of the gradient's length "
        "comes from one error"
    )

# %% [markdown]
# ## 7 · What goes into a batch?
#
# For each image, 64 regions (section 2.3):
#
# - a quarter **foreground**: IoU ≥ 0.5 with an object; they get its class;
# - the rest **background**: largest IoU from 0.1 to below 0.5.

# %% [markdown]
# **Predict:** how many of our photograph's 2,423 proposals are foreground for the face?

# %%
from torchvision.ops import box_iou

overlaps = box_iou(boxes, face[None])[:, 0]
foreground, near = (
    int((overlaps >= 0.5).sum()),
    int(((overlaps >= 0.1) & (overlaps < 0.5)).sum()),
)
print(
    f"{foreground} foreground, {near} background, {len(boxes) - foreground - near:,} "
    "below 0.1"
)

# %% [markdown]
# Half a percent. A batch of 64 drawn blindly would rarely hold a single one. And 95 % lie below 0.1: sky, floor,
# things that nobody confuses with an object. Leaving them out is, in the paper's words, a heuristic for hard example
# mining: compare R-CNN's hard negatives.

# %% [markdown]
# With only 12 foreground regions the quarter, 16, cannot be reached. Then the batch takes the 12, repeats none, and
# fills up with background. A quarter is an upper limit.
#
# Here is a batch from Tinytown, where objects are more frequent: on the scene, and cut out.

# %%
from course_lib.data import tinytown
from course_lib.explorers.fast_rcnn import draw_sample

scenes = [scene for scene in tinytown.scenes("train", 40) if len(scene.boxes)]
found = [proposals(scene.image, seed=0) for scene in scenes]
picture, words = draw_sample(
    scenes[3].image, scenes[3].boxes, found[3], number=64, fraction=0.25, seed=0
)
plots.show(picture, "a batch of RoIs", words=words)

# %% [markdown]
# **Explorer: sampling.** Foreground is blue, background orange, objects white. Try: (1) Find a scene with less
# foreground than the quarter. (2) Set the fraction to 1. What does the classifier never see then? (3) Change the
# *draw*: why is a new choice at every visit better than always the best?

# %%
from course_lib.explorers.fast_rcnn import sampling_explorer

sampling_explorer(scenes[3:11], found[3:11])

# %% [markdown]
# (2) Background, as long as there is enough foreground. (3) At test time the head meets mediocre regions, too, so it
# must have seen them.

# %% [markdown]
# ### What happens otherwise?
#
# We train a small head on RoI features: one hidden layer of 256, then 9 classes (8 and background), with the
# convolutions left as they are. Tinytown's objects are small, so we take stage 3, with 8 pixels a cell.


# %%
@torch.no_grad()
def pooled_regions(scenes):
    """RoI features [n, 1024] of all proposals of the scenes, their labels (0:
    background), their largest IoU.
    """
    regions = [proposals(scene.image, seed=0) for scene in scenes]
    images = torch.stack([scene.image for scene in scenes]) / 255
    pooled = roi_pool(net.features(images, stage=3), regions, 4, spatial_scale=1 / 8)
    matches = [
        box_iou(some, scene.boxes).max(dim=1)
        for some, scene in zip(regions, scenes, strict=True)
    ]
    largest = torch.cat([overlap for overlap, _ in matches])
    classes = torch.cat(
        [
            scene.labels[nearest] + 1
            for (_, nearest), scene in zip(matches, scenes, strict=True)
        ]
    )
    return pooled.flatten(1), torch.where(largest >= 0.5, classes, 0), largest


# %%
x, labels, largest = pooled_regions(scenes)
unseen = [scene for scene in tinytown.scenes("val", 25) if len(scene.boxes)]
test_x, test_labels, _ = pooled_regions(unseen)
mean, deviation = x.mean(), x.std()  # SGD prefers numbers around 0
x, test_x = (x - mean) / deviation, (test_x - mean) / deviation
print(f"{len(x):,} regions to learn from, {(labels > 0).float().mean():.0%} foreground")

# %%
from torch import nn


def trained(draw, steps=120):
    """The head after SGD on batches of 64; draw(step) gives a batch's positions."""
    torch.manual_seed(0)
    head = nn.Sequential(nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, 9))
    optimizer = torch.optim.SGD(head.parameters(), lr=0.02, momentum=0.9)
    for step in range(steps):
        chosen = draw(step)
        loss = nn.functional.cross_entropy(head(x[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return head.eval()


# %% [markdown]
# We judge a head by three shares: foreground that it calls background, background that it calls an object, and its
# average precision when regions are sorted by their probability of being an object.
#
# **Predict:** what does the head do with 1 foreground region in 64, still more than the photograph's half percent?
# And with foreground only?

# %%
from course_lib.explorers.fast_rcnn import sample
from sklearn.metrics import average_precision_score

fractions = [0.02, 0.1, 0.25, 0.5, 1.0]
heads = [
    trained(lambda step, f=f: torch.cat(sample(largest, 64, f, seed=step)))
    for f in fractions
]

# %%
true = test_labels > 0
rows = {
    "foreground called background": [],
    "background called an object": [],
    "average precision": [],
}
for head in heads:
    with torch.no_grad():
        probabilities = head(test_x).softmax(dim=1)
    called = probabilities.argmax(dim=1) > 0
    rows["foreground called background"].append((~called[true]).float().mean().item())
    rows["background called an object"].append(called[~true].float().mean().item())
    rows["average precision"].append(
        average_precision_score(true, 1 - probabilities[:, 0])
    )

# %%
ax = plots.curve(
    fractions, rows, "share of foreground in a batch", "share, or average precision"
)
ax.set(ylim=(-0.03, 1.03), xticks=fractions)
plots.show(
    ax,
    "share of foreground",
)

# %% [markdown]
# With one in 64, "background" is right nearly always, so the head says nothing else. With foreground only, it has
# never seen background and calls everything an object, and even the order of its scores is poor. In between the order
# hardly changes: the fraction chooses which mistake we prefer.

# %% [markdown]
# Mind that background is ten times as frequent: 5 % of it are as many mistakes as 50 % of the foreground. And
# Tinytown is kind: drawn blindly, a batch would hold 9 %, which is enough. A photograph's half percent isn't.
#
# (Many objects are missed. These features were never fine-tuned, and 120 steps are few.)

# %% [markdown]
# ## 8 · The next bottleneck: truncated SVD
#
# The convolutions are computed once, so what is left? For each of 2,000 regions, two fully connected layers.
#
# **Predict:** which needs more multiplications in VGG-16: all convolutions, or fc6 and fc7 for 2,000 regions?

# %%
# channels in, out, pixels a cell
layers = [(3, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 2), (128, 256, 4)]
layers += [(256, 256, 4), (256, 256, 4), (256, 512, 8), (512, 512, 8), (512, 512, 8)]
layers += 3 * [(512, 512, 16)]
convolutions = sum(9 * a * b * (600 // s) * (800 // s) for a, b, s in layers)
fc6, fc7 = 25088 * 4096, 4096 * 4096
compressed = 1024 * (25088 + 4096) + 256 * (4096 + 4096)
work = {
    "convolutions": convolutions,
    "fc6 and fc7": 2000 * (fc6 + fc7),
    "after SVD": 2000 * compressed,
}

# %%
ax = plots.bars(
    list(work),
    [n / 1e9 for n in work.values()],
    "billion multiply-adds an image",
    form="{:.0f}",
)
plots.show(ax, "work by layer")

# %% [markdown]
# The fully connected layers. A large matrix product runs faster than convolutions, so their share of *time* is a bit
# less than half: 45 % (figure 2). In a classifier, with one region an image, nobody would notice.

# %% [markdown]
# The remedy: the weight matrix W (u × v) is approximated by its t largest singular values,
#
# $$W \approx U \, \Sigma_t V^\top,$$
#
# so one layer becomes two thin ones without a non-linearity between: first Σ V⊤ (t × v, no bias), then U (u × t, with
# the old bias). That costs t (u + v) instead of u v.

# %% [markdown]
# **Predict:** W is 4096 × 4096. Below which t does it pay at all?

# %%
print("it pays below t =", 4096 * 4096 // (4096 + 4096))

# %% [markdown]
# Now our own head, the one trained with a quarter of foreground. Its first layer has 256 × 1,024 weights. We keep 4 to
# 204 of 256 singular values, and look at unseen regions: how wrong are the layer's outputs, and how often does the
# head change its mind?

# %%
head = heads[fractions.index(0.25)]
weight, bias = head[0].weight.detach(), head[0].bias.detach()
u, sigma, vh = torch.linalg.svd(weight, full_matrices=False)
ranks = [4, 8, 16, 32, 64, 128, 204]
exact = test_x @ weight.T
rows = {"multiply-adds": [], "error of the outputs": [], "class changed": []}
for t in ranks:
    outputs = test_x @ (u[:, :t] * sigma[:t] @ vh[:t]).T
    with torch.no_grad():
        changed = head[2](torch.relu(outputs + bias)).argmax(dim=1) != head(
            test_x
        ).argmax(dim=1)
    rows["multiply-adds"].append(t * (256 + 1024) / (256 * 1024))
    rows["error of the outputs"].append(
        ((outputs - exact).norm() / exact.norm()).item()
    )
    rows["class changed"].append(changed.float().mean().item())

# %%
ax = plots.curve(ranks, rows, "kept singular values t", "share")
ax.set(xscale="log", xticks=ranks, xticklabels=ranks)
ax.minorticks_off()
plots.show(ax, "rank of the SVD")
print({name: [f"{value:.0%}" for value in values] for name, values in rows.items()})

# %% [markdown]
# With 32 of 256 values, a sixth of the multiplications, the outputs are far from exact, and yet the class changes for
# only about 3 % of the regions: what training taught the layer lies in few directions.

# %% [markdown]
# In the paper: 1,024 values for fc6 and 256 for fc7 cut detection time by more than 30 % (320 → 223 ms an image), for a
# drop of 0.3 points of mAP (66.9 → 66.6), without any further fine-tuning (section 4.4, figure 2).

# %% [markdown]
# ## 9 · What does rounding cost? RoI align
#
# In section 3 we moved edges by up to 24 pixels. Let us measure for all proposals how well their cells fit the box.
#
# **Predict:** what IoU will a box of 32 pixels a side have with its own cells?

# %%
rounded = torch.stack([region(box, 1 / 16, whole.shape[1:]) for box in boxes[::3]]) * 16
fit = box_iou(boxes[::3], rounded).diagonal()
# of a square of the same area
side = (boxes[::3, 2:] - boxes[::3, :2]).prod(dim=1).sqrt()
borders = [0, 16, 32, 64, 128, 256, 512]
sizes = list(zip(borders, borders[1:], strict=False))
means = [fit[(side >= low) & (side < high)].mean().item() for low, high in sizes]
names = [f"{low} to {high} pixels" for low, high in sizes]
ax = plots.bars(names, means, "mean IoU of a box and its cells", form="{:.2f}")
plots.show(ax, "boxes and their cells")

# %% [markdown]
# Large boxes don't mind. A small one is described by cells that are mostly *not* the box. For a class that may do; for
# an exact outline it won't.

# %% [markdown]
# **RoI align** (He, Gkioxari, Dollár, Girshick, *Mask R-CNN*, ICCV 2017) rounds nothing. It keeps the fractional bins,
# reads the map at a few regular points of each by bilinear interpolation, and averages them.
#
# **Predict:** we slide a box by one pixel at a time and watch the mean of its nine pooled values. How do the two
# curves look?

# %%
slides = list(range(49))
moved = face + torch.tensor([[1.0, 0, 1, 0]]) * torch.tensor(slides)[:, None]
read = {
    "RoI pooling": roi_pool(feature[None, None], [moved], 3, 1 / 16),
    "RoI align": roi_align(
        feature[None, None], [moved], 3, 1 / 16, sampling_ratio=2, aligned=True
    ),
}
ax = plots.curve(
    slides,
    {name: value.mean(dim=(1, 2, 3)) for name, value in read.items()},
    "box moved by (pixels)",
    "mean of nine bins",
)
plots.show(ax, "sliding box")

# %% [markdown]
# RoI pooling is blind to small shifts, and then jumps. (It is higher, since a maximum is no mean.) RoI align follows
# every pixel. In Mask R-CNN it improves mask AP by about 3 points over RoI pooling, most of it at strict IoU (table 2c
# there). Today's detectors use it; in our exercise it is the bonus.

# %% [markdown]
# ## 10 · What it brought
#
# All with VGG-16 on VOC 2007, proposals not counted (tables 1 and 4).
#
# **Predict:** training R-CNN took 84 hours. And Fast R-CNN?

# %%
models = ["R-CNN", "Fast R-CNN", "Fast R-CNN, SVD"]
ax = plots.bars(models, [47, 0.32, 0.22], "seconds an image, testing", form="{:.2f} s")
plots.show(ax, "seconds of testing")
ax = plots.bars(
    models[:2], [84, 9.5], "hours of training", colors=plots.GREEN, form="{:.1f} h"
)
plots.show(ax, "hours of training")

# %% [markdown]
# | | R-CNN | Fast R-CNN | with truncated SVD |
# |---|---|---|---|
# | seconds an image | 47 | 0.32 (146 times faster) | 0.22 (213 times) |
# | hours of training | 84 | 9.5 | the same |
# | mAP | 66.0 | 66.9 | 66.6 |
# | features on disk | hundreds of GB | none | none |

# %% [markdown]
# R-CNN's three problems are solved: the time, the disk, and the three separate trainings. One loss now trains
# network, classifier and boxes together.
#
# **Predict:** so what takes longest for our photograph now?

# %%
start = time.perf_counter()
proposals(image, seed=0, keep=False)  # searched anew
searching = time.perf_counter() - start
names = ["selective search", "the rest"]
ax = plots.bars(names, [searching, fast], "seconds for our photograph", form="{:.2f} s")
plots.show(ax, "what takes the time")

# %% [markdown]
# The proposals. They come from another program, know nothing of the network's features, and now cost most of the
# time. Why not let the network propose? That is unit 04.

# %% [markdown]
# ## 11 · Check yourself
#
# Five questions. Answer in your head, then open.

# %% [markdown]
# **1.** A box from x = 100 to 140, stride 16, output size 2. Which columns does RoI pooling take, and which belong to
# each bin?
#
# <details><summary>Answer</summary>
#
# 100/16 = 6.25 → 6 and 140/16 = 8.75 → 9, so columns 6 to 9, both inclusive: 4 cells. Bin 0 has 6 and 7, bin 1 has 8
# and 9. No cell is shared, since 2 divides 4.
# </details>

# %% [markdown]
# **2.** Three regions overlap in one cell. It is the largest of a bin in two of them; these bins send gradients 0.5 and
# −0.2. What does the cell receive?
#
# <details><summary>Answer</summary>
#
# 0.5 − 0.2 = 0.3. The third region gives nothing, since another cell won there. It is a sum, not a mean.
# </details>

# %% [markdown]
# **3.** A colleague drops the [u ≥ 1] and sets background's targets to 0. What will background regions learn, and what
# does it cost?
#
# <details><summary>Answer</summary>
#
# To predict deltas of 0 in row 0, "stay where you are". Nobody ever reads that row. But three quarters of a batch are
# background, so until it is learned, most of the boxes' gradient into the shared layers serves a useless task.
# </details>

# %% [markdown]
# **4.** Why does truncated SVD speed up a detector with 2,000 regions, but hardly a classifier with the same layers?
#
# <details><summary>Answer</summary>
#
# In the classifier fc6 and fc7 run once an image, beside 13 convolutions: 0.12 against 15 billion multiply-adds at
# 224 × 224. In the detector they run 2,000 times and the convolutions once.
# </details>

# %% [markdown]
# **5.** We halve the stride of the map from 16 to 8 pixels a cell. What gets better, what gets worse?
#
# <details><summary>Answer</summary>
#
# Rounding moves edges by half as much, and a small object covers four times as many cells. The map is four times as
# large, so computing it and pooling from it cost more time and memory; and shallower features see less context.
# </details>

# %% [markdown]
# ## What to remember
#
# - **Convolve once, cut on the map**: the network sees each pixel once, not 120 times.
# - RoI pooling: scale, round, end inclusive; bins rounded outwards, so neighbours may share cells; maximum of each.
# - Backward: the winner takes the gradient, and gradients of all bins and regions **add up**.

# %% [markdown]
# - One loss: −log p for all regions, smooth L1 for foreground only, in the true class's row.
# - 64 regions an image, at most a quarter foreground, background from IoU 0.1.
# - Truncated SVD: two thin layers for one thick one.
# - RoI align doesn't round; what is left is the proposals' time.
#
# Next: the exercise `03_fast_rcnn`.

# %% [markdown]
# ### Papers
#
# - R. Girshick: *Fast R-CNN*, ICCV 2015
# - K. He, X. Zhang, S. Ren, J. Sun: *Spatial pyramid pooling in deep convolutional networks for visual recognition*,
#   ECCV 2014
# - R. Girshick, J. Donahue, T. Darrell, J. Malik: *Rich feature hierarchies for accurate object detection and
#   semantic segmentation*, CVPR 2014
# - K. He, G. Gkioxari, P. Dollár, R. Girshick: *Mask R-CNN*, ICCV 2017
