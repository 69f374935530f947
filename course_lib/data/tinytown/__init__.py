"""Tinytown: a drawn world of street scenes in which the course's lessons on detection, segmentation and pose are true."""

from course_lib.data.tinytown.cache import VERSION, objects, scenes
from course_lib.data.tinytown.crops import FAMILIES
from course_lib.data.tinytown.persons import JOINTS
from course_lib.data.tinytown.plan import CLASSES, SPLITS
from course_lib.data.tinytown.scene import Scene, scene

SOURCE_FAMILIES = tuple(FAMILIES["source"])
TARGET_FAMILIES = tuple(FAMILIES["target"])

__all__ = [
    "CLASSES",
    "JOINTS",
    "SOURCE_FAMILIES",
    "SPLITS",
    "TARGET_FAMILIES",
    "VERSION",
    "Scene",
    "objects",
    "scene",
    "scenes",
]
