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
# # 00 · Convolutional networks, a recap
#
# *Deep Learning Applications. About 75 minutes, with the three explorers and the quiz.*

# %% [markdown]
# After this lecture we can
#
# - build the **four steps** of a layer by hand: convolve, rectify, pool, normalise;
# - count weights, responses and the pixels that a unit sees;
# - read a **training loop** aloud, and train a small LeNet with it;
# - say what AlexNet, VGG, GoogLeNet and ResNet added;
# - explain what a **shortcut** does for deep networks.

# %% [markdown]
# Run a cell with **Shift + Enter**. Before most figures you will find a **Predict** line: write your guess down before
# you run the cell. A guess that turns out wrong is the most useful thing that can happen to you here. All numbers are
# computed in a cell or cited.

# %% [markdown]
# ## 1 · Why not connect everything?
#
# A photograph is three tables of numbers, one for each colour. Here is Chelsea, whom we shall meet again.

# %%
import torch
from course_lib import plots
from course_lib.data.photos import photo

# whole numbers 0 … 255, shape [3, 300, 340]: channels, rows, columns
cat = photo("chelsea")[:, :, 40:380]
axes = plots.image_grid(
    [cat, *cat[:, None]], ["photograph", "red", "green", "blue"], columns=4, width=12
)
plots.show(axes, "photograph and channels")
print(cat[1, 100:104, 125:132])

# %% [markdown]
# The printed numbers are the green values where light is reflected in one eye. That is all a network gets.
#
# The simplest network connects every unit to every pixel. Take a grey image of 1000 × 1000 pixels and as many units in
# the first layer.
#
# **Predict:** how many weights is that? And if each unit sees only 10 × 10 pixels?

# %%
pixels, units = 1000 * 1000, 1000 * 1000
weights = {
    "every unit sees every pixel": units * pixels,
    "each sees its own 10 × 10": units * 10 * 10,
    "100 filters of 10 × 10, shared": 100 * 10 * 10,
}
ax = plots.bars(
    list(weights), list(weights.values()), "weights", colors=plots.BLUE, form="{:,.0f}"
)
ax.set(xscale="log", xlim=(1e3, 1e16))
plots.show(ax, "weights of one layer")

# %% [markdown]
# Two ideas, ten thousand times fewer weights each: look **locally**, and **share** the weights over all places. An edge
# is an edge wherever it is, so one detector serves the whole image. Such a shared set of weights is a **filter**.
#
# **Predict:** does sharing also save responses, the numbers that come out?

# %%
import time

filters = torch.nn.Conv2d(1, 100, kernel_size=10, bias=False)
# a tenth of the image: 100 of its 1000 rows of windows
tenth = torch.rand(1, 1, 109, 1009)
with torch.no_grad():
    filters(tenth)  # the first call is slower
    start = time.perf_counter()
    responses = filters(tenth)
seconds = time.perf_counter() - start
print(f"{filters.weight.numel():,} weights, {4 * filters.weight.numel() / 1e6:.2f} MB")
print(
    f"responses of a tenth: {list(responses.shape)}; of the image: "
    f"{10 * responses.numel():,}"
)
print(
    f"that is {10 * responses.nbytes / 1e6:.0f} MB, and about {10 * seconds:.1f} s on "
    "this machine"
)

# %% [markdown]
# It does not. Ten thousand weights give a hundred million responses: each filter answers at every place. "Only memory,
# not parameters", as the slide says, but here it is ten thousand times more memory than the weights take.

# %%
del responses, tenth

# %% [markdown]
# ## 2 · First step: convolve
#
# A filter lies on a window of the image. Each weight is multiplied by the pixel below it, and the products are summed.
# Let us do that once, where the light is reflected in her eye.

# %%
from torchvision.transforms.v2.functional import rgb_to_grayscale

grey = rgb_to_grayscale(cat)[0] / 255  # [300, 340], 0 black … 1 white
# right column minus left column
vertical = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
window = grey[100:103, 127:130]
print(window)
print(f"response: {(window * vertical).sum():.2f}")

# %% [markdown]
# A large number: the window gets brighter to its right, where the reflection begins. This filter measures how fast
# the image brightens from left to right (Sobel's, older than deep learning). In a network nobody chooses the weights:
# they are learned.

# %% [markdown]
# Now every window. Instead of visiting 100,724 of them we take nine shifted copies of the image, one for each weight,
# and add them up.
#
# **Predict:** the image has 300 × 340 pixels. How large is the map of responses?


# %%
def slide(image, kernel):
    """The response of a 3 × 3 kernel at every place of a grey image."""
    height, width = image.shape[0] - 2, image.shape[1] - 2
    total = torch.zeros(height, width)
    for i in range(3):
        for j in range(3):
            total += kernel[i, j] * image[i : i + height, j : j + width]
    return total


edges = slide(grey, vertical)
print(list(edges.shape))

# %%
from course_lib.explorers.cnn_recap import KERNELS, kernel_numbers, signed

# four filters [4, 3, 3]
bank = torch.stack([kernel_numbers(KERNELS[name]) for name in list(KERNELS)[:4]])
maps = [slide(grey, kernel) for kernel in bank]
axes = plots.image_grid(
    [signed(values) for values in maps], list(KERNELS)[:4], columns=4, width=13
)
plots.show(axes, "four responses")

