"""The audit's functions compute what others compute: scikit-learn, plain loops, the examples by hand."""

import pytest
import torch
from sklearn.metrics import accuracy_score
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.neighbors import NearestNeighbors

from autograder import reference

UNIT = "09_services"


@pytest.fixture(scope="module")
def solution():
    return reference.load(UNIT)


def drawn(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def clustered(seed, n, d, groups):
    """Rows around few middles, of lengths from 0.1 to 10."""
    middles = drawn(seed, groups, d)[torch.arange(n) % groups]
    return (middles + 0.4 * drawn(seed + 1, n, d)) * 10 ** (2 * torch.rand(n, 1) - 1)


@pytest.mark.parametrize("threshold", [-0.3, 0.5, 0.85])
@pytest.mark.parametrize("seed", [0, 10])
def test_pairs_are_those_of_scikit_learns_similarities(solution, seed, threshold):
    features = clustered(seed, 60, 12, 15)
    alike = cosine_similarity(features.double().numpy())
    expected = [[i, j] for i in range(60) for j in range(i + 1, 60) if alike[i, j] >= threshold]
    assert len(expected) > 5
    assert sorted(solution["near_duplicates"](features, threshold).tolist()) == expected


@pytest.mark.parametrize("seed", [0, 10])
def test_an_audit_is_scikit_learns_nearest_neighbour(solution, seed):
    train, test = clustered(seed, 70, 9, 12), clustered(seed, 50, 9, 17)
    search = NearestNeighbors(n_neighbors=1, metric="cosine").fit(train.double().numpy())
    distances, nearest = search.kneighbors(test.double().numpy())
    leaked = (1 - distances[:, 0] >= 0.8).nonzero()[0].tolist()
    audit = solution["audit_split"](train, test, 0.8)
    assert 5 < len(leaked) < 50
    assert audit.leaked.tolist() == leaked
    assert audit.partners.tolist() == nearest[leaked, 0].tolist()
    assert audit.share == pytest.approx(len(leaked) / 50)


@pytest.mark.parametrize("seed", [0, 1])
def test_clean_accuracy_is_scikit_learns_on_the_others(solution, seed):
    rng = torch.Generator().manual_seed(seed)
    predictions, labels = torch.randint(3, (2, 80), generator=rng)
    leaked = torch.randperm(80, generator=rng)[:25]
    others = [i for i in range(80) if i not in leaked.tolist()]
    expected = accuracy_score(labels[others], predictions[others])
    assert solution["clean_accuracy"](predictions, labels, leaked) == pytest.approx(expected)


def test_pairs_by_hand(solution):
    features = torch.tensor([[3.0, 4], [8, 6], [0, 2]])
    assert solution["near_duplicates"](features, 0.75).tolist() == [[0, 1], [0, 2]]
    assert solution["near_duplicates"](features, 0.55).tolist() == [[0, 1], [0, 2], [1, 2]]


def test_an_audit_by_hand(solution):
    train, test = torch.tensor([[3.0, 4], [0, -5]]), torch.tensor([[6.0, 8], [5, 0], [5, 12]])
    audit = solution["audit_split"](train, test, 0.75)
    assert (audit.leaked.tolist(), audit.partners.tolist()) == ([0, 2], [0, 0])
    assert audit.share == pytest.approx(2 / 3)


def test_what_is_left_by_hand(solution):
    predictions, labels = torch.tensor([2, 0, 1, 1, 0]), torch.tensor([2, 0, 1, 0, 2])
    assert solution["clean_accuracy"](predictions, labels, torch.tensor([0, 2])) == pytest.approx(1 / 3)
    assert solution["clean_accuracy"](predictions, labels, torch.tensor([]).long()) == pytest.approx(0.6)


def test_a_row_of_zeros_is_refused_and_named(solution):
    rows = drawn(3, 5, 4)
    rows[3] = 0
    with pytest.raises(ValueError, match="row 3"):
        solution["near_duplicates"](rows, 0.5)
    for inputs, name in (((rows, rows[:2]), "train"), ((rows[:2], rows), "test")):
        with pytest.raises(ValueError, match=name):
            solution["audit_split"](*inputs, 0.5)


def test_what_cannot_be_measured_is_refused(solution):
    with pytest.raises(ValueError, match="no test picture"):
        solution["audit_split"](drawn(1, 3, 4), torch.zeros(0, 4), 0.5)
    labels = torch.tensor([0, 1, 1])
    with pytest.raises(ValueError, match="none of 3"):
        solution["clean_accuracy"](labels, labels, torch.tensor([2, 0, 1]))
    with pytest.raises(ValueError, match="none of 0"):
        solution["clean_accuracy"](labels[:0], labels[:0], labels[:0])
