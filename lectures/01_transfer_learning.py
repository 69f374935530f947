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
# # 01 · Transfer learning: six images are enough
#
# *Deep Learning Applications. About 75 minutes, with the three explorers and the quiz.*

# %% [markdown]
# After this lecture we can
#
# - say when to train **from scratch**, use **fixed features**, or **fine-tune**;
# - measure with a **probe** what each layer keeps, and look at what a channel responds to;
# - choose which layers learn, and how fast, by data size and distance of the task;
# - explain why a frozen network with **batch norm** may still change.

# %% [markdown]
# Our paper: Zeiler, Fergus, *Visualizing and Understanding Convolutional Networks*, ECCV 2014. All numbers below are
# computed in a cell or cited.

# %% [markdown]
# Before most figures you will find a **Predict** line. Write your guess down before you run the cell. Being surprised
# is the point.

# %% [markdown]
# ## 1 · Six images
#
# Caltech-256 holds 256 kinds of objects. Before CNNs came, the best method (Bo, Ren, Fox, CVPR 2013) needed 60
# training images *of each kind* to name 55.2 % of the test images correctly.
#
# Zeiler and Fergus take a network that was trained on ImageNet, leave it as it is, and train a new last layer only.

# %% [markdown]
# **Predict:** how many images of each kind will they need to beat 55.2 %? And how many does the *same* network need if
# it starts from random numbers?

# %%
from course_lib import plots

per_class = [15, 30, 45, 60]  # training images of each kind
caltech = {
    "CNN pretrained on ImageNet": [65.7, 70.6, 72.7, 74.2],
    "Bo et al. 2013": [40.5, 48.0, 51.9, 55.2],
    "Sohn et al. 2011": [35.1, 42.1, 45.7, 47.9],
    "the same CNN from scratch": [9.0, 22.5, 31.2, 38.8],
}
ax = plots.curve(
    per_class, caltech, "training images per class", "accuracy on Caltech-256 (%)"
)
ax.axhline(55.2, color=plots.BLACK, linewidth=1)
ax.axvline(6, color=plots.BLACK, linewidth=1, linestyle=":")
ax.text(6.6, 56.5, "6 per class: here it passes 55.2 %", fontsize=9)
ax.set(xlim=(0, 63), ylim=(0, 80), xticks=[6, *per_class])
ax.legend(loc="lower right", fontsize=8)
plots.show(ax, "Caltech-256")

# %% [markdown]
# The numbers are those of the paper's table for Caltech-256. **Six images per class** are enough to pass the best
# earlier method with its sixty (their figure 9). From scratch, the very same network never comes near: 38.8 % at 60.

# %% [markdown]
# "Six images" means six *per class*: about 1,500 in all. And it means six *new* ones: before, the network had seen 1.3
# million labelled photographs of other things. (Pictures that occur in both sets were removed from ImageNet first.)
#
# So what did it learn there that helps here?

# %% [markdown]
# ## 2 · Three strategies
#
# | strategy | starts from | what learns | suits |
# |---|---|---|---|
# | from scratch | random numbers | everything | very many images |
# | **fixed features** | pretrained network | a new last layer, the **head** | few images |
# | **fine-tuning** | pretrained network | the head, and some or all layers, slowly | medium data |

# %% [markdown]
# A fixed network is called a *feature extractor*: each image goes through once, and what comes out replaces the pixels.
#
# **Predict:** our network has 0.3 million parameters. For 12 classes, how many of them learn with fixed features?

# %%
import torch
from course_lib.models import backbone

# trained on drawings of 24 kinds of objects; we only look
net = backbone("small").requires_grad_(False)
torch.manual_seed(0)
# the same layers with random numbers
untrained = backbone("small", pretrained=False).requires_grad_(False)
layers = [name for name in net.parts() if name != "normalise"]
sizes = {
    layer: sum(weight.numel() for weight in net.parts()[layer].parameters())
    for layer in layers
}
sizes["head"] = 12 * (net.feature_dim + 1)
ax = plots.bars(list(sizes), list(sizes.values()), "parameters", form="{:,}")
plots.show(ax, "parameters by layer")

# %% [markdown]
# 1,548 of 309,084: the 128 features times 12 classes, and 12 offsets. Six images of each class are 72 images. That is
# 21 parameters an image with fixed features, and more than 4,000 if everything learns.
#
# Three quarters of the parameters stand in stage 4. Remember that for later.