# %% [markdown]
# 298 × 338: a window of 3 does not fit at the last two rows and columns. Red is positive, blue negative, white zero.
# (The blur has no negative response and is shown in grey.) Whiskers appear in one map, the nose's sides in the other.
#
# Does PyTorch agree?

# %%
from torch.nn.functional import conv2d

# images [1, 1, 300, 340], filters [4, 1, 3, 3]
library = conv2d(grey[None, None], bank[:, None])
print(
    list(library.shape),
    "largest difference:",
    (library[0] - torch.stack(maps)).abs().max().item(),
)

# %% [markdown]
# Equal, at most rounding apart. Two words of caution. PyTorch wants four axes: images, channels, rows, columns. And
# what networks call convolution is a *correlation*: signal processing turns the kernel by 180° first. Networks do not
# bother, since they learn the weights anyway.

# %% [markdown]
# ### Filters go through all channels
#
# With several channels, a filter has weights for each of them and **sums over the depth**. The smallest such filter
# sees a single pixel: a 1 × 1 convolution.
#
# **Predict:** we weigh red, green and blue by −½, 1 and −½. What in the photograph will light up?

# %%
green = conv2d(cat[None] / 255, torch.tensor([-0.5, 1.0, -0.5]).view(1, 3, 1, 1))[0, 0]
axes = plots.image_grid(
    [cat, signed(green)], ["photograph", "green − (red + blue) / 2"], columns=2, width=8
)
plots.show(axes, "one-by-one filter")

# %% [markdown]
# The eyes. A 1 × 1 filter mixes channels at one place; remember it for GoogLeNet.
#
# A layer with C channels in and K filters of k × k has C · k² · K weights and K biases, whatever the size of the image.

# %% [markdown]
# ### Stride, padding, dilation
#
# | word | what it does |
# |---|---|
# | stride *s* | windows lie *s* pixels apart |
# | padding *p* | *p* zeros around the image |
# | dilation *d* | weights lie *d* pixels apart |
#
# For h rows, the map has $\lfloor (h + 2p - d(k-1) - 1)\,/\,s \rfloor + 1$.

# %% [markdown]
# **Predict:** 64 rows, k = 3, s = 2, p = 0, d = 1. How many rows has the map?

# %%
from course_lib.explorers.cnn_recap import draw_convolution
from torchvision.transforms.v2.functional import resize

face = resize(grey[None, 20:270, 70:320], [64, 64])[0]  # Chelsea's face, 64 × 64
picture, words = draw_convolution(face, vertical, stride=2)
plots.show(picture, "convolution of the face", words=words)

# %% [markdown]
# 31: the last window would hang over the border and is left out. The yellow mark in the map is its strongest response;
# the nine yellow marks in the image are the pixels that it reads.

# %% [markdown]
# **Explorer: convolution.** The nine numbers can be changed.
#
# Try: (1) Which padding keeps the map at 64 × 64? (2) Raise the padding further: what appears at the border, and why?
# (3) Set the dilation to 6. (4) Write a kernel that finds *diagonal* edges.

# %%
from course_lib.explorers.cnn_recap import convolution_explorer

convolution_explorer(face)

# %% [markdown]
# (1) Padding 1. (2) A false edge: the step from zeros to fur is stronger than anything in the picture. (3) Wide windows
# with nine weights still. (4) For example −2 −1 0, −1 0 1, 0 1 2.

# %% [markdown]
# ## 3 · Second step: a non-linearity
#
# **Predict:** a second filter looks at the map of the first. Can two filters in a row see anything that a single one
# could not?

# %%
from torch.nn.functional import conv_transpose2d

blur = bank[3]
twice = slide(slide(grey, blur), vertical)
# 5 × 5: both kernels multiplied out
one_kernel = conv_transpose2d(vertical[None, None], blur[None, None])
once = conv2d(grey[None, None], one_kernel)[0, 0]
print(
    f"kernel {list(one_kernel.shape[2:])}, largest difference "
    f"{(twice - once).abs().max():.1e}"
)

# %% [markdown]
# No: they are equal to one filter of 5 × 5. However many we stack, the result stays *linear*. So something that is not
# linear must stand between: the **rectified linear unit**, ReLU. It replaces negative responses by 0.

# %%
by_hand = torch.where(edges > 0, edges, 0.0)
print("same as PyTorch:", torch.equal(by_hand, torch.relu(edges)))
brighter, darker = torch.relu(edges), torch.relu(-edges)
pictures = [signed(edges), signed(brighter), signed(darker)]
axes = plots.image_grid(
    pictures, ["response r", "ReLU(r)", "ReLU(−r)"], columns=3, width=12
)
plots.show(axes, "response and ReLU")

# %% [markdown]
# After the ReLU a unit says one thing: "brighter to the right, and how much". Nothing is said about the opposite, which
# another filter may tell. Earlier networks used tanh. AlexNet's authors measured that ReLU learns several times faster
# (Krizhevsky et al., NIPS 2012, figure 1).

# %% [markdown]
# ## 4 · Third step: pool
#
# Do we need to know an edge's place to the pixel? **Max pooling** keeps the largest response of each window, for each
# channel alone. For tiles of 2 × 2 we can cut the map into pairs of rows and columns.

# %%
from torch.nn.functional import max_pool2d

