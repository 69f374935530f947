"""Right answers in the style of somebody who knows the libraries: linear algebra, broadcasting, indexing, NumPy."""

import itertools

import numpy as np
import torch
from torch.nn import functional as F


def align_face(image, landmarks, template, size):
    """Umeyama's closed form, by a singular value decomposition; sampled with a theta."""
    p, q = landmarks.double(), template.double()
    if torch.equal(landmarks.amin(dim=0), landmarks.amax(dim=0)):
        raise ValueError("these landmarks are one point")
    middle, goal = p.mean(0), q.mean(0)
    u, d, vt = torch.linalg.svd((q - goal).T @ (p - middle))
    signs = torch.tensor([1.0, float(torch.sign(torch.det(u @ vt)))], dtype=torch.float64, device=p.device)
    turn = u @ torch.diag(signs) @ vt
    scale = (d * signs).sum() / (p - middle).square().sum()
    back = turn.T / scale
    h, w = image.shape[-2:]
    sides = torch.tensor([w, h], dtype=torch.float64, device=p.device)
    linear = back * (size / sides[:, None])
    shift = 2 * (middle - back @ (goal - size / 2)) / sides - 1
    theta = torch.cat([linear, shift[:, None]], dim=1)[None].to(image.dtype)
    grid = F.affine_grid(theta, (1, len(image), size, size), align_corners=False)
    return F.grid_sample(image.unsqueeze(0), grid, align_corners=False).squeeze(0)


def pairwise_distances(x):
    gram = x @ x.mT
    squares = gram.diagonal()
    distances = (squares[:, None] + squares[None] - 2 * gram).clamp(min=0)
    return distances.masked_fill(torch.eye(len(x), dtype=torch.bool, device=x.device), 0)


def triplet_loss(anchor, positive, negative, margin):
    if anchor.shape[0] == 0:
        return 0 * (anchor.sum() + positive.sum() + negative.sum())
    d = torch.einsum("std,std->st", *[anchor - torch.stack([positive, negative])] * 2)
    return torch.clamp_min(d[0] - d[1] + margin, 0).mean()


def mine_semi_hard(distances, labels, margin):
    d, who = distances.cpu().numpy(), labels.cpu().numpy()
    same = np.equal.outer(who, who)
    a, p = np.nonzero(same & ~np.identity(len(who), dtype=bool))
    gap = d[a] - d[a, p][:, None]
    with np.errstate(invalid="ignore"):
        row, n = np.nonzero((gap > 0) & (gap < margin) & ~same[a])
    return torch.from_numpy(np.stack([a[row], p[row], n], axis=1))


class PKSampler(torch.utils.data.Sampler):
    """Goes through the people in a shuffled order, and in another one when they run out."""

    def __init__(self, labels, P, K, rng):
        counts = torch.unique(labels.cpu(), return_counts=True)[1]
        if len(counts) < P:
            raise ValueError(f"expected at least {P} people, got {len(counts)}")
        order = torch.argsort(labels.cpu().long(), stable=True)
        self.images = torch.split(order, counts.tolist())
        self.P, self.K, self.rng, self.n = P, K, rng, len(labels)

    def __len__(self):
        return self.n // (self.P * self.K) or 1

    def take(self, images):
        rounds = (images[torch.randperm(len(images), generator=self.rng)] for _ in itertools.count())
        return list(itertools.islice(itertools.chain.from_iterable(rounds), self.K))

    def __iter__(self):
        queue = []
        for _ in range(len(self)):
            if len(queue) < self.P:
                queue = torch.randperm(len(self.images), generator=self.rng).tolist()
            people, queue = queue[: self.P], queue[self.P :]
            yield [int(i) for who in people for i in self.take(self.images[who])]


def verification_roc(distances, same):
    d, s = distances.cpu().numpy(), same.cpu().numpy()
    if np.isnan(d).any() or s.sum() in (0, len(s)):
        raise ValueError("pairs of both kinds, at distances that are numbers")
    found, where = np.unique(d, return_inverse=True)
    curves = [np.cumsum(np.bincount(where[kind], minlength=len(found))) / kind.sum() for kind in (~s, s)]
    far, tar = (np.concatenate([[0.0], one]) for one in curves)
    return far, tar, np.concatenate([[-np.inf], found])


def lfw_accuracy(distances, same, folds):
    d, s, f = (values.cpu().numpy() for values in (distances, same, folds))
    if np.isnan(d).any() or s.all() or not s.any() or len(np.unique(f)) == 1:
        raise ValueError("two folds or more of pairs of both kinds")
    values, fold = np.unique(d), np.unique(f, return_inverse=True)[1]
    limits = np.concatenate([values[:1] - 1, (values[1:] + values[:-1]) / 2, values[-1:] + 1])  # between neighbours
    right = (d < limits[:, None]) == s  # [limits, pairs]
    in_fold = np.eye(fold.max() + 1)[fold]  # [pairs, folds]
    per_fold = right @ in_fold
    best = (per_fold.sum(axis=1, keepdims=True) - per_fold).argmax(axis=0)
    shares = per_fold[best, np.arange(len(best))] / in_fold.sum(axis=0)
    return shares.mean(), shares.std(ddof=1) / np.sqrt(len(shares))


def rank_one(queries, gallery, query_ids, gallery_ids):
    if not queries.shape[0] * gallery.shape[0]:
        raise ValueError(f"{tuple(queries.shape)} and {tuple(gallery.shape)}")
    nearest = torch.cdist(queries, gallery, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)
    return torch.eq(gallery_ids.index_select(0, nearest), query_ids).float().mean()
