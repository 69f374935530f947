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
# # 05 · Fully convolutional segmentation
#
# *Deep Learning Applications. About 75 minutes, with three explorers and the quiz; 10 more with what is marked
# "optional".*

# %% [markdown]
# After this lecture we can
#
# - turn a classifier into a network that labels every place of an image, and say when both agree exactly;
# - judge a map of classes by **mean IoU**, near borders too, and say why accuracy flatters;
# - enlarge maps, and avoid **checkerboards**;
# - explain how **skips**, **decoders** and **two streams** bring lost places back.

# %% [markdown]
# Our paper: Long, Shelhamer, Darrell, *Fully Convolutional Networks for Semantic Segmentation*, CVPR 2015. Every
# number below is computed in a cell, cited, or measured as the sentence beside it says.

# %% [markdown]
# Before most figures you will find a **Predict** line. Please write your guess down before you run the cell: a wrong
# guess teaches most.

# %% [markdown]
# ## 1 · Where is the cat?
#
# **Semantic segmentation** gives a class to every *pixel*. Nobody has to draw boxes first, and the answer has the
# shape of the image. We start with a network that was never trained for this: EfficientNet-Lite0, which names whole
# photographs.

# %%
import torch
from course_lib import plots
from course_lib.data.photos import photo
from course_lib.models import backbone, imagenet_classifier, imagenet_names

image = photo("chelsea")  # uint8 [3, 300, 451]
lite, last_layer, names = backbone("lite0"), imagenet_classifier(), imagenet_names()
breeds = ["tabby", "tiger cat", "Persian cat", "Siamese cat", "Egyptian cat"]
cats = [names.index(breed) for breed in breeds]
plots.show(plots.show_image(image, "Chelsea"), "a cat")

# %% [markdown]
# The network ends with a map of 1,280 channels, one cell per 32 × 32 pixels. It takes the *mean* over all cells, and
# one linear layer turns that vector into a thousand scores.
#
# What if we leave the mean out, and let the linear layer judge each cell by itself?

# %%
from torch.nn import functional as F


def resized(image, factor):
    """A photograph as the network takes it, `factor` times as large: [1, 3, h, w]."""
    pixels = image[None].float() / 255
    return F.interpolate(pixels, scale_factor=factor, mode="bilinear", antialias=True)


def cat_probability(vectors):
    """The summed probability of five breeds of cats, for vectors [..., 1280]."""
    return last_layer(vectors).softmax(dim=-1)[..., cats].sum(dim=-1)


@torch.inference_mode()
def cell_by_cell(pixels):
    """The probability of a cat for each cell of the network's last map: [i, j]."""
    return cat_probability(lite.features(pixels).permute(0, 2, 3, 1))[0]


# %% [markdown]
# However large the photograph is, a cell looks at the same number of *pixels* around it. The larger we make the
# photograph, the more cells lie on the cat, and the smaller is the part of the cat that each of them looks at.

# %% [markdown]
# **Predict:** we take the photograph at half, once, one and a half and twice its size. Where is the map brightest:
# the face, the fur, the ears? And at which size does it show the cat best?

# %%
from course_lib.explorers.shares import heat

factors = (0.5, 1, 1.5, 2)
maps = {factor: cell_by_cell(resized(image, factor)) for factor in factors}
tinted = [heat(image, cells, largest=1.0) for cells in maps.values()]
titles = [f"×{f}: {m.shape[0]} by {m.shape[1]} cells" for f, m in maps.items()]
axes = plots.image_grid(tinted, titles, columns=2, width=10)
axes[0].figure.set_size_inches(10, 7.4)
plots.show(axes, "cat or not")

# %% [markdown]
# Yellow means sure. At half the size nearly every cell on the face says "cat". The larger the photograph, the finer the
# map, but the fewer cells are sure: whiskers, the nose and the corners of the eyes remain, while plain fur is no cat.
#
# Nobody trained this map, and yet it shows *where*.

# %% [markdown]
# ### The window that slides
#
# The older way is to cut the photograph into overlapping squares of 224 pixels, the network's own size, and to ask
# the classifier about each. At twice the size and with a step of 32 pixels that makes 12 × 22 squares.

# %% [markdown]
# (We cut the photograph to multiples of 32, so that squares and cells lie on one grid.)
#
# **Predict:** each square has to go through the whole network. How many times longer does that take than our one
# pass?

# %%
import time


def windows(pixels, size, step):
    """All squares of `size` pixels, `step` pixels apart: [i, j, 3, size, size]."""
    squares = pixels[0].unfold(1, size, step).unfold(2, size, step)
    return squares.permute(1, 2, 0, 3, 4)


def timed(call, times=1):
    """What `call` returns, and the seconds of a processor that it takes on average."""
    start = time.process_time()
    for _ in range(times):
        answer = call()
    return answer, (time.process_time() - start) / times


# %%
twice = resized(image, 2)[..., :576, :896]
squares = windows(twice, 224, 32)
with torch.inference_mode():
    fours = [some for row in squares for some in row.split(4)]  # views: no copies
    slid, slow = timed(
        lambda: torch.cat([cat_probability(lite.embed(some)) for some in fours])
    )
