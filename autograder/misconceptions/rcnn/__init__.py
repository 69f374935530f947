"""Unit 02, R-CNN: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.rcnn import (
    average_precision,
    box_iou,
    decode_boxes,
    encode_boxes,
    fine_tune_batch,
    label_proposals,
    mine_hard_negatives,
    nms,
    warp_region,
)

MISCONCEPTIONS = gathered(
    box_iou,
    warp_region,
    fine_tune_batch,
    label_proposals,
    mine_hard_negatives,
    encode_boxes,
    decode_boxes,
    nms,
    average_precision,
)
