"""Unit 07, Faces: all wrong versions, one module a function."""

from autograder.misconceptions import gathered

MISCONCEPTIONS = gathered()
