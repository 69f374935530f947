"""The solution of unit 05 computes what others compute: torchmetrics, a sliding classifier, torch's interpolation."""

import math

import pytest
import torch
from sklearn.metrics import confusion_matrix as sklearn_matrix
from torch import nn
from torch.nn import functional as F
from torchmetrics.classification import MulticlassConfusionMatrix, MulticlassJaccardIndex

from autograder import reference
from course_lib.data.segmentation import Segmented

UNIT = "05_fcn"


@pytest.fixture(scope="module")
def solution():
    return reference.load(UNIT)


def masks(seed, classes=6, ignore=255, shape=(2, 37, 53)):
    """A prediction that is right in two thirds of the pixels, and the truth with void in it."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(classes, shape, generator=generator)
    other = torch.randint(classes, shape, generator=generator)
    pred = torch.where(torch.rand(shape, generator=generator) < 0.6, target, other)
    target[torch.rand(shape, generator=generator) < 0.1] = ignore
    return pred, target


@pytest.mark.parametrize("ignore", [255, -1, 2])
def test_confusion_matrix_is_torchmetrics(solution, ignore):
    pred, target = masks(0, ignore=ignore)
    expected = MulticlassConfusionMatrix(6, ignore_index=ignore)(pred, target)
    assert torch.equal(solution["confusion_matrix"](pred, target, 6, ignore), expected)


def test_confusion_matrix_is_scikit_learns(solution):
    pred, target = masks(1)
    known = target != 255
    expected = sklearn_matrix(target[known], pred[known], labels=range(8))
    assert solution["confusion_matrix"](pred.byte(), target.byte(), 8, 255).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("pred", "target", "words"),
    [
        ([[0, 4]], [[0, 1]], "4 is none of the 4 classes"),
        ([[0, 1]], [[0, -7]], "-7 is none of the 4 classes"),
        ([[0, 1]], [[0], [1]], r"\(1, 2\) and \(2, 1\)"),
        ([[0]], [[0, 1]], r"\(1, 1\) and \(1, 2\)"),
    ],
)
def test_what_cannot_be_counted_is_named(solution, pred, target, words):
    with pytest.raises(ValueError, match=words):
        solution["confusion_matrix"](torch.tensor(pred), torch.tensor(target), 4, 255)


@pytest.mark.parametrize("classes", [2, 6, 21])
def test_mean_iou_is_torchmetrics(solution, classes):
    pred, target = masks(2, classes)
    confusion = solution["confusion_matrix"](pred, target, classes, 255)
    expected = MulticlassJaccardIndex(classes, ignore_index=255)(pred, target)
    assert solution["mean_iou"](confusion) == pytest.approx(expected.item(), abs=1e-6)


def test_mean_iou_by_hand(solution):
    confusion = torch.tensor([[6, 2, 0], [1, 3, 0], [0, 0, 0]])
    assert solution["mean_iou"](confusion) == pytest.approx(7 / 12)
    assert math.isnan(solution["mean_iou"](0 * confusion))


def test_a_classifier_slid_over_the_map_gives_what_its_convolution_gives(solution):
    torch.manual_seed(0)
    linear, features = nn.Linear(8 * 3 * 5, 10), torch.randn(2, 8, 9, 11)
    scores = solution["convolutionize"](linear, (8, 3, 5))(features)
    for i in range(9 - 3 + 1):
        for j in range(11 - 5 + 1):
            window = features[:, :, i : i + 3, j : j + 5]
            torch.testing.assert_close(scores[:, :, i, j], linear(window.flatten(1)), rtol=1e-4, atol=1e-5)
    assert scores.shape == (2, 10, 7, 7)


def test_a_whole_unpadded_classifier_slides_by_its_stride(solution):
    """Convolutions without padding, then a linear layer: windows of 18 pixels at every second one."""
    torch.manual_seed(0)
    convolutions = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 4, 3), nn.ReLU())
    linear, image = nn.Linear(4 * 6 * 6, 5), torch.rand(1, 3, 30, 26)
    whole = solution["convolutionize"](linear, (4, 6, 6))(convolutions(image))
    assert whole.shape == (1, 5, 7, 5)
    for i in range(7):
        for j in range(5):
            window = image[:, :, 2 * i : 2 * i + 18, 2 * j : 2 * j + 18]
            alone = linear(convolutions(window).flatten(1))
            torch.testing.assert_close(whole[:, :, i, j], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 7, 8])
def test_bilinear_kernel_is_torchs_interpolation_inside(solution, factor):
    maps = torch.randn(2, 3, 6, 8, generator=torch.Generator().manual_seed(factor))
    kernel = solution["bilinear_kernel"](3, factor)
    padding = (kernel.shape[-1] - factor) // 2
    larger = F.conv_transpose2d(maps, kernel, stride=factor, padding=padding)
    expected = F.interpolate(maps, scale_factor=factor, mode="bilinear", align_corners=False)
    assert larger.shape == expected.shape
    inside = slice(factor, -factor)
    torch.testing.assert_close(larger[:, :, inside, inside], expected[:, :, inside, inside])


@pytest.mark.parametrize("size", [(8, 12), (2, 4)])
def test_fuse_skip_is_torchs_interpolation_and_a_sum(solution, size):
    generator = torch.Generator().manual_seed(0)
    fine = torch.randn(2, 5, *size, generator=generator)
    coarse = torch.randn(2, 5, size[0] // 2, size[1] // 2, generator=generator)
    larger = F.interpolate(coarse, size, mode="bilinear", align_corners=False)
    torch.testing.assert_close(solution["fuse_skip"](coarse, fine), larger + fine)


def test_a_map_of_odd_size_is_fused_as_the_even_one_that_holds_it(solution):
    generator = torch.Generator().manual_seed(0)
    coarse, fine = torch.randn(1, 2, 4, 5, generator=generator), torch.randn(1, 2, 8, 10, generator=generator)
    whole = solution["fuse_skip"](coarse, fine)
    assert torch.equal(solution["fuse_skip"](coarse, fine[:, :, :7, :9]), whole[:, :, :7, :9])


NETWORKS = pytest.mark.parametrize("name", ["FCN-32s", "FCN-16s", "FCN-8s", "encoder–decoder", "FRRN"])


@NETWORKS
@pytest.mark.parametrize("size", [(64, 64), (70, 93), (5, 7), (1, 1)])
def test_an_image_of_any_size_goes_through_each_network(solution, name, size):
    torch.manual_seed(0)
    network = solution["network"](name, pretrained=False).eval()
    assert network(torch.rand(2, 3, *size)).shape == (2, 9, *size)


@NETWORKS
def test_every_weight_of_each_network_learns(solution, name):
    torch.manual_seed(0)
    network = solution["network"](name).train()
    solution["loss"](network, *solution["batches"](solution["segmentation"]("train", 3), 2)(0)).backward()
    still = [key for key, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert still == []


@NETWORKS
def test_void_costs_nothing(solution, name):
    torch.manual_seed(0)
    network = solution["network"](name, pretrained=False).eval()
    images, masks = torch.rand(1, 3, 64, 64), torch.full((1, 64, 64), 255)
    masks[:, :32] = torch.randint(9, (1, 32, 64))
    scores = network(images)[:, :, :32]
    weights = torch.tensor([solution["BACKGROUND"], *[1.0] * 8])
    expected = F.cross_entropy(scores, masks[:, :32], weights)
    torch.testing.assert_close(solution["loss"](network, images, masks), expected)


@pytest.mark.parametrize("finest", [8, 16, 32])
def test_scores_are_enlarged_by_bilinear_interpolation_up_to_the_border(solution, finest):
    """Before any step an FCN gives what torch's interpolation makes of its scores."""
    torch.manual_seed(0)
    network = solution["network"](f"FCN-{finest}s", pretrained=False).eval()
    maps = {}
    network.up.register_forward_pre_hook(lambda module, inputs: maps.update(scores=inputs[0]))
    found = network(torch.rand(1, 3, 128, 96))
    expected = F.interpolate(maps["scores"], found.shape[2:], mode="bilinear", align_corners=False)
    torch.testing.assert_close(found, expected)


