"""Unit 00's checks: layers are compared by place, hints look at the mistake, inputs are the same everywhere."""

from collections import OrderedDict
from fnmatch import fnmatch

import pytest
import torch
from torch import nn
from torch.nn import functional

from autograder import reference
from course_lib import plots
from course_lib.checks import report, run
from course_lib.checks.cnn_recap import (
    CHECKS,
    UNIT,
    conv2d,
    count_cost,
    inception_module,
    max_pool2d,
    receptive_field,
    train_step,
)

BY_NAME = {check.name: check for check in CHECKS}
OURS = reference.load(UNIT)


def asked(name, version):
    """The public report on a version of a function."""
    return run.run(UNIT, BY_NAME[name], version)


class NamedShortcut(OURS["ResidualBlock"]):
    """The parts of the shortcut have names, and a chain holds them one level deeper."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        if isinstance(self.shortcut, nn.Sequential):
            inner = nn.Sequential(OrderedDict(conv=self.shortcut[0], bn=self.shortcut[1]))
            self.shortcut = nn.Sequential(OrderedDict(projection=inner))


class RegisteredTwice(OURS["InceptionModule"]):
    """The branches are written down as chains of layers that are attributes as well."""

    def __init__(self, *widths):
        super().__init__(*widths)
        self.branch3 = nn.Sequential(self.reduce3, nn.ReLU(), self.conv3, nn.ReLU())
        self.branches = nn.ModuleList([self.conv1, self.branch3])


@pytest.mark.parametrize("version", [NamedShortcut, RegisteredTwice])
def test_layers_are_compared_by_place_and_each_once(version):
    name = version.__mro__[1].__name__
    assert asked(name, version).passed, report.text(asked(name, version))


def test_other_layers_are_refused_in_words_and_nothing_has_raised():
    class MoreLayers(OURS["ResidualBlock"]):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.bn3 = nn.BatchNorm2d(self.bn2.num_features)

    told = report.text(asked("ResidualBlock", MoreLayers))
    assert "layers are not those that the docstring names: not asked for: bn3" in told
    assert "raised" not in told


@pytest.mark.parametrize("check", [check for check in CHECKS if check.forbids], ids=lambda check: check.name)
def test_what_is_forbidden_stands_in_the_docstring(check):
    sentence = OURS[check.function].__doc__.split("Write it yourself: no ")[1].split(".\n")[0]
    patterns = [
        part.replace("F.", "torch.nn.functional.", 1) if part.startswith("F.") else part
        for part in sentence.split("`")[1::2]
    ]
    patterns = [f"torch.{part}" if part.startswith("nn.") else part for part in patterns]
    assert [name for name in check.forbids if not any(fnmatch(name, pattern) for pattern in patterns)] == []


def tensors_in(tree):
    """All tensors in nested lists and dicts."""
    if isinstance(tree, dict | list | tuple):
        return [found for part in (tree.values() if isinstance(tree, dict) else tree) for found in tensors_in(part)]
    return [tree] if isinstance(tree, torch.Tensor) else []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_public_inputs_have_few_binary_digits(check):
    for question in run.load_public(UNIT, check)[0]:
        for values in tensors_in(question.inputs):
            assert torch.equal((values * 512).round() / 512, values), question.case.name


def test_a_hint_looks_at_the_mistake():
    maps, inputs = torch.randn(1, 2, 3, 4), {"bias": torch.ones(2)}
    assert conv2d.hint(maps + torch.tensor([[[[1.0]], [[5.0]]]]), maps, inputs) == conv2d.OFFSET
    assert conv2d.hint(maps.flip(3), maps, inputs) == conv2d.BY_HAND
    assert max_pool2d.hint(torch.zeros(1, 1, 1, 1), -torch.ones(1, 1, 1, 1), {}) == max_pool2d.NEGATIVE
    assert max_pool2d.hint(torch.ones(1, 1, 1, 1), 2 * torch.ones(1, 1, 1, 1), {}) == max_pool2d.OVERLOOKED
    assert max_pool2d.hint(3 * torch.ones(1, 1, 1, 1), 2 * torch.ones(1, 1, 1, 1), {}) == max_pool2d.BEYOND
    assert [count_cost.hint(mine, (1, 2, 3), {}) for mine in ((0, 2, 3), (1, 0, 3), (1, 2, 0))] == [
        count_cost.PARAMETERS,
        count_cost.ACTIVATIONS,
        count_cost.MACS,
    ]
    assert count_cost.hint([(1, 2, 3), (1, 2, 6)], [(1, 2, 3)] * 2, {}) == count_cost.AGAIN
    assert receptive_field.hint((3, 2), (3, 4), {"layers": [(3, 4)]}) == receptive_field.STRIDE
    assert receptive_field.hint((4, 4), (3, 4), {"layers": [(3, 4)]}) == receptive_field.GAPS
    assert receptive_field.hint((4, 2), (3, 2), {"layers": [(3, 2)]}) == receptive_field.SIZE


def left(losses, weights, mean=2.0):
    """What steps left behind in a network whose two weights and running mean were 1 before."""
    return {"losses": losses, "state": {"0.weight": torch.tensor(weights), "1.running_mean": torch.tensor([mean])}}


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (left([0.5, 0.25], [1.0, 1.0]), train_step.STILL),
        (left([0.5, 0.25], [1.5, 2.0], mean=3.0), train_step.STATISTICS),
        (left([0.25, 0.25], [1.5, 2.0]), train_step.LOSS),
        (left([1.0, 0.25], [2.0, 3.0]), train_step.FACTOR),
        (left([0.5, 0.25], [0.5, 0.0]), train_step.TIMES),
        (left([1.0, 0.25], [1.75, 2.0]), train_step.LOGITS),
        (left([0.5, 0.25], [1.75, 2.0]), train_step.FROM_WHERE),
        (left([0.5, 0.75], [1.75, 2.0]), train_step.LATER),
    ],
)
def test_a_hint_about_steps_looks_at_what_they_left_behind(answer, hint):
    before = {name: torch.ones_like(values) for name, values in answer["state"].items()}
    assert train_step.hint(answer, left([0.5, 0.25], [1.5, 2.0]), {"state": before}) == hint


def with_a_closure(model, images, labels, optimizer):
    """The step as PyTorch's documentation writes it for optimizers that look more than once."""
    model.train()

    def again():
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(images), labels)
        loss.backward()
        return loss

    return optimizer.step(again).item()


