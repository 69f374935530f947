"""Right answers in the style of somebody who knows the libraries: SciPy, NumPy, sorting, optimisers."""

import numpy as np
from scipy.special import softmax


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
