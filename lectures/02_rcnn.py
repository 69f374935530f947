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
# # 02 · R-CNN: regions with CNN features
#
# *Deep Learning Applications. About 80 minutes, with the explorers and the quiz. Sections marked (optional) take
# another 20.*

# %% [markdown]
# After this lecture we can
#
# - say why a detector needs **proposals**, and measure how good they are;
# - follow one photograph through all stages of **R-CNN**;
# - explain its three training tasks, their three kinds of labels, and what an **SVM** minimises;
# - read a precision–recall curve and **average precision**;
# - name the problems that Fast and Faster R-CNN will solve.

# %% [markdown]
# Our paper: Girshick, Donahue, Darrell, Malik, *Rich feature hierarchies for accurate object detection and semantic
# segmentation*, CVPR 2014. All numbers below are computed in a cell or cited.

# %% [markdown]
# Before most figures you will find a **Predict** line. Please write your guess down before you run the cell: wrong
# guesses teach most.

# %% [markdown]
# ## 1 · What is the task?
#
# A classifier gives one label to an image. A detector has to say **what is where**: it returns a list of boxes, each
# with a class and a score. How long this list will be is not known in advance. Here is our photograph, and the object
# that we shall look for.

# %%
import torch
from course_lib import plots
from course_lib.data.photos import photo

image = photo("astronaut")  # uint8 [3, 512, 512]
# x1, y1, x2, y2 in pixels, marked by hand
face = torch.tensor([[178.0, 75.0, 272.0, 180.0]])
ax = plots.draw_boxes(image, face, torch.tensor([0]), names=["face"])
plots.show(ax, "astronaut")

# %% [markdown]
# A box is four numbers: left, top, right, bottom, in pixels, with y pointing down. Our photograph is 512 × 512
# pixels, the face 94 × 105. (It is NASA's portrait of the astronaut Eileen Collins, in the public domain.)

# %% [markdown]
# ### How good is a box?
#
# No box fits an object to the pixel. We measure the overlap of two boxes by their **intersection over union** (IoU):
# the area that both cover, divided by the area that at least one of them covers.

# %% [markdown]
# **Predict:** we move the face's box by a quarter of its width to the right. What is the IoU with the original?

# %%
from torchvision.ops import box_iou

width = face[0, 2] - face[0, 0]
moved = face + torch.tensor([width / 4, 0, width / 4, 0])
overlap = box_iou(face, moved).item()
both = torch.cat([face, moved]) - torch.tensor([130, 40, 130, 40])
colors = [plots.BLUE, plots.ORANGE]
ax = plots.draw_boxes(
    image[:, 40:220, 130:330], both, colors=colors, title=f"IoU {overlap:.2f}"
)
plots.show(ax, "moved box")

# %% [markdown]
# Three quarters of the box still lie on the face, but the union has grown too: 0.75 / 1.25 = 0.60. IoU is strict.
#
# PASCAL VOC, the benchmark of the R-CNN paper, accepts a detection whose IoU is at least 0.5. Our moved box would
# count.

# %% [markdown]
# ## 2 · Why not look everywhere?
#
# The classical answer to "where?" is a **sliding window**: ask a classifier at every place. So let us count the places.
# Two different vertical and two different horizontal pixel borders make a box.
#
# **Predict:** how many boxes fit into 512 × 512 pixels: a million, a billion, or more?

# %%
columns = 512 * 513 // 2  # pairs of borders x1 < x2 among 513
every_box = columns**2
print(f"{every_box:,} boxes")

# %% [markdown]
# Seventeen billion. Nobody tries them all. A sliding-window detector takes a few sizes and shapes, and moves each of
# them by a fixed **stride**. Let us be modest: a stride of 8 pixels, 10 sizes, 3 shapes (tall, square, wide).

# %%
sides = torch.logspace(5, 9, 10, base=2)  # 32 … 512 pixels
ratios = torch.tensor([0.5, 1.0, 2.0])
widths, heights = (
    (sides[:, None] * ratios**0.5).flatten(),
    (sides[:, None] / ratios**0.5).flatten(),
)
places = ((512 - widths) // 8 + 1).clamp(min=0) * ((512 - heights) // 8 + 1).clamp(
    min=0
)
windows = int(places.sum())
print(f"{windows:,} windows")

# %% [markdown]
# That is feasible for a classifier that takes microseconds per window. How long would a network need?
#
# We time the course's small backbone, which has 0.3 million parameters and was trained on drawings of objects: 256
# windows of 64 × 64 pixels, once, on your machine. Times the number of boxes, that is the time for one photograph.

# %%
import time
from course_lib.models import backbone

net = backbone("small")
with torch.no_grad():
    net.embed(torch.rand(64, 3, 64, 64))  # the first call is slower: warm up
    start = time.perf_counter()
    net.embed(torch.rand(256, 3, 64, 64))
per_window = (time.perf_counter() - start) / 256
print(f"{1000 * per_window:.2f} ms per window")

# %%
methods = {"every box": every_box, "sliding window": windows, "R-CNN's proposals": 2000}
ax = plots.bars(
    list(methods),
    [n * per_window for n in methods.values()],
    "seconds for one photograph",
    form="{:,.0f} s",
)
ax.set_xscale("log")
plots.show(ax, "how long each way takes")
print(f"every box: {every_box * per_window / 86400:,.0f} days")

# %% [markdown]
# And ours is a small network: 16 million multiply–adds per window, where AlexNet (torchvision's, 224 × 224 pixels)
# needs 714 million, 44 times as many. R-CNN's first idea is therefore not about networks: **look only where something
# might be**. Propose about 2,000 boxes that could hold *any* object, and run the expensive network on those alone.

# %% [markdown]
# Here is the whole of R-CNN. We shall walk through it from left to right, one stage after the other, on our one
# photograph. The numbered boxes are the three objectives that train it; numbers on arrows say how many boxes, and how
# many features per box.

# %%
from course_lib.explorers.rcnn_pictures import draw_pipeline

plots.show(draw_pipeline(), "R-CNN's pipeline")

# %% [markdown]
# ## 3 · Proposals
#
# Selective search (Uijlings, van de Sande, Gevers, Smeulders, IJCV 2013) starts from a simple thought: an object
# differs from its surroundings in colour *or* texture. So it cuts the image into small regions of uniform look. Then it
# merges the two most similar neighbours, again and again, until one region is left.

# %% [markdown]
# Every region that ever existed on the way gives one box. How fine the first cut is decides what can be found. Here is
# the same photograph, cut three times.

# %%
from skimage.color import label2rgb
from skimage.segmentation import felzenszwalb
from torchvision.transforms.v2.functional import resize

pixels = resize(image, [256, 256]).permute(1, 2, 0).numpy()
levels = [felzenszwalb(pixels, scale=scale, min_size=20) for scale in (30, 200, 1000)]
pictures = [label2rgb(level, pixels, kind="avg", bg_label=-1) for level in levels]
axes = plots.image_grid(
    pictures, [f"{level.max() + 1} regions" for level in levels], columns=3
)
plots.show(axes, "three levels of regions")

# %% [markdown]
# On the left the rocket is in many pieces; on the right it bleeds into the background. No single level is right for
# all objects: the button on the suit is a region on the left, the whole person only on the right. That is why selective
# search keeps *all* levels.

# %% [markdown]
# ### How the merging works (optional)
#
# Which two neighbours are most similar? A small example. In a picture of 100 pixels lie three regions: A, 20 pixels,
# all red; B, 10 pixels, 80 % red and 20 % blue; C, 40 pixels, all blue. Three things count.

