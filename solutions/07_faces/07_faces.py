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
from collections.abc import Iterator

import torch
from jaxtyping import Float, Int64, Integer
from torch import Tensor
from torch.nn import functional as F

from course_lib import plots
from course_lib.arrays import as_tensor
from course_lib.checks.faces import check

# %% [markdown]
# ## 1 · Every face in the same place
#
# A face that is turned, small or off the middle differs from itself in every pixel. So the first step is no network:
# five landmarks (both eyes, the nose, both corners of the mouth) are brought to the places of a template.

# %% [markdown]
# A *similarity* may scale, turn and shift, and nothing else: a long face stays long. It has four numbers:
#
# x' = a x − b y + s, and y' = b x + a y + t.
#
# The scale is √(a² + b²). No choice of a and b is a mirror, and none stretches.

# %% [markdown]
# By hand, a face that lies on its side. The eyes belong at (16, 24) and (48, 24), so the arrow between them, (0, 40),
# becomes (32, 0): scale 0.8, a quarter turn, (x, y) to 0.8 · (y, −x).
#
# | | landmark | from the eyes' middle | scaled, turned | moved |
# |---|---|---|---|---|
# | left eye | (40, 20) | (0, −20) | (−16, 0) | (16, 24) |
# | right eye | (40, 60) | (0, 20) | (16, 0) | (48, 24) |
# | mouth | (20, 40) | (−20, 0) | (0, 16) | (32, 40) |

# %% [markdown]
# Four numbers cannot bring five landmarks exactly to five places. We take those for which the squared distances to the
# template have the smallest sum. Then a landmark that is a little wrong turns the face only a little.

# %% [markdown]
# The new image is filled backwards: each of its pixels asks where it comes from. Above, the pixel with its centre at
# (32.5, 40.5) is (0.5, 16.5) from the eyes' middle. Turned back and divided by 0.8 that is (−20.625, 0.625): it comes
# from (19.375, 40.625), between four pixels.

# %% [markdown]
# <details><summary>Hint: from landmarks to four numbers</summary>
#
# Each landmark gives two equations in which a, b, s and t stand only once, without squares. Write the equations of one
# landmark below each other as rows of a table. Which function of `torch.linalg` solves too many equations as well as
# it can?
# </details>
#
# <details><summary>Hint: the face turns the wrong way, or moves away</summary>
#
# Which direction did you fit, and which one does a pixel of the new image need? Take one corner of the output and
# follow it by hand.
# </details>
#
# <details><summary>Hint: sampling between pixels</summary>
#
# `torch.nn.functional.grid_sample` reads an image between its pixels. It counts from −1 to 1. What are −1 and 1 for it
# when `align_corners` is False: centres of pixels, or borders of the image?
# </details>


# %% tags=["solution"]
def align_face(
    image: Float[Tensor, "c h w"],
    landmarks: Float[Tensor, "n 2"],
    template: Float[Tensor, "n 2"],
    size: int,
) -> Float[Tensor, "c {size} {size}"]:
    """The face, moved so that its landmarks lie on the template as well as possible.

    The map is the similarity (one scale, one rotation, one shift, no reflection) that
    minimises the sum of squared distances between moved landmarks and template.

    Write it yourself: no `skimage.transform`, `kornia`, `cv2.estimateAffinePartial2D`,
    `cv2.estimateAffine2D` or `cv2.getAffineTransform`.

    Args:
        image: any numbers.
        landmarks: (x, y) in pixels of the image, 0 at its left and upper border; the
            pixel in row i and column j has its centre at (j + 0.5, i + 0.5). n is at
            least 2; they may lie on one line, and outside of the image.
        template: where they belong, (x, y) in pixels of the output, not all equal.
        size: the output's height and width.

    Returns:
        Each pixel is the image at the place that the map brings to that pixel's centre:
        bilinear between the four nearest centres, each of which counts as 0 where it
        lies outside of the image.

    Raises:
        ValueError: all landmarks lie in one place; the message says `landmarks`.
    """
    ### BEGIN SOLUTION
    if (landmarks == landmarks[0]).all():
        raise ValueError("all landmarks lie in one place: no scale, no angle")
    middle, goal = landmarks.mean(dim=0), template.mean(dim=0)
    (x, y), (u, v) = (landmarks - middle).T, (template - goal).T
    a, b = (x * u + y * v).sum(), (x * v - y * u).sum()
    a, b = a / (x**2 + y**2).sum(), b / (x**2 + y**2).sum()
    forward = torch.stack([torch.stack([a, -b]), torch.stack([b, a])])
    centres = torch.arange(size, dtype=image.dtype, device=image.device) + 0.5
    places = torch.stack(torch.meshgrid(centres, centres, indexing="xy"), dim=2)
    sources = (places - goal) @ torch.linalg.inv(forward).T + middle
    sides = torch.tensor(image.shape[:0:-1]).to(image)  # width, height
    grid = 2 * sources[None] / sides - 1
    return F.grid_sample(image[None], grid, align_corners=False)[0]
    ### END SOLUTION


