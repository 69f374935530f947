"""Right answers to unit 07, one element after the other."""

import math

import torch


def verification_roc(distances, same):
    for distance in distances:
        if math.isnan(distance):
            raise ValueError("a distance is NaN")
    same_count = 0
    for s in same:
        if s:
            same_count += 1
    different_count = len(same) - same_count
    if same_count == 0 or different_count == 0:
        raise ValueError("both kinds are needed")
    thresholds = [-math.inf]
    for distance in sorted(distances.tolist()):
        if distance != thresholds[-1]:
            thresholds.append(distance)
    far, tar = [], []
    for t in thresholds:
        false_accepts, true_accepts = 0, 0
        for d, s in zip(distances.tolist(), same.tolist()):  # noqa: B905
            if d <= t and s:
                true_accepts += 1
            if d <= t and not s:
                false_accepts += 1
        far.append(false_accepts / different_count)
        tar.append(true_accepts / same_count)
    return torch.tensor(far), torch.tensor(tar), torch.tensor(thresholds)


def lfw_accuracy(distances, same, folds):
    d, s, f = distances.tolist(), same.tolist(), folds.tolist()
    if any(math.isnan(x) for x in d):
        raise ValueError("NaN")
    if True not in s or False not in s:
        raise ValueError("one kind")
    names = sorted(set(f), reverse=True)
    if len(names) < 2:
        raise ValueError("one fold")
    accuracies = []
    for name in names:
        best, best_right = None, -1
        for t in [-1.0] + d:
            right = 0
            for i in range(len(d)):
                if f[i] != name and (d[i] <= t) == s[i]:
                    right += 1
            if right >= best_right:
                best, best_right = t, right
        tested = [i for i in range(len(d)) if f[i] == name]
        right = sum(1 for i in tested if (d[i] <= best) == s[i])
        accuracies.append(right / len(tested))
    mean = sum(accuracies) / len(accuracies)
    variance = sum((a - mean) ** 2 for a in accuracies) / (len(accuracies) - 1)
    return mean, math.sqrt(variance) / math.sqrt(len(accuracies))


def rank_one(queries, gallery, query_ids, gallery_ids):
    if len(queries) == 0 or len(gallery) == 0:
        raise ValueError("nobody is there")
    right = 0
    for i in range(len(queries)):
        smallest, who = math.inf, None
        for j in range(len(gallery)):
            distance = 0
            for a, b in zip(queries[i].tolist(), gallery[j].tolist()):  # noqa: B905
                distance += (a - b) ** 2
            if distance < smallest:
                smallest, who = distance, int(gallery_ids[j])
        if who == int(query_ids[i]):
            right += 1
    return right / len(queries)
