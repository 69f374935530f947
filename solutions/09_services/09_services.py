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
from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from course_lib.checks.services import check

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
# `expected_calibration_error`

# %% [markdown]
# ## 3 · One number that mends it
#
# `fit_temperature`

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
