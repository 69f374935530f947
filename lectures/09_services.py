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
# # 09 · Recognition services
#
# *Deep Learning Applications. About 75 minutes, with the explorer and the quiz.*

# %% [markdown]
# After this lecture we can
#
# - say what light and contrast do to the numbers of an image;
# - make images alike by **standardizing** them.

# %% [markdown]
# Before most figures you will find a **Predict** line. Write your guess down before you run the cell.

# %% [markdown]
# ## 1 · One digit in three lights
#
# Whoever photographs a page in the shade and in the sun gets other numbers from the same ink.

# %% [markdown]
# **Predict:** we halve an image's contrast and make it brighter. Which of its pixels keep their order?

# %%
from course_lib import plots
from course_lib.data import digits

images, labels = digits("train")
digit = images[0, 0]
lights = {"as it was": digit, "faint": digit / 2, "faint and bright": digit / 2 + 0.5}
shown = [light[None] for light in lights.values()]
axes = plots.image_grid(shown, list(lights), columns=3)
plots.show(axes, "Recognition services: one digit in three lights")

# %% [markdown]
# All of them: we have multiplied by a positive number and added another. What remains when the mean is taken away and
# the rest divided by its deviation is the same for all three.

# %%
from course_lib.explorers.services import light_explorer

light_explorer(digit)

# %% [markdown]
# ## Quiz
#
# **1.** What does standardizing make of an image whose pixels are all equal?
#
# <details><summary>Answer</summary>
#
# Its deviation is 0, so that we would divide by 0. We say that it becomes zeros.
# </details>

# %% [markdown]
# ## What to remember
#
# - Light adds, contrast multiplies; a network need not learn either when we take both away.
#
# Next: the exercise `09_services`.
