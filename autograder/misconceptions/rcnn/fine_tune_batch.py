"""Unit 02: wrong versions of `fine_tune_batch`."""

import torch

from autograder.misconceptions import wrong


def _batch(positive, background, rng, counts=(32, 96), pick=None):
    """Draw from two masks; `pick` chooses how many of which length."""
    pick = pick or (lambda length, most: torch.randperm(length, generator=rng)[:most])
    kinds = zip((positive, background), counts, strict=True)
    found = [(mask.nonzero()[:, 0], most) for mask, most in kinds]
    return tuple(positions[pick(len(positions), most)] for positions, most in found)


def _positive(ious):
    return (ious >= 0.5).any(1)


@wrong(
    "fine_tune_batch",
    "swapped-counts",
    "You draw 96 positives and 32 backgrounds; it is the other way round: background is what the world is full of.",
)
def swapped_counts(ious, rng):
    return _batch(_positive(ious), ~_positive(ious), rng, (96, 32))


@wrong("fine_tune_batch", "swapped-order", "You return the backgrounds first. The positives come first.")
def swapped_order(ious, rng):
    return _batch(_positive(ious), ~_positive(ious), rng)[::-1]


@wrong(
    "fine_tune_batch",
    "with-replacement",
    "The same proposal comes twice in a batch: draw without putting back, as `randperm` does.",
)
def with_replacement(ious, rng):
    def pick(length, most):
        return (
            torch.randint(length, (min(most, length),), generator=rng) if length else torch.empty(0, dtype=torch.int64)
        )

    return _batch(_positive(ious), ~_positive(ious), rng, pick=pick)


@wrong(
    "fine_tune_batch",
    "first-ones",
    "You take the first ones every time. Proposals come in an order that means something: draw at random.",
)
def first_ones(ious, rng):
    return _batch(_positive(ious), ~_positive(ious), rng, pick=lambda length, most: torch.arange(min(length, most)))


@wrong(
    "fine_tune_batch",
    "own-chance",
    "The draw does not follow `rng`, so nobody can repeat your experiment. Pass `generator=rng`.",
)
def own_chance(ious, rng):
    return _batch(_positive(ious), ~_positive(ious), None)


@wrong(
    "fine_tune_batch",
    "above-half",
    "A proposal with an IoU of exactly 0.5 is positive: at least 0.5, not above it.",
    slip=True,
)
def above_half(ious, rng):
    positive = (ious > 0.5).any(1)
    return _batch(positive, ~positive, rng)


@wrong(
    "fine_tune_batch",
    "grey-left-out",
    "You leave out proposals between 0.3 and 0.5. That is the SVM's rule; in fine-tuning they are background.",
)
def grey_left_out(ious, rng):
    best = ious.max(1).values if ious.shape[1] else torch.zeros(len(ious))
    return _batch(best >= 0.5, best < 0.3, rng)


@wrong(
    "fine_tune_batch",
    "first-object-only",
    "You look at the first object alone. A proposal is positive when it fits any of them.",
)
def first_object_only(ious, rng):
    first = ious[:, 0] >= 0.5 if ious.shape[1] else torch.zeros(len(ious), dtype=torch.bool)
    return _batch(first, ~first, rng)


@wrong(
    "fine_tune_batch",
    "unbalanced",
    "You draw 128 from all proposals together, so hardly any shows an object. Draw 32 and 96, each kind for itself.",
)
def unbalanced(ious, rng):
    chosen = torch.randperm(len(ious), generator=rng)[:128]
    return chosen[_positive(ious)[chosen]], chosen[~_positive(ious)[chosen]]


@wrong(
    "fine_tune_batch",
    "filled-up",
    "You fill missing positives with backgrounds, up to 128. That is the convention of later detectors; "
    "here 96 stays 96.",
)
def filled_up(ious, rng):
    positives = min(32, int(_positive(ious).sum()))
    return _batch(_positive(ious), ~_positive(ious), rng, (32, 128 - positives))


@wrong(
    "fine_tune_batch",
    "subset-positions",
    "Your numbers count within the positives (or backgrounds). Translate them back to all proposals.",
)
def subset_positions(ious, rng):
    count = int(_positive(ious).sum())
    return torch.randperm(count, generator=rng)[:32], torch.randperm(len(ious) - count, generator=rng)[:96]
