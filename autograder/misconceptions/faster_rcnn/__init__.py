"""Unit 04, Faster R-CNN: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.faster_rcnn import (
    assign_anchors,
    faster_rcnn,
    generate_anchors,
    joint_loss,
    postprocess_detections,
    propose,
    rpn_head,
    rpn_loss,
)

MISCONCEPTIONS = gathered(
    generate_anchors,
    assign_anchors,
    rpn_head,
    rpn_loss,
    propose,
    joint_loss,
    postprocess_detections,
    faster_rcnn,
)