# %% [markdown]
# - **Colour**: the share in common. A and B: 0.8. B and C: 0.2. A and C: 0.
# - **Size**: small regions first, so that no big one swallows its neighbours one by one. 1 − (20 + 10) / 100 = 0.7 for
#   A and B, 0.5 for B and C.
# - **Fill**: 1 minus the hole that the two leave in their common box. Say both pairs leave none: 1.

# %% [markdown]
# A and B have 0.8 + 0.7 + 1 = 2.5, B and C only 0.2 + 0.5 + 1 = 1.7. So A and B merge first. The paper adds texture,
# and runs with several colour spaces and first cuts. Our version, for the head of our photograph:

# %%
import numpy as np

head = resize(image[:, :260, 90:350], [96, 96]).permute(1, 2, 0).numpy()


def similarity(a, b):
    """How alike two regions (masks) are: colour + size + fill, from 0 to 3."""
    colours = [
        [np.histogram(channel, 8, (0, 256))[0] for channel in head[region].T]
        for region in (a, b)
    ]
    common = np.minimum(colours[0] / a.sum(), colours[1] / b.sum()).sum() / 3
    both = a | b
    rows, columns = both.any(axis=1).nonzero()[0], both.any(axis=0).nonzero()[0]
    box = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    size, fill = 1 - both.mean(), 1 - (box - both.sum()) / both.size
    return common + size + fill


# %% [markdown]
# The rest is a loop: find the most similar pair of neighbours, and put its union in the place of both. Two regions are
# neighbours when one of them, grown by a pixel, meets the other.
#
# **Predict:** what merges first, parts of the hair or the face and the wall?

# %%
from course_lib.explorers.rcnn_pictures import draw_merges, grouping

level = felzenszwalb(head, scale=150, min_size=80)
merges = grouping([level == number for number in range(level.max() + 1)], similarity)
plots.show(draw_merges(head, merges, [0, 4, 8, 12]), "four merges")

# %% [markdown]
# The parts of the collar and of the hair come first. Late merges join regions that have little in common, and some are
# wrong: half of the face has joined the wall. But by then the hair had been a region, and its box is on our list.

# %% [markdown]
# ### The real thing
#
# Now OpenCV's implementation, in its "fast" setting.

# %%
from course_lib.data.proposals import proposals

# about 2 s; the course keeps the boxes on disk, so the next call is faster
boxes = proposals(image, seed=0)
ax = plots.draw_proposals(image, boxes, 150)
plots.show(ax, "150 proposals")

# %% [markdown]
# Some 2,400 boxes instead of seventeen billion, close to the paper's 2,000.
#
# **Predict:** nothing told selective search what a face is. How well will its best box fit?

# %%
overlaps = box_iou(face, boxes)[0]
best = boxes[overlaps.argmax()]
print(
    f"best IoU {overlaps.max():.2f}; {int((overlaps >= 0.5).sum())} of {len(boxes):,} "
    "boxes reach 0.5"
)
ax = plots.draw_boxes(
    image,
    torch.stack([face[0], best]),
    colors=[plots.BLUE, plots.ORANGE],
    title="best proposal: orange",
)
plots.show(ax, "the face and a proposal")

# %% [markdown]
# One box is very good, a handful are usable, and more than 99 % do not reach an IoU of 0.5 with the face. The detector
# has to find these few. And it can find only what was proposed: an object without a proposal is lost for good.

# %% [markdown]
# ### Measuring proposals
#
# Two numbers tell whether proposals are good enough, before any network is trained:
#
# - **recall**: the share of all objects that some proposal overlaps with IoU ≥ 0.5;
# - **average best overlap**: the mean over all objects of the IoU with their best proposal.

# %% [markdown]
# For that we need many marked objects. Tinytown, the course's drawn world, has them.

# %%
from course_lib.data import tinytown

scenes = [
    scene for scene in tinytown.scenes("val", 24, start=3) if len(scene.boxes) >= 3
][:12]
scene = scenes[0]  # a street of 128 × 128 pixels
ax = plots.draw_boxes(
    scene.image, scene.boxes, scene.labels, names=tinytown.CLASSES, linewidth=1.5
)
plots.show(ax, "Tinytown street")

# %% [markdown]
# Selective search needs a rival. We let chance draw as many boxes as selective search found: two random corners each.
#
# **Predict:** with all of its boxes (some 150 per scene), what share of the objects does selective search find? And
# what share does chance find?


# %%
def random_boxes(count, size, rng):
    """Boxes [count, 4] between two random corners in a square image."""
    corners = size * torch.rand(count, 2, 2, generator=rng)
    return torch.cat([corners.amin(dim=1), corners.amax(dim=1)], dim=1)


rng = torch.Generator().manual_seed(0)
searched = [proposals(scene.image, seed=0) for scene in scenes]
guessed = [random_boxes(len(found), 128, rng) for found in searched]

# %%
from course_lib.explorers.rcnn import proposal_quality

numbers = [1, 2, 5, 10, 20, 50, 100, 200]
objects = [scene.boxes for scene in scenes]
runs = [
    proposal_quality([proposals(s.image, seed) for s in scenes], objects, numbers)
    for seed in range(5)
]
mean = {name: torch.tensor([run[name] for run in runs]).mean(dim=0) for name in runs[0]}
chance = {
    f"{name}, chance": values
    for name, values in proposal_quality(guessed, objects, numbers).items()
}
ax = plots.curve(
    numbers, mean | chance, "proposals used in each scene", "mean over all objects"
)
ax.set(xscale="log", ylim=(0, 1), xticks=numbers, xticklabels=numbers)
plots.show(ax, "quality by number")

# %%
print({name: f"{values[-1]:.2f}" for name, values in (mean | chance).items()})

# %% [markdown]
# Expect a recall around 0.7, where chance stays below 0.3. (Selective search lists its boxes in no useful order, so
# each of its curves is the mean over five shufflings; chance drew once.) On real photographs the paper's most thorough
# setting reaches a recall of 99 % and a mean average best overlap of 0.879 with 10,097 boxes (Uijlings et al., IJCV
# 2013).

# %% [markdown]
# **Explorer: proposals.** White boxes are objects. Blue: the best proposal for an object that was found. Dashed: the
# best proposal for a missed object. Move *number* slowly and watch when objects turn blue.
#
# Try: find an object that stays dashed with *all* proposals. What do such objects have in common?

# %%
from course_lib.explorers.rcnn import proposals_explorer

proposals_explorer(scenes, {"selective search": searched, "chance": guessed})

# %% [markdown]
# Two guesses: they are small, or another object hides part of them. Let us count.

# %%
pairs_of_boxes = zip(scenes, searched, strict=True)
best_ious = torch.cat(
    [box_iou(s.boxes, some).amax(dim=1) for s, some in pairs_of_boxes]
)
side = torch.cat([(s.boxes[:, 2:] - s.boxes[:, :2]).prod(dim=1).sqrt() for s in scenes])
hidden = torch.cat([s.occluded for s in scenes])
groups = {"16 pixels or more": side >= 16, "smaller": side < 16}
groups |= {"not hidden": ~hidden, "partly hidden": hidden}
for name, group in groups.items():
    share = (best_ious[group] >= 0.5).float().mean()
    print(f"{name:18} {share:4.0%} of {group.sum()} found")

