"""Unit 00: all wrong versions, by theme."""

from autograder.misconceptions.cnn_recap import blocks, cost, fields, inception, layers, shifts

MISCONCEPTIONS = (
    *layers.MISCONCEPTIONS,
    *cost.MISCONCEPTIONS,
    *fields.MISCONCEPTIONS,
    *inception.MISCONCEPTIONS,
    *blocks.MISCONCEPTIONS,
    *shifts.MISCONCEPTIONS,
)
