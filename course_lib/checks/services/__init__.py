"""Unit 09, Recognition services: what is asked of each function, one module a function.

Each holds its inputs, probes, rule and explanation, and at its end `CHECK`; what several of them need goes into a
module `shared`.
"""

from course_lib.checks import run
from course_lib.checks.services import expected_calibration_error, fit_temperature, top_k_tags

UNIT = "09_services"
FUNCTIONS = (top_k_tags, expected_calibration_error, fit_temperature)
CHECKS = tuple(function.CHECK for function in FUNCTIONS)

check = run.public(UNIT, CHECKS)
