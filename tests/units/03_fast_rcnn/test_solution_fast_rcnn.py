"""The solution of unit 03 computes what the libraries compute: torchvision's RoI operations and loss, autograd, SVD."""

import time

import numpy as np
import pytest
import torch
from torch import nn
from torchvision import ops
from torchvision.models.detection.roi_heads import fastrcnn_loss

from autograder import reference
from tests.helpers.budget import in_time

UNIT = "03_fast_rcnn"


@pytest.fixture(scope="module")
def solution():
    return reference.load(UNIT)


def random_regions(count, images, side, generator):
    """Regions in an image of `side` pixels, some beyond its border; no corner at .5 of a cell of 8 or 16 pixels."""
    corners = torch.randint(-side // 4, side, (count, 2), generator=generator)
    sizes = torch.randint(0, side // 2, (count, 2), generator=generator)
    rois = torch.cat([corners, corners + sizes], dim=1).float() + 0.3
    return torch.cat([torch.randint(images, (count, 1), generator=generator), rois], dim=1)


@pytest.fixture(params=range(4))
def pooled(request):
    """Maps of two images, regions, bins along a side, scale."""
    generator = torch.Generator().manual_seed(request.param)
    features = torch.randn(2, 3, 9, 14, generator=generator)
    size, scale = [(1, 1 / 8), (2, 1 / 8), (5, 1 / 16), (7, 1 / 16)][request.param]
    return features, random_regions(40, 2, round(12 / scale), generator), size, scale


def test_roi_pool_is_torchvisions(solution, pooled):
    features, rois, size, scale = pooled
    pooled, argmax = solution["roi_pool"](features, rois, size, scale)
    expected, places = torch.ops.torchvision.roi_pool(features, rois, scale, size, size)
    assert torch.equal(pooled, expected)
    assert torch.equal(argmax, places.long())
    assert (argmax < 0).any()  # some bins lie outside


def test_the_pooled_responses_carry_the_gradient_that_roi_pool_backward_computes(solution, pooled):
    features, rois, size, scale = pooled
    features.requires_grad_()
    pooled, argmax = solution["roi_pool"](features, rois, size, scale)
    grad = torch.randn(pooled.shape, generator=torch.Generator().manual_seed(5))
    pooled.backward(grad)
    back = solution["roi_pool_backward"](grad, argmax, rois, tuple(features.shape))
    torch.testing.assert_close(back, features.grad)
    assert not argmax.requires_grad


def test_roi_pool_backward_is_torchvisions(solution, pooled):
    features, rois, size, scale = pooled
    features.requires_grad_()
    grad = torch.randn(len(rois), 3, size, size, generator=torch.Generator().manual_seed(6))
    ops.roi_pool(features, rois, size, scale).backward(grad)
    argmax = torch.ops.torchvision.roi_pool(features, rois, scale, size, size)[1].long()
    back = solution["roi_pool_backward"](grad, argmax, rois, tuple(features.shape))
    torch.testing.assert_close(back, features.grad)


@pytest.mark.timed
@pytest.mark.parametrize(("count", "limit"), [(64, 0.060), (151, 0.150)])
def test_roi_pool_is_fast_enough_to_train_with(solution, count, limit):
    features = torch.randn(1, 64, 32, 32, generator=torch.Generator().manual_seed(0))
    rois = random_regions(count, 1, 512, torch.Generator().manual_seed(1))
    seconds = []
    for _ in range(5):
        start = time.process_time()
        solution["roi_pool"](features, rois, 7, 1 / 16)
        seconds.append(time.process_time() - start)
    in_time(limit, min(seconds))


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_roi_align_is_torchvisions(solution, aligned, ratio):
    generator = torch.Generator().manual_seed(ratio)
    features = torch.randn(2, 3, 9, 14, generator=generator)
    x1, y1 = (torch.rand(30, 1, generator=generator) * side for side in (96, 56))
    width, height = (torch.rand(30, 1, generator=generator) * most for most in (112 - x1, 72 - y1))
    image = torch.randint(2, (30, 1), generator=generator)
    rois = torch.cat([image, x1, y1, x1 + width, y1 + height], dim=1)
    aligned_by_us = solution["roi_align"](features, rois, 3, 1 / 8, ratio, aligned)
    torch.testing.assert_close(
        aligned_by_us, ops.roi_align(features, rois, 3, 1 / 8, ratio, aligned), atol=1e-5, rtol=1e-4
    )


@pytest.mark.parametrize("aligned", [True, False])
def test_roi_align_of_regions_below_a_cell_is_torchvisions(solution, aligned):
    features = torch.randn(1, 2, 9, 14, generator=torch.Generator().manual_seed(0))
    rois = torch.tensor([[0.0, 40, 24, 43, 26], [0, 17, 9, 17, 30]])
    expected = ops.roi_align(features, rois, 2, 1 / 8, 2, aligned)
    torch.testing.assert_close(solution["roi_align"](features, rois, 2, 1 / 8, 2, aligned), expected)


@pytest.mark.parametrize("beta", [0.0, 1 / 9, 1.0, 2.5])
def test_smooth_l1_and_its_slope_are_torchs(solution, beta):
    errors = torch.cat([torch.tensor([0.0]), torch.randn(50, generator=torch.Generator().manual_seed(0)) * 3])
    ours, theirs = errors.clone().requires_grad_(), errors.clone().requires_grad_()
    loss = solution["smooth_l1"](ours, beta)
    expected = nn.functional.smooth_l1_loss(theirs, torch.zeros(51), reduction="none", beta=beta)
    torch.testing.assert_close(loss, expected)
    loss.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_smooth_l1_learns_with_beta_0_where_torch_where_alone_would_not(solution):
    errors = torch.tensor([-2.0, 0.25, 3.0], requires_grad=True)
    solution["smooth_l1"](errors, 0.0).sum().backward()
    assert errors.grad.tolist() == [-1.0, 1.0, 1.0]


@pytest.mark.parametrize("labels", [[2, 0, 1, 0, 0, 3], [0, 0, 0, 0, 0, 0], [1, 1, 2, 3, 3, 1]])
def test_the_losses_are_torchvisions_where_its_beta_does_not_matter(solution, labels):
    """torchvision's beta is 1/9: beyond 1 the two curves are parallel lines, 0.5 - 0.5 / 9 apart."""
    generator, labels = torch.Generator().manual_seed(0), torch.tensor(labels)
    scores, targets = torch.randn(6, 4, generator=generator), torch.randn(6, 4, generator=generator)
    signs = torch.randn(6, 4, 4, generator=generator).sign()
    deltas = targets[:, None] + signs * (1.1 + torch.rand(6, 4, 4, generator=generator))  # each error is above 1
    classifier, box = solution["fast_rcnn_loss"](scores, deltas, labels, targets)
    theirs, theirs_box = fastrcnn_loss(scores, deltas.flatten(1), [labels], [targets])
    torch.testing.assert_close(classifier, theirs)
    lower = (0.5 - 0.5 / 9) * 4 * int((labels > 0).sum()) / len(labels)
    torch.testing.assert_close(box, theirs_box - lower)


def test_gradients_reach_scores_and_the_true_classes_corrections_alone(solution):
    labels = torch.tensor([2, 0, 1])
    scores, deltas = torch.zeros(3, 4, requires_grad=True), torch.zeros(3, 4, 4, requires_grad=True)
    sum(solution["fast_rcnn_loss"](scores, deltas, labels, torch.ones(3, 4))).backward()
    assert scores.grad.ne(0).all()
    reached = deltas.grad.ne(0).all(dim=2)
    assert reached.nonzero().tolist() == [[0, 2], [2, 1]]


def test_sample_rois_draws_what_the_paper_says(solution):
    ious = torch.cat([torch.full((40, 1), 0.7), torch.full((200, 1), 0.3), torch.full((60, 1), 0.05)])
    foreground, background = solution["sample_rois"](ious, 64, 0.25, torch.Generator().manual_seed(0))
    assert (len(foreground), len(background)) == (16, 48)
    assert foreground.max() < 40
    assert background.min() >= 40
    assert background.max() < 240


def test_an_iou_on_a_threshold_belongs_to_the_kind_above_it(solution):
    below = torch.nextafter(torch.tensor([0.5, 0.1]), torch.tensor(0.0))
    ious = torch.stack([torch.tensor(0.5), below[0], torch.tensor(0.1), below[1]])[:, None]
    foreground, background = solution["sample_rois"](ious, 64, 0.25, torch.Generator().manual_seed(0))
    assert foreground.tolist() == [0]
    assert sorted(background.tolist()) == [1, 2]


@pytest.mark.parametrize(("inputs", "outputs", "rank"), [(30, 20, 5), (20, 30, 20), (16, 16, 1)])
def test_truncated_svd_is_the_best_approximation_of_its_rank(solution, inputs, outputs, rank):
    torch.manual_seed(0)
    linear = nn.Linear(inputs, outputs)
    narrow, wide = solution["truncated_svd"](linear, rank)
    left_out = torch.linalg.svdvals(linear.weight.detach())[rank:]
    error = torch.linalg.matrix_norm(linear.weight.detach() - wide.weight.detach() @ narrow.weight.detach())
    np.testing.assert_allclose(error.item(), left_out.square().sum().sqrt().item(), atol=1e-5)  # Eckart and Young
    assert narrow.bias is None
    assert torch.equal(wide.bias, linear.bias)


def test_a_full_truncated_svd_changes_nothing(solution):
    torch.manual_seed(0)
    linear, x = nn.Linear(12, 8), torch.randn(5, 12)
    torch.testing.assert_close(solution["truncated_svd"](linear, 8)(x), linear(x), atol=1e-5, rtol=1e-4)