# %% [markdown]
# Both guesses hold, the first more strongly. Shift the box of a 12-pixel ball by four pixels and its IoU drops to 0.5.
# A partly hidden object consists of pieces that may never have been one region.

# %% [markdown]
# ## 4 · From region to network input
#
# Proposals have all kinds of shapes, but AlexNet wants 227 × 227 pixels. R-CNN stretches each region to that square,
# whatever its shape. Before that it adds **context**: in the finished square, 16 of the 227 pixels on each side are
# surroundings. What lies outside the photograph is filled with the mean colour.

# %%
from torchvision.ops import roi_align


def warp(image, boxes, size=64, context=4):
    """Each box with `context` pixels (of the result) around it, stretched: float [n,
    channels, size, size].
    """
    center, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    half = half * size / (size - 2 * context)
    pixels = image.float() / 255
    mean = pixels.mean(dim=(1, 2), keepdim=True)
    regions = torch.cat([center - half, center + half], dim=1)
    return roi_align((pixels - mean)[None], [regions], size, aligned=True) + mean


# %% [markdown]
# `roi_align` cuts, stretches and reads 0 outside the image. After we have subtracted the mean colour, 0 *is* the mean.
# (In the exercise we do the stretching ourselves.) Our regions are 64 pixels wide, so 4 pixels of context are about the
# paper's share.

# %% [markdown]
# ### What does a network see in the squares?
#
# Let us ask one that has seen photographs: **EfficientNet-Lite0**, trained on ImageNet with squares of 224 pixels. It
# gives a square a probability for each of ImageNet's thousand classes.

# %%
from course_lib.models import imagenet_classifier, imagenet_names

lite, last_layer, class_names = (
    backbone("lite0"),
    imagenet_classifier(),
    imagenet_names(),
)


@torch.no_grad()
def probabilities(image, boxes, size=224, context=16):
    """What ImageNet's classes say of each warped box: [n, 1000]."""
    squares = (warp(image, some, size, context) for some in boxes.split(4))
    return torch.cat([last_layer(lite.embed(some)) for some in squares]).softmax(dim=1)


# %% [markdown]
# It gets 100 of our proposals, and those that fit the face. We take the best box of each name, and show the six names
# that are surest: first without context, then with it. The last row holds the six boxes that fit the face best.
#
# **Predict:** which things will the network name right, and what will it call the face?

# %%
start = time.perf_counter()
likely, number = probabilities(image, boxes[:100]).max(dim=1)
seconds_per_square = (time.perf_counter() - start) / 100
order = likely.argsort(descending=True).tolist()
surest = [i for n, i in enumerate(order) if number[i] not in number[order[:n]]][:6]
fitting = overlaps.topk(6).indices


def named(boxes, context=16):
    """The warped boxes, each with its likeliest name and the name's probability."""
    likely, number = probabilities(image, boxes, context=context).max(dim=1)
    names = [f"{class_names[n]} {p:.2f}" for n, p in zip(number, likely, strict=True)]
    return zip(warp(image, boxes, 224, context), names, strict=True)


rows = [*named(boxes[surest], 0), *named(boxes[surest]), *named(boxes[fitting])]
axes = plots.image_grid(*zip(*rows, strict=True), columns=6, width=14)
plots.show(axes, "squares with names")

# %% [markdown]
# The shuttle is right, the helmet is close. The badge becomes a hockey puck. The face becomes a suit or a bow tie:
# none of ImageNet's thousand classes is a face, and none is *nothing*. R-CNN therefore gives the network a new last
# layer, with a class for each kind of object and one more for **background**.

# %% [markdown]
# Stretching changes shapes. The paper tried keeping them and lost 3 to 5 points of mAP (a detector's usual score, in
# percent; section 11) against the simple warp (appendix A).

# %% [markdown]
# ### Squares of another size (optional)
#
# Only some seven of the 100 names reach 0.5, and several of these are wrong.
#
# **Predict:** the same 100 boxes at 128 pixels instead of 224. Is the network more or less sure?

# %%
smaller = probabilities(image, boxes[:100], size=128, context=9).amax(dim=1)
for side, some in {"224 pixels": likely, "128 pixels": smaller}.items():
    print(f"{side}: {(some > 0.5).sum()} of 100 above 0.5")

# %% [markdown]
# Nearly half of the names are "sure" now, for the same boxes: a probability means little away from what the network
# was trained on. So we warp to the network's own size.

# %% [markdown]
# ## 5 · Features
#
# A detector needs a description of each square that stays similar when the same kind of object looks different. Raw
# pixels do not stay similar. What did people use before networks?

# %% [markdown]
# ### Before networks: HOG and deformable parts
#
# **Histograms of oriented gradients** (HOG; Dalal and Triggs, CVPR 2005) keep edges and forget colours. The window is
# cut into cells, and each cell counts how much contrast runs in each of nine directions.
#
# **Predict:** can you still see a face in such a description?

# %%
from skimage.feature import hog

window = image[:, 40:232, 130:322]  # 192 × 192 pixels around the face


def cells(size):
    """A picture of the window's HOG with cells of `size` pixels."""
    pixels, cell = window.permute(1, 2, 0).numpy(), (size, size)
    drawn = hog(pixels, pixels_per_cell=cell, visualize=True, channel_axis=2)[1]
    return torch.tensor(255 * (drawn / drawn.max()) ** 0.5).byte().expand(3, -1, -1)


parts = torch.tensor([[64.0, 56, 104, 80], [104, 56, 144, 80], [80, 96, 128, 128]])
axes = plots.image_grid([window, cells(24), cells(8)], columns=3, width=12)
plots.draw_boxes(cells(8), parts, ax=axes[2], colors=plots.ORANGE)
for ax, title in zip(axes, ("window", "24-pixel cells", "8-pixel cells"), strict=True):
    ax.set_title(title)
plots.show(axes, "HOG of a face")

# %% [markdown]
# In the fine cells one can make out head, hair and collar; the coarse ones keep only where edges run, and how.

# %% [markdown]
# A **deformable part model** (DPM; Felzenszwalb, Girshick, McAllester, Ramanan, PAMI 2010) has a template of coarse
# cells for the whole object, and templates of fine cells for its parts. Each part may move a little, at a cost.
# We drew the parts by hand (orange); DPM learns them.

# %% [markdown]
# Such detectors led PASCAL VOC for years. But between 2010 and 2012 progress was slow: the small gains came from
# ensembles and variants of the same methods (section 1 of our paper). Here are four strong detectors on VOC 2010's test
# set, and R-CNN.
#
# **Predict:** the last bar is R-CNN's. The one before it is at 40.4. How far does R-CNN get?

# %%
voc2010 = {  # mAP; Girshick et al. 2014, table 1
    "DPM v5": 33.4,
    "selective search, SIFT words, SVMs": 35.1,
    "Regionlets": 39.7,
    "SegDPM": 40.4,
    "R-CNN": 53.7,
}
colors = [*[plots.ORANGE] * 4, plots.BLUE]
names, values = list(voc2010), list(voc2010.values())
ax = plots.bars(names, values, "mAP on VOC 2010 (%)", colors=colors)
plots.show(ax, "the plateau and after")

# %% [markdown]
# The second bar tells most. It is by the authors of selective search: *the same proposals* and one SVM per class, but
# histograms of hand-made features. From there to R-CNN are 18.6 points, 3.5 of them from box regression. So it was not
# the proposals that broke the plateau. What changed were the features, learned from ImageNet's labels.

