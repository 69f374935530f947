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
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from course_lib.checks.services import check

# %% [markdown]
# ## 1 · Tags, or silence
#
# `top_k_tags`

# %% [markdown]
# ## 2 · Does the service know how sure it may be?
#
# `expected_calibration_error`

# %% [markdown]
# ## 3 · One number that mends it
#
# `fit_temperature`

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
    `torch.cosine_similarity`, `torch.nn.functional.cosine_similarity`,
    `torch.nn.CosineSimilarity`, `torchmetrics`, `sklearn`, `scipy`, `imagehash` or
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
    `torch.cosine_similarity`, `torch.nn.functional.cosine_similarity`,
    `torch.nn.CosineSimilarity`, `torchmetrics`, `sklearn`, `scipy`, `imagehash` or
    `course_lib.explorers`.

    Args:
        train, test: features, one row for each picture, of any length. n may be 0:
            then nothing has leaked.
        threshold: a similarity, from -1 to 1.

    Returns:
        An `Audit`; of several equally similar partners any will do.

    Raises:
        ValueError: there is no test picture, or a row of either is all zeros.
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
# pictures go below the bar as well, and not 0.60 − 0.40: nobody says that all leaked ones were right.

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
