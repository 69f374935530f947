"""The given code of unit 08's experiment with portraits, and what its check thinks of right, lazy and empty answers."""

from functools import partial

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from autograder import reference
from course_lib.checks.embeddings import experiment
from course_lib.checks.run import generator, load_public
from course_lib.data import tinyfaces
from course_lib.data.tinytown.draws import Draw
from course_lib.models import latent

SEEDS = (2**255 + 5, 2**200 + 9)


@pytest.fixture(scope="module")
def own():
    loaded = reference.load("08_embeddings")
    loaded["weights"] = loaded["fit"]()
    return loaded


@pytest.fixture(scope="module", params=SEEDS)
def asked(request):
    """What a student with some secret seed is asked in the exam."""
    case = experiment.CHECK.cases[0]
    return case.make_inputs(generator(request.param, case))


def credit(answer, asked) -> float:
    wrong = experiment.CHECK.cases[0].compare(answer, None, asked)
    return 1.0 if wrong is None else wrong.credit


def given(asked):
    return asked["images"].float() / 255


def test_the_exam_asks_for_one_portrait_of_each_of_many_people(asked):
    assert asked["images"].shape == asked["_labels"].shape == (240, 3, 32, 32)
    assert len(asked["images"].flatten(1).unique(dim=0)) == 240
    kinds, counts = asked["changes"].abs().unique(dim=0, return_counts=True)
    assert kinds.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [1, 0, 1, 0]]
    assert counts.tolist() == [80] * 3


def test_nothing_but_the_attributes_changes():
    begin = partial(Draw, "one/7")
    for number, flips in enumerate(experiment.FLIPS):
        image, changes, target = experiment.flipped(begin, number)
        apart = np.abs(image.astype(int) - target).max(axis=0)
        assert [name for name, change in zip(tinyfaces.ATTRIBUTES, changes, strict=True) if change] == sorted(flips)
        assert apart.max() > 20
        assert (apart == 0).mean() > 0.5  # the wall, the hair, the shirt


def test_the_course_s_network_earns_all_points_with_room(own, asked):
    found = own["predict"](asked["images"], asked["changes"])
    assert experiment.made(found, asked) > experiment.HIGH + 0.02


def test_vectors_half_as_long_again_earn_all_points(own, asked):
    """The lecture suggests them."""
    assert credit(own["predict"](asked["images"], 1.5 * asked["changes"].float()), asked) == 1
    assert experiment.made(own["predict"](asked["images"], 2 * asked["changes"].float()), asked) < experiment.LOW


def test_vectors_half_as_long_again_earn_all_points_in_public(own):
    question = load_public("08_embeddings", experiment.CHECK)[0][0]
    found = own["predict"](question.inputs["images"], 1.5 * question.inputs["changes"].float())
    assert credit(found, question.inputs) == 1


LAZY = (
    "as given",
    "grey",
    "the mean face",
    "noise",
    "blurred",
    "another person",
    "pixels",
    "pixels, three quarters of the step",
    "pixels, twice the step",
    "the wrong way",
    "without a vector",
    "only glasses",
    "only mouths",
)


@pytest.mark.parametrize("look", LAZY)
def test_who_has_not_found_the_direction_earns_nothing(own, asked, look):
    images, changes = asked["images"], asked["changes"]
    step = own["pixel_arithmetic"](images, changes) - given(asked)
    mean = tinyfaces.portraits("train").images.float().mean(dim=0) / 255
    rng = torch.Generator().manual_seed(0)
    glasses, mouths = torch.tensor([[1, 0, 0, 0], [0, 0, 1, 0]])
    answers = {
        "as given": lambda: given(asked),
        "grey": lambda: torch.full_like(given(asked), 0.5),
        "the mean face": lambda: mean.expand(len(images), -1, -1, -1),
        "noise": lambda: torch.rand(images.shape, generator=rng),
        "blurred": lambda: interpolate(interpolate(given(asked), size=16, mode="area"), size=32, mode="bilinear"),
        "another person": lambda: given(asked).roll(1, dims=0),
        "pixels": lambda: given(asked) + step,
        "pixels, three quarters of the step": lambda: given(asked) + 0.75 * step,
        "pixels, twice the step": lambda: given(asked) + 2 * step,
        "the wrong way": lambda: own["predict"](images, -changes),
        "without a vector": lambda: own["predict"](images, 0 * changes),
        "only glasses": lambda: own["predict"](images, changes * glasses),
        "only mouths": lambda: own["predict"](images, changes * mouths),
    }
    assert credit(answers[look](), asked) == 0


@pytest.mark.parametrize("wrong", ["rows", "axes", "whole numbers", "NaN", "list"])
def test_what_is_no_picture_is_told_so(asked, wrong):
    right = asked["_labels"]
    answers = {
        "rows": right[1:],
        "axes": right[:, 0],
        "whole numbers": (255 * right).byte(),
        "NaN": right.log().log(),
        "list": right.tolist(),
    }
    with pytest.raises(TypeError, match=r"\[240, 3, 32, 32\]"):
        experiment.made(answers[wrong], asked)


def test_the_metric_by_hand():
    """Half of the way leaves a quarter of the squared distance; numbers above 1 count as 1."""
    images, true = torch.zeros(2, 3, 32, 32, dtype=torch.uint8), torch.full((2, 3, 32, 32), 0.5)
    asked = {"images": images, "_labels": true}
    assert experiment.made(true, asked) == 1
    assert experiment.made(true / 2, asked) == pytest.approx(0.75)
    assert experiment.made(true * 0, asked) == 0
    far = torch.stack([true[0], 9 * true[1]])  # 1 is as far from a half as 0 is
    assert experiment.made(far, asked) == pytest.approx(0.5)


def test_what_the_autoencoder_forgets_is_kept(own, asked):
    """Without a change the answer is the given picture."""
    torch.testing.assert_close(own["predict"](asked["images"], 0 * asked["changes"]), given(asked), atol=1e-5, rtol=0)


def test_shipped_networks_come_ready_to_use():
    """They decode what they encode, and name what they see."""
    test = tinyfaces.portraits("test")[::5]
    pictures = test.images.float() / 255
    vae, net = latent.vae(), latent.attributes()
    assert [vae.training, net.training] == [False, False]
    assert (vae.decode(vae.encode(pictures)[0]) - pictures).square().mean() < 0.1 * pictures.var(dim=0).mean()
    assert ((net(pictures) > 0) == test.attributes).double().mean() > 0.9
