"""Unit 01: wrong versions of `few_shot_split`."""

import torch

from autograder.misconceptions import wrong


def _places(labels, per_class):
    """The positions of each class, or an error that names the class that has too few."""
    classes = {label: (labels == label).nonzero()[:, 0] for label in labels.unique().tolist()}
    for label, places in classes.items():
        if len(places) < per_class:
            raise ValueError(f"class {label} has {len(places)} images")
    return classes


def _rest(labels, chosen):
    """Both parts: what was chosen, and all others."""
    train = torch.cat([labels[:0], *chosen])
    others = torch.ones(len(labels), dtype=torch.bool)
    others[train] = False
    return train, others.nonzero()[:, 0]


@wrong(
    "few_shot_split",
    "first-ones",
    "You always take the first images; often these come from one photographer. Draw at random.",
)
def first_ones(labels, per_class, rng):
    return _rest(labels, [places[:per_class] for places in _places(labels, per_class).values()])


@wrong(
    "few_shot_split",
    "with-replacement",
    "An image can be drawn twice, so some classes have fewer different images than you say.",
)
def with_replacement(labels, per_class, rng):
    classes = _places(labels, per_class).values()
    return _rest(labels, [p[torch.randint(len(p), (per_class,), generator=rng)] for p in classes])


@wrong(
    "few_shot_split",
    "overlap",
    "Training images are in the test set as well: the accuracy there says nothing about new images.",
)
def overlap(labels, per_class, rng):
    classes = _places(labels, per_class).values()
    train, _ = _rest(labels, [p[torch.randperm(len(p), generator=rng)[:per_class]] for p in classes])
    return train, torch.arange(len(labels))


@wrong(
    "few_shot_split",
    "total-not-per-class",
    "The number is right in total, but classes get unequal shares.",
)
def total_not_per_class(labels, per_class, rng):
    total = per_class * len(_places(labels, per_class))
    order = torch.randperm(len(labels), generator=rng)
    return order[:total], order[total:]


@wrong("few_shot_split", "position-in-class", "Your indices count within each class, not within the data set.")
def position_in_class(labels, per_class, rng):
    classes = _places(labels, per_class).values()
    orders = [torch.randperm(len(places), generator=rng) for places in classes]
    train = torch.cat([labels[:0], *(order[:per_class] for order in orders)])
    return train, torch.cat([labels[:0], *(order[per_class:] for order in orders)])


@wrong(
    "few_shot_split",
    "position-in-class-drawn",
    "Your training positions count within each class, not within the data set.",
)
def position_in_class_drawn(labels, per_class, rng):
    classes = _places(labels, per_class).values()
    train = torch.cat([labels[:0], *(torch.randperm(len(places), generator=rng)[:per_class] for places in classes)])
    return train, torch.tensor([i for i in range(len(labels)) if i not in set(train.tolist())], dtype=torch.int64)


@wrong(
    "few_shot_split",
    "global-rng",
    "Your draw uses the global generator and does not follow `rng`: it cannot be repeated.",
)
def global_rng(labels, per_class, rng):
    classes = _places(labels, per_class).values()
    return _rest(labels, [places[torch.randperm(len(places))[:per_class]] for places in classes])


@wrong(
    "few_shot_split",
    "fixed-seed",
    "A fixed seed inside your function makes every draw the same: five seeds would give five times the same split.",
)
def fixed_seed(labels, per_class, rng):
    rng = torch.Generator().manual_seed(0)
    classes = _places(labels, per_class).values()
    return _rest(labels, [p[torch.randperm(len(p), generator=rng)[:per_class]] for p in classes])


@wrong(
    "few_shot_split",
    "seed-only",
    "You start again from the generator's seed. Two calls with one generator then draw the same: use `rng` itself.",
)
def seed_only(labels, per_class, rng):
    rng = torch.Generator().manual_seed(rng.initial_seed())
    classes = _places(labels, per_class).values()
    return _rest(labels, [p[torch.randperm(len(p), generator=rng)[:per_class]] for p in classes])


@wrong(
    "few_shot_split",
    "random-start",
    "You take neighbours from a random start, so images in the middle of a class come more often.",
)
def random_start(labels, per_class, rng):
    chosen = []
    for places in _places(labels, per_class).values():
        start = int(torch.randint(len(places) - per_class + 1, (1,), generator=rng))
        chosen.append(places[start : start + per_class])
    return _rest(labels, chosen)


@wrong(
    "few_shot_split",
    "rest-forgotten",
    "Your test part has as few images of each class as the training. All others belong to it.",
)
def rest_forgotten(labels, per_class, rng):
    train, test = [labels[:0]], [labels[:0]]
    for places in _places(labels, per_class).values():
        order = places[torch.randperm(len(places), generator=rng)]
        train.append(order[:per_class])
        test.append(order[per_class : 2 * per_class])
    return torch.cat(train), torch.cat(test)


@wrong("few_shot_split", "exchanged", "Training and test are exchanged: the few images come first.")
def exchanged(labels, per_class, rng):
    classes = _places(labels, per_class).values()
    train, test = _rest(labels, [p[torch.randperm(len(p), generator=rng)[:per_class]] for p in classes])
    return test, train


@wrong(
    "few_shot_split",
    "one-must-remain",
    "You refuse a class of exactly `per_class` images. It is just enough: none is left for testing.",
)
def one_must_remain(labels, per_class, rng):
    classes = _places(labels, per_class + 1).values()
    return _rest(labels, [p[torch.randperm(len(p), generator=rng)[:per_class]] for p in classes])


@wrong("few_shot_split", "silent-shortage", "A class with too few images passed in silence. Say so.")
def silent_shortage(labels, per_class, rng):
    classes = _places(labels, 0).values()
    return _rest(labels, [p[torch.randperm(len(p), generator=rng)[:per_class]] for p in classes])


@wrong(
    "few_shot_split",
    "shortage-nameless",
    "Your error does not say which class has too few images, and how many it has.",
    slip=True,
)
def shortage_nameless(labels, per_class, rng):
    classes = _places(labels, 0).values()
    if any(len(places) < per_class for places in classes):
        raise ValueError("too few images")
    return _rest(labels, [p[torch.randperm(len(p), generator=rng)[:per_class]] for p in classes])


@wrong(
    "few_shot_split",
    "every-number",
    "You take every number from 0 to the largest label for a class. Labels are names and may have gaps.",
)
def every_number(labels, per_class, rng):
    chosen = []
    for label in range(int(labels.max()) + 1 if len(labels) else 0):
        places = (labels == label).nonzero()[:, 0]
        if len(places) < per_class:
            raise ValueError(f"class {label} has {len(places)} images")
        chosen.append(places[torch.randperm(len(places), generator=rng)[:per_class]])
    return _rest(labels, chosen)


@wrong(
    "few_shot_split",
    "marks-labels",
    "You mark what is drawn in `labels` itself. Whoever gave them to you still needs them.",
    slip=True,
)
def marks_labels(labels, per_class, rng):
    drawn = _rest(
        labels, [p[torch.randperm(len(p), generator=rng)[:per_class]] for p in _places(labels, per_class).values()]
    )
    labels[drawn[0]] = -1
    return drawn
