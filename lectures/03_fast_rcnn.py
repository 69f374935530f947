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
# *Deep Learning Applications. About 75 minutes with three explorers and the quiz; two optional sections take 10 more.*

# %% [markdown]
# After this lecture we can
#
# - say how often R-CNN computes the same thing, and how Fast R-CNN avoids it;
# - **pool a region** by hand, and send its gradient back;
# - explain one **loss for two tasks**, and why it isn't L2;
# - compose a training batch that background does not drown;
# - make a layer cheap by **truncated SVD**.

# %% [markdown]
# Our paper is Girshick, *Fast R-CNN*, ICCV 2015. Where only a section, a table or a figure stands in brackets behind
# a number, it is from this paper. All other numbers are computed in a cell or have their own source beside them.

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
# These are only 150 of the 2,423 boxes.
#
# **Predict:** we choose a pixel at random. In how many of all the boxes does it lie, on average: about 3, about 30 or
# more than 100?


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
# About 120. The same pixel is convolved again in each of them, as if the network had never seen it. Nothing is gained
# by that: an edge at the collar is the same edge in all 120 regions.

# %% [markdown]
# In fact R-CNN pays per region and not per pixel, because it stretches every region to 227 × 227. How many
# photographs of 512 × 512 have as many pixels as all its regions together?

# %%
for side, whose in ((227, "R-CNN with AlexNet"), (64, "ours")):
    print(
        f"{whose}: regions of {side} × {side} are {len(boxes) * side**2 / 512**2:.0f} "
        "photographs"
    )

# %% [markdown]
# ## 2 · Swap the two steps
#
# With AlexNet, R-CNN convolves as many pixels for one photograph as 476 photographs have: it cuts regions out of the
# image, then convolves. Fast R-CNN **convolves the image once and cuts the regions out of the feature map**. The idea
# is SPPnet's (He, Zhang, Ren, Sun, ECCV 2014); Fast R-CNN made it trainable as a whole.

# %% [markdown]
# Here are both orders. Each gives 128 channels of 4 × 4 numbers for every region. (`roi_align` only does R-CNN's
# warping here; `roi_pool` is the subject of section 4.)

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
# Expect a factor between 10 and 80, depending on your machine. The paper's whole detectors, VGG-16 on a GPU, differ
# by a factor of 146 (47 s → 0.32 s, proposals not counted; table 4). We timed the convolutions and the pooling alone.
# The layers behind them cost both detectors the same, so for our whole detectors the factor is smaller: the exercise
# measures it.

# %% [markdown]
# ### Do both compute the same?
#
# We take a square of 256 × 256 pixels whose borders lie on the map's grid, and don't warp it. Once it goes through
# the network alone, once we cut its 16 × 16 cells from the map of the whole photograph.
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
# In the middle nothing differs: a convolution sees only its own neighbourhood, whatever else is in the image. At the
# rim, two or three cells wide, the results differ: there the square alone is padded with zeros, while the whole map
# has seen its surroundings.
#
# (A cell of our map sees 95 × 95 pixels, 47 in each direction: about three cells.)

# %% [markdown]
# So every region gets its **context** for free, which R-CNN had to add by hand. There are two more differences. The
# convolutions see undistorted pixels; only the bins still stretch a wide region into a square. And a small object is no
# longer enlarged: it has only the few cells that lie on it. Section 9 comes back to this.

# %% [markdown]
# ## 3 · Where does a box land on the map?
#
# A proposal is given in pixels of the image, but the map is 16 times coarser. So we multiply by `spatial_scale` =
# 1/16, and since a map has no half cells, we **round**.

# %%
face = torch.tensor([178.0, 75.0, 272.0, 180.0])
print("divided by 16:", (face / 16).tolist())
print("rounded:      ", (face / 16).round().tolist())

# %% [markdown]
# So the region reaches from column 11 to 17 and from row 5 to 11. And now the one place in this course where an end
# is **inclusive**: RoI pooling takes column 17, too. That makes 7 × 7 cells.
#
# **Predict:** how many pixels lie between the box's right edge, x = 272, and the right edge of its cells?

# %%
from course_lib.explorers.fast_rcnn import region

# x1, y1, x2, y2 in cells, end-exclusive, as our boxes are
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
# Sixteen. The box's right edge lies exactly *on* a border of cells, 272 / 16 = 17, and column 17 is still taken, up
# to x = 288. Rounding moves an edge by up to 8 pixels, and the inclusive end moves the right and the bottom edge by
# 16 more. That is rough. For a large object it is good enough (section 9 measures it).

# %% [markdown]
# ## 4 · RoI pooling, cell by cell
#
# The layers after the convolutions want a fixed size, for VGG-16 7 × 7. **RoI pooling** divides the region's h × w
# cells into H × W bins, and keeps the largest value of each bin, channel by channel. (RoI: region of interest.)

# %% [markdown]
# What if h / H is not a whole number? Bin i begins at ⌊i · h / H⌋ and ends before ⌈(i + 1) · h / H⌉: both ends are
# rounded *outwards*, so that no cell is lost. Let us divide 7 cells into 3 bins.

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
# 4, 5, 9; and 3, 3, 1: of two cells, the bins hold cell 0, cells 0 and 1, and cell 1. Rounding outwards also guarantees
# that no bin is empty, however small the region is. (Only a region outside the map has empty bins; they give 0.)

