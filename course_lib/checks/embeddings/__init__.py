"""Unit 08, Embedding arithmetic: what is asked of each function, one module a function.

Each holds its inputs, probes, rule and explanation, and at its end `CHECK`; what several of them need goes into a
module `shared`.
"""

from course_lib.checks import run
from course_lib.checks.embeddings import standardize

UNIT = "08_embeddings"
FUNCTIONS = (standardize,)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = run.public(UNIT, CHECKS)
