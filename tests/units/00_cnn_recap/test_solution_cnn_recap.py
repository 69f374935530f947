"""Unit 00's solution computes what PyTorch and torchvision compute, and gives the numbers that papers state."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision import models
from torchvision.models.googlenet import Inception
from torchvision.models.resnet import BasicBlock

from autograder import reference
from course_lib import training

SEEDS = pytest.mark.parametrize("seed", range(3))


@pytest.fixture(scope="module")
def solution():
    """Everything that the solution defines."""
    return reference.load("00_cnn_recap")


def with_gradients(function, *tensors):
    """The answer, and the gradients of its weighted sum with respect to the tensors."""
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    answer = function(*leaves)
    weights = torch.arange(answer.numel(), dtype=answer.dtype).reshape(answer.shape).cos()
    (answer * weights).sum().backward()
    return [answer.detach(), *(leaf.grad for leaf in leaves)]


@SEEDS
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 2), (2, 1), (3, 0), (4, 3)])
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (2, 5), (4, 1)])
def test_convolution_is_pytorchs(solution, seed, stride, padding, kernel):
    torch.manual_seed(seed)
    image, weight, bias = torch.randn(2, 3, 8, 11), torch.randn(4, 3, *kernel), torch.randn(4)
    ours = with_gradients(lambda *given: solution["conv2d"](*given, stride, padding), image, weight, bias)
    theirs = with_gradients(lambda *given: functional.conv2d(*given, stride, padding), image, weight, bias)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    without = solution["conv2d"](image, weight, None, stride, padding)
    torch.testing.assert_close(without, functional.conv2d(image, weight, None, stride, padding), rtol=1e-4, atol=1e-4)


def test_convolution_by_hand(solution):
    image, weight = torch.tensor([[[[1.0, 2, 3], [4, 5, 6]]]]), torch.tensor([[[[1.0, 10], [100, 1000]]]])
    found = solution["conv2d"](image, weight, torch.tensor([0.5]), 1, 0)
    assert found.tolist() == [[[[5421.5, 6532.5]]]]


@SEEDS
@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (2, 2), (3, 2), (2, 3), (4, 1)])
def test_pooling_is_pytorchs(solution, seed, kernel, stride):
    torch.manual_seed(seed)
    x = torch.randn(2, 3, 8, 11)
    ours = with_gradients(lambda given: solution["max_pool2d"](given, kernel, stride), x)
    theirs = with_gradients(lambda given: functional.max_pool2d(given, kernel, stride), x)
    torch.testing.assert_close(ours, theirs)


def on_meta(make, **options):
    """A network without numbers."""
    with torch.device("meta"):
        return make(weights=None, **options)


@pytest.mark.parametrize(
    ("make", "options", "weights", "parameters"),
    [
        (models.alexnet, {}, models.AlexNet_Weights.IMAGENET1K_V1, 61_100_840),
        (models.vgg16, {}, models.VGG16_Weights.IMAGENET1K_V1, 138_357_544),
        (
            models.googlenet,
            {"aux_logits": False, "init_weights": False},
            models.GoogLeNet_Weights.IMAGENET1K_V1,
            6_624_904,
        ),
        (models.resnet50, {}, models.ResNet50_Weights.IMAGENET1K_V1, 25_557_032),
        (models.mobilenet_v2, {}, models.MobileNet_V2_Weights.IMAGENET1K_V1, 3_504_872),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_costs_are_those_that_torchvision_states(solution, make, options, weights, parameters):
    """Its `_ops` are multiply-adds in units of 10⁹, rounded to a thousandth, with those of a few more layers."""
    cost = solution["count_cost"](on_meta(make, **options), (3, 224, 224))
    assert cost.parameters == parameters == weights.meta["num_params"]
    assert cost.macs / 1e9 == pytest.approx(weights.meta["_ops"], abs=0.002)


def test_alexnet_has_494184_units_and_most_of_its_weights_in_linear_layers(solution):
    model = on_meta(models.alexnet)
    cost = solution["count_cost"](model, (3, 224, 224))
    assert cost.activations == 494_184
    linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
    assert sum(p.numel() for layer in linear for p in layer.parameters()) / cost.parameters == pytest.approx(
        0.96, abs=0.005
    )
    assert 1 - sum(layer.weight.numel() for layer in linear) / cost.macs == pytest.approx(0.92, abs=0.005)


def test_counting_changes_nothing(solution):
    model = models.resnet18(weights=None)
    model.layer1.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    solution["count_cost"](model, (3, 32, 48))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.training
    assert model.layer2[0].bn1.training
    assert not model.layer1[0].bn1.training
    assert not any(module._forward_hooks for module in model.modules())


ALEXNET = [(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)]
VGG16 = [layer for convolutions in (2, 2, 3, 3, 3) for layer in [*[(3, 1)] * convolutions, (2, 2)]]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([], (1, 1)),
        ([(3, 1)] * 2, (5, 1)),
        ([(3, 1)] * 3, (7, 1)),
        (VGG16, (212, 32)),
        *(
            (ALEXNET[: i + 1], (size, 4 if i == 0 else 8 if i < 3 else 16 if i < 7 else 32))
            for i, size in enumerate((11, 19, 51, 67, 99, 131, 163, 195))
        ),
    ],
)
def test_receptive_fields_of_known_networks(solution, layers, expected):
    """Three 3×3 layers see 7 pixels (Simonyan and Zisserman, ICLR 2015); AlexNet's by Araujo et al., Distill 2019."""
    assert solution["receptive_field"](layers) == expected


