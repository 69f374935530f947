"""Unit 00, CNNs, a recap: what is asked of each function, one module a function.

Each holds its inputs, probes, rule, hints and explanation, and at its end `CHECK`. What several of them need:
`shared` draws numbers, `networks` builds from plain data, `lent` looks at networks that a function was lent.
"""

from course_lib.checks.cnn_recap import (
    conv2d,
    count_cost,
    experiment,
    inception_module,
    max_pool2d,
    receptive_field,
    residual_block,
    train_step,
)
from course_lib.checks.run import public

UNIT = "00_cnn_recap"
FUNCTIONS = (
    conv2d,
    max_pool2d,
    count_cost,
    receptive_field,
    inception_module,
    residual_block,
    train_step,
    experiment,
)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = public(UNIT, CHECKS)
