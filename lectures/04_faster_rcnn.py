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
# # 04 · Faster R-CNN: the network proposes
#
# *Deep Learning Applications. About 75 minutes, with two explorers and the quiz; 20 more with what is marked
# "optional".*

# %% [markdown]
# After this lecture we can
#
# - say why proposals became the bottleneck, and measure it;
# - lay **anchors** over an image and say which of them are positive, negative or ignored;
# - explain what **objectness** learns, and turn scores into proposals;
# - follow **four losses** into one backbone;
# - tell joint training from the paper's four steps, and say what is detached and why.

# %% [markdown]
# Our paper: Ren, He, Girshick, Sun, *Faster R-CNN: Towards Real-Time Object Detection with Region Proposal Networks*,
# NIPS 2015. Every number below is computed in a cell, cited, or measured as the sentence beside it says.

# %% [markdown]
# Before most figures you will find a **Predict** line. Write your guess down before you run the cell: a guess that
# turns out wrong is remembered best.

# %% [markdown]
# ## 1 · What is left to speed up?
#
# Fast R-CNN (unit 03) runs the convolutions once per image and cuts its regions out of the finished activation map. One
# stage still stands outside the network: something must say *which* regions. So far that is selective search.

# %%
import torch
from course_lib import plots
from course_lib.data import tinytown
from course_lib.data.photos import photo

# drawn streets, 128 × 128 pixels
scenes = [scene for scene in tinytown.scenes("test", 24) if len(scene.boxes)]
scene, photograph = scenes[2], photo("astronaut")
axes = plots.image_grid(
    [scene.image, photograph],
    ["scene, 128 × 128", "photograph, 512 × 512"],
    columns=2,
    width=7,
)
plots.show(axes, "scene and photograph")

# %% [markdown]
# We compare selective search with one pass of our backbone: three of its stages, as far as the map that the
# detector reads. Both run on this machine's processor.
#
# **Predict:** how many times longer does selective search take? Does the answer depend on the picture's size?

# %%
import time
from course_lib.data.proposals import proposals
from course_lib.models import backbone

net = backbone("small")


def shared_map(images):
    """The activation map of stage 3: one cell per 8 × 8 pixels, 64 channels.

    Images [n, 3, h, w] in 0 … 255.
    """
    return net.features(images / 255, stage=3)


def fastest(call):
    """The shortest of three runs, in seconds: what the machine needs when nothing
    disturbs it, and when what it loads at first is loaded.
    """
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


# %%
taken = {}
for name, picture in [("scene", scene.image), ("photograph", photograph)]:
    taken[f"{name}: selective search"] = fastest(
        lambda picture=picture: proposals(picture, 0, keep=False)
    )
    with torch.no_grad():
        taken[f"{name}: backbone"] = fastest(
            lambda picture=picture: shared_map(picture[None])
        )
colors = [plots.ORANGE, plots.BLUE] * 2
ax = plots.bars(
    list(taken),
    [1000 * t for t in taken.values()],
    "milliseconds",
    colors=colors,
    form="{:,.1f} ms",
)
ax.set_xscale("log")
plots.show(ax, "search and backbone")

# %% [markdown]
# Expect a factor of ten or more on both pictures, and a larger one on the photograph: on one core of ours 50 and 115.
#
# The papers met the same bottleneck with VGG-16 on a GPU. Fast R-CNN needs 0.32 s per image when its proposals are not
# counted (Girshick, ICCV 2015), and 1.83 s when selective search is counted (Ren et al., NIPS 2015).

# %%
papers = {
    "R-CNN": 47,
    "Fast R-CNN, with selective search": 1.83,
    "Fast R-CNN, proposals not counted": 0.32,
    "Faster R-CNN, with its proposals": 0.198,
}
colors = [plots.BLUE, plots.BLUE, plots.SKY, plots.VERMILLION]
ax = plots.bars(
    list(papers),
    list(papers.values()),
    "seconds per image, VGG-16",
    colors=colors,
    form="{:.3g} s",
)
ax.set_xscale("log")
plots.show(ax, "seconds in the papers")

# %% [markdown]
# (47 s, proposals not counted: Girshick, ICCV 2015. 0.198 s: Ren et al.) Fast R-CNN spent four fifths of its time
# outside the network. Faster R-CNN takes 0.198 s with everything included, which is five images per second. How can
# proposals become nearly free?

# %% [markdown]
# ## 2 · Ask the map
#
# The detector needs the activation map anyway. Perhaps the map already knows where things are. Here are the five of its
# channels that vary most over the scene.

# %%
with torch.no_grad():
    features = shared_map(scene.image[None])
print(f"map: {list(features.shape)}")
channels = features[0].var(dim=(1, 2)).argsort(descending=True)[:5]
pictures = [scene.image, *[features[0, i] / features[0, i].max() for i in channels]]
axes = plots.image_grid(
    pictures, ["scene", *[f"channel {i}" for i in channels]], columns=6, width=12
)
plots.show(axes, "scene and five channels")

# %% [markdown]
# Nobody told these channels about boxes: they were trained to name drawings of *other* objects. Still, some of them
# light up where something stands.
#
# So we put a tiny network on every cell and ask: *is there an object here, and where are its borders?*

# %% [markdown]
# "The same small network at every cell" is a convolution. A **region proposal network** (RPN) is a 3 × 3 convolution
# with ReLU, and behind it two 1 × 1 convolutions side by side: one for scores, one for boxes.
#
# **Predict:** compared with the backbone, how long will it take?

# %%
from torchvision.models.detection.rpn import RPNHead

torch.manual_seed(0)
# torchvision's; in the exercise we write our own
head = RPNHead(in_channels=64, num_anchors=9)
with torch.no_grad():
    head_seconds = fastest(lambda: head([features]))
print(head)
print(
    f"scene: {1000 * head_seconds:.1f} ms for the RPN, "
    f"{1000 * taken['scene: backbone']:.1f} ms for the backbone"
)

# %% [markdown]
# It takes a fraction of the backbone's time, and hundreds of times less than selective search. In the paper proposing
# takes 10 ms with VGG-16, where selective search needs 1.5 s.
#
# But is one box per cell enough? A ball in front of a house may have its centre in the same cell as the house.

# %% [markdown]
# ## 3 · Anchors
#
# The RPN gets a list of **anchors** at every cell: reference boxes of several sizes and shapes around its centre. For
# each anchor it gives one score and one correction, the same four numbers as in unit 02:

