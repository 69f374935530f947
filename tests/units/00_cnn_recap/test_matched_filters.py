"""Unit 00's experiment: every known digit, moved over the whole sheet, is no substitute for a network that learned."""

import pytest
import torch
from torch.nn.functional import conv2d

from course_lib.checks.cnn_recap.experiment import CHECK
from course_lib.checks.run import generator
from course_lib.data import digits

CASE = CHECK.cases[0]


@pytest.fixture(scope="module")
def known():
    """All digits that students have, those of the test split as well, and what they show."""
    images, labels = (torch.cat(parts) for parts in zip(*map(digits, ("train", "test")), strict=True))
    return images, labels


def best_matches(sheets, templates):
    """Normalised cross-correlation at the best place, of each template with each sheet. [n, templates]"""
    area = templates[0].numel()
    patterns = templates - templates.mean(dim=(1, 2, 3), keepdim=True)
    patterns = patterns / patterns.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    ones = torch.ones_like(templates[:1])
    total, squares = conv2d(sheets, ones), conv2d(sheets * sheets, ones)
    contrast = (squares - total**2 / area).clamp(min=1e-6).sqrt()
    return (conv2d(sheets, patterns) / contrast).flatten(2).amax(dim=2)


@pytest.mark.parametrize("seed", [2**250 + 77, 2**200 + 7, 2**199 + 123])
@pytest.mark.parametrize("votes", [1, 15])
def test_matched_filters_of_all_known_digits_earn_nothing(known, seed, votes):
    images, labels = known
    asked = CASE.make_inputs(generator(seed, CASE))
    nearest = labels[best_matches(asked["images"].float(), images.float()).topk(votes).indices]
    wrong = CASE.compare(nearest.mode(dim=1).values, None, asked)
    assert wrong is not None
    assert wrong.credit == 0
