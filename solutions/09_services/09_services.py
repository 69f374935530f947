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
# # 09 · Recognition services: the exercise
#
# A service is shown a picture and answers with tags. How sure may it be, when should it be silent, and what is its
# accuracy worth if it had seen the test before? Here you write what answers these three questions.

# %% [markdown]
# **You will** write six functions, each 2 to 15 lines, run a service of your own, find the pictures of a test that have
# leaked from the training, and answer one question in words.
# **Time:** about three hours. **Before:** read the lecture `09_services`.

# %% [markdown]
# ## How this works
#
# As in unit 03: write your code where it says `raise NotImplementedError`, keep names and arguments, and run the check
# after each function as often as you like. The grade uses other inputs of the same kinds.

# %% [markdown]
# Whatever you are given stays as it is: work on copies. The checks also try 64-bit numbers (`float64`), views that
# are not contiguous in memory and, where there is one, the GPU.

# %% tags=["given"]
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import torch
from IPython.display import display
from jaxtyping import Float, Int, Integer
from sklearn.calibration import calibration_curve
from torch import Tensor
from torch.nn import functional as F

from course_lib import plots
from course_lib.checks.services import check
from course_lib.data import tinytown
from course_lib.figures import figure
from course_lib.models import backbone
from course_lib.trainings import shipped

# %% [markdown]
# ## 1 · Tags, or silence
#
# A recognition service takes an image and answers with *tags*: words, each with the probability that it is right. It
# need not know every image. A tag that nobody should trust is better left out, and sometimes that leaves nothing.

# %% [markdown]
# The network gives one number per class, its *logit*, of any size and sign. The softmax makes probabilities of them:
# e to the power of each logit, divided by the sum of these over **all** classes. Only the ratio counts, so that we may
# first subtract the same number from all logits.

# %% [markdown]
# By hand, k = 3 and a minimum of 0.2:
#
# | | cat | dog | fox | owl |
# |---|---|---|---|---|
# | logit | 1 | 2 | −1 | 0 |
# | minus the largest, 2 | −1 | 0 | −3 | −2 |
# | e to that power | 0.368 | 1 | 0.050 | 0.135 |
# | divided by 1.553 | 0.237 | 0.644 | 0.032 | 0.087 |
#
# The three likeliest are dog, cat and owl. The owl is too unsure: (dog, 0.644), (cat, 0.237).

# %% [markdown]
# <details><summary>Hint: in which order?</summary>
#
# Three things happen: probabilities, the k largest, the threshold. Which needs all classes, which may come last?
# </details>
#
# <details><summary>Hint: some probabilities are NaN</summary>
#
# What is e to the power of 1,000 for a computer? Look at the second row of the table.
# </details>


# %% tags=["solution"]
def top_k_tags(
    logits: Float[Tensor, "c"], names: Sequence[str], k: int, min_confidence: float
) -> list[tuple[str, float]]:
    """The names of the likeliest classes with their probabilities, or nothing.

    The probabilities are the softmax over all c logits.

    Write it yourself: no `course_lib.models.imagenet` or `course_lib.explorers`.

    Args:
        logits: finite and all different; they may lie in the thousands, above or
            below 0, on both sides in one row. c is at least 1.
        names: those of the classes, in the order of the logits; a list or a tuple.
        k: how many tags at most, at least 1; it may be larger than c.
        min_confidence: from 0 to 1; no probability lies on it.

    Returns:
        Of the k likeliest classes those with a probability of at least min_confidence,
        as pairs (name, probability), the likeliest first. The list may be empty. The
        probabilities are not rounded.

    Raises:
        ValueError: there are more names than logits, or fewer.
    """
    ### BEGIN SOLUTION
    if len(names) != len(logits):
        raise ValueError(f"{len(names)} names for {len(logits)} logits")
    probs, order = logits.softmax(dim=0).topk(min(k, len(names)))
    tags = zip(order.tolist(), probs.tolist(), strict=True)
    return [(names[i], p) for i, p in tags if p >= min_confidence]
    ### END SOLUTION


# %% tags=["check"]
check("top_k_tags", top_k_tags)

# %% [markdown]
# ## 2 · Does the service know how sure it may be?
#
# Of all images that a service calls dogs at 0.8, four in five should show a dog. Then it is *calibrated*, and a
# threshold means what it says. A network that has learned its training images by heart is not: it is too sure.

# %% [markdown]
# An image's *confidence* is its largest probability, and its answer is the class that has it. We cannot ask how often
# one image is right. So we sort images with a similar confidence into bins of equal width and compare, in each bin, the
# mean confidence with the share of right answers.

# %% [markdown]
# By hand, five images and two bins, up to 0.5 and above:
#
# | bin | confidences | right | mean | accuracy | gap |
# |---|---|---|---|---|---|
# | (0, 0.5] | 0.4 | 1 of 1 | 0.4 | 1 | 0.6 |
# | (0.5, 1] | 0.65, 0.75, 0.85, 0.95 | 2 of 4 | 0.8 | 0.5 | 0.3 |
#
# Each gap counts by its share of the images: 1/5 · 0.6 + 4/5 · 0.3 = 0.36.

# %% [markdown]
# In the first bin the service is too modest, in the second one too sure. All five together have a mean of 0.72, and
# 0.6 are right. That gap of 0.12 hides most of the error: the two kinds cancel.

