"""Sliders on latents: what is added is what is drawn, and the words follow."""

import numpy as np
import pytest
import torch

from course_lib.explorers.latents import GAP, SIDE, draw_sliders
from tests.helpers.explorer_views import sliders_view

LATENT = torch.tensor([3.0, 4.0])
CONCEPTS = {"bright": torch.tensor([1.0, 0.0]), "glasses": torch.tensor([0.0, 1.0])}


def decode(latents):
    """Grey pictures: the first number is a tenth of the brightness."""
    return (latents[:, :1, None, None] / 10).expand(-1, 3, 16, 16)


def judge(images):
    return [f"grey {image.mean():.2f}" for image in images]


def drawn(**amounts):
    return draw_sliders(decode, LATENT, CONCEPTS, amounts, judge)


def panes(picture):
    assert picture.shape == (SIDE, 2 * SIDE + GAP, 3)
    return picture[:, :SIDE], picture[:, SIDE + GAP :]


def test_nothing_added_changes_nothing():
    picture, words = drawn(bright=0.0, glasses=0.0)
    before, after = panes(picture)
    assert (before[: SIDE // 2] == after[: SIDE // 2]).all()
    assert words == "before: grey 0.30<br>after: <b>grey 0.30</b><br>length of the latent: 5.0, then 5.0"


def test_amounts_of_all_concepts_are_added():
    picture, words = drawn(bright=2.0, glasses=8.0)
    before, after = panes(picture)
    assert before[0, 0].tolist() == [round(0.3 * 255)] * 3
    assert after[0, 0].tolist() == pytest.approx([0.5 * 255] * 3, abs=1)
    assert words.endswith("after: <b>grey 0.50</b><br>length of the latent: 5.0, then 13.0")


def test_below_zero_takes_away_and_pictures_stay_pictures():
    before, after = panes(drawn(bright=-9.0)[0])
    assert after[0, 0].tolist() == [0, 0, 0]
    assert before.dtype == np.uint8


def test_each_face_and_each_slider_changes_the_words():
    view = sliders_view()
    face, *concepts = view.children[0].children
    told = view.children[1].children[1]
    seen = [told.value]
    for control, value in ((face, 2), (concepts[0], 1.0), (concepts[1], -2.0)):
        control.value = value
        seen.append(told.value)
    assert len(set(seen)) == 4
