"""Region proposals: selective search (Uijlings et al., IJCV 2013) as OpenCV computes it, made repeatable and cached."""

import hashlib
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_lib import progress
from course_lib.download import atomic_write
from course_lib.errors import CourseError
from course_lib.settings import settings

QUALITIES = ("single", "fast", "quality")
SIDES = (16, 32_767)  # pixels: OpenCV needs the first, and boxes are kept as 16-bit numbers


class ProposalError(CourseError):
    """An image or a quality that selective search cannot work with."""


def proposals(image: Tensor, seed: int, quality: str = "fast", keep: bool = True) -> Float[Tensor, "n 4"]:
    """Boxes that may hold an object, found by selective search.

    OpenCV returns the same boxes in another order at every call. Here duplicates are removed, the boxes are
    sorted, and then permuted by ``seed``: the first k boxes are a random choice of k, the same in each run.
    The boxes are kept on disk under a hash of the image, so only the first call for an image searches.

    Args:
        image: RGB, uint8 [3, h, w], at least 16 and at most 32,767 pixels high and wide.
        seed: the permutation; it does not change which boxes are found.
        keep: False searches anew and keeps nothing, to measure the time that it takes.
        quality: ``"single"`` (one colour space, fewest boxes), ``"fast"`` or ``"quality"`` (most boxes, slow).

    Returns:
        Boxes ``(x1, y1, x2, y2)`` in pixels, end-exclusive, inside the image, float32.

    Raises:
        ProposalError: for an unknown quality or an image that is not uint8 RGB of such a size.
    """
    if quality not in QUALITIES:
        raise ProposalError(
            "There is no such quality of selective search.",
            expected=" or ".join(QUALITIES),
            got=repr(quality),
            advice='"fast" is the default',
        )
    right = image.dtype == torch.uint8 and image.ndim == 3 and image.shape[0] == 3
    if not right or min(image.shape[1:]) < SIDES[0] or max(image.shape[1:]) > SIDES[1]:
        raise ProposalError(
            "Selective search cannot read this image.",
            expected="a uint8 RGB image [3, height, width] of at least 16 by 16 and at most 32,767 pixels",
            got=f"{image.dtype} of shape {tuple(image.shape)}",
            advice="multiply a float image by 255 and call .to(torch.uint8); shrink one that is too large",
        )
    pixels = _pixels(image)
    boxes = _cached(pixels, quality) if keep else _search(pixels, quality)
    order = torch.randperm(len(boxes), generator=torch.Generator().manual_seed(seed))
    return torch.from_numpy(boxes.astype(np.float32))[order]


def remember(image: Tensor, boxes: Tensor, quality: str = "fast") -> None:
    """Keep boxes [n, 4] that `proposals` found in this image elsewhere, so that it need not search here."""
    found = np.unique(boxes.cpu().numpy().astype(np.int16), axis=0)
    _write(_cache_path(_pixels(image), quality), found)


def _pixels(image: Tensor) -> np.ndarray:
    """An image [3, h, w] as OpenCV holds it, [h, w, 3]."""
    return image.permute(1, 2, 0).cpu().contiguous().numpy()


def _cached(image: np.ndarray, quality: str) -> np.ndarray:
    """Sorted boxes of an image [h, w, 3], from the cache or searched now: int16 [n, 4]."""
    path = _cache_path(image, quality)
    if path.exists():
        try:
            return np.load(path, allow_pickle=False)
        except (ValueError, OSError, EOFError):
            path.unlink()  # a damaged file: search again
    boxes = _search(image, quality)
    _write(path, boxes)
    return boxes


def _write(path: Path, boxes: np.ndarray) -> None:
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        np.save(file, boxes, allow_pickle=False)


def _cache_path(image: np.ndarray, quality: str) -> Path:
    """Where the boxes of this image are kept: one small file named by the pixels and the quality."""
    digest = hashlib.sha256(f"{image.shape} {quality}".encode() + image.tobytes()).hexdigest()[:24]
    return settings().cache / "proposals" / digest[:2] / f"{digest}.npy"


def _search(image: np.ndarray, quality: str) -> np.ndarray:
    """Run selective search on RGB [h, w, 3]; unique boxes xyxy in ascending order, int16 [n, 4]."""
    import cv2

    search = cv2.ximgproc.segmentation.createSelectiveSearchSegmentation()
    search.setBaseImage(np.ascontiguousarray(image[:, :, ::-1]))  # OpenCV's channels are B, G, R
    switch = {
        "single": search.switchToSingleStrategy,
        "fast": search.switchToSelectiveSearchFast,
        "quality": search.switchToSelectiveSearchQuality,
    }
    switch[quality]()
    with progress.step("Selective search"):
        x, y, width, height = search.process().reshape(-1, 4).T
    return np.unique(np.stack([x, y, x + width, y + height], axis=1).astype(np.int16), axis=0)
