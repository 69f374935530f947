"""Unit 07, Faces: what is asked of each function, one module a function.

Each holds its inputs, probes, rule and explanation, and at its end `CHECK`; `pairs` and `folds` draw
what some of them need.
"""

from course_lib.checks import run
from course_lib.checks.faces import lfw_accuracy, rank_one, verification_roc

UNIT = "07_faces"
FUNCTIONS = (verification_roc, lfw_accuracy, rank_one)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = run.public(UNIT, CHECKS)
