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
# *Deep Learning Applications. About 75 minutes, with the three explorers and the quiz.*

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
# NIPS 2015. All numbers below are computed in a cell or cited.

# %% [markdown]
# Before most figures you will find a **Predict** line. Write your guess down before you run the cell: a guess that
# turns out wrong is remembered best.

# %% [markdown]
# ## 1 · What is left to speed up?
#
# Fast R-CNN (unit 03) runs the convolutions once an image and cuts its regions out of the finished map. One stage still
# stands outside the network: somebody must say *which* regions. So far that is selective search.

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
    """The map of stage 3: one cell for 8 × 8 pixels, 64 numbers a cell.

    Images [n, 3, h, w] in 0 … 255.
    """
    return net.features(images / 255, stage=3)


def fastest(call, times):
    """The shortest of several runs, in seconds: what the machine needs when nothing
    disturbs it.
    """
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


# %%
taken = {}
for name, picture, times in [("scene", scene.image, 3), ("photograph", photograph, 1)]:
    taken[f"{name}: selective search"] = fastest(
        lambda picture=picture: proposals(picture, 0, keep=False), times
    )
    with torch.no_grad():
        taken[f"{name}: backbone"] = fastest(
            lambda picture=picture: shared_map(picture[None]), 20
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
# Expect a factor of ten or more on both. A larger backbone on a GPU tells the same story. With VGG-16, Fast R-CNN needs
# 0.32 s an image without proposals (Girshick, ICCV 2015). With selective search it is 1.83 s (Ren et al., NIPS 2015).

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
    "seconds an image, VGG-16",
    colors=colors,
    form="{:.3g} s",
)
ax.set_xscale("log")
plots.show(ax, "seconds in the papers")

# %% [markdown]
# (47 s: Girshick, ICCV 2015. 0.198 s: Ren et al.) Four fifths of Fast R-CNN's time were spent outside the network.
# Faster R-CNN's 0.198 s are 5 images a second, everything included. How can proposals become nearly free?

# %% [markdown]
# ## 2 · Ask the map
#
# The detector needs the map anyway. Perhaps it already knows where things are. Here are the five channels of our map
# that vary most over the scene.

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
# Nobody told these channels about boxes: they were trained to name drawings of *other* objects. Still, some light up
# where something stands.
#
# So put a tiny network on every cell and ask: *is here an object, and where are its borders?*

# %% [markdown]
# "The same small network at every cell" is a convolution. A **region proposal network** (RPN) is a 3 × 3
# convolution with ReLU, then two 1 × 1 convolutions side by side: one for scores, one for boxes.
#
# **Predict:** compared with the backbone, how long will it take?

# %%
from torchvision.models.detection.rpn import RPNHead

torch.manual_seed(0)
# torchvision's; in the exercise we write our own
head = RPNHead(in_channels=64, num_anchors=9)
with torch.no_grad():
    head_seconds = fastest(lambda: head([features]), 20)
print(head)
print(
    f"scene: {1000 * head_seconds:.1f} ms for the RPN, "
    f"{1000 * taken['scene: backbone']:.1f} ms for the backbone"
)

# %% [markdown]
# A fraction of the backbone's time, hundreds of times less than selective search. In the paper proposing takes 10 ms
# with VGG-16, where selective search needs 1.5 s.
#
# But one cell, one box? A ball in front of a house has its centre in the same cell as the house.

# %% [markdown]
# ## 3 · Anchors
#
# The RPN gets a list of **anchors** at every cell: reference boxes of several sizes and shapes around its centre. For
# each anchor it gives one score and one correction, the same four numbers as in unit 02:

# %% [markdown]
# $$t_x = \frac{x - x_a}{w_a} \qquad t_y = \frac{y - y_a}{h_a} \qquad
# t_w = \ln\frac{w}{w_a} \qquad t_h = \ln\frac{h}{h_a}$$
#
# The index *a* marks the anchor. Anchors are not learned and do not depend on the image: they are the question, the
# network's scores are the answer.

# %% [markdown]
# An anchor has a **scale** (square root of its area, in pixels) and a **ratio** (height / width). The ratio must not
# change the area, so a tall anchor is narrower.
#
# **Predict:** scale 24, ratio 2. How high and how wide is that anchor?

# %%
scale, ratio = 24, 2
print(f"{scale * ratio**0.5:.1f} high, {scale / ratio**0.5:.1f} wide")

