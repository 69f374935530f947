"""Unit 07, Faces: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.faces import align_face, mine_semi_hard, pairwise_distances, triplet_loss

MISCONCEPTIONS = gathered(align_face, pairwise_distances, triplet_loss, mine_semi_hard)
