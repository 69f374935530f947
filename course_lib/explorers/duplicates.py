"""Which training picture each test picture resembles most, and which of them a threshold calls copies."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor
from torch.nn.functional import normalize

from course_lib.explorers.canvas import Canvas
from course_lib.explorers.chart import new_figure
from course_lib.explorers.tiles import decision, tiled
from course_lib.plots import BLACK, BLUE, GREEN, ORANGE, Picture, pixels, white

TILE, GAP, SHOWN = 84, 14, 4  # pixels of an image, between pairs; pairs on either side of the threshold
HEAD, HEIGHT = 24, 150  # pixels of the words above a row, of the histogram
WIDTH = SHOWN * (2 * TILE + GAP)


class Match(NamedTuple):
    """For each test picture its most similar training picture, and how similar they are."""

    similarity: Float[np.ndarray, " m"]
    partner: Int[np.ndarray, " m"]


class Split(NamedTuple):
    """Training pictures, test pictures, and which of the test pictures are copies of some of the former."""

    train: UInt8[Tensor, "n 3 h w"]
    test: UInt8[Tensor, "m 3 h w"]
    copied: Bool[np.ndarray, " m"]


def most_similar(train: Float[Tensor, "n d"], *views: Float[Tensor, "m d"]) -> Match:
    """The largest cosine similarity of each test picture with any training picture.

    Args:
        views: the test pictures' features; where there are several, as of a mirrored picture, the largest one counts.
    """
    unit = normalize(train.double(), dim=1)
    tables = torch.stack([normalize(view.double(), dim=1) @ unit.T for view in views])
    similarity, partner = tables.amax(dim=0).max(dim=1)
    return Match(similarity.numpy(), partner.numpy())


def precision_and_recall(found: Match, copied: Bool[np.ndarray, " m"], threshold: float) -> tuple[float, float]:
    """Of those that reach the threshold the share of copies, and of the copies the share that reaches it.

    The precision is NaN where nothing does.
    """
    accepted = found.similarity >= threshold
    hits = (accepted & copied).sum()
    return float(hits / accepted.sum() if accepted.any() else np.nan), float(hits / copied.sum())


class Histogram(NamedTuple):
    """The similarities of copies and of others, drawn once; columns of similarity `low` and of 1, rows of the axes."""

    picture: Picture
    low: float
    columns: tuple[float, float]
    rows: tuple[float, float]


def histogram(found: Match, copied: Bool[np.ndarray, " m"], low: float) -> Histogram:
    """The largest similarities of the copies and of the other test pictures, from `low` to 1."""
    figure = new_figure(WIDTH, HEIGHT)
    ax = figure.subplots()
    for some, color, name, hatch in ((copied, BLUE, "copies", ""), (~copied, ORANGE, "other test pictures", "//")):
        ax.hist(
            found.similarity[some].clip(low, 1),
            np.linspace(low, 1, 61),
            color=color,
            alpha=0.6,
            label=name,
            hatch=hatch,
        )
    ax.set(xlim=(low, 1), xlabel="similarity to the most similar training picture", yticks=[])
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=8)
    picture = pixels(figure)
    (start, _), (end, _) = ax.transData.transform([(low, 0), (1, 0)])
    frame = ax.get_window_extent()
    return Histogram(picture, low, (start, end), (len(picture) - frame.y1, len(picture) - frame.y0))


def draw_duplicates(split: Split, found: Match, drawn: Histogram, threshold: float) -> tuple[Picture, str]:
    """Pairs of a test and a training picture next to the threshold: four that just reach it, four that just do not.

    Each has the test picture on the left, framed in blue where "copy" or "new" is true, else dashed in red.
    """
    order = np.argsort(found.similarity, kind="stable")
    accepted = found.similarity[order] >= threshold
    above, below = order[accepted][:SHOWN], order[~accepted][::-1][:SHOWN]
    rows = [_row(split, found, some, said) for some, said in ((above, "copy"), (below, "new"))]
    x = drawn.columns[0] + (threshold - drawn.low) / (1 - drawn.low) * (drawn.columns[1] - drawn.columns[0])
    canvas = Canvas(drawn.picture)
    canvas.line((x, drawn.rows[0]), (x, drawn.rows[1]), GREEN, width=3)
    return np.vstack([*rows, canvas.picture]), _words(split, found, threshold)


def _row(split: Split, found: Match, some: Int[np.ndarray, " k"], said: str) -> Picture:
    """Words, then the pairs of these test pictures."""
    tiles = [_pair(split, found, test, said) for test in some.tolist()]
    tiles += [white(TILE, 2 * TILE + GAP)] * (SHOWN - len(tiles))
    head = Canvas(white(HEAD, WIDTH))
    told = "just above the threshold: called copies" if said == "copy" else "just below it: called new"
    head.text(2, HEAD - 4, told, "#FFFFFF", size=14)
    return np.vstack([head.picture, tiled(tiles, rows=1)])


def _pair(split: Split, found: Match, test: int, said: str) -> Picture:
    """A test picture with what is said of it, and the training picture that is most similar."""
    truth = "copy" if split.copied[test] else "new"
    left = decision(split.test[test], truth, said, TILE, f"{found.similarity[test]:.2f}")
    partner = split.train[found.partner[test]]
    canvas = Canvas(partner, scale=TILE / partner.shape[-1])
    canvas.text(2, partner.shape[-2] - 2, "training", BLACK, size=11)
    return np.hstack([left, canvas.picture, white(TILE, GAP)])


def _words(split: Split, found: Match, threshold: float) -> str:
    precision, recall = precision_and_recall(found, split.copied, threshold)
    count = int((found.similarity >= threshold).sum())
    hits = int(((found.similarity >= threshold) & split.copied).sum())
    told = (
        f"{hits} of {count} that reach it are copies: precision <b>{precision:.0%}</b>" if count else "none reaches it"
    )
    return (
        f"threshold {threshold:.2f}: {told}<br>{hits} of {split.copied.sum()} copies found: recall <b>{recall:.0%}</b>"
    )