# %% [markdown]
# This is why the network from scratch fails above: with so many parameters it can learn its few images by heart, down
# to the last speck. Nothing forces it to find what the *next* image will share with them.
#
# Fixed features leave the head little room for that. The price: what the features have missed stays missed.

# %% [markdown]
# ## 3 · Two worlds
#
# Transfer needs a **source**, where labels are plenty, and a **target**, where they are few. Ours are drawn. The
# source has 24 kinds of objects, and our backbone was trained on 16,000 pictures of them.

# %%
from course_lib.data import tinytown

# one crop of each kind, 64 × 64 pixels
source, _ = tinytown.objects("source", "test", 24)
axes = plots.image_grid(source, list(tinytown.SOURCE_FAMILIES), columns=8, width=11)
plots.show(axes, "the source's kinds")

# %% [markdown]
# And these are the 12 kinds of the target. The network has never seen one of them.

# %%
names = tinytown.TARGET_FAMILIES
# the kinds take turns, so the first 72 hold six of each
crops, kinds = tinytown.objects("target", "train", 360)
tests, test_kinds = tinytown.objects("target", "test", 240)
axes = plots.image_grid(tests[:12], list(names), columns=6, width=9)
plots.show(axes, "the target's kinds")
print("in both worlds:", set(names) & set(tinytown.SOURCE_FAMILIES) or "nothing")

# %% [markdown]
# Colours, patterns and background are drawn at random for every picture: the colour of a teapot says nothing about
# teapots. Only shape does. That makes our world harsher than photographs, where green often means plant.

# %% [markdown]
# ## 4 · What does each layer keep?
#
# We ask each layer in turn. An image's map at this layer is averaged over all its cells, which leaves one number for
# each channel. Here are these numbers, for all layers.


# %%
@torch.no_grad()
def describe(network, images):
    """For each layer one vector an image: the mean of its map over all cells.

    Images in 0 … 255.
    """
    vectors, x = {}, images / 255
    for name, part in network.parts().items():
        x = part(x)
        vectors[name] = x.mean(dim=(2, 3))
    return {layer: vectors[layer] for layer in layers}


features, test_features = describe(net, crops), describe(net, tests)
print({layer: list(vectors.shape) for layer, vectors in features.items()})

# %% [markdown]
# On these vectors we train the simplest classifier there is, logistic regression: one weighted sum per class. It is
# called a **linear probe** (Alain, Bengio, ICLR workshops 2017). It only uses what lies open in the features; if the
# probe succeeds, the layer has done the work.

# %% [markdown]
# A probe is cheap as well: the network runs once, and fitting takes milliseconds.

# %%
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits


def probe(vectors, kinds, tests):
    """The kinds that a logistic regression, trained on these vectors, gives to the test
    vectors.
    """
    # layers differ in scale; that shall not count
    middle, loudness = vectors.mean(dim=0), vectors.std(dim=0).mean()
    with threadpool_limits(1):  # so small a problem is fastest on one core
        judge = LogisticRegression(max_iter=1000, tol=0.01).fit(
            (vectors - middle) / loudness, kinds
        )
    return torch.from_numpy(judge.predict((tests - middle) / loudness))


said = probe(features["stage4"][:72], kinds[:72], test_features["stage4"])
print(
    f"stage4, six images a class: {(said == test_kinds).float().mean():.0%} of the "
    "tests are right"
)

# %% [markdown]
# Around 80 %, where blind guessing gives 8 % (below 70 % something is wrong). Six images are enough here as well.
#
# One draw of six images may be lucky, so we take five. And we ask a second network with the same layers but *random*
# parameters, to see what training adds.


# %%
def by_layer(network, draws, tests, test_kinds):
    """A probe's accuracy for each draw of training images (row) and each layer
    (column).
    """
    seen, rows = describe(network, tests), []
    for images, kinds in draws:
        learned = describe(network, images)
        said = [probe(learned[layer], kinds, seen[layer]) for layer in layers]
        rows.append([(guess == test_kinds).float().mean().item() for guess in said])
    return torch.tensor(rows)


# five times six images of each kind
draws = list(zip(crops.split(72), kinds.split(72), strict=True))

# %% [markdown]
# **Predict:** draw two curves over stem, stage 1, … stage 4: the pretrained network, and the random one. Where does the
# first begin to rise? How high is the second?

