"""Unit 05: its explorers show what they say, and its pictures mark what is wrong."""

import numpy as np
import pytest
import torch

from course_lib import plots
from course_lib.explorers import fcn, fcn_pictures, masks
from course_lib.plots import BLUE, SKY, VERMILLION, rgb

SQUARE = torch.zeros(32, 32, dtype=torch.bool)
SQUARE[8:24, 8:24] = True
IMAGE = np.full((3, 32, 32), 120, dtype=np.uint8)
MASK = SQUARE.numpy().astype(np.uint8)


@pytest.mark.parametrize("way", fcn.WAYS)
@pytest.mark.parametrize("factor", [2, 4, 8])
def test_a_constant_map_keeps_its_size_and_its_mean(way, factor):
    larger = fcn.enlarge(torch.ones(8, 8), factor, way)
    assert larger.shape == (8 * factor, 8 * factor)
    inside = larger[2 * factor : -2 * factor, 2 * factor : -2 * factor]
    assert inside.mean().item() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("way", "even"), [(way, "1.5" not in way) for way in fcn.WAYS])
def test_only_a_kernel_that_is_no_multiple_of_the_stride_leaves_a_checkerboard(way, even):
    inside = fcn.enlarge(torch.ones(8, 8), 4, way)[8:-8, 8:-8]
    assert (inside.std().item() < 1e-6) == even


def test_cells_between_two_numbers_lie_on_a_line():
    row = torch.tensor([[4.0, 8.0]])
    assert fcn.enlarge(row, 2, "nearest")[0].tolist() == [4, 4, 8, 8]
    assert fcn.enlarge(row, 2, "bilinear")[0].tolist() == [4, 5, 7, 8]


def test_a_mask_that_lies_on_the_cells_survives():
    picture, words = fcn.draw_upsampling(SQUARE, 8, "nearest")
    assert "an IoU of <b>1.00</b>" in words
    assert picture.shape == (192, 786, 3)
    assert "<b>1.00</b>" not in fcn.draw_upsampling(SQUARE, 16, "nearest")[1]


def test_a_scene_s_scores_leave_void_out():
    predicted, void = MASK.copy(), MASK.copy()
    predicted[8:16, 8:24] = 0  # half of the object: 128 of 1024 pixels
    assert fcn.scene_scores(MASK, predicted, 2) == pytest.approx((1 - 128 / 1024, (768 / 896 + 128 / 256) / 2))
    void[8:16, 8:24] = 255
    assert fcn.scene_scores(void, predicted, 2) == pytest.approx((1, 1))


def test_skips_name_the_network_and_mark_its_errors():
    picture, words = fcn.draw_skip(IMAGE, MASK, np.zeros_like(MASK), "FCN-32s", 2)
    assert words.startswith("FCN-32s: 75% of the pixels right, mean IoU <b>0.38</b>")
    assert (picture == rgb(VERMILLION)).all(axis=2).any()


@pytest.mark.parametrize(
    ("threshold", "told"),
    [(0.4, "precision 0.50, recall 1.00, IoU <b>0.50</b>"), (0.9, "precision –, recall 0.00, IoU <b>0.00</b>")],
)
def test_a_threshold_decides_what_counts(threshold, told):
    probability = np.zeros_like(MASK)
    probability[8:24, :] = 128
    picture, words = fcn.draw_threshold(IMAGE, MASK, probability, 1, "person", threshold)
    assert told in words
    assert (picture[:, :768] == rgb(SKY)).all(axis=2).any() == (threshold == 0.9)


def test_the_four_counts_leave_void_out():
    truth, found = np.array([[True, True, False, False]]), np.array([[True, False, True, False]])
    assert fcn.outcomes(truth, found, np.array([[True] * 4])).tolist() == [[1, 1], [1, 1]]
    assert fcn.outcomes(truth, found, np.array([[False, True, True, False]])).tolist() == [[0, 1], [1, 0]]


def test_classes_have_colours_of_their_own_and_void_is_white():
    painted = masks.paint(np.arange(9, dtype=np.uint8)[None])
    assert len(np.unique(painted[0], axis=0)) == 9
    assert masks.paint(np.array([[255]], dtype=np.uint8)).tolist() == [[[255, 255, 255]]]


def test_errors_are_red_and_void_is_none():
    truth, predicted = np.array([[0, 1, 255, 0]], dtype=np.uint8), np.ones((1, 4), dtype=np.uint8)
    marked = masks.mark_errors(IMAGE[:, :1, :4], truth, predicted)
    assert (marked[0] == rgb(VERMILLION)).all(axis=1).tolist() == [True, False, False, True]
    outcome = masks.mark_outcomes(IMAGE[:, :1, :4], truth == 1, predicted == 1, truth < 255)
    assert outcome[0, 0].tolist() == list(rgb(VERMILLION))
    assert outcome[0, 1].tolist() == list(rgb(BLUE))


@pytest.mark.parametrize(
    ("draw", "word"),
    [
        (fcn_pictures.draw_skips, "×32\nFCN-32s"),
        (fcn_pictures.draw_encoder_decoder, "features, stacked"),
        (fcn_pictures.draw_two_streams, "nothing on the way"),
    ],
)
def test_diagrams_name_their_parts(draw, word):
    ax = draw()
    assert word in [text.get_text() for text in ax.texts]
    plots.close(ax)
