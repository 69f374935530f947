"""Calibration over three seeds: the shipped results meet the targets, and the recipe gives them again."""

import pytest

from course_lib import trainings


@pytest.fixture(scope="module")
def measured():
    return trainings.shipped("calibration").results


def test_the_last_layer_is_too_sure_and_a_temperature_mends_it(measured):
    before, after = (measured[f"last layer: ECE, {when}"] for when in ("before", "after"))
    assert (measured["last layer: accuracy, training"] == 1).all()
    assert (measured["last layer: temperature"] > 1.2).all()
    assert (after < 2 / 3 * before).all()
    assert (measured["last layer: NLL, after"] < measured["last layer: NLL, before"]).all()


def test_the_fine_tuned_network_is_too_modest(measured):
    """As the notebook says."""
    assert (measured["fine-tuned: accuracy, training"] == 1).all()
    assert (measured["fine-tuned: temperature"] < 1).all()
    assert (measured["fine-tuned: mean confidence, before"] < measured["fine-tuned: accuracy"]).all()


@pytest.mark.parametrize("way", ["last layer", "fine-tuned"])
def test_the_bins_hold_all_test_images(measured, way):
    for when in ("before", "after"):
        images, accuracy = (measured[f"{way}: bins: {what}, {when}"] for what in ("images", "accuracy"))
        assert images.sum(axis=1).tolist() == [960] * 3
        right = (images * accuracy).sum(axis=1) / 960
        assert right == pytest.approx(measured[f"{way}: accuracy"], abs=1e-4)


@pytest.mark.long
@pytest.mark.release
def test_the_recipe_gives_what_was_measured(measured):
    """To within what processors round otherwise."""
    from tools.trainings import calibration

    found = calibration.run(0)
    for name, within in (("temperature", 0.1), ("ECE, before", 0.02), ("ECE, after", 0.02), ("accuracy", 0.02)):
        assert found[f"last layer: {name}"] == pytest.approx(measured[f"last layer: {name}"][0], abs=within), name
    assert found["fine-tuned: temperature"] < 1
