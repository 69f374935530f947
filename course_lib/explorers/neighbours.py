"""Explorer of unit 01: which images lie nearest to a query, by pixels or by the features of a layer."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.panel import panel, slider
from course_lib.explorers.tiles import decision, tiled
from course_lib.plots import Picture

SIDE = 128  # pixels of a neighbour; the query is twice as large
COUNT = 8


def nearest(vectors: Float[Tensor, "n d"], query: int, count: int = COUNT) -> tuple[Tensor, Tensor]:
    """The `count` nearest others of one vector, the nearest first, and how far they are.

    Returns:
        Positions [count] and Euclidean distances [count], divided by the mean distance of all others from the query: at
        1, a neighbour is no nearer than any image.
    """
    # no table of differences: many queries would leave many of them beside each other in memory, gigabytes in all
    distances = torch.cdist(vectors[query][None], vectors, compute_mode="donot_use_mm_for_euclid_dist")[0]
    others = torch.arange(len(vectors)) != query
    order = distances.masked_fill(~others, torch.inf).argsort(stable=True)[:count]
    return order, distances[order] / distances[others].mean().clamp(min=1e-12)


def same_class(vectors: Float[Tensor, "n d"], labels: Int[Tensor, " n"], count: int = COUNT) -> float:
    """The share of all images' `count` nearest others that are of the image's own class."""
    distances = torch.full((len(vectors), len(vectors)), torch.inf)
    row, column = torch.triu_indices(len(vectors), len(vectors), offset=1)
    distances[row, column] = distances[column, row] = torch.pdist(vectors)  # ten times as fast as between two sets
    order = distances.argsort(dim=1, stable=True)[:, :count]  # [n, count]
    return float((labels[order] == labels[:, None]).float().mean())


def draw_neighbours(
    images: UInt8[Tensor, "n 3 h w"],
    labels: Int[Tensor, " n"],
    names: Sequence[str],
    vectors: Float[Tensor, "n d"],
    query: int,
) -> tuple[Picture, str]:
    """The query, and beside it its eight nearest images: blue where they show the same class, else dashed and red.

    Args:
        images: square; labels: their classes; names: of the classes.
        vectors: by which they are compared.
        query: position of the image that we ask for.
    """
    order, distances = nearest(vectors, query)
    truth = names[labels[query]]
    canvas = Canvas(images[query], scale=2 * SIDE / images.shape[-1])
    canvas.text(0, images.shape[-2], f"query: {truth}", WHITE)
    tiles = [
        decision(images[i], truth, names[labels[i]], SIDE, f"{distance:.2f}")
        for i, distance in zip(order.tolist(), distances.tolist(), strict=True)
    ]
    hits = int((labels[order] == labels[query]).sum())
    words = (
        f"<b>{hits} of {len(order)}</b> neighbours are labelled {truth}<br>"
        f"their distances, with the mean over all images as 1: {distances[0]:.2f} to {distances[-1]:.2f}"
    )
    return np.hstack([canvas.picture, tiled(tiles, rows=2)]), words


class Gallery(NamedTuple):
    """Images that lie in several spaces.

    Attributes:
        images, labels, names: as in `draw_neighbours`.
        spaces: name → vectors [n, d] to compare by.
    """

    images: UInt8[Tensor, "n 3 h w"]
    labels: Int[Tensor, " n"]
    names: Sequence[str]
    spaces: Mapping[str, Tensor]


def neighbours_explorer(galleries: Mapping[str, Gallery]):
    """Query, space, gallery → the eight nearest images, and over all queries how many neighbours are of the same class.

    Args:
        galleries: name → as many images in each, in spaces of the same names.
    """
    import ipywidgets

    first = next(iter(galleries.values()))
    shares = {
        (gallery, space): same_class(vectors, labels)
        for gallery, (_, labels, _, spaces) in galleries.items()
        for space, vectors in spaces.items()
    }

    def draw(query: int, space: str, gallery: str) -> tuple[Picture, str]:
        images, labels, names, spaces = galleries[gallery]
        picture, words = draw_neighbours(images, labels, names, spaces[space], query - 1)
        share = f"over all {len(images)} queries: {shares[gallery, space]:.0%} of the same class"
        return picture, f"{gallery} by {space}: {words}<br>{share}"

    controls = {
        "query": slider("query", 2, 1, len(first.images), 1),
        "space": ipywidgets.Dropdown(options=list(first.spaces), description="compare by"),
        "gallery": ipywidgets.Dropdown(options=list(galleries), description="pictures"),
    }
    return panel(draw, controls)
