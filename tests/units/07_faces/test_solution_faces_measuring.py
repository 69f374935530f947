"""The measuring functions of unit 07 compute what others compute: scikit-learn, plain loops, the examples by hand."""

import math

import pytest
import torch
from sklearn.metrics import roc_curve
from sklearn.neighbors import KNeighborsClassifier

from autograder import reference

UNIT = "07_faces"


@pytest.fixture(scope="module")
def solution():
    return reference.load(UNIT)


def drawn(seed, *shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def pairs(seed, count, levels=0):
    """Pairs of which the nearer ones tend to show one person; distances in few levels, or all different."""
    distances = 4 * drawn(seed, count)
    distances = (distances * levels / 4).round() * 4 / levels if levels else distances
    return distances, 4 * drawn(seed + 1, count) > distances


@pytest.mark.parametrize("levels", [0, 6, 40])
@pytest.mark.parametrize("seed", [0, 10, 20])
def test_the_curve_is_scikit_learns(solution, seed, levels):
    """Which calls a score positive that is at least the threshold: distances count with a minus."""
    distances, same = pairs(seed, 90, levels)
    far, tar, thresholds = solution["verification_roc"](distances, same)
    theirs = roc_curve(same.numpy(), -distances.numpy(), drop_intermediate=False)
    for mine, other in zip((far, tar, -thresholds), theirs, strict=True):
        torch.testing.assert_close(mine, torch.from_numpy(other.copy()).float())


@pytest.mark.parametrize("levels", [0, 5])
def test_the_curve_in_a_plain_loop(solution, levels):
    distances, same = pairs(3, 60, levels)
    far, tar, thresholds = (part.tolist() for part in solution["verification_roc"](distances, same))
    assert thresholds == [-math.inf, *sorted(set(distances.tolist()))]
    for false_rate, true_rate, threshold in zip(far, tar, thresholds, strict=True):
        accepted = [bool(s) for d, s in zip(distances.tolist(), same, strict=True) if d <= threshold]
        assert true_rate == pytest.approx(sum(accepted) / int(same.sum()))
        assert false_rate == pytest.approx((len(accepted) - sum(accepted)) / int((~same).sum()))


def test_the_curve_by_hand(solution):
    distances, same = torch.tensor([0.2, 0.5, 0.9, 0.5, 1.4]), torch.tensor([True, True, True, False, False])
    far, tar, thresholds = solution["verification_roc"](distances, same)
    torch.testing.assert_close(far, torch.tensor([0, 0, 0.5, 0.5, 1]))
    torch.testing.assert_close(tar, torch.tensor([0, 1, 2, 3, 3]) / 3)
    assert thresholds.tolist() == [-math.inf, *torch.tensor([0.2, 0.5, 0.9, 1.4]).tolist()]


def test_the_curve_rises_from_0_to_1(solution):
    far, tar, thresholds = solution["verification_roc"](*pairs(5, 200, 30))
    for part in (far, tar, thresholds):
        assert (part.diff() >= 0).all()
    assert [far[0], tar[0], far[-1], tar[-1]] == [0, 0, 1, 1]


def by_the_book(distances, same, folds):
    """The protocol written out, with plain numbers."""
    rows = list(zip(distances.tolist(), same.tolist(), folds.tolist(), strict=True))
    shares = []
    for fold in sorted({row[2] for row in rows}):
        others = [row for row in rows if row[2] != fold]
        limits = [-1.0, *sorted({row[0] for row in others})]
        scores = [sum((d <= limit) == s for d, s, _ in others) for limit in limits]
        limit = limits[scores.index(max(scores))]
        tested = [row for row in rows if row[2] == fold]
        shares.append(sum((d <= limit) == s for d, s, _ in tested) / len(tested))
    mean = sum(shares) / len(shares)
    spread = math.sqrt(sum((share - mean) ** 2 for share in shares) / (len(shares) - 1))
    return mean, spread / math.sqrt(len(shares))


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("levels", [0, 12])
def test_ten_folds_are_those_of_a_loop_written_out(solution, levels, mixed):
    distances, same = pairs(7, 300, levels)
    folds = torch.arange(300) // 30
    if mixed:  # and of unequal size
        folds = (10 * drawn(9, 300) ** 1.5).long()
    found = solution["lfw_accuracy"](distances, same, folds)
    assert found == pytest.approx(by_the_book(distances, same, folds))


def test_the_protocol_by_hand(solution):
    distances = torch.tensor([0.2, 0.35, 0.3, 0.9, 0.4, 0.45, 0.8])
    same = torch.tensor([True, False, True, False, True, True, False])
    mean, error = solution["lfw_accuracy"](distances, same, torch.tensor([0, 0, 1, 1, 2, 2, 2]))
    assert mean == pytest.approx((1 / 2 + 1 + 1 / 3) / 3)
    assert mean == pytest.approx(0.611, abs=5e-4)
    assert error == pytest.approx(0.200, abs=5e-4)


def test_who_chooses_on_the_tested_pairs_is_flattered(solution):
    """Pairs that hold nothing: honestly about half of them are right."""
    folds = torch.arange(200) // 20
    honest, flattered = [], []
    for seed in range(20):
        distances, same = drawn(seed, 200), drawn(100 + seed, 200) < 0.5
        honest.append(solution["lfw_accuracy"](distances, same, folds)[0])
        limits = torch.cat([torch.tensor([-1.0]), distances])
        right = (distances <= limits[:, None]) == same
        flattered.append(torch.stack([right[:, folds == f].double().mean(1).max() for f in range(10)]).mean().item())
    assert sum(honest) / 20 < 0.53
    assert sum(flattered) / 20 > 0.6


@pytest.mark.parametrize("name", ["verification_roc", "lfw_accuracy"])
def test_what_cannot_be_measured_is_refused_in_words(solution, name):
    distances, same = pairs(1, 12)
    more = [torch.arange(12) // 4] if name == "lfw_accuracy" else []
    broken = distances.clone()
    broken[4] = torch.nan
    with pytest.raises(ValueError, match="NaN"):
        solution[name](broken, same, *more)
    for kind in (torch.ones(12).bool(), torch.zeros(12).bool()):
        with pytest.raises(ValueError, match="both kinds"):
            solution[name](distances, kind, *more)


def test_a_single_fold_is_refused(solution):
    with pytest.raises(ValueError, match="two folds"):
        solution["lfw_accuracy"](*pairs(1, 12), torch.full((12,), 5))


@pytest.mark.parametrize("seed", [0, 1])
def test_rank_one_is_scikit_learns_nearest_neighbour(solution, seed):
    queries, gallery = drawn(seed, 60, 5), drawn(seed + 10, 40, 5)
    query_ids, gallery_ids = (20 * drawn(seed + 20, 60)).long(), (15 * drawn(seed + 30, 40)).long()
    theirs = KNeighborsClassifier(n_neighbors=1).fit(gallery.numpy(), gallery_ids.numpy())
    expected = theirs.score(queries.numpy(), query_ids.numpy())
    assert solution["rank_one"](queries, gallery, query_ids, gallery_ids) == pytest.approx(expected)


def test_rank_one_by_hand(solution):
    queries = torch.tensor([[1.0, 0], [3, 1], [0, 2], [4, 3]])
    gallery = torch.tensor([[0.0, 0], [4, 0], [2, 2]])
    ids = torch.tensor([5, 5, 8, 7]), torch.tensor([5, 8, 8])
    assert solution["rank_one"](queries, gallery, *ids) == 0.25


@pytest.mark.parametrize(("queries", "faces"), [(0, 3), (3, 0), (0, 0)])
def test_nobody_cannot_be_ranked(solution, queries, faces):
    with pytest.raises(ValueError, match=f"{queries} and {faces}"):
        solution["rank_one"](
            torch.zeros(queries, 4), torch.zeros(faces, 4), torch.zeros(queries).long(), torch.zeros(faces).long()
        )
