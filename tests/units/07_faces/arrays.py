"""Right answers to unit 07, without loops."""

import numpy as np
import torch


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
