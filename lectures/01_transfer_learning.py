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
# # 01 · Transfer learning: what six images per class can do
#
# *Deep Learning Applications. About 75 minutes, with the three explorers and the quiz; the optional sections 5 and 10
# take 15 more.*

# %% [markdown]
# After this lecture we can
#
# - say when to train **from scratch**, use **fixed features**, or **fine-tune**;
# - measure with a **probe** what each layer keeps, and look at what a channel responds to;
# - choose which layers learn, and how fast;
# - explain why a frozen network with **batch norm** may still change.

# %% [markdown]
# Our paper: Zeiler, Fergus, *Visualizing and Understanding Convolutional Networks*, ECCV 2014. Every number below is
# computed in a cell, shipped with the recipe that made it, or cited.

# %% [markdown]
# Before most figures you will find a **Predict** line. Write your guess down before you run the cell. Being surprised
# is the point.

# %% [markdown]
# ## 1 · Six images
#
# Caltech-256 holds 256 classes of objects. Before CNNs came, the best method (Bo, Ren, Fox, CVPR 2013) needed 60
# training images *per class* to name 55.2 % of the test images correctly.
#
# Zeiler and Fergus take a network that was trained on ImageNet, leave it as it is, and train only a new last layer.

# %% [markdown]
# **Predict:** as the title says, six images per class will beat 55.2 %. What will they reach with 60? And what will the
# *same* network reach with 60 if it starts from random numbers?

# %%
from course_lib import plots

per_class = [15, 30, 45, 60]  # training images per class
caltech = {
    "CNN pretrained on ImageNet": [65.7, 70.6, 72.7, 74.2],
    "Bo et al. 2013": [40.5, 48.0, 51.9, 55.2],
    "Sohn et al. 2011": [35.1, 42.1, 45.7, 47.9],
    "the same CNN from scratch": [9.0, 22.5, 31.2, 38.8],
}
ax = plots.curve(
    per_class, caltech, "training images per class", "accuracy on Caltech-256 (%)"
)
ax.plot([6, 15], [55.2, 65.7], ":", color=plots.BLUE)  # from the paper's text
ax.axhline(55.2, color=plots.BLACK, linewidth=1)
ax.text(1, 48, "6 per class beat 55.2 %,\nso the text says", fontsize=8)
ax.set(xlim=(0, 63), ylim=(0, 80), xticks=[6, *per_class])
ax.legend(loc="lower right", fontsize=8)
plots.show(ax, "Caltech-256")

# %% [markdown]
# The solid curves are the paper's table for Caltech-256, which begins at 15. That **six images per class** beat the
# best earlier method with sixty is said in its text and drawn in its figure 9: our dotted line joins that point to the
# table.

# %% [markdown]
# From scratch, the very same network stays far below: with 60 images per class it reaches 38.8 % instead of 74.2 %,
# less than the best method without a CNN reaches with 15.
#
# All their pretrained accuracies, 70.6 % at 30 among them, come from *fixed* features with a new softmax. Nothing was
# fine-tuned.

# %% [markdown]
# "Six images" means six *per class*: about 1,500 in all. And it means six *new* ones: the network had already seen 1.3
# million other labelled photographs. (Pictures that occur in both sets were removed from ImageNet first.)

# %% [markdown]
# So what did it learn there that helps here? Let us ask such a network. EfficientNet-Lite0 has learned from ImageNet's
# photographs, is small enough for a phone, and was installed with the course.

# %% [markdown]
# **Predict:** we show it a cat, a cup of coffee, a rocket, and an astronaut. What will it call them? (A thousand names
# are on its list, *rocket* and *astronaut* are not.)

# %%
from course_lib import models
from course_lib.data.photos import photo
from torchvision.transforms.v2.functional import center_crop

shown, answers = [], []
for name in ("chelsea", "coffee", "rocket", "astronaut"):
    image = photo(name)
    shown.append(center_crop(image, [min(image.shape[1:])]))  # what the network sees
    likely = models.classify(image, 3)
    answers.append("\n".join(f"{label} {chance:.2f}" for label, chance in likely))
axes = plots.image_grid(shown, answers, columns=4, width=10)
plots.show(axes, "photographs and their names")

# %% [markdown]
# A cat, though three breeds share it, and an espresso. But a missile, with 0.22, and a bobsled, with 0.20: the softmax
# spreads one whole over a thousand names, and *none of these* is not among them. Only the low probability warns us.

# %% [markdown]
# So the last layer, bound to its thousand names, is of no use for new ones. Are the layers below it?

# %% [markdown]
# ## 2 · Three strategies
#
# | strategy | starts from | what learns | usually suits |
# |---|---|---|---|
# | from scratch | random numbers | everything | very many images |
# | **fixed features** | pretrained network | a new last layer, the **head** | few images |
# | **fine-tuning** | pretrained network | the head, and some or all layers, slowly | more images |

# %% [markdown]
# The last two begin with **network surgery**: copy the pretrained network (the *source* network), cut off the head that
# names its old classes, and put a new one there.

# %%
from course_lib.explorers.surgery import draw_surgery

plots.show(draw_surgery(), "network surgery")

# %% [markdown]
# Blue layers are frozen, yellow ones learn slowly, orange ones start from random numbers. A frozen network is called a
# *feature extractor*: each image goes through it once, and what comes out replaces the pixels.

# %% [markdown]
# **Predict:** our network has 0.3 million parameters and gives its head 128 numbers per image. For 12 classes, how many
# parameters learn with fixed features?

# %%
import torch
from course_lib.models import backbone

# trained on drawings of 24 classes of objects; we only look
net = backbone("small").requires_grad_(False)
layers = [name for name in net.parts() if name != "normalise"]
sizes = {
    layer: sum(weight.numel() for weight in net.parts()[layer].parameters())
    for layer in layers
}
sizes["head"] = 12 * (net.feature_dim + 1)
ax = plots.bars(list(sizes), list(sizes.values()), "parameters", form="{:,}")
plots.show(ax, "parameters by layer")

# %% [markdown]
# 1,548 of 309,084: 12 weights for each of the 128 features, and 12 offsets. Six images per class are 72 images. That is
# 21.5 parameters per image with fixed features, and more than 4,000 if everything learns.
#
# Stage 4 holds three quarters of all parameters. We shall come back to that in section 8.

