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
import torch
from jaxtyping import Float
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
