"""A made-up set in PASCAL VOC's layout: photographs' sizes, VOC's classes, and nothing to download.

How long a network takes hardly depends on what it sees, so that Tinytown's scenes, enlarged, serve as well.
"""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2.functional import InterpolationMode, resize

from course_lib.data import tinytown
from course_lib.data.voc import VOC_CLASSES

YEAR = 2007
HEIGHT, WIDTH = 375, 500  # of most photographs in VOC
LISTS = {"Main": ("train", "val", "trainval", "test"), "Segmentation": ("train", "val", "trainval", "test")}
ANNOTATION = """<annotation>
<size><width>{width}</width><height>{height}</height><depth>3</depth></size>
{objects}
</annotation>
"""
OBJECT = "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"


def make(data: Path, images: int = 16) -> Path:
    """Put so many scenes into a data folder (COURSE_DATA), the same ones into each split; returns VOC's folder."""
    folder = data / "VOCdevkit" / f"VOC{YEAR}"
    for part in ("JPEGImages", "Annotations", "SegmentationClass"):
        (folder / part).mkdir(parents=True)
    names = [f"{number:06}" for number in range(images)]
    for number, name in enumerate(names):
        _write(folder, name, tinytown.scene(number, size=256))
    for part, splits in LISTS.items():
        (folder / "ImageSets" / part).mkdir(parents=True)
        for split in splits:
            (folder / "ImageSets" / part / f"{split}.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    return folder


def _write(folder: Path, name: str, scene: tinytown.Scene) -> None:
    """One scene: the photograph, its boxes counted from 1 as VOC's, and the class of each pixel."""
    image = resize(scene.image, [HEIGHT, WIDTH], antialias=True)
    mask = resize(scene.semantic[None], [HEIGHT, WIDTH], InterpolationMode.NEAREST_EXACT)[0]
    Image.fromarray(np.asarray(image.permute(1, 2, 0))).save(folder / "JPEGImages" / f"{name}.jpg")
    Image.fromarray(np.asarray(mask)).save(folder / "SegmentationClass" / f"{name}.png")
    objects = "\n".join(map(_object, _enlarged(scene.boxes, scene.image.shape[1:]), scene.labels.tolist()))
    text = ANNOTATION.format(width=WIDTH, height=HEIGHT, objects=objects)
    (folder / "Annotations" / f"{name}.xml").write_text(text, encoding="utf-8")


def _enlarged(boxes: Tensor, size: tuple[int, ...]) -> list[list[float]]:
    """Boxes in the photograph's pixels, from those in the scene's."""
    height, width = size
    return (boxes * torch.tensor([WIDTH / width, HEIGHT / height] * 2)).tolist()


def _object(box: list[float], label: int) -> str:
    x1, y1, x2, y2 = box
    return OBJECT.format(VOC_CLASSES[label], x1 + 1, y1 + 1, x2, y2)
