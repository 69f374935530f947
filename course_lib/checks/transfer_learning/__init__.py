"""Unit 01, transfer learning: what is asked of each function, one module a function.

Each holds its inputs, probes, rule, hints and explanation, and at its end `CHECK`. Beside them: `networks` (what they
are asked with), `clouds`, `split_counterexamples` and `training` (of one function each), `traces` and `shared`.
"""

from course_lib.checks.run import public
from course_lib.checks.transfer_learning import (
    experiment,
    extract_features,
    few_shot_split,
    freeze,
    linear_probe,
    parameter_groups,
    swap_head,
)

UNIT = "01_transfer_learning"
FUNCTIONS = (extract_features, few_shot_split, linear_probe, swap_head, freeze, parameter_groups, experiment)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = public(UNIT, CHECKS)
