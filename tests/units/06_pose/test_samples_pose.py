"""Unit 06's functions on real persons, with 17 joints and with 16: load, train until it fits, decode, measure."""

import pytest
import torch
from torch import nn

from autograder import reference
from course_lib.data.pose import coco_persons, cropped, mpii_persons

SIDE, STRIDE = 96, 4
OURS = reference.load("06_pose")


@pytest.fixture(params=["coco", "mpii"])
def persons(request, test_data):
    folder = test_data / "pose_samples" / request.param
    if not folder.is_dir():
        pytest.skip(f"no real samples: {folder} is not there")
    read = {"coco": coco_persons, "mpii": mpii_persons}[request.param]
    return read(folder / f"test_{request.param}.json", folder)


def network(joints):
    """An hourglass at a quarter of the resolution."""
    torch.manual_seed(0)
    stem = [nn.Conv2d(3, 24, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(24, 24, 3, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*stem, OURS["Hourglass"](3, 24), nn.Conv2d(24, joints, 1))


@pytest.mark.long
def test_an_hourglass_learns_real_persons_by_heart(persons):
    crops = [cropped(person, SIDE) for person in persons[:6]]
    images = torch.stack([crop.image for crop in crops]) / 255
    joints, annotated = torch.stack([c.joints for c in crops]), torch.stack([c.annotated for c in crops])
    targets = OURS["disk_targets"](joints / STRIDE, annotated, (SIDE // STRIDE, SIDE // STRIDE), 1.5)
    net = network(len(persons.body.joints)).train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
    for _ in range(150):
        loss = OURS["heatmap_loss"](net(images), targets, annotated)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        pred = OURS["decode_heatmaps"](net(images), STRIDE)
    lengths = persons.body.reference(joints, annotated)  # of the torso (COCO), of the head (MPII)
    right = OURS["pck"](pred, joints, annotated, lengths, 0.5)
    assert right.shape == (len(persons.body.joints),)
    assert right.nanmean() > 0.9