# %% [markdown]
# $$t_x = \frac{x - x_a}{w_a} \qquad t_y = \frac{y - y_a}{h_a} \qquad
# t_w = \ln\frac{w}{w_a} \qquad t_h = \ln\frac{h}{h_a}$$
#
# The index *a* marks the anchor. Anchors are not learned and do not depend on the image: they are the question, and the
# network's scores are the answer.

# %% [markdown]
# With k anchors per cell, our RPN gives k scores and 4k corrections there. The paper's gives **2k** scores: "object"
# and "no object" for each anchor, through a softmax. Is that more than our one score through a sigmoid?

# %%
yes, no = torch.linspace(-4, 4, 9), torch.linspace(1, -2, 9)
two_scores = torch.stack([yes, no]).softmax(dim=0)[0]
print(f"largest difference: {(two_scores - (yes - no).sigmoid()).abs().max():.1g}")

# %% [markdown]
# It is not: a softmax over two scores depends on their difference alone, and so it is a sigmoid of one number. The
# paper's footnote allows both; torchvision and we take k.

# %% [markdown]
# An anchor has a **scale** (square root of its area, in pixels) and a **ratio** (height / width). The ratio must not
# change the area, so a tall anchor is narrower.
#
# **Predict:** scale 24, ratio 2. How high and how wide is that anchor?

# %%
scale, ratio = 24, 2
print(f"{scale * ratio**0.5:.1f} high, {scale / ratio**0.5:.1f} wide")

# %% [markdown]
# It is twice as high as wide, and its area is 24² = 576. The paper takes scales of 128, 256 and 512 pixels, ratios of
# 1/2, 1 and 2, and a stride of 16 pixels. Our scenes are smaller, so we take 12, 24 and 48 at stride 8.
#
# **Predict:** how many anchors does a scene of 128 × 128 pixels have?

# %%
from course_lib.explorers.faster_rcnn import make_anchors

stride, scales, ratios = 8, (12, 24, 48), (0.5, 1.0, 2.0)
# sides as torchvision rounds them: half of each is a whole number of pixels
anchors = make_anchors((128, 128), stride, scales, ratios)
print(
    f"ours: 16 × 16 cells × 9 = {len(anchors):,} anchors; the paper's: 60 × 40 × 9 = "
    f"{60 * 40 * 9:,}"
)
one_cell = anchors.view(16, 16, 9, 4)[8, 8]
colors = [plots.BLUE] * 3 + [plots.VERMILLION] * 3 + [plots.YELLOW] * 3
ax = plots.draw_boxes(
    scene.image,
    one_cell,
    colors=colors,
    title="scales 12 (blue), 24 (red), 48 (yellow)",
)
plots.show(ax, "nine anchors")

# %% [markdown]
# The paper's image has 1000 × 600 pixels. Its largest anchors are larger than what a cell sees of the image (228 pixels
# with VGG-16). That works all the same: someone who sees the middle of a car can guess where it ends.
#
# **Predict:** our corner cells have anchors, too. Which share of all anchors reaches over the image's border?

# %%
inside = ((anchors[:, :2] >= 0) & (anchors[:, 2:] <= 128)).all(dim=1)
largest = anchors.view(-1, 9, 4)[:, 7]  # scale 48, ratio 1
colors = [plots.VERMILLION, plots.BLUE, plots.VERMILLION]
corners = largest[[0, 8 * 16 + 8, -1]]
ax = plots.draw_boxes(scene.image, corners, colors=colors)
ax.set(xlim=(-25, 153), ylim=(153, -25), title=f"{1 - inside.float().mean():.0%} cross")
plots.show(ax, "anchors across the border")

# %% [markdown]
# More than a third. The paper leaves such anchors out of *training*: of about 20,000 in a typical image about 6,000
# remain, and with the others its training did not converge. At test time it keeps them and clips their boxes.
# torchvision trains on all of them, and so do we.

# %% [markdown]
# ### Which anchors are positive?
#
# | label | anchor |
# |---|---|
# | positive | IoU ≥ 0.7 with some object, **or** the best anchor of an object |
# | negative | IoU < 0.3 with all objects, and not positive |
# | ignored | the rest: they do not enter the loss |

# %% [markdown]
# ### Five anchors and two objects, by hand
#
# A house of 40 × 40 pixels, and beside it a ball of 10 × 10. Anchor 1 covers four fifths of the house and nothing else:
# its IoU is 32 · 40 / 40² = 0.8. Anchor 3 has 1,200 pixels. It holds the whole ball, and half of the house.

# %% [markdown]
# **Predict:** draw up a table on paper before you run the cell, which holds the coordinates. For each anchor: its IoU
# with the house and with the ball; its label by the thresholds alone; its label in the end, and for which object.

# %%
from course_lib.explorers.by_hand import draw_assignment
from course_lib.explorers.faster_rcnn import anchor_labels
from torchvision.ops import box_iou

five = [[0, 0, 40, 32], [0, 0, 40, 20], [20, 0, 50, 40], [40, 10, 70, 50]]
five = torch.tensor([*five, [72, 38, 84, 62]]).float()
house_and_ball = torch.tensor([[0.0, 0, 40, 40], [40, 20, 50, 30]])
labels = anchor_labels(five, house_and_ball)
ax = draw_assignment(five, house_and_ball, labels, ["house", "ball"])
plots.show(ax, "five anchors")

# %% [markdown]
# <details><summary>The table</summary>
#
# | anchor | house | ball | by thresholds | in the end |
# |---|---|---|---|---|
# | 1 | 0.80 | 0 | positive | positive, house |
# | 2 | 0.50 | 0 | ignored | ignored |
# | 3 | 0.40 | 0.083 | ignored | **positive, ball** |
# | 4 | 0 | 0.083 | negative | **positive, ball** |
# | 5 | 0 | 0 | negative | negative |
# </details>

# %%
print(box_iou(five, house_and_ball))
print("labels", labels.tolist(), "(1 positive, -1 ignored, 0 negative)")

# %% [markdown]
# Three things to see. Anchors 3 and 4 **tie**: both are the ball's best, and both become positive, at an IoU of only
# 0.083. Anchor 3 overlaps the house more, but it was **rescued for the ball**, so the ball is what it must learn. An
# overlap of **zero** never rescues: had no anchor touched the ball, all five would tie at 0.

# %% [markdown]
# Why do we need the second rule? **Predict:** for which share of our objects does at least one of 2,304 anchors reach
# 0.7?

