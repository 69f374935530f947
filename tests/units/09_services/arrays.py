"""Right answers in the style of somebody who knows the libraries: SciPy, NumPy, sorting, optimisers."""

import numpy as np
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