# %% [markdown]
# Twice as high as wide, area 24² = 576. The paper takes scales of 128, 256 and 512 pixels, ratios of 1/2, 1 and 2, and
# a stride of 16 pixels. Our scenes are smaller, so we take 12, 24 and 48 at stride 8.
#
# **Predict:** how many anchors has a scene of 128 × 128 pixels?

# %%
from course_lib.explorers.faster_rcnn import make_anchors

stride, scales, ratios = 8, (12, 24, 48), (0.5, 1.0, 2.0)
# torchvision's shapes, in half sides of whole pixels
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
# with VGG-16). That works: whoever sees the middle of a car can guess where it ends.

# %% [markdown]
# ### Which anchors are positive?
#
# | label | anchor |
# |---|---|
# | positive | IoU ≥ 0.7 with some object, **or** the best anchor of an object |
# | negative | IoU < 0.3 with all objects, and not positive |
# | ignored | the rest: they do not enter the loss |

# %% [markdown]
# Why the second rule? **Predict:** for which share of our objects does at least one of 2,304 anchors reach 0.7?

# %%
from torchvision.ops import box_iou

best = torch.cat([box_iou(scene.boxes, anchors).amax(dim=1) for scene in scenes])
print(
    f"{(best >= 0.7).float().mean():.0%} of {len(best)} objects; the worst best IoU is "
    f"{best.min():.2f}"
)

# %% [markdown]
# Less than a fifth! Anchors stand on a grid, and their shapes are fixed. By the first rule alone, most objects
# would have no positive anchor, and nobody would learn to propose them. The second rule rescues them.
#
# **Predict:** and how many positive anchors has a scene, on average, by both rules?

# %%
from course_lib.explorers.faster_rcnn import anchor_labels

labels = torch.stack([anchor_labels(anchors, scene.boxes) for scene in scenes])
kinds = {"positive": 1, "ignored": -1, "negative": 0}
counts = {
    name: (labels == value).sum().item() / len(scenes) for name, value in kinds.items()
}
ax = plots.bars(
    list(counts),
    list(counts.values()),
    "anchors a scene",
    colors=[plots.BLUE, plots.ORANGE, plots.BLACK],
)
ax.set_xscale("log")
plots.show(ax, "three kinds of anchors")

# %% [markdown]
# A handful among thousands. If all of them counted, the network would do well by always saying no. So the paper draws
# 256 anchors an image, up to half of them positive. We draw 64.

# %% [markdown]
# And why ignore the middle? An anchor with an IoU of 0.5 covers half an object. Called "nothing", it would teach that
# half an object is nothing; called "object", that half is enough. So we say neither.

# %%
from course_lib.explorers.faster_rcnn import draw_anchors

picture, words = draw_anchors(scene.image, scene.boxes, stride, scales, ratios)
plots.show(picture, "labelled anchors", words=words)

# %% [markdown]
# **Explorer: anchors.** Left: objects white, positive anchors blue, ignored ones thin and orange. The number on an
# object is its best IoU. Right: the anchors of one cell, and all centres.
#
# Try: (1) set the stride to 32: who suffers? (2) Only ratio 1. (3) Which scales suit scene 3?

# %%
from course_lib.explorers.faster_rcnn import anchors_explorer

anchors_explorer(scenes, stride, scales)

# %% [markdown]
# Small objects suffer first: with a stride of 32, an object of 12 pixels falls between the centres. Large ones have
# an anchor nearby in any case. Denser grids and more shapes cost little time, but only add negatives where no object
# is.

# %% [markdown]
# ## 4 · What does objectness learn?
#
# We train our RPN on 100 scenes. The backbone stays **frozen**: its maps are computed once, only the RPN's
# 40 thousand weights learn.

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
# The loss of an image, over the N sampled anchors, with p the score and p\* the label:
#
# $$L = \frac{1}{N}\sum_i \mathrm{BCE}(p_i, p_i^*) \;+\;
# \frac{\lambda}{N}\sum_i p_i^*\,\mathrm{smooth}_{L_1}(t_i - t_i^*)$$

