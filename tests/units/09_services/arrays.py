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
