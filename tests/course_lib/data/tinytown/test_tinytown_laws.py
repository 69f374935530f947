"""Tinytown keeps its laws: the numbers of the package's docstring, measured on a few hundred scenes."""

import numpy as np
import torch
from torchvision.ops import box_iou

from course_lib.data import tinytown

PERSON, BICYCLE = tinytown.CLASSES.index("person"), tinytown.CLASSES.index("bicycle")


def test_sizes(town):
    sides = torch.cat([scene.boxes[:, 2:] - scene.boxes[:, :2] for scene in town]).amax(1)
    assert (sides < 16).float().mean() >= 0.2
    whole = torch.cat([scene.boxes[~scene.truncated & ~scene.occluded] for scene in town])
    longer = (whole[:, 2:] - whole[:, :2]).amax(1)
    assert 9 <= longer.min() <= 11
    assert 60 <= longer.max() <= 66
    octaves = torch.histc(longer.log2(), 5, min=np.log2(10.24), max=np.log2(64))
    assert octaves.min() / octaves.max() > 0.5


def test_shares_of_occluded_truncated_and_empty(town):
    occluded = torch.cat([scene.occluded for scene in town]).float().mean()
    truncated = torch.cat([scene.truncated for scene in town]).float().mean()
    assert 0.25 <= occluded <= 0.36
    assert 0.07 <= truncated <= 0.14
    assert 0.02 <= np.mean([not len(scene.labels) for scene in town]) <= 0.09


def test_truncated_objects_touch_the_edge(town):
    boxes = torch.cat([scene.boxes[scene.truncated] for scene in town])
    at_edge = (boxes[:, :2].amin(1) <= 1) | (boxes[:, 2:].amax(1) >= 127)
    assert at_edge.float().mean() > 0.9  # something may stand between an object and the edge


def test_pairs_overlap_within_and_between_classes(town):
    within = between = 0
    for scene in town:
        overlapping = box_iou(scene.boxes, scene.boxes).triu(1) > 0.3
        equal = scene.labels[:, None] == scene.labels
        within += int((overlapping & equal).sum())
        between += int((overlapping & ~equal).sum())
    assert within >= 15
    assert between >= 60


def test_classes_are_about_as_frequent(town):
    counts = torch.bincount(torch.cat([scene.labels for scene in town]), minlength=8)
    assert counts.min() / counts.max() > 0.5


def test_bicycles_come_with_persons_except_in_the_shifted_split(town, shifted):
    def with_person(scenes):
        bicycles = [scene for scene in scenes if (scene.labels == BICYCLE).any()]
        return len(bicycles), np.mean([(scene.labels == PERSON).any().item() for scene in bicycles])

    count, share = with_person(town)
    assert count > 50
    assert share >= 0.72
    count, share = with_person(shifted)
    assert count > 50
    assert share == 0
    assert any((scene.labels == PERSON).any() for scene in shifted)


def test_colour_tells_nothing_about_the_class(town):
    """A classifier on an object's mean colour and contrast does no better than chance plus 8 points."""
    from sklearn.ensemble import RandomForestClassifier

    rows, labels = [], []
    for scene in town:
        pixels = scene.image.float()
        for mask, label in zip(scene.masks, scene.labels.tolist(), strict=True):
            rows.append(pixels[:, mask].mean(1).numpy())
            labels.append(label)
    half = len(rows) // 2
    forest = RandomForestClassifier(100, min_samples_leaf=5, random_state=0).fit(rows[:half], labels[:half])
    most_frequent = np.bincount(labels[half:]).max() / len(labels[half:])
    assert forest.score(rows[half:], labels[half:]) < most_frequent + 0.08


def test_ground_and_objects_are_textured(town):
    """Neighbouring blocks of 8 px: less than a tenth of the ground, and of the large objects, is flat."""

    def flat(values: torch.Tensor) -> float:
        return (values < 3).float().mean().item()

    ground, objects = [], []
    for scene in town[:100]:
        grey = scene.image.float().mean(0)
        blocks = grey.unfold(0, 8, 8).unfold(1, 8, 8).flatten(2).std(2)
        covered = (scene.semantic > 0).float().unfold(0, 8, 8).unfold(1, 8, 8).flatten(2).mean(2)
        ground.append(blocks[8:][covered[8:] == 0])
        objects.append(blocks[covered == 1])
    assert flat(torch.cat(ground)) < 0.1
    assert flat(torch.cat(objects)) < 0.1
