"""Unit 03, Fast R-CNN: all wrong versions, by theme."""

from autograder.misconceptions.fast_rcnn import align, backward, layers, losses, pooling, sampling, smooth

MISCONCEPTIONS = (
    *pooling.MISCONCEPTIONS,
    *backward.MISCONCEPTIONS,
    *smooth.MISCONCEPTIONS,
    *losses.MISCONCEPTIONS,
    *sampling.MISCONCEPTIONS,
    *layers.MISCONCEPTIONS,
    *align.MISCONCEPTIONS,
)