# %% [markdown]
# ## 3 · Two worlds, three splits
#
# Transfer needs a **source**, where labels are plentiful, and a **target**, where they are few. Both of ours are drawn
# by a program. The source has 24 classes of objects, and our **backbone**, the network without a head, was trained on
# 16,000 pictures of them.

# %%
from course_lib.data import tinytown

# one crop of each class, 64 × 64 pixels
source, _ = tinytown.objects("source", "test", 24)
axes = plots.image_grid(source, list(tinytown.SOURCE_FAMILIES), columns=8, width=11)
plots.show(axes, "the source's kinds")

# %% [markdown]
# Each has a shape of its own. And these are the 12 classes of the target, none of which the network has ever seen. The
# target's images come in three **splits**: we learn from `train`, choose every setting by `val`, and look at `test`
# only to report.

# %%
names = tinytown.TARGET_FAMILIES
# the classes take turns, so the first 72 images hold six per class
crops, kinds = tinytown.objects("target", "train", 360)
val, val_kinds = tinytown.objects("target", "val", 240)
tests, test_kinds = tinytown.objects("target", "test", 240)
axes = plots.image_grid(tests[:12], list(names), columns=6, width=9)
plots.show(axes, "the target's kinds")
print("in both worlds:", set(names) & set(tinytown.SOURCE_FAMILIES) or "nothing")

# %% [markdown]
# Colours, patterns and background are drawn at random for every picture: the colour of a teapot says nothing about
# teapots. Only shape does. That makes our world harsher than photographs, where green often means plant.

# %% [markdown]
# ### Why not from scratch?
#
# Let us try it with six images per class, exactly as they are.
#
# **Predict:** after 60 steps, how many of its 72 training images will the network name correctly? And how many of the
# images of `val`?

# %%
from course_lib.training import fit
from torch.nn.functional import cross_entropy


def with_head(network):
    """The network and a new head for 12 classes, random numbers still."""
    mean = [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]  # over all cells
    return torch.nn.Sequential(network, *mean, torch.nn.Linear(128, 12))


@torch.no_grad()
def share(model, images, truth):
    """Of the images, those that the model names correctly."""
    model.eval()
    found = torch.cat([model(few / 255).argmax(dim=1) for few in images.split(48)])
    return (found == truth).float().mean().item()


def batch(step):
    """16 of the 72 training images."""
    few = torch.randperm(72, generator=torch.Generator().manual_seed(step))[:16]
    return crops[few] / 255, kinds[few]


def loss(model, images, labels):
    return cross_entropy(model(images), labels)


# %%
torch.manual_seed(0)
fresh = with_head(backbone("small", pretrained=False)).train()
fit(fresh, batch, loss, steps=60, lr=2e-3, progress=False)
for split, images, truth in [
    ("train", crops[:72], kinds[:72]),
    ("val", val, val_kinds),
]:
    right = share(fresh, images, truth)
    print(f"{split}: {right:.0%} of the images are named correctly")

# %% [markdown]
# It has learned its 72 images by heart, and is hardly better than guessing (8 %) on others. Does it lack images, or
# training? To train longer and on more images takes minutes, so the results are shipped: up to 120 images per class, up
# to 2,000 steps, three seeds.

# %% [markdown]
# A common remedy for learning by heart is **augmentation**: each time that an image is shown, it is mirrored, shifted,
# zoomed and tinted a little differently. **Predict:** with augmentation, and without (*plain*): from how many images
# per class on does the accuracy on test images rise above guessing?

# %%
from course_lib.trainings import shipped

curve = shipped("few_shot")
print(curve)
counts = curve.results["images per class"][0].tolist()
mean = {name: values.mean(axis=0) for name, values in curve.results.items()}
lines = {"augmented, test images": mean["scratch"]}
lines["augmented, its training images"] = mean["scratch, training images"]
ax = plots.curve(counts, lines, "training images per class", "accuracy in %")
short = counts[: len(mean["scratch, plain"])]
own = mean["scratch, plain, training images"]
ax.plot(short, mean["scratch, plain"], "^-.", c=plots.GREEN, label="plain, test images")
ax.plot(short, own, "v:", c=plots.PURPLE, label="plain, its training images")
ax.set(xscale="log", xticks=counts, xticklabels=counts, ylim=(0, 105))
ax.minorticks_off()
ax.legend(fontsize=8)
plots.show(ax, "scratch, trained to the end")

# %% [markdown]
# As they are, the images are learned by heart at every size tried: 100 % of the training images, at best 15 % of
# others. At 100 %, more training has little left to teach. Variety helps: with augmentation, and more steps, the
# network knows 96 % or more of its training images, and test images too: 34 ± 10 % at 15 per class, 78 ± 7 % at 30, 92
# ± 3 % at 120.

# %% [markdown]
# Patience is needed as well: with 30 augmented images per class, 120 steps reach 10 % on test images, 480 steps 27 %,
# and 2,000 steps 78 %. A network from scratch that was stopped early proves nothing about training from scratch.

# %% [markdown]
# With fixed features only the head learns, and fitting it takes a moment. The price: what the features have missed
# stays missed. In the exercise we compare all three strategies on the same images.

# %% [markdown]
# ## 4 · What does each layer keep?
#
# We ask each layer in turn. At every cell of its **activation map** stands a **depth column**, one number per channel.
# We average the columns over all cells. A channel whose 2 × 2 map is 0, 4, 0, 0 becomes (0 + 4 + 0 + 0) / 4 = 1, which
# tells that it responded, but not where.


# %%
@torch.no_grad()
def describe(network, images):
    """For each layer one vector per image: the mean of its activation map over cells.

    Images in 0 … 255.
    """
    vectors = {layer: [] for layer in layers}
    at_once = 2**16 // images[0, 0].numel()  # 65,536 pixels stay in the cache
    for batch_of_images in images.split(at_once):
        x = batch_of_images / 255
        for name, part in network.parts().items():
            x = part(x)
            if name in vectors:
                vectors[name].append(x.mean(dim=(2, 3)))
    return {layer: torch.cat(rows) for layer, rows in vectors.items()}


