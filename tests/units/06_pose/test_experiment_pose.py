"""The given code of unit 06's experiment: its network, its batches, and how it counts."""

import pytest
import torch

from autograder import reference
from course_lib.data.bodies import LEEDS
from course_lib.data.pose import Person, Persons


@pytest.fixture(scope="module")
def own():
    return reference.load("06_pose")


@pytest.fixture
def persons():
    """Eight persons of noise, whose joints lie anywhere in their squares."""
    rng = torch.Generator().manual_seed(0)
    some = [
        Person(
            torch.randint(256, (3, 64, 64), generator=rng, dtype=torch.uint8),
            64 * torch.rand(14, 2, generator=rng),
            torch.rand(14, generator=rng) < 0.9,
            torch.tensor([0.0, 0.0, 64.0, 64.0]),
            str(number),
        )
        for number in range(8)
    ]
    return Persons([lambda one=one: one for one in some], LEEDS)


@pytest.mark.parametrize("size", [(64, 64), (48, 80), (20, 12)])
def test_each_hourglass_has_maps_of_stride_four(own, size):
    network = own["network"](14, pretrained=False).eval()
    maps = network(torch.rand(2, 3, *size))
    assert [tuple(one.shape) for one in maps] == [(2, 14, size[0] // 4, size[1] // 4)] * 2


def test_every_weight_learns(own, persons):
    network = own["network"](14).train()
    own["loss"](network, *own["batches"](persons)(0)).backward()
    still = [key for key, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert still == []


def test_without_their_way_back_the_first_maps_learn_nothing_from_the_last_loss(own, persons):
    network = own["network"](14).train()
    network.back[0].weight.data.zero_()
    network.back[0].bias.data.zero_()
    images, targets, annotated = own["batches"](persons)(0)
    own["heatmap_loss"](network(images)[-1], targets, annotated).backward()
    assert not network.heads[0].weight.grad.any()
    assert network.hourglasses[0][1][0].weight.grad.any()


def test_a_batch_is_a_function_of_its_number_and_its_seed(own, persons):
    first, again, other = (own["batches"](persons, seed=seed)(3) for seed in (0, 0, 1))
    assert all(torch.equal(*parts) for parts in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize("pairs", [None, ()])
def test_pairs_reach_the_mirror_as_the_list_that_its_docstring_says(own, persons, pairs, monkeypatch):
    """Whoever adds lists to it cannot add one to a tuple."""
    given, mirror = [], own["flip_pose"]
    monkeypatch.setitem(own, "flip_pose", lambda *inputs: (given.append(inputs[3]), mirror(*inputs))[1])
    own["batches"](persons, pairs=pairs, flips=1.0)(0)
    assert given == [list(LEEDS.pairs if pairs is None else pairs)] * len(persons)


@pytest.mark.parametrize("pairs", [LEEDS.pairs, ()])
def test_mirrored_persons_have_their_images_and_joints_mirrored(own, persons, pairs):
    image, joints, annotated = own["drawn"](persons[0], pairs, True)
    assert torch.equal(image, persons[0].image.flip(2) / 255)
    order = list(range(14))
    for left, right in pairs:
        order[left], order[right] = right, left
    torch.testing.assert_close(joints[:, 0], 64 - persons[0].joints[order, 0])
    assert torch.equal(annotated, persons[0].annotated[order])


def test_perfect_maps_give_each_joint_back(own, persons):
    _, joints, annotated, _ = own["stacked"](persons)
    maps = own["disks_of"](joints, annotated, 2.0)
    found = own["decode_heatmaps"](maps, own["STRIDE"])
    inside = annotated & ((joints > 8) & (joints < 56)).all(dim=2)
    assert (found - joints).norm(dim=2)[inside].max() < own["STRIDE"] / 2**0.5


def test_whoever_takes_each_side_for_the_other_is_right_where_sides_do_not_count(own, persons):
    _, joints, annotated, reference_lengths = own["stacked"](persons)
    order = list(range(14))
    for left, right in LEEDS.pairs:
        order[left], order[right] = right, left
    exchanged = joints[:, order]
    assert own["correct"](exchanged, persons).mean() < 0.5
    assert own["correct"](joints, persons).mean() == own["sideless"](joints, persons).mean() == 1
    known = annotated[:, order] | ~annotated | reference_lengths.isnan()[:, None]
    found = own["sideless"](torch.where(known[..., None], exchanged, joints), persons)
    assert found.mean() == 1
