"""Explorers: pictures and words follow the numbers, the sliders lead to them, and what goes in stays unchanged."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.explorers import Canvas, panel, rcnn, slider
from course_lib.plots import BLUE, rgb
from tests.helpers.budget import in_time
from tests.helpers.explorer_views import CHAIN, SCORES, SECONDS
from tests.helpers.views import control, ends, widgets

IMAGE = torch.full((3, 96, 96), 128, dtype=torch.uint8)


@pytest.mark.timed
@pytest.mark.parametrize("make", SECONDS, ids=lambda make: make.__name__)
def test_every_control_changes_the_picture_at_both_ends_fast_enough_to_drag(make):
    view = widgets(make())
    for one in filter(ends, view.controls):
        seconds = []
        for value in 2 * ends(one):
            before, start = view.image.value, time.process_time()
            one.value = value
            seconds.append(time.process_time() - start)
            assert view.image.value != before, f"{one.description}: {value}"
        in_time(SECONDS[make], np.median(seconds), one.description)


def test_quality_is_the_mean_over_all_objects():
    proposals = [torch.tensor([[0.0, 0, 10, 10], [0, 0, 20, 10]]), torch.tensor([[50.0, 50, 60, 60]])]
    objects = [torch.tensor([[0.0, 0, 20, 10], [30, 30, 40, 40]]), torch.tensor([[50.0, 50, 60, 55]])]
    quality = rcnn.proposal_quality(proposals, objects, [1, 2], iou=0.6)
    assert quality["recall"] == pytest.approx([0, 1 / 3])
    assert quality["average best overlap"] == pytest.approx([(0.5 + 0 + 0.5) / 3, (1 + 0 + 0.5) / 3])


def test_more_proposals_are_never_worse():
    rng = torch.Generator().manual_seed(0)
    corners = 90 * torch.rand(2, 60, 2, 2, generator=rng)
    boxes = torch.cat([corners.amin(dim=2), corners.amax(dim=2)], dim=2)
    quality = rcnn.proposal_quality([boxes[0]], [boxes[1, :9]], [1, 5, 20, 60])
    for values in quality.values():
        assert values == sorted(values)


@pytest.mark.parametrize(("number", "found"), [(0, 0), (1, 0), (2, 1)])
def test_proposals_say_how_many_objects_are_found(number, found):
    objects = torch.tensor([[10.0, 10, 40, 40], [60, 60, 90, 90]])
    proposals = torch.tensor([[10.0, 10, 20, 20], [10, 10, 40, 38]])
    picture, words = rcnn.draw_proposals(IMAGE, objects, proposals, number)
    assert picture.shape == (384, 384, 3)
    assert f"{number} of 2 proposals find <b>{found} of 2 objects</b>" in words
    assert (picture == rgb(BLUE)).all(axis=2).any() == bool(found)


def test_an_empty_scene_is_drawn():
    picture, words = rcnn.draw_proposals(IMAGE, torch.zeros(0, 4), torch.tensor([[10.0, 10, 20, 20]]), 1)
    assert "0 of 0 objects" in words
    assert picture.std() > 0


def test_only_survivors_suppress():
    assert rcnn.suppression(CHAIN, SCORES, 0.3) == [None, 0, None]
    assert rcnn.suppression(CHAIN, SCORES, 0.1) == [None, 0, 0]
    assert rcnn.suppression(CHAIN, SCORES, 0.5) == [None, None, None]
    assert rcnn.suppression(CHAIN, SCORES.flip(0), 0.3) == [None, 2, None]


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 8), st.floats(0.05, 0.95))
def test_suppression_is_greedy(seed, count, threshold):
    rng = torch.Generator().manual_seed(seed)
    corners = 50 * torch.rand(count, 2, 2, generator=rng)
    boxes = torch.cat([corners.amin(dim=1), corners.amax(dim=1)], dim=1)
    scores = torch.rand(count, generator=rng)
    removers = rcnn.suppression(boxes, scores, threshold)
    for i, remover in enumerate(removers):
        rivals = [j for j in range(count) if removers[j] is None and scores[j] > scores[i]]
        removing = [j for j in rivals if slow_iou(boxes[i], boxes[j]) > threshold]
        assert remover == (max(removing, key=lambda j: scores[j]) if removing else None)


def slow_iou(a, b):
    wide = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return wide * high / (areas - wide * high)


def test_suppression_is_told_in_words():
    _, words = rcnn.draw_nms(IMAGE, CHAIN, SCORES, 0.3)
    assert "<b>A</b> (0.90) kept" in words
    assert "<b>B</b> (0.80) removed by A (IoU 0.45, above 0.30)" in words
    assert "<b>C</b> (0.70) kept" in words


def test_regression_moves_the_centre_and_scales_the_size():
    box = rcnn.regressed(torch.tensor([10.0, 20, 30, 60]), torch.tensor([0.5, -0.25, np.log(2), np.log(0.5)]))
    assert box.tolist() == pytest.approx([10, 20, 50, 40])


def test_no_correction_leaves_the_proposal():
    proposal = torch.tensor([10.0, 20, 30, 60])
    _, words = rcnn.draw_regression(IMAGE, proposal, proposal, torch.zeros(4))
    assert "1.00 → <b>1.00</b>" in words
    assert "20 × exp(+0.00) = 20 wide" in words


def test_sliders_of_suppression_move_the_chosen_box_only():
    given_boxes, given_scores = CHAIN.clone(), SCORES.clone()
    view = widgets(rcnn.nms_explorer(IMAGE, given_boxes, given_scores))
    assert "<b>B</b> (0.80) removed by A" in view.words.value
    before = view.image.value
    control(view, "threshold").value = 0.5
    assert "<b>B</b> (0.80) kept" in view.words.value
    assert view.image.value != before
    control(view, "threshold").value = 0.3
    control(view, "box").value = 1
    assert control(view, "x").value == 15
    assert control(view, "its").value == pytest.approx(0.8)
    control(view, "y").value = 50
    assert "<b>B</b> (0.80) kept" in view.words.value
    control(view, "its").value = 0.95
    assert view.words.value.index("<b>B</b> (0.95)") < view.words.value.index("<b>A</b>")
    control(view, "box").value = 0
    assert (control(view, "x").value, control(view, "y").value) == (0, 0)
    assert torch.equal(given_boxes, CHAIN)
    assert torch.equal(given_scores, SCORES)


def test_sliders_of_regression_lead_to_the_object():
    pairs = {
        "near": (torch.tensor([10.0, 10, 50, 50]), torch.tensor([20.0, 10, 60, 50])),
        "far": (torch.tensor([10.0, 10, 30, 30]), torch.tensor([60.0, 60, 90, 90])),
    }
    view = widgets(rcnn.regression_explorer(IMAGE, pairs))
    assert "0.60 → <b>0.60</b>" in view.words.value
    control(view, "tx").value = 0.25
    assert "0.60 → <b>1.00</b>" in view.words.value
    control(view, "proposal").value = "far"
    assert "0.00 → <b>0.00</b>" in view.words.value


def test_sliders_of_proposals_change_picture_and_words():
    scenes = [SimpleNamespace(image=IMAGE, boxes=torch.tensor([[10.0, 10, 40, 40]])) for _ in range(3)]
    good = [torch.tensor([[0.0, 0, 5, 5], [10, 10, 40, 38]])] * 3
    bad = [torch.tensor([[0.0, 0, 5, 5], [80, 80, 90, 90]])] * 3
    view = widgets(rcnn.proposals_explorer(scenes, {"good": good, "bad": bad}))
    control(view, "number").value = 1
    assert "recall 0.00" in view.words.value
    before = view.image.value
    control(view, "number").value = 2
    assert "recall 1.00" in view.words.value
    assert view.image.value != before
    control(view, "method").value = "bad"
    assert "recall 0.00" in view.words.value


def test_panel_draws_what_its_controls_say():
    calls = []

    def draw(n):
        calls.append(n)
        return np.full((4, 4, 3), n, dtype=np.uint8), f"n is {n}"

    view = widgets(panel(draw, {"n": slider("n", 1, 0, 9, 1)}))
    control(view, "n").value = 7
    assert calls == [1, 7]
    assert view.words.value == "n is 7"


def test_a_faded_box_is_paler():
    canvas = Canvas(np.zeros((20, 20, 3), dtype=np.uint8))
    canvas.box(torch.tensor([5.0, 5, 15, 15]), "#FFFFFF", halo=False)
    canvas.fade(0.5)
    assert canvas.picture.max() in (127, 128)
    canvas.box(torch.tensor([2.0, 2, 4, 4]), "#FFFFFF", halo=False)
    assert canvas.picture.max() == 255


def test_dashes_leave_gaps():
    solid, dashed = (Canvas(np.zeros((60, 60, 3), dtype=np.uint8)) for _ in range(2))
    solid.box(torch.tensor([5.0, 5, 55, 55]), "#FFFFFF", halo=False)
    dashed.box(torch.tensor([5.0, 5, 55, 55]), "#FFFFFF", halo=False, dashed=True)
    assert 0.3 < (dashed.picture > 0).sum() / (solid.picture > 0).sum() < 0.8


@pytest.mark.parametrize("place", [(0, 0), (200, 0), (0, 100), (200, 100)])
def test_words_stay_inside_the_picture(place):
    canvas, middle = (Canvas(np.zeros((100, 200, 3), dtype=np.uint8)) for _ in range(2))
    canvas.text(*place, "proposal 0.50", "#FFFFFF")
    middle.text(50, 50, "proposal 0.50", "#FFFFFF")
    assert abs(int((canvas.picture > 0).sum()) - int((middle.picture > 0).sum())) < 100
