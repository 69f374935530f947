"""Unit 01's solution does what torchvision, scikit-learn and PyTorch do, on real networks with random weights."""

import copy

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional
from torchvision import models
from torchvision.models.feature_extraction import create_feature_extractor

from autograder import reference

SEEDS = pytest.mark.parametrize("seed", range(3))
LAYERS = ("bn1", "layer1", "layer2.0.conv1", "layer4.1.bn2", "avgpool", "fc")  # of resnet18


@pytest.fixture(scope="module")
def solution():
    """Everything that the solution defines up to its last graded part."""
    return reference.load("01_transfer_learning")


@pytest.fixture
def resnet():
    """torchvision's ResNet-18 with random weights, in training mode, whose first part alone is in evaluation mode."""
    torch.manual_seed(0)
    model = models.resnet18(weights=None, num_classes=10)
    model(torch.rand(4, 3, 32, 32))  # so that its running statistics are not the first ones
    model.layer1.eval()
    return model


def values(model):
    """A copy of all weights and statistics, by name."""
    return {name: value.clone() for name, value in model.state_dict().items()}


def moved(before, model):
    """Names of the weights and statistics that are no longer what they were."""
    return {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}


def modes(model):
    """Which parts are in training mode."""
    return {name: module.training for name, module in model.named_modules()}


def train(model, optimizer, steps=2):
    """Steps on random images, the way training loops are written."""
    model.train()
    for step in range(steps):
        generator = torch.Generator().manual_seed(step)
        images, labels = torch.rand(8, 3, 32, 32, generator=generator), torch.arange(8) % 2
        optimizer.zero_grad()
        functional.cross_entropy(model(images), labels).backward()
        optimizer.step()


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("size", [(32, 32), (40, 56)])
def test_features_are_those_of_torchvisions_extractor(solution, resnet, layer, size):
    """A batch norm before an in-place ReLU among them, and one whose block adds to it in place."""
    images = torch.rand(3, 3, *size)
    ours = solution["extract_features"](resnet, images, layer)
    cut = create_feature_extractor(copy.deepcopy(resnet).eval(), {layer: "found"}).eval()
    with torch.no_grad():
        torch.testing.assert_close(ours, cut(images)["found"], rtol=1e-4, atol=1e-5)


def test_features_of_many_images_come_in_order(solution, resnet):
    images = torch.rand(130, 3, 16, 16)
    ours = solution["extract_features"](resnet, images, "avgpool")
    cut = create_feature_extractor(resnet.eval(), {"avgpool": "found"}).eval()
    with torch.no_grad():
        theirs = torch.cat([cut(image[None])["found"] for image in images])
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_the_model_takes_at_most_64_images_as_they_are(solution):
    """Bytes stay bytes."""
    seen = []

    class Bytes(nn.Module):
        def __init__(self):
            super().__init__()
            self.twice = nn.Identity()

        def forward(self, x):
            seen.append((x.dtype, len(x), self.training, torch.is_grad_enabled()))
            return self.twice(x.float() * 2)

    images = torch.randint(256, (129, 3, 4, 5), dtype=torch.uint8)
    found = solution["extract_features"](Bytes(), images, "twice")
    assert torch.equal(found, images.float() * 2)
    assert seen == [(torch.uint8, count, False, False) for count in (64, 64, 1)]


@pytest.mark.parametrize("channels", [3, 4])
def test_extraction_leaves_no_trace(solution, resnet, channels):
    """Neither with images that the network takes nor with others, at which it raises an error."""
    before, training = values(resnet), modes(resnet)
    images = torch.rand(2, channels, 32, 32)
    if channels == 3:
        found = solution["extract_features"](resnet, images, "layer3")
        assert found.grad_fn is None
        assert not found.requires_grad
    else:
        with pytest.raises(RuntimeError, match="to have 3 channels, but got 4"):
            solution["extract_features"](resnet, images, "layer3")
    assert not moved(before, resnet)
    assert modes(resnet) == training
    assert training["layer2"]
    assert not training["layer1.0.bn1"]
    assert not any(module._forward_hooks for module in resnet.modules())
    assert torch.is_grad_enabled()


def test_no_images_have_no_features(solution, resnet):
    assert solution["extract_features"](resnet, torch.rand(0, 3, 32, 32), "layer2").shape == (0, 128, 4, 4)


@pytest.mark.parametrize("call", ["extract_features", "freeze"])
def test_an_unknown_layer_is_told_which_there_are(solution, resnet, call):
    before, learns = values(resnet), [p.requires_grad for p in resnet.parameters()]
    given = {"extract_features": (torch.rand(1, 3, 32, 32), "layer5"), "freeze": ("layer5",)}[call]
    with pytest.raises(KeyError) as error:
        solution[call](resnet, *given)
    assert all(f"'{name}'" in str(error.value) for name, _ in resnet.named_modules() if name)
    assert not moved(before, resnet)
    assert [p.requires_grad for p in resnet.parameters()] == learns


