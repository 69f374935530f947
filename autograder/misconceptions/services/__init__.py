"""Unit 09, Recognition services: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.services import audit_split, clean_accuracy, near_duplicates

MISCONCEPTIONS = gathered(near_duplicates, audit_split, clean_accuracy)