# %% tags=["check"]
check("align_face", align_face)

# %% [markdown]
# **Predict**, then look: two pictures each of two drawn people, above as they are, with their landmarks, below as your
# function brings them to the template. Which differences between the pictures of one person go away, which stay?

# %% tags=["experiment"]
from course_lib.data import tinyfaces

some = tinyfaces.faces("train", identities=2, images=2)
template = 64 * torch.from_numpy(tinyfaces.TEMPLATE)
before = some.images / 255
pairs = zip(before, some.landmarks, strict=True)
after = [as_tensor(align_face(*pair, template, 64)) for pair in pairs]
axes = plots.image_grid([*before, *after], columns=4)
for ax, points in zip(axes, [*some.landmarks, *[template] * 4], strict=True):
    ax.plot(*points.T, "+", color="white", markersize=8)
plots.show(axes, "four faces aligned")

# %% [markdown]
# Size, tilt and place are gone. Light, expression and the ground behind the head stay, and so does the turn to the
# side: a similarity cannot undo it. The rest is the network's work.

# %% [markdown]
# ## 2 · Distances between all pairs
#
# A network turns each face into a vector, its *embedding*. How alike two faces are is then a distance, and in a batch
# we need all of them: from each face to each. As in FaceNet it is the **squared** Euclidean distance, here and
# everywhere below.

# %% [markdown]
# By hand, three embeddings of two numbers:
#
# | | (0, 0) | (3, 4) | (0, 4) |
# |---|---|---|---|
# | (0, 0) | 0 | 9 + 16 = **25** | 16 |
# | (3, 4) | 25 | 0 | 9 |
# | (0, 4) | 16 | 9 | 0 |

# %% [markdown]
# There are two ways. All differences at once need n · n · d numbers in memory. With |x − y|² = |x|² + |y|² − 2 x·y it
# is n · n, but two large numbers are subtracted: what is left of 32-bit numbers may be below zero, or not quite 0 from
# a face to itself.

# %% [markdown]
# The embeddings learn through these distances, so their slope counts as well. Two equal images have the distance 0. The
# slope of x² is 0 there. The slope of a root is infinite, and infinity times 0 is NaN: one such pair, and all weights
# of the network are NaN.

# %% [markdown]
# <details><summary>Hint: without a loop</summary>
#
# Give one copy of x an axis of length 1 in front, another one in the middle. Which shapes meet, and over which axis do
# you add?
# </details>
#
# <details><summary>Hint: I use the formula with the product, and some numbers are wrong</summary>
#
# Which numbers do you know beforehand, whatever x is? And which can no square ever be?
# </details>