# %%
near = {
    f"{name} network": by_layer(which, draws, tests, test_kinds)
    for name, which in [("pretrained", net), ("random", untrained)]
}
ax = plots.curve(
    layers,
    {name: rows.mean(dim=0) for name, rows in near.items()},
    "layer",
    "accuracy of the probe",
)
ax.axhline(1 / 12, color=plots.BLACK, linewidth=1, label="guessing")
ax.set_ylim(0, 1)
ax.legend()
plots.show(ax, "probes by layer")
print(
    "deviation over five draws:", near["pretrained network"].std(dim=0).numpy().round(2)
)

# %% [markdown]
# Each trained layer adds something, the last two most. The random network stays at chance in every layer: depth alone
# gives nothing.
#
# And the stem? It sees 3 × 3 pixels: colours and little edges, which say nothing about a teapot here. In photographs
# they do.

# %% [markdown]
# Zeiler and Fergus did this with their ImageNet network: a linear classifier on each layer, 60 images per class of
# Caltech-256.

# %%
paper = ["layer 1", "layer 2", "layer 3", "layer 4", "layer 5", "layer 7"]
ax = plots.bars(
    paper,
    [24.6, 39.6, 46.0, 51.3, 65.6, 71.7],
    "accuracy of a linear SVM on Caltech-256 (%)",
)
plots.show(ax, "SVMs by layer")

# %% [markdown]
# The same staircase. The more layers they keep, the better, and even layer 1 is far above guessing (0.4 %).
#
# Which objects does a probe confuse? Let us look at the decisions behind the number.

# %%
from course_lib.explorers.transfer_learning import draw_probe

picture, words = draw_probe(tests, test_kinds, said, names)
plots.show(picture, "the probe's decisions", words=words)

# %% [markdown]
# Left: a row for each true kind, a column for each answer. Blue counts are right, red ones wrong. Right: the decision
# on one picture of each kind.
#
# For the explorer we prepare all answers: two networks, five layers, 1 to 30 images a class.

# %%
numbers = [1, 2, 6, 15, 30]  # images a class
predictions = {}
for network, which in [("pretrained", net), ("random", untrained)]:
    learned, seen = describe(which, crops), describe(which, tests)
    predictions[network] = {
        layer: {
            n: probe(learned[layer][: 12 * n], kinds[: 12 * n], seen[layer])
            for n in numbers
        }
        for layer in layers
    }

# %% [markdown]
# **Explorer: layer probe.**
#
# Try: (1) stage 3 with 30 images a class against stage 4 with 2: which is worth more, images or a layer? (2) Which
# kinds does stage 3 already tell apart? (3) Give the random network 30 images a class.

# %%
from course_lib.explorers.transfer_learning import probe_explorer

probe_explorer(tests, test_kinds, names, predictions)

# %% [markdown]
# One more stage is worth many images: stage 4 with two images a class does about as well as stage 3 with 15 or 30. The
# random network does not profit from more images at all.

# %% [markdown]
# ## 5 · A look inside
#
# What do these layers respond to? There are two ways to ask a channel.
#
# **First way:** start from grey noise and change the *pixels*, by gradient ascent, until the channel responds as much
# as it can: **activation maximisation** (Erhan, Bengio, Courville, Vincent, 2009).

# %% [markdown]
# Left alone, the ascent finds high-frequency noise that no camera ever sees. Two cheap cures: shift the image by a few
# pixels at each step (*jitter*), and *blur* it a little now and then.

# %%
from torchvision.transforms.v2.functional import gaussian_blur


def respond(images, layer):
    """The map of one layer: [n, channels, rows, columns]. Images in 0 … 1."""
    for name, part in net.parts().items():
        images = part(images)
        if name == layer:
            return images


def ascend(layer, channels):
    """For each channel the image [3, 64, 64] that excites it most, after 48 steps from
    grey noise.
    """
    dream = (0.5 + 0.2 * torch.randn(len(channels), 3, 64, 64)).requires_grad_()
    optimizer = torch.optim.Adam([dream], lr=0.03, maximize=True)
    for step in range(48):
        jitter = torch.randint(-4, 5, (2,)).tolist()
        optimizer.zero_grad()
        respond(dream.roll(jitter, dims=(2, 3)), layer)[
            range(len(channels)), channels
        ].sum().backward()
        optimizer.step()
        dream.data = (
            gaussian_blur(dream.data, 3, 0.7) if step % 8 == 7 else dream.data
        ).clamp(0, 1)
    return dream.detach()


