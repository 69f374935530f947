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
# # 07 · Faces: the exercise
#
# Say in two sentences what the functions of this notebook are for.

# %% [markdown]
# **You will** write one function of 3 lines and answer one question in words.
# **Time:** about three hours. **Before:** read the lecture `07_faces`.

# %% [markdown]
# ## How this works
#
# Write your code where it says `raise NotImplementedError`. Keep the names and arguments. After each function stands a
# check: run it as often as you like, it tells you what is wrong, and draws it.
# The checks use fixed inputs; the grade uses others of the same kinds.

# %% tags=["given"]
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional as F

from course_lib import plots
from course_lib.arrays import as_tensor
from course_lib.checks.faces import check

# %% [markdown]
# ## 1 · Every face in the same place

# %% [markdown]
# ## 2 · Distances between all pairs

# %% [markdown]
# ## 3 · The loss of a triplet

# %% [markdown]
# ## 4 · Triplets that teach

# %% [markdown]
# ## 5 · Batches with several images per person

# %% [markdown]
# ## 6 · The curve of all thresholds
#
# A verifier says "the same person" where the distance is at most a threshold. A low threshold turns away the right
# person, a high one lets strangers in. Which one is best depends on what each mistake costs, so we look at all of them.

# %% [markdown]
# **Two rates.** The *true accept rate* (TAR) is the share of the same-person pairs that are accepted, the *false accept
# rate* (FAR) the share of the different-person pairs that are. Over all thresholds they draw a curve: the ROC.

# %% [markdown]
# By hand, five pairs with the distances 0.2, 0.5 and 0.9 (same) and 0.5 and 1.4 (different):
#
# | threshold | accepted | FAR | TAR |
# |---|---|---|---|
# | −∞ | none | 0/2 | 0/3 |
# | 0.2 | 0.2 | 0/2 | 1/3 |
# | 0.5 | 0.2, 0.5, 0.5 | 1/2 | 2/3 |
# | 0.9 | all but 1.4 | 1/2 | 3/3 |
# | 1.4 | all | 2/2 | 3/3 |

# %% [markdown]
# At 0.5 two pairs have the same distance, one of each kind. No threshold can tell them apart, so they are accepted
# together: one row, one point of the curve.

# %% [markdown]
# <details><summary>Hint: one threshold first</summary>
#
# Fix a threshold. Which pairs does it accept? How many of those show one person, and how many such pairs are there at
# all? Each rate has its own kind of pairs above the bar and below it.
# </details>
#
# <details><summary>Hint: which thresholds?</summary>
#
# Between two neighbouring distances nothing happens: the rates change only where a distance is reached. So the
# distances themselves are enough, each of them once, in order. How do you begin with no pair at all?
# </details>


# %% tags=["solution"]
def verification_roc(
    distances: Float[Tensor, " n"], same: Bool[Tensor, " n"]
) -> tuple[Float[Tensor, " t"], Float[Tensor, " t"], Float[Tensor, " t"]]:
    """False and true accept rates of n pairs of faces, at every threshold that matters.

    A pair is accepted where its distance is at most the threshold. Write it yourself:
    no `sklearn.metrics`, `torchmetrics` or `course_lib.explorers`.

    Args:
        distances: squared Euclidean, at least 0, in any order.
        same: whether a pair shows one person.

    Returns:
        (far, tar, thresholds), in the order of scikit-learn's `roc_curve`. The
        thresholds rise: first -infinity, which accepts no pair, then each distance that
        occurs, once. At each of them, far is the share of the pairs of different
        persons that are accepted, and tar that of the pairs of the same person. So both
        rise from 0 to 1, and pairs at equal distances are accepted together.

    Raises:
        ValueError: a distance is NaN, or all pairs are of one kind, or there are none.
    """
    ### BEGIN SOLUTION
    if distances.isnan().any():
        raise ValueError("Expected distances that are numbers, got NaN.")
    if same.all() or not same.any():
        raise ValueError("Expected pairs of both kinds, got pairs of one kind.")
    nothing = distances.new_tensor([-torch.inf])
    thresholds = torch.cat([nothing, distances.unique()])  # sorted
    far, tar = (
        torch.searchsorted(kind.sort().values, thresholds, right=True) / len(kind)
        for kind in (distances[~same], distances[same])
    )
    return far, tar, thresholds
    ### END SOLUTION


