"""The solution of unit 07 computes what PyTorch, scikit-image, pytorch-metric-learning and plain algebra compute."""

from itertools import product

import numpy as np
import pytest
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import TripletMarginMiner
from pytorch_metric_learning.reducers import MeanReducer
from pytorch_metric_learning.samplers import MPerClassSampler
from skimage.transform import estimate_transform, warp
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from autograder import reference

UNIT = "07_faces"
SQUARED = LpDistance(normalize_embeddings=False, p=2, power=2)


@pytest.fixture(scope="module")
def solution():
    return reference.load(UNIT)


def drawn(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def a_face(seed, count=5, size=32):
    """An image, landmarks in it and a template, none of which fit exactly."""
    image = torch.rand(3, 50, 60, generator=generator(seed))
    template = size / 2 + size / 5 * drawn(seed + 100, count, 2)
    turn = drawn(seed + 200, 2) + torch.tensor([1.0, 0.0])
    matrix = torch.stack([torch.stack([turn[0], -turn[1]]), torch.stack([turn[1], turn[0]])])
    landmarks = (template - size / 2) @ matrix.T + torch.tensor([30.0, 25.0]) + drawn(seed + 300, count, 2)
    return image, landmarks, template, size


def warped(image, transform, size):
    """scikit-image's bilinear sampling; it counts pixel centres as whole numbers, and what is outside as 0."""

    def source(places):
        return transform.inverse(places + 0.5) - 0.5

    shape = (size, size)
    return torch.stack([torch.from_numpy(warp(one.numpy(), source, output_shape=shape, order=1)) for one in image])


@pytest.mark.parametrize("count", [2, 3, 5, 68])
@pytest.mark.parametrize("seed", range(5))
def test_the_aligned_face_is_scikit_images(solution, seed, count):
    image, landmarks, template, size = a_face(seed, count)
    transform = estimate_transform("similarity", landmarks.double().numpy(), template.double().numpy())
    found = solution["align_face"](image, landmarks, template, size)
    torch.testing.assert_close(found.double(), warped(image.double(), transform, size), rtol=0, atol=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_no_similarity_nearby_fits_better(solution, seed):
    """The image holds its own coordinates, so the output tells which map was used."""
    _, landmarks, template, size = a_face(seed)
    x, y = torch.meshgrid(torch.arange(60) + 0.5, torch.arange(50) + 0.5, indexing="xy")
    places = solution["align_face"](torch.stack([x, y, torch.ones(50, 60)]), landmarks, template, size)
    inside = places[2] > 0.999
    columns, rows = torch.meshgrid(torch.arange(size) + 0.5, torch.arange(size) + 0.5, indexing="xy")
    ones, zeros = torch.ones(int(inside.sum())), torch.zeros(int(inside.sum()))
    across = torch.stack([columns[inside], -rows[inside], ones, zeros], dim=1)
    down = torch.stack([rows[inside], columns[inside], zeros, ones], dim=1)
    targets = torch.cat([places[0][inside], places[1][inside]])
    a, b, s, t = torch.linalg.lstsq(torch.cat([across, down]).double(), targets.double()).solution.tolist()

    def error(a, b, s, t):
        """Squared distances to the template, of landmarks that are moved by the inverse."""
        back = landmarks.double() - torch.tensor([s, t])
        moved = back @ torch.tensor([[a, -b], [b, a]]).double() / (a * a + b * b)
        return float((moved - template).square().sum())

    best = error(a, b, s, t)
    assert all(error(a + da, b + db, s, t) > best for da, db in product([-0.02, 0, 0.02], repeat=2) if da or db)
    assert all(error(a, b, s + ds, t + dt) > best for ds, dt in product([-0.3, 0, 0.3], repeat=2) if ds or dt)


def test_alignment_by_hand(solution):
    """The example of the notebook: a quarter turn, scale 0.8."""
    landmarks = torch.tensor([[40.0, 20.0], [40.0, 60.0], [20.0, 40.0]])
    template = torch.tensor([[16.0, 24.0], [48.0, 24.0], [32.0, 40.0]])
    x, y = torch.meshgrid(torch.arange(80) + 0.5, torch.arange(80) + 0.5, indexing="xy")
    found = solution["align_face"](torch.stack([x, y]), landmarks, template, 64)
    torch.testing.assert_close(found[:, 40, 32], torch.tensor([19.375, 40.625]), rtol=0, atol=1e-3)


def test_landmarks_that_fit_already_leave_the_image_as_it_is(solution):
    image, _, template, size = a_face(3)
    found = solution["align_face"](image, template, template, size)
    torch.testing.assert_close(found, image[:, :size, :size], rtol=0, atol=1e-4)


def test_alignment_undoes_a_turn_of_image_and_landmarks(solution):
    image, landmarks, template, size = a_face(4)
    turned = torch.rot90(image, 1, (1, 2))  # what was at the right is on top
    places = torch.stack([landmarks[:, 1], 60 - landmarks[:, 0]], dim=1)
    expected, found = (solution["align_face"](*pair, template, size) for pair in ((image, landmarks), (turned, places)))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_landmarks_in_one_place_are_refused(solution, count):
    with pytest.raises(ValueError, match="landmarks"):
        solution["align_face"](torch.ones(3, 8, 8), torch.full((count, 2), 13.7), drawn(0, count, 2), 8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "d"), [(6, 3), (12, 128), (1, 5), (0, 4), (7, 1)])
def test_pairwise_distances_are_those_of_cdist_squared(solution, n, d, dtype):
    x = drawn(1, n, d).to(dtype)
    found = solution["pairwise_distances"](x)
    assert (found.dtype, found.shape) == (dtype, (n, n))
    torch.testing.assert_close(found, torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist") ** 2)
    torch.testing.assert_close(found, F.pairwise_distance(x[:, None], x[None], eps=0) ** 2)


def test_pairwise_distances_are_pytorch_metric_learnings(solution):
    x = drawn(2, 9, 16)
    torch.testing.assert_close(solution["pairwise_distances"](x), SQUARED(x))


def test_equal_faces_are_exactly_0_apart_and_gradients_are_finite(solution):
    x = (1000 + drawn(3, 4, 32)).requires_grad_()
    twice = torch.cat([x, x])
    found = solution["pairwise_distances"](twice)
    found.sum().backward()
    assert (found.diagonal() == 0).all()
    assert (found.diagonal(4) == 0).all()
    assert (found >= 0).all()
    assert x.grad.isfinite().all()


def test_pairwise_by_hand(solution):
    found = solution["pairwise_distances"](torch.tensor([[0.0, 0], [3, 4], [0, 4]]))
    assert found.tolist() == [[0, 25, 16], [25, 0, 9], [16, 9, 0]]


@pytest.mark.parametrize("margin", [0.2, 1.0, 5.0])
def test_the_triplet_loss_is_torchs_with_squared_distances(solution, margin):
    anchor, positive, negative = drawn(4, 3, 30, 8).unbind()
    found = solution["triplet_loss"](anchor, positive, negative, margin)
    theirs = F.triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=lambda a, b: (a - b).square().sum(dim=1), margin=margin
    )
    torch.testing.assert_close(found, theirs)
    assert (found < F.triplet_margin_loss(anchor, positive, negative, margin=margin) + 1e6) > 0


def test_the_triplet_loss_over_all_triplets_of_a_batch_is_pytorch_metric_learnings(solution):
    """Theirs averages over the active triplets unless its reducer is told otherwise."""
    x, labels = drawn(5, 9, 6), torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2])
    theirs = TripletMarginLoss(margin=0.5, distance=SQUARED, reducer=MeanReducer())(x, labels)
    a, p, n = all_triplets(labels).T
    torch.testing.assert_close(solution["triplet_loss"](x[a], x[p], x[n], 0.5), theirs)