# %% [markdown]
# <details><summary>Hint: one bin at a time</summary>
#
# For one bin, a row of truth values says which images are in it. What do you do with this row to get the mean
# confidence, the accuracy and the share? And which bin holds a confidence of exactly 1?
# </details>
#
# <details><summary>Hint: I get NaN</summary>
#
# Fifteen bins for ten images: what is the mean of a bin that holds none, and what should that bin add?
# </details>


# %% tags=["solution"]
def expected_calibration_error(
    probs: Float[Tensor, "n c"], labels: Integer[Tensor, "n"], bins: int
) -> Float[Tensor, ""]:
    """How far confidence and accuracy are apart: ECE (Naeini et al., AAAI 2015).

    An image's answer is the class with its largest probability, which is its
    confidence. Bin b of B holds the confidences in ((b - 1) / B, b / B], b = 1 … B.

    Write it yourself: no `torchmetrics`, `sklearn` or `course_lib.explorers`.

    Args:
        probs: one row per image; one class is the likeliest of each. c is at least 2.
        labels: what the images show, 0 … c - 1.
        bins: their number B, at least 1. No confidence lies on the border between two
            bins; some may be exactly 1.

    Returns:
        The sum over all bins of (images in the bin / n) * |accuracy - mean confidence|,
        from 0 to 1. An empty bin adds nothing.

    Raises:
        ValueError: there is no image, or a row of probs does not sum to 1 (sums that
            are off by less than 0.01 are rounding, and fine: take the row as it is).
    """
    ### BEGIN SOLUTION
    if not len(probs) or ((probs.sum(dim=1) - 1).abs() > 0.01).any():
        raise ValueError("expected one image or more, and rows that sum to 1")
    confidence, answer = probs.max(dim=1)
    right = (answer == labels).to(probs.dtype)
    place = (confidence * bins).ceil().long() - 1
    gap = torch.zeros(bins, dtype=probs.dtype, device=probs.device)
    gap.index_add_(0, place, right - confidence)
    return gap.abs().sum() / len(probs)
    ### END SOLUTION


# %% tags=["check"]
check("expected_calibration_error", expected_calibration_error)

# %% [markdown]
# The gap of a bin times its number of images is the difference of two sums: right answers, and confidences. So no mean
# is needed, and no bin divides by 0. How many bins we take is a choice that the number depends on: it belongs beside
# every ECE.

# %% [markdown]
# ## 3 · One number that mends it
#
# A network that is too sure can be told to be less so: all its logits are divided by one number T, the *temperature*.
# No answer changes, for the order of the classes stays. Guo, Pleiss, Sun and Weinberger (ICML 2017) found that this
# simple repair beats most others.

# %% [markdown]
# Which T? The one for which the labels of images that the network has not learned from become likeliest: it minimises
# the mean *negative log-likelihood* (NLL), the mean of −log p(label). This loss punishes whoever is sure and wrong.

# %% [markdown]
# By hand: ten images, all with the logits (2, 0). Seven show class 0, three class 1.
#
# | T | logits / T | p of class 0 | NLL: 0.7 · (−log p) + 0.3 · (−log(1 − p)) |
# |---|---|---|---|
# | 1 | (2, 0) | 0.881 | 0.727 |
# | 2.36 | (0.847, 0) | 0.700 | **0.611** |
# | 5 | (0.4, 0) | 0.599 | 0.633 |
#
# The best p is 0.7: then 2 / T = log(0.7 / 0.3) = 0.847.

# %% [markdown]
# Sometimes no T is the best. Where every label already has the largest logit, a smaller T is always better. Where the
# labels' logits lie, on average, no higher than the means of their rows, a larger T is always better. A search without
# limits then runs away to infinity, or the other way, to a T below 0.

# %% [markdown]
# <details><summary>Hint: how to search</summary>
#
# The loss has one minimum. You may compare many temperatures and look again around the best one, or go downhill with a
# gradient. T must stay above 0: what may log T be?
# </details>
#
# <details><summary>Hint: my T is not exact enough</summary>
#
# Print T and the loss at every step. If they still change at the end, where would they go? Does T depend on where you
# began? Look at T about 5 and at T about 0.4.
# </details>


# %% tags=["solution"]
def fit_temperature(
    logits: Float[Tensor, "n c"], labels: Integer[Tensor, "n"]
) -> float:
    """The temperature T above 0 that minimises the mean negative log-likelihood.

    An image's probabilities are softmax(logits / T), and its loss is -log of the one of
    its label (Guo, Pleiss, Sun and Weinberger, ICML 2017).

    Write it yourself: no `sklearn` or `course_lib.explorers`.

    Args:
        logits: finite; they may lie in the thousands, some rows above and some below 0.
            c is at least 2.
        labels: what the images show, 0 … c - 1; all of them may be of one class.

    Returns:
        The best T, within 1 %. In the checks it lies between 0.2 and 20. Let a solver
            go on until it arrives. L-BFGS without a line search may take one step that
            is too long and never come back; `line_search_fn="strong_wolfe"` is safer.

    Raises:
        ValueError: no T is the best one. That is so where there is no image; where the
            label has the largest logit of its row in every image, alone or together
            with other classes; and where the labels' logits less the mean of their
            rows are 0 or negative on average.
    """
    ### BEGIN SOLUTION
    logits = logits.double()
    own = logits.gather(1, labels[:, None])[:, 0]
    if not len(logits) or (own == logits.amax(dim=1)).all():
        raise ValueError("no image, or every answer is right: no T is the best one")
    if (own - logits.mean(dim=1)).mean() <= 0:
        raise ValueError("no better than chance: the larger T, the better")
    coldest, hottest = 1e-4, 1e4
    for _ in range(60):
        t = (coldest * hottest) ** 0.5
        mean = ((logits / t).softmax(dim=1) * logits).sum(dim=1)
        if mean.mean() > own.mean():
            coldest = t  # still too sure
        else:
            hottest = t
    return t
    ### END SOLUTION