# row of tiles, row in it, column of tiles, column in it
tiles = brighter.view(149, 2, 169, 2)
pooled = tiles.amax(dim=(1, 3))
print(
    list(pooled.shape),
    "same as PyTorch:",
    torch.equal(pooled, max_pool2d(brighter[None, None], 2)[0, 0]),
)
smaller = [max_pool2d(brighter[None, None], 2**i)[0, 0] for i in range(4)]
titles = [
    f"{height} × {width}" for height, width in (values.shape for values in smaller)
]
axes = plots.image_grid(
    [signed(values) for values in smaller], titles, columns=4, width=13
)
plots.show(axes, "pooled maps")

# %% [markdown]
# A quarter of the numbers, and still a cat. Deeper layers get cheaper, and each of their windows covers more of the
# image. Pooling has no weights.

# %% [markdown]
# ### Is pooling "robust to translations"?
#
# Slides often say so. Let us take the sentence seriously, on one row of pixels: two bright, two dark, and so on.
#
# **Predict:** we move the row by one pixel. How does its pooled version change?

# %%
from torch.nn.functional import max_pool1d

row = torch.tensor([0.0, 0, 1, 1, 0, 0, 1, 1])
for moved in (row, row.roll(1), row.roll(2)):
    print(moved.int().tolist(), "→", max_pool1d(moved[None], 2)[0].int().tolist())

# %% [markdown]
# Stripes become a flat bright line, then stripes again. (The example is Zhang's, *Making Convolutional Networks
# Shift-Invariant Again*, ICML 2019.)
#
# Now Chelsea. We move her s pixels to the right, filter, pool, and move the *result* back. A layer that commutes with
# shifts gives the same map as without any shift.

# %%
from torch.nn.functional import pad

x, sobel = grey[None, None, :296, :336], vertical[None, None]


def filtered(x):
    """Edges that brighten to the right; the border continues on the other side, so that
    nothing is lost.
    """
    return conv2d(pad(x, (1, 1, 1, 1), "circular"), sobel).relu()


