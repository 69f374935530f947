"""A student stops the experiment and runs the cell again: what is handed in is the same, and nothing is repeated."""

import pytest
import torch

from autograder import reference

pytestmark = pytest.mark.long
UNITS = {  # the loss function, what makes the experiment small, and how many steps it then has
    "02_rcnn": ("softmax_loss", {"SCENES": 12, "STEPS": 6}, 6),
    "03_fast_rcnn": ("loss", {"SCENES": 4, "STEPS": 6}, 6),
    "04_faster_rcnn": ("loss", {"SCENES": 4, "STEPS": 6}, 6),
}


@pytest.mark.parametrize("unit", UNITS)
def test_the_fit_of_an_exercise_goes_on_where_it_was_stopped(unit, settings_from, monkeypatch, tmp_path):
    settings_from(COURSE_DEVICE="cpu")
    own = reference.load(unit)["fit"].__globals__
    name, small, steps = UNITS[unit]
    for constant, value in small.items():
        monkeypatch.setitem(own, constant, value)
    asked, loss = [], own[name]

    def stopped(*arguments):
        asked.append(1)
        if len(asked) - steps in (4, steps):  # counted from the second run on
            raise KeyboardInterrupt
        return loss(*arguments)

    monkeypatch.setitem(own, name, stopped)
    monkeypatch.chdir(tmp_path)
    undisturbed = own["fit"]()
    for path in tmp_path.glob("*.safetensors"):
        path.unlink()
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            own["fit"]()
    again = own["fit"]()
    assert len(asked) == 2 * steps + 2, "no step is done again but the two that were stopped"
    assert again.keys() == undisturbed.keys()
    for key, value in undisturbed.items():
        assert "seconds" in key or torch.equal(value, again[key]), key
        assert "losses" not in key or value.shape == (small["STEPS"], 4)