@SEEDS
@pytest.mark.parametrize("per_class", [1, 4, 6])
def test_a_split_draws_from_each_class_and_loses_nothing(solution, seed, per_class):
    labels = torch.tensor([5] * 6 + [-2] * 20 + [11] * 9)[torch.randperm(35)]
    train, test = solution["few_shot_split"](labels, per_class, torch.Generator().manual_seed(seed))
    assert sorted(train.tolist() + test.tolist()) == list(range(35))
    numbers, counts = labels[train].unique(return_counts=True)
    assert numbers.tolist() == [-2, 5, 11]
    assert counts.tolist() == [per_class] * 3
    assert train.dtype == test.dtype == torch.int64


def test_a_splits_chance_is_the_generators_alone(solution):
    labels, split = torch.arange(3).repeat_interleave(20), solution["few_shot_split"]
    rng = torch.Generator().manual_seed(4)
    torch.manual_seed(0)
    first, further = split(labels, 5, rng)[0], split(labels, 5, rng)[0]
    torch.manual_seed(1)
    again = split(labels, 5, torch.Generator().manual_seed(4))[0]
    assert torch.equal(first, again)
    assert not torch.equal(first, further)


def test_each_image_of_a_class_comes_equally_often(solution):
    """Over 400 draws 2 of 8 images: each 100 times, give or take 5 standard deviations of √75."""
    labels, rng = torch.tensor([1, 0] * 8), torch.Generator().manual_seed(0)
    times = sum(torch.bincount(solution["few_shot_split"](labels, 2, rng)[0], minlength=16) for _ in range(400))
    assert times.sum() == 1600
    assert (times - 100).abs().max() < 5 * 75**0.5


def test_a_class_that_is_too_small_is_named_with_its_size(solution):
    labels = torch.tensor([17] * 3 + [4] * 9)
    with pytest.raises(ValueError, match=r"\b17\b.*\b3\b"):
        solution["few_shot_split"](labels, 5, torch.Generator())


def test_no_labels_make_two_empty_parts(solution):
    parts = solution["few_shot_split"](torch.tensor([], dtype=torch.int64), 2, torch.Generator())
    assert [(part.dtype, len(part)) for part in parts] == [(torch.int64, 0)] * 2


@SEEDS
def test_the_probe_is_scikit_learns_pipeline(solution, seed):
    """On features of very different scales whose classes overlap: the same answers for 500 new points."""
    rng = np.random.default_rng(seed)
    scales, numbers = 10.0 ** rng.uniform(-3, 3, 6), np.array([9, 2, 30])
    labels = numbers[rng.integers(3, size=90)]
    centres = {number: rng.normal(size=6) for number in numbers}
    features = np.stack([centres[label] + rng.normal(size=6) for label in labels]) * scales + scales
    new = (rng.normal(size=(500, 6)) * 1.5 + 1) * scales
    theirs = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(features, labels)
    predict = solution["linear_probe"](torch.from_numpy(features), torch.from_numpy(labels))
    assert predict(torch.from_numpy(new)).tolist() == theirs.predict(new).tolist()
    narrow = solution["linear_probe"](torch.from_numpy(features).float(), torch.from_numpy(labels))
    agree = (narrow(torch.from_numpy(new).float()) == torch.from_numpy(theirs.predict(new))).double().mean()
    assert agree > 0.99


def test_a_constant_feature_says_nothing(solution):
    """Not even where it is another one in the test."""
    torch.manual_seed(0)
    labels = torch.tensor([7, 3]).repeat(15)
    features = torch.stack([labels + torch.rand(30), torch.full((30,), 0.1)], dim=1)
    predict = solution["linear_probe"](features, labels)
    new = torch.tensor([[7.5, 0.1], [3.5, 0.1], [7.5, 1e6], [3.5, -1e6]])
    assert predict(new).tolist() == [7, 3, 7, 3]
    assert predict(new[:1]).tolist() == [7]
    assert predict(new[:0]).shape == (0,)
    assert predict(new[:0]).dtype == torch.int64


def test_one_class_cannot_be_told_apart(solution):
    with pytest.raises(ValueError, match="class"):
        solution["linear_probe"](torch.rand(5, 2), torch.full((5,), 3))


