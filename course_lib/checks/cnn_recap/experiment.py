"""Unit 00's experiment: `predict`, asked about digits that were turned and moved a little."""

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from course_lib.checks.classifier import experiment
from course_lib.checks.cnn_recap.networks import coarse
from course_lib.checks.spec import Inputs


def unseen(count: int):
    """Digits of the test split, each turned by up to 8°, moved by up to half a pixel, with a little noise."""

    def make(rng: Generator) -> Inputs:
        from course_lib.data import digits

        images, labels = digits("test")
        chosen = torch.from_numpy(rng.permutation(len(labels))[:count])
        return {"images": moved(images[chosen], rng), "_labels": labels[chosen]}

    return make


def moved(images: Tensor, rng: Generator) -> Tensor:
    """Each image turned, moved and with noise, in 0 … 1.

    Computed in double precision and then rounded to steps of 1/256, so that every processor draws the same images.
    """
    angle = torch.from_numpy(rng.uniform(-8, 8, len(images))).deg2rad()
    shift = torch.from_numpy(rng.uniform(-0.5, 0.5, (len(images), 2))) * 2 / images.shape[-1]
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1).view(-1, 2, 2)
    grid = affine_grid(torch.cat([turn, shift[:, :, None]], dim=2), list(images.shape), align_corners=False)
    noise = torch.from_numpy(rng.normal(0, 0.05, images.shape))
    return coarse((grid_sample(images.double(), grid, align_corners=False) + noise).clamp(0, 1))


EXPERIMENT = experiment("digits that nobody has seen", unseen, low=0.3, high=0.8)