# %% [markdown]
# (On VOC 2012 the best earlier result was 40.9, R-CNN's 53.3: README of `rbgirshick/rcnn`.)

# %% [markdown]
# ### Learned features
#
# R-CNN sends each square through a network *once* and keeps what comes out. We test such features on twelve kinds of
# objects that our backbone never saw in training. For each crop we look up the five most similar others: by pixels, by
# HOG, and by the network's features.

# %%
from sklearn.neighbors import NearestNeighbors

crops, kinds = tinytown.objects("target", "test", 300)  # 300 crops of 64 × 64 pixels
with torch.no_grad():
    features = torch.cat([net.embed(some / 255) for some in crops.split(60)])


def same_kind(vectors):
    """The five nearest others of each row, and how many of these neighbours are of the
    same kind (a share).
    """
    nearest = NearestNeighbors(n_neighbors=6).fit(vectors).kneighbors(vectors)[1][:, 1:]
    return nearest, (kinds[nearest] == kinds[:, None]).float().mean().item()


# %% [markdown]
# **Predict:** with twelve kinds, 8 % of blindly guessed neighbours are of the same kind. What share do pixels reach,
# and what share does HOG?

# %%
by_pixels, share_pixels = same_kind(crops.flatten(1).float())
hogs = [hog(crop.permute(1, 2, 0).numpy(), channel_axis=2) for crop in crops]
by_hog, share_hog = same_kind(np.array(hogs))
by_features, share_features = same_kind(features)
print(f"pixels {share_pixels:.0%}, HOG {share_hog:.0%}, features {share_features:.0%}")
rows = [0, *by_pixels[0], 0, *by_features[0]]
titles = ["query", *["by pixels"] * 5, "query", *["by features"] * 5]
plots.show(
    plots.image_grid(crops[rows], titles, columns=6),
    "five nearest crops",
)

# %% [markdown]
# Pixels find what has the same colours in the same places. Features find more of the same *kind*; HOG lies between,
# though nothing of it is learned.

# %% [markdown]
# R-CNN gets its features from pre-training on ImageNet's 1.2 million labelled photographs, which is the second idea of
# the paper: when labelled boxes are scarce, **pre-train on a task with plenty of labels**, then adapt.

# %% [markdown]
# ### Which layer, and does adapting help?
#
# The paper compares its last three layers: pool5 (9,216 numbers), fc6 and fc7 (4,096 each), before and after
# **fine-tuning** on warped VOC regions.
#
# **Predict:** which layer gains most from fine-tuning? Remember that pool5 holds convolutional features only.

# %%
layers = ["pool5", "fc6", "fc7"]
# mAP on VOC 2007 test; Girshick et al. 2014, table 2
before, after = [44.2, 46.2, 44.7], [47.3, 53.1, 54.2]
ax = plots.curve(
    layers,
    {"pre-trained only": before, "fine-tuned": after},
    "layer",
    "mAP on VOC 2007 (%)",
)
ax.set_ylim(40, 58)
plots.show(ax, "fine-tuning by layer")

# %% [markdown]
# fc7 gains 9.5 points, pool5 only 3.1. The authors conclude that the convolutional features are general, and that
# fine-tuning mostly teaches the layers above them. Before fine-tuning, fc7 (44.7) is worse than fc6 (46.2), and only
# half a point better than pool5 (44.2), although fc6 and fc7 add 54 million parameters.
#
# Our exercise repeats the comparison on pool5.

# %% [markdown]
# ## 6 · Three tasks, three kinds of labels
#
# R-CNN trains three things, one after the other: the network (fine-tuning), one linear **SVM** per class, and one **box
# regressor** per class. Each needs to know which proposals are "face", and each uses a rule of its own:

# %% [markdown]
# | task | positive | negative | ignored |
# |---|---|---|---|
# | fine-tuning | IoU ≥ 0.5 | all others | none |
# | SVM | the marked object itself | IoU < 0.3 | the rest |
# | box regression | IoU > 0.6 | none | the rest |

# %% [markdown]
# **Predict:** our photograph has one face and some 2,400 proposals. How many positives does each rule leave?

# %%
rules = {
    "fine-tuning": (int((overlaps >= 0.5).sum()), int((overlaps < 0.5).sum())),
    "SVM": (1, int((overlaps < 0.3).sum())),
    "box regression": (int((overlaps > 0.6).sum()), 0),
}
for task, (positives, negatives) in rules.items():
    print(f"{task:15} {positives:3} positive, {negatives:5,} negative")

# %%
bands = {
    "0.5 or more": overlaps >= 0.5,
    "0.3 to 0.5": (overlaps >= 0.3) & (overlaps < 0.5),
    "0.1 to 0.3": (overlaps >= 0.1) & (overlaps < 0.3),
}
axes = plots.image_grid([image] * 3, columns=3, width=12)
for ax, (name, band) in zip(axes, bands.items(), strict=True):
    plots.draw_boxes(
        image,
        boxes[band],
        ax=ax,
        colors=plots.BLUE,
        linewidth=1,
        title=f"IoU {name}: {band.sum()} proposals",
    )
plots.show(axes, "three bands of overlap")

# %% [markdown]
# ### What a box has to teach
#
# Why labels by overlap at all? Here is an object that ImageNet does have a name for, a cup of espresso. We marked it by
# hand, and ask the network about 150 proposals.
#
# **Predict:** which gets the highest probability for "espresso": a part of the cup, the whole, or cup and saucer?

# %%
coffee, cup = photo("coffee"), torch.tensor([[172.0, 18, 408, 307]])
looks = proposals(coffee, seed=0)[:150]
espresso = probabilities(coffee, looks)[:, class_names.index("espresso")]
fits = box_iou(cup, looks)[0]
for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 1)):
    band = (fits >= low) & (fits < high)
    above = (espresso[band] > 0.5).sum()
    print(f"IoU {low} to {high}: {above:2} of {band.sum():2} above 0.5")

# %%
part = (espresso * (fits < 0.3)).argmax()
shown = [int(espresso.argmax()), int(fits.argmax()), int(part)]
titles = [f"espresso {espresso[i]:.2f}, IoU {fits[i]:.2f}" for i in shown]
squares = [coffee, *warp(coffee, looks[shown], 224, 16)]
axes = plots.image_grid(squares, ["three boxes", *titles], columns=4, width=14)
colors = [plots.ORANGE, plots.BLUE, plots.GREEN]
plots.draw_boxes(coffee, looks[shown], ax=axes[0], colors=colors, title="three boxes")
plots.show(axes, "espresso by box")

# %% [markdown]
# Every box with an IoU of 0.3 or more gets over 0.5, and so do most between 0.1 and 0.3. The surest box has an IoU of
# 0.40; the one that fits nearly perfectly is a little less sure.

# %% [markdown]
# ImageNet's labels ask *what* is in the picture, wherever it lies, so a part will do. A detector needs other labels:
# half a cup must be a *wrong* answer. That is what the thresholds of the table are for.

# %% [markdown]
# Now look at the middle of the three pictures again. Fine-tuning calls these boxes background; the SVM ignores them.
# Why two rules?

# %% [markdown]
# Fine-tuning trains millions of weights. On the few exact boxes alone it would overfit, the authors suppose, so it
# takes loose boxes too: some 30 times more positives (appendix B). The price is that the network never learns to prefer
# an exact box.

