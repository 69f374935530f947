"""Unit 03, Fast R-CNN: what is asked of each function.

Inputs are drawn in `inputs` and `batches`, run by `probes`, judged by `compare` and `rules`, explained in `explain`.
"""

from course_lib.checks.fast_rcnn.pooling import ALIGN, BACKWARD, POOL
from course_lib.checks.fast_rcnn.training import EXPERIMENT, LOSS, SAMPLE, SMOOTH_L1, SVD
from course_lib.checks.run import public

UNIT = "03_fast_rcnn"
CHECKS = (POOL, BACKWARD, SMOOTH_L1, LOSS, SAMPLE, SVD, ALIGN, EXPERIMENT)

check = public(UNIT, CHECKS)
