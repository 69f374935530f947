"""Unit 01, transfer learning: what is asked of each function.

Networks are built by `networks`, inputs drawn in `inputs`, run by `probes`, judged by `compare` and `rules`, explained
in `explain`.
"""

from course_lib.checks.run import public
from course_lib.checks.transfer_learning.experiment import EXPERIMENT
from course_lib.checks.transfer_learning.features import EXTRACT, PROBE, SPLIT
from course_lib.checks.transfer_learning.tuning import FREEZE, GROUPS, SWAP

UNIT = "01_transfer_learning"
CHECKS = (EXTRACT, SPLIT, PROBE, SWAP, FREEZE, GROUPS, EXPERIMENT)

check = public(UNIT, CHECKS)
