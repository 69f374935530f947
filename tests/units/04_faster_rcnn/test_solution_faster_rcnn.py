"""Unit 04's solution computes what torchvision's Faster R-CNN computes, where torchvision has the same part."""

import pytest
import torch
from torch import nn
from torchvision.models.detection import rpn
from torchvision.models.detection._utils import BoxCoder, Matcher
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.ops import box_iou

from autograder import reference
from course_lib.checks.faster_rcnn import generate_anchors
from course_lib.checks.faster_rcnn.faster_rcnn import hint_training
from course_lib.checks.faster_rcnn.found import boxes_in

UNIT = "04_faster_rcnn"
SEEDS = pytest.mark.parametrize("seed", range(5))


@pytest.fixture(scope="module")
def solution():
    """Everything that the solution defines up to its last graded part."""
    return reference.load(UNIT)


def random_boxes(generator, count, width=120.0, height=80.0):
    """Boxes that may overlap and may leave an image of this size."""
    corner = torch.rand(count, 2, generator=generator) * torch.tensor([width, height])
    sides = torch.rand(count, 2, generator=generator) * 40 + 4
    return torch.cat([corner - sides / 2, corner + sides / 2], dim=1)


def network(per_image=1000, fraction=0.5, pre_n=50, post_n=20, nms_threshold=0.5):
    """torchvision's region proposal network, whose methods we call one by one."""
    pre_n, post_n = ({"training": n, "testing": n} for n in (pre_n, post_n))
    head = rpn.RPNHead(4, 3)
    return rpn.RegionProposalNetwork(None, head, 0.7, 0.3, per_image, fraction, pre_n, post_n, nms_threshold)


@pytest.mark.parametrize(("size", "stride"), [((2, 3), 16), ((4, 1), 8), ((1, 5), 32)])
def test_anchors_are_torchvisions_half_a_stride_further(solution, size, stride):
    """torchvision centres an anchor at j * stride and rounds its corners: ours lie half a stride right and down."""
    scales, ratios = (32, 64), (0.25, 1.0, 4.0)  # with these the corners are whole
    library = AnchorGenerator((scales,), (ratios,))
    image = ImageList(torch.zeros(1, 3, size[0] * stride, size[1] * stride), [(size[0] * stride, size[1] * stride)])
    theirs = library(image, [torch.zeros(1, 4, *size)])[0]
    ours = solution["generate_anchors"](size, stride, scales, ratios) - stride / 2
    by_ratio = ours.reshape(*size, len(scales), len(ratios), 4).transpose(2, 3).reshape(-1, 4)  # theirs: ratio first
    torch.testing.assert_close(by_ratio, theirs)


@SEEDS
def test_assignment_is_the_matchers(solution, seed):
    generator = torch.Generator().manual_seed(seed)
    objects = random_boxes(generator, 3)
    anchors = objects.repeat(8, 1) + torch.randn(24, 4, generator=generator) * 5
    found = Matcher(0.7, 0.3, allow_low_quality_matches=True)(box_iou(objects, anchors))
    labels, matches = solution["assign_anchors"](anchors, objects, 0.7, 0.3)
    torch.testing.assert_close(labels, torch.where(found >= 0, 1, -1 - found).clamp(max=1).where(found != -2, -1))
    rescued = box_iou(anchors, objects).amax(dim=1) < 0.7
    own = (labels == 1) & ~rescued
    assert own.any()
    torch.testing.assert_close(matches[own], found[own])


@SEEDS
def test_the_head_is_torchvisions(solution, seed):
    torch.manual_seed(seed)
    theirs, ours = rpn.RPNHead(5, 3), solution["RPNHead"](5, 3)
    state = {name.replace("conv.0.0", "conv"): value for name, value in theirs.state_dict().items()}
    ours.load_state_dict(state)
    features = torch.randn(2, 5, 3, 4)
    logits, deltas = (values[0] for values in theirs([features]))
    objectness, corrections = ours(features)
    scores, boxes = rpn.concat_box_prediction_layers([logits], [deltas])
    torch.testing.assert_close(objectness.flatten(), scores.flatten())
    torch.testing.assert_close(corrections.flatten(0, 1), boxes)


