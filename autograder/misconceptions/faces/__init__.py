"""Unit 07, Faces: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.faces import lfw_accuracy, rank_one, verification_roc

MISCONCEPTIONS = gathered(verification_roc, lfw_accuracy, rank_one)