# %% [markdown]
# The SVM has only 4,096 weights per class and can afford to be strict. Its negatives are hard ones (section 8), not
# random. With the network's own softmax in place of the SVMs, mAP falls from 54.2 to 50.9 (appendix B).
#
# The threshold of 0.3 was chosen on a validation set: 0.5 costs 5 points of mAP, 0 costs 4 (the paper's section 2.3).

# %% [markdown]
# ## 7 · One linear SVM per class
#
# A linear SVM is one weight vector **w** and one number b. It gives a region with features **f** the score
#
# $$s = \mathbf w \cdot \mathbf f + b$$
#
# and calls it an object when s > 0. All regions and all classes together are one matrix product. So the features cost
# the time, and one class more costs nearly nothing: for 100,000 classes the product takes 10 seconds (the paper's
# section 2.2).

# %% [markdown]
# ### What does it minimise?
#
# It wants more than the right sign: an object (y = 1) should score at least 1, background (y = −1) at most −1. The
# amount by which it falls short is the **hinge loss**, max(0, 1 − y·s).

# %% [markdown]
# | example | y | score s | hinge loss |
# |---|---|---|---|
# | a clear face | 1 | 2.0 | 0: beyond 1 |
# | a face in shadow | 1 | 0.4 | 0.6: right, but not by enough |
# | a patch of sky | −1 | −1.5 | 0: beyond −1 |
# | a helmet's rim | −1 | −0.3 | 0.7: right, but not by enough |
# | a clock | −1 | 0.8 | 1.8: wrong |

# %% [markdown]
# The SVM minimises the sum of all losses, together with the length of **w**:
#
# $$\tfrac12\lVert\mathbf w\rVert^2 + C \sum_i \max\bigl(0,\ 1 - y_i(\mathbf w\cdot\mathbf f_i + b)\bigr)$$

# %% [markdown]
# The strip between the scores −1 and 1 is the **margin**. It is 2 / ‖**w**‖ wide, so a short **w** means a wide margin;
# C says how much a violation costs. scikit-learn's `LinearSVC`, which we use, *squares* each loss: 0.6 counts 0.36, and
# 1.8 counts 3.24.
#
# **Predict:** which of the points below could we delete without moving the line?

# %%
from course_lib.explorers.rcnn_pictures import draw_margin
from sklearn.svm import LinearSVC

objects_2d = [[3, 4], [4, 3], [4, 5], [5, 4], [2.2, 2.8]]
background_2d = [[1, 1], [0, 2], [2, 0], [0.5, 0.3], [2.6, 1.6], [3.2, 0.4]]
points = np.array(objects_2d + background_2d, dtype=float)
is_object = np.arange(len(points)) < len(objects_2d)
flat = LinearSVC(C=1).fit(points, is_object)
plots.show(draw_margin(points, is_object, flat), "margin of an SVM")

# %% [markdown]
# Those without a ring: their loss is 0, and stays 0 however they move beyond the dashed line. The ringed ones are the
# **support vectors**; the numbers are their hinge losses. Let us check it: train again on the ringed points alone.

# %%
scored = np.where(is_object, 1, -1) * flat.decision_function(points)
ringed = scored < 1
again = LinearSVC(C=1).fit(points[ringed], is_object[ringed])
for name, one in {"all points": flat, "ringed points": again}.items():
    print(f"{name:14} w = {one.coef_[0].round(3)}, b = {one.intercept_.round(3)}")

# %% [markdown]
# The same SVM. That is why R-CNN can leave out nearly all of its negatives. Keep it in mind for section 8.

# %% [markdown]
# ### A face SVM
#
# Now we train one on real data: 100 faces and 100 other patches, grey, 25 × 25 pixels, from *Labeled Faces in the Wild*
# (they ship with scikit-image). No patch comes from our photograph.

# %% [markdown]
# Our features are the backbone's last activation maps, as R-CNN's pool5: 128 channels of 4 × 4 cells, 2,048 numbers.
# Since the patches are grey, we turn our photograph grey as well.

# %%
from skimage.data import lfw_subset
from torchvision.transforms.v2.functional import rgb_to_grayscale


@torch.no_grad()
def describe(regions, network=net, stage=4):
    """A network's maps of grey or coloured regions [n, 1 or 3, 64, 64], each flattened
    and scaled to length 1: an array, of our backbone's pool5 [n, 2048].
    """
    maps = torch.cat(
        [
            network.features(part.expand(-1, 3, -1, -1), stage).flatten(1)
            for part in regions.split(24)
        ]
    )
    return torch.nn.functional.normalize(maps).numpy()


# %%
patches = torch.tensor(lfw_subset()).float()[:, None]  # 100 faces, then 100 others
patches = resize(patches, [64, 64])
plots.show(
    plots.image_grid(
        [*patches[:5], *patches[100:105]], ["face"] * 5 + ["other"] * 5, columns=5
    ),
    "faces and others",
)

# %%
faces, others = (
    describe(torch.cat([patches[:100], patches[:100].flip(-1)])),
    describe(patches[100:]),
)


def train(negatives):
    """A linear SVM that separates the faces (and their mirror images) from the
    negatives.
    """
    labels = np.repeat([1, 0], [len(faces), len(negatives)])
    return LinearSVC(C=10).fit(np.concatenate([faces, negatives]), labels)


svm = train(others)

# %% [markdown]
# **Predict:** we score all regions of our photograph with it. How many will have a positive score?

# %%
start = time.perf_counter()
regions = warp(rgb_to_grayscale(image), boxes)
vectors = describe(regions)
seconds_to_describe = time.perf_counter() - start
scores = torch.tensor(svm.decision_function(vectors))
print(
    f"{int((scores > 0).sum())} regions score above 0; {seconds_to_describe:.1f} s for "
    "features"
)

# %%
top = scores.argsort(descending=True)[:12]
titles = [f"score {scores[i]:.2f}, IoU {overlaps[i]:.2f}" for i in top]
plots.show(
    plots.image_grid(regions[top], titles, columns=6, width=12),
    "twelve regions at first",
)

# %% [markdown]
# Far too many. The SVM has seen 100 patches that are no faces, and most of them are plain. A photograph offers helmet
# rims, stripes and badges. The SVM needs more negatives. But which?

# %% [markdown]
# ## 8 · Hard negatives
#
# Photographs *without* faces give as many negatives as we like. Here are four, also reduced to grey.

# %%
names = ("coffee", "rocket", "chelsea", "motorcycle")
faceless = [resize(photo(name), None, max_size=256) for name in names]
plots.show(plots.image_grid(faceless), "faceless photographs")
elsewhere = torch.cat(
    [warp(rgb_to_grayscale(one), proposals(one, seed=0)) for one in faceless]
)
background = describe(elsewhere)
print(f"{len(background):,} background regions")

# %% [markdown]
# VOC 2007's 5,011 training images give ten million regions, more than fit into memory. So the first attempt takes 100
# of ours at random, together with the patches. We judge every SVM on our own photograph, which it never sees in
# training: how many false alarms are there, and what rank has the first region that fits the face?


# %%
def evaluate(svm, vectors=vectors):
    """Scores of our photograph's regions; prints false alarms and the rank of the first
    region on the face.
    """
    scores = torch.tensor(svm.decision_function(vectors))
    alarms = int(((scores > 0) & (overlaps < 0.3)).sum())
    rank = int((scores > scores[overlaps >= 0.5].max()).sum()) + 1
    print(f"{alarms:5} false alarms, the face has rank {rank}")
    return scores


used = np.zeros(len(background), dtype=bool)
used[np.random.default_rng(0).permutation(len(background))[:100]] = True
evaluate(svm)
svm = train(np.concatenate([others, background[used]]))
scores = evaluate(svm)

