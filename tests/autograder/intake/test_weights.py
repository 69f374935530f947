"""Which file of weights is taken is decided by what is in it where names do not tell."""

import json
import os

import pytest
import torch
from safetensors.torch import save

from autograder.intake import weights
from autograder.intake.handed_in import look
from course_lib import trainings
from tests.helpers.classes import released_cell, two_functions

UNIT = "02_rcnn"
CHECKPOINT = ("steps", "losses", "seconds", "model.0.weight")


def held(*tensors):
    """A file of weights with these (empty) tensors."""
    entries = {name: {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for name in tensors}
    header = json.dumps(entries | {"__metadata__": {}}).encode()
    return len(header).to_bytes(8, "little") + header


def taken(folder, **files):
    """What is taken of some files of weights by name, the first the oldest; and what is said of it."""
    release = two_functions()
    release.cells.append(released_cell('print(weights["svm.weight"])', grade_id="given_2", locked=True))
    (folder / f"{UNIT}.ipynb").write_text(json.dumps(release))
    for number, (name, content) in enumerate(files.items()):
        (folder / name).write_bytes(content)
        os.utime(folder / name, (1_000_000 + 60 * number,) * 2)
    found = look(folder, UNIT, released=release)
    return found.weights and found.weights.path.name, found


@pytest.mark.parametrize(
    ("files", "best"),
    [
        ({"a.safetensors": held("svm.weight"), "b.safetensors": held("x")}, "a.safetensors"),
        ({"a.safetensors": b"half a file", "b.safetensors": held("x")}, "b.safetensors"),
        ({f"{UNIT}.safetensors": b"half a file", f"{UNIT} (1).safetensors": held("x")}, f"{UNIT} (1).safetensors"),
        ({"02_RCNN.SAFETENSORS": held("x")}, "02_RCNN.SAFETENSORS"),
        ({"02_RCNN.SAFETENSORS": held("svm.weight"), "w.safetensors": held("x")}, "02_RCNN.SAFETENSORS"),
        ({"03_fast_rcnn.safetensors": held("svm.weight", "x")}, "03_fast_rcnn.safetensors"),
        ({"03_fast_rcnn.safetensors": held("x"), "weights.safetensors": held("y")}, "weights.safetensors"),
        ({f"{UNIT}_checkpoint.safetensors": held(*CHECKPOINT), "a.safetensors": held("x")}, "a.safetensors"),
        ({"only.safetensors": held()}, "only.safetensors"),
    ],
)
def test_what_fits_is_taken(tmp_path, files, best):
    assert taken(tmp_path, **files)[0] == best


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (f"{UNIT}_checkpoint.safetensors", held(*CHECKPOINT), "is what an unfinished training left"),
        ("03_fast_rcnn.safetensors", held("x"), "has the name of another unit"),
        (f"{UNIT}.safetensors", held("x")[:9], "cannot be read as weights"),
    ],
)
def test_what_cannot_be_the_weights_is_not_taken_and_somebody_should_look(tmp_path, name, content, said):
    best, found = taken(tmp_path, **{name: content})
    assert best is None
    assert said in found.doubts[0]
    assert found.doubts[0] in found.notes


SHIPPED = [("segmentation", "FCN-8s"), ("pose", "disks"), ("faces", "semi-hard")]
NETWORKS = pytest.mark.parametrize("of", SHIPPED, ids=lambda of: of[0])


def network(of, apart=0.0, **more):
    """A network as the course ships it, by the names that a notebook gives it, or so far from it."""
    found = {}
    for name, values in trainings.trained_weights(*of).items():
        found[name] = values.float() * (1 + apart) if values.is_floating_point() else values
    return save({name: values.contiguous() for name, values in (found | more).items()})


@NETWORKS
def test_the_course_s_own_weights_are_nobody_s_work(tmp_path, of):
    best, found = taken(tmp_path, **{f"{UNIT}.safetensors": network(of, losses=torch.ones(400))})
    assert best is None
    assert "holds weights that come with the course" in found.doubts[0]


@NETWORKS
def test_a_training_from_the_same_seed_is_taken(tmp_path, of):
    """On the same processor it ends where the course's did, which is rounded to 16 bits."""
    copied = {"a copy.safetensors": network(of), f"{UNIT}.safetensors": network(of, apart=1e-4)}
    best, found = taken(tmp_path, **copied)
    assert best == f"{UNIT}.safetensors"
    assert [doubt.split(" holds")[0] for doubt in found.doubts] == ["a copy.safetensors"]


def test_many_large_files_are_not_all_read(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "MOST_BYTES", 100)
    best, _ = taken(tmp_path, **{"a.safetensors": held() + bytes(200), f"{UNIT}.safetensors": held("x")})
    assert best == f"{UNIT}.safetensors"


@pytest.mark.parametrize(
    "content",
    [b"", b"1234567", bytes(8), b"\xff" * 100, (5).to_bytes(8, "little") + b"[1,2]", held() + b"\0" * 9],
)
def test_any_bytes_are_looked_into(content):
    assert weights.tensors_in(content) in (None, frozenset())