# %% [markdown]
# The factor p\* switches the box loss off for negatives: a box around nothing has nowhere to go. (The paper divides
# the second sum by the number of cells, about 2,400, and takes λ = 10. With N = 256 that is nearly λ = 1 in our
# formula, and torchvision's choice.)

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
# **Predict:** before any training, what does the map of the scores look like? And afterwards: a point at each
# object's centre, or its whole area?

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
# Before: 0.5 everywhere, the network knows nothing. After 200 steps: bright spots on things, in scenes that it has
# never seen. They are spots, not areas, because an anchor is positive only when it is *centred* on the object.

# %% [markdown]
# Nobody told the RPN about classes: one word, "object", covers persons, houses and balls. Look for a bright spot where
# nothing is marked: poles, wheels and bushes are drawn into Tinytown to look like things. A few false proposals do no
# harm, the second stage will decide.

# %% [markdown]
# ## 5 · From scores to proposals
#
# 2,304 scores and corrections are not yet proposals. What remains is simple and has no weights:
#
# 1. move each anchor by its deltas, and take those with the best scores;
# 2. clip to the image, drop what is too small;
# 3. non-maximum suppression, keep the first N.

# %% [markdown]
# **Predict:** suppression removes boxes that overlap a better one by more than 0.7. Of the 30 best boxes in
# a scene, how many are such duplicates? And of the best 1,000?


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
print(f"of 1,000 boxes {sum(map(len, found)) / len(scenes):.0f} a scene survive")

# %%
from torchvision.ops import nms

number = positions[1]
with torch.no_grad():
    scores, deltas = (part[number] for part in ask(test_maps))
top = scores.argsort(descending=True)[:30]
moved = rpn.box_coder.decode(deltas, [anchors]).view(-1, 4)[top]
print(f"of the 30 best boxes {len(nms(moved, scores[top], 0.7))} survive")
steps = {
    "the 30 best anchors": anchors[top],
    "moved": moved,
    "the 30 best after suppression": found[number][:30],
}
axes = plots.image_grid([scenes[number].image] * 3, columns=3, width=12)
for ax, (name, some) in zip(axes, steps.items(), strict=True):
    plots.draw_boxes(
        scenes[number].image, some, ax=ax, colors=plots.BLUE, linewidth=1, title=name
    )
    ax.set(xlim=(0, 128), ylim=(128, 0))
plots.show(axes, "thirty proposals")

# %% [markdown]
# The best scores crowd on the same few things, and the deltas pull them to the borders. Suppression removes one in
# five, and the next best take their places.
#
# The paper starts from about 6,000 boxes and is left with about 2,000: its anchors are larger against their stride, so
# they overlap more. At test time it uses the best 300.

# %% [markdown]
# ## 6 · The budget of proposals
#
# Every proposal costs time in the second stage. So we ask as in unit 02: which share of the objects do the first
# N proposals find? Selective search lists its boxes in no useful order; its curve is the mean over five shufflings.

# %% [markdown]
# **Predict:** selective search uses all its boxes, some 150 a scene. How many of the RPN's do we need to find as many
# objects? 150, 50 or 20?

# %%
from course_lib.explorers.rcnn import proposal_quality

numbers = [1, 2, 5, 10, 20, 50, 100, 200, 300]
objects = [scene.boxes for scene in scenes]
shuffled = [[proposals(scene.image, seed) for scene in scenes] for seed in range(5)]
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
# Expect some 0.77 from 50 proposals of the RPN, and some 0.73 from *all* boxes of selective search. The difference is
# the order: the RPN knows which of its proposals are good, and it has learned what objects look like.

# %% [markdown]
# At an IoU of 0.7 the gap is much smaller. Borders are where our frozen map is coarse (8 pixels a cell), and
# where selective search, working on pixels, is exact.

# %% [markdown]
# ### Scores or boxes?
#
# An RPN says two things about an anchor. Which one do we owe the recall to? We take them away in turn: *without
# scores*, the same proposals come in random order; *without boxes*, the anchors stay where they are.
#
# **Predict:** with 20 proposals a scene, which of the two do we miss more?

# %%
with torch.no_grad():
    scores, _ = ask(test_maps)
