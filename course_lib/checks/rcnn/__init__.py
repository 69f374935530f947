"""Unit 02, R-CNN: what is asked of each function.

Inputs are drawn in `inputs`, run by `probes`, judged by `compare` and `rules`, explained in `explain`.
"""

from course_lib.checks.rcnn.detections import AP, DECODE, ENCODE, EXPERIMENT
from course_lib.checks.rcnn.labels import BATCH, HARD, LABEL
from course_lib.checks.rcnn.regions import BOX_IOU, NMS, WARP
from course_lib.checks.run import public

UNIT = "02_rcnn"
CHECKS = (BOX_IOU, NMS, WARP, BATCH, LABEL, HARD, ENCODE, DECODE, AP, EXPERIMENT)

check = public(UNIT, CHECKS)
