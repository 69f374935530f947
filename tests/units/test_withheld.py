"""Weights that come with the course are no network of one's own: an experiment's check asks without them."""

import pytest

from autograder.exam import papers
from course_lib import trainings
from course_lib.checks import run
from course_lib.errors import DataMissing
from course_lib.models import weights

UNITS = [("05_fcn", "segmentation", "FCN-8s"), ("06_pose", "pose", "disks"), ("07_faces", "faces", "semi-hard")]
WAYS = {
    "trained_weights": lambda name, part: trainings.trained_weights(name, part),
    "shipped": lambda name, part: weights.shipped(name),
}


def experiment(unit):
    return next(check for check in papers.checks_of(unit) if check.name == "experiment")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("unit", "name", "part"), UNITS)
def test_whoever_answers_with_the_course_s_weights_is_told_so(unit, name, part, way):
    def predict(*inputs):
        return WAYS[way](name, part)

    found = run.run(unit, experiment(unit), predict)
    assert found.points == 0
    assert "are not there while your own network is asked for" in found.failed[0].message


@pytest.mark.parametrize(("unit", "name", "part"), UNITS)
def test_a_notebook_has_them_before_and_after(unit, name, part):
    """Cells beside the experiment show what long trainings reach."""
    kept = trainings.trained_weights(name, part)
    with weights.withheld(name), pytest.raises(DataMissing, match="your own network"):
        trainings.trained_weights(name, part)
    assert trainings.trained_weights(name, part).keys() == kept.keys()


@pytest.mark.parametrize(("unit", "name", "part"), UNITS)
def test_what_every_network_begins_with_stays(unit, name, part):
    with weights.withheld(*experiment(unit).withholds):
        assert weights.shipped("smallresnet")
