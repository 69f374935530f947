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
# *Deep Learning Applications. About 75 minutes in two parts: 45 for sections 1 to 7, 30 for sections 8 to 12. Sections
# marked "(optional)" take another 15.*

# %% [markdown]
# After this lecture we can
#
# - build the **four steps** of a layer by hand: convolve, rectify, pool, normalise;
# - count weights, responses and the pixels that a unit sees;
# - read a **training loop** aloud, and train a small LeNet with it;
# - say what AlexNet, VGG, GoogLeNet and ResNet added;
# - say what a **shortcut** does, and what does not explain it.

# %% [markdown]
# Run a cell with **Shift + Enter**. Before most figures you will find a **Predict** line: write your guess down before
# you run the cell. Wrong guesses teach most. Every number is computed in a cell, measured by a training whose recipe
# is named, or cited.

# %% [markdown]
# ## Where is the cat?
#
# A network has learned from a million photographs, each with one word. Nobody told it *where* anything is. We ask it at
# 19 × 29 places of a new photograph: is a cat here?

# %%
import torch
from course_lib.models import backbone, imagenet_classifier
from torchvision.transforms.v2.functional import resize

network, classifier = backbone("lite0"), imagenet_classifier()


def cells(image):
    """The network's last map, 1280 channels, of the image with 600 pixels per side (the
    shorter one).
    """
    with torch.inference_mode():
        return network(resize(image, [600])[None] / 255)[0]


def cat_map(image):
    """How probable a cat is in each cell: ImageNet's classes 281 to 285 are cats."""
    scores = classifier(cells(image).movedim(0, -1))  # a thousand for each cell
    return scores.softmax(dim=-1)[..., 281:286].sum(dim=-1)


# %% [markdown]
# **Predict:** where will it say yes?

# %%
from course_lib import plots
from course_lib.data.photos import photo
from course_lib.explorers.shares import heat

chelsea = photo("chelsea")
where = cat_map(chelsea)
pictures = [chelsea, heat(chelsea, where, largest=1)]
axes = plots.image_grid(pictures, ["photograph", "a cat?"], columns=2, width=12)
axes[0].figure.set_figheight(4.4)
plots.show(axes, "where the cat is")
print(f"largest {where.max():.2f}; four columns on the right {where[:, 25:].max():.2f}")
for name in ("coffee", "astronaut"):
    print(f"{name}: largest {cat_map(photo(name)).max():.2f}")

# %% [markdown]
# On parts of her face and her fur (yellow), with up to almost 100 %. In the four columns at the right, which are
# background, it stays below 10 %, and so it does on two photographs without a cat.
#
# By the end of this lecture we can read every line of these cells.

# %% [markdown]
# ## 1 · Why not connect everything?
#
# What the network gets is three tables of numbers, one for each colour. Here they are for Chelsea's face.

# %%
# whole numbers 0 … 255, shape [3, 300, 340]: channels, rows, columns
cat = photo("chelsea")[:, :, 40:380]
axes = plots.image_grid(
    [cat, *cat[:, None]], ["photograph", "red", "green", "blue"], columns=4, width=12
)
plots.show(axes, "photograph and channels")
print(cat[1, 100:104, 125:132])

# %% [markdown]
# The printed numbers are the green values where light is reflected in one eye. Such numbers are all that a network
# gets.

# %% [markdown]
# A **unit** takes in numbers, weighs them, and gives one number, its **response**. The simplest network connects every
# unit to every pixel. Take a grey image of 1000 × 1000 pixels and as many units in the first layer.
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
# Each of two ideas saves a factor of ten thousand: look **locally**, and **share** the weights over all places. An edge
# is an edge wherever it is, so one detector serves the whole image. Such a shared set of weights is a **filter**. The
# last bar counts 100 of them.
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
# It does not. Ten thousand weights give a hundred million responses, since each filter answers at every place. The
# course's slide says "only memory, not parameters". Here that memory is ten thousand times what the weights take.

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
print("window", window, "weights × pixels", window * vertical, sep="\n")
print(f"their sum, the response: {(window * vertical).sum():.2f}")

# %% [markdown]
# A large number: the window gets brighter to the right, where the reflection begins. This is Sobel's filter, which is
# older than deep learning. It measures how fast the image brightens from left to right. In a network nobody chooses the
# weights: they are learned.

# %% [markdown]
# Now every window. Instead of visiting a hundred thousand windows one by one, we take nine shifted copies of the image,
# one for each weight, multiply each by its weight, and add them up. The second cell does so for four filters.
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
# 298 × 338: a window of 3 does not fit at the last two rows and columns. Red is positive, blue is negative, white is
# zero. (The blur has no negative response and is shown in grey.) Whiskers appear in one map of edges, the sides of the
# nose in the other.
#
# What one filter answers at all places is its **activation map**.

# %% [markdown]
# The activation maps of all filters, stacked, form a block of numbers: here 4 × 298 × 338. The numbers at one place,
# from the first map to the last, are a **depth column**.
#
# Does PyTorch compute the same block?

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
# They agree up to rounding. Two words of caution. PyTorch wants four axes: images, channels, rows, columns. And what
# networks call convolution is a *correlation*: signal processing turns the kernel by 180° first. A network that learns
# its weights has no need to.

# %% [markdown]
# ### Filters go through all channels
#
# With several channels, a filter has weights for each of them and **sums over the depth**. The smallest such filter
# sees a single pixel, or one depth column: a 1 × 1 convolution.
#
# **Predict:** we weigh red, green and blue by −½, 1 and −½. What in the photograph will light up?

# %%
green = conv2d(cat[None] / 255, torch.tensor([-0.5, 1.0, -0.5]).view(1, 3, 1, 1))[0, 0]
axes = plots.image_grid(
    [cat, signed(green)], ["photograph", "green − (red + blue) / 2"], columns=2, width=8
)
plots.show(axes, "one-by-one filter")

# %% [markdown]
# The eyes: there, green is stronger than red and blue. A 1 × 1 filter mixes the numbers of a depth column. Remember it
# for GoogLeNet.
#
# A layer with C channels in and K filters of k × k has C · k² · K weights and K biases, whatever the size of the image.

# %% [markdown]
# ### Stride, padding, dilation
#
# A small example first. Take a row of 7 pixels and a window of 3 that moves by 2. Windows begin at pixels 0, 2 and 4.
# The next would begin at 6 and hang over the border, so it is left out. There are (7 − 3) / 2 + 1 = 3 responses.

# %% [markdown]
# | word | what it does |
# |---|---|
# | stride *s* | windows lie *s* pixels apart |
# | padding *p* | *p* zeros on each side of the image |
# | dilation *d* | weights lie *d* pixels apart |
#
# With h rows in the image and a filter of k × k, the map has $\lfloor (h + 2p - d(k-1) - 1)\,/\,s \rfloor + 1$ rows.

