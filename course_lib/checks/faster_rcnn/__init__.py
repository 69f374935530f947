"""Unit 04, Faster R-CNN: what is asked of each function.

Inputs are drawn in `inputs` and `scenes`, run by `probes` and `stubs`, judged by `compare` and `rules`, explained in
`explain`.
"""

from course_lib.checks.faster_rcnn.anchors import ASSIGN, GENERATE
from course_lib.checks.faster_rcnn.detector import EXPERIMENT, FASTER, POSTPROCESS
from course_lib.checks.faster_rcnn.network import HEAD, JOINT, LOSS
from course_lib.checks.faster_rcnn.proposals import PROPOSE
from course_lib.checks.run import public

UNIT = "04_faster_rcnn"
CHECKS = (GENERATE, ASSIGN, HEAD, LOSS, PROPOSE, JOINT, POSTPROCESS, FASTER, EXPERIMENT)

check = public(UNIT, CHECKS)
