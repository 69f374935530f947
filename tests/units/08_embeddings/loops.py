"""Right answers in the style of a first-year student: loops, Python numbers, lists."""

import math

import torch

from course_lib.data.words import vector_of


def skip_gram_pairs(tokens, window, rng):
    sentences = [[]]
    for token in tokens.tolist():
        if token == -1:
            sentences.append([])
        else:
            sentences[-1].append(token)
    pairs = []
    for sentence in sentences:
        for i in range(len(sentence)):
            reach = torch.randint(1, window + 1, (1,), generator=rng).item()
            for j in range(i - reach, i + reach + 1):
                if j != i and j >= 0 and j < len(sentence):
                    pairs.append([sentence[i], sentence[j]])
    if len(pairs) == 0:
        return torch.zeros(0, 2, dtype=torch.long)
    return torch.tensor(pairs)


def noise_distribution(counts, power):
    weights = []
    for count in counts.tolist():
        if count == 0:
            weights.append(0.0)
        else:
            weights.append(count**power)
    total = sum(weights)
    if total == 0:
        raise ValueError("no words in the corpus")
    return torch.tensor([weight / total for weight in weights])


def negative_sampling_loss(center, context, negatives):
    loss = 0
    for i in range(center.shape[0]):
        loss = loss - torch.nn.functional.logsigmoid(torch.dot(center[i], context[i]))
        for j in range(negatives.shape[1]):
            loss = loss - torch.nn.functional.logsigmoid(-torch.dot(center[i], negatives[i, j]))
    return loss / center.shape[0]


def cosine(x, y):
    dot = sum(p * q for p, q in zip(x, y, strict=True))
    length = math.sqrt(sum(p * p for p in x)) * math.sqrt(sum(q * q for q in y))
    if length == 0:
        return 0.0
    return dot / length


def unit(x):
    length = math.sqrt(sum(p * p for p in x))
    if length == 0:
        return x
    return [p / length for p in x]


def analogy(vectors, a, b, c, exclude):
    x, y, z = (unit(vector_of(vectors, word).tolist()) for word in (a, b, c))
    place = [y[i] - x[i] + z[i] for i in range(len(x))]
    best_word, best_score = None, -2
    for word, vector in vectors.items():
        if exclude and word in (a, b, c):
            continue
        score = cosine(vector.tolist(), place)
        if score > best_score:
            best_word, best_score = word, score
    return best_word


def analogy_mul(vectors, a, b, c, exclude):
    x, y, z = (vector_of(vectors, word).tolist() for word in (a, b, c))
    best_word, best_score = None, -1
    for word, vector in vectors.items():
        if exclude and word in [a, b, c]:
            continue
        v = vector.tolist()
        near_a = (cosine(v, x) + 1) / 2
        near_b = (cosine(v, y) + 1) / 2
        near_c = (cosine(v, z) + 1) / 2
        score = near_b * near_c / (near_a + 0.001)
        if score > best_score:
            best_word, best_score = word, score
    return best_word


def concept_vector(latents, has, lacks):
    plus = [latents[i] for i in range(len(latents)) if has[i]]
    minus = [latents[i] for i in range(len(latents)) if lacks[i]]
    if len(plus) == 0:
        raise ValueError("nothing in has")
    if len(minus) == 0:
        raise ValueError("nothing in lacks")
    return sum(plus) / len(plus) - sum(minus) / len(minus)


def slerp(a, b, t):
    x, y = a.tolist(), b.tolist()
    c = cosine(x, y)
    if c > 1:
        c = 1.0
    w = math.acos(c)
    if w < 0.001:
        p, q = 1 - t, t
    else:
        p, q = math.sin((1 - t) * w) / math.sin(w), math.sin(t * w) / math.sin(w)
    point = []
    for i in range(len(x)):
        point.append(p * x[i] + q * y[i])
    return torch.tensor(point, dtype=a.dtype, device=a.device)