# %% [markdown]
# Now the same on the real map. The 128 numbers of a cell are its **depth column**; one channel over all cells is an
# **activation map**. Of the 128 activation maps we choose the one that answers to the face most strongly, compared
# with the rest of the photograph.

# %%
in_face = whole[:, 5:12, 11:18].mean(dim=(1, 2))
channel = int(((in_face - whole.mean(dim=(1, 2))) / whole.std(dim=(1, 2))).argmax())
feature = whole[channel]  # [32, 32]
axes = plots.image_grid(
    [image, feature / feature.max()],
    ["the photograph", f"activation map {channel}"],
    columns=2,
    width=8,
)
plots.show(axes, "a channel of the map")

# %% [markdown]
# It is bright on the face. Next come the box on the photograph, its 49 cells with a rim of one, and the pooled
# values. In the middle and on the right a bin has one colour; a small square of it marks the largest cell. Check two
# bins by hand.
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
# then? (2) Set the output size to 7, *width* and *height* to 1. What do the bins hold? (3) With 110 for both, the box
# has 8 × 8 cells. For which output sizes do bins share no cell?

# %%
from course_lib.explorers.fast_rcnn import roi_pool_explorer

roi_pool_explorer(image, feature, face)

# %% [markdown]
# (1) The values jump when an edge crosses the middle of a cell, and stay the same in between. (2) A single cell is
# copied into all 49 bins. (3) The sizes 1, 2 and 4 divide 8, so their bins share nothing.

# %% [markdown]
# ### The whole network
#
# **Predict:** what is computed once per image, and what once for each of 2,000 regions: convolutions, RoI pooling,
# fully connected layers, scores, deltas?

# %%
from course_lib.explorers.roi_pictures import draw_fast_rcnn

plots.show(draw_fast_rcnn(), "Fast R-CNN forward")

# %% [markdown]
# With VGG-16 and an image of 600 × 800 pixels:
#
# | step | what comes out | how often |
# |---|---|---|
# | 13 convolutions | 512 × 37 × 50 | once per image |
# | RoI pooling | 512 × 7 × 7 | for each region |
# | fc6, fc7 | 4,096 | for each region |
# | scores | 21 (20 classes and background) | for each region |
# | box deltas | 84 (4 for each of 21) | for each region |

# %% [markdown]
# The SVMs and the separate regressors are gone: two **sibling** layers on fc7 do their work. Decoding and suppression
# follow, as in R-CNN.

# %% [markdown]
# ## 5 · The way back: sum over regions
#
# To train the convolutions, the gradient must pass the pooling. A maximum hands its gradient to the one cell that won,
# and nothing to the others. We begin with one row of 7 cells and 3 bins:
#
# | bin | cells | values | winner | the bin's gradient |
# |---|---|---|---|---|
# | 0 | 0 to 2 | 3, 1, **9** | cell 2 | 0.5 |
# | 1 | 2 to 4 | **9**, 1, 5 | cell 2 | −0.2 |
# | 2 | 4 to 6 | **5**, 4, 2 | cell 4 | 1 |

# %% [markdown]
# **Predict:** what does each of the seven cells receive?

# %%
winners, grads = torch.tensor([2, 2, 4]), torch.tensor([0.5, -0.2, 1.0])
written, added = torch.zeros(7), torch.zeros(7)
written[winners] += grads  # looks like adding, but writes each place once
added.index_add_(0, winners, grads)
for name, values in (("+=", written), ("index_add_", added)):
    print(f"with {name:10}", [round(value, 1) for value in values.tolist()])

# %% [markdown]
# Cell 2 won twice, so it receives 0.5 − 0.2 = 0.3, and cell 4 receives 1. With `+=` all places are read first and
# written afterwards: of the two gradients for cell 2 only the last one arrives. The gradients must be **accumulated**.
#
# In general, let i\*(r, j) be the winner of bin j in region r:

# %% [markdown]
# $$\frac{\partial L}{\partial x_i} = \sum_r \sum_j \; [\, i = i^*(r, j) \,] \; \frac{\partial L}{\partial y_{rj}}$$
#
# In words: cell i collects the gradients of all bins that it won, in all regions. Why a *sum*? Because the cell feeds
# them all, and derivatives along several paths add up. Here is the whole way back.

# %%
from course_lib.explorers.roi_pictures import draw_fast_rcnn_backward

plots.show(draw_fast_rcnn_backward(), "Fast R-CNN backward")

# %% [markdown]
# Two losses are added. Their gradient runs through the fully connected layers of every region, is added up where
# regions meet on the map, and goes through the convolutions once per image. The proposals come from outside, so nothing
# flows to them.

# %% [markdown]
# Now the photograph: two overlapping regions, and every pooled value sends back a gradient of 1.
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
from course_lib.explorers.roi_pictures import draw_counts

# the cells around the regions: rows 4 to 15, columns 10 to 22
maps = {"first": first, "second": second, "both, by autograd": both}
maps = {title: grads[4:16, 10:23] for title, grads in maps.items()}
outlines = torch.stack([region(box, 1 / 16, feature.shape) for box in two])
outlines = outlines - torch.tensor([10.0, 4, 10, 4])
axes = draw_counts(maps, outlines, [[0], [1], [0, 1]])
plots.show(axes, "gradients of two regions")

