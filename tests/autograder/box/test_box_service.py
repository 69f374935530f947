"""Unit 09's service in the box, which has no network: it says why it does not start, and no point is lost."""

import pytest

from autograder.exam.cells import Cell
from tests.helpers.exams import CHECKS, IOU, drawn, exam

pytestmark = pytest.mark.sandbox

SERVE = """
from course_lib.service import serving
service = serving(lambda image: [])
"""


def test_a_service_does_not_start_in_the_box_and_the_exam_goes_on():
    points, answers, _ = exam({"box_iou": drawn()["box_iou"]}, Cell("run", SERVE, "serve"), IOU, CHECKS[0])
    assert answers.errors["serve"].startswith("ServiceError: The service cannot listen.")
    assert "Operation not permitted" in answers.errors["serve"]
    assert points["box_iou"] == drawn()["box_iou"].check.points
