"""The weights and pictures of the long trainings: whole, as their recipe says, and fitting the solution's network."""

import hashlib

import numpy as np
import torch

from autograder import reference
from course_lib import models, trainings
from course_lib.models import weights
from tools.trainings import pose

NAME = "pose"


def test_weights_are_those_that_their_recipe_made_and_small():
    content = (weights.WEIGHTS / f"{NAME}.safetensors").read_bytes()
    told = models.recipe(NAME)
    assert hashlib.sha256(content).hexdigest() == told["sha256"]
    assert (told["steps"], told["seed"]) == (pose.STEPS, pose.SEEDS[0])
    assert len(content) < 2e6


def test_pictures_are_persons_from_the_worst_to_the_best():
    shown, count = trainings.pictures(NAME), pose.SHOWN
    assert shown["images"].shape == (count, 3, 64, 64)
    assert shown["joints"].shape == shown["disks"].shape == shown["names forgotten"].shape == (count, 14, 2)
    for name in pose.DRAWN:
        assert shown[f"{name}: heatmaps"].shape == (count, 14, 16, 16)
        assert shown[f"{name}: heatmaps"].dtype == np.uint8
    distance = np.linalg.norm(shown["disks"] - shown["joints"], axis=2)
    torso = np.linalg.norm(shown["joints"][:, 9] - shown["joints"][:, 2], axis=1)
    right = (distance <= 0.2 * torso[:, None]) & shown["annotated"]
    shares = right.sum(axis=1) / shown["annotated"].sum(axis=1)
    assert (np.diff(shares) >= 0).all()
    assert shares[0] < shares[-1]


def test_the_network_with_its_weights_says_what_the_pictures_show():
    own, shown = reference.load("06_pose"), trainings.pictures(NAME)
    network = own["network"](14, pretrained=False)
    network.load_state_dict(trainings.trained_weights(NAME, "disks"))
    maps = own["heatmaps"](network.eval(), torch.from_numpy(shown["images"])).sigmoid()
    said = torch.from_numpy(shown["disks: heatmaps"]).float() / 255
    assert (maps - said).abs().max() < 0.02  # the pictures were made before the weights lost half of their bits


def test_what_the_weights_find_is_what_was_measured():
    """Mean PCK of the first seed on val."""
    own, known = reference.load("06_pose"), trainings.shipped(NAME)
    network = own["network"](14, pretrained=False)
    network.load_state_dict(trainings.trained_weights(NAME, "disks"))
    persons = own["crops"]("val", own["VALS"], own["SIDE"])
    found = own["places"](network.eval(), own["stacked"](persons)[0])
    assert abs(own["correct"](found, persons).mean() - known.results["disks: val PCK"][0]) < 0.01
