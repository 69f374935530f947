"""Unit 07, Faces: what is asked of each function, one module a function.

Each holds its inputs, probes, rule and explanation, and at its end `CHECK`; `passes`, `pairs` and `folds` draw what
some of them need.
"""

from course_lib.checks import run
from course_lib.checks.faces import (
    align_face,
    experiment,
    lfw_accuracy,
    mine_semi_hard,
    pairwise_distances,
    pk_sampler,
    rank_one,
    triplet_loss,
    verification_roc,
)

UNIT = "07_faces"
FUNCTIONS = (
    align_face,
    pairwise_distances,
    triplet_loss,
    mine_semi_hard,
    pk_sampler,
    verification_roc,
    lfw_accuracy,
    rank_one,
    experiment,
)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = run.public(UNIT, CHECKS)
