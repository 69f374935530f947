"""Unit 03, Fast R-CNN: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.fast_rcnn import (
    fast_rcnn_loss,
    roi_align,
    roi_pool,
    roi_pool_backward,
    sample_rois,
    smooth_l1,
    truncated_svd,
)

MISCONCEPTIONS = gathered(
    roi_pool,
    roi_pool_backward,
    smooth_l1,
    fast_rcnn_loss,
    sample_rois,
    truncated_svd,
    roi_align,
)
