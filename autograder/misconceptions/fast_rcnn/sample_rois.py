"""Unit 03: wrong versions of `sample_rois`."""

import torch

from autograder.misconceptions import wrong


def _best(ious):
    return ious.amax(1) if ious.shape[1] else torch.zeros(len(ious))


def _kinds(ious, low=0.1, high=0.5):
    """The positions of foreground and of background."""
    best = _best(ious)
    return (best >= high).nonzero()[:, 0], ((best >= low) & (best < high)).nonzero()[:, 0]


def _some(positions, count, rng):
    return positions[torch.randperm(len(positions), generator=rng)[: max(count, 0)]]


def _sample(kinds, batch, fg_fraction, rng):
    foreground = _some(kinds[0], round(fg_fraction * batch), rng)
    return foreground, _some(kinds[1], batch - len(foreground), rng)


@wrong(
    "sample_rois",
    "exact-quota",
    "With two positives you repeat them to reach the quota. Take the two, and fill with background.",
)
def exact_quota(ious, batch, fg_fraction, rng):
    foreground, background = _kinds(ious)
    quota = round(fg_fraction * batch)
    if 0 < len(foreground) < quota:
        chosen = foreground[torch.randint(len(foreground), (quota,), generator=rng)]
    else:
        chosen = _some(foreground, quota, rng)
    return chosen, _some(background, batch - len(chosen), rng)


DICE = "You draw with replacement, so that regions come twice. `torch.randperm` gives each position once."


def _dice(positions, count, rng):
    return positions[torch.randint(len(positions), (min(count, len(positions)),), generator=rng)]


@wrong("sample_rois", "with-replacement", DICE)
def with_replacement(ious, batch, fg_fraction, rng):
    foreground, background = _kinds(ious)
    chosen = _dice(foreground, round(fg_fraction * batch), rng) if len(foreground) else foreground
    others = _dice(background, batch - len(chosen), rng) if len(background) else background
    return chosen, others


@wrong("sample_rois", "with-replacement-fails", DICE)
def with_replacement_fails(ious, batch, fg_fraction, rng):
    foreground, background = _kinds(ious)
    chosen = _dice(foreground, round(fg_fraction * batch), rng)
    return chosen, _dice(background, batch - len(chosen), rng)


@wrong("sample_rois", "short-batch", "The batch is not filled up when positives are rare.")
def short_batch(ious, batch, fg_fraction, rng):
    foreground, background = _kinds(ious)
    quota = round(fg_fraction * batch)
    return _some(foreground, quota, rng), _some(background, batch - quota, rng)


@wrong("sample_rois", "all-foreground", "The fraction is an upper limit; your batch has hardly any background.")
def all_foreground(ious, batch, fg_fraction, rng):
    return _sample(_kinds(ious), batch, 1.0, rng)


@wrong(
    "sample_rois",
    "best-first",
    "You always take the best regions; the head never sees the mediocre ones it will meet. Draw at random.",
)
def best_first(ious, batch, fg_fraction, rng):
    ranked = _best(ious).argsort(descending=True)
    foreground, background = _kinds(ious[ranked])
    chosen = ranked[foreground[: round(fg_fraction * batch)]]
    return chosen, _some(ranked[background], batch - len(chosen), rng)


@wrong(
    "sample_rois",
    "first-ones",
    "You take the first ones every time. Proposals come in an order that means something: draw at random.",
)
def first_ones(ious, batch, fg_fraction, rng):
    foreground, background = _kinds(ious)
    chosen = foreground[: round(fg_fraction * batch)]
    return chosen, background[: batch - len(chosen)]


@wrong(
    "sample_rois",
    "background-anything",
    "You draw background that touches nothing. The paper's lower bound (0.1) keeps the harder ones.",
)
def background_anything(ious, batch, fg_fraction, rng):
    return _sample(_kinds(ious, low=0.0), batch, fg_fraction, rng)


@wrong(
    "sample_rois",
    "background-all-below",
    "You draw background below 0.1 only. Those are the easy ones: it is drawn from 0.1 up to 0.5.",
)
def background_all_below(ious, batch, fg_fraction, rng):
    best = _best(ious)
    return _sample(((best >= 0.5).nonzero()[:, 0], (best < 0.1).nonzero()[:, 0]), batch, fg_fraction, rng)


