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


def audit_split(train, test, threshold):
    known, asked = train.tolist(), test.tolist()
    for row in known + asked:
        length_of(row)
    if len(asked) == 0:
        raise ValueError("There are no test pictures.")
    leaked, partners = [], []
    for number, row in enumerate(asked):
        best, partner = -2.0, -1
        for other, one in enumerate(known):
            alike = similarity(row, one)
            if alike > best:
                best, partner = alike, other
        if partner >= 0 and best >= threshold:
            leaked.append(number)
            partners.append(partner)
    share = len(leaked) / len(asked)
    return torch.tensor(leaked, dtype=torch.long), torch.tensor(partners, dtype=torch.long), share


def clean_accuracy(predictions, labels, leaked):
    gone = set(leaked.tolist())
    right = total = 0
    for number, (guess, label) in enumerate(zip(predictions.tolist(), labels.tolist(), strict=True)):
        if number in gone:
            continue
        total += 1
        if guess == label:
            right += 1
    if total == 0:
        raise ValueError("All test pictures have leaked.")
    return right / total
