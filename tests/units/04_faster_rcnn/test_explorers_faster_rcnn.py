"""Unit 04's explorers: anchors are laid and labelled as the paper says, shares are those of a sum."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.explorers import faster_rcnn as explorers
from course_lib.explorers.chart import chart
from course_lib.explorers.shares import LOSS_COLORS, gradient_shares, heat, inner_products, share_bars
from course_lib.plots import BLUE, ORANGE, PURPLE, VERMILLION, rgb
from tests.helpers.explorer_views import OBJECTS, anchors_view, budget_view, weights_view
from tests.helpers.views import control, widgets

IMAGE = torch.full((3, 64, 64), 128, dtype=torch.uint8)
WIDE = torch.full((3, 32, 64), 128, dtype=torch.uint8)


def slow_iou(a, b):
    wide = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return wide * high / (areas - wide * high)


def slow_labels(anchors, objects, high, low):
    ious = [[slow_iou(anchor, box) for box in objects] for anchor in anchors]
    best = [max((row[k] for row in ious), default=0) for k in range(len(objects))]
    labels = []
    for row in ious:
        rescued = any(iou == best[k] > 0 for k, iou in enumerate(row))
        largest = max(row, default=0)
        labels.append(1 if rescued or largest >= high else 0 if largest < low else -1)
    return labels


def test_anchors_stand_on_the_centres_row_by_row():
    anchors = explorers.make_anchors((32, 64), 16, [8], [1.0])
    assert anchors.shape == (2 * 4, 4)
    assert anchors[0].tolist() == [4, 4, 12, 12]
    assert anchors[1].tolist() == [20, 4, 28, 12]
    assert anchors[4].tolist() == [4, 20, 12, 28]


def test_ratio_is_height_over_width_and_leaves_the_area():
    anchors = explorers.make_anchors((16, 16), 16, [64, 128], [0.25, 1.0, 4.0])
    sides = (anchors[:, 2:] - anchors[:, :2]).tolist()
    assert sides == [[128, 32], [64, 64], [32, 128], [256, 64], [128, 128], [64, 256]]


@given(st.integers(0, 2**31), st.integers(0, 5), st.sampled_from([(0.7, 0.3), (0.5, 0.4)]))
def test_labels_follow_the_three_rules(seed, count, thresholds):
    rng = torch.Generator().manual_seed(seed)
    corners = 60 * torch.rand(count, 2, 2, generator=rng).double()
    objects = torch.cat([corners.amin(dim=1), corners.amax(dim=1) + 2], dim=1).round().float()
    anchors = explorers.make_anchors((64, 64), 16, [12, 24], [0.5, 1.0, 2.0])
    labels = explorers.anchor_labels(anchors, objects, *thresholds)
    assert labels.tolist() == slow_labels(anchors.tolist(), objects.tolist(), *thresholds)


def test_an_object_that_no_anchor_touches_makes_none_positive():
    anchors = explorers.make_anchors((64, 64), 32, [6], [1.0])
    assert explorers.anchor_labels(anchors, torch.tensor([[0.0, 0, 4, 4]])).tolist() == [0] * 4


def test_an_image_without_objects_has_only_negatives():
    picture, words = explorers.draw_anchors(IMAGE, torch.zeros(0, 4), 16, [16], [1.0])
    assert "0 positive" in words
    assert "16 negative" in words
    assert "no objects" in words
    assert picture.shape == (384, 768, 3)


def test_counts_add_up_and_rescued_anchors_are_told_apart():
    _, words = explorers.draw_anchors(IMAGE, OBJECTS, 8, [16, 32], [1.0], high=0.9)
    assert "64 cells × 2 shapes = <b>128 anchors</b>" in words
    anchors = explorers.make_anchors((64, 64), 8, [16, 32], [1.0])
    labels = explorers.anchor_labels(anchors, OBJECTS, 0.9)
    for value, name in ((1, "positive"), (-1, "ignored"), (0, "negative")):
        assert f"{int((labels == value).sum())} {name}" in words
    best = [max(slow_iou(anchor, box) for anchor in anchors.tolist()) for box in OBJECTS.tolist()]
    assert f"best IoU of each object: {best[0]:.2f}, {best[1]:.2f}" in words
    reached = sum(max(slow_iou(anchor, box) for box in OBJECTS.tolist()) >= 0.9 for anchor in anchors.tolist())
    assert f"({reached} by IoU, {int((labels == 1).sum()) - reached} only as the best" in words


def test_anchors_of_a_wide_image_are_drawn():
    picture, words = explorers.draw_anchors(WIDE, torch.tensor([[4.0, 4, 20, 20]]), 8, [16], [1.0])
    assert picture.shape == (192, 768, 3)
    assert (picture == rgb(ORANGE)).all(axis=2).any()
    assert "32 cells × 1 shapes" in words


@pytest.mark.parametrize(("number", "iou", "found"), [(1, 0.5, (0, 1)), (2, 0.5, (1, 1)), (2, 0.95, (0, 0))])
def test_budget_says_what_each_method_finds(number, iou, found):
    methods = {
        "one": torch.tensor([[40.0, 0, 44, 4], [4.0, 4, 20, 19]]),
        "two": torch.tensor([[33.0, 30, 60, 60], [50, 2, 60, 9]]),
    }
    picture, words = explorers.draw_budget(IMAGE, OBJECTS, methods, number, iou)
    assert picture.shape == (384, 768, 3)
    for name, hits in zip(methods, found, strict=True):
        assert f"{name}: {number} of 2 proposals find <b>{hits} of 2</b> objects" in words
    halves = {"one": picture[:, :384], "two": picture[:, 384:]}
    for half, hits in zip(halves.values(), found, strict=True):
        assert (half == rgb(BLUE)).all(axis=2).any() == bool(hits)
        assert (half == rgb(VERMILLION)).all(axis=2).any()


def test_a_method_without_proposals_finds_nothing():
    _, words = explorers.draw_budget(IMAGE, OBJECTS, {"none": torch.zeros(0, 4)}, 5)
    assert "none: 0 of 0 proposals find <b>0 of 2</b> objects" in words


def test_the_chart_knows_its_columns():
    lines = {"a": [0, 0.5, 1], "b": [0.1, 0.2, 0.3]}
    drawn = chart([1, 10, 100], lines, "recall", (768, 260))
    columns = [drawn.columns[number] for number in (1, 10, 100)]
    assert drawn.picture.shape == (260, 768, 3)
    assert columns[1] - columns[0] == pytest.approx(columns[2] - columns[1], abs=1)
    assert (drawn.picture[:, columns[2] - 6 : columns[2] + 7] == rgb(BLUE)).all(axis=2).any()


def test_the_mark_crosses_the_axes_and_not_the_legend():
    drawn = chart([1, 10, 100], {"a": [0, 0.5, 1], "b": [0.1, 0.2, 0.3]}, "recall", (768, 260))
    for number in (1, 10, 100):
        changed = (drawn.marked(number, PURPLE) != drawn.picture).any(axis=(1, 2)).nonzero()[0]
        legend = (drawn.picture[: drawn.rows[0] - 2] != 255).any(axis=(1, 2)).nonzero()[0]
        assert legend.max() < changed.min()
        assert changed.max() - changed.min() > 100


def test_heat_is_brightest_where_the_map_is_largest():
    values = torch.zeros(4, 4)
    values[1, 2] = 2.0
    picture = heat(IMAGE, values).astype(int).sum(axis=2)
    assert picture.shape == (64, 64)
    assert (picture == picture.max()).nonzero()[0].min() == 16
    assert (picture == picture.max()).sum() == 16 * 16
    assert (picture == picture.max()).nonzero()[1].min() == 32
    assert heat(IMAGE, values, largest=4.0).astype(int).sum(axis=2).max() < picture.max()


def test_shares_add_up_and_name_who_pulls_back():
    gradients = torch.tensor([[3.0, 0], [0, 1], [-1, 0]])
    products = gradients @ gradients.T
    shares = gradient_shares(products, torch.ones(3))
    assert shares.tolist() == pytest.approx([6 / 5, 1 / 5, -2 / 5])
    assert gradient_shares(products, torch.tensor([0.0, 2, 0])).tolist() == [0, 1, 0]
    assert gradient_shares(products, torch.zeros(3)).tolist() == [0, 0, 0]


@given(st.integers(0, 2**31), st.floats(0.1, 10))
def test_shares_are_those_of_the_weighted_sum(seed, factor):
    rng = torch.Generator().manual_seed(seed)
    gradients, weights = torch.randn(4, 2, 3, 4, 5, generator=rng), torch.rand(4, generator=rng) + 0.1
    products = inner_products(gradients)
    assert products.shape == (2, 4, 5, 4, 4)
    total = sum(weight * gradient for weight, gradient in zip(weights, gradients, strict=True)).flatten()
    expected = [
        float(weight * gradient.flatten().dot(total) / total.dot(total))
        for weight, gradient in zip(weights, gradients, strict=True)
    ]
    whole = products.sum(dim=(0, 1, 2))
    assert gradient_shares(whole, weights).tolist() == pytest.approx(expected, abs=1e-3)
    assert gradient_shares(whole, factor * weights).tolist() == pytest.approx(expected, abs=1e-3)


def test_weights_are_told_in_words_and_shown_where_they_pull():
    gradients = torch.zeros(2, 2, 3, 4, 4)
    gradients[0, 1, 0, 0, 3], gradients[1, 1, 0, 0, 3] = 3.0, -1.0
    products = inner_products(gradients)
    picture, words = explorers.draw_loss_weights(IMAGE, products, torch.ones(2), ["a", "b"], number=1)
    assert picture.shape == (384, 768, 3)
    assert "length 2000.0 / 1000" in words
    assert "a: weight 1.0 × length 3000.00 / 1000 → share 150%<br>" in words
    assert "b: weight 1.0 × length 1000.00 / 1000 → share -50% (works against the sum)" in words
    assert picture[50, 350].sum() > picture[50, 50].sum()
    other, same = explorers.draw_loss_weights(IMAGE, products, torch.ones(2), ["a", "b"], number=0)
    assert (other[50, 350] == other[50, 50]).all()
    assert same == words
    _, words = explorers.draw_loss_weights(IMAGE, products, torch.zeros(2), ["a", "b"])
    assert "nothing is learned" in words


def test_bars_are_as_long_as_the_shares():
    picture = share_bars(["a", "b"], [0.5, -0.25])
    first, second = ((picture == rgb(color)).all(axis=2) for color in LOSS_COLORS[:2])
    assert int(first.any(axis=0).sum()) == pytest.approx(115, abs=2)
    assert int(second.any(axis=0).sum()) == pytest.approx(58, abs=2)
    assert first.any(axis=0).nonzero()[0].min() >= second.any(axis=0).nonzero()[0].max()


def test_a_coarser_grid_has_fewer_anchors():
    view = widgets(anchors_view())
    assert "<b>384 anchors</b>" in view.words.value
    control(view, "stride").value = 32
    assert "<b>24 anchors</b>" in view.words.value
    control(view, "ratios").value = "1"
    assert "<b>8 anchors</b>" in view.words.value


def test_the_budget_names_the_recall_over_all_scenes():
    view = widgets(budget_view())
    control(view, "number").value = 3
    assert "recall over all 2 scenes: good 1.00, bad 0.20" in view.words.value
    assert "good: 3 of 3 proposals find" in view.words.value


def test_a_loss_without_weight_has_no_share():
    view = widgets(weights_view())
    control(view, "classifier").value = 0.0
    assert "loss_classifier: weight 0.0" in view.words.value
    line = next(line for line in view.words.value.split("<br>") if line.startswith("loss_classifier"))
    assert line.endswith("share 0%")
