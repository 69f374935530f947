"""Unit 05, Fully convolutional segmentation: what is asked of each function, one module a function.

Each holds its inputs, probes, rule, hints and explanation, and at its end `CHECK`.
"""

from course_lib.checks.fcn import (
    bilinear_kernel,
    confusion_matrix,
    convolutionize,
    experiment,
    full_resolution_residual_unit,
    fuse_skip,
    mean_iou,
    up_block,
)
from course_lib.checks.run import public

UNIT = "05_fcn"
FUNCTIONS = (
    confusion_matrix,
    mean_iou,
    convolutionize,
    bilinear_kernel,
    fuse_skip,
    up_block,
    full_resolution_residual_unit,
    experiment,
)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = public(UNIT, CHECKS)