# %% [markdown]
# Each region hands out nine gradients, one per bin, so its marked cells spread over its 3 × 3 bins. Here the largest
# sum is 3: a cell that wins two bins of the first region and one of the second.

# %% [markdown]
# Two regions of such a size could give one cell up to 8, since four bins of a region can share it. (In a tiny region
# more of them do.) With 64 regions per image a cell collects many gradients.

# %% [markdown]
# ### Is it worth it?
#
# SPPnet trained only the layers after its pooling. Would that do? We trained the exercise's network on Tinytown twice,
# with the same scenes, steps and image size: once as a whole, once with the pretrained convolutions frozen. Three seeds
# each; the results come with the course, because the trainings take minutes.

# %% [markdown]
# **Predict:** by how many points of mAP do frozen convolutions fall behind?

# %%
from course_lib.trainings import shipped

long = shipped("fast_rcnn")
print(long)
for name in ("test mAP", "test mAP, convolutions frozen"):
    values = long.results[name]
    print(f"{name}: {values.mean():.1f} ± {values.std(ddof=1):.1f} %")

# %% [markdown]
# By one point, no more than the seeds differ by. So here it would do, perhaps because our network is small and was
# pretrained on objects of the same world. The paper says the same of SPPnet's smaller networks. With VGG-16 on VOC
# 2007, freezing lowers mAP from 66.9 to 61.4: very deep networks must be trained *through* the pooling (section 4.5).

# %% [markdown]
# Must *all* convolutions learn? In VGG-16 those from conv3_1 on are enough. Training conv2_1 and conv2_2 as well
# gains 0.3 points and takes 1.3 times as long (section 4.5, table 5). Our network keeps its stem and its first stage,
# too.

# %% [markdown]
# Why did SPPnet not train through its pooling? It drew the 128 regions of a batch from up to 128 images. A cell deep
# in the network sees nearly the whole image, so every region cost a pass forward and back through a whole image. Fast
# R-CNN draws 64 regions from each of 2 images; these share the convolutions: roughly 64 times faster (section 2.3).

# %% [markdown]
# ## 6 · One loss for two tasks
#
# A region has a class u, where 0 is background, and a target v for its box (tx, ty, tw, th, as in unit 02). The
# network answers with probabilities p and with four deltas t for *each* class. The loss of one region is:

# %% [markdown]
# $$L = -\log p_u \;+\; \lambda \, [u \ge 1] \sum_{i \in \{x, y, w, h\}} \mathrm{smooth}_{L_1}(t^u_i - v_i)$$
#
# The bracket is 1 for objects and 0 for background, which has no box. The sum runs over four numbers, and λ weighs the
# two tasks against each other.

# %% [markdown]
# Let us ask torchvision's version which deltas it looks at. We take two regions, a dog (class 2) and background. Each
# has three rows of deltas, for background and two classes. We add 1 to a row and see whether the loss moves.
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
# One of six: row "dog" of the dog's region. Deltas of other classes are neither right nor wrong, and background has
# no box to move to. So each class learns its own way of correcting boxes.
#
# Does sharing the network hurt? On the contrary: training for both tasks raises even pure classification, by 0.8 to 1.1
# points of mAP (section 5.1).

# %% [markdown]
# ### Why smooth L1?
#
# R-CNN's regressors minimised a squared error, **L2**. Its gradient is the error itself: a proposal that is far off
# pulls hardest, however useless it is. Smooth L1 is a parabola near 0 and a straight line beyond β:

# %% [markdown]
# $$\mathrm{smooth}_{L_1}(x) =
# \begin{cases} 0.5\, x^2 / \beta & |x| < \beta \\ |x| - 0.5\, \beta & \text{otherwise}\end{cases}$$
#
# The −0.5 β makes both parts meet, in value and in slope. The paper has β = 1, torchvision 1/9. That is why the cell
# above printed 1.89: four errors of 1 cost 1 − 0.5/9 = 0.944 each, and 4 · 0.944 / 2 regions = 1.89. With the paper's β
# they cost 0.5 each, and the loss is 4 · 0.5 / 2 = 1.

# %% [markdown]
# **Predict:** which gradient does an error of 2 have under each loss, with β = 1 and L2 as 0.5 x²?

# %%
from course_lib.explorers.fast_rcnn import draw_losses

picture, words = draw_losses(beta=1.0, error=2.0)
plots.show(picture, "smooth L1 and L2", words=words)

# %% [markdown]
# 1 under smooth L1, 2 under L2. An error of 20 has gradients 1 and 20: with L2 a single wild target can blow up the
# training, unless the learning rate is tuned with care (section 2.3).
#
# **Explorer: smooth L1 against L2.** Try: (1) Where do both losses have the same gradient? (2) What is smooth L1
# at β = 0? (3) And at β = 3?

# %%
from course_lib.explorers.fast_rcnn import smooth_l1_explorer

smooth_l1_explorer()

# %% [markdown]
# (1) At β = 1 wherever the error is between −1 and 1. At any other β only at 0 and, if β is smaller, at ±1. (2) The
# plain absolute value, whose gradient jumps at 0: near the goal the steps don't become smaller. (3) Up to an error of
# 3 a flatter parabola, a third of L2.

# %% [markdown]
# **Predict:** there are fifteen errors of about 0.3 and one of 8. Under each loss, what share of all gradients comes
# from the one, that is, |its gradient| divided by the sum of all |gradients|?

# %%
from course_lib.explorers.fast_rcnn import losses