# %% [markdown]
# **Predict:** 64 rows, k = 3, s = 2, p = 0, d = 1. How many rows does the map have?

# %%
from course_lib.explorers.cnn_recap import draw_convolution

face = resize(grey[None, 20:270, 70:320], [64, 64])[0]  # Chelsea's face, 64 × 64
picture, words = draw_convolution(face, vertical, stride=2)
plots.show(picture, "convolution of the face", words=words)

# %% [markdown]
# 31: (64 − 3) / 2 + 1 = 31.5, and half a window does not count. The yellow mark in the map is its strongest response.
# The nine yellow marks in the image are the pixels that it reads.

# %% [markdown]
# ### Explorer: convolution (optional)
#
# The kernel's nine numbers can be changed.
#
# Try: (1) Which padding keeps the map at 64 × 64? (2) Raise the padding further: what appears at the border, and why?
# (3) Set the dilation to 6. (4) Write a kernel that finds *diagonal* edges.

# %%
from course_lib.explorers.cnn_recap import convolution_explorer

convolution_explorer(face)

# %% [markdown]
# (1) Padding 1. (2) A false edge: the step from zeros to fur is stronger than anything in the picture. (3) The windows
# become wide, and still have nine weights. (4) For example −2 −1 0, −1 0 1, 0 1 2.

# %% [markdown]
# ## 3 · Second step: a non-linearity
#
# **Predict:** a second filter looks at the map of the first. Can two filters in a row see anything that a single,
# larger one could not?

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
# No: together they are one filter of 5 × 5. However many we stack, the result stays *linear*. So something that is not
# linear must stand between them: the **rectified linear unit**, ReLU. It replaces negative responses by 0.

# %%
by_hand = torch.where(edges > 0, edges, 0.0)
print("same as PyTorch:", torch.equal(by_hand, torch.relu(edges)))
brighter, darker = torch.relu(edges), torch.relu(-edges)
pictures = [signed(values, colors=True) for values in (edges, brighter, darker)]
axes = plots.image_grid(
    pictures, ["response r", "ReLU(r)", "ReLU(−r)"], columns=3, width=12
)
plots.show(axes, "response and ReLU")

# %% [markdown]
# After the ReLU a unit says one thing: "brighter to the right, and by how much". It says nothing about the opposite,
# which another filter may report. Earlier networks used tanh. AlexNet's authors measured that a network with ReLU
# learns several times faster (Krizhevsky et al., NIPS 2012, figure 1).

# %% [markdown]
# ## 4 · Third step: pool
#
# Do we need to know an edge's place to the pixel? **Max pooling** keeps the largest response of each window, in each
# channel separately. For tiles of 2 × 2 we can cut the map into pairs of rows and columns.

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
# Each step to the right keeps a quarter of the numbers, and we still see a cat. Deeper layers get cheaper, and each of
# their windows covers more of the image. Pooling has no weights.

# %% [markdown]
# ### Is pooling "robust to translations"?
#
# Slides often say so. It can mean two things. We move the image by *s* pixels, and call a layer
#
# - **invariant** if its output stays the same,
# - **equivariant** if its output moves along, by *s* pixels, or by *s* / stride places of a smaller map.

# %% [markdown]
# Take one row of pixels first: two dark, two bright, and so on. Max pooling keeps the larger pixel of each pair.
#
# **Predict:** we move the row by one pixel. How does its pooled version change?

# %%
from torch.nn.functional import max_pool1d

row = torch.tensor([0.0, 0, 1, 1, 0, 0, 1, 1])
for moved in (row, row.roll(1), row.roll(2)):
    print(moved.int().tolist(), "→", max_pool1d(moved[None], 2)[0].int().tolist())

# %% [markdown]
# Moved by one pixel, the stripes become a flat bright line: the pooled row neither stays the same nor moves along.
# Moved by two pixels, the stride, the pooled stripes move along by one place. (The example is Zhang's, *Making
# Convolutional Networks Shift-Invariant Again*, ICML 2019.)

# %%
from torch.nn.functional import pad

x, sobel = grey[None, None, :296, :336], vertical[None, None]


def filtered(x):
    """Edges that brighten to the right; the border continues on the other side, so that
    nothing is lost.
    """
    return conv2d(pad(x, (1, 1, 1, 1), "circular"), sobel).relu()


def change(layer, shift, back=0):
    """By how many percent the map differs from that of the unmoved photograph, after it
    was moved back by some places.
    """
    still, moved = layer(x), layer(x.roll(shift, dims=3)).roll(-back, dims=3)
    return 100 * float((moved - still).abs().sum() / still.abs().sum())


# %% [markdown]
# For the photograph we compare the map of the moved image with that of the unmoved one: once as it lies, and once moved
# back by the nearest whole number of places.
#
# **Predict:** convolution with ReLU, the same pooled by 2, and pooled by 4. Which is the most invariant, and which the
# most equivariant?

# %%
import matplotlib.pyplot as plt

layers = {
    "convolution and ReLU": (filtered, 1),
    "then pooling, stride 2": (lambda x: max_pool2d(filtered(x), 2), 2),
    "then pooling, stride 4": (lambda x: max_pool2d(filtered(x), 4), 4),
}
shifts, same, along = range(9), {}, {}
for name, (layer, stride) in layers.items():
    same[name] = [change(layer, s) for s in shifts]
    along[name] = [change(layer, s, back=round(s / stride)) for s in shifts]
axes = plt.subplots(1, 2, figsize=(12, 3.8), sharey=True, layout="constrained")[1]
across, up = "shift of the photograph (pixels)", "change of the map (%)"
plots.curve(shifts, same, across, up, axes[0], "as it lies: invariant where 0")
plots.curve(shifts, along, across, up, axes[1], "moved back: equivariant where 0")
plots.show(axes, "shifted photograph")

# %% [markdown]
# Left: after one pixel the map of edges has changed by 84 %; pooled by 2, it has changed by 49 %, and pooled by 4, by
# 19 %. Pooling does help against small shifts, the more so the larger its windows. But it makes nothing invariant.

# %% [markdown]
# Right: a convolution's map moves along with every shift, a pooled map only with multiples of the stride. Stride 2
# fails at every odd shift; stride 4 fails worst half-way between two multiples.
#
# So both are true: a pooled map is *more* invariant than the map of a convolution and *less* equivariant. In the
# exercise we measure both on a colour photograph.