@wrong("sample_rois", "global-rng", "Your draw does not follow `rng`, so nobody can repeat your experiment.")
def global_rng(ious, batch, fg_fraction, rng):
    return _sample(_kinds(ious), batch, fg_fraction, None)


@wrong(
    "sample_rois",
    "own-generator",
    "Your draw is the same whatever `rng` is, so there is never another batch. Draw with the generator that you get.",
)
def own_generator(ious, batch, fg_fraction, rng):
    return _sample(_kinds(ious), batch, fg_fraction, torch.Generator().manual_seed(0))


@wrong(
    "sample_rois", "first-object", "You look at the first object alone. A region's largest IoU with any object counts."
)
def first_object(ious, batch, fg_fraction, rng):
    return _sample(_kinds(ious[:, :1]), batch, fg_fraction, rng)


@wrong("sample_rois", "swapped-order", "You return the background first. The foreground comes first.")
def swapped_order(ious, batch, fg_fraction, rng):
    return _sample(_kinds(ious), batch, fg_fraction, rng)[::-1]


@wrong("sample_rois", "subset-positions", "Your numbers count within one kind. Translate them back to all regions.")
def subset_positions(ious, batch, fg_fraction, rng):
    foreground, background = _kinds(ious)
    return _sample((torch.arange(len(foreground)), torch.arange(len(background))), batch, fg_fraction, rng)


@wrong(
    "sample_rois",
    "above-half",
    "A region whose IoU is exactly 0.5 belongs to neither of your kinds. At least 0.5 is foreground.",
    slip=True,
)
def above_half(ious, batch, fg_fraction, rng):
    best = _best(ious)
    kinds = (best > 0.5).nonzero()[:, 0], ((best >= 0.1) & (best < 0.5)).nonzero()[:, 0]
    return _sample(kinds, batch, fg_fraction, rng)


@wrong(
    "sample_rois",
    "half-is-background",
    "An IoU of exactly 0.5 is background with you. At least 0.5 is foreground.",
    slip=True,
)
def half_is_background(ious, batch, fg_fraction, rng):
    best = _best(ious)
    kinds = (best > 0.5).nonzero()[:, 0], ((best >= 0.1) & (best <= 0.5)).nonzero()[:, 0]
    return _sample(kinds, batch, fg_fraction, rng)


@wrong(
    "sample_rois",
    "half-is-both",
    "A region whose IoU is exactly 0.5 is in both of your kinds. It is foreground alone.",
    slip=True,
)
def half_is_both(ious, batch, fg_fraction, rng):
    best = _best(ious)
    kinds = (best >= 0.5).nonzero()[:, 0], ((best >= 0.1) & (best <= 0.5)).nonzero()[:, 0]
    return _sample(kinds, batch, fg_fraction, rng)


@wrong(
    "sample_rois",
    "above-tenth",
    "A region whose IoU is exactly 0.1 is not used by you. From 0.1 on it is background.",
    slip=True,
)
def above_tenth(ious, batch, fg_fraction, rng):
    best = _best(ious)
    kinds = (best >= 0.5).nonzero()[:, 0], ((best > 0.1) & (best < 0.5)).nonzero()[:, 0]
    return _sample(kinds, batch, fg_fraction, rng)


@wrong(
    "sample_rois",
    "no-objects-fails",
    "Your function fails on an image without objects. No region is used then: answer with none.",
    slip=True,
)
def no_objects_fails(ious, batch, fg_fraction, rng):
    if ious.shape[1] == 0:
        raise IndexError("max(): expected a non-empty dimension")
    return _sample(_kinds(ious), batch, fg_fraction, rng)


@wrong(
    "sample_rois",
    "no-objects-background",
    "Without objects every largest IoU is 0, below 0.1: there is no background to draw.",
    slip=True,
)
def no_objects_background(ious, batch, fg_fraction, rng):
    kinds = _kinds(ious) if ious.shape[1] else (torch.arange(0), torch.arange(len(ious)))
    return _sample(kinds, batch, fg_fraction, rng)
