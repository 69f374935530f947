"""Embeddings as a map: where each face lies among the others, and which lie nearest to one of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from course_lib.explorers.canvas import Canvas
from course_lib.explorers.tiles import decision, tiled
from course_lib.plots import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILLION, Picture, white

SIDE, RIM, TILE = 396, 20, 132  # pixels: of the map, around its points, of a face
LETTERS = "ABCDEFGHIJ"
COLORS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, BLACK)  # dark enough for letters on white


class FaceMap(NamedTuple):
    """Faces in a space.

    Attributes:
        places: (x, y) of each face on the map, from 0 to 1.
        distances: squared Euclidean, between all faces in the space itself.
        letters: of each face's identity.
    """

    places: Float[np.ndarray, "n 2"]
    distances: Float[np.ndarray, "n n"]
    letters: Sequence[str]


def flat(vectors: Float[np.ndarray, "n d"], method: str) -> Float[np.ndarray, "n 2"]:
    """The vectors in the plane, by "PCA" (the two directions of the largest variance) or "t-SNE" (neighbours stay)."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if method == "PCA":
        return PCA(2, svd_solver="full").fit_transform(vectors)
    return TSNE(2, perplexity=min(10, (len(vectors) - 1) / 3), init="pca", random_state=0).fit_transform(vectors)


def face_map(vectors: Float[Tensor, "n d"], identities: Int[Tensor, " n"] | Sequence[int], method: str) -> FaceMap:
    """The map of some faces' vectors; their identities, at most ten, become letters in ascending order."""
    from scipy.spatial.distance import cdist

    array = np.asarray(vectors, dtype=np.float32)
    places = flat(array, method)
    low, high = places.min(axis=0), places.max(axis=0)
    _, rows = np.unique(np.asarray(identities), return_inverse=True)
    letters = [LETTERS[row] for row in rows]
    return FaceMap((places - low) / np.maximum(high - low, 1e-9), cdist(array, array, "sqeuclidean"), letters)


def draw_map(images: UInt8[Tensor, "n 3 h w"], shown: FaceMap, face: int) -> tuple[Picture, str]:
    """The map, a letter per face, with a dot at the chosen one; beside it that face and its five nearest."""
    canvas = Canvas(white(SIDE, SIDE))
    x, y = _pixel(shown.places[face])
    canvas.dot(x, y, ORANGE, radius=15)
    for place, letter in zip(shown.places, shown.letters, strict=True):
        canvas.number(*_pixel(place), letter, COLORS[LETTERS.index(letter) % len(COLORS)], 15)
    canvas.number(x, y, shown.letters[face], BLACK, 20)
    mine, distances = shown.letters[face], shown.distances[face]
    order = [other for other in np.argsort(distances, kind="stable") if other != face][:5]
    tiles = [_chosen(images[face], mine)]
    tiles += [decision(images[i], mine, shown.letters[i], TILE, f"{distances[i]:.2f}") for i in order]
    hits = sum(shown.letters[i] == mine for i in order)
    words = f"face {face + 1} of person {mine}: <b>{hits} of its {len(order)} nearest</b> show the same person"
    return np.hstack([canvas.picture, white(SIDE, 12), np.vstack([tiled(tiles, rows=2), _rest()])]), words


def _pixel(place: Float[np.ndarray, "2"]) -> tuple[float, float]:
    return RIM + (SIDE - 2 * RIM) * float(place[0]), SIDE - RIM - (SIDE - 2 * RIM) * float(place[1])


def _chosen(image: UInt8[Tensor, "3 h w"], letter: str) -> Picture:
    """The face that was chosen."""
    canvas = Canvas(image, scale=TILE / image.shape[-1])
    canvas.text(2, image.shape[-2] - 2, f"{letter} chosen", ORANGE, size=13)
    return canvas.picture


def _rest() -> Picture:
    """White below two rows of tiles."""
    return white(SIDE - 2 * TILE, 3 * TILE)