@pytest.mark.parametrize("layers", [ALEXNET[:4], [(2, 3), (4, 1), (3, 2)], [(1, 2), (5, 3), (1, 1)]])
def test_a_receptive_field_is_what_a_gradient_reaches(solution, layers):
    """Two neighbouring units of a chain of convolutions whose weights are all 1, in one dimension."""
    size, stride = solution["receptive_field"](layers)
    reached = []
    for unit in (0, 1):
        image = torch.zeros(1, 1, size + stride, requires_grad=True)
        x = image
        for kernel, step in layers:
            x = functional.conv1d(x, torch.ones(1, 1, kernel), stride=step)
        x[0, 0, unit].backward()
        pixels = image.grad[0, 0].nonzero().flatten()
        reached.append((int(pixels[0]), int(pixels[-1])))
    assert reached == [(0, size - 1), (stride, stride + size - 1)]


def plain(in_channels, out_channels, **options):
    """A convolution and a ReLU, as in 2014; torchvision's own block has a batch norm in between."""
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, **options), nn.ReLU())


@SEEDS
def test_the_inception_module_is_torchvisions(solution, seed):
    """torchvision's "5×5" is 3×3 (its weights come from such a network): our 5×5 filters get a border of zeros."""
    torch.manual_seed(seed)
    config = (6, 3, 4, 5, 2, 4, 7)
    theirs, ours = Inception(*config, conv_block=plain), solution["InceptionModule"](*config)
    state = theirs.state_dict()
    names = {
        "conv1": "branch1.0",
        "reduce3": "branch2.0.0",
        "conv3": "branch2.1.0",
        "reduce5": "branch3.0.0",
        "conv5": "branch3.1.0",
        "project": "branch4.1.0",
    }
    copied = {f"{n}.{kind}": state[f"{other}.{kind}"] for n, other in names.items() for kind in ("weight", "bias")}
    copied["conv5.weight"] = functional.pad(copied["conv5.weight"], (1, 1, 1, 1))
    ours.load_state_dict(copied)
    x = torch.randn(2, 6, 7, 9)
    torch.testing.assert_close(ours(x), theirs(x))


def test_an_inception_module_costs_what_the_paper_says(solution):
    """Table 1 of the paper: inception (3a) has 159 K parameters and 128 M operations."""
    module = solution["InceptionModule"](192, 64, 96, 128, 16, 32, 32)
    cost = solution["count_cost"](module, (192, 28, 28))
    assert cost.parameters == pytest.approx(159 * 1024, rel=0.01)
    assert cost.macs == pytest.approx(128e6, rel=0.01)


