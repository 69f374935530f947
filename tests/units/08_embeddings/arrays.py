"""Right answers in the style of somebody who knows the libraries: NumPy, broadcasting, indexing, einsum."""

import numpy as np
import torch
from torch.nn import functional as F

from course_lib.data.words import vector_of


def skip_gram_pairs(tokens, window, rng):
    text = tokens.cpu().numpy()
    radius = torch.randint(window, (len(text),), generator=rng).add(1).numpy()
    number = np.cumsum(text < 0)
    offsets = np.concatenate([np.arange(-window, 0), np.arange(1, window + 1)])
    i, o = np.nonzero(np.abs(offsets) <= radius[:, None])
    j = i + offsets[o]
    i, j = (places[(j >= 0) & (j < len(text))] for places in (i, j))
    good = (number[i] == number[j]) & (text[i] >= 0) & (text[j] >= 0)
    return torch.from_numpy(np.stack([text[i[good]], text[j[good]]], axis=1)).to(tokens.device)


def noise_distribution(counts, power):
    n = counts.cpu().numpy().astype(float)
    if n.sum() == 0:
        raise ValueError("an empty corpus")
    p = np.zeros(len(n))
    p[n > 0] = (n[n > 0] / n.sum()) ** power
    return torch.from_numpy(p / p.sum()).to(counts.device, torch.float32)


def negative_sampling_loss(center, context, negatives):
    logits = torch.einsum("bd,bkd->bk", center, torch.cat([context.unsqueeze(1), negatives], dim=1))
    targets = torch.zeros_like(logits)
    targets[:, 0] = 1
    return F.binary_cross_entropy_with_logits(logits, targets, reduction="sum") / len(center)


def unit_table(vectors):
    table = torch.stack([*vectors.values()])
    return table / table.norm(dim=1, keepdim=True).clamp_min(1e-12)


def analogy(vectors, a, b, c, exclude):
    query = F.normalize(torch.stack([vector_of(vectors, w) for w in (a, b, c)]), dim=1)
    target = torch.tensor([-1.0, 1.0, 1.0]).to(query) @ query
    names = np.array(list(vectors), dtype=object)
    order = names[F.cosine_similarity(unit_table(vectors), target[None]).argsort(descending=True).cpu().numpy()]
    return next(name for name in order if not (exclude and name in {a, b, c}))


def analogy_mul(vectors, a, b, c, exclude):
    query = torch.stack([vector_of(vectors, w) for w in (a, b, c)])
    s = 0.5 + 0.5 * F.cosine_similarity(torch.stack([*vectors.values()])[:, None], query[None], dim=2)
    score = s[:, 1].log() + s[:, 2].log() - (s[:, 0] + 1e-6).log()
    names = list(vectors)
    keep = torch.tensor([not exclude or name not in (a, b, c) for name in names])
    return names[int(torch.where(keep.to(score.device), score, -torch.inf).argmax())]


def concept_vector(latents, has, lacks):
    masks = torch.stack([has, lacks]).bool().to(latents.dtype)
    sizes = masks.sum(dim=1, keepdim=True)
    for name, size in zip(("has", "lacks"), sizes, strict=True):
        if size == 0:
            raise ValueError(f"{name}: no latent")
    plus, minus = masks / sizes @ latents
    return plus - minus


def slerp(a, b, t):
    u, v = (w.double().cpu().numpy() for w in (a, b))
    cosine = np.clip(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)), -1, 1)
    omega = np.arccos(cosine)
    if np.isclose(cosine, 1, rtol=0, atol=1e-10):
        return torch.lerp(a, b, t)
    weights = np.sin(np.array([1 - t, t]) * omega) / np.sin(omega)
    return torch.from_numpy(weights @ np.stack([u, v])).to(a)