# %% [markdown]
# Much better. Now remember the margin: a negative that already scores below −1 has no loss, and training with it
# changes nothing. Only those above −1 can teach the SVM something. They are the **hard negatives**.
#
# So we score all background regions, add the hard ones and train again, until no new one is found.
#
# **Predict:** how many rounds will that take?

# %%
for number in range(1, 7):
    margins = svm.decision_function(background)
    hard = (margins > -1) & ~used
    print(f"round {number}: {hard.sum()} new hard negatives")
    if not hard.any():
        break
    used |= hard
    svm = train(np.concatenate([others, background[used]]))
    scores = evaluate(svm)

# %% [markdown]
# The first round does nearly everything. The paper saw the same: "mAP stops increasing after only a single pass over
# all images" (its section 2.3). The face should be near the first rank by now, with a few dozen false alarms at most.
#
# **Predict:** would an SVM trained on *all* background regions be better still?

# %%
print(f"{used.sum():,} of {len(background):,} regions were used")
scores_all = evaluate(train(np.concatenate([others, background])))
print(f"largest difference of the scores: {(scores_all - scores).abs().max():.4f}")

# %% [markdown]
# It is the same SVM. We left out hundreds of negatives (for VOC it would be millions) and lost nothing: all those that
# count were found.

# %% [markdown]
# ### What do the features know?
#
# Our backbone learned on drawings, R-CNN's on 1.2 million photographs. We put EfficientNet-Lite0 in its place, after
# the stage that also has 4 × 4 cells, with all negatives. As a check the same network has its turn *untrained*, with
# random weights.
#
# **Predict:** with the drawings' features we had 14 false alarms. How many does each of these have?


# %%
def judged(network):
    """Scores of our photograph's regions by an SVM on another network's features."""
    examples = torch.cat(
        [patches[:100], patches[:100].flip(-1), patches[100:], elsewhere]
    )
    labels = np.repeat([1, 0], [200, len(examples) - 200])
    svm = LinearSVC(C=10).fit(describe(examples, network, stage=3), labels)
    return evaluate(svm, describe(regions, network, stage=3))


torch.manual_seed(0)
scores_untrained = judged(backbone("lite0", pretrained=False))
scores_photos = judged(lite)

# %% [markdown]
# The network that has seen photographs raises no false alarm. The architecture alone does not do it: untrained, it
# raised 60 with seed 0, and 35 with seeds 1 and 2. So it is what the features have learned that counts, at least on
# this one photograph.

# %% [markdown]
# ## 9 · One object, one box: non-maximum suppression
#
# Several good boxes lie on the same face. A detector must report *one*; every further box counts as a false alarm.
# **Greedy non-maximum suppression** (NMS) keeps the box with the highest score, removes all boxes that overlap it by
# more than a threshold, and goes on with the best of the rest.

# %% [markdown]
# Here are five boxes: A, B, C in a row from the face downwards, D and E on the rocket.
#
# **Predict:** the threshold is 0.3. A removes B. B overlaps C as much as A overlaps B. Is C removed?

# %%
from course_lib.explorers.rcnn import draw_nms

five = torch.tensor(
    [
        [140.0, 40, 260, 200],
        [175, 72, 295, 232],
        [210, 104, 330, 264],
        [345, 10, 420, 240],
        [352, 60, 415, 230],
    ]
)
certainty = torch.tensor([0.95, 0.90, 0.80, 0.70, 0.60])
picture, words = draw_nms(image, five, certainty, threshold=0.3)
plots.show(picture, "five lettered boxes", words=words)

# %% [markdown]
# C stays. B could have removed it, but B itself had been removed before: **only survivors suppress**. Let us see
# whether torchvision agrees.

# %%
from torchvision.ops import nms

print(["ABCDE"[i] for i in nms(five, certainty, 0.3)])

# %% [markdown]
# **Explorer: IoU and NMS.** Choose a box, move it by its corner, change its score.
#
# Try: (1) At which threshold does B survive beside A? (2) Make B the most certain of all: what happens to A
# *and* C? (3) Move E onto A without removing it. How close can two real objects be?

# %%
from course_lib.explorers.rcnn import nms_explorer

nms_explorer(image, five, certainty)

# %% [markdown]
# (1) From 0.4 on, since the two overlap by 0.395. (2) Both are removed, because both overlap B by that much. (3) As
# close as the threshold says: at 0.3, an IoU of 0.3.

# %% [markdown]
# So NMS has a limit. When the boxes of two real objects overlap by more than the threshold, one object is lost, and the
# lower the threshold, the more often that happens. A high threshold leaves duplicates. No value is right for a crowd.
#
# Now our detectors' own boxes, everything with a positive score.

# %%
axes = plots.image_grid([image] * 2, columns=2, width=11)
by_network = {"drawings": scores, "photographs": scores_photos}
for ax, (name, some) in zip(axes, by_network.items(), strict=True):
    certain = (some > 0).nonzero()[:, 0]
    kept = certain[nms(boxes[certain], some[certain].float(), 0.3)]
    plots.draw_boxes(
        image, boxes[kept], scores=some[kept], ax=ax, colors=plots.BLUE
    ).set_title(f"{name}: {len(certain)} boxes, {len(kept)} after")
plots.show(axes, "after suppression")

# %% [markdown]
# On the right a single box is left, with an IoU of 0.8. On the left the face has the highest score, and other boxes
# follow. Which of them do we report? That depends on the score at which we cut. Section 11 looks at all cuts at once.

# %% [markdown]
# ## 10 · A better box: regression
#
# Proposals are not made for faces, so their borders are off. But the features may tell, say, that half an ear is
# missing on the left. So R-CNN learns, for each class, a linear map from the features to a **correction** of the box.

# %% [markdown]
# Say a proposal is 100 pixels wide with its centre at x = 200, and the face is 80 wide with its centre at 210. The
# centre must move by 10 pixels, which is 0.1 widths of the proposal; the width must shrink by the factor 0.8. So the
# correction is 0.1 and ln 0.8 = −0.22.

# %% [markdown]
# In general, the proposal has its centre at (x, y), width w and height h; stars mark the object:

# %% [markdown]
# $$t_x = \frac{x^* - x}{w} \qquad t_y = \frac{y^* - y}{h} \qquad t_w = \ln\frac{w^*}{w} \qquad t_h = \ln\frac{h^*}{h}$$
#
# Shifts are measured in box sizes, so that a close-up and a distant object need the same correction. Sizes are measured
# in logarithms, so that twice and half are equally far from 0.

# %% [markdown]
# At test time the regressor predicts d = **w**·**f** from the features **f** (pool5 in the paper), and we apply it:
#
# $$\hat x = w\,d_x + x \qquad \hat y = h\,d_y + y \qquad \hat w = w\,e^{d_w} \qquad \hat h = h\,e^{d_h}$$

# %% [markdown]
# *A slip to know about:* the slide on box regression prints the width's weights for the height, too. Each of the four
# corrections has weights of its own.

# %% [markdown]
# **Predict:** a proposal is 100 pixels wide, from x = 150 to 250. What do tx = 0.1 and tw = −0.69 make of it?

# %%
from course_lib.explorers.rcnn import draw_regression, regressed

print(regressed(torch.tensor([150.0, 0, 250, 100]), torch.tensor([0.1, 0, -0.69, 0])))

