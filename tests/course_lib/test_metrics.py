"""Metrics: literal values, published values, and slow loops as oracles."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings, strategies

from course_lib.metrics import (
    average_best_overlap,
    cmc,
    false_positives_per_image,
    match_detections,
    mean_average_precision,
    near_border,
    recall,
)

NOTHING = {"boxes": torch.zeros(0, 4), "scores": torch.zeros(0), "labels": torch.zeros(0, dtype=torch.int64)}


def found(boxes, scores, labels):
    """A prediction of one image."""
    return {"boxes": torch.tensor(boxes, dtype=torch.float32), "scores": torch.tensor(scores), **tags(labels)}


def target(boxes, labels, **more):
    """The objects of one image."""
    return {"boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4), **tags(labels), **more}


def tags(labels):
    return {"labels": torch.tensor(labels, dtype=torch.int64)}


def test_one_right_and_one_missed_class():
    predictions = [found([[0, 0, 10, 10], [20, 20, 30, 30]], [0.9, 0.8], [0, 1])]
    targets = [target([[0, 0, 10, 10], [0, 0, 5, 5]], [0, 1])]
    result = mean_average_precision(predictions, targets, ["car", "dog", "sign"])
    assert result.map == pytest.approx(0.5)
    assert result.per_class["car"] == pytest.approx(1)
    assert result.per_class["dog"] == 0
    assert math.isnan(result.per_class["sign"])


@pytest.mark.parametrize(("iou", "expected"), [(0.5, 1.0), (0.7, 0.0)])
def test_threshold_is_selectable(iou, expected):
    predictions, targets = [found([[0, 0, 10, 6]], [0.9], [0])], [target([[0, 0, 10, 10]], [0])]  # their IoU is 0.6
    assert mean_average_precision(predictions, targets, ["car"], iou).map == pytest.approx(expected)


def test_no_detection_and_no_object():
    empty = target([], [])
    assert mean_average_precision([NOTHING], [target([[0, 0, 5, 5]], [0])], ["car"]).map == 0
    assert math.isnan(mean_average_precision([NOTHING], [empty], ["car"]).map)
    assert math.isnan(mean_average_precision([], [], ["car"]).map)


def test_detections_on_an_empty_image_cost_precision():
    sure = found([[0, 0, 10, 10]], [0.9], [0])
    less = found([[0, 0, 10, 10]], [0.5], [0])
    result = mean_average_precision([sure, less], [target([], []), target([[0, 0, 10, 10]], [0])], ["car"])
    assert result.map == pytest.approx(0.5)


def test_difficult_objects_neither_count_nor_cost():
    difficult = torch.tensor([False, True])
    targets = [target([[0, 0, 10, 10], [50, 50, 60, 60]], [0, 0], difficult=difficult)]
    only_easy = [found([[0, 0, 10, 10]], [0.9], [0])]
    both = [found([[0, 0, 10, 10], [50, 50, 60, 60]], [0.8, 0.9], [0, 0])]
    assert mean_average_precision(only_easy, targets, ["car"]).map == pytest.approx(1)
    assert mean_average_precision(both, targets, ["car"]).map == pytest.approx(1)


def test_lists_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="2 predictions for 1 targets"):
        mean_average_precision([NOTHING, NOTHING], [target([], [])], ["car"])


def test_second_hit_on_an_object_is_wrong():
    predictions = [found([[0, 0, 10, 9], [0, 0, 10, 10]], [0.6, 0.8], [0, 0])]
    scores, matched, objects = match_detections(predictions, [target([[0, 0, 10, 10]], [0])], 0)
    assert scores.tolist() == pytest.approx([0.8, 0.6])
    assert matched.tolist() == [True, False]
    assert objects == 1


def test_matching_sorts_over_images_and_keeps_classes_apart():
    predictions = [found([[0, 0, 9, 9]], [0.3], [0]), found([[0, 0, 9, 9], [0, 0, 9, 9]], [0.7, 0.9], [0, 1])]
    targets = [target([[0, 0, 9, 9]], [0]), target([[50, 50, 60, 60]], [0])]
    scores, matched, objects = match_detections(predictions, targets, 0)
    assert scores.tolist() == pytest.approx([0.7, 0.3])
    assert matched.tolist() == [False, True]
    assert objects == 2


def read_boxes(path, scored):
    """Boxes xyxy (and scores) of a reference file: name, score where there is one, x, y, width, height."""
    rows = [[float(value) for value in line.split()[1:]] for line in path.read_text().splitlines() if line.strip()]
    values = torch.tensor(rows).reshape(len(rows), 5 if scored else 4)
    boxes = torch.cat([values[:, -4:-2], values[:, -4:-2] + values[:, -2:]], dim=1)
    labels = torch.zeros(len(rows), dtype=torch.int64)
    return {"boxes": boxes, "labels": labels} | ({"scores": values[:, 0]} if scored else {})


@pytest.mark.parametrize(("iou", "expected"), [(0.1, 0.2801), (0.3, 0.2254), (0.5, 0.0222), (0.75, 0.0)])
def test_published_average_precision(test_data, iou, expected):
    """Area under the envelope with continuous boxes, as published with the reference images."""
    folder = test_data / "ap_reference" / "test_case_1"
    names = sorted(path.name for path in (folder / "gts").iterdir())
    predictions = [read_boxes(folder / "dets" / name, scored=True) for name in names]
    targets = [read_boxes(folder / "gts" / name, scored=False) for name in names]
    _, matched, objects = match_detections(predictions, targets, 0, iou)
    precision = matched.cumsum(0) / torch.arange(1, len(matched) + 1)
    area = sum(float(precision[rank:].max()) / objects for rank in matched.nonzero()[:, 0])
    assert area == pytest.approx(expected, abs=1e-4)


def test_false_positives_at_equal_recall():
    predictions = [found([[90, 90, 99, 99], [0, 0, 10, 10], [60, 60, 70, 70]], [0.9, 0.8, 0.1], [0, 0, 0])]
    targets = [target([[0, 0, 10, 10], [30, 30, 40, 40]], [0, 0])]
    assert false_positives_per_image(predictions, targets, ["car"], recall=0.5) == 1
    assert false_positives_per_image(predictions, targets, ["car"], recall=1.0) == math.inf
    assert math.isnan(false_positives_per_image([NOTHING], [target([], [])], ["car"], recall=0.5))


def test_false_positives_share_one_threshold_over_classes_and_images():
    right = found([[0, 0, 10, 10], [50, 50, 60, 60]], [0.9, 0.3], [0, 1])
    wrong = found([[90, 90, 99, 99], [80, 80, 99, 99]], [0.5, 0.1], [1, 0])
    targets = [target([[0, 0, 10, 10], [50, 50, 60, 60]], [0, 1]), target([], [])]
    assert false_positives_per_image([right, wrong], targets, ["car", "dog"], recall=0.5) == 0
    assert false_positives_per_image([right, wrong], targets, ["car", "dog"], recall=1.0) == 0.5


def test_recall_and_best_overlap_of_proposals():
    proposals = [torch.tensor([[0.0, 0, 10, 6], [0, 0, 1, 1]]), torch.zeros(0, 4)]
    targets = [target([[0, 0, 10, 10]], [0]), target([[0, 0, 10, 10]], [0])]
    assert recall(proposals, targets, 0.5) == 0.5
    assert recall(proposals, targets, 0.7) == 0
    assert average_best_overlap(proposals, targets) == pytest.approx(0.3)
    assert math.isnan(average_best_overlap([torch.zeros(0, 4)], [target([], [])]))


boxes_of = strategies.lists(strategies.tuples(*[strategies.integers(0, 20)] * 2), max_size=6)


@settings(deadline=None, max_examples=50)
@given(boxes_of, boxes_of)
def test_matching_agrees_with_a_slow_loop(corners, objects):
    """Greedy matching of 10-pixel squares, written as the VOC development kit writes it."""
    squares = [[x, y, x + 10, y + 10] for x, y in corners]
    truths = [[x, y, x + 10, y + 10] for x, y in objects]
    scores = [1 - rank / 10 for rank in range(len(squares))]
    prediction = found(squares, scores, [0] * len(squares)) if squares else NOTHING
    _, matched, _ = match_detections([prediction], [target(truths, [0] * len(truths))], 0, 0.3)

    taken, expected = set(), []
    for a in squares:
        overlaps = [overlap(a, b) for b in truths]
        best = max(range(len(truths)), key=overlaps.__getitem__, default=None)
        expected.append(best is not None and overlaps[best] >= 0.3 and best not in taken)
        if expected[-1]:
            taken.add(best)
    assert matched.tolist() == expected


def overlap(a, b):
    """IoU of two boxes, by hand."""
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return width * height / (200 - width * height)


def test_a_pixel_is_near_a_border_when_its_square_holds_another_class():
    mask = torch.zeros(5, 9, dtype=torch.uint8)
    mask[:, 5:] = 3
    assert near_border(mask).int().tolist() == [[0, 0, 0, 1, 1, 1, 1, 0, 0]] * 5
    assert near_border(mask, width=1).int().tolist() == [[0, 0, 0, 0, 1, 1, 0, 0, 0]] * 5


def test_void_makes_no_border_and_is_never_near_one():
    mask = torch.zeros(3, 9, dtype=torch.uint8)
    mask[:, 4] = 255
    assert not near_border(mask).any()
    mask[:, 5:] = 1
    assert near_border(mask).int().tolist() == [[0, 0, 0, 1, 0, 1, 0, 0, 0]] * 3
    assert not near_border(torch.full((4, 4), 255)).any()


@pytest.mark.parametrize("seed", range(3))
def test_what_is_near_a_border_is_found_pixel_by_pixel(seed):
    mask = torch.randint(3, (4, 5), generator=torch.Generator().manual_seed(seed)).repeat_interleave(4, 0)
    mask = mask.repeat_interleave(4, 1)
    mask[mask == 2] = 255
    for row, column in itertools.product(range(16), range(20)):
        square = mask[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3]
        several = len(set(square[square != 255].tolist())) > 1
        assert bool(near_border(mask)[row, column]) == (several and mask[row, column] != 255)


def test_a_person_is_found_at_the_rank_of_the_nearest_face():
    gallery = torch.tensor([[0.0], [1.0], [3.0], [9.0]])
    queries = torch.tensor([[0.2], [1.2], [4.0], [5.0]])  # first, second, third, and nobody of the gallery
    shares = cmc(queries, gallery, torch.tensor([7, 7, 7, 5]), torch.tensor([7, 8, 8, 6]), ranks=3)
    assert shares.tolist() == [0.25, 0.5, 0.75]