errors = 0.3 * torch.randn(16, generator=torch.Generator().manual_seed(0))
errors[7] = 8
for name, (_, slopes) in losses(errors, beta=1.0).items():
    print(f"{name}: {slopes[7].abs() / slopes.abs().sum():.0%} comes from one error")

# %% [markdown]
# Under L2 the one error outweighs the fifteen together, under smooth L1 it doesn't.

# %% [markdown]
# ### Why λ can be 1
#
# Box targets are small numbers. tx = 0.1 says: move right by a tenth of the width. Beside −log p, which is ln 21 ≈ 3
# while a network with 21 outputs knows nothing, their loss would hardly count. The paper normalises the targets "to
# have zero mean and unit variance", and then uses λ = 1 everywhere (section 2.3).

# %% [markdown]
# Let us compute the targets of Tinytown's foreground regions, those with an IoU of at least 0.5, as in unit 02.
#
# **Predict:** which standard deviations do tx and tw have, roughly?

# %%
from course_lib.data import tinytown
from course_lib.progress import bar
from torchvision.ops import box_iou

scenes = [scene for scene in tinytown.scenes("train", 40) if len(scene.boxes)]
found = [proposals(scene.image, seed=0) for scene in bar(scenes, "searching")]


def targets_of(scene, regions):
    """(tx, ty, tw, th) from the foreground among these regions to their objects."""
    overlap, nearest = box_iou(regions, scene.boxes).max(dim=1)
    starts, goals = regions[overlap >= 0.5], scene.boxes[nearest[overlap >= 0.5]]
    sizes, wanted = starts[:, 2:] - starts[:, :2], goals[:, 2:] - goals[:, :2]
    shift = (goals[:, :2] + goals[:, 2:] - starts[:, :2] - starts[:, 2:]) / 2
    return torch.cat([shift / sizes, (wanted / sizes).log()], dim=1)


# %%
from course_lib.explorers.roi_pictures import draw_targets

pairs = zip(scenes, found, strict=True)
box_targets = torch.cat([targets_of(scene, regions) for scene, regions in pairs])
spread = torch.tensor([0.1, 0.1, 0.2, 0.2])
plots.show(draw_targets(box_targets, spread), "targets before and after")
print("means:", [round(value, 2) for value in box_targets.mean(dim=0).tolist()])

# %% [markdown]
# Roughly 0.1 and 0.2, with means near 0. Instead of measuring them, torchvision and mmdetection divide by the constants
# (0.1, 0.1, 0.2, 0.2), and so does our exercise, where they are called `SPREAD`. Before decoding, the network's answer
# is multiplied by them again.
#
# How large is the box loss while the network still answers 0 for every box?

# %%
from torch import nn

for name, values in (("as they are", box_targets), ("divided", box_targets / spread)):
    # four numbers per box, but only a quarter of the regions has a box: so the mean
    box_loss = nn.functional.smooth_l1_loss(values, 0 * values, beta=1.0)
    print(f"targets {name}: box loss {box_loss:.3f}")
print(f"classification, 9 equally likely outputs: {torch.tensor(9.0).log():.1f}")

# %% [markdown]
# Undivided, the boxes hardly count beside the classes. Does it matter? Again we trained the exercise's network with
# three seeds, once with divided targets and once with the targets as they are. Nothing else differs.

# %%
for name in ("test mAP", "test mAP, targets unscaled"):
    values = long.results[name]
    print(f"{name}: {values.mean():.1f} ± {values.std(ddof=1):.1f} %")

# %% [markdown]
# About five points less without dividing. One could look for a larger λ instead. Dividing spares us that search, and
# brings all four numbers to one scale.

# %% [markdown]
# ## 7 · What goes into a batch?
#
# For each image we draw 64 regions (section 2.3):
#
# - a quarter **foreground**: IoU ≥ 0.5 with an object; each gets that object's class;
# - the rest **background**: largest IoU from 0.1 to below 0.5.

# %% [markdown]
# **Predict:** how many of our photograph's 2,423 proposals are foreground for the face?

# %%
overlaps = box_iou(boxes, face[None])[:, 0]
foreground = int((overlaps >= 0.5).sum())
near = int(((overlaps >= 0.1) & (overlaps < 0.5)).sum())
far = len(boxes) - foreground - near
print(f"{foreground} foreground, {near} background, {far:,} below 0.1")
share = foreground / len(boxes)
print(f"foreground: {share:.1%}; 64 drawn blindly hold {64 * share:.2f} on average")
print(f"at least one of them: in {1 - (1 - share) ** 64:.0%} of the batches")

# %% [markdown]
# Half a percent. Drawn blindly, three of four batches of 64 would not hold a single foreground region. And 95 % lie
# below 0.1. In a street scene these would be sky and road, which nobody confuses with a car. Leaving them out
# "appears to act as a heuristic for hard example mining", says the paper (compare R-CNN's hard negatives in unit 02).

# %% [markdown]
# With only 12 foreground regions the quarter, 16, cannot be reached. Then the batch takes the 12, repeats none, and
# fills up with background. A quarter is an upper limit.
#
# Here is a batch from Tinytown, where objects are more frequent: its foreground on the scene, then twelve of its
# background regions, then all 64 cut out.

# %%
from course_lib.explorers.fast_rcnn import draw_sample

