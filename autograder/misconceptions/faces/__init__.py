"""Unit 07, Faces: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.faces import (
    align_face,
    lfw_accuracy,
    mine_semi_hard,
    pairwise_distances,
    pk_sampler,
    rank_one,
    triplet_loss,
    verification_roc,
)

MISCONCEPTIONS = gathered(
    align_face,
    pairwise_distances,
    triplet_loss,
    mine_semi_hard,
    pk_sampler,
    verification_roc,
    lfw_accuracy,
    rank_one,
)