# %% tags=["check"]
check("fit_temperature", fit_temperature)

# %% [markdown]
# The loss's slope by 1 / T is the difference of two means: of the logit that the service expects, which is the sum of
# probability times logit over all classes, and of the label's logit. At the best T the two are equal. So we can halve
# a range of T again and again.

# %% [markdown]
# ## Three functions at work
#
# The course's network has never seen the twelve kinds of objects below. It gets a new last layer, which learns ten
# images of each kind, on and on, until it knows them by heart. Then it is a service: how sure may it be?


# %% tags=["given"]
def embedded(split: str, count: int) -> tuple[Tensor, Tensor]:
    """Embeddings of drawn objects by the shipped network, and their kinds."""
    images, kinds = tinytown.objects("target", split, count)
    net = backbone("small")
    with torch.no_grad():
        parts = [net.embed(part / 255) for part in images.split(96)]
    return torch.cat(parts), kinds


# %% tags=["experiment"]
learned, learned_kinds = embedded("train", 120)
torch.manual_seed(0)
layer = torch.nn.Linear(learned.shape[1], 12)
adam = torch.optim.Adam(layer.parameters(), lr=0.03)
for _ in range(500):
    layer.zero_grad()
    F.cross_entropy(layer(learned), learned_kinds).backward()
    adam.step()

# %% [markdown]
# **Predict**: it knows all images that it has learned. Of new ones, how many does it know, and how sure is it, on
# average?

# %% tags=["experiment"]
embeddings, kinds = embedded("test", 480)
for name, some, truth in (
    ("learned", learned, learned_kinds),
    ("new", embeddings, kinds),
):
    confidence, answer = layer(some).softmax(dim=1).max(dim=1)
    right = (answer == truth).float().mean()
    print(f"{name:8} mean confidence {confidence.mean():.2f}, right {right:.2f}")

# %% [markdown]
# It is as sure of new images as if it were right nine times in ten. A temperature mends that. It must come from images
# that the layer has not learned (why?), and be judged on others again: `val` chooses, `test` judges.

# %% tags=["experiment"]
with torch.no_grad():
    chooses, judged = embedded("val", 480), layer(embeddings)
    outputs = layer(chooses[0])
t = float(fit_temperature(outputs, chooses[1]))
for name, logits in (("before", judged), ("after", judged / t)):
    error = float(expected_calibration_error(logits.softmax(dim=1), kinds, 15))
    loss = F.cross_entropy(logits, kinds)
    print(f"{name:8} ECE of 15 bins {error:.3f}, NLL {loss:.3f}")

# %% [markdown]
# Here the ECE falls from about 0.10 to 0.03, and the NLL by about a fifth. The *reliability diagram*, with ten bins,
# shows where the error was: on the diagonal, a service is as often right as it says.

# %% tags=["experiment"]
bins = {}
for name, logits in (("T = 1", judged), (f"T = {t:.2f}", judged / t)):
    confidence, answer = logits.softmax(dim=1).max(dim=1)
    right, sure = calibration_curve(answer == kinds, confidence, n_bins=10)
    bins[name] = sure, right
plots.show(plots.reliability(bins), "reliability before and after")

# %% [markdown]
# **Predict**: the service speaks only where it is sure at 0.8 or more. After the repair, does it speak more often or
# more rarely, and how much of what it says is right?

# %% tags=["experiment"]
for name, logits in (("before", judged), ("after", judged / t)):
    tags = [top_k_tags(one, tinytown.TARGET_FAMILIES, 1, 0.8) for one in logits]
    said = [row for row, found in enumerate(tags) if found]
    names = [tinytown.TARGET_FAMILIES[kind] for kind in kinds]
    right = sum(tags[row][0][0] == names[row] for row in said) / len(said)
    print(f"{name:8} a tag for {len(said)} of {len(tags)} images, {right:.2f} right")

# %% [markdown]
# It speaks more rarely, and is right more often. No answer has changed: only the doubtful ones are left out now.

# %% [markdown]
# The course measured the same three times, with other training images each time, and, beside the last layer alone, a
# network that was fine-tuned as a whole. The target, a third less ECE, was fixed before.

# %% tags=["experiment"]
long = shipped("calibration")
print(*textwrap.wrap(str(long), 88), sep="\n")

