"""Unit 04: what is asked of the whole detector."""

from dataclasses import replace

from course_lib.checks.kit.detector import experiment, shown

_WHOLE = experiment(low=0.10, high=0.35)
CHECK = replace(_WHOLE, cases=(replace(_WHOLE.cases[0], public=shown(8)),))  # it needs no searched boxes
