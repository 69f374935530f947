"""The detectors of units 03 and 04 on what data sets really hold: they learn and detect, or say what is wrong."""

import os
import subprocess
import sys
from functools import cache
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from autograder import reference
from course_lib import training
from course_lib.data import tinytown

pytestmark = pytest.mark.long
TWO_PROCESSES = """
import os
import sys
from pathlib import Path
import torch
from autograder import reference
from course_lib import training
from course_lib.data import detection

scenes = list(detection("train", 8))
for unit, name in zip(sys.argv[2::2], sys.argv[3::2]):
    own = reference.load(unit)
    data = [own["regions"](scene) for scene in scenes] if "regions" in own else scenes
    torch.manual_seed(0)
    network = own[name]().train()
    losses = training.fit(network, own["batches"](data, 2), own["loss"], 3, 1e-3, progress=False)
    total = sum(weight.detach().double().abs().sum().item() for weight in network.parameters())
    Path(sys.argv[1], unit + os.environ["RANK"]).write_text(f"{total} {losses}")
"""
UNITS = {"03_fast_rcnn": "FastRCNN", "04_faster_rcnn": "detector"}
IMAGE = tinytown.scene(3, split="train").image
ODD = {
    "no objects": [],
    "smaller than a cell": [[60.0, 60, 62, 63]],
    "partly outside": [[100.0, 90, 150, 140]],
    "wholly outside": [[200.0, 200, 220, 230]],
    "the whole image": [[0.0, 0, 128, 128]],
    "the same twice": [[30.0, 30, 60, 70], [30, 30, 60, 70]],
    "one without area": [[30.0, 30, 30, 60], [20, 20, 60, 60]],  # it overlaps nothing, so nothing is to learn from it
}


def scene(boxes, label=2):
    rows = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    return SimpleNamespace(image=IMAGE, boxes=rows, labels=torch.full((len(rows),), label))


@cache
def load(unit):
    return SimpleNamespace(**reference.load(unit))


def learn(unit, scenes, network=None, steps=3):
    """A network after a few steps on these scenes, and its losses."""
    own = load(unit)
    torch.manual_seed(0)
    network = network or getattr(own, UNITS[unit])()
    data = [own.regions(one) for one in scenes] if unit.startswith("03") else scenes
    losses = training.fit(network.train(), own.batches(data, images=len(scenes)), own.loss, steps, 1e-3, progress=False)
    return network.eval(), losses


def detect(unit, network, image, boxes=None):
    own = load(unit)
    if unit.startswith("04"):
        return own.detect(network, image)
    return own.detect(network, image, own.proposals(image, seed=0) if boxes is None else boxes)


def is_sound(found, image=IMAGE):
    """Boxes inside the image, as many scores in 0 … 1 and labels of known classes."""
    height, width = image.shape[1:]
    boxes, scores, labels = found["boxes"], found["scores"], found["labels"]
    assert boxes.shape == (len(scores), 4)
    assert len(labels) == len(scores)
    assert boxes.isfinite().all()
    assert (boxes >= -0.01).all()
    assert (boxes <= torch.tensor([width, height] * 2) + 0.01).all()
    assert ((scores >= 0) & (scores <= 1)).all()
    assert ((labels >= 0) & (labels < len(tinytown.CLASSES))).all()


@pytest.fixture(autouse=True)
def cpu(settings_from):
    return settings_from(COURSE_DEVICE="cpu")


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("unit", UNITS)
def test_odd_scenes_are_learned_from_and_detected_in(unit, name):
    network, losses = learn(unit, [scene(ODD[name])])
    assert all(0 <= loss < 100 for loss in losses)
    if (unit, name) != ("03_fast_rcnn", "no objects"):  # which gives no region that the unit's rule would draw
        assert min(losses) > 0
    is_sound(detect(unit, network, IMAGE))


@pytest.mark.parametrize("unit", UNITS)
def test_odd_scenes_are_learned_from_together_with_others(unit):
    network, losses = learn(unit, [scene(boxes) for boxes in ODD.values()])
    assert all(0 < loss < 100 for loss in losses)
    is_sound(detect(unit, network, IMAGE))