# %% tags=["experiment"]
COLUMNS = "temperature", "ECE, before", "ECE, after", "NLL, before", "NLL, after"
print(f"{'three seeds':12}" + "".join(f"{name:>16}" for name in COLUMNS))
for way in ("last layer", "fine-tuned"):
    runs = [long.results[f"{way}: {name}"] for name in COLUMNS]
    told = [f"{one.mean():.3f} ± {one.std(ddof=1):.3f}" for one in runs]
    print(f"{way:12}" + "".join(f"{one:>16}" for one in told))

# %% tags=["experiment"]
before, after = (
    long.results[f"last layer: ECE, {when}"] for when in ("before", "after")
)
losses = [long.results[f"last layer: NLL, {when}"] for when in ("before", "after")]
display(
    figure(
        "temperature of an overfitted last layer",
        list(long.results["last layer: temperature"]),
        1.2,
    ),
    figure("share of the ECE that it takes away", list(1 - after / before), 1 / 3),
    figure("temperature lowers the NLL by", list(losses[0] - losses[1]), 0),
    figure(
        "temperature of a fine-tuned network",
        list(long.results["fine-tuned: temperature"]),
    ),
)

# %% [markdown]
# The fine-tuned network, too, was trained until it was right on its training images, and yet it is too *modest*: its T
# is below 1. Whether a service is too sure cannot be guessed from how it was trained. It has to be measured, and on
# images like those that it will be asked about.

# %% [markdown]
# ## Your tags behind an address
#
# A recognition service is a function that others can call over the network: an image goes in, names come out. Here your
# `top_k_tags` gets an address, in this notebook and for this machine alone. The logits are those of a network that
# knows ImageNet's thousand classes.

# %% tags=["experiment"]
from course_lib.data.photos import photo_file
from course_lib.models import imagenet_logits, imagenet_names
from course_lib.service import ask, serving


def tag(image: Tensor) -> list[tuple[str, float]]:
    """At most three tags for a uint8 image [3, h, w], none below 0.3."""
    return top_k_tags(imagenet_logits(image), imagenet_names(), 3, 0.3)


service = serving(tag)
print(service)

# %% [markdown]
# **Predict**, then ask: a cat, a cup of coffee, a rocket at its launch, and the back of an eye as a doctor sees it. For
# which of them will there be tags? Where you expect none, is it because ImageNet has no such class?

# %% tags=["experiment"]
for name in ("chelsea", "coffee", "rocket", "retina"):
    print(f"{name}: {ask(service.url, photo_file(name))}")

# %% [markdown]
# No class of ImageNet fits the eye, and yet the softmax has to share out its whole 1: with no minimum, *lampshade*
# would get 0.21. For the rocket *missile* would come first, with 0.22. Silence has its price: 0.3 keeps both back, the
# nonsense and the right answer.

# %% [markdown]
# Whoever has an address gets letters. Some files are no images, some are cut short, some are tiny and unpack to ten
# gigabytes. Each gets a reason, and the service goes on. What does it say to a shopping list that is called a
# photograph?

# %% tags=["experiment"]
answer = ask(service.url, b"milk, bread, apples", name="photo.jpg")
print(answer.status, answer)
answer = ask(service.url, photo_file("coffee"))
print(answer.status, answer)

# %% [markdown]
# In HTTP 200 means that all went well, and 400 to 499 that the request was at fault; 415 is the number for the wrong
# kind of file. Now we stop the service. Closing the notebook would stop it too.

# %% tags=["experiment"]
service.stop()
print(service)

# %% [markdown]
# ## 4 · Which pictures are the same picture?
#
# Before a test set is used, somebody should look whether it holds pictures twice. A copy is seldom equal: it was cut,
# mirrored, made brighter, or saved again as JPEG, and then every pixel differs. The *features* of a network differ
# little.

# %% [markdown]
# How alike two features are is told by the angle between them. Its *cosine* is the product of both, divided by both
# lengths: 1 for the same direction, 0 for a right angle, −1 for opposite ones. So a picture that is twice as bright,
# with a feature twice as long, stays as similar as it was.

# %% [markdown]
# By hand, with a = (3, 4), b = (8, 6) and c = (0, 2), whose lengths are 5, 10 and 2:
#
# | pair | product | lengths | similarity |
# |---|---|---|---|
# | a, b | 24 + 24 = 48 | 5 · 10 | **0.96** |
# | a, c | 0 + 8 = 8 | 5 · 2 | **0.80** |
# | b, c | 0 + 12 = 12 | 10 · 2 | 0.60 |

# %% [markdown]
# With the threshold 0.75 there are two pairs, (a, b) and (a, c). The largest product but one, 12, belongs to the pair
# that is least alike. And b is like a, a is like c, but b is not like c: being alike does not pass on.

# %% [markdown]
# <details><summary>Hint: all pairs at once</summary>
#
# Which product of two tables holds the product of each row with each row? What would it hold if every row had the
# length 1?
# </details>
#
# <details><summary>Hint: I find every pair twice, and each picture with itself</summary>
#
# Draw the table of similarities, with i to the bottom and j to the right. Where in it is i < j?
# </details>
#
# <details><summary>Hint: a row of zeros</summary>
#
# It has no direction, and what is 0 / 0? Some functions quietly divide by a small number instead. Ask before you
# divide.
# </details>