# %% [markdown]
# ## 5 · Fourth step: normalise
#
# Filters speak at different volumes. **Batch normalisation** (Ioffe, Szegedy, ICML 2015) brings each channel to mean 0
# and standard deviation 1, over the batch and all places. Then a learned scale and offset follow.
#
# By hand: the responses 1, 3, 5, 7 have mean 4 and standard deviation √5 ≈ 2.24. Normalised they are −1.34, −0.45, 0.45
# and 1.34. In the cells below we do this with the maps of four photographs.

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
pictures = [signed(one, largest=3, colors=True) for one in (*maps[0], *normal[0])]
titles = [
    f"mean {m:z.2f}\nstandard deviation {v**0.5:.2f}"
    for m, v in zip(mean.flatten(), variance.flatten(), strict=True)
]
axes = plots.image_grid(pictures, titles + ["normalised"] * 4, columns=4, width=12)
plots.show(axes, "batch normalisation")

# %% [markdown]
# All maps are drawn with one colour scale. Above, they are pale, and the last one has another mean than the rest.
# Below, all four are equally strong. Whatever the layers before have learned, the next one meets numbers of a known
# size.

# %% [markdown]
# **Mind the mode.** In training, mean and standard deviation are those of the batch, so an answer depends on the other
# images in it. `model.eval()` switches to running averages that were collected in training. Forgetting `eval()` is
# easy, and nothing warns you.
#
# AlexNet normalised over neighbouring channels instead. VGG's authors found that this does not help.

# %% [markdown]
# ### One layer
#
# Here are the four steps in the order that is usual today: 16 filters of 3 × 3 with padding 1 on 3 channels, and
# pooling by 2.
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
# Only the convolution changes the number of channels, and only the pooling changes height and width. The ReLU and the
# pooling have nothing to learn.

# %% [markdown]
# ## 6 · What does a unit see?
#
# A unit of the first 3 × 3 layer sees 3 × 3 pixels. One layer up, a unit reads 3 × 3 *units*, each of which sees a
# patch of its own. The pixels that it sees in the end are its **receptive field**.
#
# **Predict:** three layers of 3 × 3. Does a unit on top see 9 × 9 pixels, or fewer, or more?

# %%
from course_lib.explorers.cnn_recap import draw_receptive_field

picture, words = draw_receptive_field(cat, [(3, 1, 1)] * 3, center=(185, 120))
plots.show(picture, "three layers", words=words)

# %% [markdown]
# 7 × 7. Follow one row down: unit 5 of the third layer reads units 4 to 6 of the second, these read units 3 to 7 of the
# first, and these read pixels 2 to 8. Each layer adds only 2 pixels, because neighbouring windows overlap.

# %% [markdown]
# On the right the patch is enlarged. The more paths lead from a pixel to the unit, the brighter the pixel is drawn. The
# middle counts most (Luo, Li, Urtasun, Zemel, NIPS 2016).

# %% [markdown]
# The authors of VGG (Simonyan, Zisserman, ICLR 2015) asked: why not one 7 × 7 layer, with C channels in and out?
#
# **Predict:** which has more weights, this layer or three of 3 × 3?

# %%
three, one = 3 * 3**2, 7**2  # times C · C
print(
    f"three 3 × 3 layers: {three} C², one 7 × 7 layer: {one} C²; saved: "
    f"{1 - three / one:.0%}"
)

# %% [markdown]
# 45 % fewer weights, the same patch, and three ReLUs instead of one. After that, small kernels were the rule for years.
#
# Strides let a patch grow much faster. Here is what a unit in the middle sees in three networks, after their last
# pooling. Each network reads the photograph in its own size.

# %%
from course_lib.explorers.cnn_recap import draw_share, paths

conv3, pool2 = (3, 1, 1), (2, 2, 1)  # kernel, stride, dilation
alexnet_start = [(11, 4, 1), (3, 2, 1), (5, 1, 1), (3, 2, 1)]
stacks = {
    "LeNet-5, 1998": [(5, 1, 1), pool2] * 2,
    "AlexNet, 2012": [*alexnet_start, conv3, conv3, conv3, (3, 2, 1)],
    "VGG-16, 2014": [conv3, conv3, pool2] * 2 + [conv3, conv3, conv3, pool2] * 3,
}
sides, square = (32, 227, 224), cat[:, :300, 40:340]
pictures = [
    draw_share(square, stack, side)
    for stack, side in zip(stacks.values(), sides, strict=True)
]
titles = [
    f"{name}: {len(paths(stack))} of {side} pixels"
    for (name, stack), side in zip(stacks.items(), sides, strict=True)
]
axes = plots.image_grid(pictures, titles, columns=3, width=12)
plots.show(axes, "what three networks see")

# %% [markdown]
# LeNet's patch of 16 × 16 holds most of a digit: the largest characters of its data have 20 × 20 (LeCun et al., 1998).
# AlexNet's unit sees 74 % of the image's area and VGG's 90 %, so a single unit may stand for a whole cat's face.

# %% [markdown]
# ### Explorer: receptive field (optional)
#
# All layers of the stack are alike. Red dots mark neighbouring units.
#
# Try: (1) How much do five layers of 3 × 3 see with stride 1 in each, and with stride 2? (2) See 25 × 25 pixels at
# total stride 1 with as few weights as you can. (3) Look at the right picture for dilation 3. What is left out?

# %%
from course_lib.explorers.cnn_recap import receptive_field_explorer

receptive_field_explorer(cat, center=(185, 140))

# %% [markdown]
# (1) 11 pixels against 63. (2) Four layers of 3 × 3 with dilation 3, which have 36 weights; one layer would take 625.
# (3) Equal dilations leave a grid of holes: nearly eight of nine pixels are never read. Networks that dilate therefore
# mix different dilations.

# %% [markdown]
# ## 7 · LeNet, and how a network learns
#
# LeCun, Bottou, Bengio, Haffner, *Gradient-based learning applied to document recognition*, Proceedings of the IEEE,
# 1998: two layers that convolve and pool, then linear ones.

# %% [markdown]
# We have real handwritten digits too, smaller ones: 8 × 8 pixels (Alpaydin, Kaynak, 1998; from scikit-learn). A sixth
# of the known ones is for **validation**, by which we make choices, the rest for **training**. The **test** digits wait
# until all choices are made.

# %%
from course_lib.data import digits

known_images, known_labels = digits("train")
sixth = len(known_images) // 6
images, labels = known_images[sixth:], known_labels[sixth:]
val_images, val_labels = known_images[:sixth], known_labels[:sixth]
test_images, test_labels = digits("test")
print(
    f"{len(images)} images for training, {len(val_images)} for validation, "
    f"{len(test_images)} for testing, of {list(images.shape[1:])}"
)
axes = plots.image_grid(
    list(1 - images[:10]), [str(n) for n in labels[:10].tolist()], columns=10, width=10
)
plots.show(axes, "digits for LeNet")

