"""Real handwritten digits that ship inside scikit-learn: 1,797 of 8×8 pixels, from 43 writers.

Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998.
"""

import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from course_lib.errors import SettingsError
from course_lib.settings import settings

TRAIN = 1297
SPLITS = {"train": slice(None, TRAIN), "test": slice(TRAIN, None)}


def digits(split: str) -> tuple[Float32[Tensor, "n 1 8 8"], Int64[Tensor, " n"]]:
    """The images, 0 (paper) … 1 (ink), and the digits that they show.

    `split` is "train" (1,297 images) or "test" (500); scikit-learn's order is mixed first, always in the same way,
    since it goes by writer. COURSE_LIMIT bounds their number. Raises SettingsError for another split.
    """
    from sklearn.datasets import load_digits

    if split not in SPLITS:
        raise SettingsError("The digits have no such part.", expected=" or ".join(SPLITS), got=repr(split))
    images, labels = load_digits(return_X_y=True)
    mixed = (torch.arange(len(labels)) * 1013 % len(labels))[SPLITS[split]][: settings().limit]
    return torch.from_numpy(images).float().view(-1, 1, 8, 8)[mixed] / 16, torch.from_numpy(labels).long()[mixed]