features, test_features = describe(net, crops), describe(net, tests)
print({layer: list(vectors.shape) for layer, vectors in features.items()})

# %% [markdown]
# On these vectors we train the simplest classifier there is, logistic regression: one weighted sum per class, and the
# largest sum wins. It is called a **linear probe** (Alain, Bengio, ICLR workshops 2017).

# %% [markdown]
# By hand, with two features: an image has *ring* 2 and *wheel* 0. Scissors weigh them with 1 and −1, trucks with −1 and
# 1. The sums are 1 · 2 − 1 · 0 = 2 for scissors and −2 for trucks, so the probe says scissors.

# %% [markdown]
# A probe sees only what is **linearly accessible** in the features; where it succeeds, the layer has done the work. It
# is cheap as well: the network runs once, and fitting takes milliseconds.

# %%
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits


def probe(vectors, kinds, tests):
    """The classes that a logistic regression, trained on these vectors, gives to the
    test vectors.
    """
    # bring all layers to one scale, so that they are regularised alike
    mean, scale = vectors.mean(dim=0), vectors.std(dim=0).mean()
    with threadpool_limits(1):  # so small a problem is fastest on one core
        classifier = LogisticRegression(max_iter=1000, tol=0.01).fit(
            (vectors - mean) / scale, kinds
        )
    return torch.from_numpy(classifier.predict((tests - mean) / scale))


predicted = probe(features["stage4"][:72], kinds[:72], test_features["stage4"])
right = (predicted == test_kinds).float().mean()
print(
    f"stage4, six images per class: {right:.0%} of the test images are named correctly"
)

# %% [markdown]
# Around 80 %, where blind guessing gives 8 % (below 70 % something is wrong). Six images per class go a long way here
# as well.

# %% [markdown]
# One draw of six images per class may be lucky, so we take five draws. And to see what training adds, we ask more
# networks: three with the same layers and *random* parameters; and the one that called a rocket a missile, which has
# learned from 1.28 million photographs.


# %%
def by_layer(networks, draws, tests, test_kinds):
    """A probe's accuracy for each network and each draw of training images (row) and
    each layer (column).
    """
    rows = []
    for network in networks:
        seen = describe(network, tests)
        for images, kinds in draws:
            learned = describe(network, images)
            found = [probe(learned[layer], kinds, seen[layer]) for layer in layers]
            rows.append([(one == test_kinds).float().mean().item() for one in found])
    return torch.tensor(rows)


# %%
# five times six images per class
draws = list(zip(crops.split(72), kinds.split(72), strict=True))
torch.manual_seed(0)
untrained = [
    backbone("small", pretrained=False).requires_grad_(False) for _ in range(3)
]
eyes = backbone("lite0").requires_grad_(False)  # stem and four stages, too
pairs = [
    ("trained on drawings", [net]),
    ("random numbers", untrained),
    ("trained on photographs", [eyes]),
]

# %% [markdown]
# **Predict:** draw three curves over stem, stage 1, … stage 4: trained on 16,000 drawings of other objects, random
# numbers, trained on photographs. Where does the first begin to rise? How high is the third?

# %%
near = {name: by_layer(which, draws, tests, test_kinds) for name, which in pairs}
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
spread = near["trained on drawings"].std(dim=0).numpy().round(2)
print("standard deviation over five draws:", spread)

# %% [markdown]
# Each trained layer adds something, the last two most. The three random networks stay at chance in every layer: here,
# where colours mean nothing and maps are averaged, depth without training gives nothing. Whether that holds elsewhere,
# section 7 will ask.
#
# And the stem? It sees 3 × 3 pixels: colours and little edges, which say nothing about a teapot here.

# %% [markdown]
# The network with eighty times as many images, all photographs, is best at stage 3, with only 0.26. Are our crops too
# small? It has learned on 224 × 224 pixels. We enlarge one draw, and half of the test images, to 128 × 128.

# %%
from torch.nn.functional import interpolate

larger, larger_tests = (
    interpolate(images.float(), scale_factor=2, mode="bilinear")
    for images in (crops[:72], tests[:120])
)
enlarged = by_layer([eyes], [(larger, kinds[:72])], larger_tests, test_kinds[:120])
print("trained on photographs, enlarged drawings:", enlarged[0].numpy().round(2))
del larger, larger_tests

# %% [markdown]
# Better, around 0.4, and still half of what the small network has. For drawings, 16,000 drawings have taught
# more than a million photographs. (The two networks differ in their layers, too: this is no clean comparison of
# sources.) What those photographs have taught it, section 6 will show.

# %% [markdown]
# Near its source an ImageNet network does well: Zeiler and Fergus put a linear classifier on each of its layers, with
# 60 images per class of Caltech-256, photographs again.
#
# | layer | 1 | 2 | 3 | 4 | 5 | 7 |
# |---|---|---|---|---|---|---|
# | accuracy of a linear SVM (%) | 24.6 | 39.6 | 46.0 | 51.3 | 65.6 | 71.7 |

# %% [markdown]
# The staircase once more: the more layers they keep, the better. Unlike our stem, even their layer 1 is far above
# guessing (0.4 %).
#
# Which objects does a probe confuse? Let us look at the decisions behind our first number, around 80 %.

# %%
from course_lib.explorers.transfer_learning import draw_probe

picture, words = draw_probe(tests, test_kinds, predicted, names)
plots.show(picture, "the probe's decisions", words=words)

# %% [markdown]
# Left: a row for each true class, a column for each answer. Blue counts are right, red ones wrong. Right: the decision
# on one picture of each class.
#
# For the explorer we prepare all answers: two networks, five layers, 1 to 30 images per class.

# %%
numbers = [1, 2, 6, 15, 30]  # images per class
predictions = {}
for network, which in [("pretrained", net), ("random", untrained[0])]:
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
# Try: (1) Compare stage 3 at 30 images per class with stage 4 at 2: which is worth more, images or a layer? (2) Which
# classes does stage 3 already tell apart? (3) Give the random network 30 images per class.

# %%
from course_lib.explorers.transfer_learning import probe_explorer

probe_explorer(tests, test_kinds, names, predictions)

