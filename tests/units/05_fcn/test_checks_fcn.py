"""Unit 05: what a student reads and sees when an answer is wrong points at that mistake and at no other."""

import pytest
import torch
from torch import nn

from autograder import reference
from autograder.exam import papers
from autograder.exam.judge import judge
from course_lib import plots
from course_lib.checks import report, run
from course_lib.checks.fcn import (
    bilinear_kernel,
    confusion_matrix,
    convolutionize,
    full_resolution_residual_unit,
    fuse_skip,
    mean_iou,
    up_block,
)
from tests.helpers.kept_papers import paper_of
from tests.helpers.public import Public

UNIT = "05_fcn"
PUBLIC = Public(UNIT)
CHECKS, reported = PUBLIC.checks, PUBLIC.reported
OURS = reference.load(UNIT)


@pytest.mark.parametrize(
    ("check", "version", "hint"),
    [
        ("confusion_matrix", "transposed", confusion_matrix.ELSEWHERE),
        ("confusion_matrix", "symmetric", confusion_matrix.MORE),
        ("confusion_matrix", "lost-counts", confusion_matrix.FEWER),
        ("confusion_matrix", "wraps", confusion_matrix.STRANGER),
        ("confusion_matrix", "shapes-ignored", confusion_matrix.SAME_SHAPE),
        ("confusion_matrix", "asserts", ""),
        ("mean_iou", "dice", mean_iou.CIRCLES),
        ("mean_iou", "absent-zero", mean_iou.NOTHING),
        ("mean_iou", "nan", mean_iou.NOTHING),
        ("mean_iou", "only-occurring", mean_iou.UNION),
        ("mean_iou", "rounded", mean_iou.NEARLY),
        ("mean_iou", lambda confusion: 100 * OURS["mean_iou"](confusion), mean_iou.PERCENT),
        ("convolutionize", "hwc-view", convolutionize.ORDER),
        ("convolutionize", "mean_over_the_window", convolutionize.WHAT),
        ("convolutionize", "bias_twice", ""),
        ("bilinear_kernel", "mixes-channels", bilinear_kernel.MIXED),
        ("bilinear_kernel", "steeper", bilinear_kernel.TENT),
        ("fuse_skip", "cut_at_the_beginning", fuse_skip.OTHER_END),
        ("fuse_skip", "difference", fuse_skip.TWO_PARTS),
        ("UpBlock", "Leaky", up_block.BELOW_ZERO),
        ("UpBlock", "ReluOnInputs", up_block.WAY),
        ("FullResolutionResidualUnit", "SmallestPooled", full_resolution_residual_unit.Y),
        ("FullResolutionResidualUnit", "Subtracted", full_resolution_residual_unit.Z),
        ("FullResolutionResidualUnit", "no-last-relu", full_resolution_residual_unit.BELOW_ZERO),
    ],
)
def test_a_hint_fits_what_is_wrong(check, version, hint):
    values = [result for result in reported(check, version).failed if result.message.startswith(("At", "In", "Exp"))]
    assert values[0].hint == hint


def test_a_border_alone_is_named():
    def at_the_border(coarse, fine):
        right = OURS["fuse_skip"](coarse, fine)
        changed = right + 1
        changed[:, :, 1:-1, 1:-1] = right[:, :, 1:-1, 1:-1]
        return changed

    assert reported("fuse_skip", at_the_border).failed[0].hint == fuse_skip.BORDER


@pytest.mark.parametrize(
    ("check", "version", "words"),
    [
        ("confusion_matrix", "transposed", "all counts together: expected 30, yours 30"),
        ("mean_iou", "absent-one", "0/0, "),
        ("convolutionize", "rows_turned", "weight at [1, 0, 0, 1]: expected 0.38, yours -0.42"),
        ("convolutionize", "bias-lost", "expected a bias, yours has no bias"),
        ("bilinear_kernel", "later_middle", "from channel 0 to channel 0"),
        ("fuse_skip", "ignores-fine", "the fine score there is"),
        ("UpBlock", "order", "coarse 3 × 2 × 3, skip 3 × 4 × 6"),
        ("FullResolutionResidualUnit", "tiled", "z was"),
    ],
)
def test_a_counterexample_says_and_draws_what_is_wrong(check, version, words):
    found = reported(check, version).counterexample
    assert words in found.text
    if found.draw:
        plots.close(found.draw())


