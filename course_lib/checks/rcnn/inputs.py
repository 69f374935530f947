"""Unit 02: inputs. Sizes are unequal everywhere (n, m, height, width), since most wrong versions hide in squares."""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.spec import Inputs


def floats(values) -> Tensor:
    """Any numbers as a float32 tensor."""
    return torch.as_tensor(values, dtype=torch.float32)


def boxes(rng: Generator, count: int, side: float = 60.0) -> Tensor:
    """Boxes of unequal width and height around the middle of a picture, so that most overlap. [count, 4]"""
    centers = rng.uniform(0.35, 0.65, (count, 2)) * side
    halves = rng.uniform(0.08, 0.35, (count, 2)) * side
    return floats(torch.cat([floats(centers - halves), floats(centers + halves)], dim=1))


def covering(rng: Generator, count: int, side: float = 60.0) -> Tensor:
    """Boxes of unequal width and height that all hold the middle of a picture, so that any two overlap. [count, 4]"""
    centers, halves = rng.uniform(0.42, 0.58, (count, 2)) * side, rng.uniform(0.2, 0.42, (count, 2)) * side
    return floats(torch.cat([floats(centers - halves), floats(centers + halves)], dim=1))


def iou_pairs(n: int, m: int):
    """n against m random boxes that all overlap, some of them little: boxes that are apart are a case of their own."""

    def make(rng: Generator) -> Inputs:
        first, second = covering(rng, n), covering(rng, m)
        if n and m:  # a flat box across an upright one: each holds much that the other does not
            first[0], second[-1] = floats([14, 25, 46, 33]), floats([26, 12, 33, 48])
        return {"boxes1": first + floats(rng.uniform(0, 4, 2)).repeat(2), "boxes2": second}

    return make


def iou_apart(rng: Generator) -> Inputs:
    """Boxes that are apart in both directions, and one that is the first, moved."""
    found = covering(rng, 2)
    return {"boxes1": found, "boxes2": torch.cat([covering(rng, 2) + 100, found[:1] + floats([3, -4, 3, -4])])}


def iou_same(rng: Generator) -> Inputs:
    """One box against itself."""
    box = boxes(rng, 1)
    return {"boxes1": box, "boxes2": box.clone()}


def iou_nested(rng: Generator) -> Inputs:
    """Small boxes inside a large one."""
    outer = floats([[10, 20, 70, 60]]) + floats(rng.uniform(0, 5, (1, 4)))
    inner = floats([[30, 32, 42, 40], [20, 40, 30, 56]]) + floats(rng.uniform(0, 2, (2, 4)))
    return {"boxes1": outer, "boxes2": inner}


def iou_touching(rng: Generator) -> Inputs:
    """Boxes that share an edge or a corner only, and one without area."""
    x, y = (int(v) for v in rng.integers(5, 30, 2))
    box = [[x, y, x + 8, y + 4]]
    others = [[x + 8, y, x + 20, y + 4], [x - 3, y - 5, x, y], [x + 2, y + 1, x + 2, y + 3]]
    return {"boxes1": floats(box), "boxes2": floats(others)}


