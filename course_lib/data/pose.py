"""Persons with their joints: in `mini` Tinytown's, in `full` COCO keypoints or Leeds Sports Pose from COURSE_DATA.

COCO (Lin et al., Microsoft COCO: common objects in context, ECCV 2014) has 17 joints, Leeds Sports Pose (Johnson and
Everingham, BMVC 2010) 14, MPII (Andriluka et al., CVPR 2014) 16. Places are continuous: the pixel in column i reaches
from i to i + 1. COCO counts pixels from 0, so a joint in pixel i is put in its middle, at i + 0.5; the other two count
from 1. A joint that is hidden and marked all the same is annotated.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8
from torch import Tensor

from course_lib.data.bodies import COCO, LEEDS, MPII, Body
from course_lib.data.images import read_image
from course_lib.download import missing
from course_lib.errors import DataBroken, SettingsError
from course_lib.settings import settings

SPLITS = ("train", "val", "test")
LEEDS_SPLITS = {"train": range(800), "val": range(800, 1000), "test": range(1000, 2000)}
LEEDS_FOLDER = "lsp_dataset"


@dataclass(frozen=True)
class Person:
    """One person in an image; `box` (x1, y1, x2, y2) holds the person, as the data set says."""

    image: UInt8[Tensor, "3 h w"]
    joints: Float32[Tensor, "j 2"]
    annotated: Bool[Tensor, " j"]
    box: Float32[Tensor, "4"]
    name: str


Read = Callable[[], Person]


class Persons(Sequence):
    """Persons with at least one annotated joint, each read when it is asked for; `body` says which joints they have."""

    def __init__(self, reads: Sequence[Read], body: Body):
        self.reads, self.body = reads, body

    def __len__(self) -> int:
        return len(self.reads)

    def __getitem__(self, index):
        """The person at an index, or fewer Persons for a slice. Raises DataBroken, DataMissing."""
        if isinstance(index, slice):
            return Persons(self.reads[index], self.body)
        return self.reads[index]()


def persons(split: str, count: int, start: int = 0) -> Persons:
    """The persons of the profile: in `mini` those of `count` Tinytown scenes, in `full` those of a whole split.

    That is COCO where its annotations lie in COURSE_DATA (val2017 serves for val and test), else Leeds Sports Pose (its
    last 200 training images serve for val). COURSE_LIMIT bounds the persons; `start` is the first scene's number.
    Raises DataMissing where neither is there.
    """
    if split not in SPLITS:
        raise SettingsError("There is no such split.", expected=" or ".join(SPLITS), got=repr(split))
    if settings().profile != "full":
        return tinytown_persons(split, count, start)[: settings().limit]
    part = "train2017" if split == "train" else "val2017"
    listing = settings().data / "annotations" / f"person_keypoints_{part}.json"
    if listing.is_file():
        return coco_persons(listing, settings().data / part)[: settings().limit]
    folder = settings().data / LEEDS_FOLDER
    if not (folder / "joints.mat").is_file():
        advice = "fetch COCO's 2017 annotations and images from cocodataset.org, or Leeds Sports Pose, and unpack them"
        raise missing("A data set of human poses", [listing, folder / "joints.mat"], advice)
    return leeds_persons(folder, LEEDS_SPLITS[split])[: settings().limit]


def crops(split: str, count: int, side: int, start: int = 0) -> Persons:
    """One person each, side × side pixels: in `mini` `count` portraits of Tinytown from number `start` on, in `full`
    `persons`, each `cropped` when it is asked for.

    Raises as `persons`.
    """
    if settings().profile == "full":
        whole = persons(split, count)
        return Persons([partial(_cropped, read, side) for read in whole.reads], whole.body)
    from course_lib.data import tinytown

    drawn = tinytown.portraits(split, count, side, start)
    some = [sitter(one, f"portrait {start + row}") for row, one in enumerate(drawn)]
    return Persons([partial(_same, one) for one in some if one.annotated.any()], LEEDS)[: settings().limit]


def sitter(portrait: Any, name: str = "portrait") -> Person:
    """The person of a Tinytown portrait, who fills it."""
    image, joints = torch.from_numpy(portrait.image), torch.from_numpy(portrait.joints)
    box = torch.tensor([0.0, 0.0, image.shape[2], image.shape[1]])
    return Person(image, joints, torch.from_numpy(portrait.joint_state > 0), box, name)


def _same(one: Person) -> Person:
    return one


def _cropped(read: Read, side: int) -> Person:
    return cropped(read(), side)


def tinytown_persons(split: str, count: int, start: int = 0) -> Persons:
    """The persons of Tinytown scenes, with the joints of Leeds Sports Pose."""
    from course_lib.data import tinytown

    return persons_of(tinytown.scenes(split, count, start=start))


def persons_of(scenes: Sequence[Any]) -> Persons:
    """The persons of these Tinytown scenes."""

    def reader(scene: Any, row: int) -> Read:
        box = scene.boxes[scene.person_index[row]]
        name = f"scene {scene.seed}, person {row}"
        return lambda: Person(scene.image, scene.joints[row], scene.joint_state[row] > 0, box, name)

    places = [(scene, row) for scene in scenes for row in range(len(scene.joints))]
    return Persons([reader(*place) for place in places if place[0].joint_state[place[1]].any()], LEEDS)


def coco_persons(listing: Path | str, images: Path | str) -> Persons:
    """The persons of a COCO keypoint file, whose images lie in the folder `images`; crowds are left out.

    Raises DataMissing without the file, DataBroken where it is not COCO's.
    """
    listing, images = Path(listing), Path(images)
    found = _json(listing)
    try:
        names = {image["id"]: image["file_name"] for image in found["images"]}
        rows = [one for one in found["annotations"] if not one.get("iscrowd") and any(one["keypoints"][2::3])]
        reads = [_coco_reader(listing, images / names[one["image_id"]], one) for one in rows]
    except (KeyError, TypeError) as error:
        raise _broken(listing, "images, and annotations with keypoints", f"no {error}") from error
    return Persons(reads, COCO)


def _coco_reader(listing: Path, image: Path, annotation: dict[str, Any]) -> Read:
    numbers = torch.tensor(annotation["keypoints"], dtype=torch.float32)
    if len(numbers) != 3 * len(COCO.joints):
        raise _broken(listing, f"{3 * len(COCO.joints)} numbers a person", f"{len(numbers)}: {annotation.get('id')}")
    x, y, state = numbers.reshape(-1, 3).unbind(dim=1)
    left, top, width, height = annotation["bbox"]
    box = torch.tensor([left, top, left + width, top + height], dtype=torch.float32)
    return _reader(image, torch.stack([x, y], dim=1) + 0.5, state > 0, box, f"{image.stem}, {annotation['id']}")


def mpii_persons(listing: Path | str, images: Path | str) -> Persons:
    """The persons of an MPII file in JSON (image, joints, joints_vis, center, scale: a 200th of the person's height).

    Raises DataMissing without the file, DataBroken where it is another.
    """
    listing, images = Path(listing), Path(images)
    counts, reads = defaultdict(int), []
    try:
        for one in _json(listing):
            joints, annotated = torch.tensor(one["joints"]) - 0.5, torch.tensor(one["joints_vis"]) > 0
            if joints.shape != (len(MPII.joints), 2):
                raise _broken(listing, f"{len(MPII.joints)} joints a person", f"{len(joints)}: {one['image']}")
            centre, half = torch.tensor(one["center"]) - 0.5, 100 * one["scale"]
            name = f"{Path(one['image']).stem}, {counts[one['image']]}"
            counts[one["image"]] += 1
            if annotated.any():
                box = torch.cat([centre - half, centre + half])
                reads.append(_reader(images / one["image"], joints, annotated, box, name))
    except (KeyError, TypeError) as error:
        raise _broken(listing, "persons with image, joints, joints_vis, center and scale", f"no {error}") from error
    return Persons(reads, MPII)


def leeds_persons(folder: Path | str, numbers: Sequence[int]) -> Persons:
    """Leeds Sports Pose in `folder`: joints.mat [3, 14, images] and images/im0001.jpg …; those of these numbers.

    All 14 joints are annotated, hidden ones too; one without a finite place is not. Raises DataMissing, DataBroken.
    """
    from scipy.io import loadmat

    folder, path = Path(folder), Path(folder) / "joints.mat"
    if not path.is_file():
        raise missing("Leeds Sports Pose", [path], "fetch it and unpack it")
    try:
        joints = np.asarray(loadmat(path)["joints"], dtype=np.float32)
    except Exception as error:  # whatever SciPy makes of bytes that are no such file
        raise _broken(path, "the array joints", f"{type(error).__name__}: {error}") from error
    if joints.ndim != 3 or joints.shape[:2] != (3, len(LEEDS.joints)):
        raise _broken(path, f"3 × {len(LEEDS.joints)} numbers an image", f"an array of shape {joints.shape}")
    there = [number for number in numbers if number < joints.shape[2]]
    return Persons([_leeds_reader(folder, joints[:2, :, number].T - 0.5, number) for number in there], LEEDS)


def _leeds_reader(folder: Path, joints: np.ndarray, number: int) -> Read:
    name, places = f"im{number + 1:04d}", torch.from_numpy(joints.copy())
    return _reader(folder / "images" / f"{name}.jpg", places, places.isfinite().all(dim=1), None, name)


def _reader(path: Path, joints: Tensor, annotated: Tensor, box: Tensor | None, name: str) -> Read:
    """Reads the image when it is asked for; without a box the person fills it."""

    def read() -> Person:
        image = read_image(path, upright=False)  # as stored: so are the joints
        height, width = image.shape[1:]
        whole = torch.tensor([0.0, 0.0, width, height])
        return Person(image, joints.float(), annotated, whole if box is None else box.float(), name)

    return read


def cropped(person: Person, side: int, context: float = 1.25) -> Person:
    """The square around a person's box, `context` times its longer side, as an image of side × side pixels.

    What lies beyond the image is black. Joints are moved and scaled with it; those outside of the square are kept.
    """
    from torchvision.transforms.v2.functional import resized_crop

    x1, y1, x2, y2 = person.box.tolist()
    edge = max(1, round(context * max(x2 - x1, y2 - y1)))
    left, top = round((x1 + x2 - edge) / 2), round((y1 + y2 - edge) / 2)
    values = resized_crop(person.image.double(), top, left, edge, edge, [side, side], antialias=True)
    image = (values + 0.5 + 1e-6).floor().byte()  # a half is rounded up on every processor
    corner = torch.tensor([left, top], dtype=torch.float32)
    box = (person.box - corner.repeat(2)) * side / edge
    return Person(image, (person.joints - corner) * side / edge, person.annotated, box, person.name)


def _json(path: Path) -> Any:
    if not path.is_file():
        raise missing("A list of persons and their joints", [path], "check the path")
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise _broken(path, "JSON", str(error)) from error


def _broken(path: Path, expected: str, got: str) -> DataBroken:
    return DataBroken(f"{path} cannot be read.", expected=expected, got=got, advice="fetch it again")
