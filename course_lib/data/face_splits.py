"""The faces that a network learns from and is tested on: in `mini` Tinyfaces, in `full` photographs of other people.

No person is in two splits. Photographs are those of Labeled Faces in the Wild where it lies in COURSE_DATA, else ORL's
(see faces.py). Nobody marked landmarks in them: they are aligned as they come (LFW was, by a machine; ORL's sitters
look straight ahead), so each face has the template's landmarks.
"""

import torch

from course_lib.data import tinyfaces
from course_lib.data.faces import LFW, lfw_people, orl
from course_lib.data.files import folders_in
from course_lib.errors import SettingsError
from course_lib.settings import settings

SHARES = {"train": range(6), "val": range(6, 7), "test": range(7, 10)}  # of ten photographed people, by the last digit
SIDE = 64


def faces(split: str, images: int) -> tinyfaces.Faces:
    """The faces of a split: in `mini` `images` of each person, in `full` all photographs there are.

    COURSE_LIMIT bounds the images of `mini` (two people at least) and the photographs that `full` reads. Raises
    SettingsError for an unknown split, DataMissing where there are no photographs.
    """
    if split not in SHARES:
        raise SettingsError("There is no such split.", expected=" or ".join(SHARES), got=repr(split))
    if settings().profile == "full":
        return _photographed(split)
    limit = settings().limit
    if limit is None:
        return tinyfaces.faces(split, images=images)
    each = max(1, min(images, limit // 2))
    return tinyfaces.faces(split, max(2, min(limit // each, tinyfaces.SPLITS[split][1])), each)


def _photographed(split: str) -> tinyfaces.Faces:
    people = lfw_people(SIDE, least=2) if folders_in(settings().data / LFW) else orl(SIDE)
    chosen = torch.isin(people.identities % 10, torch.tensor(SHARES[split]))
    count = int(chosen.sum())
    return tinyfaces.Faces(
        people.images[chosen],
        people.identities[chosen],
        SIDE * torch.from_numpy(tinyfaces.TEMPLATE).repeat(count, 1, 1),
        torch.zeros(count, 0, dtype=torch.bool),
        torch.zeros(count, dtype=torch.int64),
    )