# %% [markdown]
# **Second way:** search real images for the pieces that excite the channel most. Zeiler and Fergus show the *top nine*.
# How large is a piece? As large as what one cell sees, its receptive field (unit 00): 3 pixels for the stem, then 11,
# 23 and 47; in stage 4 the whole crop.

# %%
from torchvision.transforms.v2.functional import InterpolationMode, resize

fields = {
    "stem": (3, 2),
    "stage1": (11, 2),
    "stage2": (23, 4),
    "stage3": (47, 8),
    "stage4": (64, 16),
}


def top_nine(layer, channel):
    """The nine pieces of our test crops that excite a channel most, at most one a crop:
    [9, 3, 64, 64] in 0 … 1.
    """
    maps = respond(tests / 255, layer)[:, channel]  # [n, rows, columns]
    (seen, stride), (strength, cell) = fields[layer], maps.flatten(1).max(dim=1)
    pieces = []
    for i in strength.argsort(descending=True)[:9]:
        top, left = (
            min(max(stride * place - seen // 2, 0), 64 - seen)
            for place in divmod(cell[i].item(), maps.shape[2])
        )
        piece = tests[i, :, top : top + seen, left : left + seen]
        pieces.append(resize(piece, [64, 64], interpolation=InterpolationMode.NEAREST))
    return torch.stack(pieces) / 255


# %% [markdown]
# From each layer we take the three channels that tell our twelve kinds apart best.
#
# **Predict:** what will excite a channel of the stem, of stage 2, of stage 4? Remember: the network has never seen the
# pictures that we search.

# %%
from torchvision.utils import make_grid


def telling(vectors, count=3):
    """The channels whose mean response differs most from kind to kind, compared with
    how much they vary at all.
    """
    means = torch.stack([vectors[test_kinds == kind].mean(dim=0) for kind in range(12)])
    return (means.var(dim=0) / vectors.var(dim=0).clamp(min=1e-9)).argsort(
        descending=True
    )[:count]


torch.manual_seed(0)
rows = []
for layer in layers:
    channels = telling(test_features[layer])
    for dream, channel in zip(ascend(layer, channels), channels, strict=True):
        rows.append(torch.cat([dream[None], top_nine(layer, channel)]))

# %%
for layer, first in zip(layers, range(0, len(rows), 3), strict=True):
    print(
        f"{layer}, three channels: the ideal image, then the nine pieces that excite "
        "the channel most"
    )
    plots.show(
        make_grid(torch.cat(rows[first : first + 3]), nrow=10, pad_value=1),
        "channels of a layer",
        layer=layer,
    )

# %% [markdown]
# Colours in the stem, edges and stripes of one direction in stages 1 and 2. Then *parts*: rings, on anchors as on
# scissors, and cats' eyes. Finally arrangements: two circles, in glasses as well as under a truck.
#
# None of these is a class of the source. They are what classes are made of: that is why they carry over.

# %% [markdown]
# The two ways complete each other. The pieces show *that* a channel likes anchors, but not whether for the ring or for
# the bar. The synthetic image shows nothing but what matters, and becomes hard to read in the deeper stages.

# %% [markdown]
# Zeiler and Fergus answer the same question with their **deconvnet**: they run one response backwards through the
# network, down to the pixels. Its picture shows which parts of *this* image the channel has used. In their network,
# layer 2 shows corners and edges, layer 3 textures, layer 4 parts such as dogs' faces, layer 5 whole objects.

# %% [markdown]
# ## 6 · Neighbours
#
# A classifier hides much behind one number. Distances are more direct: which pictures lie nearest to a query? A good
# feature brings pictures of one kind together, whatever their colour.

# %% [markdown]
# **Predict:** our query is a guitar. By pixels, what will its neighbours have in common with it?

# %%
from course_lib.explorers.neighbours import draw_neighbours

spaces = {"pixels": tests.flatten(1) / 255} | {
    layer: test_features[layer] for layer in layers
}
for space in ("pixels", "stage4"):
    picture, words = draw_neighbours(tests, test_kinds, names, spaces[space], query=1)
    print(f"nearest by {space}:")
    plots.show(picture, "neighbours", space=space, words=words)

# %% [markdown]
# By pixels: pink and purple all over, whatever is drawn on it. By stage 4: guitars of every colour, and scissors, which
# are long with something round at one end, too. The numbers are distances; 1 is the mean distance to all images.
#
# **Predict:** at which layer do kinds begin to gather?

# %%
from course_lib.explorers.neighbours import same_class

shares = [same_class(vectors, test_kinds) for vectors in spaces.values()]
ax = plots.bars(
    list(spaces),
    [100 * share for share in shares],
    "neighbours of the query's own kind (%)",
    form="{:.0f}",
)
ax.axvline(100 / 12, color=plots.BLACK, linewidth=1)
plots.show(ax, "neighbours by space")

# %% [markdown]
# The same staircase as with the probes, and no training at all: nobody has told this figure a single label. The line
# marks chance.

# %% [markdown]
# **Explorer: nearest neighbours.** Blue frames: the query's own kind.
#
# Try: (1) Go from the stem to stage 4 with one query. When does colour stop to matter? (2) Find a query that stage 4
# gets all wrong. Can you see why?

# %%
from course_lib.explorers.neighbours import neighbours_explorer

neighbours_explorer(tests, test_kinds, names, spaces)

# %% [markdown]
# Queries that fail are mostly half hidden, tiny, or turned. Where a query's neighbours are wrong, the probe will have a
# hard time, too: it works in the same space.

# %% [markdown]
# ## 7 · Near and far
#
# Our target is close to the source: other objects, same style. What if the new task is far away? Here are real
# handwritten digits, brought to 64 × 64 pixels.

# %%
from course_lib.data import digits
from torch.nn.functional import interpolate, pad


def as_crops(images):
    """Digits [n, 1, 8, 8] in 0 … 1, enlarged with a dark rim: [n, 3, 64, 64] in 0 …
    255.
    """
    return 255 * pad(
        interpolate(images, size=(48, 48), mode="bilinear"), (8, 8, 8, 8)
    ).expand(-1, 3, -1, -1)


written, which_digit = digits("train")
# 30 images of each
places = torch.stack([(which_digit == digit).nonzero()[:30, 0] for digit in range(10)])
digit_draws = [
    (as_crops(written[i.flatten()]), which_digit[i.flatten()])
    for i in places.split(6, dim=1)
]
digit_tests, test_digits = (part[:240] for part in digits("test"))
axes = plots.image_grid(
    [*as_crops(written[places[:, 0]]) / 255], list("0123456789"), columns=10, width=10
)
plots.show(axes, "digits as crops")

# %% [markdown]
# **Predict:** again six images a class. Which layer is best now? And is the random network still useless?

# %%
far = {
    f"{name} network": by_layer(which, digit_draws, as_crops(digit_tests), test_digits)
    for name, which in [("pretrained", net), ("random", untrained)]
}
ax = plots.curve(
    layers,
    {name: rows.mean(dim=0) for name, rows in far.items()},
    "layer",
    "accuracy of the probe",
)
ax.set_ylim(0, 1)
plots.show(ax, "probes on digits")

# %%
by_pixels = [
    probe(
        i.mean(1)[:, ::8, ::8].flatten(1),
        k,
        as_crops(digit_tests).mean(1)[:, ::8, ::8].flatten(1),
    )
    for i, k in digit_draws
]
print(
    "raw pixels, 8 × 8: "
    f"{torch.stack([said == test_digits for said in by_pixels]).float().mean():.2f}"
)

# %% [markdown]
# Now stage 3 is best, and stage 4 *loses* something: it has learned to throw away what does not matter for drawn
# objects. Random filters are useful as well, since ink is everything here. And raw pixels come close to our best layer:
# where digits are centred and scaled, there is little left to help with.

# %% [markdown]
# **From general to specific.** Yosinski, Clune, Bengio, Lipson (NIPS 2014) measured this on ImageNet: first layers are
# general, last ones specific. Transfer suffers as tasks move apart. Yet features of a distant task beat random ones,
# and *starting* from transferred layers helped even after fine-tuning.

# %% [markdown]
# Together with the amount of data this gives four cases. It is a rule of thumb: a probe on each layer costs a minute
# and knows better.
#
# | | **near** the source | **far** from it |
# |---|---|---|
# | **few images** | fixed features of the last layer, new head | fixed features of a *middle* layer |
# | **medium** | fine-tune the last stages | fine-tune most layers, early ones slowly |
# | **very many** | fine-tune everything | fine-tune everything, or from scratch |

# %% [markdown]
# ## 8 · How fast may each layer learn?
#
# Fine-tuning puts a new head, random numbers, on a finished network. Both learn, but do they want the same learning
# rate? We try: 72 images, 20 steps of AdamW, the rate from 0.0003 to 0.03.

# %% [markdown]
# Three ways: only the head learns; everything learns at one rate; everything learns, but the backbone at a hundredth
# of the head's rate.


# %%
from copy import deepcopy
from torch.nn.functional import cross_entropy


def tuned(rate, slower):
    """Accuracy on the tests after 20 steps: the head learns at `rate`, the backbone at
    `slower` times that.
    """
    torch.manual_seed(0)
    model, head = deepcopy(net).requires_grad_(slower > 0), torch.nn.Linear(128, 12)
    body = [{"params": model.parameters(), "lr": slower * rate}] if slower > 0 else []
    optimizer = torch.optim.AdamW([{"params": head.parameters()}, *body], lr=rate)
    for _ in range(20):
        few = torch.randperm(72)[:18]
        inputs = (
            model.embed(crops[few] / 255) if slower > 0 else features["stage4"][few]
        )
        loss = cross_entropy(head(inputs), kinds[few])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        said = head(model.embed(tests / 255)).argmax(dim=1)
    return (said == test_kinds).float().mean().item()


# %% [markdown]
# **Predict:** where is the best rate of each way? What happens at the right end?

# %%
from course_lib.progress import bar

rates = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2]
ways = {"only the head": 0, "all at one rate": 1, "backbone at a hundredth": 0.01}
outcome = {
    way: [tuned(rate, slower) for rate in bar(rates, way)]
    for way, slower in ways.items()
}
ax = plots.curve(rates, outcome, "learning rate of the head", "accuracy after 20 steps")
ax.set(xscale="log", ylim=(0, 1))
ax.legend(loc="upper left")
plots.show(ax, "rates and ways")

# %% [markdown]
# The head has a long way to go and needs 0.01 or more. At that rate the backbone forgets within 20 steps what it
# learned from 16,000 images, and answers at random. Slow enough for the backbone, the head gets nowhere.
#
# A rate for each part resolves it. (With 72 images, fixed features remain about as good: small data.)

# %% [markdown]
# General layers first, specific ones last: so the rate may fall from layer to layer. With the head's rate η and a
# factor d, the layer k places before the head gets
#
# $$\eta_k = \eta \cdot d^{\,k}, \qquad 0 < d \le 1$$
#
# (Howard, Ruder, ACL 2018, call this *discriminative fine-tuning*.) A **frozen** layer has no rate at all.

# %% [markdown]
# **Predict:** η = 0.01, d = 0.3, the stem frozen. How many times more slowly than the head does stage 1 learn?

# %%
from course_lib.explorers.transfer_learning import draw_rates

picture, words = draw_rates(sizes, base=0.01, decay=0.3, frozen="stem", images=72)
plots.show(picture, "rate of each layer", words=words)

# %% [markdown]
# Four places before the head: 1 / 0.3⁴ = 123 times. Each field of a bar is a factor of 10. On the right: how many
# parameters learn, and how many images there are to guide them.

# %% [markdown]
# **Explorer: learning rate per layer.**
#
# Try: (1) With six images a class, how much must be frozen until fewer than 1,000 parameters an image learn? (2) The
# same for 30 images a class. (3) Freeze nothing; which decay makes the stem 1,000 times slower than the head?

# %%
from course_lib.explorers.transfer_learning import rates_explorer

rates_explorer(sizes, classes=12)

# %% [markdown]
# With six, everything up to stage 4 must be frozen: fixed features. With 30 a class nothing has to be: 859 parameters
# an image. A decay of 0.25 makes the stem 1,024 times slower (five places). Counting parameters is crude, since a slow
# layer is half frozen; but it asks the right question.

# %% [markdown]
# ### A recipe
#
# 1. Probe each layer. The best probe is the number to beat.
# 2. Train a new head on fixed features, until it no longer improves.
# 3. Let the last stage learn, slowly; then the one before.
# 4. After each step look at images kept aside, and go back as soon as they get worse.

# %% [markdown]
# ## 9 · Frozen is not still
#
# We freeze every parameter and train a head on new images. Then the features cannot change. Can they?
#
# **Batch norm** has two faces. In *eval* mode it uses stored means and deviations. In *train* mode it uses those of the
# present batch, and moves the stored ones a tenth of the way towards them. No gradient is needed.

# %% [markdown]
# **Predict:** the same guitar goes through a frozen network in train mode twice, each time among other images. Will
# its features agree?

# %%
# no parameter can learn: requires_grad is False everywhere
running = deepcopy(net).train()
guitar = tests[1:2] / 255
among_drawings = running.embed(torch.cat([guitar, crops[:15] / 255]))[0]
among_digits = running.embed(torch.cat([guitar, digit_draws[0][0][:15] / 255]))[0]
print(
    "they differ by "
    f"{(among_drawings - among_digits).norm() / among_drawings.norm():.0%} of their "
    "length"
)

# %% [markdown]
# In train mode an image's features depend on its neighbours. And each pass leaves a trace. We let batches of 32 pass
# through frozen networks, no loss, no optimizer, and every five steps ask in *eval* mode: how far are our test crops'
# features from where they were?


# %%
def drift(images, train):
    """Relative distance of the test features from the original ones, after 0, 5, … 30
    batches have passed.
    """
    network, far = deepcopy(net), []
    torch.manual_seed(0)
    for step in range(31):
        if step % 5 == 0:
            moved = network.eval().embed(tests[:60] / 255)
            start = test_features["stage4"][:60]
            far.append(((moved - start).norm(dim=1) / start.norm(dim=1)).mean().item())
        network.train(train)
        network(images[torch.randperm(len(images))[:32]] / 255)
    return network.eval(), far


# %% [markdown]
# **Predict:** three cases: train mode with target crops, train mode with digits, eval mode with digits.

# %%
written_crops = torch.cat([images for images, _ in digit_draws])
cases = {
    "train mode, target crops": (crops, True),
    "train mode, digits": (written_crops, True),
    "eval mode, digits": (written_crops, False),
}
after = {case: drift(images, train) for case, (images, train) in cases.items()}
ax = plots.curve(
    range(0, 31, 5),
    {case: far for case, (_, far) in after.items()},
    "batches passed",
    "relative change of the features",
)
plots.show(ax, "drift of the features")

# %% [markdown]
# Not one parameter has changed, and yet the features have moved. Does it matter? Ask the head that worked in section 4:
# the probe trained on the original features.

# %%
for case, (network, _) in after.items():
    said = probe(features["stage4"][:72], kinds[:72], network.embed(tests / 255))
    print(
        f"{case:25} {(said == test_kinds).float().mean():.0%} of the test crops are "
        "right"
    )

# %% [markdown]
# Little harm after batches of the same world, ruin after digits. So *frozen* must mean both: no gradient for the
# parameters, **and** batch norm in eval mode. One trap remains: `model.train()`, at the start of every training loop,
# switches *all* layers back. The exercise is about exactly that.

# %% [markdown]
# And layers that do learn? With large batches their statistics may run along: the new world has its own means. With
# two images a batch, as in detection, means are guesses, and the stored ones are kept. Units 03 and 04 do that.

# %% [markdown]
# ## 10 · How far does it carry?
#
# Within one year, several groups found the same as Zeiler and Fergus:
#
# | | features from | outcome |
# |---|---|---|
# | Donahue et al., ICML 2014 (DeCAF) | AlexNet | fixed features beat the best methods on objects, scenes, birds |
# | Razavian et al., CVPR workshops 2014 | OverFeat | with a linear SVM better or on a par in all tasks tried |
# | Girshick et al., CVPR 2014 (R-CNN) | AlexNet, fine-tuned | detection: unit 02 |

# %% [markdown]
# Razavian et al. chose tasks that move away from ImageNet step by step: objects, scenes, fine-grained kinds,
# attributes, retrieval. Their title says what they thought: *an Astounding Baseline*.

# %% [markdown]
# Are better source networks better for transfer? Kornblith, Shlens, Le (CVPR 2019) compared 16 networks on 12 data
# sets. ImageNet accuracy and transfer accuracy go together closely: a correlation of 0.99 with fixed features, 0.96
# when fine-tuned.

# %% [markdown]
# They also found limits. On two small fine-grained sets, pretraining brought next to nothing. And some tricks that
# raise ImageNet accuracy a little make its last-layer features much *worse* for others. Generic is a matter of degree.

# %% [markdown]
# ## 11 · Check yourself
#
# Five questions. Answer in your head, then open.

# %% [markdown]
# **1.** You have 500 X-ray images of two classes and a network trained on photographs. What do you try first?
#
# <details><summary>Answer</summary>
#
# Few images, far from the source: fixed features, with a linear probe on *each* stage, since a middle stage may beat
# the last. It takes minutes, and everything else has to beat it. Fine-tuning comes second.
# </details>

# %% [markdown]
# **2.** "Six images are enough." How many labelled images did Zeiler and Fergus use in all?
#
# <details><summary>Answer</summary>
#
# Six for each of 256 classes, about 1,500, and 1.3 million of ImageNet before. The labels were not saved, they were
# paid for once, by others, for a task that is not ours.
# </details>

# %% [markdown]
# **3.** All parameters of the backbone have `requires_grad=False`. While a new head trains on night photographs, the
# old head for day photographs gets worse. How can that be?
#
# <details><summary>Answer</summary>
#
# The model is in train mode: batch norm moves its stored means and deviations towards the night. The old head reads
# features that have changed. Put batch norm into eval mode, and see that it stays there.
# </details>

# %% [markdown]
# **4.** A probe on stage 4 is right in 80 %, on the stem in 8 %. Does the stem's output hold less about the objects?
#
# <details><summary>Answer</summary>
#
# No: stage 4 is computed from it, so everything is still in there. The probe measures what lies *open* to a weighted
# sum of averaged channels. Later layers do not add information, they make it easy to use.
# </details>

# %% [markdown]
# **5.** You fine-tune on 72 images with one rate of 0.01. The training loss falls to zero, but the test accuracy is
# below that of fixed features. Name two remedies.
#
# <details><summary>Answer</summary>
#
# Freeze the backbone, or most of it. Or let it learn much more slowly than the head: a rate for each layer, falling
# towards the input. (Training the head alone first helps as well, as the first steps of a random head pull hardest.)
# </details>

# %% [markdown]
# ## What to remember
#
# - Learned features are generic: six images per class beat sixty with hand-made features.
# - Few images: fixed features. Medium: fine-tune, late layers first. From scratch only with very many.
# - First layers are general, last ones specific. The farther the task, the earlier the best layer; probes tell.

# %% [markdown]
# - A new head needs a high rate, a finished network a low one: a rate for each layer.
# - Frozen means no gradient *and* no batch statistics.
#
# Next: the exercise `01_transfer_learning`, where we write these parts ourselves and draw the curve of section 1.

# %% [markdown]
# ### Papers
#
# - M. Zeiler, R. Fergus: *Visualizing and Understanding Convolutional Networks*, ECCV 2014
# - J. Yosinski, J. Clune, Y. Bengio, H. Lipson: *How transferable are features in deep neural networks?*, NIPS 2014
# - J. Donahue, Y. Jia, O. Vinyals, J. Hoffman, N. Zhang, E. Tzeng, T. Darrell: *DeCAF*, ICML 2014

# %% [markdown]
# - A. Razavian, H. Azizpour, J. Sullivan, S. Carlsson: *CNN Features off-the-shelf: an Astounding Baseline for
#   Recognition*, CVPR workshops 2014
# - S. Kornblith, J. Shlens, Q. Le: *Do Better ImageNet Models Transfer Better?*, CVPR 2019
# - G. Alain, Y. Bengio: *Understanding intermediate layers using linear classifier probes*, ICLR workshops 2017

# %% [markdown]
# - D. Erhan, Y. Bengio, A. Courville, P. Vincent: *Visualizing Higher-Layer Features of a Deep Network*, University of
#   Montréal, technical report, 2009
# - J. Howard, S. Ruder: *Universal Language Model Fine-tuning for Text Classification*, ACL 2018

# %% [markdown]
# - L. Bo, X. Ren, D. Fox: *Multipath Sparse Coding Using Hierarchical Matching Pursuit*, CVPR 2013
# - K. Sohn, D. Jung, H. Lee, A. Hero: *Efficient Learning of Sparse, Distributed, Convolutional Feature Representations
#   for Object Recognition*, ICCV 2011
