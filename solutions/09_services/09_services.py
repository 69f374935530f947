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
# Say in two sentences what the functions of this notebook are for.

# %% [markdown]
# **You will** write one function of 3 lines and answer one question in words.
# **Time:** about three hours. **Before:** read the lecture `09_services`.

# %% [markdown]
# ## How this works
#
# Write your code where it says `raise NotImplementedError`. Keep the names and arguments. After each function stands a
# check: run it as often as you like, it tells you what is wrong, and draws it.
# The checks use fixed inputs; the grade uses others of the same kinds.

# %% tags=["given"]
import textwrap
from collections.abc import Sequence

import torch
from IPython.display import display
from jaxtyping import Float, Integer
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
            below 0. c is at least 1.
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
            are off by less than 0.01 are rounding, and fine).
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
# labels' logits are no larger than the others, a larger T is, and a search without limits ends at infinity, or below 0.

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
        logits: finite; they may lie in the thousands, also all of them. c is at least 2.
        labels: what the images show, 0 … c - 1; all of them may be of one class.

    Returns:
        The best T, within 1 %. In the checks it lies between 0.2 and 20.

    Raises:
        ValueError: no T is the best one. That is so where there is no image; where the
            label has the largest logit of its row in every image; and where the labels'
            logits less the mean of their rows are 0 or negative on average.
    """
    ### BEGIN SOLUTION
    own = logits.gather(1, labels[:, None])[:, 0]
    if not len(logits) or (own == logits.amax(dim=1)).all():
        raise ValueError("no image, or every answer is right: no T is the best one")
    if (own - logits.mean(dim=1)).mean() <= 0:
        raise ValueError("no better than chance: the larger T, the better")
    log_t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_t], max_iter=50, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(logits.double() / log_t.exp(), labels)
        value.backward()
        return value

    optimizer.step(loss)
    return log_t.exp().item()
    ### END SOLUTION


# %% tags=["check"]
check("fit_temperature", fit_temperature)

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
optimizer = torch.optim.Adam(layer.parameters(), lr=0.03)
for _ in range(500):
    optimizer.zero_grad()
    F.cross_entropy(layer(learned), learned_kinds).backward()
    optimizer.step()

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
    t = float(fit_temperature(layer(chooses[0]), chooses[1]))
for name, logits in (("before", judged), ("after", judged / t)):
    error = float(expected_calibration_error(logits.softmax(dim=1), kinds, 15))
    loss = F.cross_entropy(logits, kinds)
    print(f"{name:8} ECE {error:.3f}, NLL {loss:.3f}")

# %% [markdown]
# Around 0.10 and 0.03 is usual for the ECE; the NLL falls by about a fifth. The *reliability diagram* shows where the
# error was: on the diagonal, a service is as often right as it says.

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
# Both know all their training images, and yet the fine-tuned network is too *modest*: its T is below 1. Whether a
# service is too sure cannot be guessed from how it was trained. It has to be measured, and on images like those that it
# will be asked about.

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
# No class of ImageNet fits the eye, and yet the softmax has to share out its whole 1: *lampshade* gets 0.21. For the
# rocket *missile* comes first, with 0.22. Silence has its price: 0.3 keeps both back, the nonsense and the answer that
# many would call right.

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
# `near_duplicates`

# %% [markdown]
# ## 5 · Has the test been seen?
#
# `audit_split`

# %% [markdown]
# ## 6 · What is left when the leaked ones go
#
# `clean_accuracy`

# %% [markdown]
# ## The experiment
#
# To write.

# %% [markdown] tags=["written"]
# ## One question in words (4 points)
#
# When would standardizing each image take away what a network should learn from? Three to five sentences.
#
# ### BEGIN MARK SCHEME
# - 2 points: an example in which light or contrast itself tells the classes apart, as day and night.
# - 2 points: what is lost there: after standardizing such images have the same numbers.
# ### END MARK SCHEME

# %% [markdown]
# ## What to hand in
#
# This notebook.
