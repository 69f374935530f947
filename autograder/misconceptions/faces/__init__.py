"""Unit 07, Faces: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.faces import mine_semi_hard, pairwise_distances, triplet_loss

MISCONCEPTIONS = gathered(pairwise_distances, triplet_loss, mine_semi_hard)