# %% tags=["solution"]
def near_duplicates(
    features: Float[Tensor, "n d"], threshold: float
) -> Int[Tensor, "p 2"]:
    """The pairs of pictures whose features point in nearly the same direction.

    The similarity of two rows is the cosine of their angle. Write it yourself: no
    `torch.cosine_similarity`, `torch.nn.functional.cosine_*`, `torch.nn.Cosine*`,
    `pytorch_metric_learning`, `torchmetrics`, `sklearn`, `scipy`, `imagehash` or
    `course_lib.explorers`.

    Args:
        features: one row for each picture, of any length; d is at least 1.
        threshold: a similarity, from -1 to 1.

    Returns:
        One row (i, j) with i < j, as whole numbers, for each pair with a similarity of
        at least `threshold`: exactly at the threshold counts. The rows may come in any
        order, none comes twice; shape [0, 2] where there are none, also for n = 0.

    Raises:
        ValueError: a row is all zeros and has no direction.
    """
    ### BEGIN SOLUTION
    lengths = features.norm(dim=1, keepdim=True)
    if not lengths.all():
        raise ValueError(f"row {int(lengths.argmin())} is all zeros: no direction")
    directions = features / lengths
    similarities = directions @ directions.T
    return (similarities >= threshold).triu(diagonal=1).nonzero()
    ### END SOLUTION


# %% tags=["check"]
check("near_duplicates", near_duplicates)

# %% [markdown]
# ## 5 · Has the test been seen?
#
# A network has been trained on pictures from the web, and now we collect a test set, also from the web. Some of its
# pictures will be copies of training pictures. The network knows them, so the test flatters it. An *audit* looks for
# them before anything is measured.

# %% [markdown]
# For each test picture it asks for the most similar **training** picture. Where that similarity reaches the threshold,
# the test picture has *leaked*. Copies within the test set are another matter: the network has seen neither of them.

# %% [markdown]
# By hand, similarities with two training pictures, threshold 0.75:
#
# | | train 0 = (3, 4) | train 1 = (0, −5) | |
# |---|---|---|---|
# | test 0 = (6, 8) | 1.00 | −0.80 | leaked, partner 0 |
# | test 1 = (5, 0) | 0.60 | 0.00 | clean |
# | test 2 = (5, 12) | 0.97 | −0.92 | leaked, partner 0 |

# %% [markdown]
# So `leaked` is [0, 2], `partners` is [0, 0] and `share` is 2/3. Both leaked pictures have the same partner. Whoever
# goes the other way, from each training picture to its nearest test picture, finds test 0 only.


# %% tags=["given"]
class Audit(NamedTuple):
    """What an audit has found.

    Attributes:
        leaked: numbers of the leaked test pictures, rising.
        partners: for each of them the number of its most similar training picture.
        share: of the test pictures, how many have leaked, from 0 to 1.
    """

    leaked: Int[Tensor, " l"]
    partners: Int[Tensor, " l"]
    share: float


# %% [markdown]
# <details><summary>Hint: which table, and which way through it?</summary>
#
# Make a table of similarities with a row for each test picture. In which direction do you take the largest number, and
# which of PyTorch's functions also tells where it stands?
# </details>
#
# <details><summary>Hint: my share is above 1, or a picture is listed twice</summary>
#
# Do you count pairs or pictures? A test picture with three copies in the training set is one picture.
# </details>
#
# <details><summary>Hint: no training picture at all</summary>
#
# What can have leaked then? And which function fails when it looks for the largest of no numbers?
# </details>


# %% tags=["solution"]
def audit_split(
    train: Float[Tensor, "n d"], test: Float[Tensor, "m d"], threshold: float
) -> Audit:
    """Which test pictures are near-duplicates of training pictures.

    A test picture has leaked where the similarity with its most similar training
    picture is at least `threshold`: exactly at the threshold counts. The similarity is
    the cosine, as in `near_duplicates`. Write it yourself: no
    `torch.cosine_similarity`, `torch.nn.functional.cosine_*`, `torch.nn.Cosine*`,
    `pytorch_metric_learning`, `torchmetrics`, `sklearn`, `scipy`, `imagehash` or
    `course_lib.explorers`.

    Args:
        train, test: features, one row for each picture, of any length. n may be 0:
            then nothing has leaked.
        threshold: a similarity, from -1 to 1.

    Returns:
        An `Audit`; of several equally similar partners any will do.

    Raises:
        ValueError: there is no test picture, or a row of either is all zeros, also
            where n is 0.
    """
    ### BEGIN SOLUTION
    if len(test) == 0:
        raise ValueError("there is no test picture, so it has no share")
    for name, rows in (("train", train), ("test", test)):
        if not rows.any(dim=1).all():
            raise ValueError(f"a row of {name} is all zeros: no direction")
    if len(train) == 0:
        none = torch.zeros(0, dtype=torch.long)
        return Audit(none, none, 0.0)
    similarities = F.normalize(test, dim=1) @ F.normalize(train, dim=1).T
    best, partners = similarities.max(dim=1)
    leaked = (best >= threshold).nonzero()[:, 0]
    return Audit(leaked, partners[leaked], len(leaked) / len(test))
    ### END SOLUTION


# %% tags=["check"]
check("audit_split", audit_split)

# %% [markdown]
# ## 6 · What is left when the leaked ones go
#
# The leaked pictures are left out, and the accuracy is measured anew on the others.

