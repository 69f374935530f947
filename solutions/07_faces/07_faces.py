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