def with_plain_tensors(linear, shape):
    conv = OURS["convolutionize"](linear, shape)
    for name, values in (("weight", linear.weight.view(-1, *shape)), ("bias", linear.bias)):
        delattr(conv, name)
        setattr(conv, name, values)
    return conv


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (lambda linear, shape: lambda x: x, "Expected an nn.Conv2d, got function"),
        (lambda linear, shape: None, "got None. Is there a `return`?"),
        (lambda linear, shape: nn.Sequential(nn.Unfold(shape[1:]), linear), "Expected an nn.Conv2d"),
        (lambda linear, shape: OURS["convolutionize"](linear, shape).half(), "torch.float32"),
        (lambda linear, shape: nn.Conv1d(shape[0], linear.out_features, shape[1]), "got Conv1d(1, 2, kernel_size"),
        (lambda linear, shape: with_plain_tensors(linear, shape), "parameters (nn.Parameter), got plain tensors"),
    ],
)
def test_what_is_no_convolution_is_refused_in_words_and_not_as_the_students_exception(version, words):
    found = report.text(reported("convolutionize", version))
    assert words in found
    assert "raised" not in found


def test_a_layer_that_no_longer_learns_is_not_left_alone():
    def freezes(linear, shape):
        return OURS["convolutionize"](linear.requires_grad_(False), shape).requires_grad_(True)

    (only,) = reported("convolutionize", freezes).failed
    assert (only.case.name, only.hint) == ("leaves the layer alone", convolutionize.STILL_LEARNS)


def test_masks_that_view_cannot_flatten_are_among_the_cases():
    def flattens(pred, target, classes, ignore):
        if pred.shape == target.shape:
            pred, target = pred.view(-1), target.view(-1)
        return OURS["confusion_matrix"](pred, target, classes, ignore)

    (only,) = reported("confusion_matrix", flattens).failed
    assert only.case.name == "views that are not contiguous"
    assert "view" in only.message


def test_counts_that_overflow_are_named_and_not_the_circles():
    def narrow(confusion):
        return OURS["mean_iou"](confusion.int())

    (only,) = reported("mean_iou", narrow).failed
    assert "billions" in only.hint


def test_a_table_of_the_public_kernels_earns_next_to_nothing():
    check = CHECKS["bilinear_kernel"]
    questions, _ = run.load_public(UNIT, check)
    kept = {question.inputs["factor"]: question.expected for question in questions if question.case.kind != "property"}

    def remembered(channels, factor):
        tent = kept[factor][0, 0] if factor in kept else torch.zeros(2 * factor - factor % 2, 2 * factor - factor % 2)
        return torch.eye(channels)[:, :, None, None] * tent

    earned = []
    for seed in range(20):
        paper = paper_of(UNIT, check.name, seed)
        verdict = judge([paper], papers.answers_of([paper], {check.name: remembered}), ())
        earned.append(verdict.reports[check.name].points)
    assert sum(earned) / len(earned) < 0.1 * check.points


def test_both_ways_to_meet_an_odd_size_are_right():
    def straight(coarse, fine):
        larger = nn.functional.interpolate(coarse, fine.shape[2:], mode="bilinear", align_corners=False)
        return larger + fine

    coarse, fine = torch.randn(1, 2, 4, 5), torch.randn(1, 2, 7, 9)
    assert not torch.allclose(straight(coarse, fine), OURS["fuse_skip"](coarse, fine))
    assert reported("fuse_skip", straight).passed


def test_weights_that_are_left_at_random_are_named():
    def fresh(linear, shape):
        return nn.Conv2d(shape[0], linear.out_features, kernel_size=shape[1:], bias=linear.bias is not None)

    torch.manual_seed(7)
    assert reported("convolutionize", fresh).misconception == "fresh-weights"


def test_the_stream_that_is_wrong_is_named():
    assert "In `z`: " in reported("FullResolutionResidualUnit", "tiled").failed[0].message
    assert "In `y`: " in reported("FullResolutionResidualUnit", "order").failed[0].message
