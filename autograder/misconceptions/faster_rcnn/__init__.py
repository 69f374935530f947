"""Unit 04, Faster R-CNN: all wrong versions, by theme."""

from autograder.misconceptions.faster_rcnn import anchors, assignments, detector, joint, network, proposals

MISCONCEPTIONS = (
    *anchors.MISCONCEPTIONS,
    *assignments.MISCONCEPTIONS,
    *network.MISCONCEPTIONS,
    *proposals.MISCONCEPTIONS,
    *joint.MISCONCEPTIONS,
    *detector.MISCONCEPTIONS,
)
