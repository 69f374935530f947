"""Unit 08: its functions beside the library that computes the same, and its explorer."""

import torch
from torch.nn.functional import layer_norm

from autograder import reference
from course_lib.explorers.embeddings import draw_light, light_explorer

standardize = reference.find("08_embeddings", "standardize")


def test_standardize_is_layer_norm_without_weights():
    images = torch.rand(5, 6, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(standardize(images), layer_norm(images, (6, 8), eps=0), rtol=1e-4, atol=1e-5)


def test_light_and_contrast_change_nothing_that_is_standardized():
    images = torch.rand(5, 6, 8, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(standardize(0.5 * images + 0.3), standardize(images), rtol=1e-3, atol=1e-4)


def test_the_explorer_draws_the_image_and_tells_its_mean():
    picture, words = draw_light(torch.full((8, 8), 0.5), light=0.25, contrast=0.5)
    assert (picture == picture[0, 0]).all()
    assert words.startswith("mean 0.50, deviation 0.00")


def test_the_explorer_s_controls_move():
    shown = light_explorer(torch.eye(8))
    for control in shown.children[0].children:
        control.value = control.max
    assert "mean" in shown.children[1].children[1].value