# %% [markdown]
# Coarse, but readable. Our network is a small LeNet-5: twice convolve, rectify, pool; then two linear layers. (LeNet-5
# has 60,000 weights, wider layers, and tanh in place of ReLU.)
#
# **Predict:** what share of our network's weights sits in the convolutions?

# %%
from torch import nn


def new_lenet():
    """A small LeNet with new weights."""
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),  # [8, 4, 4]
        *(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),  # [16, 2, 2]
        *(nn.Flatten(), nn.Linear(64, 32), nn.ReLU()),  # [32]
        nn.Linear(32, 10),  # one number for each digit
    )


lenet = new_lenet()
for name, part in (("convolutions", lenet[:6]), ("linear layers", lenet[6:])):
    print(name, sum(weights.numel() for weights in part.parameters()))

# %% [markdown]
# A third: 1,248 of 3,658, with biases.

# %% [markdown]
# ### The loop
#
# To learn is to repeat one step: look at a few images, measure how wrong we are, and move every weight a little against
# its gradient. This is the loop with which all units of this course train. Read it once, line by line.

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
# **Before the loop.** `groups` are the weights that may change, and `AdamW` is the rule that changes them. `rates`
# keeps the highest learning rate of each group. Here there is one group. Later units give early layers a smaller rate
# than late ones.

# %% [markdown]
# **Why AdamW?** It divides each weight's step by the usual size of that weight's own gradient. By hand, for the first
# step: gradients of 0.001, −2 and 500 become steps of −lr, +lr and −lr. So one rate suits weights whose gradients
# differ a thousandfold. (Adam: Kingma, Ba, ICLR 2015; the W, weight decay: Loshchilov, Hutter, ICLR 2019.)

# %% [markdown]
# **In the loop:**
#
# - `group["lr"] = …`: how far we move at this step;
# - `data = batch(step)`: a few images and their labels;
# - `zero_grad()`: forget the gradients of the step before, since PyTorch *adds* new ones;
# - `value = loss(…)`: forward; how wrong are we?
# - `losses.append(value.item())`: note it as a plain number;
# - `value.backward()`: the gradient of the loss for every weight;
# - `optimizer.step()`: move the weights.

# %% [markdown]
# `course_lib/training.py` holds the same loop and adds conveniences: GPUs, half precision, a progress bar, going on
# after a crash, an error where the loss is no number. A test keeps the two equal.
#
# And `learning_rate`? Here is what it gives for 300 steps.

# %%
rates = [learning_rate(step, 300, 0.01) for step in range(300)]
ax = plots.curve(range(300), {"learning rate": rates}, "step", "learning rate")
plots.show(ax, "learning rate by step")

# %% [markdown]
# It begins with a short **warm-up**: at first AdamW knows the usual size of a gradient from a few batches only, so its
# steps should be small. Then the rate falls, so that the weights come to rest.

# %% [markdown]
# What differs from task to task are the batch and the loss. Ours is **cross-entropy**: minus the logarithm of the
# probability that the network gives to the right digit.


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
# **Predict:** before training, the network knows nothing about the ten digits. What should the loss be at step 0? (A
# loss that starts far from there is a sign of an error. Always look.) And which learning rate will do best: 0.0003,
# 0.01 or 0.3?

# %%
import numpy as np

networks, losses = {}, {}
for rate in (0.0003, 0.01, 0.3):
    networks[rate] = new_lenet()
    start = time.perf_counter()
    losses[f"rate {rate}"] = fit(networks[rate], batch, loss, steps=300, lr=rate)
    print(f"rate {rate}: {time.perf_counter() - start:.1f} s", flush=True)
ax = plots.curve(range(300), losses, "step", "cross-entropy on the batch")
ax.axhline(np.log(10), color=plots.BLACK, linestyle=":")
plots.show(ax, "loss by step")

# %% [markdown]
# All begin at about ln 10 = 2.30 (dotted): probability 1/10 for each digit. With the small rate the loss falls slowly.
# With the large one it jumps about. In between it falls fast, if unevenly, since each step sees other images.
#
# The loss on images that a network has trained on says little about others. We choose the rate by the validation
# digits.

# %%
from course_lib.metrics import accuracy

by_rate = {
    rate: accuracy(network, val_images, val_labels)
    for rate, network in networks.items()
}
best = max(by_rate, key=by_rate.get)
print({rate: f"{share:.1%}" for rate, share in by_rate.items()}, "→ rate", best)
lenet = networks[best]

# %% [markdown]
# The choice is made. Now, and only once, the 500 test digits.

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
# *Part one ends here. It is a good place for a break.*

# %% [markdown]
# ## 8 · ImageNet, 2012
#
# Then came ImageNet: 1.2 million photographs of 1,000 classes, and a yearly contest, ILSVRC. An answer counts as right
# when the class is among the five best guesses.
#
# **Predict:** in 2011 the best team was wrong on 26 %. And in 2012, with convolutional networks?

