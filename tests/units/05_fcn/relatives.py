"""Unit 05: wrong versions that lie near a misconception but are another mistake, in a student's own words."""

import torch
from torch import nn
from torch.nn import functional as F

from autograder import reference

RIGHT = reference.load("05_fcn")
RELATIVES = []


def near(check, allowed=""):
    """Collects a version; `allowed` is a misconception whose sentence is true of it, too."""

    def keep(version):
        RELATIVES.append((check, version, allowed))
        return version

    return keep


@near("confusion_matrix")
def symmetric(pred, target, classes, ignore):
    """Adds the transposed."""
    matrix = RIGHT["confusion_matrix"](pred, target, classes, ignore)
    return matrix + matrix.T


@near("confusion_matrix")
def says_nothing(pred, target, classes, ignore):
    """Refuses bad masks without a word."""
    try:
        return RIGHT["confusion_matrix"](pred, target, classes, ignore)
    except ValueError:
        raise ValueError("bad masks") from None


@near("confusion_matrix")
def asserts(pred, target, classes, ignore):
    """Refuses bad masks by an assertion."""
    try:
        return RIGHT["confusion_matrix"](pred, target, classes, ignore)
    except ValueError as error:
        raise AssertionError(str(error)) from None


@near("confusion_matrix")
def always_255(pred, target, classes, ignore):
    """Void is 255, whatever is asked for."""
    return RIGHT["confusion_matrix"](pred, target, classes, 255)


def table(confusion):
    n = confusion.double()
    return n.diag(), n.sum(1), n.sum(0)


@near("mean_iou")
def of_recall_and_precision(confusion):
    """Hits by the larger of both areas."""
    hits, pixels, predicted = table(confusion)
    most = torch.maximum(pixels, predicted)
    return (hits[most > 0] / most[most > 0]).mean().item()


@near("mean_iou")
def overlap_coefficient(confusion):
    """Hits by the smaller of both areas."""
    hits, pixels, predicted = table(confusion)
    least = torch.minimum(pixels, predicted).clamp(min=1)
    return (hits / least)[pixels + predicted > 0].mean().item()


@near("mean_iou")
def rounded(confusion):
    """Rounded to two digits."""
    return round(RIGHT["mean_iou"](confusion) or 0.0, 2)


def convolution(linear, weight, **options):
    like = {"dtype": linear.weight.dtype, "device": linear.weight.device}
    conv = nn.Conv2d(
        weight.shape[1], len(weight), tuple(weight.shape[2:]), bias=linear.bias is not None, **options, **like
    )
    conv.weight.data.copy_(weight.detach())
    if linear.bias is not None:
        conv.bias.data.copy_(linear.bias.detach())
    return conv


@near("convolutionize")
def rows_turned(linear, feature_shape):
    """Upside down only."""
    return convolution(linear, linear.weight.reshape(-1, *feature_shape).flip(2))


@near("convolutionize")
def mean_over_the_window(linear, feature_shape):
    """Divides the weights by the size of the window."""
    weight = linear.weight.reshape(-1, *feature_shape)
    return convolution(linear, weight / weight[0, 0].numel())


@near("convolutionize")
def bias_of_zeros(linear, feature_shape):
    """A bias there is, of zeros."""
    conv = convolution(linear, linear.weight.reshape(-1, *feature_shape))
    if conv.bias is not None:
        conv.bias.data.zero_()
    return conv


@near("convolutionize")
def bias_twice(linear, feature_shape):
    """The bias is doubled."""
    conv = convolution(linear, linear.weight.reshape(-1, *feature_shape))
    if conv.bias is not None:
        conv.bias.data.mul_(2)
    return conv


@near("convolutionize")
def a_function(linear, feature_shape):
    """No layer, but a function that slides."""
    return lambda x: F.conv2d(x, linear.weight.reshape(-1, *feature_shape), linear.bias)


def kernel(channels, tent):
    found = torch.zeros(channels, channels, len(tent), len(tent))
    found[range(channels), range(channels)] = torch.outer(tent, tent)
    return found


def places(factor):
    size = 2 * factor - factor % 2
    return torch.arange(size), (size - 1) / 2


@near("bilinear_kernel")
def steeper(channels, factor):
    """Falls off by the number of places, not by the factor."""
    at, middle = places(factor)
    return kernel(channels, 1 - (at - middle).abs() / (factor + 0.5))


@near("bilinear_kernel")
def later_middle(channels, factor):
    """The middle is half a place too far to the right, not to the left."""
    at, _ = places(factor)
    return kernel(channels, 1 - (at - factor + factor % 2).abs() / factor)


