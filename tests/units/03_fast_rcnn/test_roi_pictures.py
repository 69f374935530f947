"""Pictures of Fast R-CNN: the network both ways, counted gradients, targets, RoI align's points as torchvision's."""

import pytest
import torch
from torchvision.ops import roi_align

from course_lib import plots
from course_lib.explorers import roi_pictures
from course_lib.plots import BLUE, ORANGE

MAP = torch.rand(8, 8, generator=torch.Generator().manual_seed(0))
BOX = torch.tensor([37.0, 22, 81, 70])  # in cells of 16 pixels: 2.3 to 5.1 and 1.4 to 4.4


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_forward_has_two_answers_and_takes_proposals_in():
    ax = roi_pictures.draw_fast_rcnn()
    assert {"image", "map", "RoI pooling", "proposals"} < set(words(ax))
    assert any("deltas" in text for text in words(ax))
    assert any("probabilities" in text for text in words(ax))
    plots.close(ax)


def test_backward_sums_at_the_winners_and_spares_the_proposals():
    ax = roi_pictures.draw_fast_rcnn_backward()
    assert "to the winners,\nsummed" in words(ax)
    ends = [text.xy for text in ax.texts if text.get_text() == "" and hasattr(text, "xy")]
    box = roi_pictures._blocks()["proposals"]
    assert len(ends) == 5
    assert not any(abs(x - box.x) < box.width and abs(y - box.y) < box.height / 2 + 0.1 for x, y in ends)
    plots.close(ax)


def test_every_cell_with_a_gradient_shows_its_number():
    one, other = torch.zeros(4, 4), torch.zeros(4, 4)
    one[0, 1], other[2, 2] = 2, 3
    regions = torch.tensor([[0.0, 0, 3, 3], [1, 1, 4, 4]])
    axes = roi_pictures.draw_counts({"first": one, "both": one + other}, regions, [[0], [0, 1]])
    assert [words(ax) for ax in axes] == [["2"], ["2", "3"]]
    outlines = axes[1].collections[-1].get_edgecolor()
    assert [plots.rgb(color) for color in (BLUE, ORANGE)] == [tuple(round(255 * c) for c in o[:3]) for o in outlines]
    plots.close(axes)


def test_targets_are_drawn_with_their_standard_deviations():
    targets = torch.tensor([[0.1, 0.2, -0.2, 0.4], [-0.1, -0.2, 0.2, -0.4]])
    axes = roi_pictures.draw_targets(targets, torch.tensor([0.1, 0.2, 0.2, 0.4]))
    before, after = ([text.get_text() for text in ax.get_legend().get_texts()] for ax in axes)
    assert before[0] == "tx: standard deviation 0.14"
    assert {text[2:] for text in after} == {": standard deviation 1.41"}
    plots.close(axes)


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize(("size", "ratio"), [(2, 2), (3, 1)])
def test_the_mean_of_what_is_read_at_the_points_is_torchvisions(aligned, size, ratio):
    points = roi_pictures.sampling_points(roi_pictures.sampled(BOX, 1 / 16, aligned), size, ratio)
    read = []
    for cells, weights in map(roi_pictures.neighbours, points):
        x, y = cells.long().T
        read.append((MAP[y, x] * weights).sum())
    side = size * ratio
    means = torch.stack(read).reshape(1, 1, side, side)
    expected = roi_align(MAP[None, None], [BOX[None]], size, 1 / 16, ratio, aligned)
    torch.testing.assert_close(torch.nn.functional.avg_pool2d(means, ratio), expected)


def test_a_point_is_read_from_four_cells_whose_weights_add_up_to_1():
    cells, weights = roi_pictures.neighbours(torch.tensor([2.75, 1.0]))  # 0.25 right of a middle, 0.5 below one
    assert cells.tolist() == [[2.5, 0.5], [3.5, 0.5], [2.5, 1.5], [3.5, 1.5]]
    assert weights.tolist() == pytest.approx([0.375, 0.125, 0.375, 0.125])


def test_not_aligned_lies_half_a_cell_further_and_is_at_least_a_cell_large():
    exact = roi_pictures.sampled(BOX, 1 / 16, aligned=True)
    assert torch.equal(roi_pictures.sampled(BOX, 1 / 16, aligned=False), exact + 0.5)
    tiny = torch.tensor([16.0, 16, 20, 20])
    assert roi_pictures.sampled(tiny, 1 / 16, aligned=False).tolist() == [1.5, 1.5, 2.5, 2.5]
    assert roi_pictures.sampled(tiny, 1 / 16, aligned=True).tolist() == [1, 1, 1.25, 1.25]


def test_both_conventions_are_drawn_with_their_weights():
    axes = roi_pictures.draw_sampling(MAP, BOX, 1 / 16)
    assert [ax.get_title() for ax in axes] == ["aligned = True", "aligned = False"]
    assert all(sum(float(text) for text in words(ax)) == pytest.approx(1, abs=0.02) for ax in axes)
    plots.close(axes)