def nms_clusters(count: int, threshold: float, step: float):
    """Rows of three boxes, far from each other: neighbours in a row overlap above the threshold, the outer ones not.

    Args:
        step: from one box of a row to the next, for boxes 40 wide: their IoU is about (40 - step) / (40 + step), of
            the outer two (40 - 2 step) / (40 + 2 step). One of the two lies between the threshold and 0.5, so that
            another threshold shows.
    """

    def make(rng: Generator) -> Inputs:
        from torchvision.ops import nms

        rows = [[120.0 * (i // 3) + step * (i % 3), 80.0 * (i // 6)] for i in range(count)]
        corners = floats(rows) + floats(rng.uniform(-0.25, 0.25, (count, 2)))
        found = torch.cat([corners, corners + floats([40, 30])], dim=1)
        # by falling score: the ends of one row, the middle of the next, and so on
        places = sorted(range(count), key=lambda i: ((0, 1, 2) if i // 3 % 2 == 0 else (1, 0, 2))[i % 3])
        ranks = torch.empty(count).scatter_(0, torch.tensor(places), torch.arange(count, 0, -1.0)) / (count + 1)
        while True:
            order = torch.as_tensor(rng.permutation(count))
            inputs = {"boxes": found[order], "scores": ranks[order], "threshold": threshold}
            kept, falling = nms(*inputs.values()), inputs["scores"].argsort(descending=True)
            if (kept.diff() < 0).any() and not torch.isin(falling[:2], torch.arange(2)).any():
                return inputs

    return make


def nms_at_threshold(rng: Generator) -> Inputs:
    """Two boxes with an IoU of exactly 0.5: one is half of the other; all numbers are exact in binary."""
    x, y = (int(v) for v in rng.integers(5, 30, 2))
    found = floats([[x, y, x + 8, y + 4], [x, y, x + 16, y + 4]])
    return {"boxes": found, "scores": floats([0.5, 0.75]), "threshold": 0.5}


def nms_pair(rng: Generator) -> Inputs:
    """Two boxes on one object, the weaker one first."""
    box = covering(rng, 1)
    low, high = rng.uniform(0.1, 0.4), rng.uniform(0.5, 0.9)
    return {"boxes": torch.cat([box, box + 1]), "scores": floats([low, high]), "threshold": 0.5}


def nms_chain(rng: Generator) -> Inputs:
    """A covers much of B, B much of C, A little of C; C is listed first."""
    step = floats([rng.uniform(8.0, 8.6), 0]).repeat(2)
    start = floats([10, 10, 40, 30]) + floats(rng.uniform(0, 5, 2)).repeat(2)
    chain = torch.stack([start + 2 * step, start, start + step])
    return {"boxes": chain, "scores": floats([0.5, 0.9, 0.7]), "threshold": 0.4}


def nms_nested(rng: Generator) -> Inputs:
    """A small box inside a large one: an IoU of about 0.2."""
    jitter = floats(rng.uniform(0, 2, (2, 4)))
    return {
        "boxes": floats([[10, 10, 60, 50], [20, 20, 42, 38]]) + jitter,
        "scores": floats([0.6, 0.8]),
        "threshold": 0.5,
    }


def nms_ties(rng: Generator) -> Inputs:
    """Boxes far apart that all score the same."""
    offsets = floats(rng.permutation(4) * 100.0)
    return {"boxes": boxes(rng, 4) + offsets[:, None], "scores": torch.full((4,), 0.5), "threshold": 0.5}


def nms_some(count: int):
    """Exactly `count` boxes, 0 or 1."""
    return lambda rng: {"boxes": boxes(rng, count), "scores": floats(rng.uniform(0, 1, count)), "threshold": 0.5}


def smooth_image(rng: Generator, channels: int = 3, height: int = 72, width: int = 96) -> Tensor:
    """Slow waves of another direction in each channel: any interpolation reads nearly the same. Values 0.1 … 0.9."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    waves = []
    for _ in range(channels):
        angle, phase, length = rng.uniform(0.6, 1.0), rng.uniform(0, 6.28), rng.uniform(42, 50)
        along = x * torch.cos(floats(angle)) + y * torch.sin(floats(angle))
        waves.append(0.5 + 0.4 * torch.sin(along * 6.283 / length + phase))
    return torch.stack(waves)


def warp(x1: int, y1: int, width: int, height: int, context: int = 6, size: int = 24, channels: int = 3):
    """A box with even sides about the given place: with context 6 of 24 the source region has whole coordinates."""

    def make(rng: Generator) -> Inputs:
        x, y = x1 + int(rng.integers(0, 4)), y1 + int(rng.integers(0, 4))
        box = floats([x, y, x + width, y + height])
        return {"image": smooth_image(rng, channels), "box": box, "size": size, "context": context}

    return make


def iou_table(rng: Generator, n: int, m: int, *thresholds: float) -> Tensor:
    """Overlaps of n proposals with m objects, no two equal, none within 0.01 of a threshold. [n, m]"""
    table = floats(rng.uniform(0, 1, (n, m)) * rng.uniform(0.15, 1, (n, 1)))
    for threshold in thresholds:
        table[(table - threshold).abs() < 0.01] += 0.02
    return table


def labels(n: int, m: int, positive: float, negative: float):
    """Random overlaps and two thresholds; among the proposals is one of each kind."""
    marks = torch.tensor([negative, positive])
    kinds = 3 if positive > negative else 2

    def make(rng: Generator) -> Inputs:
        table = iou_table(rng, n, m, positive, negative)
        while n >= 3 and m and len(torch.bucketize(table.amax(dim=1), marks).unique()) < kinds:
            table = iou_table(rng, n, m, positive, negative)
        return {"ious": table, "positive": positive, "negative": negative}

    return make


def labels_two_good(rng: Generator) -> Inputs:
    """Each proposal overlaps two objects well, the later one better; one object is nobody's."""
    low, high = rng.uniform(0.55, 0.65, 3), rng.uniform(0.75, 0.9, 3)
    rows = [[0.1, a, b, 0.2] for a, b in zip(low, high, strict=True)]
    return {"ious": floats(rows), "positive": 0.5, "negative": 0.3}


def labels_on_the_thresholds(rng: Generator) -> Inputs:
    """Best overlaps of exactly 0.5 and exactly 0.25, which are the thresholds."""
    rows = [[0.125, 0.5, 0.0], [0.25, 0.0, 0.125], [0.0, 0.125, 0.25], [0.5, 0.25, 0.375]]
    return {"ious": floats(rows)[torch.as_tensor(rng.permutation(4))], "positive": 0.5, "negative": 0.25}


def batch(n: int, share: float, exact: int = 0):
    """Overlaps of n proposals with 3 objects: a `share` of the proposals reach 0.5 with some object, some exactly."""

    def make(rng: Generator) -> Inputs:
        reaching = torch.as_tensor(rng.permutation(n)) < round(share * n)
        best = torch.where(reaching, floats(rng.uniform(0.51, 1, n)), floats(rng.uniform(0, 0.49, n)))
        best[reaching.nonzero().flatten()[:exact]] = 0.5
        table = floats(rng.uniform(0, 0.3, (n, 3)))
        table[torch.arange(n), torch.as_tensor(rng.integers(0, 3, n))] = best
        return {"ious": table, "seeds": 200}

    return make


def batch_no_objects(rng: Generator) -> Inputs:
    """An image without objects."""
    return {"ious": torch.zeros(int(rng.integers(120, 150)), 0), "seeds": 200}


def mining(scores):
    """Features whose scores are the given ones (shuffled) for a random classifier; `_scores` tells the judge.

    All numbers are multiples of 1/64, so that every processor computes the same scores.
    """

    def make(rng: Generator) -> Inputs:
        wanted = floats(rng.permutation(scores(rng))).mul(64).round() / 64
        weight = torch.cat([floats(rng.choice([-1.5, -0.5, 0.5, 1.0, 2.0], 5)), floats([1.0])])
        features = floats(rng.integers(-16, 17, (len(wanted), 6))) / 8
        features[:, -1] = wanted - 0.25 - features[:, :-1] @ weight[:-1]
        return {"weight": weight, "bias": 0.25, "features": features, "_scores": wanted}

    return make


def box_pairs(count: int):
    """Proposals and targets of unequal sizes."""
    return lambda rng: {"proposals": boxes(rng, count), "targets": boxes(rng, count)}


def stretched(rng: Generator) -> Inputs:
    """Targets that are wider than the proposals but just as high."""
    found = boxes(rng, 3)
    return {"proposals": found, "targets": found + floats([-9, 0, 13, 0])}


def same_pairs(rng: Generator) -> Inputs:
    """Proposals that are already right."""
    found = boxes(rng, 3)
    return {"proposals": found, "targets": found.clone()}


def corrections(count: int, scale: float = 0.4, size: float = 0.0):
    """Random deltas, for boxes far inside a picture; `size` is added to tw and th."""
    return lambda rng: {
        "proposals": boxes(rng, count) + 100,
        "deltas": floats(rng.normal(size=(count, 4)).clip(-2, 2) * scale) + floats([0, 0, size, size]),
    }


def corrections_out(rng: Generator) -> Inputs:
    """Boxes that leave the picture on the left and at the top."""
    return {"proposals": boxes(rng, 3), "deltas": floats([[-2.5, -2.0, 0.1, 0.2]]).repeat(3, 1)}


def far_corrections(rng: Generator) -> Inputs:
    """Shifts of more than four times the box's size: only sizes are limited."""
    return {"proposals": boxes(rng, 2), "deltas": floats([[5, -6, 0.1, -0.2], [-7, 8, -0.3, 0.2]])}


def no_corrections(rng: Generator) -> Inputs:
    """Nothing to correct."""
    return {"proposals": boxes(rng, 3), "deltas": torch.zeros(3, 4)}


def wild_corrections(rng: Generator) -> Inputs:
    """Absurd sizes."""
    return {"proposals": boxes(rng, 2), "deltas": floats([[0.1, 0.2, 1000, 3], [0.1, 0.2, 2, 500]])}


def detections(hits: str, objects: int, method: str):
    """A ranked list written as "+-+": hit, false alarm, hit; handed over in an order in which that list is another."""

    def make(rng: Generator) -> Inputs:
        order = torch.as_tensor(rng.permutation(len(hits)))
        while len(set(hits)) == 2 and "".join(hits[i] for i in order) == hits:
            order = torch.as_tensor(rng.permutation(len(hits)))
        scores = floats(sorted(rng.uniform(-2, 2, len(hits)), reverse=True))
        matched = torch.tensor([hit == "+" for hit in hits], dtype=torch.bool)
        return {"scores": scores[order], "matched": matched[order], "objects": objects, "method": method}

    return make


def ranking(count: int, objects: int, method: str):
    """A list of `count` detections that begins with a false alarm, two hits and a false alarm, and then has one hit.

    That hit never comes sixth: what the envelope adds before it and a running best behind it would then be equal.
    """

    def make(rng: Generator) -> Inputs:
        rest = rng.permutation(list("+" + "-" * (count - 5)))
        while rest[1] == "+":
            rest = rng.permutation(list("+" + "-" * (count - 5)))
        return detections("-++-" + "".join(rest), objects, method)(rng)

    return make
