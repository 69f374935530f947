"""The still pictures of unit 02: what they say is what was given."""

import math

import numpy as np
import torch
from matplotlib import pyplot
from sklearn.svm import LinearSVC

from course_lib import plots
from course_lib.explorers.rcnn import corrections, regressed
from course_lib.explorers.rcnn_pictures import draw_margin, draw_merges, draw_pipeline, grouping


def words(ax):
    """All texts in a figure's Axes."""
    return [text.get_text() for text in ax.texts]


def test_the_pipeline_names_its_stages_and_its_three_objectives():
    said = " ".join(words(draw_pipeline())).replace("\n", " ")
    for stage in ("selective search", "warp to 227 × 227", "pool5", "fc7", "one SVM per class", "NMS"):
        assert stage in said
    for number in ("1 · fine-tuning: log loss", "2 · SVMs: hinge loss", "3 · regressors: squared error"):
        assert number in said
    pyplot.close("all")


def test_the_margin_rings_exactly_the_points_with_a_loss():
    points = np.array([[4.0, 4], [3, 3], [1.6, 1.6], [0, 0], [-1, 0], [1.4, 1.5]])
    positive = np.arange(6) < 3
    svm = LinearSVC(C=1).fit(points, positive)
    losses = np.maximum(0, 1 - np.where(positive, 1, -1) * svm.decision_function(points))
    ax = draw_margin(points, positive, svm)
    assert words(ax) == [f"{loss:.2f}" for loss in losses if loss > 0.005]
    assert 0 < len(words(ax)) < 6
    for line, score in zip(ax.lines, (-1, 0, 1), strict=True):
        np.testing.assert_allclose(svm.decision_function(np.stack(line.get_data(), axis=1)), score, atol=1e-9)
    pyplot.close("all")


def test_grouping_merges_the_most_similar_neighbours_first():
    """Four columns of grey 0, 1, 9, 10: the outer pairs merge, then both; the order is by likeness, not by place."""
    grey = np.tile([0, 1, 9, 10], (3, 1))
    columns = [grey == value for value in (0, 1, 9, 10)]
    merges = grouping(columns, lambda a, b: -abs(grey[a].mean() - grey[b].mean()))
    assert [alike for alike, _, _ in merges] == [-1.0, -1.0, -9.0]
    assert (merges[-1][1] ^ merges[-1][2]).all()


def test_grouping_passes_over_similar_regions_that_do_not_touch():
    grey = np.tile([5, 0, 5], (2, 1))
    regions = [np.arange(3) == column + np.zeros((2, 1)) for column in range(3)]
    first = grouping(regions, lambda a, b: -abs(grey[a].mean() - grey[b].mean()))[0]
    assert first[0] == -5


def test_merges_are_painted_blue_and_orange():
    left = np.tile([True, False], (4, 1))
    [ax] = draw_merges(np.zeros((4, 2, 3), dtype=np.uint8), [(0.5, left, ~left)], [0])
    assert ax.get_title() == "merge 1 of 1: 0.50"
    assert ax.images[0].get_array()[0].tolist() == [list(plots.rgb(plots.BLUE)), list(plots.rgb(plots.ORANGE))]
    pyplot.close("all")


def test_a_correction_leads_from_the_proposal_to_its_object():
    proposals = torch.tensor([[0.0, 0, 10, 20], [5, 5, 9, 7]])
    objects = torch.tensor([[1.0, 2, 13, 18], [0, 0, 8, 9]])
    deltas = corrections(proposals, objects)
    torch.testing.assert_close(deltas[0], torch.tensor([0.2, 0, math.log(1.2), math.log(0.8)]))
    torch.testing.assert_close(regressed(proposals, deltas), objects)
    torch.testing.assert_close(regressed(proposals[0], deltas[0]), objects[0])
