"""Unit 09, Recognition services: all wrong versions, one module a function."""

from autograder.misconceptions import gathered

MISCONCEPTIONS = gathered()
