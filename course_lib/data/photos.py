"""Photographs that ship inside scikit-image."""

from pathlib import Path

from jaxtyping import UInt8
from torch import Tensor

from course_lib.data.images import read_image
from course_lib.errors import DataMissing

FILES = {
    "astronaut": "astronaut.png",
    "chelsea": "chelsea.png",
    "coffee": "coffee.png",
    "hubble": "hubble_deep_field.jpg",
    "motorcycle": "motorcycle_left.png",
    "retina": "retina.jpg",
    "rocket": "rocket.jpg",
}


def photo(name: str) -> UInt8[Tensor, "3 h w"]:
    """A real photograph by name, RGB, uint8, 0 … 255; no network is needed. `FILES` lists the names.

    "astronaut" is 512×512, "coffee" 400×600, "chelsea" (a cat) 300×451; all come with scikit-image.
    Raises DataMissing, listing the names, for any other.
    """
    return read_image(photo_file(name))


def photo_file(name: str) -> Path:
    """Where the file of a photograph lies, JPEG or PNG. Raises DataMissing as `photo` does."""
    if name not in FILES:
        raise DataMissing(
            f"There is no photograph called {name!r}.",
            expected=", ".join(FILES),
            got=repr(name),
            advice='photo("astronaut"), or course_lib.data.images.read_image(path) for a file of your own',
        )
    from skimage import data

    return Path(data.__file__).parent / FILES[name]
