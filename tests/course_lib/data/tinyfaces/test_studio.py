"""Portraits: upright, the same for ever, and drawn again with other attributes and nothing else."""

import hashlib

import numpy as np
import pytest
import torch

from course_lib.data import tinyfaces
from course_lib.data.tinyfaces.studio import changed, posed
from course_lib.data.tinyfaces.takes import SMILES, take
from course_lib.data.tinytown.draws import Draw
from course_lib.errors import SettingsError


def has(attributes):
    return dict(zip(tinyfaces.ATTRIBUTES, attributes, strict=True))


def test_portraits_of_a_split_stand_person_by_person(settings_from):
    settings_from()
    some = tinyfaces.portraits("val", 3, 4)
    assert len(some) == 12
    assert some.images.shape == (12, 3, 32, 32)
    assert some.identities.tolist() == [400] * 4 + [401] * 4 + [402] * 4
    assert torch.equal(some[:4].images, tinyfaces.portraits("val", 1, 4).images)
    image, attributes = tinyfaces.portrait(tinyfaces.person(401), Draw("portrait/401/2"))
    assert np.array_equal(some.images[6], image)
    assert some.attributes[6].tolist() == list(attributes)


@pytest.mark.parametrize("request_", [("no", 1, 1), ("val", 101, 1), ("val", -1, 1), ("val", 1, -1)])
def test_portraits_that_there_are_not(request_):
    with pytest.raises(SettingsError, match="no such faces"):
        tinyfaces.portraits(*request_)


@pytest.mark.parametrize("name", tinyfaces.ATTRIBUTES)
@pytest.mark.parametrize("number", range(4))
def test_another_attribute_changes_nothing_else(name, number):
    who, stream = tinyfaces.person(11 * number), f"other/{number}"
    image, attributes = tinyfaces.portrait(who, Draw(stream))
    same, _ = tinyfaces.portrait(who, Draw(stream), {name: has(attributes)[name]})
    other, others = tinyfaces.portrait(who, Draw(stream), {name: not has(attributes)[name]})
    assert np.array_equal(image, same)
    assert {key for key, value in has(others).items() if value != has(attributes)[key]} == {name}
    apart = np.abs(image.astype(int) - other).max(axis=0)
    rows = {"glasses": slice(8, 22), "smiling": slice(8, 32), "open mouth": slice(16, 32), "cap": slice(0, 20)}[name]
    assert apart[rows].max() > 15
    apart[rows] = 0
    assert apart.max() == 0


def test_a_changed_take_lies_in_the_ranges_of_its_attributes():
    for number in range(50):
        how = take(Draw(f"range/{number}"))
        other = changed(how, {name: not value for name, value in has(how.attributes).items()})
        low, high = SMILES[other.attributes[1]]
        assert low <= other.smile <= high
        assert (other.opened > 0) == other.attributes[2]
        back = changed(other, has(how.attributes))
        assert back.smile == pytest.approx(how.smile)


def test_a_sitter_is_upright_in_the_middle_and_wears_dark_rims():
    some = [posed(take(Draw(f"sitter/{number}"))) for number in range(20)]
    assert {(how.roll, how.scale, how.x, how.y, how.colours[2]) for how in some} == {
        (0.0, 32.0, 32.0, 29.0, (38, 26, 26))
    }
    assert max(abs(how.yaw) for how in some) <= np.radians(15)


def test_attributes_are_independent_of_each_other(settings_from):
    settings_from()
    columns = tinyfaces.portraits("val", 50).attributes.double().T
    together = torch.corrcoef(columns) - torch.eye(4)
    assert together.abs().max() < 0.1


def test_portraits_stay_the_same():
    """Raise VERSION in studio.py with every change."""
    pictures = [tinyfaces.portrait(tinyfaces.person(7 * n), Draw(f"kept/{n}"))[0] for n in range(8)]
    assert hashlib.sha256(np.array(pictures).tobytes()).hexdigest()[:16] == "12a60d4131cda240"
