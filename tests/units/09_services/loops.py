"""Right answers in the style of a first-year student: loops, Python numbers, lists."""

import math


def top_k_tags(logits, names, k, min_confidence):
    if len(names) != len(logits):
        raise ValueError("The number of names is wrong.")
    scores = logits.tolist()
    largest = max(scores)
    powers = []
    for score in scores:
        powers.append(math.exp(score - largest))
    tags = []
    for name, power in zip(names, powers):  # noqa: B905
        probability = power / sum(powers)
        tags.append((name, probability))
    tags.sort(key=lambda tag: tag[1])
    tags.reverse()
    kept = []
    for tag in tags:
        if len(kept) < k and tag[1] > min_confidence:
            kept.append(tag)
    return kept


def expected_calibration_error(probs, labels, bins):
    rows, classes = probs.tolist(), labels.tolist()
    if len(rows) == 0:
        raise ValueError("There are no images.")
    for row in rows:
        if sum(row) < 0.99 or sum(row) > 1.01:
            raise ValueError("A row does not sum to one.")
    total = 0.0
    for b in range(bins):
        images, right, confidence = 0, 0, 0.0
        for row, label in zip(rows, classes):  # noqa: B905
            if b / bins < max(row) <= (b + 1) / bins:
                images += 1
                confidence += max(row)
                if row.index(max(row)) == label:
                    right += 1
        if images > 0:
            total += images / len(rows) * abs(right / images - confidence / images)
    return total


def mean_loss(rows, classes, temperature):
    total = 0.0
    for row, label in zip(rows, classes):  # noqa: B905
        largest = max(row)
        powers = sum(math.exp((value - largest) / temperature) for value in row)
        total += math.log(powers) - (row[label] - largest) / temperature
    return total / len(rows)


def fit_temperature(logits, labels):
    rows, classes = logits.tolist(), labels.tolist()
    wrong, above = 0, 0.0
    for row, label in zip(rows, classes):  # noqa: B905
        if row[label] < max(row):
            wrong += 1
        above += row[label] - sum(row) / len(row)
    if wrong == 0:
        raise ValueError("No images, or no mistakes.")
    if above <= 0:
        raise ValueError("Not better than chance.")
    best, factor = 1.0, 2.0
    while factor > 1.001:
        here = mean_loss(rows, classes, best)
        if mean_loss(rows, classes, best * factor) < here:
            best = best * factor
        elif mean_loss(rows, classes, best / factor) < here:
            best = best / factor
        else:
            factor = math.sqrt(factor)
    return best