@near("bilinear_kernel")
def first_channel_alone(channels, factor):
    """A filter for the first channel only."""
    at, middle = places(factor)
    found = kernel(channels, 1 - (at - middle).abs() / factor)
    found[1:] = 0
    return found


def larger(coarse, fine):
    twofold = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    return twofold[:, :, : fine.shape[2], : fine.shape[3]]


@near("fuse_skip")
def cut_at_the_beginning(coarse, fine):
    """Cuts the first row and column off."""
    twofold = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    return twofold[:, :, -fine.shape[2] :, -fine.shape[3] :] + fine


@near("fuse_skip")
def cubic(coarse, fine):
    """Bicubic."""
    twofold = F.interpolate(coarse, scale_factor=2, mode="bicubic", align_corners=False)
    return twofold[:, :, : fine.shape[2], : fine.shape[3]] + fine


@near("fuse_skip")
def difference(coarse, fine):
    """Coarse less fine."""
    return larger(coarse, fine) - fine


@near("fuse_skip")
def fine_detached(coarse, fine):
    """Only the coarse map learns."""
    return larger(coarse, fine) + fine.detach()


class Up(RIGHT["UpBlock"]):
    """The right layers."""

    def after(self, coarse, skip):
        return self.bn(self.conv(torch.cat([coarse, skip], dim=1)))


@near("UpBlock")
class Leaky(Up):
    """A leaky ReLU."""

    def forward(self, coarse, skip):
        larger = F.interpolate(coarse, skip.shape[2:], mode="bilinear")
        return F.leaky_relu(self.after(larger, skip), 0.1)


@near("UpBlock")
class ReluOnInputs(Up):
    """A ReLU on what is stacked, too."""

    def forward(self, coarse, skip):
        larger = F.interpolate(coarse, skip.shape[2:], mode="bilinear")
        return self.after(larger.relu(), skip.relu()).relu()


@near("UpBlock")
class SkipOfZeros(Up):
    """Stacks zeros in the place of the skip."""

    def forward(self, coarse, skip):
        return self.after(F.interpolate(coarse, skip.shape[2:], mode="bilinear"), 0 * skip).relu()


class Unit(RIGHT["FullResolutionResidualUnit"]):
    """The right layers."""

    def new(self, y, z):
        pooled = F.max_pool2d(z, self.scale, ceil_mode=True)
        inner = self.bn1(self.conv1(torch.cat([y, pooled], dim=1))).relu()
        return self.bn2(self.conv2(inner)).relu()

    def repeated(self, small, z):
        for dim in (2, 3):
            small = small.repeat_interleave(self.scale, dim)
        return small[:, :, : z.shape[2], : z.shape[3]]


@near("FullResolutionResidualUnit")
class Subtracted(Unit):
    """Takes the residual away."""

    def forward(self, y, z):
        new = self.new(y, z)
        return new, z - self.repeated(self.to_z(new), z)


@near("FullResolutionResidualUnit")
class FirstCellOnly(Unit):
    """Adds the residual to the first cell of each window."""

    def forward(self, y, z):
        new = self.new(y, z)
        changed = z.clone()
        changed[:, :, :: self.scale, :: self.scale] += self.to_z(new)
        return new, changed


@near("FullResolutionResidualUnit")
class NormTwice(Unit):
    """The first batch norm stands behind both convolutions."""

    def forward(self, y, z):
        pooled = F.max_pool2d(z, self.scale, ceil_mode=True)
        inner = self.bn1(self.conv1(torch.cat([y, pooled], dim=1))).relu()
        new = self.bn1(self.conv2(inner)).relu()
        return new, z + self.repeated(self.to_z(new), z)


@near("FullResolutionResidualUnit")
class StreamCut(Unit):
    """Detaches z on its way."""

    def forward(self, y, z):
        new = self.new(y, z)
        return new, z.detach() + self.repeated(self.to_z(new), z)


@near("FullResolutionResidualUnit")
class SmallestPooled(Unit):
    """Pools by the minimum."""

    def forward(self, y, z):
        pooled = -F.max_pool2d(-z, self.scale, ceil_mode=True)
        inner = self.bn1(self.conv1(torch.cat([y, pooled], dim=1))).relu()
        new = self.bn2(self.conv2(inner)).relu()
        return new, z + self.repeated(self.to_z(new), z)


@near("FullResolutionResidualUnit")
class AdaptivePooled(Unit):
    """Pools to the size of y, whose windows overlap where a size is no multiple of the scale."""

    def forward(self, y, z):
        pooled = F.adaptive_max_pool2d(z, y.shape[2:])
        inner = self.bn1(self.conv1(torch.cat([y, pooled], dim=1))).relu()
        new = self.bn2(self.conv2(inner)).relu()
        return new, z + self.repeated(self.to_z(new), z)
