"""Unit 04, Faster R-CNN: what is asked of each function, one module a function.

Each holds its inputs, probes, rule and explanation, and at its end `CHECK`. `shared` is what several of them need,
`found` what those that find boxes do, `assignments` and `stubs` what is put before `assign_anchors` and `FasterRCNN`.
"""

from course_lib.checks.faster_rcnn import (
    assign_anchors,
    experiment,
    faster_rcnn,
    generate_anchors,
    joint_loss,
    postprocess_detections,
    propose,
    rpn_head,
    rpn_loss,
)
from course_lib.checks.run import public

UNIT = "04_faster_rcnn"
FUNCTIONS = (
    generate_anchors,
    assign_anchors,
    rpn_head,
    rpn_loss,
    propose,
    joint_loss,
    postprocess_detections,
    faster_rcnn,
    experiment,
)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = public(UNIT, CHECKS)
