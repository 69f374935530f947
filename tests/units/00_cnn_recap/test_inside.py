"""Unit 00's look inside EfficientNet-Lite0: what the lecture says of its filters, channels, class map and cost."""

import pytest
import torch
from torch import nn
from torchvision.transforms.v2.functional import resize

from autograder import reference
from course_lib.data.photos import photo
from course_lib.explorers.channels import draw_channel
from course_lib.models import backbone, imagenet_classifier
from tests.helpers.explorer_views import PHOTO, channels_view
from tests.helpers.views import control, widgets

EYES = ((150, 95, 205, 150), (292, 112, 345, 155))  # Chelsea's


@pytest.fixture(scope="module")
def network():
    return backbone("lite0")


def last_map(network, image):
    with torch.inference_mode():
        return network(resize(image, [600])[None] / 255)[0]


def painted(image):
    """The photograph with its eyes in the colour of fur."""
    image = image.clone()
    for left, top, right, bottom in EYES:
        image[:, top:bottom, left:right] = torch.tensor([150, 120, 90], dtype=torch.uint8)[:, None, None]
    return image


def test_seven_filters_see_only_edges_and_six_only_colours(network):
    found = {"edge": 0, "colour": 0, "empty": 0}
    for weights in network.net.stem[0][0].weight.detach():
        size = weights.abs().sum()
        if size < 1e-6:
            found["empty"] += 1
            continue
        found["edge"] += bool(weights.sum(dim=(1, 2)).abs().sum() < 0.1 * size)
        found["colour"] += bool(weights.sum(dim=0).abs().sum() < 0.1 * size)
    assert found == {"edge": 7, "colour": 6, "empty": 4}


def test_the_class_map_lies_on_the_cat_and_on_no_other_photograph(network):
    classifier = imagenet_classifier()
    largest = {}
    for name in ("chelsea", "coffee", "astronaut"):
        chances = classifier(last_map(network, photo(name)).movedim(0, -1)).softmax(dim=-1)[..., 281:286].sum(dim=-1)
        largest[name] = float(chances.max())
        if name == "chelsea":
            assert list(chances.shape) == [19, 29]
            assert chances[:, 25:].max() < 0.05
    assert largest["chelsea"] > 0.98
    assert max(largest["coffee"], largest["astronaut"]) < 0.05


def test_a_channel_that_fits_the_eyes_answers_more_to_paint(network):
    before, after = (last_map(network, image)[209] for image in (photo("chelsea"), painted(photo("chelsea"))))
    left, right = (before[top // 16 : bottom // 16 + 1, x // 16 : x2 // 16 + 1] for x, top, x2, bottom in EYES)
    assert 8 <= (before > 0).sum() <= 10
    assert left.sum() + right.sum() == pytest.approx(float(before.sum()))
    assert 7 < after.sum() / before.sum() < 10


def test_the_exercises_count_agrees_with_what_was_published(network):
    whole = nn.Sequential(network, nn.AdaptiveAvgPool2d(1), nn.Flatten(), imagenet_classifier())
    cost = reference.load("00_cnn_recap")["count_cost"](whole, (3, 224, 224))
    assert (cost.parameters, cost.macs) == (4_652_008, 385_187_552)  # published: 4.7 and 407 million


def test_a_channel_is_drawn_in_one_scale_and_told_in_words():
    maps = {"cat": torch.tensor([[[0.0, 0]], [[0, 4]]]), "cup": torch.tensor([[[0.0, 0]], [[2, 2]]])}
    images = {"cat": PHOTO, "cup": PHOTO.flip(2)}
    picture, words = draw_channel(images, maps, 1)
    assert picture.shape == (300, 400 + 12 + 400, 3)
    assert "<b>cat</b>: at most 4.0; 50% of 2 cells answer" in words
    assert "<b>cup</b>: at most 2.0; 100% of 2 cells answer" in words
    silent, words = draw_channel(images, maps, 0)
    assert (silent != picture).any()
    assert words.count("at most 0.0; 0% of 2 cells answer") == 2


def test_the_first_photograph_stays_and_the_other_is_chosen():
    view = widgets(channels_view())
    control(view, "beside it").value = "cup"
    assert "<b>cat</b>" in view.words.value
    assert "<b>cup</b>" in view.words.value
    assert "painted" not in view.words.value
