"""Unit 09, Recognition services: all wrong versions, one module a function."""

from autograder.misconceptions import gathered
from autograder.misconceptions.services import expected_calibration_error, fit_temperature, top_k_tags

MISCONCEPTIONS = gathered(top_k_tags, expected_calibration_error, fit_temperature)
