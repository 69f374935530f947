"""Right answers in the style of a first-year student: loops, Python numbers, lists."""

import math
import random

import torch


def align_face(image, landmarks, template, size):
    rows, values = [], []
    for (x, y), (u, v) in zip(landmarks.tolist(), template.tolist(), strict=True):
        rows.append([x, -y, 1, 0])
        values.append(u)
        rows.append([y, x, 0, 1])
        values.append(v)
    same = True
    for point in landmarks.tolist():
        if point != landmarks.tolist()[0]:
            same = False
    if same:
        raise ValueError("The landmarks all lie in one place.")
    table = torch.tensor(rows, dtype=torch.float64)
    a, b, s, t = torch.linalg.lstsq(table, torch.tensor(values, dtype=torch.float64)).solution.tolist()
    channels, height, width = image.shape
    answer = torch.zeros(channels, size, size, dtype=image.dtype)
    picture = image.cpu()
    for i in range(size):
        for j in range(size):
            u, v = j + 0.5 - s, i + 0.5 - t
            x = (a * u + b * v) / (a * a + b * b)
            y = (-b * u + a * v) / (a * a + b * b)
            left, top = math.floor(x - 0.5), math.floor(y - 0.5)
            across, down = x - 0.5 - left, y - 0.5 - top
            for row, weight_y in ((top, 1 - down), (top + 1, down)):
                for column, weight_x in ((left, 1 - across), (left + 1, across)):
                    if 0 <= row < height and 0 <= column < width:
                        answer[:, i, j] += weight_x * weight_y * picture[:, row, column]
    return answer.to(image.device)


def pairwise_distances(x):
    rows = []
    for one in x:
        row = []
        for other in x:
            total = 0 * one.sum()
            for k in range(len(one)):
                total = total + (one[k] - other[k]) ** 2
            row.append(total)
        rows.append(torch.stack(row))
    if len(rows) == 0:
        return torch.zeros(0, 0, dtype=x.dtype, device=x.device)
    return torch.stack(rows)


def triplet_loss(anchor, positive, negative, margin):
    total = 0.0 * anchor.sum()
    for a, p, n in zip(anchor, positive, negative, strict=True):
        loss = torch.dot(a - p, a - p) - torch.dot(a - n, a - n) + margin
        if loss > 0:
            total = total + loss
    if len(anchor) > 0:
        total = total / len(anchor)
    return total


def mine_semi_hard(distances, labels, margin):
    d, people = distances.tolist(), labels.tolist()
    triplets = []
    for n in range(len(people)):
        for p in range(len(people)):
            for a in range(len(people)):
                if a == p or people[a] != people[p] or people[a] == people[n]:
                    continue
                if d[a][n] > d[a][p] and d[a][n] < d[a][p] + margin:
                    triplets.append([a, p, n])
    if not triplets:
        return torch.zeros(0, 3, dtype=torch.long)
    return torch.tensor(triplets)


class PKSampler:
    def __init__(self, labels, P, K, rng):
        self.images = {}
        for position, label in enumerate(labels.tolist()):
            if label not in self.images:
                self.images[label] = []
            self.images[label].append(position)
        if len(self.images) < P:
            raise ValueError("P = " + str(P) + " but only " + str(len(self.images)) + " people")
        self.P = P
        self.K = K
        self.rng = rng
        self.batches = len(labels) // (P * K)
        if self.batches == 0:
            self.batches = 1

    def __len__(self):
        return self.batches

    def __iter__(self):
        dice = random.Random(int(torch.randint(2**40, (1,), generator=self.rng)))
        batches = []
        for _ in range(self.batches):
            batch = []
            for person in dice.sample(sorted(self.images), self.P):
                images = self.images[person]
                if len(images) >= self.K:
                    batch.extend(dice.sample(images, self.K))
                else:
                    batch.extend(images)
                    for _ in range(self.K - len(images)):
                        batch.append(dice.choice(images))
            dice.shuffle(batch)
            batches.append(batch)
        return iter(batches)


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