still = anchors.expand(len(scenes), -1, -1)
unmoved, _ = rpn.filter_proposals(
    still, scores, [(128, 128)] * len(scenes), [len(anchors)]
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
# Scores carry small budgets. The paper sees the same in mAP (VOC 2007, ZF network, a detector trained on selective
# search): 100 proposals give 55.1, and 44.6 without scores. With 300 it is 56.8, and 52.1 without boxes. So exact
# borders need the regression.

# %% [markdown]
# **Explorer: proposal budget.** Found objects have a blue best box, missed ones a dashed red one; the number
# is its IoU.
#
# Try: (1) With *number* at 5, what does each method look at? (2) Find an object that only selective search finds.
# (3) Set the IoU to 0.7.

# %%
from course_lib.explorers.faster_rcnn import budget_explorer

budget_explorer(
    scenes, {"RPN": found, "selective search": shuffled[0]}, numbers, curves
)

# %% [markdown]
# Only selective search finds an object or two, 10 pixels aside: little more than a cell. Only the RPN finds a dozen, of
# all sizes.
#
# The paper's result on VOC 2007: 300 proposals of an RPN give 69.9 mAP, 2,000 of selective search 66.9 (VGG-16, trained
# on VOC 2007). Fewer proposals, and better ones.

# %% [markdown]
# ## 7 · Four losses, one backbone
#
# So far the backbone was frozen. The point of an RPN is that both stages read the *same* map, so both should
# train it. The second stage is Fast R-CNN as in unit 03: RoIAlign, two linear layers, class scores and box deltas.

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
# While training, the true boxes join the proposals. Otherwise a young RPN, whose proposals fit nothing, would leave the
# second stage without a single positive.
#
# **Predict:** our RPN is trained, the second stage is not. Which of the four losses pulls hardest at the map?

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
# All four arrive at the same map, and through it at the same weights. A loss's *value* (printed above) does not tell
# how hard it pulls: the classifier's is more than thirty times objectness', their gradients are of one size.
#
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
# Objectness pulls at small spots all over the image, wherever a sampled anchor surprises. The second stage pulls
# inside whole proposals: RoIAlign hands its gradient back to all cells that it has read.
#
# The sum of the four, each times a **weight**, is what trains the backbone.

# %%
from course_lib.explorers.faster_rcnn import draw_loss_weights, inner_products

picture, words = draw_loss_weights(
    images[few[0]], inner_products(gradients), torch.ones(4), names
)
plots.show(picture, "equal weights", words=words)

# %% [markdown]
# The **share** of a loss: how far its gradient reaches along the sum. The four shares add up to 100 %, and a loss that
# pulls against the others has a negative one.

# %% [markdown]
# **Explorer: loss weights.** Four sliders, one for each loss.
#
# Try: (1) Give the RPN's box loss the same share as objectness. Which weight does it need? (2) Set all weights to 10.
# What changes? (3) Switch both losses of the RPN off.

# %%
from course_lib.explorers.faster_rcnn import loss_weights_explorer

loss_weights_explorer(images[few], gradients, names)

# %% [markdown]
# The RPN's box loss needs a weight of about 4 or 5. Ten times all weights leaves the shares as they are, and makes the
# sum ten times as long. Without its two losses the RPN's own layers would learn nothing at all: nothing else reaches
# them. Section 9 shows why.

# %% [markdown]
# ## 8 · Joint training
#
# We train everything together, backbone included: one sum, one optimizer. To see whether all parts are connected, the
# cheapest test is to overfit a few images: four scenes, 40 steps.
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
rows = [("true", targets[i]) for i in few] + [("detected", seen) for seen in detections]
axes = plots.image_grid([*images[few], *images[few]], [" "] * 8, columns=4, width=12)
for ax, i, (title, seen) in zip(axes, few + few, rows, strict=True):
    boxes, kinds, sure = seen["boxes"], seen["labels"] - 1, seen.get("scores")
    plots.draw_boxes(
        images[i], boxes, kinds, sure, tinytown.CLASSES, ax, title=title, linewidth=1.5
    )
plots.show(axes, "training scenes")

# %% [markdown]
# The classifier's loss falls first. Those of the RPN, already low, stumble at first: the map moves under it.
#
# One network, from pixels to classes and boxes. It only knows four scenes by heart; the exercise trains it on more and
# measures mAP.
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
# They do not. Objectness has been learned and pulls less. The second stage may pull harder although its losses fell:
# its layers have learned to look, so an error at their output reaches further back. Fixed weights never mean fixed
# shares.

# %% [markdown]
# ### The paper's four steps
#
# Ren et al. published their figures with **alternating training**:
#
# | step | trains | shared layers |
# |---|---|---|
# | 1 | RPN | start from ImageNet, learn |
# | 2 | Fast R-CNN, on proposals of step 1 | start from ImageNet *again*, learn |
# | 3 | RPN's own layers | those of step 2, fixed |
# | 4 | Fast R-CNN's own layers | those of step 2, fixed |

# %% [markdown]
# After step 2 there are *two* backbones, and nothing is shared. Only steps 3 and 4 make both heads read the same map.
#
# **Predict:** which losses does the final backbone learn from in these four steps? And in joint training?

# %% [markdown]
# <details><summary>Answer</summary>
#
# In the four steps from two: the backbone of step 2 is trained by the detector's classification and box loss; then it
# is fixed, and the RPN has to live with it. In joint training from all four.
# </details>

# %% [markdown]
# Joint training needs one run instead of four, and all losses shape the map. The journal version (Ren et al., TPAMI
# 2017) finds close results in 25 to 50 % less time. It calls the method *approximate* joint training. What is
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
# None: torchvision's RoIAlign passes gradients to the map only, as RoI pooling does. This is what "approximate" means:
# the response to moving a box is left out. (RoI *warping* includes it: Dai, He, Sun, CVPR 2016.)

# %% [markdown]
# **Path 2: the target.** The second stage should predict the correction *from the proposal to the object*. So the
# target itself is computed from the proposal.
#
# Take a detector that is stuck: it always says "30 % to the right". **Predict:** if its box loss may move the
# proposal, where will the proposal go?

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
# ## 10 · Deeper backbones
#
# Whatever the backbone, the recipe stays. With a residual network (He, Zhang, Ren, Sun, CVPR 2016) the stages up to
# stride 16 (conv1 to conv4) are shared. Stage conv5 runs on each cut-out region, in place of VGG's linear layers.
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
# 91 layers run once an image, and both stages read what they computed. What does the depth bring?

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
# Blue: trained on VOC 2007. Orange: on VOC 2007 and 2012. Sources: 66.0, 66.9: Girshick, ICCV 2015. 69.9, 73.2: Ren et
# al., NIPS 2015. 76.4: He et al., CVPR 2016.
#
# More data brings 3.3 points, a deeper backbone another 3.2. Compare only bars of one colour.

# %% [markdown]
# And the story of three units in one picture: seconds an image fell from 47 to 0.2, and accuracy rose at
# every step. Each step moved work into the network: first the features, then the regions' cutting, now the proposals.

# %% [markdown]
# ## 11 · Check yourself
#
# Five questions. Answer in your head, then open.

# %% [markdown]
# **1.** An image without objects comes along in training. Which of the four losses does it still train?
#
# <details><summary>Answer</summary>
#
# Objectness (all anchors are negative) and the classifier (all proposals are background). Both box losses are 0:
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
# Far fewer than 300 proposals, crowded on the few objects with the highest scores. Duplicates have taken the places of
# other objects: recall falls.
# </details>

# %% [markdown]
# **5.** Proposals are detached. Does the RPN then learn anything from the detector's losses?
#
# <details><summary>Answer</summary>
#
# Its own layers do not. But the detector's losses shape the shared map in joint training, and the RPN reads that map.
# So it profits through the backbone.
# </details>

# %% [markdown]
# ## What to remember
#
# - After Fast R-CNN the proposals were the bottleneck: 1.5 of 1.83 seconds.
# - RPN = 3 × 3 convolution on the shared map + objectness and deltas for k **anchors** a cell.
# - Positive: IoU ≥ 0.7 *or best of an object*; negative: < 0.3; between: ignored.
# - Decode, clip, drop small, NMS, top N.

# %% [markdown]
# - Few learned proposals beat many unlearned ones: 300 against 2,000.
# - Four losses, one backbone, one sum. A loss's value does not tell its pull.
# - Proposals are data for the second stage: detach them.
#
# Next: the exercise `04_faster_rcnn`, where we write the parts that torchvision lent us here.

# %% [markdown]
# ### Papers
#
# - S. Ren, K. He, R. Girshick, J. Sun: *Faster R-CNN: Towards Real-Time Object Detection with Region Proposal
#   Networks*, NIPS 2015; journal version in IEEE TPAMI 2017
# - R. Girshick: *Fast R-CNN*, ICCV 2015
# - K. He, X. Zhang, S. Ren, J. Sun: *Deep Residual Learning for Image Recognition*, CVPR 2016
# - J. Dai, K. He, J. Sun: *Instance-aware Semantic Segmentation via Multi-task Network Cascades*, CVPR 2016