# %%
best = torch.cat([box_iou(scene.boxes, anchors).amax(dim=1) for scene in scenes])
print(
    f"{(best >= 0.7).float().mean():.0%} of {len(best)} objects; the worst best IoU is "
    f"{best.min():.2f}"
)

# %% [markdown]
# Less than a fifth! Anchors stand on a grid, and their shapes are fixed. By the first rule alone, most objects would
# have no positive anchor, and the network would never learn to propose them. The second rule rescues them.
#
# **Predict:** how many positive anchors does a scene have on average, by both rules?

# %%
labels = torch.stack([anchor_labels(anchors, scene.boxes) for scene in scenes])
kinds = {"positive": 1, "ignored": -1, "negative": 0}
counts = {
    name: (labels == value).sum().item() / len(scenes) for name, value in kinds.items()
}
ax = plots.bars(
    list(counts),
    list(counts.values()),
    "anchors per scene",
    colors=[plots.BLUE, plots.ORANGE, plots.BLACK],
)
ax.set_xscale("log")
plots.show(ax, "three kinds of anchors")

# %% [markdown]
# The positive ones are a handful among thousands. If all anchors counted, the network would do well by always saying
# no. So the paper draws 256 anchors per image, up to half of them positive. We draw 64.

# %% [markdown]
# And why do we ignore the middle? Take an anchor as large as the object. At an IoU of 0.5 the two share two thirds of
# each. Calling that "nothing" would teach that most of an object is nothing; calling it "object", that most of one is
# enough. So we say neither.

# %%
from course_lib.explorers.faster_rcnn import draw_anchors

picture, words = draw_anchors(scene.image, scene.boxes, stride, scales, ratios)
plots.show(picture, "labelled anchors", words=words)

# %% [markdown]
# **Explorer: anchors.** On the left, objects are white, positive anchors blue, and ignored ones thin and orange. The
# number on an object is its best IoU. On the right are the anchors of one cell, and all centres.
#
# Try: (1) set the stride to 32: who suffers? (2) Only ratio 1. (3) Which scales suit scene 3?

# %%
from course_lib.explorers.faster_rcnn import anchors_explorer

anchors_explorer(scenes, stride, scales)

# %% [markdown]
# (1) Small objects: with a stride of 32, an object of 12 pixels falls between the centres. Large ones have an anchor
# nearby in any case. (2) Now long objects suffer. We counted those with one side over 1.5 times the other: 60 % have an
# anchor with an IoU of 0.5 with three ratios, 23 % with ratio 1 alone. The others do not change (76 %).

# %% [markdown]
# Denser grids and more shapes cost little time; where no object is, they only add negatives. (3) In scene 3 the scales
# 24 and 48 are enough: each of its four objects has an anchor with an IoU of 0.53 to 0.67. The scale 12 alone reaches
# 0.33.

# %% [markdown]
# ## 4 · What does objectness learn?
#
# We train our RPN on 100 scenes. The backbone stays **frozen**: its maps are computed once, and only the RPN's 40
# thousand weights learn.

# %%
street = tinytown.scenes("train", 100)
images = torch.stack([scene.image for scene in street])
with torch.no_grad():
    maps = shared_map(images)
    test_maps = shared_map(torch.stack([scene.image for scene in scenes]))
print(
    f"{sum(weight.numel() for weight in head.parameters()):,} weights; maps "
    f"{list(maps.shape)}"
)

# %% [markdown]
# The loss of an image is a mean over the N sampled anchors, with p the score and p\* the label:
#
# $$L = \frac{1}{N}\sum_i \mathrm{BCE}(p_i, p_i^*) \;+\;
# \frac{\lambda}{N}\sum_i p_i^*\,\mathrm{smooth}_{L_1}(t_i - t_i^*)$$

# %% [markdown]
# The factor p\* switches the box loss off for negatives: a box around nothing has nowhere to go. (The paper divides the
# second sum by the number of cells, about 2,400, and takes λ = 10. With N = 256 that is nearly our formula with λ = 1,
# which is torchvision's choice.)

# %% [markdown]
# One more difference hides in smooth L1. Below β it is a parabola, above it a line. Unit 03's formula has β = 1, and
# torchvision's RPN takes β = **1/9**. So an error of a ninth of the anchor's width already pulls as hard as any larger
# one.

# %%
from torch.nn.functional import smooth_l1_loss

errors = torch.linspace(-0.5, 0.5, 101)
lines = {
    f"β = {name}": smooth_l1_loss(errors, 0 * errors, reduction="none", beta=beta)
    for name, beta in [("1", 1.0), ("1/9", 1 / 9)]
}
ax = plots.curve(errors, lines, "t − t*", "smooth L1")
plots.show(ax, "two betas")

# %%
from torchvision.models.detection.rpn import (
    AnchorGenerator,
    RegionProposalNetwork,
    concat_box_prediction_layers,
)

rpn = RegionProposalNetwork(
    AnchorGenerator(),  # not used: we have our anchors
    head,
    fg_iou_thresh=0.7,
    bg_iou_thresh=0.3,
    batch_size_per_image=64,
    positive_fraction=0.5,
    pre_nms_top_n={"training": 300, "testing": 1000},
    post_nms_top_n={"training": 100, "testing": 1000},
    nms_thresh=0.7,
)
rpn.min_size = 4  # pixels


def ask(maps):
    """Scores [n, 2304] and deltas [n, 2304, 4]: what the RPN says about every anchor of
    every map.
    """
    scores, deltas = concat_box_prediction_layers(*head([maps]))
    return scores.view(len(maps), -1), deltas.view(len(maps), -1, 4)


# %% [markdown]
# `rpn` is torchvision's: it labels anchors by the rules above, samples them and computes the two losses. In the
# exercise we write each of these parts. Labels and targets do not change, so we compute them once.

# %%
anchor_lists = [anchors] * len(street)
# 0 is background
targets = [{"boxes": scene.boxes, "labels": scene.labels + 1} for scene in street]
labels, matched = rpn.assign_targets_to_anchors(anchor_lists, targets)
deltas_wanted = rpn.box_coder.encode(matched, anchor_lists)


def rpn_losses(scores, deltas, chosen):
    """Objectness and box loss for the training scenes at these positions."""
    parts = [labels[i] for i in chosen], [deltas_wanted[i] for i in chosen]
    return rpn.compute_loss(scores, deltas.flatten(0, 1), *parts)


# %% [markdown]
# **Predict:** what does the map of the scores look like before any training? And afterwards: does a point at each
# object's centre light up, or the object's whole area?

# %%
from course_lib.explorers.faster_rcnn import heat
from course_lib.progress import bar