# %% [markdown]
# (1) The layer: stage 4 with two images per class does about as well as stage 3 with 15 or 30. (2) With 30 images per
# class, stage 3 is right on nine in ten castles and cats, and on less than half of the trucks. (3) It does not profit
# from more images at all.

# %% [markdown]
# ## 5 · A look inside (optional)
#
# What do these layers respond to? There are two ways to ask a channel.
#
# **First way:** start from grey noise and change the *pixels*, by gradient ascent, until the channel responds as much
# as it can: **activation maximisation** (Erhan, Bengio, Courville, Vincent, 2009).

# %% [markdown]
# Left alone, the ascent finds high-frequency noise that no camera ever sees. Two cheap cures: shift the image by a few
# pixels at each step (*jitter*), and *blur* it a little now and then. We ask only the four cells in the middle of the
# activation map, so that one pattern appears and not a wallpaper of them.

# %%
from torchvision.transforms.v2.functional import gaussian_blur


def respond(images, layer):
    """The activation map of one layer, [n, channels, rows, columns]."""
    for name, part in net.parts().items():
        images = part(images)
        if name == layer:
            return images


# %%
def ascend(layer, channels):
    """For each channel the image [3, 64, 64] that excites the middle of its map most,
    after 96 steps from grey noise.
    """
    dream = (0.5 + 0.2 * torch.randn(len(channels), 3, 64, 64)).requires_grad_()
    optimizer = torch.optim.Adam([dream], lr=0.03, maximize=True)
    for step in range(96):
        jitter = torch.randint(-4, 5, (2,)).tolist()
        maps = respond(dream.roll(jitter, dims=(2, 3)), layer)
        middle = maps.shape[2] // 2 - 1
        inner = maps[range(len(channels)), channels][:, middle:, middle:][:, :2, :2]
        optimizer.zero_grad()
        inner.sum().backward()
        optimizer.step()
        with torch.no_grad():
            blurred = gaussian_blur(dream, 3, 0.7) if step % 4 == 3 else dream
            dream.copy_(blurred.clamp(0, 1))
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


def top_nine(layer, maps):
    """The nine pieces of our test crops that excite a channel most, at most one a crop:
    [9, 3, 64, 64] in 0 … 1. `maps`: the channel's, [crops, rows, columns].
    """
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
# From each layer we take the three channels that tell our twelve classes apart best, judged by `val`; the pieces come
# from `test`.
#
# **Predict:** what will excite a channel of the stem, of stage 2, of stage 4? Remember: the network has never seen the
# pictures that we search.

# %%
from torchvision.utils import make_grid


def telling(vectors, kinds, count=3):
    """The channels whose mean response differs most from class to class, compared with
    how much they vary at all.
    """
    means = torch.stack([vectors[kinds == kind].mean(dim=0) for kind in range(12)])
    return (means.var(dim=0) / vectors.var(dim=0).clamp(min=1e-9)).argsort(
        descending=True
    )[:count]


torch.manual_seed(0)
val_features, rows = describe(net, val), []
for layer in layers:
    channels = telling(val_features[layer], val_kinds)
    maps = torch.cat(
        [respond(few / 255, layer)[:, channels] for few in tests.split(24)]
    )
    for dream, own in zip(ascend(layer, channels), maps.unbind(dim=1), strict=True):
        rows.append(torch.cat([dream[None], top_nine(layer, own)]))

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
# Red and yellow in the stem, edges in stage 1, corners and round outlines in stage 2. Then *parts*: in stage 3 the arc
# of an anchor, a crossing, battlements. Finally arrangements: in stage 4 something long with something round at its
# end, on guitars as well as on scissors. None of these objects is a class of the source.

# %% [markdown]
# The two ways complement each other. The pieces show *that* a channel likes anchors, but not whether it is for the arc
# or for the bar. In stage 3 the synthetic image shows it: an arc. In stage 4 it stays close to noise, and only the
# pieces help.

# %% [markdown]
# Zeiler and Fergus answer the same question with their **deconvnet**: they run one response backwards through the
# network, down to the pixels. Its picture shows which parts of *this* image the channel has used. In their network,
# layer 2 shows corners and edges, layer 3 textures, layer 4 parts such as dogs' faces, layer 5 whole objects.

# %% [markdown]
# ## 6 · Neighbours
#
# A classifier hides much behind one number. Distances are more direct: which pictures lie nearest to a query? A good
# feature brings pictures of one class together, whatever their colour.

# %% [markdown]
# **Predict:** our query is a dark truck on violet ground. By pixels, what will its neighbours have in common with
# it?

# %%
from course_lib.explorers.neighbours import draw_neighbours

spaces = {"pixels": tests.flatten(1) / 255} | {
    layer: test_features[layer] for layer in layers
}
for space in ("pixels", "stage4"):
    picture, words = draw_neighbours(tests, test_kinds, names, spaces[space], query=14)
    print(f"nearest by {space}:")
    plots.show(picture, "neighbours", space=space, words=words)

# %% [markdown]
# By pixels: violet ground or something dark on it; one of the eight is a truck. By stage 4: six trucks in other
# colours, and glasses twice: two circles side by side, like wheels. (The number at each picture is its distance; 1 is
# the mean over all images.)

# %% [markdown]
# One query proves little. For all 240 we count how many of the eight neighbours are of the query's class.

# %%
from course_lib.explorers.neighbours import nearest

found = {  # the eight nearest of each query
    space: torch.stack([nearest(vectors, query)[0] for query in range(len(tests))])
    for space, vectors in spaces.items()
}
right = {  # how many of the eight are of the query's class
    space: (test_kinds[eight] == test_kinds[:, None]).sum(dim=1)
    for space, eight in found.items()
}
pixels, last = right["pixels"], right["stage4"]
print(f"medians: {pixels.median()} of 8 by pixels, {last.median()} by stage 4")
print(f"stage 4 finds more in {(last > pixels).sum()} of {len(last)} cases", end=", ")
print(f"as many in {(last == pixels).sum()}, fewer in {(last < pixels).sum()}")

# %% [markdown]
# Our truck was typical: one hit by pixels and six by stage 4 are the medians.

# %% [markdown]
# ### Pieces of photographs
#
# Now real pictures. We cut five photographs into patches of 48 × 48 pixels, and draw 48 patches from each. Two patches
# may touch, but never overlap. Instead of a class, each has the photograph that it comes from.

