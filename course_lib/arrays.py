"""Between functions that somebody wrote and code that was given: what the checks accept serves here, too."""

import numpy as np
import torch
from torch import Tensor


def as_tensor(values: Tensor | np.ndarray, dtype: torch.dtype | None = None) -> Tensor:
    """What a function returned as a tensor: a NumPy array in any layout, numbers of any width.

    Args:
        dtype: of the result; None leaves the numbers as they are. Gradients pass.
    """
    tensor = values if isinstance(values, Tensor) else torch.from_numpy(np.array(values))
    return tensor if dtype is None else tensor.to(dtype)
