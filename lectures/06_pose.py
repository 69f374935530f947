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
# # 06 · Human pose heatmaps
#
# *Deep Learning Applications. About 75 minutes, with three explorers and the quiz; 5 more with what is marked
# "optional".*

# %% [markdown]
# After this lecture we can
#
# - say what a **pose** is, whose left is meant, and which joints count;
# - explain why a **heatmap** may be unsure and two numbers may not;
# - turn joints into disks, and heatmaps back into places, and say what each step costs;
# - judge a pose by **PCK**;
# - explain the **hourglass** and its intermediate losses.

# %% [markdown]
# Our papers: Newell, Yang, Deng, *Stacked Hourglass Networks for Human Pose Estimation*, ECCV 2016; Rafi, Leibe, Gall,
# *An Efficient Convolutional Network for Human Pose Estimation*, BMVC 2016. Every number below is computed in a cell,
# cited, or measured as the sentence beside it says.

# %% [markdown]
# Before most figures you will find a **Predict** line. Please write your guess down before you run the cell: a wrong
# guess teaches most.

# %% [markdown]
# ## 1 · What is a pose?
#
# In the last unit each pixel had a class. Now we ask where a few named points of a body are: its **joints**. A
# **pose** is a list of places (x, y), one per joint, always in the same order. Leeds Sports Pose marks 14 joints, MPII
# 16, COCO 17.

# %%
from course_lib.data.bodies import COCO, LEEDS, MPII

for body in (LEEDS, MPII, COCO):
    print(f"{body.name}, {len(body.joints)}: {', '.join(body.joints)}")

# %% [markdown]
# We begin with a real photograph. No data set has marked this one: we placed the joints by hand, for this lesson.
#
# **Predict:** on which side of the *picture* is her left shoulder? And which of the 14 joints of Leeds Sports Pose can
# nobody place here?

# %%
from course_lib import plots
from course_lib.explorers.pose_pictures import astronaut
from course_lib.explorers.skeletons import draw_pose

astro, hidden = astronaut()
ax = plots.show_image(astro.image, "left side blue, right side orange")
draw_pose(ax, astro.joints, astro.annotated, LEEDS, hidden, size=9)
plots.show(ax, "a real person")

# %% [markdown]
# Left and right are those of the *person*. She faces us, so her left shoulder is on the right of the picture.
#
# The rings are guesses: her neck is behind the collar, her left elbow behind the helmet. We can still say roughly where
# they are. Her left wrist, hips, knees and ankles we cannot place at all.

# %% [markdown]
# So a joint is in one of three states:
#
# | | visible | hidden, but guessed | not annotated |
# |---|---|---|---|
# | has a place | yes | yes | no |
# | teaches and counts | yes | yes | no |
#
# *Annotated* means the first two. "Not annotated" does not mean "not there": it means that nobody said where.

# %% [markdown]
# For training we have drawn streets, whose persons have the joints of Leeds Sports Pose. We cut a square around each
# person and scale it to the same size.

# %%
import torch
from course_lib.data.pose import cropped, tinytown_persons

train, val = tinytown_persons("train", 800), tinytown_persons("val", 400)
print(len(train), "persons for training,", len(val), "for validation")
shown = [cropped(train[i], 96) for i in (142, 132, 90, 22)]
axes = plots.image_grid([person.image for person in shown], columns=4)
plots.show(axes, "four persons")

# %% [markdown]
# **Predict:** who of the four faces us? Say for each whether the left hand is on the left or on the right of the
# picture. What did you look at?

# %%
axes = plots.image_grid([person.image for person in shown], columns=4)
for ax, person in zip(axes, shown, strict=True):
    draw_pose(ax, person.joints, person.annotated, LEEDS, size=5)
plots.show(axes, "four skeletons")

# %% [markdown]
# Only the first one faces us. We see the second from behind: left is left. The other two are seen from the side: there
# left is neither left nor right. A hand itself looks the same on both sides: one has to see the whole body to tell.

# %% [markdown]
# **Predict:** which share of all joints is hidden or not annotated? And which joint is hidden least often?

# %%
from course_lib.data import tinytown

scenes = tinytown.scenes("train", 800)
states = torch.cat([scene.joint_state for scene in scenes])  # 0 none, 1 hidden, 2 seen
for state, name in enumerate(("not annotated", "hidden, guessed", "visible")):
    print(f"{name:15} {(states == state).float().mean():.0%}")
share = ((states == 1).sum(dim=0) / (states > 0).sum(dim=0)).tolist()
ax = plots.bars(LEEDS.joints, share, "hidden, of those annotated", form="{:.2f}")
plots.show(ax, "hidden joints")

# %% [markdown]
# A quarter is hidden, a fifth is not annotated. The top of the head is nearly always in view; hips are hidden most
# often. If we left out what is hidden, a network would never learn to guess.

# %% [markdown]
# ## 2 · Two numbers, or a map?
#
# Fourteen joints are 28 numbers. Why not let a linear layer put them out? Let us try it on the smallest case: an image
# with two equal squares. One of them is "the left hand", and nothing in the image says which.

# %%
from torch import nn
from torch.nn import functional as F