@torch.no_grad()
def objectness_pictures(positions):
    """For each of these test scenes, the best of the 9 scores in every cell, from 0
    (dark) to 1 (yellow).
    """
    best = ask(test_maps[positions])[0].sigmoid().view(-1, 16, 16, 9).amax(dim=3)
    return [
        heat(scenes[i].image, values, largest=1)
        for i, values in zip(positions, best, strict=True)
    ]


# %%
positions = [2, 4, 7, 9]
before = objectness_pictures(positions)
optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3)
schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0.01, total_iters=200)
start = time.perf_counter()
for _ in bar(range(200), "RPN"):
    chosen = torch.randperm(len(street))[:16].tolist()
    loss_objectness, loss_rpn_box_reg = rpn_losses(*ask(maps[chosen]), chosen)
    optimizer.zero_grad()
    (loss_objectness + loss_rpn_box_reg).backward()
    optimizer.step()
    schedule.step()
print(
    f"{time.perf_counter() - start:.1f} s; objectness {loss_objectness:.3f}, boxes "
    f"{loss_rpn_box_reg:.3f}"
)

# %%
after = objectness_pictures(positions)
shown = [scenes[i].image for i in positions] + before + after
titles = ["scene"] * 4 + ["before"] * 4 + ["after"] * 4
plots.show(
    plots.image_grid(shown, titles, columns=4),
    "objectness",
)

# %% [markdown]
# Before training the scores are 0.5 everywhere: the network knows nothing. After 200 steps things are bright, in scenes
# that it has never seen. Small things are spots; a large house is lit over much of its area. What decides where a thing
# is bright? Let us ask for the three kinds of cells apart.

# %%
with torch.no_grad():
    brightness = ask(test_maps)[0].sigmoid().view(-1, 9).amax(dim=1)
kinds = torch.cat([anchor_labels(anchors, scene.boxes) for scene in scenes]).view(-1, 9)
positive = (kinds == 1).any(dim=1)
ignored = (kinds == -1).any(dim=1) & ~positive
cells = {"positive": positive, "ignored": ignored, "negative": ~positive & ~ignored}
for name, rows in cells.items():
    print(f"{rows.sum():5} {name} cells: mean score {brightness[rows].mean():.2f}")

# %% [markdown]
# Cells with a positive anchor are bright, cells with negative ones alone are dark. Between them lie six times as many
# cells with an *ignored* anchor: nobody told the network what to say about it, and the mean score lies in between.
# Such cells turn a spot into an area.

# %% [markdown]
# Nobody told the RPN about classes either: one word, "object", covers persons, houses and balls. Look for a bright spot
# where nothing is marked: poles, wheels and bushes are drawn into Tinytown to look like things. A few false proposals
# do no harm, since the second stage will decide.

# %% [markdown]
# ## 5 · From scores to proposals
#
# 2,304 scores and corrections are not yet proposals. The remaining steps are simple and have no weights:
#
# 1. move each anchor by its deltas, and take those with the best scores;
# 2. clip to the image, drop what is too small;
# 3. non-maximum suppression, keep the first N.

# %% [markdown]
# **Predict:** suppression removes boxes whose IoU with a better one is above 0.7. Of the 30 best boxes in a scene, how
# many are such duplicates? And of the best 1,000?


# %%
@torch.no_grad()
def propose(maps, mode="testing"):
    """Proposals of each map and their scores, the best first; detached.

    In training at most 100 of each map.
    """
    rpn.train(mode == "training")
    scores, deltas = ask(maps)
    boxes = rpn.box_coder.decode(deltas.flatten(0, 1), [anchors] * len(maps)).view(
        len(maps), -1, 4
    )
    return rpn.filter_proposals(boxes, scores, [(128, 128)] * len(maps), [len(anchors)])


found, _ = propose(test_maps)
print(f"of 1,000 boxes {sum(map(len, found)) / len(scenes):.0f} per scene survive")

# %%
from torchvision.ops import nms

number = positions[1]
with torch.no_grad():
    scores, deltas = (part[number] for part in ask(test_maps))
top = scores.argsort(descending=True)[:30]
moved = rpn.box_coder.decode(deltas, [anchors]).view(-1, 4)[top]
kept = nms(moved, scores[top], 0.7)
print(f"of the 30 best boxes {len(kept)} survive")

# %% [markdown]
# The ten best scores crowd on two things, and the deltas pull their boxes to the borders. Which of the ten does
# suppression remove? Blue boxes stay, dashed red ones are duplicates of a better one. The numbers are ranks.

# %%
from course_lib.explorers.by_hand import draw_suppression

picture, words = draw_suppression(
    scenes[number].image, anchors[top[:10]], moved[:10], kept[kept < 10]
)
plots.show(picture, "suppressed boxes", words=words)

# %% [markdown]
# Suppression removes one of the ten and six of the thirty, and the next best boxes take their places. In the paper,
# about 6,000 anchors per image are left in training once those across the border are dropped; suppression leaves
# about 2,000 of their boxes. At test time the paper uses the best 300.

# %% [markdown]
# ## 6 · The budget of proposals
#
# Every proposal costs time in the second stage. So we ask as in unit 02: which share of the objects do the first N
# proposals find? We ask it on the 100 test scenes of the exercise. Selective search lists its boxes in no useful order;
# its curve is the mean over five shufflings.

# %% [markdown]
# **Predict:** selective search uses all its boxes, some 160 per scene. How many of the RPN's do we need to find as many
# objects? 150, 50 or 20?

# %%
tests = tinytown.scenes("test", 100, start=5000)
objects = [scene.boxes for scene in tests]
shuffled = [
    [proposals(scene.image, seed) for scene in tests]
    for seed in bar(range(5), "selective search")
]
with torch.no_grad():
    exam_maps = shared_map(torch.stack([scene.image for scene in tests]))
found, _ = propose(exam_maps)

# %%
from course_lib.explorers.rcnn import proposal_quality

numbers = [1, 2, 5, 10, 20, 50, 100, 200, 300]
curves = {}
for iou in (0.5, 0.7):
    runs = [
        proposal_quality(boxes, objects, numbers, iou)["recall"] for boxes in shuffled
    ]
    ours = proposal_quality(found, objects, numbers, iou)["recall"]
    curves[iou] = {
        "RPN": ours,
        "selective search": torch.tensor(runs).mean(dim=0).tolist(),
    }
ax = plots.curve(
    numbers, curves[0.5], "proposals used in each scene", "recall (IoU ≥ 0.5)"
)
ax.set(xscale="log", ylim=(0, 1), xticks=numbers, xticklabels=numbers)
plots.show(ax, "recall by budget")

