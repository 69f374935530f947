"""Unit 06, Human pose heatmaps: what is asked of each function, one module a function.

Each holds its inputs, probes, rule, hints and explanation, and at its end `CHECK`; `shared` is what several need.
"""

from course_lib.checks.pose import (
    decode_heatmaps,
    disk_targets,
    experiment,
    flip_pose,
    heatmap_loss,
    hourglass,
    pck,
)
from course_lib.checks.run import public

UNIT = "06_pose"
FUNCTIONS = (disk_targets, heatmap_loss, decode_heatmaps, flip_pose, pck, hourglass, experiment)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = public(UNIT, CHECKS)
