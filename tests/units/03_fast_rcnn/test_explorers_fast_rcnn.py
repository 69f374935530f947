"""Explorers of Fast R-CNN: bins are torchvision's, losses and gradients right, batches as drawn; sliders lead there."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.ops import roi_pool

from course_lib.explorers import fast_rcnn, pooling
from course_lib.plots import BLUE, ORANGE, rgb
from tests.helpers.views import control, widgets

IMAGE = torch.full((3, 128, 128), 128, dtype=torch.uint8)
MAP = torch.arange(64.0).view(8, 8)  # 16 pixels a cell; the largest cell of a bin is its last
OBJECT = torch.tensor([[32.0, 32, 96, 96]])
NEAR, HALF, FAR = [32.0, 32, 96, 80], [32.0, 32, 96, 60], [0.0, 0, 16, 16]  # IoU 0.75, 0.44 and 0


@pytest.mark.parametrize(
    ("cells", "size", "expected"),
    [
        (7, 3, [(0, 2), (2, 4), (4, 6)]),
        (2, 3, [(0, 0), (0, 1), (1, 1)]),
        (4, 2, [(0, 1), (2, 3)]),
        (1, 2, [(0, 0), (0, 0)]),
    ],
)
def test_bins_are_rounded_outwards(cells, size, expected):
    box = torch.tensor([0.0, 0, 16 * (cells - 1), 16 * (cells - 1)])  # the last cell is included
    first, last = pooling.bins(box, size, 1 / 16, (8, 8))
    for axis in (0, 1):
        ends = torch.stack([first[axis].select(1 - axis, 0), last[axis].select(1 - axis, 0)], dim=1)
        assert [tuple(pair) for pair in ends.tolist()] == expected


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 7))
def test_the_largest_cell_of_each_bin_is_what_torchvision_pools(seed, size):
    rng = torch.Generator().manual_seed(seed)
    feature = torch.rand(6, 9, generator=rng)
    x, y = (torch.rand(2, generator=rng) * torch.tensor([70.0, 46])).tolist()
    wide, high = (1 + 60 * torch.rand(2, generator=rng)).tolist()
    box = torch.tensor([x, y, x + wide, y + high])
    first, last = pooling.bins(box, size, 1 / 8, feature.shape)
    pooled = roi_pool(feature[None, None], [box[None]], size, 1 / 8)[0, 0]
    for i in range(size):
        for j in range(size):
            (r1, c1), (r2, c2) = first[:, i, j].tolist(), last[:, i, j].tolist()
            inside = feature[r1 : r2 + 1, c1 : c2 + 1]
            assert pooled[i, j] == (inside.max() if inside.numel() else 0)


def test_the_region_of_a_box_includes_its_last_cell():
    assert pooling.region(torch.tensor([178.0, 75, 272, 180]), 1 / 16, (32, 32)).tolist() == [11, 5, 18, 12]
    assert pooling.region(torch.tensor([500.0, 0, 512, 9]), 1 / 16, (32, 32)).tolist() == [31, 0, 32, 2]


def test_pooling_is_told_in_words():
    picture, words = fast_rcnn.draw_roi_pool(IMAGE, MAP, torch.tensor([0.0, 0, 96, 96]), 3)
    assert picture.shape == (328, 984, 3)
    assert "columns 0 to 6, rows 0 to 6: <b>7 × 7 cells</b> into 3 × 3 bins" in words
    assert "24 cells belong to more than one bin" in words  # columns 2 and 4, rows 2 and 4
    assert (picture == rgb(BLUE)).all(axis=2).any()
    assert (picture == rgb(ORANGE)).all(axis=2).any()


def test_cells_show_their_numbers_where_these_have_room(monkeypatch):
    box = torch.tensor([0.0, 0, 96, 96])
    numbered, _ = fast_rcnn.draw_roi_pool(IMAGE, MAP, box, 3)
    monkeypatch.setattr(pooling, "ROOM", 1000)
    bare, _ = fast_rcnn.draw_roi_pool(IMAGE, MAP, box, 3)
    differs = (numbered != bare).any(axis=(0, 2))
    assert differs[328:656].any()
    assert not differs[:328].any()
    assert not differs[656:].any()


def test_bins_without_shared_cells_are_told():
    _, words = fast_rcnn.draw_roi_pool(IMAGE, MAP, torch.tensor([16.0, 16, 64, 64]), 2)
    assert "<b>4 × 4 cells</b> into 2 × 2 bins<br>0 cells" in words


def test_a_black_map_is_drawn():
    picture, _ = fast_rcnn.draw_roi_pool(IMAGE, torch.zeros(8, 8), torch.tensor([0.0, 0, 5, 5]), 7)
    assert picture.std() > 0


def test_a_box_outside_the_map_has_empty_bins():
    box = torch.tensor([200.0, 200, 220, 220])
    first, last = pooling.bins(box, 2, 1 / 16, (8, 8))
    assert (last < first).all()


@pytest.mark.parametrize(
    ("beta", "error", "loss", "gradient"), [(1, 2, 1.5, 1), (1, -0.5, 0.125, -0.5), (2, 1, 0.25, 0.5), (0, 0.3, 0.3, 1)]
)
def test_smooth_l1_beside_l2(beta, error, loss, gradient):
    found = fast_rcnn.losses(torch.tensor([float(error)]), beta)
    assert [value.item() for value in found["smooth L1"]] == pytest.approx([loss, gradient])
    assert [value.item() for value in found["L2"]] == pytest.approx([error**2 / 2, error])


def test_losses_are_told_and_marked_where_they_are():
    picture, words = fast_rcnn.draw_losses(1.0, 2.0)
    assert "smooth L1: loss <b>1.50</b>, gradient +1.00" in words
    assert "L2: loss <b>2.00</b>, gradient +2.00" in words
    _, matrices = fast_rcnn._loss_charts()
    for matrix, value in zip(matrices, (1.5, 1.0), strict=True):
        x, y = (matrix[:2] @ np.array([2.0, value, 1])).round().astype(int)
        assert tuple(picture[y, x]) == rgb(BLUE)


def test_the_drawn_curve_follows_beta():
    assert (fast_rcnn.draw_losses(1.0, 0.0)[0] != fast_rcnn.draw_losses(2.0, 0.0)[0]).any()


def test_a_batch_takes_foreground_up_to_the_fraction_and_fills_up():
    overlaps = torch.tensor([0.9] * 10 + [0.3] * 50 + [0.05] * 40)
    foreground, background = fast_rcnn.sample(overlaps, 16, 0.25, seed=0)
    assert (len(foreground), len(background)) == (4, 12)
    assert set(foreground.tolist()) <= set(range(10))
    assert set(background.tolist()) <= set(range(10, 60))
    foreground, background = fast_rcnn.sample(overlaps[8:], 16, 0.25, seed=0)
    assert (len(foreground), len(background)) == (2, 14)


def test_a_draw_follows_its_seed_and_leaves_torch_alone():
    overlaps = torch.rand(100, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(5)
    before = torch.get_rng_state()
    draws = [torch.cat(fast_rcnn.sample(overlaps, 16, 0.5, seed)).tolist() for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert torch.equal(torch.get_rng_state(), before)


def test_a_batch_is_told_in_words():
    regions = torch.tensor([NEAR] * 3 + [HALF] * 9 + [FAR] * 4)
    picture, words = fast_rcnn.draw_sample(IMAGE, OBJECT, regions, number=8, fraction=0.25, seed=0)
    assert picture.shape == (320, 984, 3)
    assert "A batch of 8, at most 2 of them foreground" in words
    assert "<b>2 foreground</b> RoIs of 3" in words
    assert "<b>6 background</b> RoIs of 9" in words
    assert "orange; 6 of them on the scene" in words
    assert "4 of 16 proposals lie below 0.1" in words


def test_no_more_background_is_drawn_on_a_scene_than_lets_it_be_seen():
    regions = torch.tensor([NEAR] * 3 + [HALF] * 40)
    _, words = fast_rcnn.draw_sample(IMAGE, OBJECT, regions, number=32, fraction=0.25, seed=0)
    assert "<b>29 background</b> RoIs of 40 (IoU from 0.1 to 0.5), orange; 12 of them on the scene" in words


def test_a_scene_without_objects_gives_no_batch():
    _, words = fast_rcnn.draw_sample(IMAGE, torch.zeros(0, 4), torch.tensor([NEAR, FAR]), 8, 0.25, 0)
    assert "<b>0 foreground</b> RoIs of 0" in words
    assert "<b>0 background</b> RoIs of 0" in words


def test_sliders_of_pooling_move_the_box():
    box = torch.tensor([16.0, 16, 64, 64])
    view = widgets(fast_rcnn.roi_pool_explorer(IMAGE, MAP, box))
    assert "columns 1 to 4, rows 1 to 4" in view.words.value
    before = view.image.value
    control(view, "x").value = 32
    assert "columns 2 to 5, rows 1 to 4" in view.words.value
    control(view, "height").value = 1
    assert "columns 2 to 5, rows 1 to 1" in view.words.value
    control(view, "output").value = 7
    assert "4 × 1 cells</b> into 7 × 7 bins" in view.words.value
    assert view.image.value != before
    last = view.image.value
    control(view, "ground").value = "feature map"
    assert view.image.value != last
    control(view, "x").value = control(view, "x").max
    control(view, "width").value = control(view, "width").max
    assert "columns 7 to 7" in view.words.value
    assert box.tolist() == [16, 16, 64, 64]


def test_sliders_of_losses_change_picture_and_words():
    view = widgets(fast_rcnn.smooth_l1_explorer())
    before = view.image.value
    control(view, "error").value = -3
    assert "L2: loss <b>4.50</b>, gradient -3.00" in view.words.value
    control(view, "beta").value = 0
    assert "smooth L1: loss <b>3.00</b>, gradient -1.00" in view.words.value
    assert view.image.value != before


def test_sliders_of_sampling_change_the_batch():
    scenes = [SimpleNamespace(image=IMAGE, boxes=OBJECT), SimpleNamespace(image=IMAGE, boxes=torch.zeros(0, 4))]
    regions = torch.tensor([NEAR] * 20 + [HALF] * 30)
    view = widgets(fast_rcnn.sampling_explorer(scenes, [regions, regions]))
    assert "<b>16 foreground</b> RoIs of 20" in view.words.value
    control(view, "foreground").value = 0
    assert "<b>0 foreground</b> RoIs of 20" in view.words.value
    control(view, "number").value = 16
    control(view, "foreground").value = 1
    assert "<b>16 foreground</b> RoIs of 20" in view.words.value
    assert "<b>0 background</b> RoIs of 30" in view.words.value
    control(view, "scene").value = 2
    assert "<b>0 foreground</b> RoIs of 0" in view.words.value
