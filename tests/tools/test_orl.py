"""The notebook's functions on real faces: persons are left out, and triplets bring the photographs of one together."""

import pytest
import torch
from torch.nn.functional import normalize

from autograder import reference
from course_lib.data import faces
from tools.real import orl

OURS = reference.load("07_faces")


@pytest.fixture
def small(test_data, settings_from, monkeypatch):
    """ORL in little: small photographs, a short training."""
    settings_from(COURSE_DATA=test_data, COURSE_PROFILE="full", COURSE_BACKBONE="lite0")
    monkeypatch.setattr(orl, "SIZE", 64)
    monkeypatch.setattr(orl, "PASSES", 2)


def test_an_embedder_never_learns_from_whom_it_is_asked_about():
    identities = torch.arange(25).repeat_interleave(10)
    folds = identities[torch.randperm(250, generator=torch.Generator().manual_seed(0))] % 5
    seen = []

    def embed(known, asked):
        assert not set(folds[known].tolist()) & set(folds[asked].tolist())
        seen.append(len(asked))
        return asked[:, None].float()

    rows = orl.embedded(embed, folds)
    assert rows[:, 0].tolist() == list(range(250))
    assert sum(seen) == 250


def test_pixels_are_grey_and_rank_one_has_one_face_per_person(small):
    people = faces.orl(orl.SIZE)
    rows = orl.grey(people.images)
    assert rows.shape == (250, orl.PLAIN**2)
    assert 0 <= rows.min() < rows.max() <= 1
    asked = people.identities < 5
    distances = ((rows[asked][:, None] - rows[asked]) ** 2).sum(dim=2)
    first = people.numbers[asked] == 1
    nearest = distances[~first][:, first].argmin(dim=1)
    expected = (nearest == people.identities[asked][~first]).double().mean().item()
    assert orl.ranked(OURS, rows, people, asked) == pytest.approx(expected)


@pytest.mark.long
@pytest.mark.release
def test_triplets_bring_the_photographs_of_a_person_together(small):
    people = faces.orl(orl.SIZE)
    embedder = orl.Embedder(OURS, people, seed=0)
    known = (people.identities < 8).nonzero()[:, 0]
    i, j = torch.triu_indices(80, 80, offset=1)
    same = people.identities[known][i] == people.identities[known][j]
    ratios = []
    for embed in (embedder.fixed, embedder.tuned):
        rows = embed(known, known)
        torch.testing.assert_close(rows, normalize(rows))
        squared = ((rows[i] - rows[j]) ** 2).sum(dim=1)
        ratios.append(float(squared[same].mean() / squared[~same].mean()))
    assert ratios[1] < 0.7 * ratios[0]


@pytest.mark.long
@pytest.mark.release
def test_all_ways_meet_the_same_protocol(small, monkeypatch):
    monkeypatch.setattr(orl, "PASSES", 0)
    found = orl.measure(OURS, seed=0)
    assert list(found) == ["pixels", "eigenfaces", "fixed", "tuned"]
    assert found["tuned"] == found["fixed"]  # without a pass nothing is learned
    assert all(50 <= numbers[0] <= 100 and 0 < numbers[1] < 10 for numbers in found.values())
