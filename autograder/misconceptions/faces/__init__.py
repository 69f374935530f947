"""Unit 07, Faces: all wrong versions, one module a function, or two where one gets too long."""

from autograder.misconceptions import gathered
from autograder.misconceptions.faces import (
    align_face,
    folds,
    lfw_accuracy,
    mine_semi_hard,
    pairwise_distances,
    passes,
    pk_sampler,
    rank_one,
    sampling,
    triplet_loss,
    verification_roc,
)

MISCONCEPTIONS = gathered(
    align_face,
    sampling,
    pairwise_distances,
    triplet_loss,
    mine_semi_hard,
    pk_sampler,
    passes,
    verification_roc,
    lfw_accuracy,
    folds,
    rank_one,
)
