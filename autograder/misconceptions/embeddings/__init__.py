"""Unit 08, Embedding arithmetic: all wrong versions, one module a function; `shared` is what both analogies need."""

from autograder.misconceptions import gathered
from autograder.misconceptions.embeddings import (
    analogy,
    analogy_mul,
    concept_vector,
    negative_sampling_loss,
    noise_distribution,
    skip_gram_pairs,
    slerp,
)

MISCONCEPTIONS = gathered(
    skip_gram_pairs,
    noise_distribution,
    negative_sampling_loss,
    analogy,
    analogy_mul,
    concept_vector,
    slerp,
)