# %% [markdown]
# Among 271 objects, 50 proposals of the RPN find 77 %, *all* boxes of selective search 69 %. Is the difference luck?
# We trained the RPN from three random starts: 77.1, 77.9 and 75.6 %. Their spread is about one point; even the worst
# of them is six points above selective search.

# %% [markdown]
# So 50 are enough, and 20 are not: these find 64 %.

# %% [markdown]
# With only 50 of its boxes, selective search finds 52 %. It is ahead where the IoU has to be 0.7: there its full list
# finds 49 %, and 50 proposals of the RPN find 34 to 38 %. Borders that exact are not what our frozen RPN is good at.

# %% [markdown]
# ### Scores or boxes? (optional)
#
# An RPN says two things about an anchor. Which of them do we owe the recall to? We take them away in turn: *without
# scores*, the same proposals come in random order; *without boxes*, the anchors stay where they are.
#
# **Predict:** with 20 proposals per scene, which of the two do we miss more?

# %%
with torch.no_grad():
    scores, _ = ask(exam_maps)
still = anchors.expand(len(tests), -1, -1)
unmoved, _ = rpn.filter_proposals(
    still, scores, [(128, 128)] * len(tests), [len(anchors)]
)
rng = torch.Generator().manual_seed(0)
unordered = [boxes[torch.randperm(len(boxes), generator=rng)] for boxes in found]
lines = {"RPN": curves[0.5]["RPN"]}
for name, boxes in {"without boxes": unmoved, "without scores": unordered}.items():
    lines[name] = proposal_quality(boxes, objects, numbers)["recall"]
ax = plots.curve(numbers, lines, "proposals used in each scene", "recall (IoU ≥ 0.5)")
ax.set(xscale="log", ylim=(0, 1), xticks=numbers, xticklabels=numbers)
plots.show(ax, "recall of RPN's parts")

# %% [markdown]
# The scores: without them, 50 proposals find 30 %, fewer than selective search's 52 %. What the RPN has learned is
# above all an order. The paper sees the same in mAP (VOC 2007, ZF network, a detector trained on selective search): 100
# proposals give 55.1 %, and 44.6 % without scores.

# %% [markdown]
# The boxes matter as well: in the paper 300 proposals give 56.8 %, and 52.1 % when the anchors stay where they are.

# %% [markdown]
# **Explorer: proposal budget.** The best box of an object that was found is blue, that of a missed one dashed and red;
# the number is its IoU.
#
# Try: (1) With *number* at 5, what does each method look at? (2) Find an object that only selective search finds. (3)
# Set the IoU to 0.7.

# %%
from course_lib.explorers.faster_rcnn import budget_explorer

budget_explorer(tests, {"RPN": found, "selective search": shuffled[0]}, numbers, curves)

# %% [markdown]
# (1) The RPN looks at things: 40 % of its first five boxes fit an object (IoU ≥ 0.5). Of the first five of selective
# search, which come in random order, about 9 % do, and more than half lie on hardly anything (IoU below 0.1). They are
# larger, too.

# %% [markdown]
# (2) Each finds what the other misses. With 50 proposals of the RPN, 22 objects are found by selective search alone,
# and 43 by the RPN alone; half of these 43 are no larger than 12 × 12 pixels. (3) Then the full list of selective
# search is ahead, as we saw.

# %% [markdown]
# The paper's result on VOC 2007: 300 proposals of an RPN give 69.9 % mAP, 2,000 of selective search 66.9 % (VGG-16,
# trained on VOC 2007). So fewer proposals do better.

# %% [markdown]
# ## 7 · Four losses, one backbone
#
# So far the backbone was frozen. The point of an RPN is that both stages read the *same* activation map, so both should
# train it. The second stage is Fast R-CNN as in unit 03: RoI align, two linear layers, class scores and box deltas.

# %%
from course_lib.explorers.detectors import draw_faster_rcnn

plots.show(draw_faster_rcnn(), "four losses in one network")

# %% [markdown]
# Follow the arrows backwards from each red box: all four losses reach the map, and through it the backbone. The purple
# arrow carries the proposals' coordinates, and no gradient. Section 9 says why.

# %%
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.ops import MultiScaleRoIAlign

detector = RoIHeads(
    MultiScaleRoIAlign(["0"], output_size=7, sampling_ratio=2),
    TwoMLPHead(64 * 7 * 7, 128),
    FastRCNNPredictor(128, 1 + len(tinytown.CLASSES)),
    fg_iou_thresh=0.5,
    bg_iou_thresh=0.5,
    batch_size_per_image=32,
    positive_fraction=0.25,
    bbox_reg_weights=None,
    score_thresh=0.5,
    nms_thresh=0.3,
    detections_per_img=20,
)

# %% [markdown]
# | loss | asks | of |
# |---|---|---|
# | `loss_objectness` | something or nothing? | sampled anchors |
# | `loss_rpn_box_reg` | where are its borders? | positive anchors |
# | `loss_classifier` | which class, or background? | sampled proposals |
# | `loss_box_reg` | where are its borders *exactly*? | positive proposals |


# %%
def four_losses(maps, chosen):
    """The losses of both stages for the training scenes at these positions, from their
    maps.
    """
    objectness, rpn_box_reg = rpn_losses(*ask(maps), chosen)
    boxes, _ = propose(maps, mode="training")
    detector.train()
    # torchvision adds these boxes to the proposals
    marked = [targets[i] for i in chosen]
    _, second = detector({"0": maps}, boxes, [(128, 128)] * len(maps), marked)
    return {"loss_objectness": objectness, "loss_rpn_box_reg": rpn_box_reg, **second}


# %% [markdown]
# In training, the true boxes join the proposals. Otherwise a young RPN, whose proposals fit nothing, would leave the
# second stage without a single positive.
#
# **Predict:** our RPN is trained, and the second stage is not. Which of the four losses pulls hardest at the map?

# %%
few = [8, 14, 17, 19]  # four training scenes
names = ["loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"]


def pulls():
    """Value of each loss, and its gradient with respect to the shared map: [4 losses, 4
    scenes, 64, 16, 16].
    """
    torch.manual_seed(0)  # the same sampled anchors and proposals at every call
    shared = shared_map(images[few])
    losses = four_losses(shared, few)
    reached = [
        torch.autograd.grad(losses[name], shared, retain_graph=True)[0]
        for name in names
    ]
    return {name: round(losses[name].item(), 3) for name in names}, torch.stack(reached)


