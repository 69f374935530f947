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
