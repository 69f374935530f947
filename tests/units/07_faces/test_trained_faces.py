"""The weights and pictures of the long trainings: whole, as their recipe says, and fitting the solution's network."""

import hashlib

import numpy as np
import pytest
import torch

from autograder import reference
from course_lib import models, trainings
from course_lib.models import weights
from tools.trainings import faces

NAME = "faces"


@pytest.fixture(scope="module")
def own():
    return reference.load("07_faces")


@pytest.fixture(scope="module")
def network(own):
    """The one whose weights are shipped."""
    found = own["FaceNetwork"]()
    found.load_state_dict(trainings.trained_weights(NAME, "semi-hard"))
    return found.eval()


def test_weights_are_those_that_their_recipe_made_and_small(own):
    content = (weights.WEIGHTS / f"{NAME}.safetensors").read_bytes()
    told = models.recipe(NAME)
    assert hashlib.sha256(content).hexdigest() == told["sha256"]
    assert (told["steps"], told["seed"]) == (own["STEPS"], faces.SEEDS[0])
    assert len(content) < 1e6


def test_pictures_are_people_of_val_with_embeddings_of_length_one(own):
    shown = trainings.pictures(NAME)
    count = 10 * faces.SHOWN
    assert shown["images"].shape == (count, 3, 64, 64)
    assert shown["aligned"].shape == (count, 3, 32, 32)
    assert np.unique(shown["identities"], return_counts=True)[1].tolist() == [10] * faces.SHOWN
    for method in ("semi-hard", "random", "softmax"):
        np.testing.assert_allclose(np.linalg.norm(shown[method], axis=1), 1, atol=1e-5)


def test_the_network_with_its_weights_says_what_the_pictures_hold(own, network):
    shown = trainings.pictures(NAME)
    found = own["embedded"](network, torch.from_numpy(shown["aligned"]))
    assert (found - torch.from_numpy(shown["semi-hard"])).norm(dim=1).max() < 0.05  # weights lost half of their bits


def test_pictures_of_persons_hold_who_they_are():
    shown = trainings.pictures(NAME)
    assert shown["persons asked"].shape == (8, 3, 32, 32)
    assert shown["persons nearest"].shape == (8, 5, 3, 32, 32)
    found = (shown["persons nearest: who"] == shown["persons asked: who"][:, None]).any(axis=1)
    assert found.mean() > 0.3


def test_what_the_weights_reach_is_what_was_measured(own, network):
    """TAR of the first seed on val."""
    known = trainings.shipped(NAME)
    found = faces.verified(network, *faces.data("val"))
    assert abs(found["TAR"] - known.results["semi-hard: val TAR"][0]) < 0.01


def test_random_and_hardest_triplets_are_triplets():
    identities = torch.arange(24) // 3
    embeddings = torch.randn(24, 4, generator=torch.Generator().manual_seed(0))
    distances = torch.cdist(embeddings, embeddings)
    for choose in (faces.at_random, faces.hardest):
        a, p, n = choose(embeddings, identities).T
        assert len(a) == 24 * 2
        assert (identities[a] == identities[p]).all()
        assert (a != p).all()
        assert (identities[a] != identities[n]).all()
    a, _, n = faces.hardest(embeddings, identities).T
    others = distances.masked_fill(identities[:, None] == identities, torch.inf)
    assert torch.equal(distances[a, n], others.min(dim=1).values[a])


def test_the_active_share_counts_triplets_with_a_loss(own):
    torch.manual_seed(0)
    images = torch.randint(256, (16, 3, 32, 32), dtype=torch.uint8)
    identities, network, active = torch.arange(16) // 4, own["FaceNetwork"]().train(), []
    value = faces.loss_of("random", active)(network, images, identities)
    [(share, count)] = active
    assert count == 16 * 3
    assert 0 < share <= 1
    assert value > 0


def test_what_was_measured_has_the_targets_that_the_lesson_needs():
    results = trainings.shipped(NAME).results
    gained = results["semi-hard: TAR"] - results["random: TAR"]
    assert len(gained) == 3
    assert gained.mean() >= 0.03
    assert results["random: active share"][:, -1].mean() < 0.05
    assert (results["semi-hard: TAR"] > results["aligned pixels: TAR"] + 0.5).all()
    assert (results["semi-hard: FAR by group"][:, 1] > 3 * results["semi-hard: FAR by group"][:, 0]).all()
