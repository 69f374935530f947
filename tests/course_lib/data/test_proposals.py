"""Selective search: repeatable, inside the image, cached, and refusing what it cannot read."""

import numpy as np
import pytest
import torch

from autograder.exam import papers
from course_lib.checks import run
from course_lib.data import proposals as module
from course_lib.data.proposals import ProposalError, proposals
from course_lib.metrics import average_best_overlap


@pytest.fixture
def image():
    """Two textured rectangles on a textured ground, uint8 [3, 72, 96]."""
    rng = torch.Generator().manual_seed(0)
    image = torch.randint(0, 40, (3, 72, 96), generator=rng)
    image[0, 10:40, 10:50] += 180
    image[2, 30:60, 60:90] += 180
    return image.to(torch.uint8)


@pytest.fixture(autouse=True)
def cache(settings_from):
    return settings_from().cache


def test_boxes_are_unique_and_inside(image):
    boxes = proposals(image, seed=0)
    assert boxes.dtype == torch.float32
    assert len(boxes.unique(dim=0)) == len(boxes) > 4
    assert bool((boxes >= 0).all())
    assert bool((boxes <= torch.tensor([96.0, 72, 96, 72])).all())
    assert bool((boxes[:, 2:] > boxes[:, :2]).all())


def test_boxes_find_the_objects_end_exclusive(image):
    objects = torch.tensor([[10.0, 10, 50, 40], [60, 30, 90, 60]])
    assert average_best_overlap([proposals(image, seed=0)], [{"boxes": objects}]) > 0.85


def test_seed_permutes_the_same_boxes(image):
    first, again, other = proposals(image, 0), proposals(image, 0), proposals(image, 1)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert set(map(tuple, first.tolist())) == set(map(tuple, other.tolist()))


def test_quality_finds_more(image):
    counts = [len(proposals(image, 0, quality)) for quality in module.QUALITIES]
    assert counts == sorted(counts)
    assert counts[0] < counts[2]


def test_boxes_found_elsewhere_need_no_search(image, cache, monkeypatch):
    boxes = proposals(image, 0, keep=False)
    module.remember(image, boxes.flip(0).short())
    monkeypatch.setattr(module, "_search", lambda *_: pytest.fail("searched again"))
    assert torch.equal(boxes, proposals(image, 0))


def test_second_call_reads_the_cache(image, cache, monkeypatch):
    boxes = proposals(image, 0)
    (file,) = cache.rglob("*.npy")
    assert file.stat().st_size < 20_000
    monkeypatch.setattr(module, "_search", lambda *_: pytest.fail("searched again"))
    assert torch.equal(boxes, proposals(image, 0))


def test_a_search_to_be_timed_keeps_nothing(image, cache):
    boxes = proposals(image, 0, keep=False)
    assert not list(cache.rglob("*.npy"))
    assert torch.equal(boxes, proposals(image, 0))


def test_damaged_cache_file_is_replaced(image, cache):
    boxes = proposals(image, 0)
    (file,) = cache.rglob("*.npy")
    file.write_bytes(file.read_bytes()[:50])
    assert torch.equal(boxes, proposals(image, 0))
    assert len(np.load(file)) == len(boxes)


def test_image_stays_as_it_was(image):
    before = image.clone()
    proposals(image, 0)
    assert torch.equal(image, before)


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 8, 32), (32, 32), (3, 16, 32_768)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ProposalError, match="16 by 16"):
        proposals(torch.zeros(shape, dtype=torch.uint8), 0)


def test_float_image_is_refused_with_advice():
    with pytest.raises(ProposalError, match="multiply a float image by 255"):
        proposals(torch.zeros(3, 32, 32), 0)


def test_unknown_quality_names_the_known(image):
    with pytest.raises(ProposalError, match="single or fast or quality"):
        proposals(image, 0, "best")


def test_a_notebook_is_asked_about_few_scenes_with_their_proposals_at_hand_and_the_exam_about_many(monkeypatch):
    check = next(check for check in papers.checks_of("02_rcnn") if check.name == "experiment")
    (question,), _ = run.load_public("02_rcnn", check)
    monkeypatch.setattr(module, "_search", lambda *_: pytest.fail("searched again"))
    outcome = run.ask(question.case, lambda images: [proposals(image, 0) for image in images], question.inputs)
    assert (outcome.status, len(outcome.answer)) == ("answered", 8)
    assert sorted(outcome.answer[0].tolist()) == sorted(question.inputs["searched"][0].float().tolist())
    (hidden,) = papers.set_paper("02_rcnn", check, seed=1).questions
    assert (len(hidden.inputs["images"]), hidden.inputs["searched"]) == (48, [])
