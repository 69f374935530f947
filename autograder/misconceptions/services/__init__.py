"""Unit 09, Recognition services: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.services import (
    audit_split,
    clean_accuracy,
    expected_calibration_error,
    fit_temperature,
    near_duplicates,
    top_k_tags,
)

MISCONCEPTIONS = gathered(
    top_k_tags, expected_calibration_error, fit_temperature, near_duplicates, audit_split, clean_accuracy
)