# %% [markdown]
# By hand, five test pictures, of which 0 and 2 have leaked:
#
# | picture | 0 | 1 | 2 | 3 | 4 |
# |---|---|---|---|---|---|
# | predicted | 2 | 0 | 1 | 1 | 0 |
# | label | 2 | 0 | 1 | 0 | 2 |
# | | right | right | right | wrong | wrong |

# %% [markdown]
# Reported are 3 of 5: 0.60. Of the clean pictures 1, 3 and 4 one is right: 1/3. It is not 1/5, since the leaked
# pictures leave the number below the bar as well, which is 3 and not 5. Nor is it 0.60 − 0.40: that takes two right
# answers away, and leaves the bar as it was.

# %% [markdown]
# <details><summary>Hint: all but these</summary>
#
# `leaked` holds numbers, not truth values. How do you make a row of truth values, one for each picture, from it? Think
# of a row in which everything is True at first.
# </details>


# %% tags=["solution"]
def clean_accuracy(
    predictions: Int[Tensor, " n"], labels: Int[Tensor, " n"], leaked: Int[Tensor, " l"]
) -> float:
    """The share of right predictions among the test pictures that have not leaked.

    Write it yourself: no `torchmetrics`, `sklearn`, `course_lib.metrics` or
    `course_lib.explorers`.

    Args:
        predictions, labels: a class for each test picture.
        leaked: numbers of the leaked ones, from 0 to n - 1, in any order, each once;
            none where nothing has leaked.

    Returns:
        A number from 0 to 1.

    Raises:
        ValueError: no picture is left, because all have leaked or there was none.
    """
    ### BEGIN SOLUTION
    clean = torch.ones(len(labels), dtype=torch.bool, device=labels.device)
    clean[leaked] = False
    if not clean.any():
        raise ValueError(f"none of {len(labels)} pictures is left to measure with")
    return (predictions[clean] == labels[clean]).double().mean().item()
    ### END SOLUTION


# %% tags=["check"]
check("clean_accuracy", clean_accuracy)

# %% [markdown]
# ## The experiment: a test that has been seen
#
# Somebody hands us a test set from the web. All its pictures were cut, mirrored, put into other light, or saved again
# as JPEG, and a third of them are pictures that we trained on. How much does that flatter, and does your audit find
# them?

# %% tags=["given"]
from functools import cache

from course_lib.arrays import as_tensor
from course_lib.data.copies import altered, crop, mirror
from course_lib.data.folders import classification
from course_lib.data.tinytown.draws import Draw
from course_lib.training import trained

# %% tags=["given"]
SIZE = 64  # pixels of a picture
TRAIN, CLEAN, LEAKED = 120, 64, 32  # pictures
GRID = 4  # cells of a feature map in each direction
PART = 0.88  # of each side
CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1), (0.5, 0.5))

# %% [markdown]
# **A feature that keeps the place.** Copies differ less than pictures of one class, so we need no high layer, which
# would say "tree" for both. We take the first stage of the course's network, on 4 × 4 cells.


# %% tags=["given"]
@cache
def network():
    """The course's own network, whatever the settings say."""
    return backbone("small")


@torch.no_grad()
def features(images: Tensor) -> Float[Tensor, "n d"]:
    """Features of uint8 images [n, 3, h, w]: 4 x 4 cells of 16 channels each."""
    parts = [network().features(part / 255, stage=1) for part in images.split(64)]
    cells = [F.adaptive_avg_pool2d(part, GRID).flatten(1) for part in parts]
    return torch.cat(cells)


# %% [markdown]
# **Other views of what was trained on.** A mirrored copy has a mirrored feature map, and that of a cut copy is shifted.
# So we compare with each training picture whole and in five parts, and with all of these mirrored: twelve views. Row r
# of them belongs to picture r modulo n.


# %% tags=["given"]
def views(images: Tensor) -> Tensor:
    """Twelve views of n images: [12 n, 3, h, w]."""
    parts = [images]
    for corner in CORNERS:
        parts.append(torch.stack([crop(image, PART, corner) for image in images]))
    whole = torch.cat(parts)
    return torch.cat([whole, mirror(whole)])


# %% [markdown]
# All features have much in common, which says nothing. We take off their mean, so that 0 is an ordinary likeness.


# %% tags=["given"]
def compared(train: Tensor, images: Tensor, seen=views) -> tuple[Tensor, Tensor]:
    """Features of the training pictures' views, and of test images."""
    middle = features(train).mean(dim=0)
    return features(seen(train)) - middle, features(images) - middle


def audit(train: Tensor, images: Tensor, threshold: float, seen=views) -> Audit:
    """Your audit of test images; the partners are training pictures, not views."""
    found = audit_split(*compared(train, images, seen), threshold)
    leaked, partners = (as_tensor(part, torch.int64) for part in found[:2])
    return Audit(leaked, partners % len(train), float(found[2]))


# %% [markdown]
# **Pictures to choose the threshold on**: 120 for training, 64 clean ones, and 32 copies of training pictures.


