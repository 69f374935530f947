"""Unit 02, R-CNN: what is asked of each function, one module a function.

Each holds its inputs, probes, rule and explanation, and at its end `CHECK`; `shared` is what several of them need.
"""

from course_lib.checks.rcnn import (
    average_precision,
    box_iou,
    decode_boxes,
    encode_boxes,
    experiment,
    fine_tune_batch,
    label_proposals,
    mine_hard_negatives,
    nms,
    warp_region,
)
from course_lib.checks.run import public

UNIT = "02_rcnn"
FUNCTIONS = (
    box_iou,
    nms,
    warp_region,
    fine_tune_batch,
    label_proposals,
    mine_hard_negatives,
    encode_boxes,
    decode_boxes,
    average_precision,
    experiment,
)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = public(UNIT, CHECKS)