# %% [markdown]
# The centre moves by 0.1 × 100 = 10 pixels, from 200 to 210. The width becomes 100 × exp(−0.69) = 50 pixels. So the box
# reaches from 185 to 235: it shrinks **about its centre**, on both sides. (`regressed` is torchvision's decoder; in the
# exercise we write our own.)

# %%
loose = torch.tensor([150.0, 40, 310, 230])
picture, words = draw_regression(
    image, loose, face[0], deltas=torch.tensor([-0.02, 0.0, -0.4, -0.4])
)
plots.show(picture, "loose proposal", words=words)

# %% [markdown]
# **Explorer: box regression.** Move the sliders until the blue box fits the white one with an IoU above 0.95. Then
# choose the other proposal, around a much smaller object, *without touching the sliders*. What do you notice?

# %%
from course_lib.explorers.rcnn import regression_explorer

badge, around = (
    torch.tensor([133.0, 338, 209, 414]),
    torch.tensor([110.0, 313, 240, 450]),
)
regression_explorer(image, {"face": (loose, face[0]), "badge": (around, badge)})

# %% [markdown]
# It fits just as well, since the four numbers do not depend on the size in pixels: the same relative error needs the
# same correction.

# %% [markdown]
# ### Can features predict it? (optional)
#
# We try on Tinytown, with boxes that we shift and stretch at random around each object. Those with an IoU above 0.6 are
# kept, since a box far off teaches nothing. Ridge regression then predicts the correction from pool5.


# %%
def jittered(scene, copies, rng):
    """Random boxes around the objects of a scene that overlap them by more than 0.6,
    and the objects themselves.
    """
    targets = scene.boxes.repeat(copies, 1)
    sizes = (targets[:, 2:] - targets[:, :2]).repeat(1, 2)
    tries = targets + 0.12 * sizes * torch.randn(targets.shape, generator=rng)
    good = box_iou(tries, targets).diagonal() > 0.6
    return tries[good], targets[good]


# %%
from course_lib.explorers.rcnn import corrections
from sklearn.linear_model import Ridge


def pairs(split, count):
    """Features, jittered boxes and their objects, over `count` scenes."""
    parts = [
        (scene, *jittered(scene, 6, rng)) for scene in tinytown.scenes(split, count)
    ]
    regions = torch.cat([warp(scene.image, near) for scene, near, _ in parts])
    return describe(regions), *(torch.cat([part[i] for part in parts]) for i in (1, 2))


# %% [markdown]
# **Predict:** the jittered boxes have a mean IoU of about 0.73 with their objects. What will it be afterwards?

# %%
x, near, target = pairs("train", 60)
ridge = Ridge(alpha=1).fit(x, corrections(near, target))
x, near, target = pairs("val", 20)
corrected = regressed(near, torch.tensor(ridge.predict(x)).float())
for name, some in {"before": near, "after": corrected}.items():
    iou = box_iou(some, target).diagonal()
    print(
        f"{name:6}: mean IoU {iou.mean():.3f}, at least 0.7: "
        f"{(iou >= 0.7).float().mean():.0%}"
    )

# %% [markdown]
# On scenes that the ridge never saw, the mean gains little, and the share of tight boxes gains much. In the paper box
# regression lifts mAP from 54.2 to 58.5 (table 2); applying it twice brings nothing more (appendix C).

# %% [markdown]
# ## 11 · One number for a detector: average precision
#
# Where do we cut a list of detections? Instead of choosing, we try every cut. We sort by score, walk down the list, and
# note after each detection
#
# - **precision**: the share of the detections so far that is right;
# - **recall**: the share of *all* objects that is found so far.

# %% [markdown]
# A detection is right when its IoU with an object of the class is at least 0.5, and no better detection has taken that
# object. The images hold 7 objects. Here are ten detections, the highest score first; `right` says which are right.
#
# **Predict:** can the recall reach 1 here?

# %%
# sorted by falling score
right = torch.tensor([1, 1, 0, 1, 0, 0, 1, 0, 1, 0], dtype=torch.bool)
objects_there = 7
hits = right.cumsum(dim=0)
precision, recall = hits / torch.arange(1, 11), hits / objects_there
ax = plots.pr_curve(recall, precision)
plots.show(
    ax,
    "ten detections",
)

# %% [markdown]
# No: 5 of 7 objects were found, so recall ends at 0.71. What was never found costs area on the right.

# %% [markdown]
# The blue line zigzags. At each recall, VOC takes the best precision *at this recall or a higher one* (orange): a user
# who accepts more detections could have had that. **Average precision** is the orange area, and its mean over classes
# is mAP.

# %%
# width × height of the orange steps
by_hand = 2 / 7 * 1 + 1 / 7 * 3 / 4 + 1 / 7 * 4 / 7 + 1 / 7 * 5 / 9
print(f"average precision by hand: {by_hand:.3f}")

# %% [markdown]
# ### Does the library agree? (optional)
#
# All units compute AP with torchmetrics, which wants boxes. So each detection gets a place of its own on a line; the
# right ones lie on an object, the others in between.

# %%
from course_lib.metrics import mean_average_precision

x = torch.arange(12.0) * 20
on_line = torch.stack([x, 0 * x, x + 10, 0 * x + 10], dim=1)
there = torch.cat([right, torch.tensor([True, True])])  # the last two are missed
target = {"boxes": on_line[there], "labels": torch.zeros(7, dtype=torch.int64)}
found = {
    "boxes": on_line[:10],
    "scores": torch.linspace(1, 0.1, 10),
    "labels": torch.zeros(10, dtype=torch.int64),
}
print(f"torchmetrics: {mean_average_precision([found], [target], ['thing']).map:.3f}")

# %% [markdown]
# Nearly the same. torchmetrics follows COCO: it averages the envelope at 101 recalls (0, 0.01, …, 1) instead of summing
# its steps. VOC 2007, the papers' benchmark, takes 11. Always ask which of them a number is.
#
# **Predict:** does AP change when we multiply all scores by 0.1?

# %% [markdown]
# <details><summary>Answer</summary>
#
# No. Only the order of the scores counts. That is why the SVMs' scores need not be probabilities. But the order is
# taken over all images, so scores must be comparable between images.
# </details>

# %% [markdown]
# ## 12 · The problems
#
# R-CNN works, but nobody loved running it. Girshick himself lists three problems (*Fast R-CNN*, ICCV 2015, section
# 1.1). We measure two of them with what we have built.

# %% [markdown]
# **Problem 1: three ad hoc objectives.** Fine-tuning minimises a log loss, the SVMs a hinge loss, the regressors a
# squared error. Each has labels of its own, and the later two cannot improve the features any more. Training all three
# with VGG-16 took 84 hours (Fast R-CNN, table 4).

# %% [markdown]
# **Problem 2: slow.** **Predict:** which takes longer for our photograph, the proposals or the features?

# %%
fresh = image.clone()
# one pixel has another colour at every second, so that the boxes are not on disk yet
now = int(time.time())
fresh[:, 0, 0] = torch.tensor([now, now >> 8, now >> 16]) % 256
start = time.perf_counter()
proposals(fresh, seed=0)
print(
    f"ours: proposals {time.perf_counter() - start:.1f} s, features "
    f"{seconds_to_describe:.1f} s"
)
# 47 s per image on a GPU (Fast R-CNN, table 4); VOC 2007 has 4,952 test images
vgg_days = 47 * 4952 / 86400
lite_seconds = len(boxes) * seconds_per_square
print(f"EfficientNet-Lite0, 224 pixels: {lite_seconds:.0f} s for all boxes' features")
print(f"R-CNN with VGG-16: 47 s per image, {vgg_days:.1f} days for VOC 2007's test set")

