"""Where a docstring decides a boundary, a case stands exactly on it; or the docstring says that nobody decides it.

Each sentence of a graded function's docstring that compares ("at least", "above", "below", …) has a row here: a piece
of it, and the case that stands on the boundary, or the reason why there is none.
"""

import re

import pytest

from autograder import reference
from autograder.exam import papers
from course_lib import units
from tests.helpers.right_answers import graded

UNITS = [unit.id for unit in units.UNITS]
COMPARES = re.compile(
    r"\b(at least|at most|above|below|up to|or more|or less|exactly|(small|larg)er than|less than|greater)\b"
    r"|[<>]=|[≤≥]|\bfrom this\b"
)
DOMAIN = "what a caller hands in, not what the function decides"
LEFT_OPEN = "the docstring leaves it open"
NO_DECISION = "nothing is decided by comparing"
REASONS = (DOMAIN, LEFT_OPEN, NO_DECISION)
BOUNDARIES = {
    "skip_gram_pairs": {
        "at most so many places to its left": "a sentence, window 1",
        "the largest reach, at least 1": "a sentence, window 1",
    },
    "noise_distribution": {"how often each word occurs, 0 or more": "a word that never occurs"},
    "negative_sampling_loss": {"for each of b pairs' centres, at least one": DOMAIN},
    "max_pool2d": {
        "height and width of a window, at most h and w": "one window alone",
        "smaller or larger than `kernel`": "windows with gaps between them",
    },
    "train_step": {"one or more, of the model's type": "a batch of one image"},
    "extract_features": {"at most 64 images at a time": "exactly one pass"},
    "few_shot_split": {"to train on, at least 1": DOMAIN},
    "linear_probe": {"by n or by n − 1: either will do": LEFT_OPEN},
    "swap_head": {"one or more `nn.Linear`": DOMAIN},
    "freeze": {"Hold everything up to a layer still": NO_DECISION},
    "parameter_groups": {
        "at least one parameter that learns": "a part is frozen in part",
        "each of whose parameters is in exactly one child": DOMAIN,
        "0 < decay <= 1": "all layers at one rate",
    },
    "nms": {
        "an IoU above `threshold`": "an overlap of exactly the threshold",
        "is exactly `threshold` stays": "an overlap of exactly the threshold",
    },
    "warp_region": {"below size / 2": DOMAIN, "within half a pixel of the border is up to you": LEFT_OPEN},
    "fine_tune_batch": {"is at least 0.5": "overlaps of exactly 0.5"},
    "label_proposals": {
        "from this largest IoU on": "exactly on the thresholds",
        "below this largest IoU it is background": "exactly on the thresholds",
        "`negative <= positive`": DOMAIN,
    },
    "mine_hard_negatives": {"that score above -1": "scores of exactly -1"},
    "decode_boxes": {"above ln(1000 / 16)": NO_DECISION},  # both sides give the same there
    "average_precision": {"above 0": DOMAIN, "at any recall >= r": "a recall of exactly 0.5, 11 points"},
    "roi_pool": {
        "exactly at half a cell may be rounded either way": LEFT_OPEN,
        "bin i of s reaches from": "seven cells into three bins",
        "x1 <= x2, y1 <= y2": DOMAIN,
    },
    "smooth_l1": {"where the parabola ends, at least 0": "beta 0"},
    "fast_rcnn_loss": {"r is at least 1": "one region"},
    "sample_rois": {
        "is at least 0.5 is foreground": "regions with an IoU of exactly 0.5",
        "at least 0.1 but below 0.5": "regions with an IoU of exactly 0.1",
        "below 0.1 it is not used": "regions with an IoU of exactly 0.1",
        "at most round(fg_fraction * batch)": "half of a small batch",
    },
    "roi_align": {
        "x1 <= x2, y1 <= y2": DOMAIN,
        "at most half a cell beyond the image": DOMAIN,
        "at least 1.": DOMAIN,
        "smaller than a cell": "regions smaller than a cell, aligned",
        "at least 1 cell wide and high": "regions smaller than a cell, in the older convention",
    },
    "assign_anchors": {
        "whose largest IoU is at least this is positive": "overlaps of exactly high and exactly low",
        "whose largest IoU is below this is negative": "overlaps of exactly high and exactly low",
        "`low <= high`": DOMAIN,
        "even below `low`, but not when it is 0": "an object that no anchor overlaps",
    },
    "propose": {
        "drop those with a side below `min_size`": "a side of exactly the smallest size",
        "at most so many boxes before and after suppression": "twenty-four anchors, five proposals",
        "are at least that long": "a side of exactly the smallest size",
        "IoU above which the box of lower score goes": "an overlap of exactly the threshold",
        "at exactly this IoU both stay": "an overlap of exactly the threshold",
    },
    "joint_loss": {"one or more losses by name": DOMAIN},
    "bilinear_kernel": {"of the map, at least 1": "one channel", "becomes, at least 1": "factor 1"},
    "disk_targets": {
        "of the disks, in cells, above 0": DOMAIN,
        "whose centre is at most `radius` away": "centres exactly one radius away",
    },
    "heatmap_loss": {"positive where t is at least 0.5": "targets of exactly 0.5"},
    "decode_heatmaps": {"at least one cell each": "one cell"},
    "pck": {
        "at most alpha * reference of that person": "errors of exactly the limit",
        "above 0": DOMAIN,
    },
    "Hourglass": {"depth is at least 1": "depth 1"},
    "align_face": {"n is at least 2": "two landmarks"},
    "pairwise_distances": {"exactly 0 on the diagonal": "large rows"},
    "triplet_loss": {"above 0": DOMAIN},
    "mine_semi_hard": {
        "above 0": DOMAIN,
        "d(a, p) < d(a, n) < d(a, p) + margin": "negatives exactly the margin farther",
        "exactly as far as the positive is not semi-hard": "negatives exactly as far as the positive",
        "exactly the margin farther": "negatives exactly the margin farther",
    },
    "PKSampler": {
        "different people in a batch, at least 1": "one person per batch",
        "images of each of them, at least 1": "single images",
        "rounded down, but at least 1": "fewer images than a batch has places",
        "each of them comes at least once": "people with fewer than K images",
    },
    "verification_roc": {
        "at most the threshold": "pairs at equal distances",
        "squared Euclidean, at least 0": DOMAIN,
    },
    "lfw_accuracy": {
        "accepted where its distance is at most the threshold": "accepting every pair is best",
        "squared Euclidean, at least 0": DOMAIN,
        "fewer than two folds": "two folds",
    },
    "top_k_tags": {
        "they may lie in the thousands, above or below 0": "logits below minus a thousand",
        "on both sides in one row": "logits far below and far above 0",
        "c is at least 1": "one class",
        "how many tags at most, at least 1": "k is larger than the number of classes",
        "it may be larger than c": "k is larger than the number of classes",
        "a probability of at least min_confidence": DOMAIN,
        "from 0 to 1; no probability lies on it": "no confidence is too small",
        "The probabilities are not rounded": "two hundred classes",
    },
    "expected_calibration_error": {
        "c is at least 2": "two classes",
        "their number B, at least 1": "one bin",
        "some may be exactly 1": "probabilities of exactly 1",
        "off by less than 0.01": "each row's sum is nearly a hundredth too large",
        "a row of probs does not sum to 1": "two rows whose sums make up for each other",
    },
    "fit_temperature": {
        "The temperature T above 0": DOMAIN,
        "some rows above and some below 0": "rows far above and far below 0",
        "c is at least 2": "two classes",
        "The best T, within 1 %": "very modest, T about 0.23",
        "it lies between 0.2 and 20": "as sure as can be, T about 18",
        "alone or together with other classes": "every label shares the largest logit",
        "0 or negative on average": "each label has the mean logit of its row",
    },
    "near_duplicates": {
        "d is at least 1": "features of one number",
        "a similarity of at least `threshold`": "similarities 1 / 256 below the threshold",
        "exactly at the threshold counts": "similarities of exactly the threshold",
        "a row is all zeros": "one picture, of zeros",
    },
    "audit_split": {
        "most similar training picture is at least `threshold`": "similarities 1 / 256 below it",
        "exactly at the threshold counts": "similarities of exactly the threshold",
        "a similarity, from -1 to 1": "a threshold below 0",
        "there is no test picture": "no picture at all",
        "also where n is 0": "no training picture, a row of zeros",
    },
    "postprocess_detections": {
        "is above this number, not where it equals it": "a probability of exactly the threshold",
        "IoU above which, of two boxes": "an overlap of exactly the threshold",
        "at exactly this IoU both stay": "an overlap of exactly the threshold",
        "Every class above the threshold": "a probability of exactly the threshold",
    },
}
GRADED = [pytest.param(unit, check, id=f"{unit}-{check.name}") for unit in UNITS for check in graded(unit)]


def docstring(unit, check):
    """The whole text, of a class with its methods', in one line."""
    solution = reference.load(unit)[check.function]
    methods = vars(solution).values() if isinstance(solution, type) else ()
    texts = [solution.__doc__, *(method.__doc__ for method in methods if callable(method))]
    return " ".join(" ".join(filter(None, texts)).split())


@pytest.mark.parametrize(("unit", "check"), GRADED)
def test_where_the_docstring_decides_a_case_stands_on_the_boundary(unit, check):
    text, rows = docstring(unit, check), BOUNDARIES.get(check.name, {})
    for sentence in re.split(r"(?<=[.;:])\s", text):
        if COMPARES.search(sentence):
            assert any(piece in sentence for piece in rows), f"no row for: {sentence}"
    names = {case.name for case in check.cases}
    for piece, where in rows.items():
        assert piece in text, f"{piece!r} stands in the docstring no more"
        assert where in names or where in REASONS, f"there is no case {where!r}"


def test_every_row_belongs_to_a_function():
    assert set(BOUNDARIES) <= {check.name for unit in UNITS for check in papers.checks_of(unit)}