def test_a_step_may_hand_the_optimizer_a_closure():
    found = asked("train_step", with_a_closure)
    assert found.passed, report.text(found)


@pytest.mark.parametrize(
    ("when", "told"),
    [
        (lambda optimizer, loss: None, "never takes a step"),
        (lambda optimizer, loss: (loss.backward(), optimizer.step(), optimizer.step()), "takes 2 steps"),
        (lambda optimizer, loss: (optimizer.step(), loss.backward()), "no gradients: they come only after it"),
        (
            lambda optimizer, loss: (loss.backward(), optimizer.zero_grad(), optimizer.step()),
            "no gradients: they are gone before it",
        ),
        (lambda optimizer, loss: ((2 * loss).backward(), optimizer.step()), "At its step the gradient of 1."),
    ],
)
def test_what_the_optimizer_finds_at_its_step_is_told_in_words(when, told):
    def version(model, images, labels, optimizer):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model.train()(images), labels)
        when(optimizer, loss)
        return loss.item()

    [message] = [
        r.message for r in asked("train_step", version).results if r.case.name.startswith("what the optimizer")
    ]
    assert told in message


def test_the_picture_of_a_step_holds_weights_and_running_statistics():
    def twice(model, images, labels, optimizer):
        model.train()(images)
        return OURS["train_step"](model, images, labels, optimizer)

    drawing = asked("train_step", twice).counterexample.draw()
    shown = [text.get_text() for text in drawing.get_legend().get_texts()]
    assert shown == ["expected: all lie here", "yours: one dot per weight", "yours: a batch norm's running statistics"]
    assert drawing.get_title() == "the loss is right"
    plots.close(drawing)


def test_the_hint_of_one_branch_names_it_and_the_picture_shows_both_answers():
    class OtherBorder(OURS["InceptionModule"]):
        def forward(self, x):
            right = super().forward(x)
            pooled = self.project(functional.avg_pool2d(x, 5, 1, 2)).relu()
            return torch.cat([right[:, : -pooled.shape[1]], pooled], dim=1)

    found = asked("InceptionModule", OtherBorder)
    assert inception_module.IN_BRANCH[3] in report.text(found)
    assert "5×5: right, pooling: wrong" in found.counterexample.text
    drawing = found.counterexample.draw()
    assert [ax.get_title() for ax in drawing.figure.axes][0].endswith("expected")
    plots.close(drawing)


def test_the_picture_of_a_convolution_holds_window_filter_and_both_answers():
    found = asked("conv2d", lambda image, weight, bias, *more: functional.conv2d(image, weight.flip(-2), bias, *more))
    drawing = found.counterexample.draw()
    titles = [ax.get_title() for ax in drawing.figure.axes]
    assert titles == ["image, channel 0", "expected (no bias)", "filter, channel 0", "yours"]
    assert all(ax.texts for ax in drawing.figure.axes)
    assert any(text.get_color() == plots.VERMILLION for text in drawing.figure.axes[-1].texts)
    plots.close(drawing)


def test_the_picture_of_a_receptive_field_holds_both_answers():
    found = asked("receptive_field", lambda layers: (OURS["receptive_field"](layers)[0] + 1, 1))
    drawing = found.counterexample.draw()
    labels = [label.get_text() for label in drawing.get_yticklabels()]
    assert labels[-2:] == ["expected: size 7, stride 1", "yours: size 8, stride 1"]
    plots.close(drawing)


def test_the_picture_of_a_residual_block_holds_both_ways():
    class WithoutSum(OURS["ResidualBlock"]):
        def forward(self, x):
            return self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu() + 1

    found = asked("ResidualBlock", WithoutSum)
    drawing = found.counterexample.draw()
    assert [ax.get_title().split(",")[0] for ax in drawing.figure.axes][:2] == ["F(x)", "shortcut(x)"]
    plots.close(drawing)


@pytest.mark.parametrize("name", ["conv2d", "count_cost"])
def test_a_hint_is_given_once(name):
    wrong = {"conv2d": lambda *inputs: OURS["conv2d"](*inputs) * 2 + 1, "count_cost": lambda *inputs: (1, 2, 3)}[name]
    told = report.text(asked(name, wrong))
    assert told.count({"conv2d": conv2d.BY_HAND, "count_cost": count_cost.PARAMETERS}[name]) == 1


def test_a_span_holds_the_pixels_that_are_passed_over():
    """The boundary that the docstring decides: a stride larger than the kernel."""
    assert OURS["receptive_field"]([(1, 4), (2, 1)]) == (5, 4)