def test_images_of_several_sizes_become_one_batch_whose_rest_is_void(solution):
    sizes = [(20, 30), (25, 16)]
    data = [
        Segmented(torch.ones(3, *size, dtype=torch.uint8), torch.ones(size, dtype=torch.uint8), "") for size in sizes
    ]
    images, masks = solution["batches"](data, 2)(0)
    assert (images.shape, masks.shape) == ((2, 3, 25, 30), (2, 25, 30))
    assert ((masks == 255) == (images[:, 0] == 0)).all()
    assert (masks != 255).sum().item() == 20 * 30 + 25 * 16
    assert solution["loss"](solution["network"]("FRRN"), images, masks).isfinite()


def test_an_up_block_does_not_move_a_picture(solution):
    """Whoever is mirrored before is mirrored afterwards: nothing moves to one side."""
    torch.manual_seed(0)
    block = solution["UpBlock"](3, 2, 4).eval()
    block.conv.weight.data = block.conv.weight.data + block.conv.weight.data.flip(-1)  # filters that are symmetric
    coarse, skip = torch.randn(1, 3, 3, 4), torch.randn(1, 2, 7, 9)
    torch.testing.assert_close(
        block(coarse.flip(-1), skip.flip(-1)), block(coarse, skip).flip(-1), rtol=1e-4, atol=1e-5
    )


