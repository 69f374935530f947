"""Unit 05's experiment: how the judge measures masks, whatever was answered."""

import numpy as np
import pytest
import torch

from autograder.exam.replies import MAX_ANSWER
from course_lib.checks import codec
from course_lib.checks.fcn.experiment import CHECK, iou, narrow
from tests.helpers.budget import bounded

MASKS = torch.tensor([[[0, 0, 1], [0, 2, 2]], [[0, 0, 0], [1, 1, 0]]])


def flood(count):
    """Masks in which no two pixels have the same label."""
    return list(torch.arange(count * 128 * 128).view(count, 128, 128))


def test_a_class_that_is_only_said_counts_with_0():
    said = MASKS.clone()
    said[0, 0, 0] = 7
    assert iou(list(MASKS), {"_labels": MASKS}) == 1.0
    assert iou(list(said), {"_labels": MASKS}) == pytest.approx((6 / 7 + 1 + 1 + 0) / 4)


def test_a_flood_of_labels_does_not_hold_the_judge():
    with bounded(2):
        assert iou(flood(12), {"_labels": torch.zeros(12, 128, 128, dtype=torch.int64)}) < 1e-4


@pytest.mark.parametrize("kind", [torch.uint8, torch.int16, torch.int32, torch.int64])
def test_masks_of_any_whole_numbers_travel_as_they_are_and_fit_into_an_answer(kind):
    masks = [torch.tensor([[0, 8], [255, 1]]).to(kind).repeat(64, 64) for _ in range(48)]
    answer = narrow(lambda images: masks, masks)
    assert all(torch.equal(one.long(), mask.long()) for one, mask in zip(answer, masks, strict=True))
    assert codec.weight(answer) < MAX_ANSWER


@pytest.mark.parametrize("answer", [None, 7, [None], {"masks": [MASKS[0]]}, MASKS[0].float(), "masks"])
def test_what_is_no_list_of_masks_is_refused_in_words_behind_the_probe_too(answer):
    with pytest.raises(TypeError, match="2 masks of whole numbers"):
        iou(narrow(lambda images: answer, list(MASKS)), {"_labels": MASKS})


@pytest.mark.parametrize("kind", [torch.float32, torch.complex64])
def test_masks_of_other_numbers_are_refused_in_words(kind):
    with pytest.raises(TypeError, match="2 masks of whole numbers"):
        iou([mask.to(kind) for mask in MASKS], {"_labels": MASKS})


def test_what_is_shown_and_what_is_hidden_are_asked_alike_and_of_as_many_scenes():
    """Of twelve scenes the mean IoU of one network has a standard deviation of 0.045, of 48 one of 0.016."""
    (case,) = CHECK.cases
    shown, hidden = (make(np.random.default_rng(0)) for make in (case.public, case.make_inputs))
    assert list(shown) == list(hidden) == ["images", "_labels"]
    assert (len(shown["images"]), len(hidden["images"])) == (48, 48)