# %% [markdown]
# With our small network and squares of 64 pixels the two take about as long. With EfficientNet-Lite0, timed on 100
# squares in section 4, the features take most of the time, and VGG-16 needs 40 times its multiply–adds. The regions
# overlap heavily, but each goes through the network on its own.

# %% [markdown]
# **Problem 3: disk.** Training the SVMs needs the features of all regions many times, so these are stored.

# %% [markdown]
# **Predict:** 5,011 training images, 2,000 regions each, 4,096 numbers of 4 bytes. How many gigabytes?

# %%
gigabytes = 5011 * 2000 * 4096 * 4 / 1e9
print(f"{gigabytes:.0f} GB for VOC 2007's training images")
print(
    f"our photograph: {vectors.nbytes / 1e6:.0f} MB of features, "
    f"{image.nbytes / 1e6:.1f} MB of pixels"
)

# %% [markdown]
# 164 GB by this sum; R-CNN's own instructions ask for about 200 GB of free disk (README of `rbgirshick/rcnn`). The
# features of an image are far larger than the image.

# %% [markdown]
# ## 13 · Where this went
#
# R-CNN's ideas stayed; its problems were solved within two years. The bars are results on VOC 2007. The detectors were
# trained on VOC 2007; the networks inside had seen ImageNet before.
#
# **Predict:** R-CNN with VGG-16 reached 66.0. Fast R-CNN trains everything together. How many points did it gain?

# %%
history = {
    "Deformable parts v5 (2012)": 33.7,
    "R-CNN, AlexNet (2014)": 58.5,
    "SPPnet, VGG-16 (2014)": 63.1,
    "R-CNN, VGG-16 (2014)": 66.0,
    "Fast R-CNN, VGG-16 (2015)": 66.9,
    "Faster R-CNN, VGG-16 (2015)": 69.9,
}
colors = [plots.ORANGE, *[plots.BLUE] * 5]
ax = plots.bars(
    list(history), list(history.values()), "mAP on VOC 2007 (%)", colors=colors
)
plots.show(ax, "mAP by year")

# %% [markdown]
# Sources: 33.7, 58.5: Girshick et al., CVPR 2014, table 2. 63.1, 66.0, 66.9: Girshick, ICCV 2015, table 1 (SPPnet was
# trained without the objects marked as difficult). 69.9: Ren, He, Girshick, Sun, *Faster R-CNN*, NIPS 2015, table 3.
#
# The large step was learned features: 20.5 points without box regression (33.7 → 54.2), 24.8 with it.

# %% [markdown]
# Fast R-CNN gained little accuracy. What it gained is speed, 146-fold at test time: 47 s → 0.32 s per image with VGG-16
# on an Nvidia K40, where the 0.32 s are without the proposals (table 4 and abstract).
#
# Meanwhile others changed one part of R-CNN at a time.

# %% [markdown]
# **Other proposals.** *MultiBox* (Erhan, Szegedy, Toshev, Anguelov, CVPR 2014) lets a network predict a set of boxes
# that could hold any object, with a score each: proposals became something to learn. *Edge Boxes* (Zitnick, Dollár,
# ECCV 2014) counts the contours that lie wholly inside a box. That takes 0.25 s, and 1,000 boxes find over 96 % of the
# objects.

# %% [markdown]
# **No proposals.** *OverFeat* (Sermanet et al., ICLR 2014) slides its network over the image, sharing the convolutions,
# and predicts a box at each place. On ILSVRC 2013 it reached 24.3 mAP, R-CNN 31.4 (our paper, section 2.5). Detectors
# without proposals came back later, and stayed.

# %% [markdown]
# **Shared convolutions.** *SPPnet* (He, Zhang, Ren, Sun, ECCV 2014) computes the convolutions once per image and pools
# each region from their map. At test time it is 24 to 102 times faster than R-CNN and, with the smaller networks of its
# paper, about as accurate.

# %% [markdown]
# That is the idea on which Fast R-CNN, our unit 03, is built. Unit 04 then puts the proposals into the same network.

# %% [markdown]
# ## 14 · Check yourself
#
# Five questions. Answer in your head, then open.

# %% [markdown]
# **1.** A friend's detector uses 200 proposals per image, with recall 0.7. She replaces AlexNet by a network that
# makes no mistake. How good can her recall become?
#
# <details><summary>Answer</summary>
#
# About 0.7. The network sees only what was proposed. Box regression may lift a few boxes over an IoU of 0.5, but an
# object without a proposal nearby stays lost.
# </details>

# %% [markdown]
# **2.** A proposal overlaps a dog by 0.4. Is it positive, negative or ignored in fine-tuning, for the dog's SVM and for
# the dog's box regressor?
#
# <details><summary>Answer</summary>
#
# Fine-tuning: negative (below 0.5). SVM: ignored (between 0.3 and the object itself). Box regressor: ignored (not
# above 0.6).
# </details>

# %% [markdown]
# **3.** Three boxes in a row, A 0.9, B 0.8, C 0.7, with IoU(A, B) = IoU(B, C) = 0.4 and IoU(A, C) = 0.1. What does NMS
# keep at 0.3, and what at 0.5?
#
# <details><summary>Answer</summary>
#
# At 0.3: A and C; A removes B, and then B can remove nobody. At 0.5: all three.
# </details>

# %% [markdown]
# **4.** Why is the width's correction ln(w\*/w) and not w\* − w?
#
# <details><summary>Answer</summary>
#
# A difference in pixels depends on the object's size; a ratio does not. The logarithm makes "twice" and "half" equally
# large (+0.69 and −0.69), and its inverse, the exponential, can never give a negative width.
# </details>

# %% [markdown]
# **5.** We run NMS at 0.3 and then lower the threshold to 0.1. The detector has found two people side by side
# whose boxes overlap by 0.2. What happens to the recall?
#
# <details><summary>Answer</summary>
#
# It falls: the weaker person's box is now removed by the stronger one's. Precision may rise, since duplicates go too.
# </details>

# %% [markdown]
# ## What to remember
#
# - R-CNN = **proposals → warp → features → one SVM per class → box regression → NMS**.
# - Recall of the proposals bounds everything after them.
# - Pre-train where labels are plenty; fine-tune where they are scarce.
# - For an SVM, examples beyond the margin do not count. **Hard negatives** are the others, and we can find them.
# - Each of the three tasks has its own labels; know why.

# %% [markdown]
# - AP is the area under the envelope of precision over recall. Ask which IoU and how many recall points.
# - R-CNN is slow, large on disk and trained in three pieces. The remedy is to **share the convolutions** and to train
#   everything together. That is unit 03.
#
# Next: the exercise `02_rcnn`, where we write the parts that the libraries lent us here.

# %% [markdown]
# ### Papers
#
# - R. Girshick, J. Donahue, T. Darrell, J. Malik: *Rich feature hierarchies for accurate object detection and
#   semantic segmentation*, CVPR 2014 (long: arXiv:1311.2524)
# - J. Uijlings, K. van de Sande, T. Gevers, A. Smeulders: *Selective search for object recognition*, IJCV 2013
# - R. Girshick: *Fast R-CNN*, ICCV 2015
# - S. Ren, K. He, R. Girshick, J. Sun: *Faster R-CNN*, NIPS 2015