def test_constant_maps_leave_an_up_block_without_a_checkerboard(solution):
    torch.manual_seed(0)
    answer = solution["UpBlock"](3, 2, 4).eval()(torch.ones(1, 3, 4, 4), torch.ones(1, 2, 8, 8))
    inside = answer[:, :, 1:-1, 1:-1]
    torch.testing.assert_close(inside, inside[:, :, :1, :1].expand_as(inside))


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_the_residual_stream_carries_its_gradient_unchanged(solution, scale):
    """Where the unit adds nothing, the gradient at its end arrives at its beginning as it is."""
    torch.manual_seed(0)
    unit = solution["FullResolutionResidualUnit"](3, 2, 4, scale).eval()
    nn.init.zeros_(unit.to_z.weight)
    z = torch.randn(1, 2, 8, 12, requires_grad=True)
    new_y, new_z = unit(torch.randn(1, 3, 8 // scale, 12 // scale), z)
    gradient = torch.randn(new_z.shape)
    new_z.backward(gradient)
    assert torch.equal(z.grad, gradient)
    assert (new_y >= 0).all()


def test_the_gradient_of_every_weight_is_that_of_finite_differences(solution):
    torch.manual_seed(0)
    unit = solution["FullResolutionResidualUnit"](2, 1, 2, 2).double().eval()
    y, z = torch.randn(1, 2, 2, 3).double(), torch.randn(1, 1, 4, 5).double()
    weights = dict(unit.named_parameters())

    def answer(y, z, *values):
        return torch.func.functional_call(unit, dict(zip(weights, values, strict=True)), (y, z))

    inputs = [value.detach().requires_grad_() for value in (y, z, *weights.values())]
    assert torch.autograd.gradcheck(answer, inputs)


@pytest.mark.parametrize("size", [(4, 6), (5, 7), (1, 1)])
def test_both_streams_keep_their_sizes(solution, size):
    unit = solution["FullResolutionResidualUnit"](3, 2, 4, 2).eval()
    small = [math.ceil(side / 2) for side in size]
    new_y, new_z = unit(torch.randn(1, 3, *small), torch.randn(1, 2, *size))
    assert (new_y.shape, new_z.shape) == ((1, 4, *small), (1, 2, *size))
