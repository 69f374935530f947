"""Unit 03: hints that look at what is wrong before they speak. Fixed texts: nothing of the inputs is in them."""

from typing import Any

import torch

from course_lib.checks.fast_rcnn.guesses import aligned_from, pooled_from
from course_lib.checks.spec import Inputs

NEAREST = "Which whole number is nearest to 2.7, and which to 3.2? Every corner goes to its nearest cell."
INCLUSIVE = "How many cells are there from cell 2 to cell 8, when both of them belong to the region?"
PIXELS = "The regions are in pixels of the image. In which unit does the map count?"
PLACE = (
    "The responses are right, their places are not. Which number has that cell when you count through the whole map?"
)
STEPS = (
    "Three steps: from corners to cells, from cells to bins, the largest of each bin. Which of them can you do by hand "
    "for the region below?"
)
POINTS = (
    "Mark the points of one bin on paper: the region's corners in cells, its size, the parts of a bin, their middles. "
    "Then read the map there."
)
BOX_LOSS = (
    "Four questions about the box loss: which regions count, whose correction is meant, what does an error of that "
    "size cost, and by how many do you divide?"
)
CLASSIFICATION = "What does a cross-entropy expect of the scores, and over which regions is it averaged?"
LIMIT = "The fraction says how many objects there are at most. How many places of the batch is that?"
FILL = "What becomes of the places that objects leave free?"
CARDS = "Drawing cards and rolling dice differ: which of them never gives the same one twice?"
FACTORS = "W is U Σ Vᵀ. Which shapes have the three, and which columns and rows belong to the largest values?"


def pool(otherwise: str = STEPS):
    """Of `roi_pool`: corners, then places; `otherwise` where neither is to blame."""

    def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
        if torch.allclose(answer[0].double(), expected[0].double(), 1e-4, 1e-5):
            return PLACE
        guesses = [pooled_from(inputs, answer[0], r) for r in range(len(inputs["rois"]))]
        kinds = {guess.kind for guess in guesses if guess}
        known = {"rounding": NEAREST, "end": INCLUSIVE, "scale": PIXELS}
        return next((text for kind, text in known.items() if kind in kinds), otherwise)

    return hint


def align(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Of `roi_align`: what the points have that give this answer."""
    known = {
        "half a cell": "Where does a cell's value sit, and in which of the two conventions do the corners move?",
        "points": "How many points does `sampling_ratio` ask for in each bin?",
        "rounding": "Nothing is rounded here: that is the whole idea.",
        "scale": PIXELS,
        "align_corners": "Where do -1 and 1 lie on the map: at its borders, or in the middles of its outermost cells?",
        "least": "Which of the two conventions knows a smallest size, and which does not?",
    }
    guesses = [aligned_from(inputs, answer, r) for r in range(len(inputs["rois"]))]
    return next((known[guess.kind] for guess in guesses if guess), POINTS)


def losses(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Of `fast_rcnn_loss`: which of the two parts is to be looked at."""
    mine, right = torch.as_tensor(answer[0]).double().reshape(()), expected[0].double()
    return BOX_LOSS if torch.allclose(mine, right, 1e-4, 1e-5) else CLASSIFICATION


def sampling(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Of `sample_rois`: repeated regions, too many objects, places left free; membership the message says."""
    if answer["repeats"]:
        return CARDS
    (objects, others), (wanted, filling) = answer["sizes"][0].tolist(), expected["sizes"][0].tolist()
    if objects > wanted:
        return LIMIT
    return FILL if objects == wanted and others < filling else ""


def factors(otherwise: str = FACTORS):
    """Of `truncated_svd`: only where the product of the two matrices is wrong."""

    def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
        mine, theirs = answer["product"].double(), expected["product"].double()
        return "" if torch.allclose(mine, theirs, 1e-3, 1e-4) else otherwise

    return hint
