"""The solution of unit 02 computes what libraries compute: torchvision's box operations, torchmetrics' precision."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.detection import MeanAveragePrecision
from torchvision import ops
from torchvision.models.detection._utils import BoxCoder, Matcher

from autograder import reference

UNIT = "02_rcnn"
CODER = BoxCoder((1.0, 1.0, 1.0, 1.0))
SEEDS, COUNTS = st.integers(0, 2**31), st.integers(0, 30)


@pytest.fixture(scope="module")
def solution():
    return reference.load(UNIT)


def random_boxes(count, seed, side=60.0):
    """Boxes of unequal sides, wherever they lie: many overlap."""
    rng = torch.Generator().manual_seed(seed)
    corner, sides = (torch.rand(count, 2, generator=rng) for _ in range(2))
    return torch.cat([corner * side, corner * side + 2 + sides * side], dim=1)


@settings(deadline=None)
@given(SEEDS, COUNTS, COUNTS)
def test_box_iou_is_torchvisions(solution, seed, n, m):
    boxes1, boxes2 = random_boxes(n, seed), random_boxes(m, seed + 1)
    torch.testing.assert_close(solution["box_iou"](boxes1, boxes2), ops.box_iou(boxes1, boxes2))


@settings(deadline=None)
@given(SEEDS, COUNTS, st.sampled_from([0.1, 0.3, 0.5, 0.7]))
def test_nms_is_torchvisions(solution, seed, count, threshold):
    boxes, scores = random_boxes(count, seed), torch.rand(count, generator=torch.Generator().manual_seed(seed + 1))
    assert torch.equal(solution["nms"](boxes, scores, threshold), ops.nms(boxes, scores, threshold))


@settings(deadline=None)
@given(SEEDS, COUNTS)
def test_encode_boxes_is_torchvisions(solution, seed, count):
    proposals, targets = random_boxes(count, seed), random_boxes(count, seed + 1)
    expected = CODER.encode_single(targets, proposals)
    torch.testing.assert_close(solution["encode_boxes"](proposals, targets), expected, rtol=1e-4, atol=1e-5)


@settings(deadline=None)
@given(SEEDS, COUNTS, st.sampled_from([0.1, 1.0, 4.0]))
def test_decode_boxes_is_torchvisions(solution, seed, count, scale):
    deltas = scale * torch.randn(count, 4, generator=torch.Generator().manual_seed(seed + 1))
    proposals = random_boxes(count, seed)
    expected = CODER.decode_single(deltas, proposals)
    torch.testing.assert_close(solution["decode_boxes"](proposals, deltas), expected, rtol=1e-4, atol=1e-2)


@settings(deadline=None)
@given(SEEDS, COUNTS)
def test_decoding_undoes_encoding(solution, seed, count):
    proposals, targets = random_boxes(count, seed), random_boxes(count, seed + 1)
    deltas = solution["encode_boxes"](proposals, targets)
    torch.testing.assert_close(solution["decode_boxes"](proposals, deltas), targets, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(("positive", "negative"), [(0.5, 0.5), (0.5, 0.3), (0.6, 0.3)])
def test_label_proposals_is_torchvisions_matcher(solution, positive, negative):
    ious = torch.rand(200, 7, generator=torch.Generator().manual_seed(0)) ** 2
    matcher = Matcher(positive, negative, allow_low_quality_matches=False)  # rows are objects there
    assert torch.equal(solution["label_proposals"](ious, positive, negative), matcher(ious.T.contiguous()))


def of_torchmetrics(scores, matched, objects, recalls):
    """The mean envelope at these recalls: each object is a box, each detection hits another one or none."""
    places = 20.0 * torch.arange(objects + len(scores))[:, None]
    boxes = torch.cat([places, torch.zeros_like(places), places + 10, torch.full_like(places, 10)], dim=1)
    free, missed = iter(range(objects)), iter(range(objects, len(boxes)))
    found = boxes[[next(free) if hit else next(missed) for hit in matched]]
    metric = MeanAveragePrecision(iou_thresholds=[0.5], rec_thresholds=recalls, backend="faster_coco_eval")
    label = torch.zeros(len(boxes), dtype=torch.int64)
    prediction = {"boxes": found, "scores": scores, "labels": label[: len(found)]}
    metric.update([prediction], [{"boxes": boxes[:objects], "labels": label[:objects]}])
    return float(metric.compute()["map"])


@pytest.mark.parametrize("method", ["area", "11-point"])
@pytest.mark.parametrize(("count", "objects"), [(1, 1), (12, 7), (12, 40), (60, 30)])
def test_average_precision_is_torchmetrics(solution, count, objects, method):
    rng = torch.Generator().manual_seed(count + objects)
    scores = torch.rand(count, generator=rng)
    matched = torch.rand(count, generator=rng) < 0.6
    matched &= matched.cumsum(0) <= objects
    steps = 10 if method == "11-point" else objects  # under the steps of the envelope, one at each object more
    recalls = [step / steps for step in range(0 if method == "11-point" else 1, steps + 1)]
    mine = solution["average_precision"](scores, matched, objects, method)
    assert mine == pytest.approx(of_torchmetrics(scores, matched, objects, recalls), abs=1e-6)
