"""A result comes back from JSON as it went in; what is no result is named as such."""

import json

import pytest

from autograder.exam.results import Checked, Result
from course_lib.errors import DataBroken

RESULT = Result(
    "02_rcnn",
    "ada",
    "bubblewrap",
    (
        Checked("box_iou", 2.5, 4.0, "edge", "area_plus_one", "2 of 3: touching boxes", "<b>ü</b>", 0.25, 60.0),
        Checked("nms", 0.1, 3),
    ),
    ("a note",),
    {"c1": [{"output_type": "stream", "name": "stdout", "text": "hello"}]},
    {"box_iou": 0.5},
    1.5,
)


def test_a_result_survives_json():
    assert Result.from_json(RESULT.to_json()) == RESULT


def test_points_are_summed_to_the_hundredth():
    assert (RESULT.points, RESULT.of) == (2.6, 7.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        RESULT.to_json()[:-1],
        RESULT.to_json().replace('"slow"', '"quick"'),
        "[" * 100_000,
        json.dumps({**json.loads(RESULT.to_json()), "seconds": "long"}),
    ],
)
def test_what_is_no_result_is_refused(text):
    with pytest.raises(DataBroken, match="cannot be read"):
        Result.from_json(text)