# %%
photographs = ["astronaut", "chelsea", "coffee", "motorcycle", "rocket"]
origin = torch.arange(5).repeat_interleave(48)


def pieces(name, side=48, count=48):
    """Square patches of one photograph, from a grid at a random place."""
    image = photo(name)
    top, left = (int(torch.randint(size % side + 1, ())) for size in image.shape[1:])
    grid = image[:, top:, left:].unfold(1, side, side).unfold(2, side, side)
    patches = grid.permute(1, 2, 0, 3, 4).flatten(0, 1)
    return patches[torch.randperm(len(patches))[:count]]


torch.manual_seed(0)
patch_draws = [torch.cat([pieces(name) for name in photographs]) for _ in range(3)]

# %% [markdown]
# **Predict:** the query is a fold of the astronaut's orange suit. What will lie nearest by pixels? What by
# stage 3 of the network that has seen photographs?

# %%
patches = patch_draws[0]
patch_spaces = {"pixels": patches.flatten(1) / 255} | describe(eyes, patches)
for space in ("pixels", "stage3"):
    picture, words = draw_neighbours(
        patches, origin, photographs, patch_spaces[space], query=4
    )
    print(f"nearest by {space}:")
    plots.show(picture, "neighbours of a patch", space=space, words=words)

# %% [markdown]
# By pixels: whatever is orange. Five of eight are the wooden table below the coffee. By stage 3: the suit, eight times.
#
# We have picked a clear case: over all queries the medians are five by pixels and seven by stage 3.

# %% [markdown]
# Again we ask all 240: does the *nearest* image have the query's label? Three draws each: of drawings, and of patches,
# in colour and in grey.
#
# **Predict:** by which layer of which network do drawings agree best, by which do patches? What does colour do?

# %%
from course_lib.explorers.neighbours import same_class


def nearest_agrees(network, draws):
    """How often the nearest image has the query's label: for each draw (row), by
    pixels and by each layer.
    """
    rows = []
    for images, labels in draws:
        vectors = {"pixels": images.flatten(1) / 255} | describe(network, images)
        rows.append([same_class(space, labels, count=1) for space in vectors.values()])
    return torch.tensor(rows)


drawn = [(tests, test_kinds), (val, val_kinds), (crops[:240], kinds[:240])]
cut = [(images, origin) for images in patch_draws]
grey = [
    (images.float().mean(1, keepdim=True).expand(-1, 3, -1, -1), origin)
    for images, _ in cut
]

# %%
gathered = {
    "drawings, trained on drawings": nearest_agrees(net, drawn),
    "patches, trained on drawings": nearest_agrees(net, cut),
    "patches, trained on photographs": nearest_agrees(eyes, cut),
    "grey patches, trained on photographs": nearest_agrees(eyes, grey),
}
mean = {name: rows.mean(dim=0) for name, rows in gathered.items()}
ax = plots.curve(["pixels", *layers], mean, "compared by", "nearest has the same label")
ax.set_ylim(0, 1)
ax.legend(loc="upper left", bbox_to_anchor=(0, -0.15), ncols=2, fontsize=8)
plots.show(ax, "nearest neighbours by space")
for name, rows in gathered.items():
    print(f"{name}: {rows.mean(0).numpy().round(2)} ± {rows.std(0).max():.2f}")

# %% [markdown]
# Guessing gives 0.08 for drawings and 0.20 for patches. Drawings climb the staircase of the probes, though nothing was
# fitted: labels serve only to count. Patches agree in 0.68 by pixels, thanks to colour: in grey, 0.43.

# %% [markdown]
# The network of photographs lifts that to 0.94 at stage 3, and in grey still to 0.86: it tells cloth from wood. At
# stage 4, next to the names of whole objects, it loses a little. The network of drawings never needed cloth or wood:
# from its first stage on it agrees less and less, and ends below the pixels.

# %% [markdown]
# (A patch and the one beside it often show the same fur or the same sky. That helps every space, pixels too.)

# %% [markdown]
# **Explorer: nearest neighbours.** Blue frames: the query's own class, or its own photograph.
#
# Try: (1) Go from the stem to stage 4 with one drawing. When does colour stop mattering? (2) Find a drawing that stage
# 4 gets all wrong. Can you see why? (3) Do the same with patches, at stage 3.

# %%
from course_lib.explorers.neighbours import Gallery, neighbours_explorer

galleries = {
    "drawings": Gallery(tests, test_kinds, names, spaces),
    "patches": Gallery(patches, origin, photographs, patch_spaces),
}
neighbours_explorer(galleries)

# %% [markdown]
# (1) Let us measure it over all queries: how far apart are the mean colours of a query and of its neighbours, as a
# share of the distance between any two crops?

# %%
colours = tests.float().mean(dim=(2, 3))  # red, green and blue of each crop
apart = torch.cdist(colours, colours)
for space, eight in found.items():
    print(f"{space:8} {apart.gather(1, eight).mean() / apart.mean():.2f}")

# %% [markdown]
# At stage 3. By the stem, neighbours are half as far apart in colour as any two crops; by stage 2 colour still counts a
# little; from stage 3 on it hardly counts at all.

# %% [markdown]
# (2) Two guesses: something in front hides part of the object, or its class is hard. Say that a query fails when at
# most two of its eight neighbours are right.

# %%
failing = right["stage4"] <= 2
# a pole or leaves hide more than a twentieth of the object
covered = tinytown.hidden("target", "test", 240) > 0.05
for name, group in {"covered": covered, "not covered": ~covered}.items():
    print(f"{name:12} {failing[group].sum()} of {group.sum()} queries fail")
print({name: int(failing[test_kinds == kind].sum()) for kind, name in enumerate(names)})

# %% [markdown]
# Both hold. A covered object fails four times as often (44 against 10 %), yet most queries that fail, 21 of 35, are not
# covered. And 11 of the 35 are crowns, more than half of all 20 crowns.

# %%
for name, group in {"failing": failing, "all others": ~failing}.items():
    hit = (predicted == test_kinds)[group].float().mean()
    print(f"{name:10} queries: the probe of section 4 is right in {hit:.0%}")

