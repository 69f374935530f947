"""The service over EfficientNet-Lite0, on photographs: what it says, and when it is silent."""

import pytest
import torch

from course_lib.data.photos import photo_file
from course_lib.models import classify, imagenet_logits, imagenet_names
from course_lib.service import Service, ask


def sure(image):
    """The classes to which lite0 gives 0.3 or more, the likeliest first."""
    chances = imagenet_logits(image).softmax(dim=0)
    numbers = [number for number in chances.argsort(descending=True).tolist() if chances[number] >= 0.3]
    return [(imagenet_names()[number], float(chances[number])) for number in numbers]


@pytest.fixture(scope="module")
def service():
    with Service(sure) as running:
        yield running


@pytest.mark.parametrize(
    ("name", "tags"),
    [("chelsea", ["Egyptian cat", "tiger cat"]), ("coffee", ["espresso"]), ("motorcycle", ["moped"])],
)
def test_what_it_knows_it_names(service, name, tags):
    answer = ask(service.url, photo_file(name))
    assert answer.status == 200
    assert [name for name, _ in answer.tags] == tags
    assert answer.reason == ""


@pytest.mark.parametrize("name", ["rocket", "retina"])
def test_where_it_is_not_sure_it_says_so(service, name):
    assert ask(service.url, photo_file(name)) == (200, [], "No tag is sure enough.")


def test_the_logits_are_those_that_it_classifies_with():
    image = torch.arange(3 * 50 * 40).reshape(3, 50, 40).to(torch.uint8)
    logits = imagenet_logits(image)
    assert logits.shape == (1000,)
    assert not logits.requires_grad
    assert classify(image, 1)[0][1] == pytest.approx(float(logits.softmax(dim=0).max()))
    logits += 1  # whoever gets them may change them