slid = slid.view(squares.shape[:2])
cells, fast = timed(lambda: cell_by_cell(twice), times=3)
print(f"{squares.shape[0]} × {squares.shape[1]} windows: {slow:.1f} s")
print(f"one pass: {fast:.2f} s, {slow / fast:.0f} times faster")

# %%
seen = image[:, :288, :448]
corner = torch.tensor([[0.0, 0, 112, 112], [32, 32, 144, 144]])  # 224 pixels, halved
by_window = F.pad(slid, (3, 3, 3, 3))  # a window's answer in its middle cell
panes = [seen, heat(seen, by_window, 1.0), heat(seen, cells, 1.0)]
axes = plots.image_grid(panes, columns=3, width=13)
axes[0].figure.set_size_inches(13, 3.2)
plots.draw_boxes(seen, corner, ax=axes[0], colors=plots.YELLOW, title="two windows")
axes[1].set_title(f"windows: {slow:.1f} s")
axes[2].set_title(f"cells: {fast:.2f} s")
plots.show(axes, "window and one pass")

# %% [markdown]
# Expect a factor of 15 to 40: overlapping squares share most of their pixels, and the window computes them again each
# time. (The dark frame has no answers: no window has its middle there.)

# %% [markdown]
# But the maps differ. A window's answer comes from the mean over its 7 × 7 cells. We can have that mean in one pass,
# too.
#
# **Predict:** do the two agree then?

# %%
with torch.inference_mode():
    means = F.avg_pool2d(lite.features(twice), 7, stride=1).permute(0, 2, 3, 1)
    like_windows = cat_probability(means)[0]  # [12, 22]
print(f"mean difference to the windows: {(like_windows - slid).abs().mean():.2f}")

# %% [markdown]
# They do not: probabilities differ by about 0.4 on average. What else is different? Every convolution of this network
# pads its map with zeros. A cut-out square is surrounded by zeros on all sides; in the one pass the same pixels are
# surrounded by the photograph.

# %% [markdown]
# If that is the reason, the difference must shrink when we cut the squares with a margin of real pixels, and still
# take the mean over the 49 cells in the middle.
#
# **Predict:** how much of 0.4 is left with 64 pixels of margin, and with 128?

