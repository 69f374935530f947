"""Images of any size become one batch: sides, boxes and padding on literal numbers."""

import pytest
import torch

from course_lib.data.sizes import fitting_scale, mirrored, padded, scaled


@pytest.mark.parametrize(
    ("height", "width", "scale"),
    [(128, 128, 2.0), (512, 512, 0.5), (100, 200, 2.56), (100, 300, 512 / 300), (400, 100, 1.28)],
)
def test_the_shorter_side_fits_unless_the_longer_one_would_not(height, width, scale):
    assert fitting_scale(height, width, shorter=256, longer=512) == pytest.approx(scale)


def test_an_image_is_scaled_to_floats_between_0_and_1():
    image = torch.full((3, 40, 60), 255, dtype=torch.uint8)
    image[:, :20] = 0
    large = scaled(image, 2.0)
    assert large.shape == (3, 80, 120)
    assert large.dtype == torch.float32
    assert large[:, :39].max() == 0
    assert large[:, 41:].min() == 1
    assert scaled(image, 0.5)[0, :, 0].tolist() == pytest.approx([0] * 9 + [0.0625, 0.9375] + [1] * 9, abs=0.07)


def test_no_side_becomes_shorter_than_a_network_can_take():
    assert scaled(torch.zeros(3, 20, 400, dtype=torch.uint8), 0.1).shape == (3, 16, 40)


def test_mirroring_moves_pixels_and_boxes_alike_and_twice_is_never():
    image = torch.zeros(3, 10, 30)
    image[:, 2:5, 4:9] = 1
    target = {"boxes": torch.tensor([[4.0, 2, 9, 5]]), "labels": torch.tensor([3])}
    other, boxes = mirrored(image, target)
    x1, y1, x2, y2 = boxes["boxes"][0].int().tolist()
    assert (x1, y1, x2, y2) == (21, 2, 26, 5)
    assert other[:, y1:y2, x1:x2].min() == 1
    assert other.sum() == image.sum()
    assert boxes["labels"] is target["labels"]
    assert torch.equal(mirrored(other, boxes)[1]["boxes"], target["boxes"])


def test_mirroring_an_image_without_objects():
    assert mirrored(torch.zeros(3, 8, 8), {"boxes": torch.zeros(0, 4)})[1]["boxes"].shape == (0, 4)


def test_a_batch_is_as_large_as_its_largest_sides_and_black_elsewhere():
    batch = padded([torch.ones(3, 4, 6), torch.ones(3, 5, 2)])
    assert batch.shape == (2, 3, 5, 6)
    assert batch.sum(dim=(1, 2, 3)).tolist() == [72, 30]
    assert batch[1, :, :, :2].min() == 1
