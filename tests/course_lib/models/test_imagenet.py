"""What ImageNet's classes say of real photographs, and what is refused."""

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.data.images import read_image
from course_lib.data.photos import photo
from course_lib.errors import DataBroken
from course_lib.models import backbone, classify, imagenet_classifier, imagenet_names


def test_the_thousand_names_are_torchvisions():
    names = imagenet_names()
    assert (len(names), names[0], names[281], names[999]) == (1000, "tench", "tabby", "toilet tissue")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chelsea", {"Egyptian cat": 0.36, "tiger cat": 0.33, "tabby": 0.18}),
        ("coffee", {"espresso": 0.94}),
        ("motorcycle", {"moped": 0.72}),
        ("rocket", {"missile": 0.22}),
        ("astronaut", {"bobsled": 0.20}),
    ],
)
def test_photographs_are_named_as_measured(name, expected):
    """The reference is timm's tf_efficientnet_lite0 with the same weights: 0.39, 0.33, 0.16; 0.94; 0.70; 0.19; 0.21."""
    found = classify(photo(name), k=len(expected))
    assert [label for label, _ in found] == list(expected)
    assert [chance for _, chance in found] == pytest.approx(list(expected.values()), abs=0.03)


def test_all_probabilities_sum_to_one_in_falling_order():
    chances = [chance for _, chance in classify(photo("rocket"), k=1000)]
    assert sum(chances) == pytest.approx(1, abs=1e-4)
    assert chances == sorted(chances, reverse=True)


def test_the_class_map_of_the_five_cats_lies_on_the_cat():
    """The classifier at every cell of chelsea at twice its size. The cat ends at column 24; behind it is furniture."""
    image = torch.nn.functional.interpolate(photo("chelsea")[None].float() / 255, scale_factor=2, mode="bilinear")
    layer, cats = imagenet_classifier(), slice(281, 286)
    with torch.inference_mode():
        cells = layer(backbone("lite0")(image)[0].movedim(0, -1)).softmax(dim=-1)[..., cats].sum(dim=-1)
    assert cells.shape == (19, 29)
    assert cells[:, :24].mean() > 0.2
    assert cells[:, 25:].max() < 0.05


@pytest.mark.parametrize(
    ("mode", "dtype"), [("L", np.uint8), ("I;16", np.uint16), ("CMYK", np.uint8), ("RGBA", np.uint8), ("P", np.uint8)]
)
def test_files_of_every_kind_are_read_and_named(tmp_path, mode, dtype):
    whole = Image.fromarray(photo("chelsea").permute(1, 2, 0).numpy())
    image = whole.convert("L" if mode == "I;16" else mode)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(dtype) * 257)
    path = tmp_path / ("cat.tif" if mode in ("CMYK", "I;16") else "cat.png")
    image.save(path)
    assert "cat" in classify(read_image(path))[0][0]


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (2000, 3), (5000, 6000)])
def test_images_of_every_size_are_named(shape):
    image = torch.full((3, *shape), 90, dtype=torch.uint8)
    assert len(classify(image, k=2)) == 2


@pytest.mark.parametrize(
    "image",
    [
        torch.zeros(300, 400, dtype=torch.uint8),
        torch.zeros(1, 300, 400, dtype=torch.uint8),
        torch.zeros(4, 300, 400, dtype=torch.uint8),
        torch.zeros(300, 400, 3, dtype=torch.uint8),
        torch.zeros(3, 0, 5, dtype=torch.uint8),
        torch.zeros(3, 300, 400),
    ],
    ids=["two axes", "grey", "CMYK", "channels last", "empty", "floats"],
)
def test_what_is_no_image_is_refused_with_its_shape(image):
    with pytest.raises(DataBroken, match=r"(?s)uint8 tensor \[3, height, width\].*" + str(list(image.shape))[1:-1]):
        classify(image)
