"""Tinytown's scenes: what they hold, that they are pure functions of their seed, and fast."""

import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from torchvision.ops import masks_to_boxes

from course_lib.data import tinytown
from course_lib.data.tinytown.canvas import Canvas
from course_lib.data.tinytown.draws import Draw
from course_lib.data.tinytown.shapes import Figure, place, rect
from course_lib.data.tinytown.textures import paint
from course_lib.errors import SettingsError
from tests.helpers.budget import in_time


def test_shapes_and_types(town):
    scene = next(scene for scene in town if 0 < len(scene.identity) < len(scene.labels))
    objects, persons = len(scene.labels), len(scene.identity)
    expected = {
        "image": (torch.uint8, (3, 128, 128)),
        "boxes": (torch.float32, (objects, 4)),
        "labels": (torch.int64, (objects,)),
        "masks": (torch.bool, (objects, 128, 128)),
        "semantic": (torch.uint8, (128, 128)),
        "joints": (torch.float32, (persons, 14, 2)),
        "joint_state": (torch.uint8, (persons, 14)),
        "person_index": (torch.int64, (persons,)),
        "identity": (torch.int64, (persons,)),
        "truncated": (torch.bool, (objects,)),
        "occluded": (torch.bool, (objects,)),
    }
    assert {name: (getattr(scene, name).dtype, tuple(getattr(scene, name).shape)) for name in expected} == expected


def test_an_empty_scene_has_all_fields(town):
    empty = next(scene for scene in town if not len(scene.labels))
    assert empty.boxes.shape == (0, 4)
    assert empty.masks.shape == (0, 128, 128)
    assert empty.joints.shape == (0, 14, 2)
    assert not empty.semantic.any()


def test_order_of_calls_and_process_do_not_matter(town, same):
    assert all(same(tinytown.scene(seed), town[seed]) for seed in (7, 3, 7, 0))


def test_draws_are_frozen():
    draw = Draw("scene/train/0")
    assert [draw.integer(1000) for _ in range(5)] == [240, 283, 684, 138, 484]
    assert Draw("a").random() != Draw("b").random()


def test_splits_share_no_scene(digest):
    digests = {digest(tinytown.scene(seed, split=split)) for split in tinytown.SPLITS for seed in range(5)}
    assert len(digests) == 20


@pytest.mark.parametrize("arguments", [{"size": 100}, {"split": "dev"}])
def test_unknown_size_or_split_is_refused(arguments):
    with pytest.raises(SettingsError, match="expected"):
        tinytown.scene(0, **arguments)


def test_a_hundred_scenes_a_second(drawn):
    in_time(1, drawn[1])


@pytest.mark.parametrize("seed", range(20))
def test_256_shows_the_same_scene(town, seed):
    small, large = town[seed], tinytown.scene(seed, 256)
    assert torch.equal(small.labels, large.labels)
    assert torch.equal(small.identity, large.identity)
    assert torch.equal(small.joint_state, large.joint_state)
    assert (large.boxes - 2 * small.boxes).abs().le(2).all()
    torch.testing.assert_close(large.joints, 2 * small.joints)
    reduced = torch.nn.functional.avg_pool2d(large.image.float()[None], 2)[0]
    assert (reduced - small.image.float()).abs().mean() < 4


def test_boxes_are_tight_around_visible_pixels(town):
    for scene in town:
        if len(scene.labels):
            expected = masks_to_boxes(scene.masks) + torch.tensor([0, 0, 1, 1])
            assert torch.equal(scene.boxes, expected)
            sides = scene.boxes[:, 2:] - scene.boxes[:, :2]
            assert sides.min() >= 5
            assert scene.boxes.min() >= 0
            assert scene.boxes.max() <= 128


def test_masks_do_not_overlap_and_agree_with_the_semantic_map(town):
    for scene in town:
        assert scene.masks.sum(0).le(1).all()
        classes = (scene.masks * (1 + scene.labels)[:, None, None]).sum(0)
        assert torch.equal(classes.to(torch.uint8), scene.semantic)


@hypothesis_settings(max_examples=10, deadline=None)
@given(st.integers(-(2**70), 2**70))
def test_any_integer_is_a_seed(seed):
    scene = tinytown.scene(seed)
    assert scene.seed == seed
    assert scene.image.float().std() > 3


@given(st.floats(10, 200), st.floats(-50, 600), st.floats(0, 600), st.booleans())
def test_placed_figures_stand_where_they_should(size, x, base, mirror):
    placed = place(Figure([rect(3, 1, 43, 21, 0)]), size, x, base, mirror=mirror)
    (contour,) = placed.parts[0].contours
    low, high = contour.min(0), contour.max(0)
    assert max(high - low) == pytest.approx(size, rel=1e-3)
    assert (low[0] + high[0]) / 2 == pytest.approx(x, abs=0.1)
    assert high[1] == pytest.approx(base, abs=0.1)


def test_a_figure_beside_the_canvas_paints_nothing():
    canvas, draw = Canvas(64), Draw("canvas")
    figure = place(Figure([rect(0, 0, 10, 10, 0)]), 10, 200, 30)
    footprint = canvas.add(figure, [paint(draw, 0.3)], 0, 1, draw)
    assert footprint.pixels > 0
    assert footprint.inside(64) == 0
    assert not canvas.image.any()