# %% [markdown]
# Where a query's neighbours are wrong, the probe has a hard time, too: it works in the same space.

# %% [markdown]
# ## 7 · Near and far
#
# Our target is close to the source: other objects, same style. What if the new task is far away? Here are real
# handwritten digits, enlarged to 64 × 64 pixels.

# %%
from course_lib.data import digits
from torch.nn.functional import pad


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
# **Predict:** again six images per class. Which layer is best now, of each network? Are the random ones still useless?
# And what would a probe on raw pixels reach?

# %%
far = {
    name: by_layer(which, digit_draws, as_crops(digit_tests), test_digits)
    for name, which in pairs
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
    f"{torch.stack([one == test_digits for one in by_pixels]).float().mean():.2f}"
)

# %% [markdown]
# Now stage 3 is best, and stage 4 falls behind it: its features serve drawn objects better than digits. So it is with
# the network of photographs, from just as high (0.86) down to 0.74: digits are far from both sources.

# %% [markdown]
# Random networks, useless for teapots, are right in two cases out of three. And raw pixels are as good as the best
# layers: digits that are centred and scaled leave little for features to do.

# %% [markdown]
# **From general to specific.** Yosinski, Clune, Bengio, Lipson (NIPS 2014) measured how well each layer transfers, on
# ImageNet: first layers are general, last ones specific. Transfer suffers as tasks move apart. Yet features of a
# distant task beat random ones, and *starting* from transferred layers helps even after fine-tuning.

# %% [markdown]
# Together with the amount of data this gives six cases. They are no more than a rule of thumb; a probe on each layer
# takes a minute, and measures instead of guessing.
#
# | | **near** the source | **far** from it |
# |---|---|---|
# | **few images** | fixed features of the last layer, new head | fixed features of a *middle* layer |
# | **more** | fine-tune the last stages | fine-tune most layers, early ones slowly |
# | **very many** | fine-tune everything | fine-tune everything, or from scratch |

# %% [markdown]
# Does the column *near* hold for our target? Here the network was fine-tuned with everything frozen up to each layer in
# turn (the **cut**), three seeds each; at the right end only the head learns.
#
# **Predict:** where is the best cut with 1, 6, 30 and 120 images per class?

# %%
cuts = shipped("which_layers")
print(cuts)
frozen = ["nothing", *layers]
counts = cuts.results["images per class"][0].astype(int)
ax = plots.curve(
    range(len(frozen)),
    {
        f"{n} per class": [cuts.results[cut][:, i].mean() for cut in frozen]
        for i, n in enumerate(counts)
    },
    "frozen up to and including",
    "accuracy in %",
)
ax.set(xticks=range(len(frozen)), xticklabels=frozen, ylim=(0, 100))
ax.legend(loc="lower left", fontsize=8)
plots.show(ax, "which layers to fine-tune")
one_rate = cuts.results["nothing, one rate"].mean(axis=0).round(1)
print("nothing frozen, all at one rate:", one_rate)

# %% [markdown]
# With a rate that falls from layer to layer (section 8), the cut hardly matters: from *nothing* to *stage3* all lie
# within one or two standard deviations of each other. Only freezing stage 4 as well makes a difference. The head alone
# is level at one image per class, 8 points behind at six, 10 at 30.

# %% [markdown]
# With one rate for everything the rule of thumb returns: 35 % at one image per class, where the head alone has 61 %,
# and 75 against 78 % at six; from 30 on everything at one rate is ahead. So the rule holds for careless fine-tuning;
# careful fine-tuning may begin earlier.

# %% [markdown]
# One reservation: the head had only 60 to 360 steps here. A probe fitted to the end, on the same draws and augmented
# copies of them, reaches 80 % at six and 90 % at 30. So not all of the head's gap is due to the features.

# %% [markdown]
# ## 8 · How fast may each layer learn?
#
# Fine-tuning puts a new head, made of random numbers, on a finished network. Both learn, but do they want the same
# learning rate? We try: 72 images, 20 steps of AdamW, the rate from 0.0003 to 0.3, judged by `val`.

# %% [markdown]
# Three ways: only the head learns; the backbone learns too, at a hundredth of the head's rate; everything learns at one
# rate. **Batch norm** can do two things meanwhile. In *eval* mode it uses means and standard deviations stored from the
# source, in *train* mode those of the present batch. With one rate we try both.


# %%
from copy import deepcopy


def tuned(rate, slower, train=False, seed=0):
    """The network after 20 steps, and its last loss: the head learns at `rate`, the
    backbone at `slower` times that.
    """
    torch.manual_seed(seed)
    model = with_head(deepcopy(net).requires_grad_(slower > 0)).train(train)
    groups = [{"params": model[-1].parameters()}]
    if slower > 0:
        groups.append({"params": model[0].parameters(), "lr": slower * rate})
    optimizer = torch.optim.AdamW(groups, lr=rate)
    for _ in range(20):
        few = torch.randperm(72)[:12]
        error = cross_entropy(model(crops[few] / 255), kinds[few])
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
    return model, error.item()


# %% [markdown]
# One seed runs here: crosses in the figure. Lines are means of three seeds, which are shipped.
#
# **Predict:** where is the best rate of each way? What happens at the right end?

# %%
from course_lib.progress import bar

rates = [3e-4, 3e-3, 3e-2, 3e-1]
ways = {
    "only the head": (0,),
    "backbone at a hundredth": (0.01,),
    "all at one rate, batch norm in eval mode": (1,),
    "all at one rate, batch norm in train mode": (1, True),
}
outcome = {
    way: [
        share(tuned(rate, *how)[0], val, val_kinds)
        for rate in bar(rates, way, unit="rate")
    ]
    for way, how in ways.items()
}

# %%
sweep = shipped("rates")
print(sweep)
mean = {name: values.mean(axis=0) for name, values in sweep.results.items()}
on_val = {way: mean[way] for way in ways}
ax = plots.curve(rates, on_val, "learning rate of the head", "accuracy on val")
for line, own in zip(list(ax.lines), outcome.values(), strict=True):
    ax.plot(rates, own, "x", color=line.get_color(), label="_")  # this notebook's seed
