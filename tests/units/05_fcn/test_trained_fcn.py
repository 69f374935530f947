"""The weights and pictures of the long trainings: whole, as their recipe says, and fitting the solution's networks."""

import hashlib

import numpy as np
import pytest
import torch

from autograder import reference
from course_lib import models, trainings
from course_lib.errors import DataMissing
from course_lib.models import weights
from tools.trainings import segmentation

NAME = "segmentation"
NETWORKS = pytest.mark.parametrize("name", ["FCN-32s", "FCN-16s", "FCN-8s", "encoder–decoder", "FRRN"])


def test_weights_are_those_that_their_recipe_made_and_small():
    content = (weights.WEIGHTS / f"{NAME}.safetensors").read_bytes()
    told = models.recipe(NAME)
    assert hashlib.sha256(content).hexdigest() == told["sha256"]
    assert (told["steps"], told["seed"]) == (segmentation.STEPS, segmentation.SEEDS[0])
    assert len(content) < 4e6


def test_pictures_are_bytes_of_scenes_with_several_classes():
    shown = trainings.pictures(NAME)
    count = len(segmentation.SHOWN)
    assert shown["images"].shape == (count, 3, 128, 128)
    maps = [array for name, array in shown.items() if name != "images"]
    assert len(maps) == 7
    assert all(array.shape == (count, 128, 128) for array in maps)
    assert all(array.dtype == np.uint8 for array in shown.values())
    assert set(np.unique(shown["masks"])) == set(range(9))


@NETWORKS
def test_a_network_with_its_weights_says_what_the_pictures_show(name):
    own, shown = reference.load("05_fcn"), trainings.pictures(NAME)
    network = own["network"](name, pretrained=False)
    network.load_state_dict(trainings.trained_weights(NAME, name))
    found = [own["classes_of"](network.eval(), torch.from_numpy(image)) for image in shown["images"]]
    same = torch.stack(found).numpy() == shown[name]
    assert same.mean() > 0.999  # the pictures were made before the weights lost half of their bits


def test_what_is_not_shipped_is_said_with_what_is():
    with pytest.raises(DataMissing, match=r"nothing\.npz"):
        trainings.pictures("nothing")
    with pytest.raises(DataMissing, match="FCN-16s, FCN-32s, FCN-8s, FRRN, encoder–decoder"):
        trainings.trained_weights(NAME, "FCN-4s")
