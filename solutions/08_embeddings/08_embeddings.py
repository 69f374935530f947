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
# # 08 · Embedding arithmetic: the exercise
#
# Say in two sentences what the functions of this notebook are for.

# %% [markdown]
# **You will** write one function of 3 lines and answer one question in words.
# **Time:** about three hours. **Before:** read the lecture `08_embeddings`.

# %% [markdown]
# ## How this works
#
# Write your code where it says `raise NotImplementedError`. Keep the names and arguments. After each function stands a
# check: run it as often as you like, it tells you what is wrong, and draws it.
# The checks use fixed inputs; the grade uses others of the same kinds.

# %% tags=["given"]
import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.checks.embeddings import check

# %% [markdown]
# ## 1 · Images in one light
#
# Light adds to an image, contrast multiplies it. We take both away.


# %% tags=["solution"]
def standardize(images: Float[Tensor, "n h w"]) -> Float[Tensor, "n h w"]:
    """Each image less its mean, divided by its standard deviation: the root of the mean squared distance to the mean.

    An image whose pixels are all equal becomes zeros. `images` may be empty (n = 0), and stay as they are.
    """
    ### BEGIN SOLUTION
    apart = images - images.mean(dim=(1, 2), keepdim=True)
    deviation = apart.square().mean(dim=(1, 2), keepdim=True).sqrt()
    return torch.where(deviation > 0, apart / deviation, 0.0)
    ### END SOLUTION


# %% tags=["check"]
check("standardize", standardize)

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
