"""The solution of unit 06 computes what others compute: torchvision, torchmetrics, OpenCV, plain loops."""

import math

import cv2
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torchmetrics.classification import BinaryAccuracy
from torchvision import tv_tensors
from torchvision.transforms import v2

from autograder import reference
from course_lib.data import bodies, tinytown

UNIT = "06_pose"
BODIES = [bodies.LEEDS, bodies.MPII, bodies.COCO]


@pytest.fixture(scope="module")
def solution():
    return reference.load(UNIT)


def drawn(seed, *shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def inside(seed, persons, joints, size, margin):
    """Joints at least so far from the border: (x, y) in cells."""
    height, width = size
    spans = torch.tensor([width - 2 * margin, height - 2 * margin])
    return margin + spans * drawn(seed, persons, joints, 2)


def test_disk_by_hand(solution):
    joints = torch.tensor([[[2.75, 0.5], [-0.25, 0.5]]])
    found = solution["disk_targets"](joints, torch.ones(1, 2).bool(), (1, 5), 1.0)
    assert found[0, :, 0].tolist() == [[0, 0, 1, 1, 0], [1, 0, 0, 0, 0]]


@pytest.mark.parametrize("radius", [3, 8])
def test_a_disk_in_a_cells_centre_is_opencvs(solution, radius):
    """OpenCV fills a circle around a whole pixel; it may differ by single pixels of the rim."""
    canvas = np.zeros((32, 40), np.uint8)
    cv2.circle(canvas, (21, 17), radius, 1, thickness=-1)
    found = solution["disk_targets"](torch.tensor([[[21.5, 17.5]]]), torch.ones(1, 1).bool(), (32, 40), radius)
    mine, theirs = found[0, 0].bool(), torch.from_numpy(canvas).bool()
    assert (mine & theirs).sum() / (mine | theirs).sum() > 0.9


def test_a_large_disk_has_the_area_of_a_circle(solution):
    joints = inside(0, 4, 5, (64, 80), 21)
    area = solution["disk_targets"](joints, torch.ones(4, 5).bool(), (64, 80), 20.0).sum(dim=(2, 3))
    assert ((area / (math.pi * 400) - 1).abs() < 0.02).all()


def test_beyond_the_border_lies_the_rest_of_the_disk(solution):
    """On a larger map the same disk is whole."""
    joints, all_of_them = torch.tensor([[[-1.5, 3.25], [8.75, 7.5]]]), torch.ones(1, 2).bool()
    small = solution["disk_targets"](joints, all_of_them, (7, 8), 3.1)
    large = solution["disk_targets"](joints + 5, all_of_them, (17, 18), 3.1)
    assert torch.equal(small, large[..., 5:12, 5:13])
    assert 0 < small[0, 0].sum() < large[0, 0].sum()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_has_no_place_is_nowhere(solution, value):
    joints = torch.tensor([[[value, 2.0], [2.0, value], [2.0, 2.0]]])
    for name in ("disk_targets", "gaussian_targets"):
        found = solution[name](joints, torch.tensor([[True, True, False]]), (4, 5), 2.0)
        assert (found == 0).all()


def test_gaussian_is_one_at_the_joint_and_falls_off_as_the_formula(solution):
    found = solution["gaussian_targets"](torch.tensor([[[2.5, 1.5]]]), torch.ones(1, 1).bool(), (4, 6), 2.0)[0, 0]
    assert found[1, 2] == 1
    assert found[3, 5] == pytest.approx(math.exp(-(3**2 + 2**2) / 8))


@pytest.mark.parametrize("radius", [1.0, 1.5, 2.0, 3.0, 4.5, 8.0])
def test_noiseless_disks_are_decoded_to_less_than_half_a_cell(solution, radius):
    """The Euclidean distance, at stride 4; the disk lies inside of the map."""
    joints = inside(int(8 * radius), 40, 14, (36, 44), radius + 0.5)
    targets = solution["disk_targets"](joints, torch.ones(40, 14).bool(), (36, 44), radius)
    error = (solution["decode_heatmaps"](targets, 4) - 4 * joints).norm(dim=2)
    assert error.max() < 2


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_noiseless_gaussians_are_decoded_to_less_than_half_a_cell(solution, sigma):
    joints = inside(3, 40, 14, (36, 44), 1.0)
    targets = solution["gaussian_targets"](joints, torch.ones(40, 14).bool(), (36, 44), sigma)
    error = (solution["decode_heatmaps"](targets, 4) - 4 * joints).abs()
    assert error.max() <= 1 + 1e-4  # a quarter of a cell in each direction


def test_loss_by_hand(solution):
    targets = torch.tensor([[[[1.0, 0, 0, 0]]]])
    logits = torch.full((1, 1, 1, 4), math.log(0.1 / 0.9))
    loss = solution["heatmap_loss"](logits, targets, torch.ones(1, 1).bool())
    assert loss.item() == pytest.approx((-math.log(0.1) - math.log(0.9)) / 2, abs=1e-5)


def test_loss_of_as_many_positive_cells_as_others_is_torchs(solution):
    logits, targets = 3 * drawn(1, 2, 5, 6, 8) - 1, torch.zeros(2, 5, 6, 8)
    targets[..., :4] = 1
    annotated = torch.tensor([[True, False, True, True, False], [False, True, True, True, True]])
    expected = F.binary_cross_entropy_with_logits(logits[annotated], targets[annotated])
    torch.testing.assert_close(solution["heatmap_loss"](logits, targets, annotated), expected)


def test_a_person_without_annotation_changes_nothing(solution):
    logits = (3 * drawn(2, 2, 3, 6, 8)).requires_grad_()
    targets = (drawn(3, 2, 3, 6, 8) > 0.9).float()
    annotated = torch.tensor([[True, True, False], [False, False, False]])
    alone = solution["heatmap_loss"](logits[:1], targets[:1], annotated[:1])
    together = solution["heatmap_loss"](logits, targets, annotated)
    torch.testing.assert_close(together, alone)
    nothing = solution["heatmap_loss"](logits[1:], targets[1:], annotated[1:])
    (together + nothing).backward()
    assert nothing == 0
    assert (logits.grad[~annotated] == 0).all()
    assert (logits.grad[annotated] != 0).any()


def test_decoding_by_hand(solution):
    maps = torch.tensor([[[[0.1, 0.7, 0.9, 0.3]], [[0, 1, 1, 1.0]]]])
    assert solution["decode_heatmaps"](maps, 4)[0].tolist() == [[9, 2], [10, 2]]


def test_decoding_in_a_plain_loop(solution):
    maps = drawn(5, 2, 6, 7, 9)
    found = solution["decode_heatmaps"](maps, 4)
    for n in range(2):
        for j in range(6):
            row, column = divmod(int(maps[n, j].argmax()), 9)
            place = [column + 0.5, row + 0.5]
            for axis, (line, at) in enumerate(((maps[n, j, row], column), (maps[n, j, :, column], row))):
                if 0 < at < len(line) - 1:
                    place[axis] += 0.25 if line[at + 1] > line[at - 1] else -0.25
            assert found[n, j].tolist() == [4 * value for value in place]


@pytest.mark.skipif(not hasattr(tv_tensors, "KeyPoints"), reason="this torchvision has no KeyPoints yet")
@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
def test_the_mirror_is_torchvisions(solution, body):
    """torchvision mirrors image and places; the names it cannot know."""
    image, count = drawn(6, 3, 20, 30), len(body.joints)
    joints = drawn(7, count, 2) * torch.tensor([29.0, 19.0])
    mirrored, places, known = solution["flip_pose"](image, joints, torch.arange(count) % 2 == 0, body.pairs)
    theirs, points = v2.RandomHorizontalFlip(p=1.0)(image, tv_tensors.KeyPoints(joints, canvas_size=(20, 30)))
    assert torch.equal(mirrored, theirs)
    order = [body.joints.index(other_side(name)) for name in body.joints]
    shift = 30 - (joints[:, 0] + points[:, 0]).mean().round()  # 0 for continuous places, 1 for numbers of pixels
    torch.testing.assert_close(places, (torch.as_tensor(points) + torch.tensor([shift, 0.0]))[order])
    assert known.tolist() == [row % 2 == 0 for row in order]


def other_side(name):
    sides = {"left": "right", "right": "left"}
    first, _, rest = name.partition(" ")
    return f"{sides[first]} {rest}" if first in sides else name


def test_a_person_of_tinytown_in_the_mirror_faces_the_other_way(solution):
    """The right shoulder of somebody who looks at the camera is on the image's left, in the mirror as well."""
    scene = next(s for s in tinytown.scenes("train", 40) if len(s.joints) and bool(s.joint_state[0].all()))
    joints, known = scene.joints[0], scene.joint_state[0] > 0
    _, mirrored, _ = solution["flip_pose"](scene.image, joints, known, bodies.LEEDS.pairs)
    right, left = (bodies.LEEDS.joints.index(f"{side} shoulder") for side in ("right", "left"))
    before, after = (places[left, 0] - places[right, 0] for places in (joints, mirrored))
    torch.testing.assert_close(before, after)


@pytest.mark.parametrize("joints", [14, 16, 17])
def test_pck_is_torchmetrics_accuracy_of_near_enough(solution, joints):
    truth, reference = 100 * drawn(8, 9, joints, 2), 20 + 60 * drawn(9, 9)
    pred = truth + 20 * drawn(10, 9, joints, 2) - 10
    annotated = drawn(11, 9, joints) < 0.8
    found = solution["pck"](pred, truth, annotated, reference, 0.2)
    for joint in range(joints):
        rows = annotated[:, joint]
        near = (pred - truth)[rows, joint].norm(dim=1) / reference[rows] <= 0.2
        expected = BinaryAccuracy()(near.int(), torch.ones(int(rows.sum())).int())
        torch.testing.assert_close(found[joint], expected)


def test_pck_by_hand(solution):
    truth = torch.zeros(4, 1, 2)
    pred = torch.tensor([[[12.0, 0]], [[0, 12.0]], [[-10.0, 0]], [[0, 0]]])
    annotated = torch.tensor([[True], [True], [True], [False]])
    found = solution["pck"](pred, truth, annotated, torch.tensor([100.0, 30.0, 50.0, 50.0]), 0.2)
    assert found.item() == pytest.approx(2 / 3)


def test_pck_of_a_person_without_a_visible_joint(solution):
    nobody = torch.zeros(1, 17).bool()
    assert solution["pck"](torch.zeros(1, 17, 2), torch.zeros(1, 17, 2), nobody, torch.ones(1), 0.2).isnan().all()


@pytest.mark.parametrize("size", [(64, 64), (15, 13), (5, 6), (1, 1)])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_an_hourglass_keeps_any_size(solution, size, depth):
    module = solution["Hourglass"](depth, 3).eval()
    assert module(drawn(12, 2, 3, *size)).shape == (2, 3, *size)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_an_hourglass_has_three_blocks_a_level_and_one_inside(solution, depth):
    module = solution["Hourglass"](depth, 4)
    blocks = [part for part in module.modules() if isinstance(part, nn.Sequential)]
    assert len(blocks) == 3 * depth + 1
    weights = sum(value.numel() for value in module.parameters())
    assert weights == (3 * depth + 1) * (4 * 4 * 9 + 2 * 4)


def test_an_hourglass_sees_further_with_depth(solution):
    """The gradient of the middle cell reaches so many cells."""
    reached = []
    for depth in (1, 2, 3):
        torch.manual_seed(0)
        module = solution["Hourglass"](depth, 4).eval()
        x = drawn(13, 1, 4, 64, 64).requires_grad_()
        module(x)[0, :, 32, 32].sum().backward()
        rows = x.grad.abs().amax(dim=(0, 1, 3)).nonzero()
        reached.append(int(rows.max() - rows.min() + 1))
    assert reached[0] < reached[1] < reached[2]
