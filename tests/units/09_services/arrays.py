"""Unit 09: right answers with arrays, in another style than the solution."""

import numpy as np
import torch


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