def all_triplets(labels):
    """All valid triplets, in three loops."""
    n, who = range(len(labels)), labels.tolist()
    return torch.tensor([t for t in product(n, n, n) if t[0] != t[1] and who[t[0]] == who[t[1]] != who[t[2]]])


def test_triplet_loss_by_hand(solution):
    """The three triplets of the notebook, on a line."""
    anchor, margin = torch.zeros(3, 1), 0.5
    positive, negative = (torch.tensor(d).sqrt()[:, None] for d in ([0.25, 0.25, 1.0], [1.0, 0.5, 0.75]))
    assert solution["triplet_loss"](anchor, positive, negative, margin).item() == pytest.approx(1 / 3)


def test_no_triplet_costs_nothing_and_backward_works(solution):
    x = drawn(6, 4, 3).requires_grad_()
    loss = solution["triplet_loss"](x[:0], x[:0], x[:0], 0.2)
    loss.backward()
    assert loss == 0
    assert (x.grad == 0).all()


def rows(triplets):
    return sorted(map(tuple, triplets.tolist()))


@pytest.mark.parametrize("margin", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_semi_hard_triplets_are_pytorch_metric_learnings(solution, seed, margin):
    x, labels = drawn(10 + seed, 14, 5), torch.randint(0, 4, (14,), generator=generator(seed))
    found = solution["mine_semi_hard"](solution["pairwise_distances"](x), labels, margin)
    theirs = TripletMarginMiner(margin, "semihard", distance=SQUARED)(x, labels)
    assert rows(found) == rows(torch.stack(theirs, dim=1))
    assert found.dtype == torch.int64


@pytest.mark.parametrize("seed", range(4))
def test_semi_hard_triplets_are_those_that_cost_less_than_the_margin(solution, seed):
    """And more than nothing: what the loss says of them."""
    x, labels = drawn(20 + seed, 10, 4), torch.randint(0, 3, (10,), generator=generator(seed))
    triplets = all_triplets(labels)
    costs = torch.stack([solution["triplet_loss"](*x[t][:, None], 0.75) for t in triplets])
    found = solution["mine_semi_hard"](solution["pairwise_distances"](x), labels, 0.75)
    assert rows(found) == rows(triplets[(costs > 0) & (costs < 0.75)])


@pytest.mark.parametrize("labels", [[3, 3, 3, 3], [1, 2, 3, 4], []])
def test_without_a_valid_triplet_nothing_is_mined(solution, labels):
    x = drawn(7, len(labels), 3)
    found = solution["mine_semi_hard"](solution["pairwise_distances"](x), torch.tensor(labels).long(), 0.2)
    assert found.shape == (0, 3)


def test_nothing_is_mined_of_an_image_whose_distances_are_nan(solution):
    x, labels = drawn(8, 9, 3), torch.arange(9) // 3
    x[4] = torch.nan
    found = solution["mine_semi_hard"](solution["pairwise_distances"](x), labels, 5.0)
    assert len(found)
    assert not (found == 4).any()


COUNTS = (2, 3, 5, 8, 13, 21)
LABELS = torch.repeat_interleave(torch.arange(10, 16), torch.tensor(COUNTS))[torch.randperm(52, generator=generator())]


@pytest.mark.parametrize(("P", "K"), [(2, 3), (4, 4), (6, 2), (1, 1)])
def test_batches_are_composed_as_those_of_pytorch_metric_learning(solution, P, K):
    theirs = iter(MPerClassSampler(LABELS, K, batch_size=P * K, length_before_new_iter=P * K))
    batches = [*solution["PKSampler"](LABELS, P, K, generator()), list(theirs)]
    for batch in batches:
        people, counts = LABELS[torch.as_tensor(np.array(batch))].unique(return_counts=True)
        assert (len(people), set(counts.tolist())) == (P, {K})
    for batch in batches[:-1]:
        kinds = [{i for i in batch if LABELS[i] == who} for who in LABELS[batch].unique()]
        assert all(len(kind) == min(K, int((LABELS[min(kind)] == LABELS).sum())) for kind in kinds)


def test_a_pass_has_as_many_batches_as_len_and_the_next_has_others(solution):
    sampler = solution["PKSampler"](LABELS, 3, 4, generator())
    first, second = list(sampler), list(sampler)
    assert len(first) == len(second) == len(sampler) == 52 // 12
    assert first != second
    assert list(solution["PKSampler"](LABELS, 3, 4, generator())) == first


def test_a_data_loader_takes_the_batches(solution):
    sampler = solution["PKSampler"](LABELS, 3, 2, generator())
    batches = list(DataLoader(TensorDataset(LABELS), batch_sampler=sampler))
    assert len(batches) == len(sampler)
    assert all(len(labels.unique()) == 3 for (labels,) in batches)


def test_fewer_people_than_asked_for_are_refused(solution):
    with pytest.raises(ValueError, match=r"P is 7.* 6 people"):
        solution["PKSampler"](LABELS, 7, 2, generator())


def test_every_batch_of_people_has_triplets_and_random_batches_hardly_any(solution):
    """The numbers of the notebook: 500 people with 6 images each, batches of 16."""
    labels, rng = torch.arange(3000) // 6, generator()
    composed = [labels[batch] for batch in solution["PKSampler"](labels, 4, 4, rng)]
    random = [labels[torch.randperm(3000, generator=rng)[:16]] for _ in range(2000)]
    pairs = [[int((one[:, None] == one).sum() - 16) // 2 for one in kind] for kind in (composed, random)]
    assert set(pairs[0]) == {24}
    assert np.mean(pairs[1]) == pytest.approx(0.2, abs=0.05)
