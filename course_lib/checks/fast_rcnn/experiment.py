"""Unit 03: what is asked of the whole detector."""

from course_lib.checks.kit.detector import experiment

CHECK = experiment(low=0.10, high=0.35)