def two_squares(count):
    """Images of two squares [n, 1, 32, 32], a map of each [n, 2, 16, 16], and both
    middles (x, y) in pixels [n, 2, 2].
    """
    places = torch.randint(2, 14, (count, 2, 2))  # column and row, in cells of 2 pixels
    column, row = places.unbind(dim=2)
    spots = F.one_hot(16 * row + column, 256).view(count, 2, 16, 16).float()
    squares = F.max_pool2d(spots, 3, stride=1, padding=1)  # 3 × 3 cells each
    images = F.interpolate(squares.amax(dim=1, keepdim=True), scale_factor=2)
    return images, squares, 2.0 * places + 1


# %% [markdown]
# Two small networks see the same images, with the same two convolutions below. One puts out (x, y) and is trained with
# the squared error. The other puts out a map of 16 × 16 cells, and its target is the map of the left hand alone. Which
# square that is was decided by a coin: the image does not tell.


# %%
def trunk():
    """The two convolutions that both networks begin with."""
    first, second = nn.Conv2d(1, 16, 5, 2, 2), nn.Conv2d(16, 16, 5, 1, 2)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU())


def train_both(seed, steps=150):
    """A network that puts out two numbers, and one that puts out a map."""
    torch.manual_seed(seed)
    numbers = nn.Sequential(
        trunk(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16 * 64, 2)
    )
    maps = nn.Sequential(trunk(), nn.Conv2d(16, 1, 5, padding=2))
    both = [*numbers.parameters(), *maps.parameters()]
    optimiser = torch.optim.AdamW(both, lr=3e-3)
    for _ in range(steps):
        images, squares, places = two_squares(32)
        loss = F.mse_loss(numbers(images), places[:, 0] / 32)
        logits = maps(images)[:, 0]
        loss += F.binary_cross_entropy_with_logits(logits, squares[:, 0])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return numbers, maps


# %% [markdown]
# **Predict:** where will the two numbers point: at one of the squares, at the right one half of the time, or elsewhere?
# And what will the map show?

# %%
torch.manual_seed(99)
images, squares, places = two_squares(400)
far = (places[:, 0] - places[:, 1]).norm(dim=1) > 12
images, squares, places = images[far], squares[far], places[far]
for seed in range(3):
    numbers, maps = train_both(seed)
    with torch.no_grad():
        points, chance = 32 * numbers(images), maps(images).sigmoid()  # [n, 1, 16, 16]
    to_middle = (points - places.mean(dim=1)).norm(dim=1).mean()
    to_square = (points[:, None] - places).norm(dim=2).amin(dim=1).mean()
    on_each = (chance * squares).sum(dim=(0, 2, 3)) / squares.sum(dim=(0, 2, 3))
    print(
        f"seed {seed}: point {to_middle:.1f} px from the middle, {to_square:.1f} from a"
        f" square; map on the squares {on_each[0]:.2f} and {on_each[1]:.2f}"
    )

# %%
panes = [part for i in range(3) for part in (images[i], chance[i])]
axes = plots.image_grid(panes, 3 * ["two numbers", "a map"], columns=6, width=13)
for ax, point in zip(axes[::2], points[:3], strict=True):
    ax.plot(*point.tolist(), "X", color=plots.VERMILLION, markersize=12)
plots.show(axes, "two numbers and a map")

# %% [markdown]
# The two numbers point *between* the squares, where nothing is, nearly 8 pixels from either. That is no failure of
# training: the point with the least mean squared error is the mean. The map is between 0.5 and 0.6 on both squares:
# "here or there, and nowhere else".

# %% [markdown]
# This is our first reason for heatmaps. The second: a convolution answers in the same way wherever the hand is, as unit
# 05 has shown, while a linear layer must learn each place anew. The third: a map that is low everywhere says "I do not
# see it".

# %% [markdown]
# ## 3 · From joints to disks
#
# What is the target of a map? A single cell of 1 would call the cell beside it as wrong as one at the other end of the
# image. So we fill a **disk**: all cells whose centres are close to the joint.

# %% [markdown]
# By hand: a joint at (2.3, 1.6), in cells, and radius 1. The cell in row i and column j has its centre at (j + 0.5,
# i + 0.5). These are the distances:
#
# | | column 1 | column 2 | column 3 |
# |---|---|---|---|
# | row 0 | 1.36 | 1.12 | 1.63 |
# | row 1 | 0.81 | 0.22 | 1.20 |
# | row 2 | 1.20 | 0.92 | 1.50 |

# %% [markdown]
# **Predict:** which cells are filled? Where is the middle of these cells, and how far is it from the joint?

# %%
from course_lib.explorers.pose import middle, uppermost
from course_lib.explorers.skeletons import disk_map, disk_maps

joint = torch.tensor([2.3, 1.6])
small = disk_map(joint, (4, 5), radius=1)
print(small)
print("middle:", middle(small).round(2), "first cell:", uppermost(small))

# %% [markdown]
# Three cells: (row 1, columns 1 and 2) and (row 2, column 2). Their middle is (2.17, 1.83), 0.27 cells from the joint,
# although no single cell tells the fraction. The larger the disk, the better it remembers.

# %% [markdown]
# Every joint has a map of its own, so that a wrist in front of a hip disturbs nobody. Here they are all in one
# picture, for the photograph and a stride of 16 pixels.
#
# **Predict:** the map of her left wrist, which is not annotated: what is in it?