@SEEDS
def test_the_losses_are_torchvisions(solution, seed):
    """With room for all anchors in torchvision's sample, nothing is left to chance."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.tensor([1.0] * 6 + [0.0] * 9 + [-1.0] * 4)[torch.randperm(19, generator=generator)]
    objectness, deltas, targets = (torch.randn(19, *size, generator=generator) for size in ((1,), (4,), (4,)))
    theirs = network(per_image=30).compute_loss(objectness, deltas, [labels], [targets])
    ours = solution["rpn_loss"](objectness[:, 0], deltas, labels.long(), targets)
    torch.testing.assert_close(ours, theirs)


@SEEDS
def test_boxes_are_decoded_as_by_the_box_coder(solution, seed):
    generator = torch.Generator().manual_seed(seed)
    boxes, deltas = random_boxes(generator, 9), torch.randn(9, 4, generator=generator) * 3
    theirs = BoxCoder((1.0, 1.0, 1.0, 1.0)).decode_single(deltas, boxes)
    torch.testing.assert_close(solution["decode_boxes"](boxes, deltas), theirs)


@SEEDS
def test_proposals_are_torchvisions(solution, seed):
    """torchvision returns probabilities for logits, in the same order."""
    generator = torch.Generator().manual_seed(seed)
    anchors, deltas = random_boxes(generator, 70), torch.randn(70, 4, generator=generator) * 0.2
    logits, library = torch.randn(70, generator=generator), network()
    library.min_size = 6.0
    decoded = BoxCoder((1.0, 1.0, 1.0, 1.0)).decode_single(deltas, anchors)
    boxes, scores = library.filter_proposals(decoded[None], logits[None], [(80, 120)], [70])
    ours = solution["propose"](logits, deltas, anchors, (80, 120), 50, 20, 6.0, 0.5)
    torch.testing.assert_close(ours[0], boxes[0])
    torch.testing.assert_close(ours[1].sigmoid(), scores[0])


def test_one_backward_pass_reaches_what_all_losses_share(solution):
    """The joint loss's gradient is the weighted sum of the losses' own."""
    shared = nn.Linear(3, 2)
    first, second = shared(torch.ones(1, 3)).square().sum(), shared(torch.arange(3.0)[None]).abs().sum()
    alone = [torch.autograd.grad(loss, shared.weight, retain_graph=True)[0] for loss in (first, second)]
    solution["joint_loss"]({"first": first, "second": second}, {"second": 0.25}).backward()
    torch.testing.assert_close(shared.weight.grad, alone[0] + 0.25 * alone[1])


@SEEDS
def test_detections_are_torchvisions(solution, seed):
    generator = torch.Generator().manual_seed(seed)
    proposals = random_boxes(generator, 12)
    scores = torch.randn(12, 4, generator=generator) * 2
    deltas = torch.randn(12, 4, 4, generator=generator) * 0.2
    library = RoIHeads(None, None, None, 0.5, 0.5, 64, 0.25, (1.0, 1.0, 1.0, 1.0), 0.1, 0.4, 100)
    boxes, chances, labels = library.postprocess_detections(scores, deltas.flatten(1), [proposals], [(80, 120)])
    ours = solution["postprocess_detections"](scores, deltas, proposals, (80, 120), 0.1, 0.4)
    torch.testing.assert_close(ours, {"boxes": boxes[0], "scores": chances[0], "labels": labels[0]})


class BoxHead(nn.Module):
    """A second stage for three classes that looks at the boxes and their image's features only a little."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 4 * 5)

    def forward(self, features, boxes):
        """Scores [R, 4] and deltas [R, 4, 4]."""
        images = [image.mean((1, 2)).expand(len(each), 4) for image, each in zip(features, boxes, strict=True)]
        seen = [torch.cat([image, each / 100], dim=1) for image, each in zip(images, boxes, strict=True)]
        scores, deltas = self.linear(torch.cat(seen)).split((4, 16), dim=1)
        return scores, deltas.unflatten(1, (4, 4))


@pytest.fixture
def detector(solution):
    """A whole, tiny Faster R-CNN with random weights."""
    torch.manual_seed(0)
    backbone = nn.Conv2d(3, 4, kernel_size=3, stride=16, padding=1)
    return solution["FasterRCNN"](backbone, solution["RPNHead"](4, 12), BoxHead(), stride=16)


TARGETS = [
    {"boxes": torch.tensor([[10.0, 10, 50, 60], [30, 20, 100, 70]]), "labels": torch.tensor([1, 3])},
    {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)},
]


def test_four_losses_reach_every_weight(detector, solution):
    losses = detector(torch.rand(2, 3, 80, 120), TARGETS)
    assert set(losses) == {"loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"}
    assert all(loss.ndim == 0 and loss > 0 for loss in losses.values())
    solution["joint_loss"](losses, {}).backward()
    assert all(weights.grad.abs().sum() > 0 for weights in detector.parameters())


def test_a_batch_without_objects_has_finite_losses(detector, solution):
    losses = detector(torch.rand(1, 3, 80, 120), TARGETS[1:])
    assert losses["loss_rpn_box_reg"] == losses["loss_box_reg"] == 0
    assert solution["joint_loss"](losses, {}) > 0


def test_detections_lie_in_the_image_and_are_sorted(detector):
    with torch.no_grad():
        found = detector.eval()(torch.rand(2, 3, 80, 120))
    assert len(found) == 2
    for one in found:
        assert len(one["boxes"]) == len(one["labels"]) == len(one["scores"]) > 0
        assert (one["boxes"] >= 0).all()
        assert (one["boxes"] <= torch.tensor([120, 80, 120, 80])).all()
        assert (one["scores"].diff() <= 0).all()
        assert set(one["labels"].tolist()) <= {1, 2, 3}


def test_a_hint_fits_what_is_wrong():
    """One that does not fit is worse than none."""
    expected = {"losses": {}, "sampled": 11, "judged": 11}
    inputs = {"targets": [{"boxes": torch.zeros(2, 4)}, {"boxes": torch.zeros(1, 4)}]}
    assert "At the start" in hint_training(expected | {"sampled": 8, "judged": 8}, expected, inputs)
    assert "`sample` returns" in hint_training(expected | {"judged": 8}, expected, inputs)
    assert hint_training(expected | {"sampled": 3, "judged": 3}, expected, inputs) == ""
    anchors = torch.tensor([[0.25, 0.25, 8.5, 8.5]])
    assert "rounded" in generate_anchors.hint(anchors.floor(), anchors, {})
    assert "middle" in generate_anchors.hint(anchors + 4, anchors, {})


@pytest.mark.parametrize(("counts", "words"), [([0, 0], "no box"), ([1, 1], "1 box"), ([3, 3], "3 boxes")])
def test_numbers_of_boxes_are_said_in_words(counts, words):
    assert boxes_in(counts) == words