# %% tags=["solution"]
def pairwise_distances(x: Float[Tensor, "n d"]) -> Float[Tensor, "n n"]:
    """The squared Euclidean distances between all rows of x.

    Write it yourself: no `torch.cdist`, `torch.pdist`, `torch.nn.PairwiseDistance`,
    `torch.nn.functional.pairwise_distance`, `torch.nn.functional.pdist`,
    `scipy.spatial`, `sklearn` or `pytorch_metric_learning`.

    Args:
        x: finite embeddings, of any length. n may be 0.

    Returns:
        In row i and column j the squared distance of x[i] and x[j]: never negative,
        even where rows are nearly equal and far from 0, and exactly 0 on the diagonal.
        Gradients flow to x and are finite, also for equal rows.
    """
    ### BEGIN SOLUTION
    return ((x[:, None] - x) ** 2).sum(dim=2)  # [n, n, d] before the sum
    ### END SOLUTION


# %% tags=["check"]
check("pairwise_distances", pairwise_distances)

# %% [markdown]
# ## 3 · The loss of a triplet
#
# Nobody says where in space a face belongs. We only say which is nearer: an *anchor* should be nearer to another image
# of the same person, the *positive*, than to an image of somebody else, the *negative*, and by a margin.

# %% [markdown]
# By hand, margin 0.5:
#
# | d(a, p) | d(a, n) | d(a, p) − d(a, n) + 0.5 | loss |
# |---|---|---|---|
# | 0.25 | 1.00 | −0.25 | 0 |
# | 0.25 | 0.50 | 0.25 | 0.25 |
# | 1.00 | 0.75 | 0.75 | 0.75 |
#
# The first triplet is solved and asks for nothing. It still counts in the mean: (0 + 0.25 + 0.75) / 3 = 0.333.

# %% [markdown]
# Some libraries average over the *active* triplets only, here over two. With ours the loss tells how much is left to
# do: it goes to 0 when all triplets are solved.

# %% [markdown]
# <details><summary>Hint: what if there is no triplet?</summary>
#
# A batch may hold none, and a mean over nothing is NaN. What may you divide a sum by instead? The 0 that you return has
# to know the embeddings all the same, or `backward` fails: is it computed from them?
# </details>


# %% tags=["solution"]
def triplet_loss(
    anchor: Float[Tensor, "t d"],
    positive: Float[Tensor, "t d"],
    negative: Float[Tensor, "t d"],
    margin: float,
) -> Float[Tensor, ""]:
    """How far t triplets of embeddings are from keeping the margin.

    A triplet costs max(0, d(a, p) - d(a, n) + margin), where d is the squared Euclidean
    distance (Schroff, Kalenichenko and Philbin, CVPR 2015).

    Write it yourself: no `torch.nn.TripletMarginLoss`,
    `torch.nn.TripletMarginWithDistanceLoss`,
    `torch.nn.functional.triplet_margin_loss`,
    `torch.nn.functional.triplet_margin_with_distance_loss`,
    `pytorch_metric_learning` or `torch.nn.functional.pairwise_distance`.

    Args:
        anchor, positive, negative: row i of each is one triplet; as they are, not
            normalised here.
        margin: above 0.

    Returns:
        The mean over all t triplets, also those that cost nothing. 0 without any
        triplet; `backward` works then, too, and leaves gradients of 0. Gradients are
        finite, also where anchor and positive, or anchor and negative, are equal.
    """
    ### BEGIN SOLUTION
    near = ((anchor - positive) ** 2).sum(dim=1)
    far = ((anchor - negative) ** 2).sum(dim=1)
    return F.relu(near - far + margin).sum() / max(1, len(anchor))
    ### END SOLUTION


# %% tags=["check"]
check("triplet_loss", triplet_loss)

# %% [markdown]
# ## 4 · Triplets that teach
#
# After a few steps most triplets cost nothing and teach nothing. The hardest ones, whose negative is nearer than the
# positive, can pull a young network together into one point (Schroff, Kalenichenko and Philbin, CVPR 2015). FaceNet
# takes those between.

# %% [markdown]
# By hand, one anchor and one positive, d(a, p) = 0.5, and the margin 0.25:
#
# | d(a, n) | | kind | loss |
# |---|---|---|---|
# | 0.375 | nearer than the positive | hard | 0.375 |
# | 0.625 | behind it, within the margin | **semi-hard** | 0.125 |
# | 0.875 | beyond 0.75 | easy | 0 |

