"""Realism: real pictures pass, and what no face looks like does not."""

import pytest
import torch
from torch.nn import functional as F

from course_lib.models.attributes import AttributeNet
from course_lib.models.realism import Realism


def pictures(count, seed):
    """Faces of a kind: a bright disk of any colour, size and place on a dark ground, with grain."""
    rng = torch.Generator().manual_seed(seed)
    x, y, radius = (10 + 12 * torch.rand(3, count, 1, 1, generator=rng)).unbind(0)
    grid = torch.arange(32.0)
    inside = (grid[None, None] - x) ** 2 + (grid[None, :, None] - y) ** 2 < (0.6 * radius) ** 2
    colours = 0.5 + 0.4 * torch.rand(count, 3, 1, 1, generator=rng)
    grain = 0.03 * torch.randn(count, 3, 32, 32, generator=rng)
    return (0.1 + inside[:, None] * (colours - 0.1) + grain).clamp(0, 1)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return AttributeNet().eval()


@pytest.fixture(scope="module")
def realism(network):
    return Realism(network, pictures(900, 0))


def test_known_pictures_are_less_than_one_away(realism):
    squares = realism.distance(pictures(900, 0)).square()
    assert 0.3 < float(squares.mean()) < 1


def test_the_limit_is_kept_by_that_share_of_others(realism):
    limit = realism.limit(pictures(500, 1))
    shares = (realism.distance(pictures(500, 2)) <= limit).float().mean()
    assert float(shares) == pytest.approx(0.95, abs=0.03)
    assert realism.limit(pictures(500, 1), 0.5) < limit


@pytest.mark.parametrize(
    "changed",
    [
        lambda images: torch.full_like(images, 0.5),
        lambda images: 1 - images,
        lambda images: F.avg_pool2d(images, 5, 1, 2, count_include_pad=False),
        lambda images: torch.rand(images.shape, generator=torch.Generator().manual_seed(3)),
        lambda images: (images + 0.2 * torch.randn(images.shape, generator=torch.Generator().manual_seed(4))).clamp(
            0, 1
        ),
    ],
    ids=["grey", "inverted", "blurred", "noise", "grainy"],
)
def test_what_no_picture_of_the_kind_looks_like_is_refused(realism, changed):
    limit = realism.limit(pictures(500, 1))
    assert (realism.distance(changed(pictures(200, 5))) > limit).float().mean() > 0.9


def test_the_mahalanobis_distance_is_scipys(realism):
    from scipy.spatial.distance import mahalanobis

    statistics = realism.statistics(pictures(3, 7)).double().numpy()
    mean, spread, inverse = (part.double().numpy() for part in (realism.mean, realism.spread, realism.inverse))
    expected = [mahalanobis((row - mean) / spread, 0 * mean, inverse) / len(mean) ** 0.5 for row in statistics]
    assert realism.distance(pictures(3, 7)).tolist() == pytest.approx(expected, rel=0.01)


def test_each_picture_is_judged_by_itself(realism):
    images = pictures(7, 8)
    torch.testing.assert_close(realism.distance(images)[3:4], realism.distance(images[3:4]), rtol=1e-3, atol=1e-3)
