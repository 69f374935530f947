"""Unit 07, Faces: what is asked of each function, one module a function.

Each holds its inputs, probes, rule and explanation, and at its end `CHECK`; what several of them need goes into a
module `shared`.
"""

from course_lib.checks import run
from course_lib.checks.faces import align_face, experiment, mine_semi_hard, pairwise_distances, triplet_loss

UNIT = "07_faces"
FUNCTIONS = (align_face, pairwise_distances, triplet_loss, mine_semi_hard, experiment)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = run.public(UNIT, CHECKS)