# %% tags=["check"]
check("verification_roc", verification_roc)

# %% [markdown]
# To try it out, a crowd without a camera: each person is a point in 16 dimensions, and each image of them lies around
# it, by a `spread`. At the end all have length 1, as FaceNet's embeddings.


# %% tags=["given"]
def crowd(people: int, images: int, spread: float) -> tuple[Tensor, Tensor]:
    """Embeddings [people * images, 16] of length 1, and who is on each."""
    rng = torch.Generator().manual_seed(0)
    middles = torch.randn(people, 16, generator=rng).repeat_interleave(images, dim=0)
    rows = middles + spread * torch.randn(middles.shape, generator=rng)
    return F.normalize(rows), torch.arange(people).repeat_interleave(images)


def all_pairs(rows: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    """The squared distances of all pairs, and whether both show one person."""
    i, j = torch.triu_indices(len(rows), len(rows), offset=1)
    return ((rows[i] - rows[j]) ** 2).sum(dim=1), ids[i] == ids[j]


# %% [markdown]
# **Predict**, then look: 15 persons with 4 images each, in three spreads. A verifier that guesses accepts as large a
# share of strangers as of friends, TAR = FAR. What happens to the three curves at the left end, where few strangers are
# let in?

# %% tags=["experiment"]
limits = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
lines = {"guessed": limits}
for spread in (0.4, 0.7, 1.0):
    far, tar, _ = map(as_tensor, verification_roc(*all_pairs(*crowd(15, 4, spread))))
    lines[f"spread {spread}"] = [float(tar[far <= limit].max()) for limit in limits]
axes = plots.curve(limits, lines, "FAR", "TAR")
axes.set_xscale("log")
plots.show(axes, "three curves of a crowd")

# %% [markdown]
# At the right end all of them meet. A door or a telephone stands at the left one: papers report TAR at a FAR of 1 %, of
# 0.1 %, and so on. Read yours off: how much of its TAR does the middle curve lose from a FAR of 10 % to 1 %?

# %% [markdown]
# ## 7 · The protocol of Labeled Faces in the Wild
#
# "97 % right" needs one threshold. Who chooses it on the pairs that are then counted has looked at the answers. Labeled
# Faces in the Wild (Huang et al., technical report 2007) has 6,000 pairs in ten *folds*: each fold is tested with the
# threshold that is best on the other nine.

# %% [markdown]
# By hand, three folds:
#
# | fold | its pairs | best on the others | right |
# |---|---|---|---|
# | 0 | 0.2 same, 0.35 different | 0.45 | 1/2 |
# | 1 | 0.3 same, 0.9 different | 0.45 | 2/2 |
# | 2 | 0.4 same, 0.45 same, 0.8 different | 0.3 | 1/3 |

# %% [markdown]
# Their mean is 0.611. Their standard deviation is 0.347, with 3 − 1 = 2 below the bar, and the *standard error* of the
# mean is 0.347 / √3 = 0.200. We write 0.611 ± 0.200.
#
# Chosen on all seven pairs at once, 0.45 looks best, and the mean would be 0.833: flattered.

# %% [markdown]
# <details><summary>Hint: one fold first</summary>
#
# Split the pairs in two: those of this fold and all others. Forget the first part until a threshold is chosen. Then
# forget the second one.
# </details>
#
# <details><summary>Hint: which threshold is best?</summary>
#
# Ask each threshold that can matter how many pairs it gets right; you know from the last section which ones these are.
# A pair can be right in two ways: what are they?
# </details>


# %% tags=["solution"]
def lfw_accuracy(
    distances: Float[Tensor, " n"],
    same: Bool[Tensor, " n"],
    folds: Int64[Tensor, " n"],
) -> tuple[float, float]:
    """Verification accuracy by the protocol of Labeled Faces in the Wild.

    A pair is accepted where its distance is at most the threshold, and right where it
    is accepted and shows one person, or is neither. For each fold, the threshold is one
    that gets the most pairs of all other folds right, of all real numbers, however
    close the distances lie; accepting no pair, or all, may be best. Any threshold that
    is best will do. Write it yourself: no `sklearn`, `torchmetrics` or
    `course_lib.explorers`.

    Args:
        distances: squared Euclidean, at least 0; 0 occurs.
        same: whether a pair shows one person.
        folds: which fold a pair belongs to: any whole numbers, in any order. Folds may
            have unequally many pairs.

    Returns:
        The mean of the folds' accuracies, from 0 to 1, each fold counting once; and its
        standard error: their standard deviation with (number of folds - 1) in the
        denominator, divided by the root of the number of folds.

    Raises:
        ValueError: a distance is NaN, or all pairs are of one kind, or there are fewer
            than two folds.
    """
    ### BEGIN SOLUTION
    if distances.isnan().any():
        raise ValueError("Expected distances that are numbers, got NaN.")
    if same.all() or not same.any():
        raise ValueError("Expected pairs of both kinds, got pairs of one kind.")
    if len(folds.unique()) < 2:
        raise ValueError("Expected two folds at least, got fewer.")
    accuracies = []
    for fold in folds.unique():
        tested = folds == fold
        known, truth = distances[~tested], same[~tested]
        thresholds = torch.cat([known.new_tensor([-torch.inf]), known.unique()])
        right = ((known <= thresholds[:, None]) == truth).sum(dim=1)
        accepted = distances[tested] <= thresholds[right.argmax()]
        accuracies.append((accepted == same[tested]).double().mean())
    accuracies = torch.stack(accuracies)
    error = accuracies.std(correction=1) / len(accuracies) ** 0.5
    return accuracies.mean().item(), error.item()
    ### END SOLUTION


# %% tags=["check"]
check("lfw_accuracy", lfw_accuracy)

# %% [markdown]
# **Predict**, then look: ten folds of pairs that hold nothing, distances and answers drawn by chance. Nobody can be
# right more often than half of the time. What does the honest protocol report, and what does one report that chooses on
# the tested fold? Does it help to have more pairs?


# %% tags=["given"]
def by_chance(size: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Distances, answers and folds of ten folds with `size` pairs each: coins."""
    numbers = torch.rand(2, 10 * size, generator=torch.Generator().manual_seed(seed))
    return numbers[0], numbers[1] < 0.5, torch.arange(10 * size) // size


def flattered(distances: Tensor, same: Tensor, folds: Tensor) -> float:
    """The mean accuracy where each fold chooses its threshold itself."""
    right = (distances <= torch.cat([-distances[:1], distances])[:, None]) == same
    best = [right[:, folds == fold].double().mean(dim=1).max() for fold in range(10)]
    return float(sum(best)) / 10


# %% tags=["experiment"]
sizes = (4, 8, 16)
lines = {"the other folds choose": [], "the tested fold chooses": []}
for size in sizes:
    draws = [by_chance(size, seed) for seed in range(5)]
    means = [float(lfw_accuracy(*one)[0]) for one in draws]
    lines["the other folds choose"].append(sum(means) / 5)
    lines["the tested fold chooses"].append(sum(flattered(*one) for one in draws) / 5)
axes = plots.curve(sizes, lines, "pairs per fold", "accuracy, mean of five draws")
axes.axhline(0.5, color=plots.BLACK, linewidth=1)
plots.show(axes, "honest and flattered")

# %% [markdown]
# Coins are right in half of the cases, and the honest protocol says so. The other one finds a threshold for every fold
# that suits these few pairs by chance. With more pairs it finds less.

# %% [markdown]
# ## 8 · Who is it?
#
# Verification compares two faces. *Identification* compares one, the query, with a whole gallery of known persons, and
# names the nearest. Its usual measure is rank one: the share of queries whose nearest face in the gallery shows the
# right person.

# %% [markdown]
# By hand, a gallery of three faces: person 5 at (0, 0), person 8 at (4, 0) and at (2, 2). The squared distances of four
# queries:
#
# | query | shows | to (0, 0) | to (4, 0) | to (2, 2) | |
# |---|---|---|---|---|---|
# | (1, 0) | 5 | **1** | 9 | 5 | right |
# | (3, 1) | 5 | 10 | **2** | **2** | wrong |
# | (0, 2) | 8 | **4** | 20 | **4** | wrong |
# | (4, 3) | 7 | 25 | 9 | **5** | wrong |

# %% [markdown]
# The third query is equally near to two faces: the first of them in the gallery counts, person 5. The fourth shows
# somebody who is not in the gallery, so that any name is wrong. One of four: 0.25.

# %% [markdown]
# <details><summary>Hint: the shape of a solution</summary>
#
# A table with a row for each query and a column for each face of the gallery. In which column is the least number of a
# row, and whose face stands there?
# </details>


# %% tags=["solution"]
def rank_one(
    queries: Float[Tensor, "q d"],
    gallery: Float[Tensor, "g d"],
    query_ids: Int64[Tensor, " q"],
    gallery_ids: Int64[Tensor, " g"],
) -> float:
    """The share of queries whose nearest face in the gallery shows the same person.

    Write it yourself: no `sklearn`, `scipy` or `course_lib.explorers`.

    Args:
        queries: an embedding per query, as it is: of any length.
        gallery: an embedding per known face; persons may have several.
        query_ids: the person in each query. Whoever is not in the gallery cannot be
            found: such a query counts, and is wrong.
        gallery_ids: the person in each face of the gallery; any whole numbers.

    Returns:
        From 0 to 1. Nearest by squared Euclidean distance; of several faces that are
        equally near, the first in the gallery counts.

    Raises:
        ValueError: there is no query, or no face in the gallery.
    """
    ### BEGIN SOLUTION
    if not len(queries) or not len(gallery):
        raise ValueError(
            f"Expected queries and a gallery, got {len(queries)} and {len(gallery)}."
        )
    squared = [((gallery - query) ** 2).sum(dim=1) for query in queries]
    nearest = torch.stack(squared).argmin(dim=1)  # the first of equals
    return (gallery_ids[nearest] == query_ids).double().mean().item()
    ### END SOLUTION


# %% tags=["check"]
check("rank_one", rank_one)

# %% [markdown]
# **Predict**, then look: the same crowd, one image of each person in the gallery and one as query. The embedding stays
# as good as it is. What becomes of rank one when the gallery grows from 5 persons to 200?

# %% tags=["experiment"]
rows, ids = crowd(200, 2, spread=0.7)
people = (5, 10, 20, 50, 100, 200)
first = []
for count in people:
    asked, known = slice(1, 2 * count, 2), slice(0, 2 * count, 2)
    first.append(float(rank_one(rows[asked], rows[known], ids[asked], ids[known])))
axes = plots.curve(people, {"rank one": first}, "persons in the gallery", "rank one")
axes.set_xscale("log")
plots.show(axes, "rank one and the gallery")

# %% [markdown]
# Whether two images show one person does not depend on how many persons there are. Whose image is the nearest does:
# each new face in the gallery is one more that can be nearer by chance.

# %% [markdown]
# ## The experiment

# %% [markdown] tags=["written"]
# ## One question in words (4 points)
#
# A shop looks for 500 known thieves. Its seller promises a TAR of 99 % at a FAR of 0.1 % on Labeled Faces in
# the Wild. Each day 2,000 honest visitors and 3 thieves are compared with all 500 faces. How many honest ones are
# stopped? What share of the alarms is right? Why may this FAR not hold here, and for whom? Five to eight sentences.
#
# ### BEGIN MARK SCHEME
# - 1 point: 500 comparisons each. A visitor is stopped with probability 1 − 0.999^500 = 39 %: about 790 a day.
#   (1,000 false accepts expected, 0.5 per visitor, earns the point as well; 0.1 % of 2,000 = 2 does not.)
# - 1 point: about 3 of about 790 alarms are right: 0.4 %. The share hangs on how rare thieves are, not on TAR.
# - 1 point: why FAR differs here: other images (light, pose, cameras, no press photographs), other persons than in the
#   test, or a threshold that was chosen on the test pairs.
# - 1 point: for whom: FAR at one common threshold differs between groups. Whoever is rare in the training data is
#   confused more often, and one number for all hides it. They are stopped without having done anything.
# - Half a point is possible for each. A right reason in other words counts.
# ### END MARK SCHEME

# %% [markdown]
# ## What to hand in
#
# This notebook.
