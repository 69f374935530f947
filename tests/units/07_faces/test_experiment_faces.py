"""The given code of unit 07's experiment, and what its check thinks of right, lazy and empty answers."""

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize, one_hot

from autograder import reference
from course_lib import trainings
from course_lib.checks.faces import experiment
from course_lib.checks.run import generator
from course_lib.data import tinyfaces


@pytest.fixture(scope="module")
def own():
    return reference.load("07_faces")


@pytest.fixture(scope="module")
def asked():
    """What a student with some secret seed is asked in the exam."""
    case = experiment.CHECK.cases[0]
    return case.make_inputs(generator(2**255 + 5, case))


@pytest.fixture
def people():
    """Images of noise, already aligned: eight people with five images each."""
    rng = torch.Generator().manual_seed(0)
    return torch.randint(256, (40, 3, 32, 32), generator=rng, dtype=torch.uint8), torch.arange(40) // 5


def credit(answer, asked) -> float:
    wrong = experiment.CHECK.cases[0].compare(answer, None, asked)
    return 1.0 if wrong is None else wrong.credit


def flat(images):
    return images.float().flatten(1)


def test_the_exam_asks_for_new_people_a_tenth_of_them_of_group_1(asked):
    people = asked["_labels"].argmax(dim=1)
    assert asked["images"].shape == (300, 3, 64, 64)
    assert asked["landmarks"].shape == (300, 5, 2)
    assert people.bincount().tolist() == [6] * 50


LAZY = (
    "pixels",
    "aligned pixels",
    "their directions",
    "untrained",
    "constant",
    "noise",
    "the place in the row",
    "blocks of six",
    "landmarks",
    "the shape of the landmarks",
    "huge numbers",
)


def test_the_pictures_of_a_person_stand_anywhere_in_the_row():
    """Whoever numbers the pictures would know who is on them; where a person stands changes with the seed."""
    case = experiment.CHECK.cases[0]
    seeds = (2**255 + 5, 2**200 + 9)
    exam = [case.make_inputs(generator(seed, case))["_labels"].argmax(dim=1) for seed in seeds]
    public = case.public(generator(1, case))["_labels"].argmax(dim=1)
    for people in (*exam, public):
        assert (people[1:] == people[:-1]).double().mean() < 0.1
    assert not torch.equal(*exam)