@pytest.mark.parametrize("unit", UNITS)
def test_images_of_other_shapes_are_learned_from_and_detected_in(unit):
    wide, high = IMAGE[:, :40], IMAGE[:, :, :70]
    scenes = [
        SimpleNamespace(image=image, boxes=torch.tensor([[5.0, 5, 30, 35]]), labels=torch.tensor([0]))
        for image in (wide, high)
    ]
    network, losses = learn(unit, scenes)
    assert all(0 < loss < 100 for loss in losses)
    for image in (wide, high):
        is_sound(detect(unit, network, image), image)


@pytest.mark.parametrize("unit", UNITS)
def test_one_class_is_enough(unit, monkeypatch):
    own = reference.load(unit)  # the namespace that the unit's functions read
    monkeypatch.setitem(own, "CLASSES", own["CLASSES"][:1])
    network, losses = learn(unit, [scene([[30.0, 30, 60, 70]], label=0)])
    assert all(0 < loss < 100 for loss in losses)
    assert set(detect(unit, network, IMAGE)["labels"].tolist()) <= {0}


def test_fast_rcnn_without_proposals_detects_nothing():
    network = load("03_fast_rcnn").FastRCNN().eval()
    found = detect("03_fast_rcnn", network, IMAGE, torch.zeros(0, 4))
    assert [len(found[name]) for name in ("boxes", "scores", "labels")] == [0, 0, 0]


def test_faster_rcnn_without_proposals_detects_nothing_and_learns_from_the_true_boxes():
    network = load("04_faster_rcnn").detector()
    network.min_size = 1000
    is_sound(detect("04_faster_rcnn", network.eval(), IMAGE))
    _, losses = learn("04_faster_rcnn", [scene(ODD["the whole image"])], network)
    assert all(0 < loss < 100 for loss in losses)


def test_faster_rcnn_names_the_loss_that_is_no_number():
    network = load("04_faster_rcnn").detector()
    nn.init.constant_(network.rpn_head.bbox_pred.bias, float("nan"))
    is_sound(detect("04_faster_rcnn", network.eval(), IMAGE))  # proposals that are no numbers are dropped
    with pytest.raises(ValueError, match="loss_rpn_box_reg"):
        learn("04_faster_rcnn", [scene(ODD["the whole image"])], network)


@pytest.mark.parametrize("unit", UNITS)
def test_half_precision_learns_as_well(unit):
    own, scenes = load(unit), [scene([[30.0, 30, 60, 70]])]
    data = [own.regions(one) for one in scenes] if unit.startswith("03") else scenes
    losses = {}
    for precision in ("32-true", "bf16-mixed"):
        torch.manual_seed(0)
        network, batch = getattr(own, UNITS[unit])().train(), own.batches(data, images=1)
        losses[precision] = training.fit(network, batch, own.loss, 4, 1e-3, precision=precision, progress=False)
    assert losses["bf16-mixed"] == pytest.approx(losses["32-true"], rel=0.1)
    assert losses["bf16-mixed"] != losses["32-true"]


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    """The folder in which both of two processes have noted weights and losses of each unit's training."""
    folder = tmp_path_factory.mktemp("two")
    script = folder / "train.py"
    script.write_text(TWO_PROCESSES)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", script, folder]
    others = {name: value for name, value in os.environ.items() if not name.startswith("COURSE_")}
    run = subprocess.run(
        [*command, *sum(UNITS.items(), ())],
        cwd=reference.ROOT,
        env=others | {"COURSE_DEVICE": "cpu", "COURSE_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return folder


@pytest.mark.release
@pytest.mark.parametrize("unit", UNITS)
def test_two_processes_see_different_batches_and_end_with_the_same_weights(unit, two_processes):
    (first, one), (second, other) = [(two_processes / f"{unit}{rank}").read_text().split(" ", 1) for rank in "01"]
    assert float(first) == pytest.approx(float(second), rel=1e-9)
    assert one != other
