"""Unit 08, Embedding arithmetic: what is asked of each function, one module a function.

Each holds its inputs, probes, rule, hints and explanation, and at its end `CHECK`; `tables` and `shared` are what both
rules of analogy need, `reaches` judges the draws of skip_gram_pairs.
"""

from course_lib.checks.embeddings import (
    analogy,
    analogy_mul,
    concept_vector,
    experiment,
    negative_sampling_loss,
    noise_distribution,
    skip_gram_pairs,
    slerp,
)
from course_lib.checks.run import public

UNIT = "08_embeddings"
FUNCTIONS = (
    skip_gram_pairs,
    noise_distribution,
    negative_sampling_loss,
    analogy,
    analogy_mul,
    concept_vector,
    slerp,
    experiment,
)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = public(UNIT, CHECKS)