# %%
values, gradients = pulls()
print(values)
lengths = gradients.flatten(1).norm(dim=1)
ax = plots.bars(
    names,
    (1000 * lengths).tolist(),
    "length of the gradient at the map, in thousandths",
    form="{:.2f}",
)
plots.show(ax, "gradients of four losses")

# %% [markdown]
# All four gradients arrive at the same map, and through it at the same weights. A loss's *value* (printed above) does
# not tell how hard it pulls: the classifier's value is some fifty times that of objectness, but their gradients
# have about the same length. These two pull hardest, and the RPN's box loss pulls least.

# %% [markdown]
# And where do they pull?

# %%
strengths = gradients[:, 0].norm(dim=1)  # of the first scene: [4, 16, 16]
pictures = [images[few[0]], *[heat(images[few[0]], strength) for strength in strengths]]
axes = plots.image_grid(
    pictures,
    ["scene", *[name.removeprefix("loss_") for name in names]],
    columns=5,
    width=12,
)
plots.show(axes, "where the losses pull")

# %% [markdown]
# Objectness pulls in blocks of 3 × 3 cells, wherever a sampled anchor is judged wrongly: the RPN's first layer looks
# through a 3 × 3 window, so one anchor's gradient reaches nine cells. The second stage pulls inside whole proposals:
# RoI align hands its gradient back to all cells that it has read.

# %% [markdown]
# What trains the backbone is the sum of the four, each times a **weight**. With g₁ … g₄ the gradients at the map and
# w₁ … w₄ the weights, we call
#
# $$\mathrm{share}_i = \frac{w_i\, g_i \cdot g}{g \cdot g}, \qquad g = \sum_j w_j\, g_j$$
#
# the **share** of loss *i*: the part of the sum that comes from it.

# %%
from course_lib.explorers.faster_rcnn import draw_loss_weights, inner_products

picture, words = draw_loss_weights(
    images[few[0]], inner_products(gradients), torch.ones(4), names
)
plots.show(picture, "equal weights", words=words)

# %% [markdown]
# By hand, with two losses: g₁ = (3, 0) and g₂ = (−1, 1) add up to g = (2, 1). Their products with g are 6 and −1, and g
# · g = 5. So the shares are 120 % and −20 %: they add up to 100 %, and the second loss pulls against the sum.

# %% [markdown]
# **Explorer: loss weights (optional).** There are four sliders, one for each loss.
#
# Try: (1) Give the RPN's box loss the same share as objectness. Which weight does it need? (2) Set all weights to 10.
# What changes? (3) Switch both losses of the RPN off.

# %%
from course_lib.explorers.faster_rcnn import loss_weights_explorer

loss_weights_explorer(images[few], gradients, names)

# %% [markdown]
# The RPN's box loss needs a weight of about 4 or 5. Multiplying all weights by ten leaves the shares as they are, and
# makes the sum ten times as long. Without its two losses the RPN's own layers would learn nothing at all, since no
# other loss reaches them.

# %% [markdown]
# ## 8 · Joint training
#
# Now we train everything together, backbone included, with one sum and one optimizer. The cheapest test of whether all
# parts are connected is to overfit a few images: four scenes, 40 steps.
#
# **Predict:** which loss falls first?

# %%
from itertools import chain

weights = [*chain.from_iterable(part.parameters() for part in (net, head, detector))]
optimizer = torch.optim.AdamW(weights, lr=1e-3)
history = {name: [] for name in names}
for _ in bar(range(40), "all parts"):
    losses = four_losses(shared_map(images[few]), few)
    optimizer.zero_grad()
    sum(losses.values()).backward()
    optimizer.step()
    for name in names:
        history[name].append(losses[name].item())
falling = {
    name: [value / values[0] for value in values] for name, values in history.items()
}
ax = plots.curve(range(40), falling, "step", "loss, relative to its start")
plots.show(ax, "four losses over steps")

# %%
detector.eval()
with torch.no_grad():
    shared = shared_map(images[few])
    detections, _ = detector({"0": shared}, propose(shared)[0], [(128, 128)] * len(few))
seen = [{**one, "labels": one["labels"] - 1} for one in detections]  # 0 is background
axes = plots.draw_detections([street[i] for i in few], seen, tinytown.CLASSES, 12)
plots.show(axes, "training scenes")

# %% [markdown]
# The classifier's loss falls first. The RPN's two losses were low already, and rise at first while the map changes.
#
# This is one network, from pixels to classes and boxes. It only knows four scenes by heart; the exercise trains it on
# more, and measures mAP.
#
# **Predict:** do the four losses still pull as before?

# %%
later = pulls()[1].flatten(1).norm(dim=1)
rows = [
    f"{name.removeprefix('loss_')}, {when}"
    for name in names
    for when in ("before", "after")
]
values = (1000 * torch.stack([lengths, later], dim=1)).flatten().tolist()
ax = plots.bars(
    rows,
    values,
    "length of the gradient at the map, in thousandths",
    colors=[plots.SKY, plots.BLUE] * 4,
)
plots.show(ax, "before and after")

# %% [markdown]
# They do not. Objectness pulls less than before. The second stage's two losses fell, and yet their gradients at the
# map have become *longer*. So even with fixed weights the balance of the four changes.

# %% [markdown]
# ### The paper's four steps
#
# Ren et al. published their results with **alternating training**, in four steps:
#
# | step | trains | shared layers |
# |---|---|---|
# | 1 | RPN | start from ImageNet, learn |
# | 2 | Fast R-CNN, on proposals of step 1 | start from ImageNet *again*, learn |
# | 3 | RPN's own layers | those of step 2, fixed |
# | 4 | Fast R-CNN's own layers | those of step 2, fixed |

# %% [markdown]
# After step 2 there are *two* backbones, and nothing is shared. Only with steps 3 and 4 do both heads read the same
# map.
#
# **Predict:** which losses does the final backbone learn from in these four steps? And in joint training?

# %% [markdown]
# <details><summary>Answer</summary>
#
# In the four steps from two: the backbone of step 2 is trained by the detector's classification and box loss. Then it
# is fixed, and the RPN has to live with it. In joint training the backbone learns from all four losses.
# </details>

# %% [markdown]
# Joint training needs one run instead of four, and all losses shape the map. The journal version (Ren et al., TPAMI
# 2017) reports close results in 25 to 50 % less time, and calls the method *approximate* joint training. What is
# approximated?

