"""Unit 05, Fully convolutional segmentation: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.fcn import (
    bilinear_kernel,
    confusion_matrix,
    convolutionize,
    full_resolution_residual_unit,
    fuse_skip,
    mean_iou,
    up_block,
)

MISCONCEPTIONS = gathered(
    confusion_matrix,
    mean_iou,
    convolutionize,
    bilinear_kernel,
    fuse_skip,
    up_block,
    full_resolution_residual_unit,
)
