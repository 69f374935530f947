import pytest
import torch
from PIL import Image

from course_lib.data.photos import FILES, photo, photo_file, read_image
from course_lib.errors import DataBroken, DataMissing


@pytest.mark.parametrize("name", FILES)
def test_every_photograph_ships_with_scikit_image(name):
    image = photo(name)
    assert image.dtype == torch.uint8
    assert image.shape[0] == 3
    assert min(image.shape[1:]) >= 256
    assert image.float().std() > 10


def test_the_astronaut_is_512_by_512_and_in_rgb_order():
    image = photo("astronaut")
    assert image.shape == (3, 512, 512)
    red, green, blue = image[:, 440, 120].tolist()  # the orange suit
    assert red > green > blue


def test_an_unknown_name_lists_those_that_there_are():
    with pytest.raises(DataMissing, match=r"'lena'.*\n.*astronaut, chelsea, coffee"):
        photo("lena")


def test_its_file_is_the_same_photograph():
    assert photo_file("rocket").name == "rocket.jpg"
    assert torch.equal(read_image(photo_file("rocket")), photo("rocket"))
    with pytest.raises(DataMissing, match="'lena'"):
        photo_file("lena")


def test_a_grey_image_gets_three_equal_channels(tmp_path):
    Image.new("L", (3, 2), 77).save(tmp_path / "grey.png")
    assert torch.equal(read_image(tmp_path / "grey.png"), torch.full((3, 2, 3), 77, dtype=torch.uint8))


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_truncated_image_is_named(tmp_path, suffix):
    path = tmp_path / f"photo{suffix}"
    Image.effect_noise((200, 200), 90).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataBroken, match=f"photo{suffix} cannot be read") as error:
        read_image(path)
    assert str(path) in str(error.value)


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "page.jpg").write_text("<html>not found</html>")
    with pytest.raises(DataBroken, match=r"page.jpg cannot be read"):
        read_image(tmp_path / "page.jpg")


def test_an_image_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataMissing, match=r"none.jpg is not there"):
        read_image(tmp_path / "none.jpg")