picture, words = draw_sample(
    scenes[3].image, scenes[3].boxes, found[3], number=64, fraction=0.25, seed=0
)
plots.show(picture, "a batch of RoIs", words=words)

# %% [markdown]
# Every background region shows part of an object, too: its IoU is at least 0.1.
#
# **Explorer: sampling.** Foreground is blue, background orange, objects white. Try: (1) Find a scene with less
# foreground than the quarter. (2) Set the fraction to 1. What does the classifier never see then? (3) Change the
# *draw*: why is a new choice at every visit better than always the best?

# %%
from course_lib.explorers.fast_rcnn import sampling_explorer

sampling_explorer(scenes[3:11], found[3:11])

# %% [markdown]
# (1) Its batch takes all the foreground there is. (2) Background, as long as there is enough foreground. (3) At test
# time the head meets mediocre regions as well, so it must have seen them in training.

# %% [markdown]
# ### What happens otherwise?
#
# We train a small head on RoI features: one hidden layer of 256, then 9 classes (8 and background), with the
# convolutions left as they are. Tinytown's objects are small, so we take stage 3, with 8 pixels per cell.


# %%
@torch.no_grad()
def pooled_regions(scenes):
    """RoI features [n, 1024] of all proposals of the scenes, their labels (0:
    background), their largest IoU.
    """
    regions = [proposals(scene.image, seed=0) for scene in bar(scenes, "searching")]
    images = torch.stack([scene.image for scene in scenes]) / 255
    pooled = roi_pool(net.features(images, stage=3), regions, 4, spatial_scale=1 / 8)
    largest, classes = [], []
    for some, scene in zip(regions, scenes, strict=True):
        overlap, nearest = box_iou(some, scene.boxes).max(dim=1)
        largest.append(overlap)
        classes.append(scene.labels[nearest] + 1)
    largest, classes = torch.cat(largest), torch.cat(classes)
    return pooled.flatten(1), torch.where(largest >= 0.5, classes, 0), largest


# %%
x, labels, largest = pooled_regions(scenes)
unseen = [scene for scene in tinytown.scenes("val", 25) if len(scene.boxes)]
test_x, test_labels, _ = pooled_regions(unseen)
mean, std = x.mean(), x.std()  # SGD prefers numbers around 0
x, test_x = (x - mean) / std, (test_x - mean) / std
print(f"{len(x):,} regions to learn from, {(labels > 0).float().mean():.0%} foreground")


