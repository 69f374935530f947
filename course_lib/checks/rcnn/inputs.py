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


def iou_pairs(n: int, m: int):
    """n against m random boxes."""
    return lambda rng: {"boxes1": boxes(rng, n), "boxes2": boxes(rng, m)}


def iou_apart(rng: Generator) -> Inputs:
    """Boxes that are apart in both directions, and one that is not."""
    return {"boxes1": boxes(rng, 2), "boxes2": torch.cat([boxes(rng, 2) + 100, boxes(rng, 1)])}


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


def _clear_of(threshold: float, candidates: Tensor) -> bool:
    from torchvision.ops import box_iou

    return bool(((box_iou(candidates, candidates) - threshold).abs() > 0.01).all())


def nms_random(count: int, threshold: float):
    """Random boxes with shuffled scores; no overlap near the threshold."""

    def make(rng: Generator) -> Inputs:
        found = boxes(rng, 1)
        while len(found) < count:
            more = torch.cat([found, boxes(rng, 1, side=60 + 4 * len(found))])
            found = more if _clear_of(threshold, more) else found
        return {"boxes": found, "scores": floats(rng.permutation(count) + 1) / (count + 1), "threshold": threshold}

    return make


def nms_pair(rng: Generator) -> Inputs:
    """Two boxes on one object, the weaker one first."""
    box = boxes(rng, 1)
    low, high = sorted(rng.uniform(0.1, 0.9, 2).tolist())
    return {"boxes": torch.cat([box, box + 1]), "scores": floats([low, high]), "threshold": 0.5}


def nms_chain(rng: Generator) -> Inputs:
    """A covers much of B, B much of C, A little of C; C is listed first."""
    step = floats([rng.uniform(8.5, 9.5), 0]).repeat(2)
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
        angle, phase, length = rng.uniform(0.3, 1.2), rng.uniform(0, 6.28), rng.uniform(75, 95)
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
    """Random overlaps and two thresholds."""
    return lambda rng: {
        "ious": iou_table(rng, n, m, positive, negative),
        "positive": positive,
        "negative": negative,
    }


def labels_two_good(rng: Generator) -> Inputs:
    """Each proposal overlaps two objects well, the later one better; one object is nobody's."""
    low, high = rng.uniform(0.55, 0.65, 3), rng.uniform(0.75, 0.9, 3)
    rows = [[0.1, a, b, 0.2] for a, b in zip(low, high, strict=True)]
    return {"ious": floats(rows), "positive": 0.5, "negative": 0.3}


def batch(n: int, share: float):
    """Overlaps of n proposals with 3 objects; about `share` of the proposals reach 0.5 with some object."""

    def make(rng: Generator) -> Inputs:
        best = torch.where(
            floats(rng.uniform(0, 1, n)) < share, floats(rng.uniform(0.51, 1, n)), floats(rng.uniform(0, 0.49, n))
        )
        table = floats(rng.uniform(0, 0.3, (n, 3)))
        table[torch.arange(n), torch.as_tensor(rng.integers(0, 3, n))] = best
        return {"ious": table, "seeds": 200}

    return make


def batch_no_objects(rng: Generator) -> Inputs:
    """An image without objects."""
    return {"ious": torch.zeros(int(rng.integers(120, 150)), 0), "seeds": 200}


def mining(scores):
    """Features whose scores are the given ones (shuffled) for a random classifier; `_scores` tells the judge."""

    def make(rng: Generator) -> Inputs:
        wanted = floats(rng.permutation(scores(rng)))
        weight = floats(rng.normal(size=6))
        noise = floats(rng.normal(size=(len(wanted), 6)))
        features = noise + torch.outer(wanted - 0.25 - noise @ weight, weight) / weight.square().sum()
        return {"weight": weight, "bias": 0.25, "features": features, "_scores": features @ weight + 0.25}

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
    """Random deltas; `size` is added to tw and th."""
    return lambda rng: {
        "proposals": boxes(rng, count),
        "deltas": floats(rng.normal(size=(count, 4)) * scale) + floats([0, 0, size, size]),
    }


def corrections_out(rng: Generator) -> Inputs:
    """Boxes that leave the picture on the left and at the top."""
    return {"proposals": boxes(rng, 3), "deltas": floats([[-2.5, -2.0, 0.1, 0.2]]).repeat(3, 1)}


def no_corrections(rng: Generator) -> Inputs:
    """Nothing to correct."""
    return {"proposals": boxes(rng, 3), "deltas": torch.zeros(3, 4)}


def wild_corrections(rng: Generator) -> Inputs:
    """Absurd sizes."""
    return {"proposals": boxes(rng, 2), "deltas": floats([[0.1, 0.2, 1000, 3], [0.1, 0.2, 2, 500]])}


def detections(hits: str, objects: int, method: str):
    """A ranked list written as "+-+": hit, false alarm, hit; handed over in another order."""

    def make(rng: Generator) -> Inputs:
        order = torch.as_tensor(rng.permutation(len(hits)))
        scores = floats(sorted(rng.uniform(-2, 2, len(hits)), reverse=True))
        matched = torch.tensor([hit == "+" for hit in hits], dtype=torch.bool)
        return {"scores": scores[order], "matched": matched[order], "objects": objects, "method": method}

    return make


def ranking(count: int, objects: int, method: str):
    """A random list of `count` detections with at most `objects` hits."""

    def make(rng: Generator) -> Inputs:
        hits = ["+" if hit else "-" for hit in rng.uniform(0, 1, count) < 0.5]
        while hits.count("+") > objects - 2:
            hits[hits.index("+")] = "-"
        return detections("".join(hits), objects, method)(rng)

    return make
