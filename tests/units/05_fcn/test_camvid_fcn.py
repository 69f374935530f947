"""The same code on photographs: CamVid's eleven classes, with void, overfitted in a few steps."""

import pytest
import torch
from torchmetrics.classification import MulticlassJaccardIndex

from autograder import reference
from course_lib import training
from course_lib.data.labels import VOID

UNIT, IMAGES, LONGEST, STEPS = "05_fcn", 4, 96, 60


@pytest.fixture
def notebook(test_data, settings_from):
    """What the solution defines in `full`, with CamVid as its data."""
    settings_from(COURSE_PROFILE="full", COURSE_DATA=test_data, COURSE_SEGMENTATION="CamVid", COURSE_BACKBONE="small")
    names = {"__name__": "camvid"}
    for cell, source in reference.definitions(UNIT).items():
        exec(compile(source, cell, "exec"), names)
    return names


@pytest.mark.parametrize("name", ["FCN-8s", "encoder–decoder"])
def test_a_few_photographs_are_learned_by_heart_and_torchmetrics_counts_the_same(notebook, name):
    torch.manual_seed(0)
    data = list(notebook["segmentation"]("train", IMAGES, LONGEST)[:IMAGES])
    assert any((one.mask == VOID).any() for one in data)
    network = notebook["network"](name).train()
    batches = notebook["batches"](data)
    before = notebook["measured"]([notebook["classes_of"](network.eval(), one.image) for one in data], data)[0]
    losses = training.fit(network.train(), batches, notebook["loss"], STEPS, 3e-3, progress=False)
    masks = [notebook["classes_of"](network.eval(), one.image) for one in data]
    whole, near = notebook["measured"](masks, data)
    assert losses[-1] < 0.5 * losses[0]
    assert whole > max(0.4, before + 0.2), (before, whole)
    assert 0 < near < whole
    metric = MulticlassJaccardIndex(len(notebook["CLASSES"]), ignore_index=VOID)
    for mask, one in zip(masks, data, strict=True):
        metric.update(mask.flatten()[None], one.mask.long().flatten()[None])
    assert whole == pytest.approx(metric.compute().item(), abs=1e-6)
