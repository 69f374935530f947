"""A network that was looked into is as it was: its modes, its hooks, its graph."""

import pytest
import torch
from torch import nn

from course_lib.hooks import evaluating, recording
from course_lib.metrics import accuracy


def partly_asleep():
    """A network that trains, but for one batch norm."""
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.ReLU(inplace=True), nn.Dropout(0.5))
    model[1].eval()
    return model


def modes(model):
    return [module.training for module in model.modules()]


def test_each_module_gets_its_own_mode_back():
    model = partly_asleep()
    before = modes(model)
    with evaluating(model) as same:
        assert same is model
        assert not any(modes(model))
    assert modes(model) == before == [True, True, False, True, True]


def test_modes_and_hooks_are_put_back_after_an_error():
    model = partly_asleep()
    before = modes(model)
    with pytest.raises(RuntimeError), evaluating(model), recording(model):
        model(torch.zeros(1, 3, 2, 2))
    assert modes(model) == before
    assert not any(module._forward_hooks for module in model.modules())


def test_every_call_is_recorded_in_its_order_and_nothing_changes_it_later():
    model = partly_asleep()
    image = torch.tensor([[[[1.0, -2.0]]]])
    with evaluating(model), recording([model[1], model[0]]) as outputs:
        model(image)
        model[0](2 * image)
    assert [layer for layer, _ in outputs] == [model[0], model[1], model[0]]
    first, normed, again = (output for _, output in outputs)
    torch.testing.assert_close(normed, first / (1 + 1e-5) ** 0.5)  # not what the ReLU behind it made of it
    torch.testing.assert_close(again, model[0](2 * image))
    assert not first.requires_grad
    model(image.expand(2, 1, 1, 2))
    assert len(outputs) == 3  # nobody listens any more


def test_accuracy_leaves_a_sleeping_batch_norm_asleep():
    model = nn.Sequential(partly_asleep(), nn.Flatten())
    before = modes(model)
    accuracy(model, torch.zeros(3, 1, 1, 2), torch.zeros(3, dtype=torch.int64))
    assert modes(model) == before
