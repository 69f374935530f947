"""Unit 03, Fast R-CNN: what is asked of each function, one module a function.

Each holds its inputs, probes, rule, hints and explanation, and at its end `CHECK`. `regions`, `pictures` and `shared`
are what several of them need.
"""

from course_lib.checks.fast_rcnn import (
    experiment,
    fast_rcnn_loss,
    roi_align,
    roi_pool,
    roi_pool_backward,
    sample_rois,
    smooth_l1,
    truncated_svd,
)
from course_lib.checks.run import public

UNIT = "03_fast_rcnn"
FUNCTIONS = (
    roi_pool,
    roi_pool_backward,
    smooth_l1,
    fast_rcnn_loss,
    sample_rois,
    truncated_svd,
    roi_align,
    experiment,
)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = public(UNIT, CHECKS)