# %%
top5 = {
    "2010 · features and SVM": 28.2,
    "2011 · features and SVM": 25.8,
    "2012 · five AlexNets, 8 layers": 16.4,
    "2013 · Clarifai": 11.7,
    "2014 · seven VGGs, 16 and 19 layers": 7.3,
    "2014 · seven GoogLeNets, 22 layers": 6.7,
    "a person": 5.1,
    "2015 · six ResNets, up to 152 layers": 3.6,
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
# Most blue bars average the answers of several networks. On validation images, a single AlexNet was wrong on 18.2 %
# (its paper), a single ResNet-152 on 4.5 % (He et al., CVPR 2016).
#
# Sources: to 2014 and the person (one expert): Russakovsky et al., IJCV 2015, without outside data. ResNet: He et al.
# SENet: Hu, Shen, Sun, CVPR 2018.

# %% [markdown]
# *A slip to know about:* the course's slide gives VGG 6.7 %. As submitted, VGG had 7.3 %, and GoogLeNet had 6.67 %.

# %% [markdown]
# ### AlexNet
#
# Krizhevsky, Sutskever, Hinton, *ImageNet Classification with Deep Convolutional Neural Networks*, NIPS 2012. What did
# it bring together? ReLU, two GPUs, more data by shifts and mirroring, and **dropout**: in training, each unit of two
# linear layers is silenced with probability ½, so that none can rely on another.

# %%
torch.manual_seed(0)
dropout = nn.Dropout(0.5)
print(dropout(torch.ones(8)), dropout.eval()(torch.ones(8)))

# %% [markdown]
# The survivors are doubled, so that the sum stays the same on average. In `eval()` nothing is dropped.

# %% [markdown]
# ### AlexNet, counted (optional)
#
# AlexNet's abstract speaks of 60 million parameters and 650,000 neurons. We count. Its two GPUs are two **towers**: a
# filter of layer 2, 4 or 5 sees only the half of the channels that lies on its own GPU.

# %%
linear = [(4096, 1, 256 * 6 * 6, 1), (4096, 1, 4096, 1), (1000, 1, 4096, 1)]
alexnets = {  # filters, kernel, channels that a filter sees, side of the map
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
parameters, units = {}, {}
for name, convolutions in alexnets.items():
    layers = convolutions + linear
    parameters[name] = [count * (kernel**2 * c + 1) for count, kernel, c, _ in layers]
    units[name] = [count * side**2 for count, _, _, side in layers]
    print(f"{name}: {sum(parameters[name]):,} parameters, {sum(units[name]):,} units")

# %%
from torchvision.models import alexnet, googlenet, vgg16

with torch.device("meta"):  # the structure, without memory for the weights
    famous = {
        "AlexNet": alexnet(),
        "VGG-16": vgg16(),
        "GoogLeNet": googlenet(aux_logits=False, init_weights=False),
    }
counts = {
    name: sum(weights.numel() for weights in model.parameters())
    for name, model in famous.items()
}
print(counts)

# %% [markdown]
# torchvision's AlexNet is not the paper's. It follows a later one-tower version (Krizhevsky, *One weird trick*, 2014)
# with fewer filters, each of which sees all channels. The linear layers are the same.
#
# The paper says 224 pixels, but (224 − 11) / 4 is no whole number. 227 gives the map of 55 × 55. torchvision pads by 2
# instead.

# %% [markdown]
# **Predict:** where are the 61 million parameters of the paper's network, and where are its units: in the convolutions
# or in the linear layers?

# %%
names = [f"conv{i}" for i in range(1, 6)] + ["fc6", "fc7", "fc8"]
millions = [n / 1e6 for n in parameters["paper, two towers"]]
thousands = [n / 1e3 for n in units["paper, two towers"]]
axes = plt.subplots(1, 2, figsize=(12, 3.6), layout="constrained")[1]
colors = [plots.BLUE] * 5 + [plots.ORANGE] * 3
plots.bars(names, millions, "million parameters", axes[0], colors)
plots.bars(names, thousands, "thousand units", axes[1], colors)
plots.show(axes, "AlexNet by layer")

# %% [markdown]
# The linear layers hold 96 % of the parameters, the convolutions 99 % of the units. It is section 1 again: sharing
# saves weights, not responses.

# %% [markdown]
# ### Inside a network that has seen photographs
#
# The network of our first picture begins with 32 filters of 3 × 3. Filters whose weights sum to 0 *in each colour* give
# nothing on a flat surface: they see **edges** only. Where they sum to 0 *at each place*, a grey photograph gives
# nothing: such filters see **colour** only.
#
# **Predict:** how many of the 32 are of each kind?

# %%
filters = network.net.stem[0][0].weight.detach()  # [32, 3 colours, 3, 3]
size = filters.abs().sum(dim=(1, 2, 3))
flat = filters.sum(dim=(2, 3)).abs().sum(dim=1) / size
colourless = filters.sum(dim=1).abs().sum(dim=(1, 2)) / size
kinds = {"edge": flat < 0.1, "colour": colourless < 0.1, "empty": size < 0.001}
kinds["mixed"] = ~torch.stack(list(kinds.values())).any(dim=0)
print({kind: int(those.sum()) for kind, those in kinds.items()})

# %%
largest = filters.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=0.001)
colours = 0.5 + filters / largest / 2  # grey is a weight of 0
order = [(kind, int(i)) for kind, those in kinds.items() for i in those.nonzero()]
titles = [f"{kind} {i}" for kind, i in order]
axes = plots.image_grid([colours[i] for _, i in order], titles, columns=8, width=10)
plots.show(axes, "first layer's filters")

# %% [markdown]
# Seven see only edges. Six see only colour: each sets one against another. Four are empty, their weights below a
# millionth. AlexNet's authors found edges and coloured blobs, too (their figure 3).
#
# **Predict:** number 20 sets green against red. What will it find in Chelsea's photograph?

# %%
with torch.inference_mode():  # with batch norm and ReLU
    seen = network.net.stem[0](network.normalise(chelsea[None] / 255))[0]
few = {"edge 21": 21, "edge 15": 15, "colour 18": 18, "colour 20": 20}
axes = plots.image_grid([signed(seen[i]) for i in few.values()], list(few), width=13)
axes[0].figure.set_figheight(2.6)
plots.show(axes, "first layer's maps")

# %% [markdown]
# Her eyes. In section 2 we chose such a filter by hand; training has found one, too.

# %% [markdown]
# ### An eye detector? (optional)
#
# The last map has 1,280 channels. Channel 209 answers in nine cells of Chelsea's photograph, all on her eyes.
#
# **Predict:** what will it do when we paint them over? And on a cup of coffee, and on the portrait of an astronaut?

# %%
painted = chelsea.clone()
for left, top, right, bottom in ((150, 95, 205, 150), (292, 112, 345, 155)):
    fur = torch.tensor([150, 120, 90], dtype=torch.uint8)
    painted[:, top:bottom, left:right] = fur[:, None, None]
shown = {"Chelsea": chelsea, "eyes painted over": painted}
shown |= {name: photo(name) for name in ("coffee", "astronaut")}
last = {name: cells(image) for name, image in shown.items()}
pictures = [heat(image, last[name][209], largest=6) for name, image in shown.items()]
titles = [f"{name}: sum {maps[209].sum():.0f}" for name, maps in last.items()]
axes = plots.image_grid(pictures, titles, columns=4, width=13)
axes[0].figure.set_figheight(3.8)
plots.show(axes, "channel 209")

# %% [markdown]
# Plain paint excites it about eight times as much as the eyes. On the coffee it answers most to a
# glint, on the astronaut to the reflection in her helmet. We had picked it from 1,280 *because* it fits Chelsea's
# eyes: after such a choice, only other pictures can tell.
#
# **Predict:** does the network need her eyes at all?

# %%
from course_lib.models import classify

for name in ("Chelsea", "eyes painted over"):
    print(name, [f"{kind} {chance:.2f}" for kind, chance in classify(shown[name], 3)])

# %% [markdown]
# No: the three cats get 0.87 together, and without eyes 0.92. In general, most concepts need several filters, and often
# a filter serves several concepts (Fong, Vedaldi, *Net2Vec*, CVPR 2018).

# %% [markdown]
# ### Explorer: 1,280 channels (optional)
#
# Try: (1) What does channel 37 seem to find on Chelsea? What do the other photographs say? (2) Find a channel that
# answers to fur, and check it.

# %%
from course_lib.explorers.channels import channels_explorer

channels_explorer(shown, last, channel=37)

# %% [markdown]
# (1) Her eyes, and it fits better than 209: with paint, a fifth of its sum remains. (2) For example 198. Three
# photographs are few: it stays a guess.

# %% [markdown]
# ## 9 · Deeper: VGG and GoogLeNet
#
# Here are three networks as rows of maps. Height stands for the side in pixels (written above), width for the number of
# channels (written below, under the kernel).
#
# **Predict:** VGG-16 has twice as many layers with weights as AlexNet. Where were they added?

# %%
from course_lib.explorers.layouts import draw_layouts

axes = draw_layouts()
plots.show(axes, "three layouts")

# %% [markdown]
# VGG has 13 convolutions instead of 5. All three have the same shape: from left to right the maps become smaller and
# more numerous, and linear layers end the row.

# %% [markdown]
# **VGG** (Simonyan, Zisserman, ICLR 2015) is the simplest recipe: only 3 × 3 convolutions, 2 × 2 pooling after every
# two or three, and twice the channels after each pooling until there are 512. Of its 138 million parameters, 103
# million are in one linear layer.

# %% [markdown]
# **GoogLeNet** (Szegedy et al., *Going Deeper with Convolutions*, CVPR 2015) has 22 layers and a twentieth of VGG's
# parameters. Instead of large linear layers it averages each of the last maps over all places. A single linear layer
# follows.

# %% [markdown]
# Our network does the same, and that made the first picture possible. By hand: two cells (3, 1) and (1, 5), and weights
# (2, −1) for a class. The cells score 5 and −3, with mean 1. The mean cell (2, 3) scores 1, too.

# %%
maps = last["Chelsea"]
of_mean = classifier(maps.mean(dim=(1, 2)))
mean_of = classifier(maps.movedim(0, -1)).mean(dim=(0, 1))
print(f"largest difference {(of_mean - mean_of).abs().max():.0e}")

# %% [markdown]
# So each cell has a vote, and the photograph's score is their mean. The votes for one class are its **class map** (Zhou
# et al., *Learning Deep Features for Discriminative Localization*, CVPR 2016). Our picture shows them as probabilities.

# %% [markdown]
# In GoogLeNet's **Inception** modules, 1 × 1, 3 × 3 and 5 × 5 filters and pooling work side by side.
#
# **Predict:** their maps are stacked. What is the trouble with nine such modules in a row?

# %%
from course_lib.explorers.depth import draw_inception

# channels in; 1×1; reduction, 3×3; reduction, 5×5; after pooling
inception_3a = (192, 64, 96, 128, 16, 32, 32)
axes = plt.subplots(1, 2, figsize=(12, 3.6), layout="constrained")[1]
draw_inception(*inception_3a, reduced=False, ax=axes[0])
draw_inception(*inception_3a, ax=axes[1])
plots.show(axes, "inception modules")

# %% [markdown]
# The naive module turns 192 channels into 416, since pooling hands all 192 through, and the next one would hand on all
# 416. The remedy: a 1 × 1 convolution before each expensive filter, and after the pooling, makes the depth columns
# shorter.

# %% [markdown]
# ### The branches, counted (optional)
#
# What does that save, counted in multiply–adds on a map of 28 × 28?

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
# Less than half remains, and the module after it gets 256 channels instead of 416. Here is torchvision's version,
# branch by branch:

# %%
from torchvision.models.googlenet import Inception

module, x = Inception(*inception_3a).eval(), torch.zeros(1, 192, 28, 28)
for branch in (module.branch1, module.branch2, module.branch3, module.branch4):
    print(list(branch(x).shape))
print("together", list(module(x).shape), "· its 5×5:", module.branch3[1].conv)

# %% [markdown]
# Look at the last line: torchvision's "5 × 5" is a 3 × 3, an old slip that was kept because its weights were trained
# so. It also adds batch norm, which was published in 2015. Hence the 6,624,904 parameters counted above.

# %% [markdown]
# ### Help on the way
#
# A gradient has a long way through 22 layers. GoogLeNet therefore trains two **auxiliary classifiers** on maps half-way
# up, and throws them away afterwards.

# %% [markdown]
# ## 10 · Residual networks
#
# He, Zhang, Ren, Sun, *Deep Residual Learning for Image Recognition*, CVPR 2016, begins with a riddle. With batch norm,
# plain networks do train. But on ImageNet a plain network of 34 layers is worse (28.5 % top-1 error) than one of 18
# (27.9 %), *even on the training images*.

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
# Add the input to the output. The layers then learn only the **residual** F(x), that is, what is to change.
#
# By hand: a block should pass on x = (2, 5). A plain pair of layers has to find weights that rebuild 2 and 5. A
# residual one has to find F(x) = (0, 0), and weights of 0 do that.

# %%
from torchvision.models.resnet import BasicBlock

# 3 × 3, BN, ReLU, 3 × 3, BN, + x, ReLU
block, x = BasicBlock(64, 64).eval(), torch.randn(1, 64, 8, 8).relu()
nn.init.zeros_(block.bn2.weight)  # the scale of the last normalisation: F(x) = 0
print("does nothing:", torch.equal(block(x), x))

# %% [markdown]
# Where a block changes the size of its map, the input no longer fits. The paper pads it with zeros (option A) or takes
# it through a 1 × 1 convolution with the same stride (option B, which is torchvision's and ours). With shortcuts
# (option A), 34 layers (25.0 %) now beat 18 (27.9 %). Networks of up to 152 layers won ILSVRC 2015.

# %% [markdown]
# ### Are deep plain networks worse on our digits, too?
#
# The course has trained He's networks for small images, with 8 to 56 layers, from three random starts each, on the same
# batches. Trainings of 90, 270 and 810 steps are separate, each with its own schedule of rates.
#
# **Predict:** does the plain network of 56 layers fall behind the one of 20? And does it catch up with three times as
# many steps?

# %%
from course_lib.explorers.depth import draw_reached
from course_lib.trainings import shipped

long = shipped("depth")
print(long)
depths = (8, 20, 32, 56)
axes = draw_reached(long.results, depths, (90, 270))
plots.show(axes, "accuracy by depth")
for run in ("90 steps", "270 steps", "810 steps", "270 steps, rate 0.01"):
    deep = 100 * long.results[f"plain 56, {run}: training accuracy"]
    print(f"plain, 56 layers, {run}: {deep.mean():.0f} ± {deep.std(ddof=1):.0f} %")

# %% [markdown]
# It falls behind, and does not catch up. After 90 steps the plain network of 56 layers is right on 21 % of its own
# training digits, and the residual one on 99 %. After 270 steps the plain one has reached 42 %, after 810 steps 81 %.
# With 20 layers, 90 steps are enough for 99 %.

# %% [markdown]
# So deep plain networks are not stuck. They are *slower to optimise*. A higher rate (0.01) helps, but does not close
# the gap. (One step of 56 layers also needs about three times as many multiplications as one of 20.)

# %% [markdown]
# ### Is it the gradients?
#
# Often one reads that gradients *vanish* in deep plain networks. We send one batch forward and back through 56 layers,
# before any training, and then let AdamW take its first step.
#
# **Predict:** which layer of the plain network has the largest gradient, the first or the last? And which network takes
# the larger first steps, compared with its weights?

# %%
from course_lib.deepnet import DeepNet, PlainBlock, residual_block


def before_training(block, depth=56):
    """For the weights of each layer, from first to last: the length of their gradient,
    and the length of AdamW's first step over the length of the weights.
    """
    torch.manual_seed(0)
    model = DeepNet(depth, block)
    loss(model, *batch(0)).backward()
    named = model.named_parameters()
    weights = [w for name, w in named if w.dim() > 1 and "downsample" not in name]
    before = [w.detach().clone() for w in weights]
    torch.optim.AdamW(weights, lr=learning_rate(0, 90, 0.003)).step()
    steps = zip(weights, before, strict=True)
    moved = [((after - old).norm() / old.norm()).item() for after, old in steps]
    return [w.grad.norm().item() for w in weights], moved


# %%
kinds = {"plain": PlainBlock, "residual": residual_block}
found = {kind: before_training(block) for kind, block in kinds.items()}
gradients = {kind: lengths for kind, (lengths, _) in found.items()}
updates = {kind: moved for kind, (_, moved) in found.items()}
axes = plt.subplots(1, 2, figsize=(12, 3.8), layout="constrained")[1]
plots.curve(range(1, 57), gradients, "layer (1 reads the image)", "gradient", axes[0])
plots.curve(range(1, 57), updates, "layer", "first step over weights", axes[1])
axes[0].set_yscale("log")
axes[1].set_ylim(0, 0.02)
plots.show(axes, "gradients and first steps")
ratios = {kind: round(g[0] / g[-2]) for kind, g in gradients.items()}
print("first layer's gradient over that of the last convolution:", ratios)

# %% [markdown]
# Left: the gradient does not vanish, it *explodes*. From layer to layer on the way back it grows by about 15 %, and
# 1.15⁵⁴ is about 1,900. With shortcuts it also travels directly, and grows some twentyfold. The jumps at layers 20 and
# 38 are where a group begins: half the size, twice the filters. Layer 56 is the linear one.

# %% [markdown]
# The cause of this growth is batch norm itself (Yang et al., *A Mean Field Theory of Batch Normalization*, ICLR 2019).
# We can check that: take all batch norms out of the plain network. Over three starts the gradient then changes by a
# factor of 0.98 to 1.01 per layer: it does not grow.


# %%
def growth(lengths):
    """The mean factor from a layer to the one before it, for each random start."""
    steps = lengths.shape[1] - 2  # convolutions but one; the linear layer left out
    return (lengths[:, 0] / lengths[:, -2]) ** (1 / steps)


for name in ("plain 56", "residual 56", "plain 56 without batch norm"):
    factors = growth(long.results[f"{name}: gradients"])
    print(f"{name}: {', '.join(f'{factor:.3f}' for factor in factors)} per layer")

# %% [markdown]
# Now the right panel: both networks take almost *the same first step* in every layer. AdamW has divided the gradient's
# size out, as in section 7. So the size of the gradients, vanishing or exploding, does not explain why our plain
# network learns more slowly. (Plain gradient descent does not divide.)

# %% [markdown]
# ### Explorer: depth (optional)
#
# Three random starts, four depths. *Quantity* switches between the gradient and the first step.
#
# Try: (1) From which depth on do the gradients differ clearly? (2) Is it chance? (3) Is there a depth or a start at
# which the first steps differ?

# %%
from course_lib.explorers.depth import LENGTH, depth_explorer, runs_of

quantities = {LENGTH: "gradients", "first step over weights": "updates"}
measured = {
    shown: runs_of(long.results, name, depths) for shown, name in quantities.items()
}
depth_explorer(measured)

# %% [markdown]
# (1) From 32 layers on. With 8 they look alike; with 20, the plain network's are at most 2.6 times as long in the
# convolutions. (2) No, every start shows it. (3) No: in every layer they agree within 15 %.

# %% [markdown]
# ### What, then?
#
# Two other things can be measured before training. Do digits of one class still look alike behind all blocks? And do
# two batches of digits ask a layer for the same change?

# %% [markdown]
# **Predict:** for each of 500 digits we look for the nearest of the others, compared by the numbers that the last layer
# reads. How often do both show the same digit, in an untrained network of 8 layers and in one of 56?

# %%
from course_lib.explorers.depth import draw_start

axes = draw_start(long.results, depths)
plots.show(axes, "what random layers keep")

# %% [markdown]
# Left: behind 8 untrained layers, plain or residual, more than 80 % of the digits have a neighbour of their class.
# Behind 56 plain layers it is 10 %, which is chance (dotted); behind 56 residual ones it is 21 %. Right: the deeper the
# network, the less two batches agree about what to change; in 56 plain layers their cosine is 0.01.

# %% [markdown]
# These are two differences that go along with slow training. They do not prove a cause: with 20 plain layers only 15 %
# have such a neighbour, and training works.

# %% [markdown]
# He et al. wrote that their gradients had "healthy norms", conjectured that deep plain networks converge exponentially
# slowly, and left the reason open. Three times as many steps did not close the gap. Balduzzi et al. (*The Shattered
# Gradients Problem*, ICML 2017) study the second difference.

# %% [markdown]
# ## 11 · Check yourself
#
# Five questions. Answer in your head, then open.

# %% [markdown]
# **1.** A layer has 64 channels in, 128 filters of 3 × 3, with biases. How many parameters does it have for an image of
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
# longer exist. Try it in section 7: the loss falls at first, and then it climbs back to chance.
# </details>

# %% [markdown]
# **5.** Your plain network of 50 layers has a higher training error than the one of 20. Will dropout help?
#
# <details><summary>Answer</summary>
#
# No. Dropout is against overfitting, where the *training* error is low. Here the network is hard to optimise, and
# shortcuts help.
# </details>

# %% [markdown]
# ## 12 · Where this went
#
# **2015, batch norm** (Ioffe, Szegedy, ICML). GoogLeNet with it needs 14 times fewer steps for the same accuracy.
#
# **2017, dense connections** (Huang, Liu, van der Maaten, Weinberger, CVPR). Each layer of a block reads the maps of
# *all* layers before it, stacked instead of added.

# %% [markdown]
# **2019, EfficientNet** (Tan, Le, ICML). Depth, width and image size grow together, in fixed proportion. The largest
# one was as accurate as the best network before it, and 8.4 times smaller.

# %% [markdown]
# ### Why it is cheap (optional)
#
# Its convolutions are **depthwise**: each filter sees a single channel. 1 × 1 convolutions mix the channels (Sandler et
# al., *MobileNetV2*, CVPR 2018). For 480 channels, a 3 × 3 layer takes 9 · 480 · 480 = 2,073,600 multiply–adds per
# place; depthwise and 1 × 1 take 9 · 480 + 480 · 480 = 234,720.
#
# **Predict:** our network is EfficientNet-Lite0. Which share of its cost is depthwise?

# %%
from torch.utils.flop_counter import FlopCounterMode

with torch.no_grad(), FlopCounterMode(display=False) as counter:
    network(torch.zeros(1, 3, 224, 224))  # counts a multiply–add as two
counts, cost, ordinary = counter.get_flop_counts(), {}, 0
for name, part in network.named_modules():
    if isinstance(part, nn.Conv2d):
        macs = sum(counts[f"Backbone.{name}"].values()) / 2
        kind = "depthwise" if part.groups > 1 else "{} × {}".format(*part.kernel_size)
        cost[kind] = cost.get(kind, 0) + macs
        ordinary += macs * part.groups  # if each filter saw all channels
total = sum(cost.values())
print({kind: f"{macs / total:.0%}" for kind, macs in cost.items()})
print(f"{total / 1e9:.2f} billion; ordinary filters: {ordinary / 1e9:.1f} billion")

# %% [markdown]
# A tenth; nearly all the rest is 1 × 1. With ordinary filters instead of depthwise ones, it would cost 15 billion, as
# much as VGG-16. As it is, it needs about half of what AlexNet needs.

# %% [markdown]
# ### Since then
#
# **2021, ViT** (Dosovitskiy et al., ICLR). No convolution: patches of 16 × 16 pixels are compared with one another
# ("attention"). With ImageNet alone it stays below ResNets of its size; after 14 to 300 million images it reaches or
# beats the best.

# %% [markdown]
# **2022, ConvNeXt** (Liu et al., CVPR). A ResNet takes over, one by one, what transformers had brought: patches at the
# beginning, wider windows, fewer normalisations, longer training. It then keeps up with them.

# %% [markdown]
# **Predict:** ResNet-50 of 2015 is right on 76.1 % of ImageNet, ConvNeXt-T on 82.5 %, at about the same cost. How much
# of this gain can better training alone bring, with the layers of ResNet-50 unchanged?

# %%
from torchvision import models

since = {
    "AlexNet": models.AlexNet_Weights.IMAGENET1K_V1,
    "VGG-16": models.VGG16_Weights.IMAGENET1K_V1,
    "GoogLeNet": models.GoogLeNet_Weights.IMAGENET1K_V1,
    "ResNet-50": models.ResNet50_Weights.IMAGENET1K_V1,
    "DenseNet-121": models.DenseNet121_Weights.IMAGENET1K_V1,
    "EfficientNet-B0": models.EfficientNet_B0_Weights.IMAGENET1K_V1,
    "ResNet-50, trained anew": models.ResNet50_Weights.IMAGENET1K_V2,
    "ViT-B/16": models.ViT_B_16_Weights.IMAGENET1K_V1,
    "ConvNeXt-T": models.ConvNeXt_Tiny_Weights.IMAGENET1K_V1,
}
top1 = {name: w.meta["_metrics"]["ImageNet-1K"]["acc@1"] for name, w in since.items()}
billions = {name: w.meta["_ops"] for name, w in since.items()}
top1["EfficientNet-Lite0"], billions["EfficientNet-Lite0"] = 75.1, total / 1e9

# %%
ax = plt.subplots(figsize=(9, 4.4), layout="constrained")[1]
ax.scatter(list(billions.values()), list(top1.values()), color=plots.BLUE)
for name, x in billions.items():
    ax.annotate(name, (x, top1[name]), (6, -4), textcoords="offset points")
ax.set(xscale="log", xlim=(0.3, 60))
ax.set_xticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
ax.set(xlabel="billion multiply–adds for one image", ylabel="top-1 accuracy (%)")
plots.show(ax, "accuracy against cost")

# %% [markdown]
# (torchvision's weights and their published accuracy on ImageNet's validation images; ViT here is trained on ImageNet
# alone, with strong augmentation. Lite0: Google's weights and accuracy.)

# %% [markdown]
# Three quarters of it: the same ResNet-50 rises to 80.9 % by longer training and more augmentation. A comparison of
# networks that were trained differently compares the training, too. Keep this in mind for every table that you read.

# %% [markdown]
# ## What to remember
#
# - A layer: **convolve, normalise, rectify, pool**. Filters are local, shared, and span all channels.
# - Sharing saves weights, not responses.
# - Three 3 × 3 layers see 7 × 7 with 45 % fewer weights than one 7 × 7 layer.
# - Convolution is **equivariant**. Pooling makes a map more **invariant**, and equivariant only for multiples of its
#   stride.
# - First filters: edges, colours. One picture does not name a deep channel.

# %% [markdown]
# - One loop trains everything: batch, `zero_grad`, loss, `backward`, `step`. Choices are made on validation images.
# - AlexNet: ReLU, dropout, GPUs. VGG: 3 × 3 only. GoogLeNet: 1 × 1 before expensive filters. ResNet: add the input.
# - Deep plain networks are slower to optimise: they are worse even on training images. Their gradients explode before
#   training, but AdamW divides that out: the explosion is not the reason here.

# %% [markdown]
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
# - D. Balduzzi et al.: *The Shattered Gradients Problem: If resnets are the answer, then what is the question?*, ICML
#   2017

# %% [markdown]
# - R. Zhang: *Making Convolutional Networks Shift-Invariant Again*, ICML 2019
# - G. Yang, J. Pennington, V. Rao, J. Sohl-Dickstein, S. Schoenholz: *A Mean Field Theory of Batch Normalization*,
#   ICLR 2019

# %% [markdown]
# - G. Huang, Z. Liu, L. van der Maaten, K. Weinberger: *Densely Connected Convolutional Networks*, CVPR 2017
# - M. Tan, Q. Le: *EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks*, ICML 2019
# - A. Dosovitskiy et al.: *An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale*, ICLR 2021
# - Z. Liu et al.: *A ConvNet for the 2020s*, CVPR 2022
