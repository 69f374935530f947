"""Confidence in unit 09 is what torch, torchmetrics and SciPy compute, and what the examples by hand say."""

import pytest
import torch

from autograder import reference

UNIT = "09_services"


@pytest.fixture(scope="module")
def solution():
    return reference.load(UNIT)


def drawn(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("classes", "k"), [(1, 1), (4, 2), (9, 20), (1000, 5)])
def test_tags_are_torchs_softmax_and_topk(solution, classes, k, dtype):
    logits, names = 3 * drawn(classes, classes).to(dtype), [f"class {i}" for i in range(classes)]
    found = solution["top_k_tags"](logits, names, k, 0.0)
    values, order = torch.nn.functional.softmax(logits, dim=0).topk(min(k, classes))
    assert found == [(names[i], value) for i, value in zip(order.tolist(), values.tolist(), strict=True)]


@pytest.mark.parametrize("moved", [0, 5000, -5000])
def test_tags_by_hand(solution, moved):
    found = solution["top_k_tags"](torch.tensor([1.0, 2, -1, 0]) + moved, ["cat", "dog", "fox", "owl"], 3, 0.2)
    assert [name for name, _ in found] == ["dog", "cat"]
    assert [p for _, p in found] == pytest.approx([0.644, 0.237], abs=5e-4)


def test_who_is_not_sure_says_nothing(solution):
    assert solution["top_k_tags"](torch.arange(8) / 8, [*"abcdefgh"], 3, 0.5) == []


@pytest.mark.parametrize("count", [0, 3, 5])
def test_names_for_other_classes_are_refused(solution, count):
    with pytest.raises(ValueError, match=f"{count} names for 4 logits"):
        solution["top_k_tags"](drawn(0, 4), ["a"] * count, 2, 0.1)
