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