# %% [markdown]
# How many triplets does a batch have? Three images of person A (rows 0, 1, 2) and two of B (3, 4): in A each ordered
# pair, 0 1, 0 2, 1 0 and so on, is an anchor with a positive, 6 in all, and each meets 2 negatives. In B there are 2
# pairs and 3 negatives. Together 12 + 6 = 18, from which we choose.

# %% [markdown]
# <details><summary>Hint: three loops are right, but slow</summary>
#
# Write them first, for anchor, positive and negative; they tell you all conditions. Then think of a box of truth values
# with these three axes. d(a, p) does not depend on n: which axis does it lack? And the labels?
# </details>
#
# <details><summary>Hint: I find too many triplets</summary>
#
# Take one that should not be there and read its three numbers. Is a the same row as p? Do a and n show the same
# person? Is n really farther than p?
# </details>


# %% tags=["solution"]
def mine_semi_hard(
    distances: Float[Tensor, "n n"], labels: Integer[Tensor, " n"], margin: float
) -> Int64[Tensor, "t 3"]:
    """All semi-hard triplets of a batch (Schroff et al., section 3.2).

    Write it yourself: no `pytorch_metric_learning`.

    Args:
        distances: squared distances between all n images, symmetric, as from
            `pairwise_distances`.
        labels: who is on each image: whole numbers of any size and any integer type.
        margin: added to squared distances; above 0.

    Returns:
        One row (a, p, n) of positions for each triplet with
        d(a, p) < d(a, n) < d(a, p) + margin, in which a and p are two different images
        of one person and n is an image of another. Strictly: a negative exactly as far
        as the positive is not semi-hard, and neither is one exactly the margin farther.
        A distance that is NaN belongs to no triplet. The rows may come in any order,
        none comes twice; shape [0, 3] where there are none, also for n = 0.
    """
    ### BEGIN SOLUTION
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    pairs = positive[:, :, None] & ~same[:, None, :]  # [a, p, n]
    near, far = distances[:, :, None], distances[:, None, :]
    return (pairs & (near < far) & (far < near + margin)).nonzero()
    ### END SOLUTION


# %% tags=["check"]
check("mine_semi_hard", mine_semi_hard)

# %% [markdown]
# ## 5 · Batches with several images per person
#
# Without two images of one person in a batch there is no positive. So a batch is composed: P people, and K images of
# each (Hermans, Beyer and Leibe, arXiv 2017).

# %% [markdown]
# By hand: 500 people with 6 images each, batches of 16. A batch has 16 · 15 / 2 = 120 pairs. Drawn blindly, 5 of the
# other 2,999 images show the same person: 120 · 5 / 2,999 = 0.2 pairs per batch. With P = 4 and K = 4 there are 4 · 6 =
# 24 in each.

# %% [markdown]
# And in small, P = 2 and K = 3:
#
# | position | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 |
# |---|---|---|---|---|---|---|---|---|---|
# | label | 5 | 5 | 5 | 8 | 8 | 9 | 9 | 9 | 9 |
#
# [1, 0, 2, 8, 5, 7] is a batch of the people 5 and 9. Person 8 has only two images: both come, and one of them again,
# as in [3, 4, 3, 6, 8, 5].

# %% [markdown]
# A *generator* is where the chance comes from. `torch.randperm(9, generator=rng)` draws from `rng`, and the next call
# draws something else. Whoever starts with an equal generator gets equal batches: so an experiment can be repeated.

# %% [markdown]
# <details><summary>Hint: the parts</summary>
#
# Which positions belong to which person can be found out once, when the sampler is made. What has to be drawn anew for
# each batch: first about people, then about each one's images? Cards that are shuffled and dealt never come twice.
# </details>
#
# <details><summary>Hint: a person with fewer than K images</summary>
#
# You have shuffled the cards and they run out. What do you deal next, so that each of them has come?
# </details>
#
# <details><summary>Hint: two passes over it give the same batches</summary>
#
# `__iter__` runs anew with each `for`. What is drawn in `__init__` is drawn once for ever.
# </details>