@pytest.mark.parametrize(
    ("make", "head", "inputs"),
    [(models.resnet18, "fc", 512), (models.alexnet, "classifier.6", 4096), (models.vit_b_16, "heads.head", 768)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_heads_of_torchvisions_networks_are_found(solution, make, head, inputs):
    with torch.device("meta"):  # no numbers, no memory
        model = make(weights=None)
    new = solution["swap_head"](model, 5)
    layer = new.get_submodule(head)
    assert (layer.in_features, layer.out_features, layer.weight.device.type) == (inputs, 5, "meta")
    assert model.get_submodule(head).out_features == 1000
    kept = {name: value.shape for name, value in model.state_dict().items() if not name.startswith(head)}
    assert {name: value.shape for name, value in new.state_dict().items() if not name.startswith(head)} == kept


def test_a_new_head_sits_on_the_old_features(solution, resnet):
    resnet.requires_grad_(False).double()
    before, training, images = values(resnet), modes(resnet), torch.rand(2, 3, 40, 24).double()
    new = solution["swap_head"](resnet, 10)  # as many classes as before
    assert moved(before, new) == {"fc.weight", "fc.bias"}
    assert [name for name, p in new.named_parameters() if p.requires_grad] == ["fc.weight", "fc.bias"]
    assert {name: mode for name, mode in modes(new).items() if name != "fc"} == {
        name: mode for name, mode in training.items() if name != "fc"
    }
    features = solution["extract_features"](resnet, images, "avgpool").flatten(1)
    torch.testing.assert_close(new.eval()(images), functional.linear(features, new.fc.weight, new.fc.bias))
    train(new.float(), torch.optim.SGD(new.parameters(), 0.1))
    assert not moved(before, resnet)
    assert modes(resnet) == training
    assert not any(p.requires_grad for p in resnet.parameters())


def test_a_head_without_bias_gets_one(solution):
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 2, bias=False), nn.ReLU())
    new = solution["swap_head"](model, 1)
    assert [(name, *p.shape) for name, p in new.named_parameters()][2:] == [("3.weight", 1, 4), ("3.bias", 1)]


def test_without_a_linear_layer_there_is_no_head(solution):
    with pytest.raises(ValueError, match="Linear"):
        solution["swap_head"](nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), 5)


def stands_before(name, upto, model):
    """Whether a weight or statistic belongs to a layer before `upto` or in it."""
    order = [name for name, _ in model.named_modules()]
    last = max(i for i, other in enumerate(order) if f"{other}.".startswith(f"{upto}."))
    return order.index(name.rpartition(".")[0]) <= last


@pytest.mark.parametrize("upto", ["conv1", "bn1", "layer2", "layer3.0.conv2", "layer4.1"])
def test_training_moves_what_stands_after_the_frozen_layers(solution, resnet, upto):
    """Weights and running statistics, with momentum and weight decay, over several calls of `model.train()`."""
    model = solution["swap_head"](resnet, 2)
    before, images = values(model), torch.rand(3, 3, 32, 32)
    features = solution["extract_features"](model, images, upto)
    solution["freeze"](model, upto)
    optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9, weight_decay=0.1)
    train(model, optimizer)
    train(model, optimizer)
    assert moved(before, model) == {name for name in before if not stands_before(name, upto, model)}
    torch.testing.assert_close(solution["extract_features"](model, images, upto), features, rtol=0, atol=0)


def test_frozen_batch_norm_ignores_the_batch(solution, resnet):
    solution["freeze"](resnet, "layer2")
    kept = []
    resnet.layer2.register_forward_hook(lambda module, inputs, output: kept.append(output.detach().clone()))
    images = torch.rand(6, 3, 32, 32)
    resnet.train()
    resnet(images)
    resnet.eval()
    resnet(images)
    torch.testing.assert_close(kept[0], kept[1])
    assert not kept[0].requires_grad
    assert resnet.train().layer3[0].bn1.training


def test_what_was_frozen_or_free_after_it_stays_so(solution, resnet):
    resnet.layer4.requires_grad_(False)
    solution["freeze"](resnet, "layer1")
    learning = {name.partition(".")[0] for name, p in resnet.named_parameters() if p.requires_grad}
    assert learning == {"layer2", "layer3", "fc"}


def test_groups_of_a_resnet(solution, resnet):
    """Howard and Ruder's factor; children without weights (ReLU, pooling) and frozen ones do not count."""
    resnet.bn1.requires_grad_(False)
    groups = solution["parameter_groups"](resnet, 0.01, 1 / 2.6)
    children = [resnet.conv1, resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4, resnet.fc]
    assert [[id(p) for p in group["params"]] for group in groups] == [[id(p) for p in c.parameters()] for c in children]
    assert [group["lr"] for group in groups] == pytest.approx([0.01 / 2.6**power for power in (5, 4, 3, 2, 1, 0)])


def test_an_optimisers_step_is_as_long_as_the_groups_rate(solution, resnet):
    """Adam's first step moves each weight that has a gradient by its learning rate."""
    solution["freeze"](resnet, "layer1")
    optimizer = torch.optim.Adam(solution["parameter_groups"](resnet, 1e-2, 0.1), lr=1.0, eps=1e-30)
    before = values(resnet)
    train(resnet, optimizer, steps=1)
    for name, rate in {"layer1.1.conv2": 0, "layer2.0.conv1": 1e-5, "layer4.1.conv2": 1e-3, "fc": 1e-2}.items():
        step = (resnet.state_dict()[f"{name}.weight"] - before[f"{name}.weight"]).abs().max()
        assert float(step) == pytest.approx(rate, rel=0.05)


def test_groups_of_a_frozen_network_are_none(solution, resnet):
    assert solution["parameter_groups"](resnet.requires_grad_(False), 0.1, 0.5) == []
