"""Unit 00: all wrong versions, by theme."""

from autograder.misconceptions.cnn_recap import cost, layers, modules, shifts

MISCONCEPTIONS = (
    *layers.MISCONCEPTIONS,
    *cost.MISCONCEPTIONS,
    *modules.MISCONCEPTIONS,
    *shifts.MISCONCEPTIONS,
)
