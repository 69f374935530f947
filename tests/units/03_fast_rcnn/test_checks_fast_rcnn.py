"""Unit 03: what a student reads and sees when an answer is wrong points at that mistake and at no other."""

import pytest

from course_lib import plots
from course_lib.checks import report
from course_lib.checks.fast_rcnn import fast_rcnn_loss, roi_pool, sample_rois, shared, truncated_svd
from tests.helpers.public import Public

reported = Public("03_fast_rcnn").reported


@pytest.mark.parametrize(
    ("check", "version", "words"),
    [
        ("roi_pool", "inward_corners", "the first corner rounded up, the last one down"),
        ("roi_pool", "outward-corners", "the first corner rounded down, the last one up"),
        ("roi_pool", "exclusive-end", "without the last row and column"),
        ("roi_pool", "one_cell_more", "with one row and column more"),
        ("roi_pool", "scale-forgotten", "with `spatial_scale` left out"),
        ("roi_align", "align-corners", "squeezed towards the middle of the map"),
        ("roi_align", "never-moved", "half a cell away"),
        ("roi_align", "centre-only", "one point in each bin"),
        ("roi_align", "always-a-cell", "of a region at least one cell wide and high"),
        ("roi_align", "never-a-cell", "of a region as small as it comes"),
    ],
)
def test_a_counterexample_says_and_draws_from_which_region_your_numbers_are(check, version, words):
    found = reported(check, version).counterexample
    assert words in found.text
    ax = found.draw()
    names = ax.get_legend_handles_labels()[1]
    plots.close(ax)
    outside = version == "scale-forgotten"  # its bin holds no cell that could be marked
    assert len(names) == 2 - outside  # expected and yours


def test_no_region_is_guessed_where_the_corners_are_right():
    assert "another region" not in reported("roi_pool", "mean").counterexample.text
    assert "other points" not in reported("roi_align", "max").counterexample.text


@pytest.mark.parametrize(
    ("check", "version", "hint"),
    [
        ("roi_pool", "inward_corners", roi_pool.NEAREST),
        ("roi_pool", "one_cell_more", roi_pool.INCLUSIVE),
        ("roi_pool", "places_from_one", roi_pool.PLACE),
        ("roi_pool", "scale_inverted", shared.PIXELS),
        ("fast_rcnn_loss", "next_class", fast_rcnn_loss.BOX_LOSS),
        ("fast_rcnn_loss", "summed_classification", fast_rcnn_loss.CLASSIFICATION),
        ("sample_rois", "worst_first", ""),
        ("sample_rois", "with-replacement", sample_rois.CARDS),
        ("sample_rois", "all-foreground", sample_rois.LIMIT),
        ("sample_rois", "short-batch", sample_rois.FILL),
        ("truncated_svd", "squared_sigma", truncated_svd.FACTORS),
        ("truncated_svd", "bias_doubled", ""),
    ],
)
def test_a_hint_fits_what_is_wrong(check, version, hint):
    assert reported(check, version).failed[0].hint == hint


def test_the_largest_of_the_errors_is_shown():
    assert (
        "error -3.4531, beta 1: expected 2.9531, yours 5.9620" in reported("smooth_l1", "one-sided").counterexample.text
    )


def test_two_layers_with_a_relu_between_are_refused_in_words_and_not_as_the_students_exception():
    found = report.text(reported("truncated_svd", "relu_between"))
    assert "Expected two nn.Linear in the nn.Sequential, got Linear, ReLU, Linear" in found
    assert "raised" not in found


@pytest.mark.parametrize(
    ("check", "version", "name"),
    [("roi_pool", "bin-argmax", "`argmax`"), ("fast_rcnn_loss", "per-coordinate", "`loss_box_reg`")],
)
def test_the_part_of_an_answer_that_is_wrong_is_named(check, version, name):
    assert f"In {name}: " in reported(check, version).failed[0].message


def test_losses_without_gradient_earn_at_most_half_and_nan_gradients_are_refused():
    assert 0 < reported("smooth_l1", "detached").points <= 1
    assert not reported("smooth_l1", "zero-beta-gradient").passed
