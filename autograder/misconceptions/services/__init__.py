"""Unit 09, Recognition services: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.services import near_duplicates

MISCONCEPTIONS = gathered(near_duplicates)