# %% [markdown]
# ## 9 · Why the boxes are detached
#
# The second stage reads a proposal's four coordinates, and the RPN computed these. So its losses could send gradients
# back *through the coordinates*. `propose` above cut that path (`torch.no_grad`). What would flow there?

# %% [markdown]
# **Path 1: the region that is cut out.** **Predict:** what is the gradient of RoIAlign's output with respect to
# the box?

# %%
from torchvision.ops import roi_align

box = torch.tensor([[40.0, 40, 80, 80]], requires_grad=True)
cut_out = roi_align(
    test_maps[:1].clone().requires_grad_(), [box], 7, spatial_scale=1 / 8, aligned=True
)
cut_out.sum().backward()
print("gradient of the box:", box.grad)

# %% [markdown]
# There is none: torchvision's RoIAlign passes gradients to the map only, as RoI pooling does. For RoI align the
# gradient exists, since it interpolates; torchvision leaves it out. This is what "approximate" means: the gradient
# leaves out how the losses change when a box moves. (RoI *warping* includes it: Dai, He, Sun, CVPR 2016.)

# %% [markdown]
# **Path 2: the target.** The second stage should predict the correction *from the proposal to the object*. So the
# target itself is computed from the proposal.
#
# Take a detector that is stuck and always says "30 % to the right". **Predict:** if its box loss may move the proposal,
# where will the proposal go?

# %%
house = scenes[4].boxes[2:3]
always = torch.tensor([[0.3, 0.0, 0.0, 0.0]])  # tx, ty, tw, th
free = (house + torch.tensor([4.0, 3.0, 4.0, 3.0])).requires_grad_()
start_box = free.detach().clone()
descent = torch.optim.SGD([free], lr=100)
for _ in range(200):
    wanted = rpn.box_coder.encode_single(house, free)  # not detached
    loss = torch.nn.functional.smooth_l1_loss(
        always, wanted, beta=1 / 9, reduction="sum"
    )
    descent.zero_grad()
    loss.backward()
    descent.step()
end_box = free.detach()

# %%
before, after = (box_iou(some, house).item() for some in (start_box, end_box))
print(
    f"IoU with the object {before:.2f} at first, {after:.2f} at the end; loss at the "
    f"end {loss.item():.4f}"
)
shown, colors = (
    torch.cat([house, start_box, end_box]),
    [plots.BLACK, plots.SKY, plots.VERMILLION],
)
ax = plots.draw_boxes(
    scenes[4].image,
    shown,
    colors=colors,
    title="object black; proposal at first blue, at the end red",
)
plots.show(ax, "where the proposal went", moved=(end_box - start_box)[0, 0])

# %% [markdown]
# The loss fell to zero because the *proposal* moved away from the object, until the stuck detector was right. A
# student who may move the goal will not learn to shoot. So the coordinates are **detached**: for the second stage,
# proposals are data.

# %% [markdown]
# ## 10 · Deeper backbones (optional)
#
# Whatever the backbone, the recipe stays the same. With a residual network (He, Zhang, Ren, Sun, CVPR 2016) the stages
# up to stride 16 (conv1 to conv4) are shared. Stage conv5 runs on each cut-out region, in place of VGG's linear layers.
#
# **Predict:** how many of ResNet-101's convolutions are shared?

# %%
from torchvision.models import resnet101

with torch.device("meta"):  # the structure without memory for its weights
    deep = resnet101()
shared_parts = chain.from_iterable(
    part.named_modules() for part in (deep.layer1, deep.layer2, deep.layer3)
)
inside = [
    name
    for name, layer in shared_parts
    if isinstance(layer, torch.nn.Conv2d) and "downsample" not in name
]
print(f"{1 + len(inside)} convolutions in conv1 to conv4 (shortcuts not counted)")

# %% [markdown]
# 91 layers run once per image, and both stages read what they computed. What does the better backbone bring?

# %%
steps = {
    "R-CNN, VGG-16": 66.0,
    "Fast R-CNN, VGG-16": 66.9,
    "Faster R-CNN, VGG-16": 69.9,
    "Faster R-CNN, VGG-16, 07+12": 73.2,
    "Faster R-CNN, ResNet-101, 07+12": 76.4,
}
colors = [plots.BLUE] * 3 + [plots.ORANGE] * 2
ax = plots.bars(list(steps), list(steps.values()), "mAP on VOC 2007 (%)", colors=colors)
plots.show(ax, "mAP in the papers")

# %% [markdown]
# The blue bars were trained on VOC 2007, the orange ones on VOC 2007 and 2012. Sources: 66.0, 66.9: Girshick, ICCV
# 2015. 69.9, 73.2: Ren et al., NIPS 2015. 76.4: He et al., CVPR 2016.
#
# The step from blue to orange, 3.3 points, is the gain from more data. Within orange, the backbone alone brings 3.2.

# %% [markdown]
# **Predict:** COCO has 80 classes, many of them small in the picture, and its mAP is a mean over IoUs from 0.5 to 0.95.
# Does a better backbone help more there, or less?

# %%
coco = {"VGG-16": 21.2, "ResNet-101": 27.2}
ax = plots.bars(
    list(coco), list(coco.values()), "mAP@[.5, .95] on COCO val (%)", colors=plots.GREEN
)
plots.show(ax, "COCO in the papers")

# %% [markdown]
# More: 6 points, which is 28 % of the old value (He et al., CVPR 2016, Table 8; everything but the backbone is the
# same). But ResNet-101 differs from VGG-16 in more than its depth. Does depth *alone* help? The exercise asks, with
# two residual networks of the same stride.

# %% [markdown]
# ## 11 · Three detectors
#
# Units 02 to 04 in one picture. For each detector: who finds the regions, their features, their classes, and their
# borders?

# %%
from course_lib.explorers.detectors import draw_parts

plots.show(draw_parts(), "who learns what")

# %% [markdown]
# Read it from top to bottom: in each row, more is blue, which means learned together. Fast R-CNN took features,
# classes and borders into one training, Faster R-CNN the regions as well. The time fell with it, with VGG-16 on a
# GPU: 47 s per image (and 1.5 s for its proposals), then 1.83 s, then 0.198 s, both with proposals.

# %% [markdown]
# And the accuracy? With VGG-16 it rose at both steps: 66.0, 66.9, 69.9 %. With AlexNet, Fast R-CNN was no better than
# R-CNN: 57.1 against 58.5 % (Girshick, ICCV 2015). So detection became faster at each step; whether Fast R-CNN was
# also more accurate depended on the network. In the exercise we compare all three at equal work.

