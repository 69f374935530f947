"""Right answers in the style of somebody who knows the libraries: SciPy, NumPy, sorting, optimisers."""

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax


def top_k_tags(logits, names, k, min_confidence):
    scores = logits.detach().cpu().numpy()
    if scores.shape != (len(names),):
        raise ValueError(f"{len(names)} names, logits of shape {scores.shape}")
    p = softmax(scores.astype(np.float64))
    best = np.argsort(-p, kind="stable")[:k]
    return [(names[i], p[i]) for i in best[p[best] >= min_confidence]]


def expected_calibration_error(probs, labels, bins):
    p, y = probs.detach().cpu().numpy().astype(np.float64), labels.cpu().numpy()
    if p.shape[0] == 0 or not np.allclose(p.sum(1), 1, atol=0.01, rtol=0):
        raise ValueError("bad probabilities")
    confidence, hit = p.max(1), (p.argmax(1) == y).astype(float)
    which = np.digitize(confidence, np.linspace(0, 1, bins + 1)[1:-1], right=True)
    n, sure, right = (np.bincount(which, weights=w, minlength=bins) for w in (np.ones_like(hit), confidence, hit))
    with np.errstate(invalid="ignore"):
        gaps = np.nan_to_num(np.abs(right / n - sure / n))
    return np.average(gaps, weights=n)


def fit_temperature(logits, labels):
    """Bounded search for log T."""
    z, y = logits.detach().cpu().numpy().astype(np.float64), labels.cpu().numpy()
    own = np.take_along_axis(z, y[:, None], axis=1)
    if z.shape[0] == 0 or np.all(own >= z) or (own - z).mean() <= 0:
        raise ValueError("there is no best temperature")
    z = z - z.max(axis=1, keepdims=True)
    own = np.take_along_axis(z, y[:, None], axis=1)[:, 0]

    def loss(s):
        return np.mean(logsumexp(z * np.exp(-s), axis=1) - own * np.exp(-s))

    return np.exp(minimize_scalar(loss, bounds=(-5, 5), method="bounded").x)


def near_duplicates(features, threshold):
    rows = features.detach().cpu().numpy()
    squares = np.einsum("nd,nd->n", rows, rows)
    if (squares == 0).any():
        raise ValueError(f"rows {np.flatnonzero(squares == 0)} have no direction")
    similarities = rows @ rows.T / np.sqrt(np.outer(squares, squares))
    i, j = np.triu_indices(len(rows), k=1)
    alike = similarities[i, j] >= threshold
    return torch.from_numpy(np.column_stack([i[alike], j[alike]]))


def audit_split(train, test, threshold):
    known, asked = (rows.detach().cpu().numpy() for rows in (train, test))
    lengths = [np.sqrt((rows**2).sum(axis=1)) for rows in (known, asked)]
    if not len(asked) or min(part.min(initial=1) for part in lengths) == 0:
        raise ValueError("nothing to audit")
    similarities = asked @ known.T / np.outer(lengths[1], lengths[0])
    # a column of its own for "nobody", so that an empty training set has a maximum as well
    similarities = np.hstack([similarities, np.full((len(asked), 1), -np.inf)])
    leaked = np.flatnonzero(similarities.max(axis=1) >= threshold)
    return [leaked, similarities[leaked].argmax(axis=1), np.float64(leaked.size / len(asked))]


def clean_accuracy(predictions, labels, leaked):
    hits = (predictions == labels).cpu().numpy()
    left = np.delete(hits, leaked.cpu().numpy())
    if left.size == 0:
        raise ValueError("no picture left")
    return left.mean()