# %%
places = [(i, j) for i in (4, 7) for j in (4, 8, 12, 16)]
for margin in (0, 64, 128):
    gaps = []
    for i, j in places:
        top, left, side = 32 * i - margin, 32 * j - margin, 224 + 2 * margin
        square = twice[..., top : top + side, left : left + side]
        with torch.inference_mode():
            inner = lite.features(square)[..., margin // 32 :, margin // 32 :]
            answer = cat_probability(inner[..., :7, :7].mean(dim=(2, 3)))[0]
        gaps.append((answer - like_windows[i, j]).abs())
    print(f"margin {margin:3}: mean difference {torch.stack(gaps).mean():.2f}")

# %% [markdown]
# From 0.43 to 0.17 and 0.11: the more real pixels around the square, the smaller the difference. So the zeros were
# most of it. Before we trust the one pass, we have to know when it *equals* the window exactly.

# %% [markdown]
# ## 2 · A sliding classifier is a convolution
#
# First by hand. A linear classifier reads patches of 2 × 2 numbers, with these weights and the bias 1. We slide it
# over a map of 3 × 3:
#
# | weights | | | map | | |
# |---|---|---|---|---|---|
# | 1 | 2 | | 1 | 0 | 2 |
# | 0 | −1 | | 3 | 1 | 0 |
# | | | | 0 | 2 | 1 |

# %% [markdown]
# The patch at the top left is (1, 0 / 3, 1). Its score is 1·1 + 2·0 + 0·3 − 1·1 + 1 = 1.
#
# **Predict:** the scores of the other three patches. Which layer gives all four at once?

# %%
weights = torch.tensor([[1.0, 2], [0, -1]])
small_map = torch.tensor([[1.0, 0, 2], [3, 1, 0], [0, 2, 1]])
patches = small_map.unfold(0, 2, 1).unfold(1, 2, 1)  # [2, 2, 2, 2]
print("slid:", ((patches * weights).sum(dim=(2, 3)) + 1).tolist())
bias = torch.tensor([1.0])
convolved = F.conv2d(small_map[None, None], weights[None, None], bias)
print("convolved:", convolved[0, 0].tolist())

# %% [markdown]
# The scores are 1, 5 / 4, 1, and a convolution with the classifier's own weights gives them all. Nothing was trained
# anew; the weights have only been laid out as a square.

# %% [markdown]
# That holds for whole networks. Convolutions do not mind how large their input is. The first *linear* layer does: it
# wants, say, 48 channels of 7 × 7 cells. So it becomes a convolution with a 7 × 7 kernel, and all linear layers
# behind it become 1 × 1 convolutions. Now the network takes images of any size.

# %% [markdown]
# Is the answer really the same? We train a small classifier on squares of 64 pixels from drawn streets. It says what
# is at the *middle* of its square: one of eight kinds of things, or background.

# %%
from course_lib.data import tinytown
from course_lib.data.segmentation import segmentation

CLASSES = segmentation("val", 1).classes  # background, person, car …
scenes = tinytown.scenes("train", 400)
streets = torch.stack([scene.image for scene in scenes]) / 255
labels = torch.stack([scene.semantic for scene in scenes]).long()
middle_labels = labels[:, 32:97:8, 32:97:8]  # of the 9 × 9 squares, 8 pixels apart
print(list(streets.shape), list(middle_labels.shape))

# %%
from torch import nn


def patch_classifier(padding):
    """Three convolutions of stride 2, and the last layer over all cells of a square."""
    layers, widths = [], [3, 16, 32, 48]
    for inside, out in zip(widths, widths[1:], strict=False):
        conv = nn.Conv2d(inside, out, 3, stride=2, padding=padding, bias=False)
        layers += [conv, nn.BatchNorm2d(out), nn.ReLU()]
    cells = 7 + padding  # on each side, of a square of 64 pixels
    return nn.Sequential(*layers, nn.Conv2d(48, len(CLASSES), cells))


# %% [markdown]
# The last layer has a kernel as large as a square's whole map. On a square it has one place to stand, and computes
# what a linear layer would. On a street of 128 pixels it finds 9 × 9 places. So one pass over a street trains on 81
# squares at once.


# %%
def train_on_streets(padding, steps=300, batch=8):
    """A patch classifier, trained on whole streets."""
    torch.manual_seed(0)
    net = patch_classifier(padding)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.05)
    weight = torch.ones(len(CLASSES)).index_fill(0, torch.tensor(0), 0.3)
    for _ in range(steps):
        chosen = torch.randint(len(streets), (batch,))
        loss = F.cross_entropy(net(streets[chosen]), middle_labels[chosen], weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return net.eval()


nets = {"no padding": train_on_streets(0), "zero padding": train_on_streets(1)}

# %% [markdown]
# (Background counts 0.3 in the loss, since nine tenths of the pixels are background.) Both networks have a stride of
# 8. Now they see a street of 256 × 256 pixels. We cut it into squares of 64, 8 pixels apart, and compare with one
# pass over the whole street.

# %% [markdown]
# **Predict:** how many squares are there? How large is the largest difference between their probabilities: without
# padding, and with it?

# %%
large = tinytown.scenes("test", 1, 256)[0].image[None] / 255
squares = windows(large, 64, 8)
seconds = {}
with torch.inference_mode():
    for name, net in nets.items():
        whole, seconds["one pass"] = timed(
            lambda net=net: net(large).softmax(dim=1)[0], 20
        )
        rows, seconds["squares, 25 at a time"] = timed(
            lambda net=net: [net(row).softmax(dim=1)[:, :, 0, 0] for row in squares]
        )
        gap = (torch.stack(rows).permute(2, 0, 1) - whole).abs()
        print(f"{name:12}: largest {gap.max():.1g}, mean {gap.mean():.1g}")
    singles = squares.flatten(0, 1).split(1)
    seconds["squares, one at a time"] = timed(lambda: [net(one) for one in singles])[1]
print(f"{len(squares)} × {len(squares[0])} squares")

# %% [markdown]
# 25 × 25 = 625 squares. Without padding the two agree up to rounding, to about 10⁻⁶: the one pass *is* the sliding
# window. With zero padding they differ by about 0.006 on average, and by more than a half at the worst place: a
# square's border cells have seen zeros that the street does not have.

# %% [markdown]
# **Predict:** how much faster is the one pass? (Count pixels: 625 squares of 64 × 64 against one street of 256 ×
# 256.)

# %%
times = [1000 * value for value in seconds.values()]
colors = [plots.BLUE, plots.SKY, plots.ORANGE]
ax = plots.bars(list(seconds), times, "milliseconds", colors=colors)
ax.set_xscale("log")
plots.show(ax, "one pass and squares")
print(f"{times[1] / times[0]:.0f} and {times[2] / times[0]:.0f} times faster")

# %% [markdown]
# Expect 100 to 150 times faster than square by square, and 20 to 30 times faster than 25 squares at a time, which
# spares the overhead of the calls. The pixels promise 625 · 64² / 256² = 39: each pixel lies in up to 64 squares, and
# the one pass computes it once.

# %% [markdown]
# Two more conditions: the window moves by the network's own stride (between its cells the map has no answers), and
# batch normalisation is in evaluation mode (in training mode it would use the statistics of what it sees, a square's
# or a street's).

# %% [markdown]
# The paper measured the same with AlexNet on a GPU: 22 ms for a grid of 10 × 10 answers over 500 × 500 pixels, where
# one square takes 1.2 ms. That is more than five times faster with squares in efficient batches, and nearly 25 times
# without (section 3.1).

# %% [markdown]
# ## 3 · How good is a map of classes?
#
# By hand: an image of 100 pixels, 90 of them road and 10 a person. Two networks have 10 wrong pixels each:
#
# | truth | A: road | A: person | B: road | B: person |
# |---|---|---|---|---|
# | road | 90 | 0 | 82 | 8 |
# | person | 10 | 0 | 2 | 8 |

# %% [markdown]
# These are **confusion matrices**: a row for each true class, a column for each answer. **Pixel accuracy** is the sum
# of the diagonal over the sum of all. A class's **IoU** is what truth and answer share, divided by what at least one
# of them covers. **Mean IoU** is the mean over the classes.

# %% [markdown]
# **Predict:** accuracy and mean IoU of A and of B.

# %%
from torchmetrics.functional.classification import multiclass_jaccard_index

road_and_person = torch.tensor([0] * 90 + [1] * 10)
answers = {
    "A": torch.zeros(100, dtype=torch.long),
    "B": torch.tensor([0] * 82 + [1] * 8 + [0] * 2 + [1] * 8),
}
for name, answer in answers.items():
    right = (answer == road_and_person).float().mean()
    ious = multiclass_jaccard_index(answer, road_and_person, 2, average=None)
    road, person = ious.tolist()
    print(f"{name}: accuracy {right:.2f}, IoUs {road:.2f} and {person:.2f}, ", end="")
    print(f"mean {ious.mean():.2f}")

# %% [markdown]
# Accuracy is 0.90 for both, although A has found nobody. A's IoUs are 90/100 for road and 0/10 for the person, mean
# 0.45. B's are 82/92 and 8/18, mean 0.67: the 8 hits are divided by the 18 pixels that are truly the person (10) or
# only called so (8).

# %% [markdown]
# Now the classifier without padding, on 24 streets that it never saw. Beside it stands the simplest answer that there
# is: background everywhere.
#
# **Predict:** which of the two has the higher accuracy, and which the higher mean IoU?

# %%
tests = tinytown.scenes("test", 24)
test_streets = torch.stack([scene.image for scene in tests]) / 255
truth = torch.stack([scene.semantic for scene in tests]).long()[:, 32:97:8, 32:97:8]
with torch.inference_mode():
    found = nets["no padding"](test_streets).argmax(dim=1)
for name, answer in {"classifier": found, "background": 0 * truth}.items():
    right = (answer == truth).float().mean()
    mean_iou = multiclass_jaccard_index(answer, truth, len(CLASSES))
    print(f"{name:10}: accuracy {right:.2f}, mean IoU {mean_iou:.2f}")

# %% [markdown]
# The classifier loses in accuracy and wins in mean IoU. In its loss background counted 0.3, so it dares to name
# objects in 14 % of the places, and where it is wrong it pays in accuracy. Trained with a weight of 1 it names them in
# 4 %: its accuracy is 0.88, its mean IoU 0.13. Neither answer is good yet.

# %% [markdown]
# ### Void
#
# Along borders, annotators often cannot say what a pixel shows. VOC gives such pixels the label 255, **void**. They
# count neither as right nor as wrong, and only the *truth* decides which pixels these are.

# %%
with_void = road_and_person.clone()
with_void[88:92] = 255  # two of the road, two of the person
for name, answer in answers.items():
    mean_iou = multiclass_jaccard_index(answer, with_void, 2, ignore_index=255)
    print(f"{name}: mean IoU {mean_iou:.2f} on {int((with_void != 255).sum())} pixels")

# %% [markdown]
# B's errors lay partly there: its mean IoU rises to 0.75. A has still found nobody. A *prediction* is never void: a
# network that could leave out the hard pixels would always look good.

# %% [markdown]
# ### Near borders
#
# Most pixels lie deep inside a region, where every network is right. So we also count mean IoU in a **trimap**: only
# pixels near a true border (Kohli, Ladický, Torr, IJCV 2009). Here is a street, its true classes, and its trimap of 2
# pixels on either side.

# %%
from course_lib.explorers.masks import paint
from course_lib.metrics import near_border

street = tests[5]
mask = street.semantic
band = near_border(mask, width=2)
panes = [street.image, paint(mask), paint(mask.masked_fill(~band, 255))]
axes = plots.image_grid(panes, ["street", "classes", "trimap"], columns=3)
plots.show(axes, "street and trimap")

# %% [markdown]
# **Predict:** someone draws each object right, but two pixels too far to the right. What is the accuracy? And the
# mean IoU, over all pixels and in the trimap?

# %%
masks = torch.stack([scene.semantic for scene in tests]).long()
shifted = masks.roll(2, dims=2)
bands = torch.stack([near_border(mask, width=2) for mask in masks])
print(f"accuracy {(shifted == masks).float().mean():.2f}")
for name, some in {"all pixels": masks > -1, "trimap": bands}.items():
    mean_iou = multiclass_jaccard_index(shifted[some], masks[some], len(CLASSES))
    print(f"mean IoU, {name}: {mean_iou:.2f}")

# %% [markdown]
# Accuracy hardly notices (0.98). Mean IoU falls to 0.70: a leg that is 4 pixels wide keeps 2 of the 6 that truth and
# answer cover, a third. In the trimap it falls to 0.51. (*Boundary IoU* in the table of section 8 is this last
# number.)

# %% [markdown]
# **Explorer: threshold and confusion.** The probability of "person" comes from FCN-8s, which section 5 explains.
# Every pixel above the threshold counts as a person.
#
# Try: (1) Move the threshold from end to end: which of precision and recall rises, which falls? (2) Which threshold
# has the best IoU in scene 1, and is it best in the other scenes, too?

# %%
from course_lib.explorers.fcn import threshold_explorer
from course_lib.trainings import pictures

shown = pictures("segmentation")
with_persons = (shown["masks"] == 1).sum(axis=(1, 2)) > 100
some = (shown[key][with_persons] for key in ("images", "masks", "person"))
threshold_explorer(*some, label=1, name="person")

# %% [markdown]
# (1) A higher threshold keeps fewer pixels: recall can only fall, and precision mostly rises. (2) Scenes differ. So a
# threshold is chosen on *validation* images, over all of them, and then kept. The arg-max over classes needs none.

# %% [markdown]
# ## 4 · Making maps larger
#
# Our maps have one cell per 8 or 32 pixels, and we want a class for each pixel. By hand, one axis, from two cells to
# four pixels:
#
# | | | | | |
# |---|---|---|---|---|
# | cells | 4 | | 8 | |
# | nearest | 4 | 4 | 8 | 8 |
# | bilinear | 4 | 5 | 7 | 8 |

# %% [markdown]
# **Nearest** repeats a cell. **Bilinear** interpolation draws a straight line between the middles of the cells: a
# pixel a quarter of the way from 4 to 8 gets 5. Both are fixed. Can the network learn how to enlarge?

# %% [markdown]
# A **transposed convolution** does: each cell is multiplied by a kernel and stamped into the larger map, the stamps
# `stride` pixels apart, and where stamps overlap they add up. Bilinear enlargement is one such kernel, and FCN starts
# from it.

# %% [markdown]
# **Predict:** a row of four ones, stride 2, and a kernel of ones. What comes out with a kernel of 2, of 3, of 4?

# %%
row = torch.ones(1, 1, 4)
for kernel in (2, 3, 4):
    larger = F.conv_transpose1d(row, torch.ones(1, 1, kernel), stride=2)
    print(f"kernel {kernel}:", larger[0, 0].int().tolist())

# %% [markdown]
# With 2 and 4 the inside is even: every pixel lies under as many stamps as its neighbour. With 3 it alternates, 1, 2,
# 1, 2, since the stamps overlap on every other pixel. In two dimensions this is a **checkerboard**.

# %%
even = torch.ones(1, 1, 8, 8)
boards = []
for kernel in (2, 3, 4, 5):
    larger = F.conv_transpose2d(even, torch.ones(1, 1, kernel, kernel), stride=2)
    boards.append(0.8 * larger[0] / larger.max())
titles = [f"kernel {kernel}" for kernel in (2, 3, 4, 5)]
axes = plots.image_grid(boards, titles, columns=4, width=11)
plots.show(axes, "four kernels, stride 2")

# %% [markdown]
# The input was *constant*. A network can learn weights that cancel the pattern, but it has to fight for what a better
# kernel gives for free: choose a multiple of the stride, or interpolate and then convolve (Odena, Dumoulin, Olah,
# *Distill* 2016).

# %% [markdown]
# **Explorer: upsampling.** We average a true mask over cells, enlarge the cells again, and ask which pixels reach
# 0.5. The two transposed convolutions have equal weights.
#
# Try: (1) Factor 2 to 32 with *nearest*, then with *bilinear*: which IoU is higher, and where do legs go? (2) Find
# the checkerboard, and a factor at which it tears the object apart.

# %%
from course_lib.explorers.fcn import upsampling_explorer

objects = [scene.semantic > 0 for scene in tests if (scene.semantic > 0).sum() > 1200]
upsampling_explorer(objects[:6])

# %% [markdown]
# (1) In these streets straight lines beat squares up to a factor of 8. Beyond, both lose legs and stems, and at 32 a
# small object may vanish: the mean over so many pixels never reaches 0.5. (2) The kernel of 1.5 × factor. Already at
# 2 its IoU is below 0.75, and from 8 on the pattern cuts objects into pieces.

# %% [markdown]
# ## 5 · Skips: what and where
#
# After five halvings a cell covers 32 × 32 pixels. It knows well *what* is there, but hardly *where* its borders run.
# How much is lost already? We take the *true* classes, average them over cells of several sizes, and enlarge them
# bilinearly. No network takes part.
#
# **Predict:** which mean IoU is left with cells of 8, 16 and 32 pixels?

# %%
truths = F.one_hot(masks, len(CLASSES)).movedim(-1, 1).float()  # [24, 9, 128, 128]
left = {}
for cell in (2, 4, 8, 16, 32):
    cells = F.avg_pool2d(truths, cell)
    back = F.interpolate(cells, scale_factor=cell, mode="bilinear").argmax(dim=1)
    left[f"{cell} pixels"] = multiclass_jaccard_index(back, masks, len(CLASSES)).item()
ax = plots.bars(list(left), list(left.values()), "mean IoU of the truth", form="{:.2f}")
plots.show(ax, "what cells keep")

# %% [markdown]
# With 8-pixel cells 0.68 is left, with 32-pixel cells 0.25. A network could do somewhat better, since it may put into
# its cells what suits the enlargement best. But what no number of the map holds, such as the spokes of a wheel inside
# one cell, nothing behind it can draw.

# %% [markdown]
# Earlier maps of the same network still know where things are: their cells are smaller. But each cell sees little of
# the image, and so it knows less about *what* it sees. FCN lets both vote. A 1 × 1 convolution turns each map into
# scores of the classes; the coarser scores are enlarged twofold and *added* to the finer ones.

# %%
from course_lib.explorers.fcn_pictures import draw_skips

plots.show(draw_skips(), "three FCNs in one")

# %% [markdown]
# The networks are named by the stride of the finest map that votes: **FCN-32s** has no skip, **FCN-16s** one,
# **FCN-8s** two. What is left of the way to the pixels is one large enlargement.
#
# **Predict:** for which of the two steps, from 32 to 16 or from 16 to 8, is the gain larger?

# %%
paper = {"FCN-32s": 59.4, "FCN-16s": 62.4, "FCN-8s": 62.7}  # Long et al., table 2
ax = plots.bars(list(paper), list(paper.values()), "mean IoU, part of VOC 2011 val (%)")
plots.show(ax, "FCN in the paper")

# %% [markdown]
# The first: 3.0 points against 0.3. The authors speak of diminishing returns "with respect to the IU metric which
# emphasizes large-scale correctness", and stop there. Whether our streets agree, section 8 will show.

# %% [markdown]
# **Explorer: skip fusion.** Three networks with the same pretrained encoder, trained for 600 steps each on 400 drawn
# streets; these streets are from the validation split.
#
# Try: (1) Compare 32s with 8s where something is thin. (2) Find a scene in which the skips help little. (3) Where are
# the errors of FCN-8s?

# %%
from course_lib.explorers.fcn import skip_explorer

fcns = {name: shown[name] for name in ("FCN-32s", "FCN-16s", "FCN-8s")}
skip_explorer(shown["images"], shown["masks"], fcns, len(CLASSES))

# %% [markdown]
# (1) Legs and posts come out as blobs with 32s; with each skip the outlines come closer. (2) Where a network takes an
# object for another, borders help little. (3) Along the borders, and on objects smaller than its cells of 8 pixels.

# %% [markdown]
# ## 6 · Before FCN: several scales and superpixels (optional)
#
# Farabet, Couprie, Najman and LeCun (*Learning Hierarchical Features for Scene Labeling*, TPAMI 2013) met both
# problems earlier. To see far, they ran one convolutional network over the image at *several scales*, enlarged its
# maps and stacked them.

# %% [markdown]
# To find borders, they asked the image itself: **superpixels** are groups of neighbouring pixels of similar colour,
# and their outlines tend to follow those of objects. All pixels of a superpixel get one class. Our illustration uses
# the cat: we average the maps of section 1 over three scales, and let each superpixel take the majority.

# %%
from skimage.segmentation import mark_boundaries, slic

size = image.shape[1:]
several = [
    F.interpolate(maps[f][None, None], size, mode="bilinear") for f in (0.5, 1, 2)
]
cat = (torch.stack(several).mean(dim=0)[0, 0] > 0.5).float()
pixels = image.permute(1, 2, 0).numpy()
groups = torch.tensor(slic(pixels, n_segments=150, compactness=12, start_label=0))
members = groups.flatten().bincount()
share = groups.flatten().bincount(cat.flatten()) / members
by_group = (share > 0.5)[groups].float()

# %%
outlined = torch.tensor(mark_boundaries(pixels, groups.numpy())).permute(2, 0, 1)
panes = [heat(image, cat, 1.0), outlined.float(), heat(image, by_group, 1.0)]
titles = ["three scales, above 0.5", f"{len(members)} superpixels", "majority in each"]
axes = plots.image_grid(panes, titles, columns=3, width=13)
plots.show(axes, "scales and superpixels")

# %% [markdown]
# The outline now follows edges of the photograph. But fur is full of edges that are no borders of the cat, and ears
# that the map has missed stay missed: superpixels move a border, they do not find objects. In 2013 they made up for
# coarse maps; skips and decoders learn that work together with everything else.

# %% [markdown]
# ## 7 · Decoders and two streams
#
# FCN adds *scores*: nine numbers per cell, and a sum cannot weigh one map by what the other says. An
# **encoder–decoder** climbs back step by step and carries *features* along: enlarge the coarse map, stack the fine
# one beside it, and let a convolution combine the two (Ronneberger, Fischer, Brox, *U-Net*, MICCAI 2015).

# %%
from course_lib.explorers.fcn_pictures import draw_encoder_decoder

plots.show(draw_encoder_decoder(), "an encoder and a decoder")

# %% [markdown]
# **Predict:** the coarse map has 64 channels of 8 × 8 cells, the skip 32 channels of 16 × 16, and 32 channels shall
# come out. What is the shape of the stack, and how many weights has a 3 × 3 convolution behind it?

# %%
coarse, skip = torch.randn(1, 64, 8, 8), torch.randn(1, 32, 16, 16)
larger = F.interpolate(coarse, scale_factor=2, mode="bilinear")
stacked = torch.cat([larger, skip], dim=1)
combine = nn.Conv2d(96, 32, 3, padding=1, bias=False)
print(list(stacked.shape), "→", list(combine(stacked).shape))
print(f"{combine.weight.numel():,} weights")

# %% [markdown]
# The stack has 96 channels of 16 × 16 cells, and the convolution 96 · 32 · 9 = 27,648 weights. Adding would need
# none, but it would also need equal channels, and both maps to speak the same language.

# %% [markdown]
# ### Never lose the resolution
#
# Pohlen, Hermans, Mathias and Leibe (*Full-Resolution Residual Networks*, CVPR 2017) go further: why throw places
# away and fetch them back? Their network has **two streams**. The *pooling stream* y shrinks and sees far. The
# *residual stream* z keeps the size of the image.

# %%
from course_lib.explorers.fcn_pictures import draw_two_streams

plots.show(draw_two_streams(), "one unit, two streams")

# %% [markdown]
# In each unit the small stream reads the large one (pooled), computes as usual, and hands a **residual** back: a 1 ×
# 1 convolution, enlarged by repeating cells, *added* to z. Nothing else acts on z. So places survive from first to
# last, and, as in unit 00, a gradient reaches every unit directly.

# %% [markdown]
# **Predict:** what is the price? Take an image of 128 × 128 pixels: how many numbers has z with 8 channels, and y
# with 64 channels at stride 16?

# %%
z_numbers, y_numbers = 8 * 128 * 128, 64 * (128 // 16) ** 2
print(f"z: {z_numbers:,}; y: {y_numbers:,}; ratio {z_numbers / y_numbers:.0f}")

# %% [markdown]
# Memory: z has 131,072 numbers, 32 times as many as y, although it has few channels. All have to be kept for the
# backward pass. In the paper this network reached a mean IoU of 71.8 % on the Cityscapes streets, *without*
# pretraining.

# %% [markdown]
# The first four start from the same pretrained encoder. No pretrained network with two streams exists here, so FRRN
# starts from random weights. To be fair to it, FCN-8s is also trained from random weights, in the last row.

# %%
from course_lib.trainings import shipped

training = shipped("segmentation")
print(training)

# %% [markdown]
# **Predict:** the order of the five, over all pixels and near borders. Will it be the same?

# %%
NETWORKS = ("FCN-32s", "FCN-16s", "FCN-8s", "encoder–decoder", "FRRN")
kinds = ("mean IoU", "boundary IoU")
print(f"{'':20}{kinds[0]:>16}{kinds[1]:>18}   (mean ± standard deviation)")
for name in (*NETWORKS, "FCN-8s from scratch"):
    runs = [training.results[f"{name}: test {kind}"] for kind in kinds]
    cells = [f"{some.mean():.3f} ± {some.std(ddof=1):.3f}" for some in runs]
    print(f"{name:20}{cells[0]:>16}{cells[1]:>18}")

# %%
from matplotlib import pyplot

axes = pyplot.subplots(1, 2, figsize=(12, 3), layout="constrained", sharey=True)[1]
for ax, kind in zip(axes, kinds, strict=True):
    runs = [training.results[f"{name}: test {kind}"] for name in NETWORKS]
    plots.bars(NETWORKS, [some.mean() for some in runs], kind, ax=ax, form="")
    for row, some in enumerate(runs):
        ax.plot(some, [row] * len(some), "o", color=plots.ORANGE, markersize=5)
axes[1].invert_yaxis()  # both share the axis
plots.show(axes, "five networks")

# %% [markdown]
# The order of the pretrained four is the same over all pixels and near borders: 0.28, 0.35, 0.36 and 0.39 in mean
# IoU. From 16s to 8s the gain is 0.012, hardly more than the spread of three seeds. The paper found little there,
# too.

# %% [markdown]
# FRRN has 0.21, far below. But FCN-8s from scratch has 0.20, and near borders 0.136 against FRRN's 0.141: within the
# spread both are equal. So here *pretraining* is worth more than any of the architectures, and 600 steps do not show
# what two streams can do when they are trained for long, as in the paper.

# %% [markdown]
# Numbers hide *which* errors there are. Each row is a street: the truth, and then each network's answer with its
# errors in red below.

# %%
from course_lib.explorers.masks import mark_errors

wrong = (shown["FCN-8s"] != shown["masks"]).mean(axis=(1, 2))
best, worst = wrong.argmin(), wrong.argmax()


def draw_answers(i, width=14):
    """Street i: its true classes, those of each network, and where they are wrong."""
    street, mask = shown["images"][i], shown["masks"][i]
    found = [shown[name][i] for name in NETWORKS]
    above = [paint(mask), *map(paint, found)]
    below = [street, *(mark_errors(street, mask, one) for one in found)]
    titles = ["truth", *NETWORKS, "street", *["errors"] * len(found)]
    return plots.image_grid([*above, *below], titles, columns=6, width=width)


plots.show(draw_answers(best), "the easiest street")

# %% [markdown]
# **Predict:** that was the street with the fewest errors of FCN-8s. What will the one with the most look like: small
# things, thin things, or whole objects of another class?

# %%
plots.show(draw_answers(worst), "the hardest street")

# %% [markdown]
# Whole objects. A tree stands in front of a house, and no network finds both: most of the red is not a border but an
# object with another name, or none. In the easiest street the ball is right, and its outline gets closer from 32s to
# the decoder. Skips mend borders; they do not mend what was not recognised.

# %% [markdown]
# ## 9 · Check yourself
#
# Five questions. Answer in your head, then open.

# %% [markdown]
# **1.** A classifier ends with 512 channels of 7 × 7 cells and a linear layer for 10 classes. What does this layer
# become, and how many weights are new?
#
# <details><summary>Answer</summary>
#
# A convolution with a 7 × 7 kernel, from 512 channels to 10, without padding. It has the same 250,880 weights, in
# another shape; none is new.
# </details>

# %% [markdown]
# **2.** A friend compares one pass with a sliding window, without padding, and finds large differences. Her window
# moves by 4 pixels, the network's stride is 8, and the network is in training mode. What are her two mistakes?
#
# <details><summary>Answer</summary>
#
# The map has no answers for windows between its cells: only every second window has a partner. And batch
# normalisation in training mode uses the mean and variance of what it sees, which differ between a window and an
# image.
# </details>

# %% [markdown]
# **3.** A network has a pixel accuracy of 95 %. Is it good?
#
# <details><summary>Answer</summary>
#
# That cannot be said. With 95 % background, a network that finds nothing has that accuracy. Ask for the IoU of each
# class.
# </details>

# %% [markdown]
# **4.** Which kernels avoid a checkerboard in a transposed convolution with stride 4: 4, 6, 8 or 10?
#
# <details><summary>Answer</summary>
#
# 4 and 8, the multiples of the stride. With 6 and 10 some pixels lie under more stamps than their neighbours.
# </details>

# %% [markdown]
# **5.** FCN-32s is trained until its loss no longer falls. Will it learn to draw a signpost that is 3 pixels wide?
#
# <details><summary>Answer</summary>
#
# Hardly. Its scores have one cell per 32 × 32 pixels; a post fills a tenth of a cell at most. Where it stands within
# the cell would have to be told by these few numbers, and the enlargement is smooth.
# </details>

# %% [markdown]
# ## 10 · Where this went (optional)
#
# **U-Net** (Ronneberger, Fischer, Brox, MICCAI 2015) made the decoder as wide as the encoder. It won the ISBI cell
# tracking challenge 2015 by a large margin, trained on few images, and is widely used in medicine.

# %% [markdown]
# **Dilation and DeepLab.** Yu and Koltun (*Multi-Scale Context Aggregation by Dilated Convolutions*, ICLR 2016) see
# far without pooling: the kernel's taps stand apart, and no resolution is lost. *DeepLab* (Chen et al., TPAMI 2018)
# builds on it and reaches 79.7 % on VOC 2012, where FCN had 62.2 %.

# %% [markdown]
# **Mask R-CNN** (He, Gkioxari, Dollár, Girshick, ICCV 2017) joins units 04 and 05: a small fully convolutional
# network draws a mask inside each box. So two people side by side become two objects, which semantic segmentation
# cannot tell apart.

# %% [markdown]
# **SegFormer** (Xie et al., NeurIPS 2021) has a transformer with maps of four strides as its encoder, and a decoder
# of linear layers alone. Its largest network reaches 84.0 % on Cityscapes' validation set.

# %% [markdown]
# **SAM** (Kirillov et al., *Segment Anything*, ICCV 2023) drops the classes. One asks with a point or a box, and it
# answers with a mask of what is there. It was trained on 1.1 billion masks of 11 million images, collected with the
# model's own help.

# %% [markdown]
# What stayed? One pass for all places, a coarse map that knows *what*, a fine one that knows *where*, and mean IoU.

# %% [markdown]
# ## What to remember
#
# - A classifier that slides is a convolution: exactly so without padding, at its own stride, in evaluation mode.
# - Pixel accuracy flatters when one class is large; mean IoU gives every class the same say, a trimap looks at borders.
# - Enlarge by interpolation, or with a kernel that is a multiple of the stride.

# %% [markdown]
# - Deep maps know *what*, early maps *where*. FCN adds their scores, a decoder combines their features, and a residual
#   stream never gives places up.
# - Look at predictions, the worst ones first.
#
# Next comes the exercise `05_fcn`, where we write these parts and train with them.

# %% [markdown]
# ### Papers
#
# - J. Long, E. Shelhamer, T. Darrell: *Fully Convolutional Networks for Semantic Segmentation*, CVPR 2015
# - C. Farabet, C. Couprie, L. Najman, Y. LeCun: *Learning Hierarchical Features for Scene Labeling*, IEEE TPAMI 2013
# - O. Ronneberger, P. Fischer, T. Brox: *U-Net: Convolutional Networks for Biomedical Image Segmentation*, MICCAI 2015

# %% [markdown]
# - T. Pohlen, A. Hermans, M. Mathias, B. Leibe: *Full-Resolution Residual Networks for Semantic Segmentation in Street
#   Scenes*, CVPR 2017
# - A. Odena, V. Dumoulin, C. Olah: *Deconvolution and Checkerboard Artifacts*, Distill 2016
# - Section 10 names its papers by authors, venue and year.