# %% tags=["given"]
def leaky(train: Tensor, clean: Tensor, copies: int, name: str):
    """A test set of clean pictures and copies of training pictures, all of them
    altered, in random order; which have leaked; where the place of each was.
    """
    chosen = Draw(name).shuffled(range(len(train)))[:copies]
    made = torch.cat([clean, train[chosen]])
    made = [altered(one, Draw(f"{name}/{i}"))[0] for i, one in enumerate(made)]
    order = torch.tensor(Draw(f"{name}/order").shuffled(range(len(made))))
    return torch.stack(made)[order], (order >= len(clean)), order


def pictures_of(part: int):
    """Train and clean pictures and their classes, the part-th of two."""
    some = classification(40, SIZE)
    order = torch.tensor(Draw("parts").shuffled(range(len(some.labels))))
    rows = order.chunk(2)[part]
    count = min(TRAIN, len(rows) * 2 // 3)
    train, clean = rows[:count], rows[count : count + CLEAN]
    return (
        some.images[train],
        some.images[clean],
        some.labels[train],
        some.labels[clean],
    )


# %% [markdown]
# **How good is an audit?** *Precision*: which share of what it calls leaked has leaked. *Recall*: which share of the
# leaked it finds. F1 is 2PR / (P + R), near the smaller one of both.


# %% tags=["given"]
def found(leaked: Tensor, truth: Tensor) -> tuple[float, float, float]:
    """Precision, recall and F1 of a list of leaked pictures; 0 without a hit."""
    hits = int(truth[leaked].sum())
    parts = hits / max(1, len(leaked)), hits / max(1, int(truth.sum()))
    return *parts, 2 * hits / max(1, len(leaked) + int(truth.sum()))


def nearest(train: Tensor, images: Tensor, seen=views) -> Tensor:
    """The similarity of each test picture with its partner at the threshold -1."""
    known, asked = compared(train, images, seen)
    partners = as_tensor(audit_split(known, asked, -1.0)[1], torch.int64)
    return F.cosine_similarity(known[partners], asked)


# %% [markdown]
# **Fit.** One audit with the threshold −1 gives each test picture a partner. With their similarities we try all
# thresholds from 0.40 to 0.98, and keep the one with the highest F1, of several the one in the middle.


# %% tags=["given"]
TRIED = torch.arange(40, 99) / 100


def chosen(similarities: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """The best threshold, and the F1 of all that were tried."""
    rows = [(similarities >= limit).nonzero()[:, 0] for limit in TRIED]
    scores = torch.tensor([found(leaked, truth)[2] for leaked in rows])
    best = (scores == scores.max()).nonzero()[:, 0]
    return TRIED[best[len(best) // 2]], scores


def fit() -> dict[str, Tensor]:
    """Choose the threshold on pictures that nobody is asked for."""
    train, clean, _, _ = pictures_of(0)
    images, truth, _ = leaky(train, clean, min(LEAKED, len(train)), "to choose on")
    similarities = nearest(train, images)
    threshold, scores = chosen(similarities, truth)
    told = {"similarities": similarities, "truth": truth, "scores": scores}
    return told | {"threshold": threshold}


def predict(train: Tensor, images: Tensor) -> Tensor:
    """Which of the test images have leaked: a truth value for each."""
    leaked = torch.zeros(len(images), dtype=torch.bool)
    leaked[audit(train, images, float(weights["threshold"])).leaked] = True
    return leaked


# %% tags=["fit"]
weights = trained("09_services", fit)

# %% tags=["check"]
check("experiment", predict)

# %% [markdown]
# **Predict** before you look: similarities of clean pictures and of copies. Do they overlap? Where would you put the
# threshold by eye?

# %% tags=["experiment"]
truth = weights["truth"].bool()
kinds = {
    "clean": weights["similarities"][~truth],
    "leaked": weights["similarities"][truth],
}
bins = torch.arange(0.2, 1.01, 0.05)
counts = {name: torch.histogram(values, bins)[0] for name, values in kinds.items()}
axes = plots.curve(bins[:-1].tolist(), counts, "similarity", "pictures", step=True)
axes.axvline(float(weights["threshold"]), color="black")
plots.show(axes, "clean and leaked similarities")

# %% [markdown]
# Now pictures that had no part in the choice, and a service that has learned its training pictures by heart and nothing
# else: it answers with the class of the most similar one. An audit with the threshold −1 tells which one that is.

# %% tags=["experiment"]
train, clean, train_labels, clean_labels = pictures_of(1)
images, truth, order = leaky(train, clean, min(LEAKED, len(train)), "to measure on")
origin = torch.tensor(Draw("to measure on").shuffled(range(len(train))))
labels = torch.cat([clean_labels, train_labels[origin[:LEAKED]]])[order]
answers = train_labels[audit(train, images, -1.0).partners]

# %% [markdown]
# **Predict**: how far apart are the accuracy that would be reported, the one after your audit, and the true one of the
# clean pictures?

# %% tags=["experiment"]
leaks = audit(train, images, float(weights["threshold"]))
nothing = torch.zeros(0, dtype=torch.int64)
outcome = {
    "reported": clean_accuracy(answers, labels, nothing),
    "after the audit": clean_accuracy(answers, labels, leaks.leaked),
    "true": clean_accuracy(answers, labels, truth.nonzero()[:, 0]),
}
for name, accuracy in outcome.items():
    print(f"{name:16}{float(accuracy):.3f}")

# %% tags=["experiment"]
precision, recall, f1 = found(leaks.leaked, truth)
print(f"precision {precision:.2f}, recall {recall:.2f}, {leaks.share:.0%} leaked")
figure("F1 of your audit", f1)

# %% [markdown]
# Around 0.98 is usual. Below 0.85 something is wrong: look at the pairs below. Above stand test pictures that your
# audit calls leaked, below each its partner in the training set.

# %% tags=["experiment"]
some = leaks.leaked[:6], leaks.partners[:6]
titles = [f"test {i}" for i in some[0].tolist()] + [
    f"train {i}" for i in some[1].tolist()
]
pairs = torch.cat([images[some[0]], train[some[1]]])
plots.show(
    plots.image_grid(pairs, titles, len(some[0])), "leaked pictures and partners"
)

# %% [markdown]
# **Without views.** The same audit once more, with the training pictures as they are: neither mirrored nor cut.
# **Predict** what becomes of precision and recall.

# %% tags=["experiment"]
plain = audit(train, images, float(weights["threshold"]), seen=lambda images: images)
precision, recall, f1 = found(plain.leaked, truth)
print(f"precision {precision:.2f}, recall {recall:.2f}, F1 {f1:.2f}")

# %% [markdown]
# `altered` mirrors five of eight copies, on average, and an audit that does not look into the mirror misses them.
# Others are cut so far that they fall below the threshold. What you do not compare with, you cannot find.

# %% [markdown]
# ## Three networks, and how they were flattered
#
# The course trained a network on 400 pictures, three times, and let copies of training pictures into its test. An audit
# like yours looked for them, and so did a perceptual hash.

# %% tags=["experiment"]
long = shipped("leaks")
print(*textwrap.wrap(str(long), 88), sep="\n")

# %% tags=["experiment"]
SHARES = (0, 10, 25, 50)
lines = {
    name: long.results[f"{name}: accuracy"].mean(axis=0)
    for name in ("reported", "after the audit", "true")
}
axes = plots.curve(SHARES, lines, "leaked, % of the test", "accuracy")
plots.show(axes, "reported and true accuracy")

# %% tags=["experiment"]
METHODS = "audit", "not mirrored", "phash", "dhash", "phash, twelve views"
print(f"{'three seeds':24}{'precision':>12}{'recall':>12}")
for name in METHODS:
    both = [long.results[f"{name}: {what}"] for what in ("precision", "recall")]
    print("{:24}{:>12.3f}{:>12.3f}".format(name, *(one.mean() for one in both)))

# %% [markdown]
# The targets for the audit, 0.95 for its precision and for its recall, were fixed before the three seeds were run.

# %% tags=["experiment"]
flattery = long.results["reported: accuracy"] - long.results["true: accuracy"]
hashes = (long.results[f"phash: {what}"] for what in ("precision", "recall"))
precision, recall = hashes
display(
    figure("precision of the leak audit", list(long.results["audit: precision"]), 0.95),
    figure("recall of the leak audit", list(long.results["audit: recall"]), 0.95),
    figure("precision of phash, mirrored too", list(precision)),
    figure("recall of phash, mirrored too", list(recall)),
    figure("flattery with half of the test leaked", list(flattery[:, -1])),
    figure(
        "precision of the audit on whole scenes",
        list(long.results["scenes: precision"]),
    ),
    figure("recall of the audit on whole scenes", list(long.results["scenes: recall"])),
)

# %% [markdown]
# **Explain**: the audit is less sure of whole street scenes than of single things. What do two scenes share that two
# things do not? And why does a perceptual hash, made for copies that were only saved again, miss so many here?

# %% [markdown] tags=["written"]
# ## One question in words (4 points)
#
# A company reports 94 % on 10,000 test pictures from the web. Your audit: 3,000 are copies of training pictures, 99 %
# of these right. How good is it on the others? The company: "We train again without the copies. Now the test is clean."
# Is it? Name two kinds of pictures that audits miss or accuse wrongly. What would be honest? Five to eight sentences.
#
# ### BEGIN MARK SCHEME
# - 1 point: 9,400 right in all, 2,970 of them among the copies, so 6,430 of 7,000: 91.9 %. (94 − 30 or 94 · 0.7 earns
#   nothing; 91.9 % without a calculation earns half.)
# - 1 point: the company. It is clean only if the audit has found every copy, and other pictures of the same web search
#   may have been seen elsewhere, as in pretraining; or: nobody need train again, the 7,000 others are a measurement.
#   Either earns it, with its reason.
# - 1 point: two kinds, half a point each. Missed: strong crops, turned pictures, another shot of the same scene, a
#   copy in another style, whatever lies below the threshold. Accused wrongly: different pictures that look alike, as
#   products before white, logos, skies.
# - 1 point: what else: test pictures that were made after the training or by the company itself; the threshold chosen
#   on known copies, with precision and recall reported; both numbers reported, with and without the suspects; a second
#   method or a person looks at the pairs.
# - Half a point is possible for each. A right reason in other words counts.
# ### END MARK SCHEME

# %% [markdown]
# ## What to hand in
#
# Two files: this notebook and `09_services.safetensors`, which lies beside it. With the second one, the grade uses the
# threshold that you chose; without it, it is chosen again while grading.
