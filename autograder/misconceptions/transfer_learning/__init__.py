"""Unit 01, transfer learning: all wrong versions, one module a function, two of `extract_features`."""

from autograder.misconceptions import gathered
from autograder.misconceptions.transfer_learning import (
    extract_features,
    extract_features_outputs,
    few_shot_split,
    freeze,
    linear_probe,
    parameter_groups,
    swap_head,
)

MISCONCEPTIONS = gathered(
    extract_features,
    extract_features_outputs,
    few_shot_split,
    linear_probe,
    swap_head,
    freeze,
    parameter_groups,
)