@SEEDS
@pytest.mark.parametrize(("inside", "outside", "stride"), [(4, 4, 1), (3, 5, 1), (4, 4, 2), (3, 6, 2)])
def test_the_residual_block_is_torchvisions(solution, seed, inside, outside, stride):
    torch.manual_seed(seed)
    ours = solution["ResidualBlock"](inside, outside, stride)
    shortcut = None
    if stride > 1 or inside != outside:
        shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))
    theirs = BasicBlock(inside, outside, stride, shortcut)
    theirs.load_state_dict({name.replace("shortcut", "downsample"): v for name, v in ours.state_dict().items()})
    x = torch.randn(3, inside, 6, 9)
    torch.testing.assert_close(with_gradients(ours, x), with_gradients(theirs, x))
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


def one_weight():
    """The network of the exercise's example: logits w · x and 0 for an image x of one pixel; w is 0."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(1, 1, bias=False), nn.ConstantPad1d((0, 1), 0.0))
    nn.init.zeros_(model[1].weight)
    return model, torch.tensor([[[[2.0]]]]), torch.tensor([0])


def test_two_steps_by_hand(solution):
    """The table of the exercise."""
    model, image, label = one_weight()
    optimizer = torch.optim.SGD(model.parameters(), 0.5)
    told = []
    for _ in range(2):
        loss = solution["train_step"](model, image, label, optimizer)
        told.append((loss, model[1].weight.grad.item(), model[1].weight.item()))
    assert told == [pytest.approx(row, abs=6e-4) for row in ((0.693, -1, 0.5), (0.313, -0.538, 0.769))]


def test_an_image_that_is_there_twice_changes_nothing(solution):
    steps = []
    for copies in (1, 2):
        model, image, label = one_weight()
        images, labels = image.repeat(copies, 1, 1, 1), label.repeat(copies)
        loss = solution["train_step"](model, images, labels, torch.optim.SGD(model.parameters(), 0.5))
        steps.append((loss, model[1].weight.item()))
    assert steps[0] == steps[1]


def test_steps_are_those_of_the_lecture_s_loop(solution):
    """The same images twice, at the learning rates of `training.fit`."""
    torch.manual_seed(0)
    images, labels = torch.randn(6, 1, 8, 8), torch.arange(6) % 3
    ours, theirs = (nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(72, 3)) for _ in "ab")
    theirs.load_state_dict(ours.state_dict())
    optimizer = torch.optim.AdamW(ours.parameters(), training.learning_rate(0, 2, 0.01), weight_decay=1e-4)
    mine = []
    for step in range(2):
        optimizer.param_groups[0]["lr"] = training.learning_rate(step, 2, 0.01)
        mine.append(solution["train_step"](ours, images, labels, optimizer))
    losses = training.fit(theirs, lambda i: (images, labels), _cross_entropy, 2, 0.01, precision="32-true")
    torch.testing.assert_close(mine, list(losses))
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())


def _cross_entropy(model, images, labels):
    return functional.cross_entropy(model(images), labels)


def test_the_papers_alexnet_has_the_papers_numbers(solution):
    with torch.device("meta"):
        cost = solution["count_cost"](solution["papers_alexnet"](), (3, 227, 227))
    assert cost[:2] == (60_965_224, 659_272)


def test_three_small_layers_save_45_percent_of_one_large(solution):
    def weights(kernel, count):
        layers = [nn.Conv2d(64, 64, kernel, bias=False) for _ in range(count)]
        return solution["count_cost"](nn.Sequential(*layers), (64, 28, 28)).parameters

    assert solution["receptive_field"]([(3, 1)] * 3) == solution["receptive_field"]([(7, 1)])
    assert 1 - weights(3, 3) / weights(7, 1) == pytest.approx(22 / 49)
