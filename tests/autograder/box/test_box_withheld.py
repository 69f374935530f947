"""In the box of a unit whose experiment asks for a trained network, the course's own trained weights are not there."""

import pytest

from tests.helpers.boxes import run

pytestmark = [pytest.mark.sandbox, pytest.mark.long, pytest.mark.usefixtures("warm")]
UNITS = {"05_fcn": ("segmentation", "FCN-8s"), "06_pose": ("pose", "disks"), "07_faces": ("faces", "semi-hard")}
READ = """
from pathlib import Path
import safetensors.torch
import course_lib
from course_lib import trainings
from course_lib.models import weights
path = Path(course_lib.__file__).parent / "weights" / "{name}.safetensors"
ways = [lambda: trainings.trained_weights("{name}", "{part}"), lambda: weights.shipped("{name}")]
ways += [lambda: weights.load_tensors(path), lambda: safetensors.torch.load_file(path), lambda: path.read_bytes()[0]]
found = []
for way in ways:
    try:
        way()
        found.append("read")
    except Exception as error:
        found.append("-")
print(*found, bool(weights.shipped("smallresnet")))
"""


@pytest.mark.parametrize("unit", UNITS)
def test_the_weights_of_the_unit_s_own_experiment_cannot_be_read(unit):
    name, part = UNITS[unit]
    assert run(READ.format(name=name, part=part), unit=unit) == "- - - - - True"


@pytest.mark.parametrize("unit", UNITS)
def test_in_another_unit_s_box_they_can_be_read(unit):
    name, part = UNITS[unit]
    assert run(READ.format(name=name, part=part), unit="02_rcnn") == "read read read read read True"