@pytest.mark.parametrize("look", LAZY)
def test_who_has_learned_nothing_earns_nothing(own, asked, look):
    images, landmarks = asked["images"], asked["landmarks"]
    torch.manual_seed(0)
    answers = {
        "pixels": lambda: flat(images),
        "aligned pixels": lambda: flat(own["aligned"](images, landmarks)),
        "their directions": lambda: normalize(flat(own["aligned"](images, landmarks))),
        "untrained": lambda: own["embedded"](own["FaceNetwork"](), own["aligned"](images, landmarks)),
        "constant": lambda: torch.ones(len(images), 8),
        "noise": lambda: torch.randn(len(images), 8),
        "the place in the row": lambda: torch.arange(len(images))[:, None].double(),
        "blocks of six": lambda: one_hot(torch.arange(len(images)) // 6).float(),
        "landmarks": lambda: landmarks.flatten(1),
        "the shape of the landmarks": lambda: normalize((landmarks - landmarks.mean(dim=1, keepdim=True)).flatten(1)),
        "huge numbers": lambda: 1e307 * torch.randn(len(images), 8).double(),
    }
    assert credit(answers[look](), asked) == 0


def test_the_trained_network_earns_all_points_with_room(own, asked):
    network = own["FaceNetwork"]()
    network.load_state_dict(trainings.trained_weights("faces", "semi-hard"))
    found = own["embedded"](network, own["aligned"](asked["images"], asked["landmarks"]))
    assert experiment.accepted(found, asked) > 0.7  # all points from 0.6 on


def test_the_network_without_alignment_earns_less(own, asked):
    network = own["FaceNetwork"]()
    network.load_state_dict(trainings.trained_weights("faces", "semi-hard"))
    found = own["embedded"](network, own["plain"](asked["images"], asked["landmarks"]))
    assert credit(found, asked) < 0.5


@pytest.mark.parametrize("wrong", ["rows", "axes", "whole numbers", "NaN", "no columns", "list"])
def test_what_is_no_embedding_is_told_so(asked, wrong):
    right = torch.rand(300, 4)
    answers = {
        "rows": right[1:],
        "axes": right[:, 0],
        "whole numbers": right.long(),
        "NaN": right.log().log(),
        "no columns": right[:, :0],
        "list": right.tolist(),
    }
    with pytest.raises(TypeError, match="300"):
        experiment.accepted(answers[wrong], asked)


def test_the_metric_by_hand():
    """Of 200 different pairs 2 may be accepted: up to any distance below the third smallest, 0.3."""
    different = torch.cat([torch.tensor([0.3, 0.1, 0.2]), torch.linspace(1, 2, 197)])
    assert experiment.accept_rate(torch.tensor([0.05, 0.2, 0.3, 0.9]), different) == 0.5
    assert experiment.accept_rate(torch.zeros(5), torch.zeros(200)) == 0


def test_the_metric_is_that_of_the_notebook(own):
    """On a mixture of both, to the pairs that lie at one distance."""
    rng = torch.Generator().manual_seed(3)
    people = torch.arange(40).repeat_interleave(6)
    embeddings = torch.randn(40, 8, generator=rng)[people] + 0.6 * torch.randn(240, 8, generator=rng)
    labels = torch.nn.functional.one_hot(people, 40).float()
    first, second = torch.triu_indices(240, 240, 1)
    distances = own["distances_of"](embeddings.double(), first, second)
    found, threshold = own["tar_at"](0.01, distances, people[first] == people[second])
    assert found == pytest.approx(experiment.accepted(embeddings, {"_labels": labels}), abs=1e-6)
    accepted = distances[people[first] != people[second]] <= threshold
    assert accepted.double().mean() <= 0.01


def test_embeddings_have_length_one_and_every_weight_learns(own, people):
    network = own["FaceNetwork"]().train()
    torch.testing.assert_close(network(people[0]).norm(dim=1), torch.ones(40))
    own["loss"](network, *people, mine=every_triplet).backward()
    still = [key for key, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert still == []


def every_triplet(embeddings, identities):
    n = torch.arange(len(identities))
    a, p, n = torch.meshgrid(n, n, n, indexing="ij")
    fits = (identities[a] == identities[p]) & (identities[a] != identities[n]) & (a != p)
    return torch.stack([a[fits], p[fits], n[fits]], dim=1)


def test_semi_hard_triplets_are_those_of_the_embeddings(own, people):
    embeddings = normalize(torch.randn(40, 4, generator=torch.Generator().manual_seed(1)), dim=1)
    rows = own["semi_hard"](embeddings, people[1])
    a, p, n = (embeddings[column] for column in rows.T)
    near, far = (a - p).square().sum(dim=1), (a - n).square().sum(dim=1)
    assert len(rows) > 50
    assert ((near < far) & (far < near + 0.2)).all()


def test_a_batch_is_a_function_of_its_number_and_its_seed(own, people):
    first, again, other = (own["batches"](*people, seed=seed, steps=9)(3) for seed in (0, 0, 1))
    assert all(torch.equal(*parts) for parts in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])
    assert first[1].unique(return_counts=True)[1].tolist() == [own["K"]] * 8


def test_aligned_faces_have_their_landmarks_on_the_template(own):
    """The corners of the mouth and the eyes stand still, while the pictures turn: their mean is sharp there."""
    some = tinyfaces.faces("val", 8, 4)
    assert own["aligned"](some.images, some.landmarks).shape == (32, 3, 32, 32)
    before = own["plain"](some.images, some.landmarks).float().std(dim=0).mean()
    after = own["aligned"](some.images, some.landmarks).float().std(dim=0).mean()
    assert after != before
    bright = np.zeros((3, 64, 64), np.uint8)
    bright[:, 30:34, 18:22] = 255  # around the left eye, at (20, 32)
    landmarks = torch.tensor([[[20.0, 32], [40, 32], [30, 44], [22, 50], [38, 50]]])
    image = own["aligned"](torch.from_numpy(bright)[None], landmarks)[0, 0].float()
    rows, columns = torch.meshgrid(torch.arange(32) + 0.5, torch.arange(32) + 0.5, indexing="ij")
    middle = torch.stack([(image * columns).sum(), (image * rows).sum()]) / image.sum()
    assert (middle - 32 * torch.from_numpy(tinyfaces.TEMPLATE)[0]).norm() < 1


def test_the_distances_of_pairs_are_squared_and_folds_hold_people_apart(own):
    identities = torch.arange(30).repeat_interleave(4)
    embeddings = normalize(torch.randn(120, 5, generator=torch.Generator().manual_seed(2)), dim=1)
    pairs = own["pairs_to_verify"](identities)
    assert own["distances_of"](embeddings, pairs.first, pairs.second).max() <= 4
    assert pairs.same.sum() == (~pairs.same).sum() == 30 * 6
    assert len(pairs.folds.unique()) == 10
    torch.testing.assert_close(
        own["distances_of"](embeddings, torch.tensor([0]), torch.tensor([1]))[0],
        (2 - 2 * embeddings[0] @ embeddings[1]),
    )
