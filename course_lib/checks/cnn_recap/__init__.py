"""Unit 00, CNNs, a recap: what is asked of each function.

Inputs are drawn in `inputs`, networks are built from plain data in `networks`, run by `probes`, judged by `compare` and
`rules`, explained in `explain`.
"""

from course_lib.checks.cnn_recap.experiment import EXPERIMENT
from course_lib.checks.cnn_recap.layers import CONV, POOL
from course_lib.checks.cnn_recap.measures import COST, FIELD, SHIFT
from course_lib.checks.cnn_recap.modules import INCEPTION, RESIDUAL
from course_lib.checks.run import public

UNIT = "00_cnn_recap"
CHECKS = (CONV, POOL, COST, FIELD, INCEPTION, RESIDUAL, SHIFT, EXPERIMENT)

check = public(UNIT, CHECKS)