# %%
def new_head(seed):
    """A head that has learned nothing yet."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, 9))


def trained(fraction, seed, steps=120):
    """The head after SGD on batches of 64, at most this fraction of them foreground."""
    head = new_head(seed)
    optimizer = torch.optim.SGD(head.parameters(), lr=0.02, momentum=0.9)
    for step in range(steps):
        chosen = torch.cat(sample(largest, 64, fraction, seed=1000 * seed + step))
        loss = nn.functional.cross_entropy(head(x[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return head.eval()


# %% [markdown]
# We ask two things of a head. Its **cut**: what share of the foreground does it miss, and what share of the
# background does it call an object? And its **order**, when regions are sorted by their probability of being an
# object: what is the average precision, and how much foreground is found if 5 % of the background may pass?

# %% [markdown]
# **Predict:** what does a head do that was trained with 1 foreground region in 64, still more than the photograph's
# half percent? And one trained with foreground only? Is it the cut that suffers, or the order?

# %%
from course_lib.explorers.fast_rcnn import sample
from sklearn.metrics import average_precision_score

fractions, seeds = [0.02, 0.1, 0.25, 0.5, 1.0], [0, 1, 2]
heads = {
    (f, seed): trained(f, seed) for f in bar(fractions, "training") for seed in seeds
}

# %%
true = test_labels > 0


@torch.no_grad()
def measured(head):
    """Missed foreground, background called an object, AP, found at 5 % background."""
    probabilities = head(test_x).softmax(dim=1)
    called, score = probabilities.argmax(dim=1) > 0, 1 - probabilities[:, 0]
    cut = score[~true].quantile(0.95)
    missed, alarms = (~called[true]).float().mean(), called[~true].float().mean()
    found = (score[true] > cut).float().mean()
    return [missed, alarms, average_precision_score(true, score), found]


table = torch.tensor([[measured(heads[f, seed]) for seed in seeds] for f in fractions])

# %%
names = ["foreground missed", "background called an object", "average precision"]
names += ["foreground found at 5 % background"]
rows = dict(zip(names, table.mean(dim=1).T.tolist(), strict=True))
ax = plots.curve(fractions, rows, "share of foreground in a batch", "mean of 3 seeds")
ax.set(ylim=(-0.03, 1.03), xticks=fractions)
plots.show(ax, "share of foreground")
for f, means, stds in zip(fractions, table.mean(1), table.std(1), strict=True):
    print(f, [f"{m:.2f} ± {s:.2f}" for m, s in zip(means, stds, strict=True)])

# %% [markdown]
# With one in 64 the head says "background" to everything. But its *order* is as good as with a quarter, within the
# spread of the seeds: it knows the difference, and only the cut lies in the wrong place. With foreground only it has
# never seen background, calls everything an object, and there the order is poor as well.

# %% [markdown]
# In between, the fraction mainly moves the cut: with it we choose which mistake we prefer. Mind that background is
# ten times as frequent, so 5 % of it are as many mistakes as half of the foreground.
#
# (Many objects are missed. These features were never fine-tuned, and 120 steps are few.)

# %% [markdown]
# ## 8 · The next bottleneck: truncated SVD
#
# The convolutions are computed once. What is left are two fully connected layers for each of 2,000 regions.
#
# **Predict:** which needs more multiplications in VGG-16: all convolutions, or fc6 and fc7 for 2,000 regions?

# %%
# channels in, channels out, pixels per cell
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
    "billion multiply-adds per image",
    form="{:.0f}",
)
plots.show(ax, "work by layer")

# %% [markdown]
# The fully connected layers, with 62 % of the work. In the paper they take 45 % of the *time* (figure 2): on its GPU
# they do more multiply-adds per second than the convolutions.
#
# **Predict:** is that so on your machine? We time one of VGG-16's convolutions, fc7 on as many regions as need the
# same work, and fc7 on a single region.

# %%
from statistics import median


def rate(layer, x, work):
    """Billion multiply-adds per second, by the median of five runs."""
    with torch.no_grad():
        runs = [seconds(layer, x) for _ in range(5)]
    return work / median(runs) / 1e9


convolution, fully = nn.Conv2d(512, 512, 3, padding=1), nn.Linear(4096, 4096)
cells = torch.rand(1, 512, 37, 50)
print(f"convolution: {rate(convolution, cells, 9 * 512 * 512 * 37 * 50):.0f}")
for count in (260, 1):
    regions = torch.rand(count, 4096)
    print(f"fc7, {count} regions: {rate(fully, regions, count * fc7):.0f}")

# %% [markdown]
# On one core of ours: 124 for the convolution, 54 for fc7, and 6 for a single region. So here the fully connected
# layers take an even larger share of the time than of the work.

# %% [markdown]
# In a classifier, with one region per image, they are less than a hundredth of the work. But it is slow work: each
# weight is fetched for a single multiplication.

# %% [markdown]
# The remedy: the weight matrix W (u × v) is approximated by its t largest singular values,
#
# $$W \approx U \, \Sigma_t V^\top,$$
#
# so one layer becomes two thin ones without a non-linearity between them: first Σ V⊤ (t × v, no bias), then U (u × t,
# with the old bias). That costs t (u + v) instead of u v.

# %% [markdown]
# **Predict:** W is 4096 × 4096. Below which t does it pay at all? And does the time fall as the work does?

# %%
print("it pays below t =", 4096 * 4096 // (4096 + 4096))
regions = torch.rand(260, 4096)
whole_rate = rate(fully, regions, 1)
for t in (2048, 1024, 256):
    thin = nn.Sequential(nn.Linear(4096, t, bias=False), nn.Linear(t, 4096))
    work = t * (4096 + 4096) / (4096 * 4096)
    print(f"t = {t}: {work:.0%} of the work", end=", ")
    print(f"{whole_rate / rate(thin, regions, 1):.0%} of the time")

# %% [markdown]
# Below 2,048. With many regions the time falls as the work does: on our core to 51 % at t = 1,024 and to 13 % at 256.

# %% [markdown]
# Now our own heads, the three trained with a quarter of foreground. Their first layer has 256 × 1,024 weights. We
# keep 4 to 204 of 256 singular values (at 204 no work is saved any more) and look at unseen regions: how wrong are
# the layer's outputs, and how often does the head change its mind?

# %% [markdown]
# One trap first. More than nine in ten regions are called background, and background easily stays background.
# The share of *all* regions that change their class is therefore small whatever we do. So we count among the regions
# that the full head calls an object.
#
# **Predict:** what share of these changes its class at a rank of 32?

# %%
ranks = [4, 8, 16, 32, 64, 128, 204]


@torch.no_grad()
def thinned(head, rank):
    """Share of work, error of the outputs, changed classes: all regions, objects."""
    weight, bias, whole = head[0].weight, head[0].bias, head(test_x).argmax(dim=1)
    u, sigma, vh = torch.linalg.svd(weight, full_matrices=False)
    exact = test_x @ weight.T
    outputs = test_x @ (u[:, :rank] * sigma[:rank] @ vh[:rank]).T
    changed = (head[2](torch.relu(outputs + bias)).argmax(dim=1) != whole).float()
    work, error = rank * (256 + 1024) / (256 * 1024), (outputs - exact).norm()
    return [work, error / exact.norm(), changed.mean(), changed[whole > 0].mean()]


quarter = [heads[0.25, seed] for seed in seeds]
table = torch.tensor([[thinned(head, t) for head in quarter] for t in ranks])

# %%
names = ["multiply-adds", "error of the outputs"]
names += ["class changed, all regions", "class changed, objects"]
rows = dict(zip(names, table.mean(dim=1).T.tolist(), strict=True))
ax = plots.curve(ranks, rows, "kept singular values t", "share, mean of 3 seeds")
ax.set(xscale="log", xticks=ranks, xticklabels=ranks)
ax.minorticks_off()
plots.show(ax, "rank of the SVD")
objects = table[ranks.index(32), :, 3]
print(
    f"rank 32, objects: {objects.mean():.0%} ± {objects.std():.0%} change their class"
)

# %% [markdown]
# With 32 of 256 values, a sixth of the multiplications, 3 % of all regions change their class, but of those called
# objects about one in ten. That is the price to look at. It is still small for outputs that are wrong by more than 40
# %. Why?

# %% [markdown]
# Perhaps what training *taught* the layer lies in few directions, and what is left out is mostly the random start. We
# can test that: the difference between the trained weights and the initial ones is what was learned.
#
# **Predict:** what share of the squared length do the 32 largest singular values hold, of the start and of what was
# learned?

# %%
for seed, head in zip(seeds, quarter, strict=True):
    start = new_head(seed)[0].weight.detach()
    learned = head[0].weight.detach() - start
    squares = [torch.linalg.svdvals(part) ** 2 for part in (start, learned)]
    held = [f"{part[:32].sum() / part.sum():.0%}" for part in squares]
    print(f"seed {seed}: of the start {held[0]}, of what was learned {held[1]}")

# %% [markdown]
# A quarter of the start, but 90 % of what was learned. So what is cut off first seems to be mostly the random start.
# (A head that was trained for longer, from pretrained weights, may be another matter: the paper's fc6 keeps 1,024 of
# 4,096 values.)

# %% [markdown]
# In the paper, 1,024 values for fc6 and 256 for fc7 cut the detection time by more than 30 % (320 → 223 ms per image),
# for a drop of 0.3 points of mAP (66.9 → 66.6), without any further fine-tuning (section 4.4, figure 2).

# %% [markdown]
# ## 9 · What does rounding cost? RoI align (optional)
#
# You need this section for the bonus of the exercise. In section 3 we moved edges by up to 24 pixels. Let us measure
# for all proposals how well their cells fit the box.
#
# **Predict:** which IoU does a box with sides of 32 pixels have with its own cells?

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
# A large box fits its cells well. A small one is described by cells that are mostly *not* the box. That may do for its
# class, but not for an exact outline.

# %% [markdown]
# **RoI align** (He, Gkioxari, Dollár, Girshick, *Mask R-CNN*, ICCV 2017) rounds nothing. It divides the exact box
# into bins, reads the map at a few regular points of each bin, and averages what it read. Points lie between the
# cells' middles, so each is read by **bilinear interpolation** from the four cells around it.

# %% [markdown]
# Let a point lie a = 0.25 of a cell to the right of the upper left cell's middle, and b = 0.5 below it:
#
# $$f = (1-a)(1-b)\, f_{00} + a(1-b)\, f_{10} + (1-a)\, b\, f_{01} + a\, b\, f_{11}$$
#
# | cell | value | weight | product |
# |---|---|---|---|
# | upper left | 2 | 0.75 · 0.5 | 0.75 |
# | upper right | 4 | 0.25 · 0.5 | 0.5 |
# | lower left | 1 | 0.75 · 0.5 | 0.375 |
# | lower right | 3 | 0.25 · 0.5 | 0.375 |

# %% [markdown]
# The sum is 2. The weights add up to 1, and the nearest cells weigh most.
#
# Now a small box on our map, with 2 × 2 bins of 2 × 2 points (`sampling_ratio` = 2). The four cells that the first
# point is read from are green, with their weights. A second picture shows the older convention, `aligned=False`.
#
# **Predict:** where must the points of a bin lie?

# %%
from course_lib.explorers.roi_pictures import draw_sampling

small = torch.tensor([182.0, 134.0, 226.0, 178.0])
axes = draw_sampling(feature, small, spatial_scale=1 / 16)
plots.show(axes, "sampling points of RoI align")

# %% [markdown]
# In the middles of equal parts of the bin, as in the left picture. In the right one they lie half a cell too far
# right and down, here 8 pixels. The older convention forgot that a cell's value belongs to its *middle*: it read
# pixel coordinate 0 as the middle of cell 0. `aligned=True` subtracts the missing half a cell.

# %% [markdown]
# **Predict:** we slide a box by one pixel at a time and watch the mean of its nine pooled values. How do the curves of
# RoI pooling and RoI align look?

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
# RoI pooling is blind to small shifts, and then jumps. (Its curve is higher because the largest of some values exceeds
# their mean.) RoI align follows every pixel. In Mask R-CNN it improves mask AP by about 3 points over RoI pooling, most
# of it at strict IoU (table 2c there).

# %% [markdown]
# ## 10 · What it brought
#
# All numbers are for VGG-16 on VOC 2007, proposals not counted (tables 1 and 4).
#
# **Predict:** training R-CNN took 84 hours. And Fast R-CNN?

# %%
models = ["R-CNN", "Fast R-CNN", "Fast R-CNN, SVD"]
ax = plots.bars(models, [47, 0.32, 0.22], "seconds per image, testing", form="{:.2f} s")
plots.show(ax, "seconds of testing")
ax = plots.bars(
    models[:2], [84, 9.5], "hours of training", colors=plots.GREEN, form="{:.1f} h"
)
plots.show(ax, "hours of training")

# %% [markdown]
# | | R-CNN | Fast R-CNN | with truncated SVD |
# |---|---|---|---|
# | seconds per image | 47 | 0.32 (146 times faster) | 0.22 (213 times) |
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
names = ["selective search", "convolutions and pooling"]
ax = plots.bars(names, [searching, fast], "seconds for our photograph", form="{:.2f} s")
plots.show(ax, "what takes the time")

# %% [markdown]
# The proposals (the layers behind the pooling are not in the bar). They come from another program, know nothing of
# the network's features, and now take most of the time. Why not let the network propose? That is unit 04.

# %% [markdown]
# ## 11 · Questions that the paper answers (optional)
#
# Fast R-CNN is so much faster to train that Girshick could try what had been too expensive before. All results are
# for VOC 2007.
#
# **Predict** each answer before you read on: Are SVMs better than the softmax? Must one look at several scales? Are
# more proposals better?

# %% [markdown]
# **SVM or softmax?** In unit 02 the softmax lost: without SVMs R-CNN's mAP fell from 54.2 to 50.9. Its authors blamed
# positives that don't ask for precise boxes and negatives drawn at random, and conjectured that better fine-tuning
# would close the gap (appendix B there). Here the softmax wins in all three networks, by 0.1 to 0.8 points (table 8).

# %% [markdown]
# What differs is, among other things, the background: it is drawn from IoUs of 0.1 to 0.5, near the objects. The paper
# does not separate which of the differences closed the gap.

# %% [markdown]
# **One scale or five?** A network that sees objects at their own size must learn each size from examples. Reading the
# image at five sizes helps little, 57.1 → 58.4 with AlexNet, and takes 0.39 s instead of 0.10 s (table 7).

# %% [markdown]
# **More proposals?** With 1,000 to 10,000 boxes of selective search, mAP rises and then falls slightly. With up to
# 45,000 evenly spread boxes added, it falls to 53.0 (section 5.5). A good proposal method also *keeps away* what could
# be mistaken for an object. We tried it without training anew: random boxes beside Tinytown's proposals.

# %%
added = [0, 250, 1000, 4000]
values = torch.tensor(long.results["val mAP with random boxes added"])
for count, mean, std in zip(added, values.mean(dim=0), values.std(dim=0), strict=True):
    print(f"{count:5,} random boxes added: {mean:.1f} ± {std:.1f} % mAP")

# %% [markdown]
# Not one good box was taken away, and still the mAP falls by nine points. (The paper trained anew for each number of
# boxes, we did not: our head has never seen such regions.)

# %% [markdown]
# ## 12 · Where this went
#
# **Before it: SPPnet** (He, Zhang, Ren, Sun, ECCV 2014) already computed one map per image and pooled each region from
# it, at several bin sizes at once: 24 to 102 times faster than R-CNN in testing (its abstract). But it kept three
# separate trainings.

# %% [markdown]
# **After it: RoI align** (*Mask R-CNN*, ICCV 2017), because masks need more exact places than classes do.
#
# **Feature pyramids** (Lin et al., *Feature Pyramid Networks for Object Detection*, CVPR 2017): a small object gets
# few cells on a coarse map. So the network makes several maps, and a region of w × h pixels is pooled from level
#
# $$k = \lfloor 4 + \log_2(\sqrt{wh} / 224) \rfloor.$$

# %%
from math import log2

for side in (448, 224, 150, 56):
    level = floor(4 + log2(side / 224))
    stride = 2**level
    print(
        f"{side} × {side} pixels: level {level}, {stride} pixels per cell, "
        f"{side // stride} × {side // stride} cells"
    )

# %% [markdown]
# Whatever its size, a square region has 14 to 28 cells along each side, as long as there is a map of that level. The
# pyramid gives back the enlarging of small objects that we lost in section 2.

# %% [markdown]
# **What stayed:** torchvision's Faster R-CNN still ends in Fast R-CNN's head, two fully connected layers and two
# siblings for scores and deltas. Still at most a quarter of the sampled regions is foreground. Unit 04 goes on from
# here.

# %% [markdown]
# ## 13 · Check yourself
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
# **2.** Three regions overlap in one cell. It is the largest of a bin in two of them; these bins send the gradients 0.7
# and −0.4. What does the cell receive?
#
# <details><summary>Answer</summary>
#
# 0.7 − 0.4 = 0.3. The third region gives nothing, since another cell won there. It is a sum, not a mean.
# </details>

# %% [markdown]
# **3.** A colleague drops the [u ≥ 1] and sets background's targets to 0. What will background regions learn, and what
# does it cost?
#
# <details><summary>Answer</summary>
#
# To predict deltas of 0 in row 0, "stay where you are". Nobody ever reads that row. But three quarters of a batch are
# background, so until it is learned, much of the boxes' gradient into the shared layers serves a useless task.
# </details>

# %% [markdown]
# **4.** Why does truncated SVD speed up a detector with 2,000 regions, but hardly a classifier with the same layers?
#
# <details><summary>Answer</summary>
#
# In the classifier fc6 and fc7 run once per image, beside 13 convolutions: 0.12 against 15 billion multiply-adds at
# 224 × 224. In the detector they run 2,000 times and the convolutions once.
# </details>

# %% [markdown]
# **5.** We pool from an earlier stage's map, of 8 instead of 16 pixels per cell. What gets better, what gets worse?
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
# - One loss: −log p for all regions, smooth L1 for foreground.
# - Targets are divided by their standard deviations; then λ = 1 will do.
# - 64 regions per image, at most a quarter of them foreground, background from an IoU of 0.1.
# - Truncated SVD: two thin layers for one thick one.
# - RoI align doesn't round. The proposals now take most time.
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

# %% [markdown]
# - K. He, G. Gkioxari, P. Dollár, R. Girshick: *Mask R-CNN*, ICCV 2017
# - T.-Y. Lin, P. Dollár, R. Girshick, K. He, B. Hariharan, S. Belongie: *Feature pyramid networks for object
#   detection*, CVPR 2017
