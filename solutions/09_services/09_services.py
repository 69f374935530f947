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
from jaxtyping import Float, Int
from torch import Tensor

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
