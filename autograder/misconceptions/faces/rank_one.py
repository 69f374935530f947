"""Unit 07: wrong versions of `rank_one`."""

import torch
from torch.nn.functional import normalize

from autograder.misconceptions import wrong


def _refuse(queries, gallery):
    if len(queries) == 0 or len(gallery) == 0:
        raise ValueError("nobody")


def _squared(queries, gallery):
    return ((queries[:, None] - gallery) ** 2).sum(dim=2)


def _share(distances, query_ids, gallery_ids):
    return (gallery_ids[distances.argmin(dim=1)] == query_ids).double().mean().item()


@wrong("rank_one", "furthest", "You take the face that is furthest away. The nearest one has the smallest distance.")
def furthest(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    return _share(-_squared(queries, gallery), query_ids, gallery_ids)


@wrong("rank_one", "cosine", "You compare directions, or scale to length 1 first. Take the embeddings as they are.")
def cosine(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    return _share(-normalize(queries) @ normalize(gallery).T, query_ids, gallery_ids)


@wrong(
    "rank_one", "dot-product", "You take the largest dot product. Long embeddings win it; the nearest one is asked for."
)
def dot_product(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    return _share(-queries @ gallery.T, query_ids, gallery_ids)


@wrong(
    "rank_one", "summed-differences", "You add the differences of all numbers. Square them first: Euclidean distance."
)
def summed_differences(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    return _share((queries[:, None] - gallery).abs().sum(dim=2), query_ids, gallery_ids)


@wrong("rank_one", "mean-face", "You compare with the mean of each person's faces. The single nearest face counts.")
def mean_face(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    persons = gallery_ids.unique()
    means = torch.stack([gallery[gallery_ids == person].mean(dim=0) for person in persons])
    return _share(_squared(queries, means), query_ids, persons)


@wrong(
    "rank_one", "gallery-asks", "You look for the nearest query of each face in the gallery. It is the query that asks."
)
def gallery_asks(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    return _share(_squared(gallery, queries), gallery_ids, query_ids)


@wrong(
    "rank_one",
    "positions",
    "You compare the position in the gallery with the person. Whose face stands at that position?",
)
def positions(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    return (_squared(queries, gallery).argmin(dim=1) == query_ids).double().mean().item()


@wrong(
    "rank_one",
    "known-only",
    "You leave out persons who are not in the gallery. They count, and whoever they are taken for is wrong.",
)
def known_only(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    known = torch.isin(query_ids, gallery_ids)
    return _share(_squared(queries[known], gallery), query_ids[known], gallery_ids) if known.any() else 0.0


@wrong("rank_one", "by-persons", "You average over persons. Each query counts once, also where a person asks twice.")
def by_persons(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    right = gallery_ids[_squared(queries, gallery).argmin(dim=1)] == query_ids
    persons = query_ids.unique()
    return torch.stack([right[query_ids == person].double().mean() for person in persons]).mean().item()


@wrong("rank_one", "five-best", "You look among the five nearest. Rank one looks at the nearest face alone.")
def five_best(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    near = _squared(queries, gallery).argsort(dim=1)[:, :5]
    return (gallery_ids[near] == query_ids[:, None]).any(dim=1).double().mean().item()


@wrong("rank_one", "count", "You count the right queries. Their share is asked for.")
def count(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    return _share(_squared(queries, gallery), query_ids, gallery_ids) * len(queries)


@wrong("rank_one", "percent", "You give percent. A share from 0 to 1 is asked for.")
def percent(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    return _share(_squared(queries, gallery), query_ids, gallery_ids) * 100


@wrong("rank_one", "wrong-share", "You give the share of the wrong ones: 1 less what is asked for.")
def wrong_share(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    return 1 - _share(_squared(queries, gallery), query_ids, gallery_ids)


@wrong(
    "rank_one", "last-of-equals", "Of faces that are equally near you take the last. The first one counts.", slip=True
)
def last_of_equals(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    return _share(_squared(queries, gallery.flip(0)), query_ids, gallery_ids.flip(0))


@wrong(
    "rank_one",
    "any-of-equals",
    "Of faces that are equally near you take the one that fits. The first one counts, right or wrong.",
    slip=True,
)
def any_of_equals(queries, gallery, query_ids, gallery_ids):
    _refuse(queries, gallery)
    distances = _squared(queries, gallery)
    nearest = distances == distances.amin(dim=1, keepdim=True)
    return (nearest & (gallery_ids == query_ids[:, None])).any(dim=1).double().mean().item()


@wrong("rank_one", "no-query", "The share of no queries is 0 / 0: refuse it with a ValueError.", slip=True)
def no_query(queries, gallery, query_ids, gallery_ids):
    if len(gallery) == 0:
        raise ValueError("nobody")
    return _share(_squared(queries, gallery), query_ids, gallery_ids) if len(queries) else 0.0


@wrong(
    "rank_one",
    "empty-gallery",
    "With an empty gallery your function gives an answer, or another error. Refuse it with a ValueError.",
    slip=True,
)
def empty_gallery(queries, gallery, query_ids, gallery_ids):
    if len(queries) == 0:
        raise ValueError("nobody")
    return _share(_squared(queries, gallery), query_ids, gallery_ids) if len(gallery) else 0.0
