"""Unit 08, Embedding arithmetic: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.embeddings import standardize

MISCONCEPTIONS = gathered(standardize)
