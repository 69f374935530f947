"""Unit 07, Faces: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.faces import pairwise_distances, triplet_loss

MISCONCEPTIONS = gathered(pairwise_distances, triplet_loss)
