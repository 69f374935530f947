"""Unit 05: wrong versions of `fuse_skip`."""

import torch
from torch.nn.functional import interpolate

from autograder.misconceptions import wrong


def _larger(coarse, fine, mode="bilinear", **options):
    """The coarse map, twofold, cut to the size of the fine one."""
    if mode == "bilinear" and not options:
        options = {"align_corners": False}
    twofold = interpolate(coarse, scale_factor=2, mode=mode, **options)
    return twofold[:, :, : fine.shape[2], : fine.shape[3]]


@wrong("fuse_skip", "concatenated", "FCN adds scores. (Concatenation is U-Net's way.)")
def concatenated(coarse, fine):
    return torch.cat([_larger(coarse, fine), fine], dim=1)


@wrong(
    "fuse_skip",
    "shrinks-fine",
    "You throw the fine resolution away, which is why the skip is there.",
)
def shrinks_fine(coarse, fine):
    return coarse + interpolate(fine, size=coarse.shape[2:], mode="bilinear", align_corners=False)


@wrong("fuse_skip", "even-only", "With an odd size the maps do not meet: twofold, there is a row or a column too many.")
def even_only(coarse, fine):
    return interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False) + fine


@wrong(
    "fuse_skip",
    "corners-aligned",
    "With aligned corners the coarse map is shifted against the fine one, most at the borders.",
)
def corners_aligned(coarse, fine):
    return _larger(coarse, fine, align_corners=True) + fine


@wrong("fuse_skip", "averaged", "The scores are added; halving them changes the softmax.")
def averaged(coarse, fine):
    return (_larger(coarse, fine) + fine) / 2


@wrong("fuse_skip", "ignores-fine", "The fine map has no influence on your result.")
def ignores_fine(coarse, fine):
    return _larger(coarse, fine)


@wrong(
    "fuse_skip",
    "nearest",
    "You repeat cells: `F.interpolate` does so when nobody names a mode. Bilinear interpolation is asked for.",
)
def nearest(coarse, fine):
    return _larger(coarse, fine, mode="nearest") + fine


@wrong(
    "fuse_skip",
    "softmax-early",
    "You make probabilities of the scores before you add them. Add scores; the softmax comes once, in the loss.",
)
def softmax_early(coarse, fine):
    return _larger(coarse, fine).softmax(dim=1) + fine.softmax(dim=1)


@wrong("fuse_skip", "relu", "You cut negative scores off. Scores may be negative: no ReLU on them.")
def relu(coarse, fine):
    return (_larger(coarse, fine) + fine).relu()


@wrong("fuse_skip", "multiplied", "You multiply the scores of the two maps. FCN adds them.")
def multiplied(coarse, fine):
    return _larger(coarse, fine) * fine


@wrong(
    "fuse_skip",
    "detached",
    "No gradient reaches the coarse map: what lies below it cannot learn from the fused scores.",
)
def detached(coarse, fine):
    return _larger(coarse.detach(), fine) + fine


@wrong(
    "fuse_skip",
    "changes-fine",
    "You add into the fine map itself: `+=` changes what you were given.",
    slip=True,
)
def changes_fine(coarse, fine):
    fine += _larger(coarse, fine)
    return fine
