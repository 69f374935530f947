"""Unit 02, R-CNN: all wrong versions, by theme."""

from autograder.misconceptions.rcnn import detections, overlap, regression, sampling

MISCONCEPTIONS = (
    *overlap.MISCONCEPTIONS,
    *sampling.MISCONCEPTIONS,
    *regression.MISCONCEPTIONS,
    *detections.MISCONCEPTIONS,
)