ax.set(xscale="log", ylim=(0, 1))
ax.legend(loc="upper left", fontsize=8)
plots.show(ax, "rates and ways")
for way, values in on_val.items():
    best = values.argmax()
    final = mean[f"{way}, test"][best]
    print(f"{way:42} best on val at {rates[best]:6}: {final:.0%} on test")

# %% [markdown]
# The new head has a long way to go and is best at 0.03. The finished backbone wants less: everything at one rate is
# best at a rate ten or a hundred times lower, where the head gets nowhere in 20 steps.

# %% [markdown]
# A rate for each part resolves it: 0.69 on `val` with the backbone at a hundredth, 0.67 with the head alone, at best
# 0.56 with one rate.

# %% [markdown]
# At high rates the way with one rate and stored statistics falls to chance. What happens in there? We train at 0.01 and
# look at the 128 channels of stage 4, which end in a ReLU: a channel that answers 0 to every image has no gradient any
# more.

# %%
for mode in (False, True):
    model, error = tuned(0.01, 1, mode)
    stored = share(model, val, val_kinds)
    with torch.no_grad():
        model.train(mode)
        maps = torch.cat([model[0](half / 255) for half in val.split(120)])
        batched = (model[1:](maps).argmax(dim=1) == val_kinds).float().mean()
    dead = (maps.amax(dim=(0, 2, 3)) == 0).sum()
    print(f"trained in {'train' if mode else 'eval'} mode, last loss {error:.2f}:")
    print(f"  {dead} dead channels, {stored:.0%} of val with stored statistics", end="")
    print(f", {batched:.0%} with those of the batch" if mode else "")

# %% [markdown]
# With stored statistics the first large steps push nearly all channels below zero, and nothing brings them back: the
# loss stays at ln 12 = 2.48, that of guessing. In train mode batch norm moves every channel back around zero after each
# step, so none dies.

# %% [markdown]
# That saves the training, not the features. The last loss is 0.35, but only 22 % of `val` are right, and 33 % with
# statistics of the batch (half of `val`). The head alone reached 67 %. What is missing?

# %% [markdown]
# The stored statistics lag behind: at each step they go a tenth of the way (section 9), while the weights move fast. To
# see what this costs, we let the 72 training images pass once more and store *their* statistics. And to see what the
# features are still worth, we fit a new probe on them.


# %%
def caught_up(model):
    """A copy whose batch norm has stored exactly the training images' statistics."""
    model = deepcopy(model).train()
    for part in model.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.momentum = 1  # go the whole way, not a tenth
    with torch.no_grad():
        model(crops[:72] / 255)
    return model.eval()


def probed(network):
    """Accuracy on `val` of a probe on this network's last stage."""
    learned, seen = (describe(network, few)["stage4"] for few in (crops[:72], val))
    return (probe(learned, kinds[:72], seen) == val_kinds).float().mean().item()


# %% [markdown]
# **Predict:** of the 45 points between 22 and 67 %, how many does each of the two bring back?

# %%
rows = []
for seed in range(3):
    model, _ = tuned(0.01, 1, train=True, seed=seed)
    fresh = caught_up(model)
    few = [share(one, val, val_kinds) for one in (model, fresh)]
    rows.append([*few, probed(fresh[0])])
told = ("statistics as stored", "of the 72 training images", "these, and a new probe")
for name, values in zip(told, torch.tensor(rows).T, strict=True):
    print(f"{name:26} {values.mean():.1%}", [f"{value:.0%}" for value in values])
print(f"a probe on the features before the training: {probed(net):.0%}")

# %% [markdown]
# The lag costs 12 points in the mean of three seeds, and a better head brings six more. The rest is in the features:
# before the training a probe on them was right in 79 % of `val`, after it in 35 %. Twenty large steps on 72 images have
# spoiled what the source had taught.

# %% [markdown]
# General layers first, specific ones last: so let the rate fall from layer to layer, from the head down. By hand, with
# 0.01 for the head and a factor of 0.3: stage 4 gets 0.003, stage 3 gets 0.0009, stage 2 gets 0.00027.

# %% [markdown]
# In general, with the head's rate η and a factor d, the layer k places before the head gets
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
# Try: (1) With six images per class, how much must be frozen until fewer than 1,000 parameters per image learn? (2) The
# same for 30 images per class. (3) Freeze nothing; which decay makes the stem 1,000 times slower than the head?

# %%
from course_lib.explorers.transfer_learning import rates_explorer

rates_explorer(sizes, classes=12)

# %% [markdown]
# With six, everything up to stage 4 must be frozen: fixed features. With 30 per class nothing has to be: 859 parameters
# per image. A decay of 0.25 makes the stem 1,024 times slower (five places). Counting parameters is crude, as section
# 7 has shown: a slow layer is half frozen.

# %% [markdown]
# ### A recipe
#
# 1. Probe each layer. The best probe is the number to beat.
# 2. Train a new head on fixed features, until it no longer improves.
# 3. Let the last stage learn, slowly; then the one before.
# 4. After each step look at `val`, and go back as soon as it gets worse. Look at `test` once.

# %% [markdown]
# ## 9 · Frozen is not still
#
# We freeze every parameter and train a head on new images. Then the features cannot change. Can they?
#
# In train mode batch norm also moves its stored numbers a tenth of the way towards those of the batch. By hand: a
# stored mean of 0.50 and a batch mean of 0.90 give 0.9 · 0.50 + 0.1 · 0.90 = 0.54. No gradient is needed.

# %% [markdown]
# **Predict:** the same guitar goes through a frozen network in train mode twice, each time among different images. How
# far apart will its features be: not at all, a hundredth of their length, a tenth, or more?

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
# In train mode an image's features depend on the other images in its batch. And each pass leaves a trace. We let
# batches of 32 pass through frozen networks, with no loss and no optimiser, and every five batches ask in *eval* mode:
# how far are our test crops' features from where they were?


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
# **Predict:** in which of three cases do the features move, and in which most: train mode with target crops, train mode
# with digits, eval mode with digits?

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
# Not one parameter has changed, and yet in train mode the features have moved. Does it matter? Ask the head that worked
# in section 4: the probe trained on the original features.

