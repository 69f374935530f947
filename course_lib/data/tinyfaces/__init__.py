"""Tinyfaces: a drawn world of faces in which the course's lessons on recognising people are true.

Nothing is downloaded, and as in Tinytown equal arguments give equal pixels on every machine. The numbers stand in
people.py (who there is), takes.py (what changes) and face.py (picture and landmarks):

- 700 identities, split into train (400), val (100) and test (200). Each is a point of a space of 22 continuous traits:
  width of the head, jaw, distance of the eyes, length of the nose, colour of the skin, hairline …
- One identity in five is a look-alike of another one of the same split: 0.3 of the way from it to a stranger.
- A tenth of the identities are of group 1. Its faces come from another region of the space, with proportions as
  children have them: round heads, large low eyes, short noses. Skin and hair are drawn alike in both groups.
- The pictures are not aligned: heads are turned in the plane by up to 25 degrees, are 34 to 48 pixels high and stand
  up to 5 pixels beside the middle in each direction.
- What changes from one picture of a person to the next is about twice as large, in the distance of pixels, as what
  differs between two persons: turn to the side by up to 30 degrees, light from one side, its strength and colour,
  mouth, brows, lids, gaze, shirt, ground, and four ATTRIBUTES, which are independent of the identity and of each other.
- Five landmarks: eyes, tip of the nose, corners of the mouth, left and right as in the picture. They are marked with an
  error in x and in y whose standard deviation is 2 % of the head's height.

`faces(split)` gives the public pictures. `face(who, draw)` draws one picture of any identity, public (`person(number)`)
or new (`traits(draw)`, `alike(model, draw)`). `portraits(split)` are small pictures of the same people, upright and in
the middle, as a photographer takes them; `portrait(who, draw, wanted)` draws one again with other attributes.
"""

import numpy as np

from course_lib.data.tinyfaces.cache import VERSION, Faces, faces
from course_lib.data.tinyfaces.face import NOISE, Face, face
from course_lib.data.tinyfaces.people import SPLITS, Traits, alike, double_of, group_of, person, traits
from course_lib.data.tinyfaces.studio import Portraits, portrait, portraits
from course_lib.data.tinyfaces.takes import ATTRIBUTES

LANDMARKS = ("left eye", "right eye", "nose", "left corner of the mouth", "right corner of the mouth")
# Where an aligned face has them, as shares of the picture's side: those of a mean face that looks straight ahead.
TEMPLATE = np.array([(0.33, 0.42), (0.67, 0.42), (0.5, 0.62), (0.36, 0.74), (0.64, 0.74)], np.float32)

__all__ = [
    "ATTRIBUTES",
    "LANDMARKS",
    "NOISE",
    "SPLITS",
    "TEMPLATE",
    "VERSION",
    "Face",
    "Faces",
    "Portraits",
    "Traits",
    "alike",
    "double_of",
    "face",
    "faces",
    "group_of",
    "person",
    "portrait",
    "portraits",
    "traits",
]