# %%
targets = disk_maps(astro.joints / 16, astro.annotated, (32, 32), radius=2)
wrist, shoulder = (LEEDS.joints.index(f"left {name}") for name in ("wrist", "shoulder"))
panes = [astro.image, targets.max(axis=0), targets[shoulder], targets[wrist]]
titles = ["seven joints", "all targets", "left shoulder", "left wrist"]
axes = plots.image_grid(panes, titles, columns=4, width=13)
draw_pose(axes[0], astro.joints, astro.annotated, LEEDS, hidden, size=5)
plots.show(axes, "disks of a real person")

# %% [markdown]
# Zeros. And that is dangerous: the loss must not read them as "the wrist is nowhere". Maps of joints that are not
# annotated are left out of it.

# %% [markdown]
# **Explorer: radius.** On the left a person, in the middle one joint's target with its true place (dot) and the cell
# that arg-max finds (cross).
#
# Try: (1) Make the radius smaller until joints vanish. (2) Compare the two errors in the words as the radius grows. (3)
# Can a large radius still tell the two hips apart?

# %%
from course_lib.explorers.pose import radius_explorer

radius_explorer(shown, LEEDS)

# %% [markdown]
# (1) Below 0.7 cells a disk may lie between the centres and have no cell at all. (2) The uppermost cell is off by
# nearly the radius; the middle gets better. (3) As targets yes, each has its map. But a network that fires anywhere
# within a large disk is right by the loss and imprecise all the same.

# %% [markdown]
# Many papers take a **Gaussian** instead: exp(−d² / 2σ²), 1 at the joint and smoothly less around it. It has a single
# highest cell, and its slopes tell the fraction. A disk asks only "near or not", and so suits a loss for two classes.

# %% [markdown]
# ## 4 · A needle in a haystack
#
# **Predict:** persons of 64 pixels, stride 4, radius 2: which share of all cells is positive?

# %%
import numpy as np


def tensors(persons, side=64, stride=4, radius=2):
    """Images, joints, whether they are annotated, and targets of all persons."""
    crops = [cropped(person, side) for person in persons]
    images = torch.stack([person.image for person in crops]) / 255
    joints = torch.stack([person.joints for person in crops])
    annotated = torch.stack([person.annotated for person in crops])
    size = side // stride, side // stride
    maps = [disk_maps(p.joints / stride, p.annotated, size, radius) for p in crops]
    return images, joints, annotated, torch.from_numpy(np.stack(maps))


images, joints, annotated, targets = tensors(train)
positive = targets[annotated].mean()
print(f"positive: {positive:.1%} of {targets[0, 0].numel()} cells")

# %% [markdown]
# About 5 %, in maps that are as coarse as 16 × 16. In maps of 64 × 64, as the hourglass paper has them, a disk of this
# size would be 0.3 %. Whoever answers "nowhere" is right in all other cells. Does a network learn just that?

# %% [markdown]
# We train one small network twice: with the plain mean over all cells, and with a weight for positive cells (PyTorch's
# `pos_weight`) so large that both kinds weigh the same in total. Same data, same 100 steps, three seeds.


