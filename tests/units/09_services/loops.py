"""Unit 09: right answers in plain loops."""

import math

import torch


def length_of(row):
    total = 0.0
    for value in row:
        total += value * value
    if total == 0:
        raise ValueError("This row is all zeros.")
    return math.sqrt(total)


def similarity(one, other):
    product = 0.0
    for a, b in zip(one, other, strict=True):
        product += a * b
    return product / (length_of(one) * length_of(other))


def near_duplicates(features, threshold):
    rows = features.tolist()
    for row in rows:
        length_of(row)
    pairs = []
    for i in range(len(rows)):
        for j in range(i + 1, len(rows)):
            if similarity(rows[i], rows[j]) >= threshold:
                pairs.append([i, j])
    if not pairs:
        return torch.zeros(0, 2, dtype=torch.long)
    return torch.tensor(pairs)
