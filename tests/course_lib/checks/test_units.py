"""What somebody types for a unit is understood or refused, by every command."""

import pytest

from course_lib.checks.units import named
from course_lib.errors import DataMissing

UNITS = ("00_cnn_recap", "02_rcnn", "03_fast_rcnn", "11_one")


@pytest.mark.parametrize(
    "given",
    [
        *("02_rcnn", "./02_rcnn", "02_rcnn/", "exercises/02_rcnn", "exercises/02_rcnn/02_rcnn.ipynb", "02_rcnn.ipynb"),
        *("2", "02", "rcnn", "RCNN", "02_RCNN", "02-rcnn", "02 rcnn", " 02_rcnn\n", "exercises\\02_rcnn\\"),
        *("/home/ada/course/solutions/02_rcnn/02_rcnn.py", "02_rcnn.safetensors", "./02_rcnn/.", "//02_rcnn//"),
    ],
)
def test_a_unit_is_known_however_it_is_written(given):
    assert named(given, UNITS) == "02_rcnn"


@pytest.mark.parametrize("given", ["", ".", "..", "/", "02", "77_rcnn", "*", "rc", "exercises", "-2", "2.5"])
def test_what_is_no_unit_is_refused_with_the_units_there_are(given):
    with pytest.raises(DataMissing, match="There is no unit") as refused:
        named(given, [unit for unit in UNITS if unit != "02_rcnn" or given != "02"])
    assert "03_fast_rcnn" in str(refused.value)


def test_a_slip_of_the_pen_is_answered_with_the_nearest():
    with pytest.raises(DataMissing, match="try: 02_rcnn"):
        named("02_rcn", UNITS)
    with pytest.raises(DataMissing, match="has none"):
        named("02_rcnn", [])
