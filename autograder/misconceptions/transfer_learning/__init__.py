"""Unit 01, transfer learning: all wrong versions, by theme."""

from autograder.misconceptions.transfer_learning import features, freezing, heads, probing, rates, splits

MISCONCEPTIONS = (
    *features.MISCONCEPTIONS,
    *splits.MISCONCEPTIONS,
    *probing.MISCONCEPTIONS,
    *heads.MISCONCEPTIONS,
    *freezing.MISCONCEPTIONS,
    *rates.MISCONCEPTIONS,
)