layers = {
    "convolution and ReLU": (filtered, 1),
    "then pooling, stride 2": (lambda x: max_pool2d(filtered(x), 2), 2),
    "then pooling, stride 4": (lambda x: max_pool2d(filtered(x), 4), 4),
}
shifts, changes = range(9), {}
for name, (layer, stride) in layers.items():
    still = layer(x)
    back = [layer(x.roll(s, dims=3)).roll(-(s // stride), dims=3) for s in shifts]
    changes[name] = [
        100 * float((map_ - still).abs().mean() / still.abs().mean()) for map_ in back
    ]

# %%
ax = plots.curve(
    shifts, changes, "shift of the photograph (pixels)", "change of the map (%)"
)
ax.set_ylim(-2, 1.6 * max(changes["then pooling, stride 4"]))
plots.show(ax, "shifted photograph")

# %% [markdown]
# Convolution commutes with every shift. Pooling of stride 2 does with *even* ones only: a single pixel changes its map
# by half. Stride 4 needs multiples of four. So pooling forgives only what happens inside a window. In the exercise we
# measure how much a whole network's answer moves.

# %% [markdown]
# ## 5 · Fourth step: normalise
#
# Filters speak at different volumes. Here are our four on four photographs, with one and the same colour scale.
#
# **Batch normalisation** (Ioffe, Szegedy, ICML 2015) brings each channel to mean 0 and deviation 1 over the batch and
# all places. Then a learned scale and offset follow.

# %%
from torchvision.transforms.v2.functional import center_crop

names = ["chelsea", "coffee", "astronaut", "rocket"]
photos = [
    resize(center_crop(rgb_to_grayscale(photo(name)), [300, 300]), [128, 128]) / 255
    for name in names
]
maps = conv2d(torch.stack(photos), bank[:, None])  # [4 images, 4 channels, 126, 126]
mean = maps.mean(dim=(0, 2, 3), keepdim=True)
variance = maps.var(dim=(0, 2, 3), keepdim=True, unbiased=False)
normal = (maps - mean) / (variance + 1e-5).sqrt()
norm = torch.nn.BatchNorm2d(4)  # its scale starts at 1, its offset at 0
print("largest difference to PyTorch:", f"{(norm(maps) - normal).abs().max():.1e}")

# %%
pictures = [signed(one, largest=3) for one in (*maps[0], *normal[0])]
titles = [
    f"mean {m:z.2f}, deviation {v**0.5:.2f}"
    for m, v in zip(mean.flatten(), variance.flatten(), strict=True)
]
axes = plots.image_grid(pictures, titles + ["normalised"] * 4, columns=4, width=12)
plots.show(axes, "batch normalisation")

# %% [markdown]
# Pale maps become visible, and all speak equally loud. Each next layer meets numbers of a known size, whatever the
# layers before it have learned.

# %% [markdown]
# **Mind the mode.** In training, mean and deviation are the batch's, so an answer depends on its neighbours.
# `model.eval()` switches to running averages that were collected on the way. A forgotten `eval()` is the most common
# error in this course.
#
# AlexNet normalised over neighbouring channels instead; VGG found that it does not help, and left it out.

# %% [markdown]
# ### One layer
#
# The four steps in the order that is usual today, from 3 channels to 16. (Normalising before the ReLU keeps mean 0.)
#
# **Predict:** what is the shape after each step, for 300 × 340 pixels?

# %%
layer = torch.nn.Sequential(
    torch.nn.Conv2d(3, 16, kernel_size=3, padding=1),
    torch.nn.BatchNorm2d(16),
    torch.nn.ReLU(),
    torch.nn.MaxPool2d(2),
)
x = cat[None] / 255
for step in layer:
    x = step(x)
    print(
        f"{type(step).__name__:12} {list(x.shape)}, "
        f"{sum(p.numel() for p in step.parameters())} parameters"
    )

# %% [markdown]
# ## 6 · What does a unit see?
#
# A unit of the first 3 × 3 layer sees 3 × 3 pixels. One layer up, a unit sees 3 × 3 *units*, and each of them sees a
# patch. What it sees in the end is its **receptive field**.
#
# **Predict:** three layers of 3 × 3. Does a unit on top see 9 × 9 pixels, or fewer, or more?

# %%
from course_lib.explorers.cnn_recap import draw_receptive_field

picture, words = draw_receptive_field(cat, [(3, 1, 1)] * 3, center=(185, 120))
plots.show(picture, "three layers", words=words)

# %% [markdown]
# 7 × 7: neighbouring windows overlap, so each layer adds only 2 pixels. On the right this patch is enlarged; a pixel is
# the brighter, the more paths lead from it to the unit. The middle counts most (Luo, Li, Urtasun, Zemel, NIPS 2016).

# %% [markdown]
# The authors of VGG (Simonyan, Zisserman, ICLR 2015) asked: why not one 7 × 7 layer, with C channels in and out?
#
# **Predict:** which has more weights?

# %%
three, one = 3 * 3**2, 7**2  # times C · C
print(
    f"three 3 × 3 layers: {three} C², one 7 × 7 layer: {one} C²; saved: "
    f"{1 - three / one:.0%}"
)

# %% [markdown]
# 45 % fewer weights, the same patch, and three ReLUs instead of one. Since then, small kernels have been the rule.
#
# Strides let a patch grow much faster. Three networks, each up to its last pooling:

# %%
import numpy as np

conv3, pool2 = (3, 1, 1), (2, 2, 1)  # kernel, stride, dilation
alexnet_start = [(11, 4, 1), (3, 2, 1), (5, 1, 1), (3, 2, 1)]
stacks = {
    "LeNet-5, 1998": [(5, 1, 1), pool2] * 2,
    "AlexNet, 2012": [*alexnet_start, conv3, conv3, conv3, (3, 2, 1)],
    "VGG-16, 2014": [conv3, conv3, pool2] * 2 + [conv3, conv3, conv3, pool2] * 3,
}
pictures = [
    draw_receptive_field(cat, stack, center=(185, 140))[0][:, :340]
    for stack in stacks.values()
]
axes = plots.image_grid(pictures, list(stacks), columns=3, width=13)
plots.show(axes, "what three networks see")

# %% [markdown]
# LeNet's images have 32 × 32 pixels, so a patch of 16 is half a digit. AlexNet's units see 195 and VGG's 212 of their
# 224 or so pixels: nearly everything, so that a unit may stand for a whole cat's face.

# %% [markdown]
# **Explorer: receptive field.** All layers of the stack are alike. Red dots: neighbouring units.
#
# Try: (1) Five layers of 3 × 3: stride 1 or 2 in each? (2) See 25 × 25 pixels at total stride 1 with as few weights
# as you can. (3) Look at the right picture for dilation 3. What is left out?

# %%
from course_lib.explorers.cnn_recap import receptive_field_explorer

receptive_field_explorer(cat, center=(185, 140))

# %% [markdown]
# (1) 11 pixels against 63. (2) Four layers of 3 × 3 with dilation 3, 36 weights; one layer would take 625. (3) Equal
# dilations leave a grid of holes: nearly eight of nine pixels are never read. Networks that dilate therefore mix their
# dilations.

# %% [markdown]
# ## 7 · LeNet, and how a network learns
#
# LeCun, Bottou, Bengio, Haffner, *Gradient-based learning applied to document recognition*, Proceedings of the IEEE,
# 1998: two layers as above, then linear ones. It read millions of bank cheques.
#
# We have real handwritten digits too, smaller ones: 8 × 8 pixels (Alpaydin, Kaynak, 1998; from scikit-learn).

# %%
from course_lib.data import digits

images, labels = digits("train")
test_images, test_labels = digits("test")
print(
    f"{len(images)} images for training, {len(test_images)} for testing, of "
    f"{list(images.shape[1:])}"
)
axes = plots.image_grid(
    list(1 - images[:10]), [str(n) for n in labels[:10].tolist()], columns=10, width=10
)
plots.show(axes, "digits for LeNet")

# %% [markdown]
# Our network is LeNet-5 in small: convolve, rectify, pool, twice; then two linear layers. (LeNet-5 has 60,000 weights,
# wider layers, and tanh in place of ReLU.)
#
# **Predict:** how many of its weights sit in the convolutions?

# %%
from torch import nn

torch.manual_seed(0)
lenet = nn.Sequential(
    *(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),  # [8, 4, 4]
    *(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),  # [16, 2, 2]
    *(nn.Flatten(), nn.Linear(64, 32), nn.ReLU()),  # [32]
    nn.Linear(32, 10),  # one number for each digit
)
for name, part in (("convolutions", lenet[:6]), ("linear layers", lenet[6:])):
    print(name, sum(weights.numel() for weights in part.parameters()))

# %% [markdown]
# ### The loop
#
# To learn is to repeat one step: look at a few images, measure how wrong we are, move every weight a little against its
# gradient. This is the loop with which all units of this course train. Read it once, line by line.

# %%
from course_lib.training import learning_rate


def fit(model, batch, loss, steps, lr):
    """Train `model` in place: batch(step) gives data, loss(model, *data) one number.

    Returns the loss of each step.
    """
    groups = [{"params": [p for p in model.parameters() if p.requires_grad]}]
    optimizer = torch.optim.AdamW(groups, lr, weight_decay=1e-4)
    rates = [group["lr"] for group in optimizer.param_groups]
    losses = []
    for step in range(steps):
        for group, highest in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = learning_rate(step, steps, highest)
        data = batch(step)
        optimizer.zero_grad()
        value = loss(model, *data)
        losses.append(value.item())
        value.backward()
        optimizer.step()
    return losses


# %% [markdown]
# **Before the loop.** `groups` are the weights that may change, `AdamW` is the rule that changes them (Adam: Kingma,
# Ba, ICLR 2015; the W: Loshchilov, Hutter, ICLR 2019). `rates` keeps the highest learning rate of each group. Here
# there is one group; later units give early layers a smaller rate than late ones.

# %% [markdown]
# **In the loop:**
#
# - `group["lr"] = …`: how far we move at this step;
# - `data = batch(step)`: a few images and their labels;
# - `zero_grad()`: forget the gradients of the step before, since PyTorch *adds* new ones;
# - `value = loss(…)`: forward; how wrong are we?

# %% [markdown]
# - `losses.append(value.item())`: note it as a plain number;
# - `value.backward()`: the gradient of the loss for every weight;
# - `optimizer.step()`: move the weights.
#
# `course_lib/training.py` holds this loop word for word, plus conveniences: GPUs, half precision, a progress bar, going
# on after a crash, an error where the loss is no number. A test keeps the two equal.

# %%
rates = [learning_rate(step, 300, 0.01) for step in range(300)]
ax = plots.curve(range(300), {"learning rate": rates}, "step", "learning rate")
plots.show(ax, "learning rate by step")

# %% [markdown]
# A short warm-up, while everything is still random; then less and less, so that the weights come to rest.
#
# What remains is what differs from task to task: the batch and the loss. Ours is **cross-entropy**, minus the logarithm
# of the probability that the network gives to the right digit.


# %%
def batch(step):
    """64 digits with their labels; which ones depends on the step alone, so that a run
    can be repeated.
    """
    chosen = torch.randint(
        len(images), (64,), generator=torch.Generator().manual_seed(step)
    )
    return images[chosen], labels[chosen]


def loss(model, x, y):
    """The mean cross-entropy of the model's answers."""
    return nn.functional.cross_entropy(model(x), y)


# %% [markdown]
# **Predict:** before training, the network knows nothing of ten digits. What should the loss be at step 0? (A loss that
# starts elsewhere is a sign of an error. Always look.)

# %%
start = time.perf_counter()
losses = fit(lenet, batch, loss, steps=300, lr=0.01)
print(
    f"{time.perf_counter() - start:.1f} s; loss {losses[0]:.2f} at first, "
    f"{losses[-1]:.3f} at last"
)
ax = plots.curve(range(300), {"loss": losses}, "step", "cross-entropy on the batch")
ax.axhline(np.log(10), color=plots.ORANGE, linestyle="--")
plots.show(ax, "loss by step")

# %% [markdown]
# About ln 10 = 2.30 (dashed): probability 1/10 for each digit. Then it falls, unevenly, since each step sees other
# images.
#
# The loss on images that the network has seen says little. How does it do on the other 500?

# %%
lenet.eval()
with torch.no_grad():
    answers = lenet(test_images).argmax(dim=1)
wrong = (answers != test_labels).nonzero()[:, 0]
print(f"{1 - len(wrong) / len(answers):.1%} right, {len(wrong)} wrong")
shown = wrong[:8]
titles = [
    f"{t}, not {a}"
    for t, a in zip(test_labels[shown].tolist(), answers[shown].tolist(), strict=True)
]
axes = plots.image_grid(list(1 - test_images[shown]), titles, columns=8, width=11)
plots.show(axes, "LeNet's mistakes")

# %% [markdown]
# Expect some 97 %. Always look at the failures: some of these are hard for us, too.
#
# And what did the first layer learn? Nobody gave it edges.

# %%
kernels, one = lenet[0].weight.detach()[:, 0], test_images[:1]
with torch.no_grad():
    seen = lenet[0](one)[0].relu()
pictures = [
    1 - one[0, 0],
    *map(signed, kernels),
    0 * one[0, 0] + 1,
    *(values / seen.max() for values in seen),
]
titles = ["a digit", *["filter"] * 8, " ", *["response"] * 8]
axes = plots.image_grid(pictures, titles, columns=9, width=12)
plots.show(axes, "first layer's filters")

# %% [markdown]
# Some filters have a red and a blue side: edges, as in section 2. Others answer to ink of any shape, or to none in this
# digit. All were learned from 1,297 digits in seconds.

# %% [markdown]
# ## 8 · ImageNet, 2012
#
# For fourteen years this stayed a tool for small images. Then came ImageNet: 1.2 million photographs of 1,000 classes,
# and a yearly contest, ILSVRC. An answer counts as right when the class is among the five best guesses.
#
# **Predict:** in 2011 the best team was wrong on 26 %. And in 2012, with the first convolutional network?

# %%
top5 = {
    "2010 · features and SVM": 28.2,
    "2011 · features and SVM": 25.8,
    "2012 · AlexNet, 8 layers": 16.4,
    "2013 · Clarifai": 11.7,
    "2014 · VGG, 16 and 19 layers": 7.3,
    "2014 · GoogLeNet, 22 layers": 6.7,
    "a person": 5.1,
    "2015 · ResNet, 152 layers": 3.6,
    "2017 · SENet": 2.3,
}
colors = [plots.ORANGE] * 2 + [plots.BLUE] * 4 + [plots.GREEN] + [plots.BLUE] * 2
ax = plots.bars(
    list(top5),
    list(top5.values()),
    "ILSVRC top-5 error on the test set (%)",
    colors=colors,
)
plots.show(ax, "ILSVRC by year")

# %% [markdown]
# Sources: to 2014 and the person (one expert): Russakovsky et al., IJCV 2015, without outside data.
# ResNet's 3.57: He et al., CVPR 2016. SENet's 2.25: Hu, Shen, Sun, CVPR 2018.
#
# *A slip to know about:* the slide gives VGG 6.7 %. As submitted it had 7.3 %; GoogLeNet had 6.67 %.

# %% [markdown]
# ### AlexNet
#
# Krizhevsky, Sutskever, Hinton, *ImageNet Classification with Deep Convolutional Neural Networks*, NIPS 2012. What was
# new? ReLU, two GPUs, more data by shifts and mirroring, and **dropout**. In training, each unit is silenced with
# probability ½, so that none can rely on another.

# %%
torch.manual_seed(0)
dropout = nn.Dropout(0.5)
print(dropout(torch.ones(8)), dropout.eval()(torch.ones(8)))

# %% [markdown]
# The survivors are doubled, so that the sum stays the same on average; in `eval()` nothing is dropped.
#
# AlexNet's abstract speaks of 60 million parameters and 650,000 neurons. We count. Its two GPUs are two **towers**: a
# filter of layer 2, 4 or 5 sees only the half of the channels that lies on its own GPU.

# %%
linear = [(4096, 1, 256 * 6 * 6, 1), (4096, 1, 4096, 1), (1000, 1, 4096, 1)]
networks = {  # filters, kernel, channels that a filter sees, side of the map
    "paper, two towers": [
        (96, 11, 3, 55),
        (256, 5, 48, 27),
        (384, 3, 256, 13),
        (384, 3, 192, 13),
        (256, 3, 192, 13),
    ],
    "torchvision, one": [
        (64, 11, 3, 55),
        (192, 5, 64, 27),
        (384, 3, 192, 13),
        (256, 3, 384, 13),
        (256, 3, 256, 13),
    ],
}

# %%
for name, layers in networks.items():
    parameters = [
        filters * (kernel**2 * seen + 1) for filters, kernel, seen, _ in layers + linear
    ]
    units = [filters * side**2 for filters, _, _, side in layers + linear]
    print(f"{name}: {sum(parameters):,} parameters, {sum(units):,} units")

# %%
from torchvision.models import alexnet, googlenet, vgg16

with torch.device("meta"):  # the structure, without memory for the weights
    models = {
        "AlexNet": alexnet(),
        "VGG-16": vgg16(),
        "GoogLeNet": googlenet(aux_logits=False, init_weights=False),
    }
counts = {
    name: sum(weights.numel() for weights in model.parameters())
    for name, model in models.items()
}
print(counts)

# %% [markdown]
# torchvision's AlexNet is not the paper's. It follows a later one-tower version (Krizhevsky, *One weird trick*, 2014):
# fewer filters, each seeing all channels. The linear layers, which hold most parameters, are the same.
#
# The paper says 224 pixels, but (224 − 11) / 4 is no whole number; 227 gives the 55 × 55 map. torchvision pads by 2
# instead.

# %% [markdown]
# **Predict:** where are the 61 million parameters, and where the units: in the convolutions or in the linear layers?

# %%
import matplotlib.pyplot as plt

names = [f"conv{i}" for i in range(1, 6)] + ["fc6", "fc7", "fc8"]
axes = plt.subplots(1, 2, figsize=(12, 3.6), layout="constrained")[1]
colors = [plots.BLUE] * 5 + [plots.ORANGE] * 3
plots.bars(names, [n / 1e6 for n in parameters], "million parameters", axes[0], colors)
plots.bars(names, [n / 1e3 for n in units], "thousand units", axes[1], colors)
plots.show(axes, "AlexNet by layer")

# %% [markdown]
# The linear layers hold 96 % of the parameters, the convolutions 98 % of the units. It is section 1 again: sharing
# saves weights, not responses.

# %% [markdown]
# ## 9 · Deeper: VGG and GoogLeNet
#
# **VGG** (Simonyan, Zisserman, ICLR 2015) is the simplest recipe: only 3 × 3 convolutions, 2 × 2 pooling after every
# two or three, twice the channels after each pooling. 16 or 19 layers with weights. Its 138 million parameters are
# again mostly linear: 102 million in a single layer.

# %% [markdown]
# **GoogLeNet** (Szegedy et al., *Going Deeper with Convolutions*, CVPR 2015) has 22 layers and a twentieth of the
# parameters. It averages the last map over all places instead of the large linear layers. And its **Inception** modules
# let 1 × 1, 3 × 3 and 5 × 5 filters and pooling work side by side.
#
# **Predict:** side by side, channels add up. What is the trouble with stacking nine such modules?

# %%
from course_lib.explorers.depth import draw_inception

# channels in; 1×1; reduction, 3×3; reduction, 5×5; after pooling
inception_3a = (192, 64, 96, 128, 16, 32, 32)
axes = plt.subplots(1, 2, figsize=(12, 3.6), layout="constrained")[1]
draw_inception(*inception_3a, reduced=False, ax=axes[0])
draw_inception(*inception_3a, ax=axes[1])
plots.show(axes, "inception modules")

# %% [markdown]
# The naive module more than doubles the channels each time: pooling hands all 192 through. A 1 × 1 convolution before
# each expensive branch, and after the pooling, reduces the depth first. What does that save, counted in
# multiply–adds on a map of 28 × 28?

# %%
places = 28 * 28
naive = {"1×1": 192 * 64, "3×3": 192 * 128 * 9, "5×5": 192 * 32 * 25, "pool": 0}
reduced = {
    "1×1": 192 * 64,
    "3×3": 192 * 96 + 96 * 128 * 9,
    "5×5": 192 * 16 + 16 * 32 * 25,
    "pool": 192 * 32,
}
rows = [f"{branch}, {kind}" for branch in naive for kind in ("naive", "reduced")]
values = [places * cost[branch] / 1e6 for branch in naive for cost in (naive, reduced)]
ax = plots.bars(
    rows, values, "million multiply–adds", colors=[plots.ORANGE, plots.BLUE] * 4
)
plots.show(ax, "cost of the branches")
print(
    f"naive {places * sum(naive.values()) / 1e6:.0f}, reduced "
    f"{places * sum(reduced.values()) / 1e6:.0f} million"
)

# %% [markdown]
# Less than half, and the module after it gets 256 channels instead of 416. torchvision's version, branch by branch:

# %%
from torchvision.models.googlenet import Inception

module, x = Inception(*inception_3a).eval(), torch.zeros(1, 192, 28, 28)
for branch in (module.branch1, module.branch2, module.branch3, module.branch4):
    print(list(branch(x).shape))
print("together", list(module(x).shape), "· its 5×5:", module.branch3[1].conv)

# %% [markdown]
# Look at the last line: torchvision's "5 × 5" is a 3 × 3, an old slip kept because its weights were trained so. It also
# adds batch norm, unknown in 2014. Hence the 6,624,904 parameters counted above.

# %% [markdown]
# A gradient has a long way through 22 layers. GoogLeNet therefore trains two **auxiliary classifiers** on maps half-way
# up, and throws them away afterwards. Much deeper networks did not train, until a simpler idea came.

# %% [markdown]
# ## 10 · Residual networks
#
# He, Zhang, Ren, Sun, *Deep Residual Learning for Image Recognition*, CVPR 2016, begins with a riddle. With batch norm,
# plain networks do train. But on ImageNet 34 plain layers are worse (28.5 % top-1 error) than 18 (27.9 %), *on the
# training images too*.

# %% [markdown]
# So it is not overfitting. The deeper network could copy the 18 layers and let the other 16 do nothing. Training does
# not find that.
#
# **Predict:** how would you make "doing nothing" easy for a pair of layers?

# %%
from course_lib.explorers.depth import draw_residual

axes = plt.subplots(1, 2, figsize=(7, 4), layout="constrained")[1]
draw_residual(shortcut=False, ax=axes[0])
draw_residual(ax=axes[1])
plots.show(axes, "plain and residual")

# %% [markdown]
# Add the input to the output. The layers then learn only the **residual** F(x), what is to change. For nothing to
# change, F must be 0.

# %%
from torchvision.models.resnet import BasicBlock

# 3 × 3, BN, ReLU, 3 × 3, BN, + x, ReLU
block, x = BasicBlock(64, 64).eval(), torch.randn(1, 64, 8, 8).relu()
nn.init.zeros_(block.bn2.weight)  # the scale of the last normalisation: F(x) = 0
print("does nothing:", torch.equal(block(x), x))

# %% [markdown]
# Where a block changes the size, the shortcut is a 1 × 1 convolution with the same stride. With shortcuts, 34 layers
# (25.0 %) beat 18 (27.9 %), and 152 won ILSVRC 2015.

# %% [markdown]
# ### What the shortcut does to gradients
#
# Often one reads: gradients *vanish* in deep plain networks. Let us look. We build He's networks for small images with
# 8 to 56 layers, and send one batch of digits forward and back, before any training.
#
# **Predict:** in the plain network of 56 layers, is the first layer's gradient smaller or larger than the last one's?

# %%
from course_lib.deepnet import DeepNet, PlainBlock, residual_block
from course_lib.progress import bar


def gradient_lengths(depth, block, start):
    """The norm of the loss's gradient for the weights of each layer, from the first to
    the last.
    """
    torch.manual_seed(start)
    model = DeepNet(depth, block)
    loss(model, images[:256], labels[:256]).backward()
    weights = [
        (name, w)
        for name, w in model.named_parameters()
        if w.dim() > 1 and "downsample" not in name
    ]
    return [w.grad.norm().item() for _, w in weights]


kinds, depths = {"plain": PlainBlock, "residual": residual_block}, (8, 20, 32, 56)
norms = {
    name: {
        depth: [gradient_lengths(depth, block, start) for start in range(3)]
        for depth in bar(depths, name)
    }
    for name, block in kinds.items()
}

# %%
first = {
    name: [torch.tensor(runs[depth])[:, 0].mean().item() for depth in depths]
    for name, runs in norms.items()
}
ax = plots.curve(depths, first, "layers", "gradient of the first layer")
ax.set(yscale="log", xticks=depths)
plots.show(ax, "first gradient by depth")
print({name: [round(value, 1) for value in values] for name, values in first.items()})

# %% [markdown]
# It *explodes*: with batch norm, each layer on the way back makes the gradient a little longer, from about 0.5 with 8
# layers to some 400 with 56. (Why: Yang et al., *A Mean Field Theory of Batch Normalization*, ICLR 2019.) He et al.
# themselves doubted the tale of vanishing gradients.

# %%
from course_lib.explorers.depth import draw_depth

picture, words = draw_depth({name: runs[56][0] for name, runs in norms.items()})
plots.show(picture, "gradient by layer", words=words)

# %% [markdown]
# From last layer to first the plain network's gradient grows about a thousandfold: one step size cannot suit both ends.
# Through the shortcuts the gradient also travels directly. The residual network's lengths stay within a factor of
# about twenty.

# %% [markdown]
# **Explorer: depth.** One line a network. *Random start* draws other weights.
#
# Try: (1) From which depth on do the two differ clearly? (2) Is it chance? (3) On the linear scale, which layers of
# plain-56 would a common learning rate shake?

# %%
from course_lib.explorers.depth import depth_explorer

depth_explorer(norms)

# %% [markdown]
# (1) From 20 or 32 on; with 8 layers they look alike. (2) No, every start shows it. (3) The first dozen. In the
# exercise we train all eight networks and see what this does to their accuracy.

# %% [markdown]
# ## 11 · Check yourself
#
# Five questions. Answer in your head, then open.

# %% [markdown]
# **1.** A layer has 64 channels in, 128 filters of 3 × 3, with biases. How many parameters has it for an image of
# 32 × 32? And for 64 × 64?
#
# <details><summary>Answer</summary>
#
# 128 · (64 · 9 + 1) = 73,856 for both. Parameters do not depend on the image. The responses do: 64 × 64 gives four
# times as many.
# </details>

# %% [markdown]
# **2.** A friend stacks ten convolutions and forgets every ReLU. What can her network express?
#
# <details><summary>Answer</summary>
#
# A single (larger) convolution. Ten linear maps in a row are one linear map.
# </details>

# %% [markdown]
# **3.** A 3 × 3 layer of stride 2, then a 3 × 3 layer of stride 1. How many pixels does a unit on top see?
#
# <details><summary>Answer</summary>
#
# 7 × 7. The second layer reads three units that lie 2 pixels apart, and each sees 3: from the first to the last pixel
# that is 3 + 2 · 2.
# </details>

# %% [markdown]
# **4.** In `fit` we delete the line `optimizer.zero_grad()`. What happens?
#
# <details><summary>Answer</summary>
#
# Gradients of all steps so far add up. Each step then follows the sum of old directions, computed for weights that no
# longer exist. Our digits' loss falls to 1.6, then climbs back to chance.
# </details>

# %% [markdown]
# **5.** Your plain network of 50 layers has a higher training error than the one of 20. Will dropout help?
#
# <details><summary>Answer</summary>
#
# No. Dropout is against overfitting, where the *training* error is low. Here the optimisation fails. Shortcuts help.
# </details>

# %% [markdown]
# ## What to remember
#
# - A layer: **convolve, normalise, rectify, pool**. Filters are local, shared, and span all channels.
# - Sharing saves weights, not responses.
# - Three 3 × 3 layers see 7 × 7 with 45 % fewer weights than one layer.
# - Convolution commutes with shifts; pooling only with multiples of its stride.

# %% [markdown]
# - One loop trains everything: batch, `zero_grad`, loss, `backward`, `step`.
# - AlexNet: ReLU, dropout, GPUs. VGG: 3 × 3 only. GoogLeNet: 1 × 1 before expensive filters. ResNet: add the input.
# - With batch norm, deep plain networks suffer from exploding gradients.
#
# Next: the exercise `00_cnn_recap`, where we write what PyTorch lent us here.

# %% [markdown]
# ### Papers
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: *Gradient-based learning applied to document recognition*, Proceedings
#   of the IEEE, 1998
# - A. Krizhevsky, I. Sutskever, G. Hinton: *ImageNet Classification with Deep Convolutional Neural Networks*, NIPS 2012
# - K. Simonyan, A. Zisserman: *Very Deep Convolutional Networks for Large-Scale Image Recognition*, ICLR 2015

# %% [markdown]
# - C. Szegedy, W. Liu, Y. Jia, P. Sermanet, S. Reed, D. Anguelov, D. Erhan, V. Vanhoucke, A. Rabinovich: *Going Deeper
#   with Convolutions*, CVPR 2015
# - S. Ioffe, C. Szegedy: *Batch Normalization*, ICML 2015
# - O. Russakovsky et al.: *ImageNet Large Scale Visual Recognition Challenge*, IJCV 2015

# %% [markdown]
# - K. He, X. Zhang, S. Ren, J. Sun: *Deep Residual Learning for Image Recognition*, CVPR 2016
# - W. Luo, Y. Li, R. Urtasun, R. Zemel: *Understanding the Effective Receptive Field*, NIPS 2016
# - R. Zhang: *Making Convolutional Networks Shift-Invariant Again*, ICML 2019
# - G. Yang, J. Pennington, V. Rao, J. Sohl-Dickstein, S. Schoenholz: *A Mean Field Theory of Batch Normalization*,
#   ICLR 2019
