"""Photographs: the ones that ship inside scikit-image, and any image file read whole or refused by name."""

from pathlib import Path

from jaxtyping import UInt8
from torch import Tensor

from course_lib.errors import DataBroken, DataMissing

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
    if name not in FILES:
        raise DataMissing(
            f"There is no photograph called {name!r}.",
            expected=", ".join(FILES),
            got=repr(name),
            advice='photo("astronaut"), or read_image(path) for a file of your own',
        )
    from skimage import data

    return read_image(Path(data.__file__).parent / FILES[name])


def read_image(path: Path | str) -> UInt8[Tensor, "3 h w"]:
    """The image file at `path`, RGB, uint8, 0 … 255; grey images get three equal channels.

    Raises DataMissing where there is no such file, and DataBroken, naming it, where it is truncated or no image.
    """
    from PIL import Image
    from torchvision.transforms.v2.functional import pil_to_tensor

    try:
        with Image.open(path) as image:
            return pil_to_tensor(image.convert("RGB"))
    except FileNotFoundError as error:
        raise DataMissing(
            f"The image {Path(path).name} is not there.",
            expected=str(path),
            got="no such file",
            advice="check the path; for a data set, fetch it again with 'course data NAME'",
        ) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise DataBroken(
            f"The image {Path(path).name} cannot be read.",
            expected=f"a whole JPEG or PNG file at {path}",
            got=str(error).splitlines()[0],
            advice="delete the file and fetch the data set again with 'course data NAME'",
        ) from error