# %% tags=["solution"]
class PKSampler:
    """Batches of P people with K images each, for a `DataLoader`'s `batch_sampler`.

    Write it yourself: no `pytorch_metric_learning`.
    """

    def __init__(
        self, labels: Integer[Tensor, " n"], P: int, K: int, rng: torch.Generator
    ):
        """Keep what `__iter__` needs.

        Args:
            labels: who is on each image: whole numbers of any size and integer type.
            P: different people in a batch, at least 1.
            K: images of each of them, at least 1.
            rng: a generator on the CPU, from which all chance comes.

        Raises:
            ValueError: fewer than P people; the message gives P and their number.
        """
        ### BEGIN SOLUTION
        labels = labels.cpu()
        people = [(labels == who).nonzero()[:, 0] for who in labels.unique()]
        if len(people) < P:
            raise ValueError(f"P is {P}, but there are only {len(people)} people")
        self.people, self.batches = people, max(1, len(labels) // (P * K))
        self.P, self.K, self.rng = P, K, rng
        ### END SOLUTION

    def __len__(self) -> int:
        """Batches in one pass: n // (P * K), rounded down, but at least 1."""
        ### BEGIN SOLUTION
        return self.batches
        ### END SOLUTION

    def __iter__(self) -> Iterator[list[int]]:
        """One pass: so many lists of P * K positions in `labels`, in any order.

        In a batch there are P different people and of each K different images. Only
        someone with fewer than K images has repeated ones: each of them comes at least
        once. For every batch, everybody is as likely to be drawn as anybody else,
        however many images they have, and every image of someone as likely as any other
        of theirs. Each pass draws new batches, from where `rng` stands.
        """
        ### BEGIN SOLUTION
        for _ in range(len(self)):
            batch = []
            for who in torch.randperm(len(self.people), generator=self.rng)[: self.P]:
                images = self.people[who]
                shuffled = images[torch.randperm(len(images), generator=self.rng)]
                rounds = -(-self.K // len(images))  # whoever has too few begins again
                batch += shuffled.repeat(rounds)[: self.K].tolist()
            yield batch
        ### END SOLUTION


# %% tags=["check"]
check("PKSampler", PKSampler)

# %% [markdown]
# Now your functions work together, still without a network: aligned faces of 16 × 16 pixels, brought to length 1, are
# the embeddings. **Predict**: of the 2,688 triplets in a batch of 8 people with 4 images each, how many are hard,
# semi-hard and easy?

# %% tags=["experiment"]
many = tinyfaces.faces("train", identities=40, images=6)
pairs = zip(many.images / 255, many.landmarks, strict=True)
small = [as_tensor(align_face(*pair, template / 4, 16)) for pair in pairs]
rng = torch.Generator().manual_seed(0)
batch = next(iter(PKSampler(many.identities, 8, 4, rng)))
pixels = torch.stack(small)[batch].flatten(1)
embeddings = F.normalize(pixels - pixels.mean(), dim=1)
table, people = pairwise_distances(embeddings), many.identities[batch]
semi_hard = len(mine_semi_hard(table, people, 0.2))
behind = len(mine_semi_hard(table, people, 5.0))  # no distance is above 4
print(f"hard {2688 - behind}, semi-hard {semi_hard}, easy {behind - semi_hard}")

# %% [markdown]
# In seven such batches we counted 23 to 41 % hard triplets and 9 to 13 % semi-hard ones. By pixels, a stranger is often
# nearer than another picture of the same person, even after alignment.

# %% [markdown]
# ## 6 · The curve of all thresholds

# %% [markdown]
# ## 7 · The protocol of Labeled Faces in the Wild

# %% [markdown]
# ## 8 · Who is it?

# %% [markdown]
# ## The experiment

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
