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