# %%
def pose_net(width=24):
    """Five convolutions to stride 4, and one map per joint."""
    shapes = [(3, 16, 3, 2), (16, width, 3, 2), *3 * [(width, width, 5, 1)]]
    layers = []
    for inside, out, kernel, stride in shapes:
        conv = nn.Conv2d(inside, out, kernel, stride, kernel // 2, bias=False)
        layers += [conv, nn.BatchNorm2d(out), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(width, len(LEEDS.joints), 1))


def train_pose(seed, pos_weight, steps=100, batch=16):
    """A network of one seed; `pos_weight` is what a positive cell weighs."""
    torch.manual_seed(seed)
    net = pose_net()
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.01)
    for _ in range(steps):
        chosen = torch.randint(len(images), (batch,))
        counts = annotated[chosen]  # maps without an annotation are left out
        logits, truth = net(images[chosen])[counts], targets[chosen][counts]
        loss = F.binary_cross_entropy_with_logits(logits, truth, pos_weight=pos_weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return net.eval()


# %% [markdown]
# **Predict:** how high are the peaks of either network's maps? In how many maps does any cell exceed 0.5? And which
# network has its peak inside the true disk more often?

# %%
val_images, val_joints, val_annotated, val_targets = tensors(val)
weights = {"plain": torch.tensor(1.0), "balanced": (1 - positive) / positive}
nets = {name: [train_pose(seed, w) for seed in range(3)] for name, w in weights.items()}


@torch.inference_mode()
def tell(net, pictures=val_images):
    """The median peak; shares: maps and cells above 0.5, peaks inside the disk."""
    found = net(pictures).sigmoid().flatten(2)[val_annotated]  # [maps, cells]
    peak, cell = found.max(dim=1)
    inside = val_targets.flatten(2)[val_annotated].gather(1, cell[:, None])
    shares = [(peak > 0.5).float(), (found > 0.5).float(), inside]
    return [peak.median(), *(share.mean() for share in shares)]


heads = ("median peak", "maps above 0.5", "cells above 0.5", "peak in the disk")
print(" " * 10 + "".join(f"{head:>18}" for head in heads))
for name, some in nets.items():
    told = torch.tensor([tell(net) for net in some])
    means = zip(told.mean(dim=0), told.std(dim=0), strict=True)
    print(f"{name:10}" + "".join(f"{f'{m:.2f} ± {s:.2f}':>18}" for m, s in means))

# %% [markdown]
# With the plain mean, "no" is the safer answer everywhere: the median peak is 0.33, and hardly a map exceeds 0.5. The
# balanced network dares to say "yes" in every map, and says it too often: in 18 % of all cells, where 5 % are true.

# %% [markdown]
# Yet the peak lies in the true disk in 54 % of the plain maps and in 59 % of the balanced ones: no large difference.
# The plain loss nearly keeps the *order* of the cells, and arg-max asks for no more. What it loses is the meaning of
# the numbers: whether 0.3 is a joint or none.

# %% [markdown]
# Before we believe any of this: do these networks look at the image at all?
#
# **Predict:** we show the balanced ones a plain grey image in place of each person. In which share of the maps is the
# peak still in the disk?

# %%
grey = torch.full_like(val_images, 0.5)
inside = torch.tensor([tell(net, grey)[3] for net in nets["balanced"]])
print(f"grey images: peak in the disk {inside.mean():.2f} ± {inside.std():.2f}")

# %% [markdown]
# In 62 %, no fewer than with the persons. So in 100 steps these networks have learned where joints usually lie in a
# crop, one *mean pose* for everybody, and the image plays hardly any part. That is what a pose network has to beat
# first. Its score alone does not show whether it does; a grey image tells.

# %% [markdown]
# **Explorer: heatmaps.** What the exercise's larger network says after 900 steps, of twelve validation persons from the
# worst found to the best. The dot is the true joint, the cross where it is found.
#
# Try: (1) Go through the persons for the left wrist: does the spot follow? (2) Compare both ankles of persons 12 and 3.
# (3) Which of the two faces us?

# %%
from course_lib.data.pose import Person
from course_lib.explorers.pose import heatmap_explorer
from course_lib.trainings import pictures

told = {name: torch.from_numpy(array) for name, array in pictures("pose").items()}
parts = zip(told["images"], told["joints"], told["annotated"], strict=True)
whole = torch.tensor([0.0, 0, 64, 64])
viewed = [Person(image, *where, whole, "crop") for image, *where in parts]
heatmap_explorer(viewed, told["disks: heatmaps"] / 255, told["disks"], LEEDS)

# %% [markdown]
# (1) It does: this network looks. (2) Each map of an ankle has two bright places, one per foot. For person 12 the true
# foot is the brighter one in both maps, for person 3 the other one. (3) Person 12 does; we see person 3 from behind. So
# the network finds feet, and has to guess whose they are: "here or there", as in section 2.

# %% [markdown]
# ## 5 · From heatmaps back to places
#
# The obvious reading is the **arg-max**: the highest cell. Of a disk, all cells are equally high, and arg-max takes the
# first it meets, row by row: the uppermost.
#
# **Predict:** a disk of radius 2 cells. How far off is the uppermost cell on average? And the middle of all highest
# cells?


# %%
def mean_error(read, radius, places):
    """How far off `read` is on the disks of some places, in cells."""
    found = [read(disk_map(place, (32, 32), radius)) for place in places]
    return np.linalg.norm(np.stack(found) - places.numpy(), axis=1).mean()


somewhere = 8 + 16 * torch.rand(500, 2, generator=torch.Generator().manual_seed(0))
for radius in (1, 2, 4):
    first, mean = (mean_error(read, radius, somewhere) for read in (uppermost, middle))
    print(f"radius {radius}: uppermost {first:.2f} cells off, middle {mean:.2f}")

# %% [markdown]
# At radius 2 the uppermost cell is 1.75 cells off, which is 7 pixels at stride 4. The middle is off by 0.14 cells, half
# a pixel. So where several cells share the maximum, we take the mean of their centres.

# %% [markdown]
# A network's maps have no such plateaus, but a single highest cell. Its neighbours then tell to which side the joint
# lies: a blob at 1.9 peaks in column 1, whose centre is 1.5, and column 2 is higher than column 0. The usual remedy
# moves the place by a **quarter of a cell** towards the higher neighbour, in x and in y.

# %% [markdown]
# By hand, one row at stride 4:
#
# | column | 0 | 1 | 2 | 3 |
# |---|---|---|---|---|
# | value | 0.2 | 0.8 | 0.6 | 0.1 |
#
# The peak is column 1, its centre 1.5. The right neighbour is higher (0.6 > 0.2), so the place is 1.75 cells, or 7
# pixels.

# %% [markdown]
# **Predict:** how much does this shift help? Each error below is the mean over 4,000 Gaussians (σ = 1 cell) at random
# places. First without the shift: how large is it, in cells?

# %%
true = np.random.default_rng(0).uniform(8, 24, (4000, 2))  # x and y, in cells
centres = np.arange(32) + 0.5
rows = np.exp(-((centres - true[..., None]) ** 2) / 2)  # one row in x and one in y
peak = rows.argmax(axis=2)
before, after = (
    np.take_along_axis(rows, peak[..., None] + side, axis=2)[..., 0] for side in (-1, 1)
)
plain = peak + 0.5
shifted = plain + np.where(after > before, 0.25, -0.25)
off = {
    name: np.linalg.norm(found - true, axis=1).mean()
    for name, found in (("arg-max", plain), ("with a quarter", shifted))
}
print(", ".join(f"{name}: {error:.2f} cells" for name, error in off.items()))

# %%
strides = (1, 2, 4, 8, 16)
lines = {name: [error * stride for stride in strides] for name, error in off.items()}
ax = plots.curve(strides, lines, "stride (pixels per cell)", "mean error (pixels)")
plots.show(ax, "error against stride")

# %% [markdown]
# 0.38 cells without the shift, 0.19 with it: half. Both grow with the stride. At stride 4 we lose less than a pixel;
# at stride 16 three, or six without the shift. On noiseless maps, that is: a network's own mistakes come on top.

# %% [markdown]
# ## 6 · In the mirror
#
# Mirrored images are cheap new data. For classes that was all: a mirrored cat is a cat. But in the mirror a *left* hand
# becomes a *right* one.

# %% [markdown]
# By hand: an image 64 pixels wide, the left wrist at (40, 30), the right wrist at (22, 31). In the mirror x becomes 64
# − x: the places are (24, 30) and (42, 31). The first now belongs to the right wrist. So the names are exchanged: left
# wrist (42, 31), right wrist (24, 30). The top of the head moves, but keeps its name.

# %% [markdown]
# **Predict:** somebody mirrors images and places, but forgets the names. What will the map of the left wrist become,
# when half of the images are mirrored?

# %%
from course_lib.explorers.pose import draw_flip, flip_explorer

names = {"names exchanged": True, "forgotten": False}
pictures = [draw_flip(shown[0], LEEDS, "wrist", done)[0] for done in names.values()]
axes = plots.image_grid(pictures, list(names), columns=1, width=7)
axes[0].figure.set_size_inches(7, 5.4)
plots.show(axes, "what the mirror teaches")

# %% [markdown]
# The right-hand map is what the left wrist's map is taught on the plain image. With names exchanged, both images teach
# one place. With forgotten names half of the lessons point to the right wrist, and section 2 has shown what comes of
# it: 0.5 at both.

# %% [markdown]
# **Explorer: flip.**
#
# Try: (1) Which person suffers least from forgotten names? (2) For which joints does it matter least? (3) Where do both
# disks overlap, and why is that no comfort?

# %%
flip_explorer(shown, LEEDS)

# %% [markdown]
# (1, 2) It matters least where left and right lie close together: for hips and shoulders, most of all of somebody seen
# from the side. (3) Disks overlap between the two places, where neither joint is. There the map is 1, and arg-max goes
# there first.

# %% [markdown]
# ## 7 · How many are right?
#
# Ten pixels are a good guess for a tall person and a bad one for a small one. So a joint counts as right where its
# error is at most a share α of a **reference length** of that person. The share of right joints is **PCK**, the
# percentage of correct keypoints.

# %% [markdown]
# For Leeds Sports Pose the length is the torso, left shoulder to right hip, with α = 0.2; for MPII it is the head, with
# α = 0.5: **PCKh**.
#
# By hand: a person with a torso of 40 pixels and a head of 18 has four annotated joints, with errors of 3, 8, 8.5 and
# 20 pixels.
#
# **Predict:** PCK@0.2 and PCKh@0.5. Where is a joint exactly on the limit?

# %%
errors = [3, 8, 8.5, 20]
for name, limit in (("PCK@0.2, torso 40", 0.2 * 40), ("PCKh@0.5, head 18", 0.5 * 18)):
    right = [error <= limit for error in errors]
    print(f"{name}: limit {limit:g} px, {sum(right)} of 4 right: {np.mean(right):.2f}")

# %% [markdown]
# 0.50 and 0.75, for the same answers; the joint with an error of 8 pixels is exactly on the limit of the first, and
# counts. So "PCK 90 %" says nothing without α and the length.

# %% [markdown]
# **Predict:** is a torso always the same share of a person's height? How large, in pixels, are both limits in our
# crops of 64 pixels?

# %%
from dataclasses import replace

with_head = replace(LEEDS, ends=("neck", "head top"))
crops = [cropped(person, 64) for person in train if person.annotated.all()]
places = torch.stack([person.joints for person in crops])
known = torch.ones(places.shape[:2], dtype=torch.bool)
torso, head = (body.reference(places, known) for body in (LEEDS, with_head))
for name, limit in (("0.2 torso", 0.2 * torso), ("0.5 head", 0.5 * head)):
    low, half, high = limit.quantile(torch.tensor([0.1, 0.5, 0.9])).tolist()
    print(f"{name}: median {half:.1f} px, eight of ten from {low:.1f} to {high:.1f}")

# %%
from matplotlib.patches import Circle

pair = [shown[0], shown[2]]
axes = plots.image_grid([person.image for person in pair], columns=2, width=7)
for ax, person in zip(axes, pair, strict=True):
    draw_pose(ax, person.joints, person.annotated, LEEDS, size=4)
    for body, share, color in ((LEEDS, 0.2, plots.YELLOW), (with_head, 0.5, "white")):
        length = share * body.reference(person.joints[None], person.annotated[None])
        for joint in person.joints[[LEEDS.joints.index("right wrist"), 13]]:
            ax.add_patch(Circle(joint.tolist(), length.item(), fill=False, ec=color))
plots.show(axes, "two limits")

# %% [markdown]
# It is not: the torso is the distance between two points *in the image*, and shrinks when a person turns or bends. With
# it the limit goes from 2.5 to 4.3 pixels, although all crops are alike; for heads from 4.5 to 6.2. The median, 3.2, is
# less than one cell of stride 4!

# %% [markdown]
# ## 8 · Whose joints?
#
# One network, one map per joint: but which person's? Our crops answer it tacitly. The person meant is in the *middle*,
# and fills about the same share of each crop. We take the true boxes, and add a quarter of their length; in use, a
# detector such as unit 04's gives the boxes.

# %% [markdown]
# **Predict:** in how many of the validation crops is the head of *another* person, too?

# %%
from collections import defaultdict

HEAD = LEEDS.joints.index("head top")
by_scene = defaultdict(list)
for person in val:
    by_scene[person.name.partition(",")[0]].append(person)
groups = by_scene.values()


def square(x, y, edge):
    """Left, top and side of a square around (x, y)."""
    return round(x - edge / 2), round(y - edge / 2), round(edge)


def around(person, context):
    """The square that holds a person, `context` times the longer side of the box."""
    (x1, y1), (x2, y2) = person.box.view(2, 2).tolist()
    return square((x1 + x2) / 2, (y1 + y2) / 2, context * max(x2 - x1, y2 - y1))


def holds(square, place):
    """Whether a place (x, y) lies in a square."""
    left, top, edge = square
    x, y = place.tolist()
    return 0 <= x - left < edge and 0 <= y - top < edge


# %%
for context in (1, 1.25, 1.5, 2):
    crowded = 0
    for group in groups:
        heads = [(one, one.joints[HEAD]) for one in group if one.annotated[HEAD]]
        for person in group:
            place = around(person, context)
            crowded += any(
                holds(place, head) for one, head in heads if one is not person
            )
    print(f"context {context:4}: {crowded} of {len(val)}, {crowded / len(val):.0%}")

# %% [markdown]
# With our context of 1.25 another head lies in 9 % of the crops; with 1 in 7 %, with 2 in 16 %. A tight box cuts hands
# off, a wide one invites the neighbours. Then the map of "head top" has two right places, as in section 2, and only the
# middle of the crop says which is meant.

# %% [markdown]
# ## 9 · The hourglass
#
# Is this the left ankle or the right one? For that the network has to see the head and the shoulders. Where exactly
# *is* the ankle? For that it needs single pixels. Unit 05 knew this conflict as *what* and *where*.

# %% [markdown]
# By hand: how many 3 × 3 convolutions in a row does a cell need to see 32 cells to every side? Each adds one cell to
# every side: 32 layers at full resolution. If we halve the map four times first, 32 cells are 2, and two convolutions
# are enough.

# %% [markdown]
# An **hourglass** halves the map several times, computes at each size, and enlarges it again by repeating cells. At
# each size it *adds* what it saw there on the way down. Input and output have the same shape.

# %%
from course_lib.explorers.pose_pictures import draw_hourglass

plots.show(draw_hourglass(), "an hourglass")

# %% [markdown]
# **Predict:** an hourglass has three blocks on every level: one on the skip, at that level's size, and two below it, at
# half the size. One more stands at the bottom. If a block at full size costs 1, what do all the blocks of
# depth 4 cost together?

# %%
skips = [1 / 4**level for level in range(4)]  # a quarter of the cells per level
below = [2 / 4 ** (level + 1) for level in range(4)]
bottom = 1 / 4**4
print(f"skips {sum(skips):.2f} + below {sum(below):.2f} + bottom {bottom:.3f}", end=" ")
print(f"= {sum(skips) + sum(below) + bottom:.2f}")

# %% [markdown]
# 13 blocks cost as much as two at full size, because every level has a quarter of the cells. Thirty-two layers would
# cost 32. (The paper's network first shrinks the image by 4, and its blocks are residual ones with 256 channels.)

# %% [markdown]
# An hourglass and unit 05's decoder differ in one point: the decoder *stacks* the fine map and lets a convolution weigh
# it, the hourglass *adds*. So its channels stay the same at every size, and hourglasses can be put one behind another.

# %% [markdown]
# ### Stacked, with a loss for each
#
# The first hourglass's heatmaps can be wrong: both ankles on one leg, say. A second hourglass sees these maps, and the
# features, and can mend them: "if the left knee is here, the left ankle is there".

# %%
from course_lib.explorers.pose_pictures import draw_stack

plots.show(draw_stack(), "two hourglasses")

# %% [markdown]
# Each hourglass has heatmaps and a loss of its own, with the same targets: **intermediate supervision**. Otherwise
# nothing would make the first one's maps *heatmaps*, and its gradient would come through the whole second one. The
# paper calls repeated hourglasses together with these losses "critical to improving the performance of the network".

# %% [markdown]
# ### The network of the slides
# Rafi, Leibe and Gall asked for an *efficient* network. They take the first 17 layers of GoogLeNet with batch
# normalisation, enlarge the maps of layer 17, and stack those of layer 13 beside them: one skip. They train on crops of
# 256 × 256 without any pretraining. The loss is binary cross-entropy, like ours.

# %% [markdown]
# ## 10 · What three seeds say
#
# The exercise trains two hourglasses on **portraits**: Tinytown's persons one at a time, near and in the middle. Half
# of them look towards us and a sixth away from us. The course trained this network from three seeds, and others that
# differ in one thing each.

# %%
import textwrap
from course_lib.trainings import shipped

long = shipped("pose")
print(*textwrap.wrap(str(long), 88), sep="\n")

# %% [markdown]
# Failures first: six of the explorer's twelve persons, from the worst to the best; the truth above, what was found
# below.
#
# **Predict:** what will go wrong most often for persons who look away from us?

# %%
rows = [0, 1, 2, 5, 8, 11]
axes = plots.image_grid(told["images"][rows + rows], columns=6, width=12)
for ax, row in zip(axes[:6], rows, strict=True):
    draw_pose(ax, told["joints"][row], told["annotated"][row], LEEDS, size=3)
for ax, row in zip(axes[6:], rows, strict=True):
    everything = torch.ones(len(LEEDS.joints), dtype=torch.bool)
    draw_pose(ax, told["disks"][row], everything, LEEDS, size=3)
    ax.set(xlim=(0, 64), ylim=(64, 0))
plots.show(axes, "the worst to the best")

# %%
views = "from the front", "from behind", "from a side"
for name, runs in zip(
    views, long.results[f"disks: test PCK seen {', '.join(views)}"].T, strict=True
):
    print(f"seen {name:15} PCK@0.2 {runs.mean():.2f} ± {runs.std(ddof=1):.2f}")
grey = long.results["disks: test PCK of grey pictures"]
print(f"grey pictures        PCK@0.2 {grey.mean():.2f} ± {grey.std(ddof=1):.2f}")

# %% [markdown]
# From the front seven of ten joints are right, from behind and from a side five. The third person is seen from behind;
# below, most of blue and orange have changed places. Half of all persons look towards us, so the front is the better
# guess. Grey pictures leave next to nothing: this network is no mean pose.

# %% [markdown]
# **Predict:** which parts of the body are found most often, and which least often? The bars are ours; the diamonds are
# HRNet's of section 12 on MPII's validation photographs (from its authors' repository). Its measure is another one,
# PCKh@0.5, so compare the order only.

# %%
HRNET = {"head top": 97.1, "shoulder": 95.9, "elbow": 90.3, "wrist": 86.4}
HRNET |= {"hip": 89.1, "knee": 87.1, "ankle": 83.3}
per_joint = long.results["disks: test PCK per joint"].mean(axis=0)
ours = [
    100 * per_joint[[name.endswith(part) for name in LEEDS.joints]].mean()
    for part in HRNET
]
ax = plots.bars(list(HRNET), ours, "share of right joints, %", form="{:.0f}")
ax.plot(list(HRNET.values()), range(len(HRNET)), "D", color=plots.ORANGE)
plots.show(ax, "two networks, part by part")

# %% [markdown]
# In both, the head is found best, and along the arm each part less often than the one before: shoulder, elbow, wrist.
# HRNet's line falls along the leg, too; ours hardly does.

# %% [markdown]
# Now the other networks. **Predict:** order these five by PCK. Which of them will find both ankles in one place?

# %%
names = "disks", "Gaussians", "last hourglass alone", "not mirrored", "names forgotten"
heads = "PCK@0.2", "without sides", "pairs in a cell"
print("{:20} {:>13} {:>15} {:>17}".format("three seeds", *heads))
for name in names:
    kinds = ": test PCK", ": test PCK without sides", ": pairs within a cell"
    three = [long.results[name + kind] for kind in kinds]
    told_as = [f"{runs.mean():.2f} ± {runs.std(ddof=1):.2f}" for runs in three]
    print("{:20} {:>13} {:>15} {:>17}".format(name, *told_as))

# %% [markdown]
# With forgotten names 95 % of all pairs come together in one place, where 19 % truly are. If sides did not count, that
# network would be as good as the first: it knows where joints are, and not whose. Mirrored persons gain 0.02. Gaussians
# are 0.06 behind the disks, with this loss, which counts their cells from 0.5 on as positive.

# %%
for name in ("both losses", "the last loss"):
    runs = long.results[f"first hourglass's gradient from {name}"]
    print(f"first hourglass's gradient from {name:13} {runs.mean():.2f}")
first = long.results["disks: test PCK of the first hourglass"]
print(f"PCK@0.2 of the first hourglass, with a loss of its own: {first.mean():.2f}")

# %% [markdown]
# The first hourglass's own loss gains nothing here, against what the paper says of a deeper network. Two hourglasses
# are not deep: the last loss alone reaches the first one with a longer gradient than both losses (their mean). What its
# own loss does give is a first set of heatmaps, nearly as good as the second.

# %% [markdown]
# Last the radius. One trunk has a head for each of eight radii, so that all else is the same. **Predict** the best one,
# in cells of 4 pixels. Why might the smallest not be the best?

# %%
radii = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
both = {
    part: long.results[f"radii: {part} PCK"].mean(axis=0) for part in ("val", "test")
}
ax = plots.curve(radii, both, "radius in cells", "PCK@0.2, mean of three seeds")
ax.set_xscale("log", base=2)
ax.set_xticks(radii, radii)
plots.show(ax, "the radius that serves best")

# %% [markdown]
# The best one lies inside, at 1.5 cells, but from 0.5 to 2 cells the line is nearly flat. From 3 cells on it falls: the
# disks of both ankles are one, and the highest cell may be anywhere inside. At 0.5 a fifth of all disks falls between
# the centres, so that some joints teach nothing.

# %% [markdown]
# ## 11 · Check yourself
#
# Five questions. Answer in your head, then open.

# %% [markdown]
# **1.** A runner is seen from behind. The left wrist is hidden by the body, but its place is marked. Is it on the left
# or on the right of the picture, and does it count in PCK?
#
# <details><summary>Answer</summary>
#
# From behind, the person's left is the picture's left. Hidden joints with a place are annotated, so it counts.
# </details>

# %% [markdown]
# **2.** A network puts out coordinates, and for persons seen from the side it puts both wrists near the belly. What
# could be the reason?
#
# <details><summary>Answer</summary>
#
# It cannot tell which wrist is the left one. The least squared error is at the mean of both answers, between the hands.
# </details>

# %% [markdown]
# **3.** Targets are disks of radius 3 at stride 8. A friend decodes them with arg-max and finds an error of 22 pixels.
# Where does it come from?
#
# <details><summary>Answer</summary>
#
# From the uppermost cell, nearly 3 cells away, 22 to 24 pixels. The middle of all highest cells would be off by about
# a tenth of a cell, one pixel.
# </details>

# %% [markdown]
# **4.** After mirroring was added, PCK of wrists and ankles falls, that of the head stays. What was forgotten?
#
# <details><summary>Answer</summary>
#
# Names were not exchanged. The head has no side; wrists and ankles are the pairs that are furthest apart.
# </details>

# %% [markdown]
# **5.** A paper reports PCKh@0.5 = 90 %, another PCK@0.2 = 88 %. Which network is better?
#
# <details><summary>Answer</summary>
#
# Nobody can say: other lengths, other shares, perhaps other data. Compare only the same measure on the same images.
# </details>

# %% [markdown]
# ## 12 · Where this went (optional)
#
# **Part affinity fields.** Cao, Simon, Wei and Sheikh (*Realtime Multi-Person 2D Pose Estimation using Part Affinity
# Fields*, CVPR 2017; later *OpenPose*) need no crops. All persons' joints light up in the same maps; further maps hold
# the *direction* of each limb, which joins joints into persons. It came first in the COCO 2016 keypoints challenge.

# %%
from course_lib.explorers.pose_pictures import draw_field
from course_lib.explorers.skeletons import limbs

axes = plots.image_grid([shown[0].image] * 2, ["joints", "fields"], 2, width=8)
draw_pose(axes[0], shown[0].joints, shown[0].annotated, LEEDS, size=5)
for start, end, color in limbs(LEEDS):
    draw_field(axes[1], shown[0], (LEEDS.joints[start], LEEDS.joints[end]), color, 3)
plots.show(axes, "part affinity fields")

# %% [markdown]
# The arrows are what those maps are taught for one person: in the cells of each limb its direction, elsewhere nothing.
# To join an elbow to one of several wrists, one sums up how well the arrows between them agree.

# %% [markdown]
# **HRNet** (Sun, Xiao, Liu, Wang, *Deep High-Resolution Representation Learning for Human Pose Estimation*, CVPR 2019)
# never gives the fine map up: maps of several sizes run side by side and are fused again and again. It reaches a PCKh
# of 90.3 % on MPII's validation images, and an average precision of 75.5 on COCO's test-dev.

# %% [markdown]
# **ViTPose** (Xu, Zhang, Zhang, Tao, NeurIPS 2022) replaces all that by a plain vision transformer and a light decoder
# to heatmaps. Its largest network, of a billion parameters, reaches 80.9 on COCO's test-dev.

# %% [markdown]
# What stayed? One heatmap for each joint, a crop or a grouping that says whose, and a reading that is finer than a
# cell.

# %% [markdown]
# ## What to remember
#
# - Left and right are the person's. Hidden joints with a place count; "not annotated" says nothing.
# - The mean of two answers is a third, wrong one. A heatmap can say "here or there".
# - Disks need a balanced loss, or peaks stay low.
# - Crops make a mean pose right often: ask what a grey image gives.

# %% [markdown]
# - Decode the middle of equal maxima, or shift a quarter of a cell to the higher neighbour.
# - In the mirror, exchange names with places.
# - PCK needs α and a reference length. A crop's centre says whose joints are meant.
# - Hourglasses see far *and* fine; each has a loss.
#
# Next comes the exercise `06_pose`, where we write these parts.

# %% [markdown]
# ### Papers
#
# - A. Newell, K. Yang, J. Deng: *Stacked Hourglass Networks for Human Pose Estimation*, ECCV 2016
# - U. Rafi, B. Leibe, J. Gall: *An Efficient Convolutional Network for Human Pose Estimation*, BMVC 2016

# %% [markdown]
# - S. Johnson, M. Everingham: *Clustered Pose and Nonlinear Appearance Models for Human Pose Estimation*, BMVC 2010
#   (Leeds Sports Pose)
# - M. Andriluka, L. Pishchulin, P. Gehler, B. Schiele: *2D Human Pose Estimation: New Benchmark and State of the Art
#   Analysis*, CVPR 2014 (MPII)
# - Section 12 names its papers by authors, venue and year.