# %%
for case, (network, _) in after.items():
    seen = describe(network, tests)["stage4"]
    predicted = probe(features["stage4"][:72], kinds[:72], seen)
    right = (predicted == test_kinds).float().mean()
    print(f"{case:25} {right:.0%} of the test crops are named correctly")

# %% [markdown]
# Little harm after batches of the same world, ruin after digits. So *frozen* must mean both: no gradient for the
# parameters, **and** batch norm in eval mode. One trap remains: `model.train()`, at the start of every training loop,
# switches *all* layers back. Section 5 of the exercise is about exactly that.

# %% [markdown]
# And layers that do learn? With large batches their statistics may follow: the new world has its own means, and section
# 8 has shown what stored ones can do where layers move fast. With two images per batch, as in detection, means are
# guesses, and the stored ones are kept. Units 03 and 04 do that.

# %% [markdown]
# ## 10 · How far does it carry? (optional)
#
# Within one year, several groups found the same as Zeiler and Fergus:
#
# | | features from | outcome |
# |---|---|---|
# | Donahue et al., ICML 2014 (DeCAF) | AlexNet | fixed, best on objects, scenes, birds |
# | Razavian et al., CVPR workshops 2014 | OverFeat | fixed, beat tuned systems, except in retrieving sculptures |
# | Girshick et al., CVPR 2014 (R-CNN) | AlexNet | fine-tuned, detection: unit 02 |

# %% [markdown]
# Razavian et al. chose tasks that move away from ImageNet step by step: objects, scenes, fine-grained kinds,
# attributes, retrieval. Their title says what they thought: *an Astounding Baseline*.

# %% [markdown]
# Are better source networks better for transfer? Kornblith, Shlens, Le (CVPR 2019) compared 16 networks on 12 data
# sets. ImageNet accuracy and transfer accuracy go together closely: a correlation of 0.99 with fixed features, 0.96
# when fine-tuned.

# %% [markdown]
# They also found limits. On two small fine-grained sets, pretraining brought next to nothing. And some tricks that
# raise ImageNet accuracy a little make the last layer's features much *worse* for other tasks. So *generic* is a matter
# of degree.

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
# **2.** "Six images per class are enough." How many labelled images did Zeiler and Fergus use in all?
#
# <details><summary>Answer</summary>
#
# Six for each of 256 classes, about 1,500, and 1.3 million of ImageNet before. The labelling was not saved: others had
# done it before, for another task.
# </details>

# %% [markdown]
# **3.** All parameters of the backbone have `requires_grad=False`. While a new head trains on night photographs, the
# old head for day photographs gets worse. How can that be?
#
# <details><summary>Answer</summary>
#
# The model is in train mode: batch norm moves its stored means and standard deviations towards the night. The old head
# reads features that have changed. Put batch norm into eval mode, and see that it stays there.
# </details>

# %% [markdown]
# **4.** A probe on stage 4 is right in 80 % of cases, one on the stem in 8 %. Does the stem's output hold less about
# the objects?
#
# <details><summary>Answer</summary>
#
# No: stage 4 is computed from it, so everything is still in there. The probe measures what is linearly accessible in
# averaged channels. Later layers do not add information. They make it easy to use.
# </details>

# %% [markdown]
# **5.** You fine-tune everything at one rate of 0.01, with 72 images. With batch norm in eval mode the loss stays at
# 2.5. In train mode it falls to 0.35, but the accuracy on `val` is far below that of fixed features. Explain both.
#
# <details><summary>Answer</summary>
#
# 2.5 is ln 12, guessing: large steps push channels below zero for all images, and stored statistics cannot pull them
# back. Batch statistics can, so the network learns its 72 images; but it forgets the features that would have served
# other images. In both cases let the backbone learn far more slowly than the head, or freeze it.
# </details>

# %% [markdown]
# ## Where this went
#
# **2020, BiT** (Kolesnikov et al., ECCV). Pretraining on 300 million labelled photographs, then plain fine-tuning:
# 76.8 % on ImageNet from 10 images per class. More source data, same surgery.
#
# **2021, CLIP** (Radford et al., ICML). The source is 400 million pairs of image and text. A class is then named by a
# *sentence*.

# %% [markdown]
# CLIP needs no target image at all: its text encoder makes the head. It matches the accuracy of the original ResNet-50
# on ImageNet without one of its 1.28 million training images.
#
# **2021, DINO** (Caron et al., ICCV). The source has no labels: the network learns to say the same about two crops of
# one image.

# %% [markdown]
# **2023, DINOv2** (Oquab et al.). The same idea on 142 million images, made to be used frozen.
#
# And the linear probe? It has become the standard test of such networks. Here it is on ImageNet, for networks that saw
# no label before the probe.

# %%
networks = ["DINO, ResNet-50", "DINO, ViT-B/8", "DINOv2, ViT-B/14", "DINOv2, ViT-g/14"]
ax = plots.bars(
    networks, [75.3, 80.1, 84.5, 86.5], "accuracy of a linear probe on ImageNet (%)"
)
plots.show(ax, "linear probes today")

# %% [markdown]
# The numbers are those that the authors publish beside their weights. A linear head on fixed features is the strategy
# of 2014: often, nothing else is trained today.

# %% [markdown]
# ## What to remember
#
# - Learned features are generic: in the paper six images per class beat the best earlier method with sixty.
# - Few images: fixed features, or fine-tuning with low rates. From scratch only with many images, and then with
#   augmentation and patience.
# - First layers are general, last ones specific. The farther the task, the earlier the best layer; probes tell.

# %% [markdown]
# - A new head needs a high rate, a finished network a low one: a rate for each layer.
# - Frozen means no gradient *and* no batch statistics.
# - Choose on `val`, report on `test`, several draws, mean and standard deviation.
#
# Next: the exercise `01_transfer_learning`, where we write these parts ourselves and compare all three strategies.

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

# %% [markdown]
# - A. Kolesnikov et al.: *Big Transfer (BiT): General Visual Representation Learning*, ECCV 2020
# - A. Radford et al.: *Learning Transferable Visual Models From Natural Language Supervision*, ICML 2021
# - M. Caron et al.: *Emerging Properties in Self-Supervised Vision Transformers*, ICCV 2021
# - M. Oquab et al.: *DINOv2: Learning Robust Visual Features without Supervision*, arXiv 2304.07193, 2023