# %% [markdown]
# Is the second stage needed at all? The RPN could name classes itself. The authors tried it: one stage on 20,000 dense
# windows reached 53.9 % on VOC 2007, two stages with 300 proposals 58.7 % (ZF network; Ren et al., TPAMI 2017, Table
# 10). They did not have the last word, as section 13 tells.

# %% [markdown]
# ## 12 · Check yourself
#
# Five questions. Answer in your head, then open.

# %% [markdown]
# **1.** An image without objects occurs during training. Which of the four losses does it still train?
#
# <details><summary>Answer</summary>
#
# Objectness (all anchors are negative) and the classifier (all proposals are background). Both box losses are 0, since
# nothing is positive.
# </details>

# %% [markdown]
# **2.** An object's best anchor has an IoU of 0.45. Is this anchor positive? What if we drop the second rule?
#
# <details><summary>Answer</summary>
#
# Positive, because no anchor fits the object better. Without the rule it would be ignored (between 0.3 and 0.7), and
# the object would never be an example of "object".
# </details>

# %% [markdown]
# **3.** We double the image's height and width. How many more anchors are there, and how many more weights has the RPN?
#
# <details><summary>Answer</summary>
#
# Four times the anchors, not one weight more: the same small network runs at every cell. Objects are twice as large,
# so the scales should change.
# </details>

# %% [markdown]
# **4.** A friend keeps the 300 best boxes first and then runs non-maximum suppression. What does she get?
#
# <details><summary>Answer</summary>
#
# Fewer than 300 proposals, crowded on the objects with the highest scores. Duplicates have taken the places of other
# objects, and recall falls.
# </details>

# %% [markdown]
# **5.** Proposals are detached. Does the RPN then learn anything from the detector's losses?
#
# <details><summary>Answer</summary>
#
# Its own layers do not. But in joint training the detector's losses shape the shared map, and the RPN reads that map.
# So they reach it through the backbone.
# </details>

# %% [markdown]
# ## 13 · Where this went (optional)
#
# Faster R-CNN is a place where many roads begin. Each lane of the picture is one of them.

# %%
from course_lib.explorers.detectors import draw_timeline

lanes = {
    "two stages": [
        *((2014, "R-CNN"), (2015, "Fast R-CNN"), (2015.6, "Faster R-CNN")),
        *((2017, "FPN"), (2017.6, "Mask R-CNN")),
    ],
    "one stage": [(2016, "YOLO"), (2016.5, "SSD"), (2017.3, "focal loss")],
    "no anchors,\nno suppression": [(2020, "DETR")],
    "pretrained\nfeatures": [(2021, "CLIP"), (2021.5, "DINO")],
    "any class,\nin words": [
        (2022, "ViLD"),
        (2022.6, "OWL-ViT"),
        (2024, "Grounding DINO"),
    ],
}
plots.show(draw_timeline(lanes), "timeline")

# %% [markdown]
# **One stage.** *YOLO* (Redmon et al., CVPR 2016) drops the second stage: each cell of a coarse grid names a class and
# its boxes at once. *SSD* (Liu et al., ECCV 2016) does it on several maps, each for another size of objects, with
# anchors like ours.

# %% [markdown]
# **Focal loss** (Lin et al., ICCV 2017) asks why one stage was less accurate, and blames the thousands of easy
# negatives. In place of sampling 256 anchors it keeps all of them, and multiplies each one's cross-entropy by (1 −
# p)^γ, with p the probability of the right answer. With γ = 2, a negative judged with p = 0.9 counts a hundredth.

# %% [markdown]
# **FPN** (Lin et al., CVPR 2017) gives Faster R-CNN maps of several strides: what the deep layers know is added to the
# fine maps, and small objects are proposed there. **Mask R-CNN** (He, Gkioxari, Dollár, Girshick, ICCV 2017) adds a
# third head that draws each object's mask, and replaces RoI pooling by RoI align, because masks need exact borders.

# %% [markdown]
# **DETR** (Carion et al., ECCV 2020) has neither anchors nor suppression. A transformer turns 100 learned queries into
# 100 boxes, most of them "nothing", and the loss matches boxes to objects one to one. So section 3's table and section
# 5's list of steps are both gone.

# %% [markdown]
# **Features of another kind.** *CLIP* (Radford et al., ICML 2021) learned from pairs of images and texts, *DINO* (Caron
# et al., ICCV 2021) from images alone. Units 01 to 04 pretrained on labels. These two need none, and their features
# carry detectors today.

# %% [markdown]
# **Any class, in words.** *ViLD* (Gu et al., ICLR 2022) replaces Faster R-CNN's class scores by similarities with
# CLIP's vectors of class *names*: a class that no box was ever labelled with can be asked for. *OWL-ViT* (Minderer et
# al., ECCV 2022) and *Grounding DINO* (Liu et al., ECCV 2024) do so with transformers.

# %% [markdown]
# What stayed? A shared map, boxes as corrections, a loss for *what* and one for *where*, and the question that unit 02
# began with: which boxes are worth a second look?

# %% [markdown]
# ## What to remember
#
# - After Fast R-CNN the proposals were the bottleneck: 1.5 of 1.83 seconds.
# - An RPN is a 3 × 3 convolution on the shared map, with a score and four deltas for each of k **anchors** per cell.
# - Anchors are positive from an IoU of 0.7 on *or as an object's best*, negative below 0.3, and ignored in between.

# %% [markdown]
# - Scores become proposals without weights: decode the best, clip, drop what is small, suppress, keep the first N.
# - Few learned proposals do better than many unlearned ones: 300 against 2,000.
# - Four losses train one backbone by one sum. The value of a loss does not tell how hard that loss pulls.
# - Proposals are data for the second stage, so they are detached.

# %% [markdown]
# Next comes the exercise `04_faster_rcnn`, where we write the parts that torchvision lent us here.

# %% [markdown]
# ### Papers
#
# - S. Ren, K. He, R. Girshick, J. Sun: *Faster R-CNN: Towards Real-Time Object Detection with Region Proposal
#   Networks*, NIPS 2015; journal version in IEEE TPAMI 2017
# - R. Girshick: *Fast R-CNN*, ICCV 2015

# %% [markdown]
# - K. He, X. Zhang, S. Ren, J. Sun: *Deep Residual Learning for Image Recognition*, CVPR 2016
# - J. Dai, K. He, J. Sun: *Instance-aware Semantic Segmentation via Multi-task Network Cascades*, CVPR 2016
# - Section 13 names its papers by authors, venue and year.
