"""Tinytown: a drawn world of street scenes in which the course's lessons on detection and pose are true.

Nothing is downloaded. ``scene(seed)`` is a pure function: equal arguments give equal pixels in every process, in any
order, with any number of threads; no draw depends on numpy's Generator (see draws.py). A scene is painted from far to
near on a canvas of 512 x 512 and reduced, so the 256 mode shows the same scene, its boxes twice those at 128 to within
two pixels. The laws (the numbers stand in plan.py and scene.py):

- Eight classes. Shape tells them apart; colours, patterns and contrast of every part are drawn from one distribution
  for all classes, and sky, ground, road and stones carry the same patterns.
- 1 to 5 objects placed on their own, and 24 % of them with a second one in front or behind, of the same class in 40 %;
  5 % of scenes are empty. About 3 annotated objects a scene.
- The longer side is log-uniform from 8 to 50 % of the image (a quarter is under 16 px at 128); an object flatter than
  5.5 px is enlarged. What stands lower in the image is larger and nearer.
- About 30 % of objects are occluded (others cover more than 10 %) and 10 % truncated by the edge. An object of which
  less than 20 % is to be seen, or whose box has a side under 5 px at 128, is drawn but not annotated.
- A bicycle has a person with it in 80 % of cases (a chance person in some more). In the split ``test_shifted`` no scene
  with a bicycle has a person.
- Up to two confusers: bare poles and dead trunks (like signs and trees), wheels (like balls), bushes, fences.
- Persons are skeletons in space with 14 joints (Leeds Sports Pose's order, the person's own left and right), seen from
  the front, the back or a side; eight kinds of pose, among them sitting, bending and crossed limbs. An identity always
  wears the same clothes; train, val and test have different identities (200, 60, 120).
- ``joint_state`` is 0 where a joint is not annotated (outside the image, on a person under 16 px, or forgotten, 3 %),
  1 where body or others hide it, 2 where it is visible.
- ``portraits`` show one such person each, near and in the middle; half of them look towards us (the numbers stand in
  portraits.py).

Families of ``objects`` are neither classes nor shared between the source and the target group.
"""

from course_lib.data.tinytown.cache import VERSION, hidden, objects, portraits, scenes
from course_lib.data.tinytown.crops import FAMILIES
from course_lib.data.tinytown.plan import CLASSES, SPLITS
from course_lib.data.tinytown.portraits import Portrait, portrait
from course_lib.data.tinytown.scene import Scene, drawn, scene
from course_lib.data.tinytown.skeleton import JOINTS

SOURCE_FAMILIES = tuple(FAMILIES["source"])
TARGET_FAMILIES = tuple(FAMILIES["target"])

__all__ = [
    "CLASSES",
    "JOINTS",
    "SOURCE_FAMILIES",
    "SPLITS",
    "TARGET_FAMILIES",
    "VERSION",
    "Portrait",
    "Scene",
    "drawn",
    "hidden",
    "objects",
    "portrait",
    "portraits",
    "scene",
    "scenes",
]
