# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 00 · CNNs, a recap: the exercise
#
# Every later unit stands on a convolutional network. Here we write its parts ourselves, from the sliding window to the
# residual block, and the step that trains them. We count what they cost, and measure what depth and shortcuts do to
# training.

# %% [markdown]
# **You will** write seven functions or modules of 2 to 15 lines and answer one question in words.
# **Time:** about two and a half hours. **Before:** read the lecture `00_cnn_recap`.

# %% [markdown]
# ## How this works
#
# Write your code where it says `raise NotImplementedError`. Keep the names and arguments. After each function stands a
# check: run it as often as you like. It tells you what is wrong, and draws it. The checks use fixed inputs; the grade
# uses others of the same kinds.

# %% [markdown]
# A signature like `image: Float[Tensor, "n c h w"]` says: a float tensor with four axes, here *n* images of *c*
# channels, *h* rows and *w* columns. Letters that occur twice in one signature stand for the same number.

# %% [markdown]
# `Float` means float32 or float64, on the CPU or a GPU, contiguous or not, and the checks try all of them. Let a tensor
# that you make take its type and its device from one that you were given: `image.new_zeros(…)` does.

# %% tags=["given"]
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from course_lib.checks.cnn_recap import check
from course_lib.hooks import evaluating

# %% [markdown]
# ## 1 · Convolution is a matrix product
#
# A filter is a small pattern. We lay it on every place of the image, multiply number by number and add up: the sum is
# large where image and pattern look alike. If we write every window as a column, all sums at once are one matrix
# product, which is what hardware does best.

# %% [markdown]
# <details><summary>Hint: where do the columns come from?</summary>
#
# `F.unfold` cuts the windows out. Read in its documentation which shape comes back, and compare the length of one
# column with the number of weights in one filter. Do both run through channels, rows and columns in the same order?
# </details>
#
# <details><summary>Hint: how high and how wide is the map?</summary>
#
# Put the first window at the upper border of the padded image and move it down. How often can you move it by `stride`
# before its lower edge leaves the image? The last column of unfold's answer is the lower right window.
# </details>
#
# <details><summary>Hint: the shape of the solution</summary>
#
# Write the windows as columns and the filters as rows. Their product has one row for each filter. The bias comes after
# it, and at the end each row is laid out as a map.
# </details>


# %% tags=["solution"]
def conv2d(
    image: Float[Tensor, "n c h w"],
    weight: Float[Tensor, "o c kh kw"],
    bias: Float[Tensor, "o"] | None,
    stride: int,
    padding: int,
) -> Float[Tensor, "n o h_out w_out"]:
    """A convolutional layer, as networks define it: the filter is not flipped (LeCun et
    al., Proc. IEEE 1998).

    Write it yourself: no `F.conv*`, `torch.conv*`, `nn.*Conv*`, `scipy.signal`,
    `scipy.ndimage`, `cv2.filter2D`.

    out[n, o, i, j] = bias[o] + sum over c, y, x of weight[o, c, y, x] * padded[n, c, i
    * stride + y, j * stride + x]

    Args:
        image: n images; n may be 0.
        weight: o filters, each as deep as the image; height and width of a filter may
            differ.
        bias: one number for each filter, or None for no bias.
        stride: pixels from one window to the next, in both directions.
        padding: rows and columns of zeros added on each of the four sides.

    Returns:
        One map for each filter, h_out = floor((h + 2 * padding - kh) / stride) + 1,
        w_out likewise: a window that does not fit entirely is left out. Keeps the
        graph.
    """
    ### BEGIN SOLUTION
    # [n, c * kh * kw, windows]
    columns = F.unfold(image, weight.shape[2:], padding=padding, stride=stride)
    maps = weight.flatten(1) @ columns  # [n, o, windows]
    if bias is not None:
        maps = maps + bias[:, None]
    height = (image.shape[2] + 2 * padding - weight.shape[2]) // stride + 1
    return maps.unflatten(2, (height, -1))
    ### END SOLUTION


# %% tags=["check"]
check("conv2d", conv2d)

# %% [markdown]
# ## 2 · Pooling keeps the strongest response
#
# A filter says at every pixel how well it fits. Often we need to know *that* it fits somewhere near, not where exactly.
# So we keep the largest response of each small window. AlexNet's windows are 3 wide and move by 2, so that neighbours
# overlap.

# %% [markdown]
# <details><summary>Hint: how do I get at the windows?</summary>
#
# A tensor has a method `unfold` of its own: it cuts one axis into pieces that may overlap, and puts the pieces on a new
# axis at the end. An image has two axes to cut.
# </details>
#
# <details><summary>Hint: all my results are 0 or more</summary>
#
# What is the largest of -3, -1 and -2? With which number does your search for it begin?
# </details>
#
# <details><summary>Hint: the shape of the solution</summary>
#
# It has no loop: two cuts, one for each direction, and one maximum. Over which axes of the pieces does it run?
# </details>


# %% tags=["solution"]
def max_pool2d(
    x: Float[Tensor, "n c h w"], kernel: int, stride: int
) -> Float[Tensor, "n c h_out w_out"]:
    """The largest value of each window, in each channel by itself.

    Write it yourself: no `F.*max_pool*`, `torch.max_pool*`, `nn.*MaxPool*`,
    `scipy.ndimage`, `skimage.measure.block_reduce`.

    Args:
        x: n stacks of c maps; n may be 0.
        kernel: height and width of a window, at most h and w.
        stride: pixels from one window to the next, in both directions; it may be
            smaller or larger than `kernel`.

    Returns:
        h_out = floor((h - kernel) / stride) + 1, w_out likewise: no padding, and a
        window that does not fit entirely is left out. Keeps the graph.
    """
    ### BEGIN SOLUTION
    # [n, c, h_out, w_out, kernel, kernel]
    windows = x.unfold(2, kernel, stride).unfold(3, kernel, stride)
    return windows.amax(dim=(4, 5))
    ### END SOLUTION


# %% tags=["check"]
check("max_pool2d", max_pool2d)

# %% [markdown]
# ## 3 · What a network costs
#
# Three numbers decide where a network can run. Parameters have to be stored and learned, activations have to fit into
# memory, and multiply-adds take time. They are in different layers: 96 % of AlexNet's parameters are in its three
# linear layers, and 92 % of its multiply-adds in its convolutions.


# %% tags=["given"]
class Cost(NamedTuple):
    """What a network needs for one image.

    Attributes:
        parameters: learned numbers. A tensor that several layers share counts once;
            buffers, such as the running means of a batch norm, are not learned. Whether
            frozen ones count is left open.
        activations: numbers that come out of the convolutions and linear layers.
        macs: multiply-adds in these layers. A multiplication with the addition behind
            it is one; the bias is not counted.
    """

    parameters: int
    activations: int
    macs: int


# %% [markdown]
# To see what a layer puts out, we do not take the network apart. A *forward hook* is a function that PyTorch calls
# after each call of a module, with that module, its inputs and its output. `register_forward_hook` sets one and returns
# a handle, whose `remove()` takes it away again.

# %% [markdown]
# Before we run a network that somebody lent us, we put it into evaluation mode. Each submodule has a mode of its own: a
# batch norm may have been frozen in a network that trains. `with evaluating(model):`, which is imported above, gives
# each one its mode back at the end of the block. The hooks are yours to remove.

# %% [markdown]
# <details><summary>Hint: how many multiply-adds does a convolution need?</summary>
#
# Look at one single number of the output. Which weights have gone into it? Now count the numbers of the output. With
# groups, a filter is less deep than the image: the shape of `weight` knows that already.
# </details>
#
# <details><summary>Hint: what have I changed in a model that was only lent to me?</summary>
#
# Three things can change although you never assign to a weight: what is registered on the layers, the mode of each
# submodule, and in training mode the batch norm's statistics. Which of them does `evaluating` look after, and which is
# left to you?
# </details>


# %% tags=["solution"]
def count_cost(model: nn.Module, input_shape: tuple[int, int, int]) -> Cost:
    """Count what a model costs for one image.

    Write it yourself: no `torch.utils.flop_counter`, `torchinfo`, `fvcore`, `thop`,
    `ptflops`.

    Args:
        model: any module that takes float32 images [n, c, h, w]. It has parameters, all
            of them float32 and on one device, which may be "meta", where tensors have
            shapes but no numbers.
        input_shape: (c, h, w) of one image.

    Returns:
        Activations and multiply-adds count every *call* of an `nn.Conv2d` or
        `nn.Linear`, wherever it stands in the model and with groups, strides and
        dilation as it has them; no other layers. Afterwards the model is as before: its
        hooks, its buffers, and the mode of each submodule.
    """
    ### BEGIN SOLUTION
    activations = macs = 0

    def add(layer, inputs, output):
        nonlocal activations, macs
        activations += output.numel()
        # one filter, or one row of the matrix, for each number
        macs += output.numel() * layer.weight[0].numel()

    kinds = nn.Conv2d | nn.Linear
    layers = [module for module in model.modules() if isinstance(module, kinds)]
    hooks = [layer.register_forward_hook(add) for layer in layers]
    with evaluating(model), torch.no_grad():
        model(next(model.parameters()).new_zeros(1, *input_shape))
    for hook in hooks:
        hook.remove()
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return Cost(parameters, activations, macs)
    ### END SOLUTION


# %% tags=["check"]
check("count_cost", count_cost)

# %% [markdown]
# ## 4 · How much does a unit see?
#
# A unit of the third layer looks at a small window of the second, whose units look at windows of the first. On the
# image this adds up to the *receptive field*. What lies outside it cannot change the unit. VGG's three 3×3 layers see
# as much as one 7×7 layer, with 27 weights instead of 49 for each pair of channels.

# %% [markdown]
# <details><summary>Hint: what does one more layer add?</summary>
#
# Draw two 3×3 layers on a strip of paper, in one dimension. The second layer's outer windows reach beyond the middle
# one's on both sides: by how many pixels? Then draw it again with a first layer that moves by 2.
# </details>
#
# <details><summary>Hint: the shape of the solution</summary>
#
# Go through the layers in order and keep two numbers: how much a unit sees so far, and how far apart the patches of two
# neighbours lie. Which of the two does a layer need to know before it changes the other?
# </details>


# %% tags=["solution"]
def receptive_field(layers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """What one unit behind a chain of layers sees of the image, along one axis.

    Write it yourself: no `course_lib.explorers`.

    Args:
        layers: (kernel, stride) of each convolution or pooling, from the input to the
            output; may be empty. A kernel of size k with dilation d counts as d * (k -
            1) + 1.

    Returns:
        size: width of the receptive field in pixels, from the first that the unit sees
            to the last; pixels between them that a large stride passes over count as
            well. 1 before the first layer.
        stride: pixels of the image between the receptive fields of two neighbouring
            units; 1 before the first layer.
    """
    ### BEGIN SOLUTION
    size = stride = 1
    for kernel, step in layers:
        size += (kernel - 1) * stride
        stride *= step
    return size, stride
    ### END SOLUTION


# %% tags=["check"]
check("receptive_field", receptive_field)

# %% [markdown]
# ## 5 · An inception module
#
# Which filter size is right, 1×1, 3×3 or 5×5? GoogLeNet does not choose: it runs all of them side by side and stacks
# what comes out. That would be expensive, so cheap 1×1 convolutions first reduce the number of channels that the larger
# filters have to read.

# %% [markdown]
# <details><summary>Hint: PyTorch complains before my first layer is made</summary>
#
# A module keeps a list of its layers. Who creates that list? Every `__init__` of a module begins with the same line.
# </details>
#
# <details><summary>Hint: the branches do not fit together</summary>
#
# Write down height and width behind each branch for a map of 7×9. Each size of window, the pooling's too, needs a
# padding of its own so that both stay. Only the number of channels may differ: which axis is that?
# </details>


# %% tags=["solution"]
class InceptionModule(nn.Module):
    """Four branches side by side (Szegedy et al., Going deeper with convolutions, CVPR
    2015, figure 2b).

    Write it yourself: no `torchvision.models.googlenet`,
    `torchvision.models.inception`.
    """

    def __init__(
        self,
        in_channels: int,
        ch1x1: int,
        ch3x3red: int,
        ch3x3: int,
        ch5x5red: int,
        ch5x5: int,
        pool_proj: int,
    ):
        """Make six `nn.Conv2d` with bias and stride 1 under these names; all keep
        height and width.

        conv1: 1×1, in_channels to ch1x1. reduce3, conv3: 1×1, in_channels to ch3x3red;
        3×3, ch3x3red to ch3x3. reduce5, conv5: 1×1, in_channels to ch5x5red; 5×5,
        ch5x5red to ch5x5. project: 1×1, in_channels to pool_proj.
        """
        ### BEGIN SOLUTION
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, ch1x1, 1)
        self.reduce3 = nn.Conv2d(in_channels, ch3x3red, 1)
        self.conv3 = nn.Conv2d(ch3x3red, ch3x3, 3, padding=1)
        self.reduce5 = nn.Conv2d(in_channels, ch5x5red, 1)
        self.conv5 = nn.Conv2d(ch5x5red, ch5x5, 5, padding=2)
        self.project = nn.Conv2d(in_channels, pool_proj, 1)
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d h w"]:
        """The channels of conv1, conv3, conv5 and project, in this order, d = ch1x1 +
        ch3x3 + ch5x5 + pool_proj.

        A ReLU follows each of the six convolutions. `project` reads the input after a
        3×3 max pooling of stride 1, which keeps height and width (its border counts as
        minus infinity). n may be 0.
        """
        ### BEGIN SOLUTION
        medium = self.conv3(self.reduce3(x).relu())
        large = self.conv5(self.reduce5(x).relu())
        pooled = self.project(F.max_pool2d(x, 3, stride=1, padding=1))
        return torch.cat([self.conv1(x), medium, large, pooled], dim=1).relu()
        ### END SOLUTION


# %% tags=["check"]
check("InceptionModule", InceptionModule)

# %% [markdown]
# ## 6 · A residual block
#
# A deeper network should never be worse: its extra layers could simply pass on what they get. Yet training does not
# find even that for plain layers. He et al. therefore add the input to the output. Now a block whose weights are 0 does
# no harm.
#
# By hand: to pass on (2, 5), F(x) must be (0, 0), and weights of 0 do that.

# %% [markdown]
# <details><summary>Hint: when can the input be added as it is?</summary>
#
# Two tensors are added element by element, so all four axes must agree. Which arguments of the block decide about
# channels, which about height and width? If either changes, the shortcut must change in the same way.
# </details>
#
# <details><summary>Hint: the shapes fit, the values do not</summary>
#
# Read your `forward` as a drawing: two ways leave the input and meet at the plus sign. What lies on each of them, and
# what behind the sign? And is `x` still the input when you add it?
# </details>


# %% tags=["solution"]
class ResidualBlock(nn.Module):
    """Two 3×3 layers and a shortcut around both (He et al., Deep residual learning,
    CVPR 2016, figure 2).

    Write it yourself: no `torchvision.models.resnet`, `course_lib.deepnet`.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        """Make these layers under these names; no convolution has a bias.

        conv1, bn1: 3×3 `nn.Conv2d` with the block's stride, in_channels to
        out_channels, padding 1; `nn.BatchNorm2d`. conv2, bn2: 3×3 with stride 1,
        out_channels to out_channels, padding 1; batch norm. shortcut: `nn.Identity()`
        where stride is 1 and in_channels equals out_channels; otherwise an
        `nn.Sequential` of a 1×1 convolution with the block's stride and a batch norm,
        in this order (the paper's option B).
        """
        ### BEGIN SOLUTION
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels, out_channels, 3, stride, padding=1, bias=False
        )
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Identity()
        if stride > 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))
        ### END SOLUTION

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d i j"]:
        """relu(F(x) + shortcut(x)), where F is conv1, bn1, ReLU, conv2, bn2 in this
        order. n may be 0 in eval mode.
        """
        ### BEGIN SOLUTION
        inner = self.bn1(self.conv1(x)).relu()
        return (self.bn2(self.conv2(inner)) + self.shortcut(x)).relu()
        ### END SOLUTION


# %% tags=["check"]
check("ResidualBlock", ResidualBlock)

# %% [markdown]
# ## 7 · One step of training
#
# So far our networks stood still. All learning is one step, taken again and again: measure on a few images how wrong
# the network is, and move every weight a little against its gradient. The lecture's `fit` takes it for us in every
# unit; this time we write the step itself.

# %% [markdown]
# **By hand, with one weight.** One image of a single pixel, x = 2, belongs to class 0. The logits are w · x for class 0
# and 0 for class 1. We begin at w = 0, with a learning rate of 0.5:
#
# | | first step | second step |
# |---|---|---|
# | weight w | 0 | 0.5 |
# | probability of class 0, p = 1 / (1 + exp(−w · x)) | 0.5 | 0.731 |
# | loss, −ln p | 0.693 | 0.313 |
# | gradient of the loss, (p − 1) · x | −1 | −0.538 |
# | new weight, w − 0.5 · gradient | 0.5 | 0.769 |

# %% [markdown]
# The loss falls from step to step. Now two things that go wrong easily. PyTorch *adds* each new gradient to the one
# that it finds: with −1 still there, the second step would follow −1.538. And were the image in the first batch twice,
# the *sum* of both losses would have the gradient −2, their *mean* −1, as for a single image.

# %% [markdown]
# <details><summary>Hint: in which order?</summary>
#
# Note for each call what it reads and what it writes. Three of them touch the gradients: one clears them, one adds to
# them, one reads them. In which order does the reader find the gradient of this batch, and nothing else? What has to
# happen before the images pass the network, and what must be known before the weights have moved?
# </details>
#
# <details><summary>Hint: what does it look like in the end?</summary>
#
# A handful of lines without a loop and without an `if`, each of them one call. Network, loss and optimizer have the
# methods for it. `F.cross_entropy` says in its documentation whether it expects logits or probabilities, and whether it
# gives a sum or a mean. A tensor with one number has a method that gives it as Python's.
# </details>


# %% tags=["solution"]
def train_step(
    model: nn.Module,
    images: Float[Tensor, "n c h w"],
    labels: Int64[Tensor, "n"],
    optimizer: torch.optim.Optimizer,
) -> float:
    """Take one step of training on one mini-batch.

    L = -1/n * sum over i of log softmax(model(images)[i])[labels[i]]

    weight = weight - rate * dL/dweight

    The second line is plain stochastic gradient descent; AlexNet's has momentum and
    weight decay as well (Krizhevsky et al., NIPS 2012, section 5). How far the gradient
    moves the weights is the optimizer's business: call its `step` once.

    Args:
        model: gives logits [n, classes]. It is put into training mode, with all of its
            submodules, and stays in it. The images pass it once: a batch norm moves its
            running statistics by one batch.
        images: one or more, of the model's type and on its device; the mean over one
            is its own loss.
        labels: the right classes, from 0.
        optimizer: SGD, Adam or the like; it holds some or all of the model's parameters
            and no others. Those that it does not hold stay as they are, and so do those
            with `requires_grad=False`.

    Returns:
        L before the step, the mean over the batch, as a plain number without a graph.
        Gradients that were there before do not count; those of this step may stay or
        go.
    """
    ### BEGIN SOLUTION
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% tags=["check"]
check("train_step", train_step)

# %% [markdown]
# ## The experiment, part one: what do the famous networks cost?
#
# Seven parts are written. We begin with networks of the lecture and ask *your* `count_cost` what they cost. On
# PyTorch's device "meta", tensors have shapes but no numbers: VGG-16's 550 MB need no memory at all.

# %% tags=["given"]
import copy

import matplotlib.pyplot as plt
from torchvision import models

from course_lib import plots, training
from course_lib.data import digits
from course_lib.data.photos import photo
from course_lib.data.sheets import chance, sheets
from course_lib.deepnet import DeepNet, PlainBlock
from course_lib.explorers.depth import draw_reached
from course_lib.figures import figure
from course_lib.metrics import accuracy
from course_lib.training import trained
from course_lib.trainings import shipped

# %% [markdown]
# torchvision's AlexNet has one tower. The paper's had two, one for each GPU, which met only in layer 3 and in the
# linear layers: layers 2, 4 and 5 have two groups. We write it down as the paper's figure 2 draws it.


# %% tags=["given"]
def papers_alexnet() -> nn.Sequential:
    """AlexNet as in Krizhevsky, Sutskever, Hinton (NIPS 2012), for 3×227×227, without
    its local normalisation.
    """
    pool = nn.MaxPool2d(3, 2)
    return nn.Sequential(
        *(nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(), pool),
        *(nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), pool),
        *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), pool, nn.Flatten()),
        *(
            nn.Linear(9216, 4096),
            nn.ReLU(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, 1000),
        ),
    )


def googlenet() -> nn.Module:
    """torchvision's, without the auxiliary classifiers, which only help in training."""
    return models.googlenet(aux_logits=False, init_weights=False)


# %% [markdown]
# Predict, before you run the cell: which of the five networks in its list has the fewest parameters, and which needs
# the most multiplications?

# %% tags=["experiment"]
FAMOUS = {
    "AlexNet, the paper's": (papers_alexnet, 227),
    "AlexNet, torchvision's": (models.alexnet, 224),
    "VGG-16": (models.vgg16, 224),
    "GoogLeNet": (googlenet, 224),
    "ResNet-50": (models.resnet50, 224),
}
with torch.device("meta"):
    costs = {
        name: count_cost(build(), (3, side, side))
        for name, (build, side) in FAMOUS.items()
    }
print(f"{'':24}{'parameters':>14}{'units':>14}{'multiply-adds':>18}")
for name, cost in costs.items():
    print(f"{name:24}{cost.parameters:14,}{cost.activations:14,}{cost.macs:18,}")

# %% [markdown]
# GoogLeNet has the fewest parameters, a twentieth of VGG-16's, and a single linear layer. VGG-16 needs the most
# multiplications, and its linear layers alone have twice as many parameters as all of AlexNet. Does your function count
# what has been published?

# %% tags=["experiment"]
PUBLISHED = {  # parameters; units where the lecture names them
    "AlexNet, the paper's": (60_965_224, 659_272),
    "AlexNet, torchvision's": (61_100_840, 494_184),
    "VGG-16": (138_357_544, None),
    "GoogLeNet": (6_624_904, None),
    "ResNet-50": (25_557_032, None),
}
for name, numbers in PUBLISHED.items():
    counted = zip(numbers, costs[name], strict=False)
    missed = [
        f"{ours:,} for {known:,}"
        for known, ours in counted
        if known not in (None, ours)
    ]
    print(f"{name}: {', '.join(missed) or 'as published'}")

# %% [markdown]
# The "60 million parameters and 650,000 neurons" of AlexNet's abstract are what you have just counted, and so are the
# 138 million of VGG's Table 2.
#
# **Small filters, many layers.** VGG replaced a 7×7 layer by three of 3×3. Do they see the same patch, and what do they
# cost? `receptive_field` and `count_cost` answer both.

# %% tags=["experiment"]
large, small = [(7, 1)], [(3, 1)] * 3
for name, stack in (("one 7×7 layer", large), ("three 3×3 layers", small)):
    layers = [nn.Conv2d(64, 64, kernel, bias=False) for kernel, _ in stack]
    cost = count_cost(nn.Sequential(*layers), (64, 28, 28))
    seen, _ = receptive_field(stack)
    print(f"{name}: {cost.parameters:,} parameters, sees {seen} × {seen} pixels")

# %% [markdown]
# 45 % fewer parameters for the same patch. (The paper puts it the other way round: 7×7 has 81 % more; Simonyan,
# Zisserman, ICLR 2015, section 2.3.)

# %% [markdown]
# **1×1 reductions.** GoogLeNet's first module, called 3a, has branches of 64, 128, 32 and 32 channels. What would the
# same 1×1, 3×3 and 5×5 filters cost on all 192 input channels, without the reductions before them?

# %% tags=["experiment"]
reduced = count_cost(InceptionModule(192, 64, 96, 128, 16, 32, 32), (192, 28, 28)).macs
branches = [
    nn.Conv2d(192, filters, side, padding=side // 2)
    for filters, side in ((64, 1), (128, 3), (32, 5))
]
naive = sum(count_cost(branch, (192, 28, 28)).macs for branch in branches)
print(f"Inception 3a: {reduced / 1e6:.0f} M multiply-adds, naive {naive / 1e6:.0f} M")

# %% [markdown]
# Less than half, although the reduced module has six convolutions and the naive one three.

# %% [markdown]
# ## Part two: is pooling robust to translations?
#
# "Pooling makes the network robust to small translations", one reads. The lecture found two meanings in this sentence.
# A map is *invariant* if it stays the same when the image moves. It is *equivariant* if it moves along. We measure both
# on a colour photograph. The convolution and the pooling are yours.


# %% tags=["given"]
class Stage(nn.Module):
    """Eight random 5×5 filters, ReLU, and pooling of `size` pixels; with `mean`, the
    mean of each map at the end.
    """

    def __init__(self, size: int, mean: bool = False):
        super().__init__()
        self.weight = (
            torch.randn(8, 3, 5, 5, generator=torch.Generator().manual_seed(0))
            / 75**0.5
        )
        self.size, self.mean = size, mean

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 8 i j"]:
        maps = conv2d(x - x.mean(), self.weight, None, stride=1, padding=2).relu()
        maps = max_pool2d(maps, self.size, self.size) if self.size > 1 else maps
        return maps.mean(dim=(2, 3), keepdim=True) if self.mean else maps


# %% tags=["given"]
@torch.no_grad()
def changes(
    stage: Stage, image: Float[Tensor, "c h w"], shifts: Sequence[int], follow: bool
) -> list[float]:
    """By how many percent a map changes when the image moves to the right in a circle:
    the sum of all differences over the sum of all responses.

    With `follow`, the map is first moved back by the nearest whole number of places.
    """
    still, found = stage(image[None]), []
    for shift in shifts:
        moved = stage(image.roll(shift, dims=2)[None])
        if follow:
            moved = moved.roll(-round(shift / stage.size), dims=3)
        found.append(100 * float((moved - still).abs().sum() / still.abs().sum()))
    return found


# %% [markdown]
# Predict: after a shift of one pixel, does a map that was pooled 2×2 still look the same? And one pooled 8×8? Which of
# them moves along with a shift of 4 pixels, and which with a shift of 8?

# %% tags=["experiment"]
cat = photo("chelsea")[:, :240, 100:340].float() / 255
SHIFTS = range(13)
stages = {
    "no pooling": Stage(1),
    "2×2": Stage(2),
    "4×4": Stage(4),
    "8×8": Stage(8),
    "8×8, then mean": Stage(8, mean=True),
}
axes = plt.subplots(1, 2, figsize=(12, 4), sharey=True, layout="constrained")[1]
titles = "as it lies: invariant where 0", "moved back: equivariant where 0"
for ax, title, follow in zip(axes, titles, (False, True), strict=True):
    lines = {n: changes(stage, cat, SHIFTS, follow) for n, stage in stages.items()}
    plots.curve(SHIFTS, lines, "shift in pixels", "change of the map (%)", ax, title)
axes[0].set_ylim(-2, 100)
plots.show(axes, "shift sensitivity")

# %% [markdown]
# Left: after one pixel the maps have changed by 27 % without pooling, by 18 % when pooled 2×2, and by 6 % when pooled
# 8×8. Pooling makes small shifts count less, but it makes nothing invariant. Only the mean over the whole map comes
# near to that, and it forgets *where*.

# %% [markdown]
# Right: without pooling the map moves along with every shift. (The 1 to 2 % that remain are the border, where the zeros
# of the padding stay in place.) A pooled map moves along only with multiples of its stride, and half-way between two of
# them an 8×8 map is 20 % off. Zhang (ICML 2019) shows how to pool so that less changes.

# %% [markdown]
# ## Part three: how deep can we go?
#
# Deeper networks can express more. So they should reach a lower *training* error, shouldn't they? We train networks
# with 8, 20, 32 and 56 layers on 1,297 real handwritten digits, once plain, once with your `ResidualBlock`.

# %% tags=["given"]
DEPTHS, STEPS, BATCH, RATE = (8, 20, 32, 56), 90, 64, 3e-3
train_images, train_labels = digits("train")
test_images, test_labels = digits("test")


def batches(images: Tensor, labels: Tensor):
    """The function that gives the i-th mini-batch of BATCH digits."""

    def batch(index: int) -> tuple[Tensor, Tensor]:
        chosen = torch.randint(
            len(images), (BATCH,), generator=torch.Generator().manual_seed(index)
        )
        return images[chosen], labels[chosen]

    return batch


def loss(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy over the ten digits."""
    return nn.functional.cross_entropy(model(images), labels)


# %% [markdown]
# **Overfit ten digits first.** The cheapest test of a network: can it learn ten images by heart? We take 30 of
# your training steps. The loss should fall from about 2.3, which is ln 10, to below 0.1.

# %% tags=["experiment"]
torch.manual_seed(0)
axes = plots.image_grid(
    train_images[:10], [str(int(label)) for label in train_labels[:10]], columns=10
)
plots.show(axes, "ten digits to overfit")
model = DeepNet(8, ResidualBlock)
optimizer = torch.optim.AdamW(model.parameters(), RATE)
ten = train_images[:10], train_labels[:10]
losses = [train_step(model, *ten, optimizer) for _ in range(30)]
print(f"loss at the start {losses[0]:.2f}, after 30 steps {sum(losses[-3:]) / 3:.2f}")

# %% [markdown]
# **Before we train** we look at what the first step will see, and at what it will do. How long is the gradient of each
# layer's weights? And how far does the optimiser move these weights, compared with their own length? This is a small
# task that we solve for you.


# %% tags=["given"]
def first_step(
    model: nn.Module, batch: tuple[Tensor, Tensor]
) -> dict[str, tuple[float, float]]:
    """For the weights of each convolution and linear layer: the length of their
    gradient, and the length of AdamW's first step over their own length. The model
    stays as it was.
    """
    model = copy.deepcopy(model)
    loss(model, *batch).backward()
    layers = {
        name: layer.weight
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    }
    before = {name: weight.detach().clone() for name, weight in layers.items()}
    rate = training.learning_rate(0, STEPS, RATE)
    torch.optim.AdamW(model.parameters(), rate).step()
    steps = {
        name: float((weight.detach() - before[name]).norm() / before[name].norm())
        for name, weight in layers.items()
    }
    return {n: (weight.grad.norm().item(), steps[n]) for n, weight in layers.items()}


# %% [markdown]
# Eight trainings of 90 steps need about 25 seconds of one processor core, and longer where others use it, too. Each is
# reported as it ends. Predict first which of the eight *training* accuracies fall behind, and in which order.

# %% tags=["experiment"]
BLOCKS = {"plain": PlainBlock, "residual": ResidualBlock}
reached, starts = {}, {}
for name, block in BLOCKS.items():
    for depth in DEPTHS:
        torch.manual_seed(0)
        model = DeepNet(depth, block).train()
        batch = batches(train_images, train_labels)
        starts[name, depth] = first_step(model, batch(0))
        training.fit(model, batch, loss, STEPS, RATE)
        reached[name, depth] = accuracy(model, train_images, train_labels)
        print(
            f"{name}, {depth} layers: training accuracy {reached[name, depth]:.3f}",
            flush=True,
        )

# %% [markdown]
# One random start proves little. The course has run the same trainings from three starts, and longer ones. Your run
# (black stars) should lie near the left panel's lines.

# %% tags=["experiment"]
long = shipped("depth")
print(long)
axes = draw_reached(long.results, DEPTHS, (90, 270))
for name in BLOCKS:
    yours = [100 * reached[name, depth] for depth in DEPTHS]
    axes[0].plot(DEPTHS, yours, "k*", markersize=9, zorder=3)
plots.show(axes, "training accuracy by depth")

# %% [markdown]
# This is not overfitting: with depth, the *training* accuracy of plain networks falls. Nor is the plain network of 56
# layers stuck: it reaches 42 % after 270 steps and 81 % after 810 (means of three starts). It is slower to optimise.
# With shortcuts, or with 20 layers, 90 steps are enough for 99 %.

# %% [markdown]
# **Is it the gradient?** Here is what `first_step` found in the two networks of 56 layers. Look at both panels before
# you answer.

# %% tags=["experiment"]
# all but the projections
common = [layer for layer in starts["plain", 56] if layer in starts["residual", 56]]
axes = plt.subplots(1, 2, figsize=(12, 4), layout="constrained")[1]
for ax, which, label in zip(
    axes, (0, 1), ("gradient", "first step over weights"), strict=True
):
    lines = {
        f"{name}, 56 layers": [starts[name, 56][layer][which] for layer in common]
        for name in BLOCKS
    }
    plots.curve(range(1, len(common) + 1), lines, "layer, from the image", label, ax)
axes[0].set_yscale("log")
axes[1].set_ylim(0, 0.02)
plots.show(axes, "gradients of 56 layers")

# %% [markdown]
# Left: in the plain network the gradient *grows* on its way back to the image, by about 15 % per layer, until it is two
# thousand times as long. So it does not vanish; it explodes. With shortcuts it grows some twentyfold.

# %% [markdown]
# Right: AdamW divides that out. Both networks take almost the same first step in every layer. The size of the gradients
# does not explain the difference in accuracy. Now the same in numbers, from the course's three starts.


# %% tags=["experiment"]
def over_seeds(name: str) -> list[float]:
    """A measured quantity of the shipped trainings, one number for each start."""
    return long.results[name].tolist()


def difference(more: str, less: str) -> list[float]:
    """How much more training accuracy one kind of training reaches, for each start."""
    pairs = zip(
        over_seeds(f"{more}: training accuracy"),
        over_seeds(f"{less}: training accuracy"),
        strict=True,
    )
    return [100 * (a - b) for a, b in pairs]


# %% tags=["experiment"]
display(
    figure(
        "training accuracy after 90 steps, 56 layers: residual less plain",
        difference("residual 56, 90 steps", "plain 56, 90 steps"),
        target=20,
        unit="points",
        paper="plain networks of 56 layers train worse than those of 20 (He et al., "
        "CVPR 2016, figure 1)",
    ),
    figure(
        "training accuracy after 270 steps, 56 layers: residual less plain",
        difference("residual 56, 270 steps", "plain 56, 270 steps"),
        target=20,
        unit="points",
        paper="three times as many iterations do not help (CVPR 2016, section 4.1)",
    ),
)

# %% tags=["experiment"]
display(
    figure(
        "training accuracy after 90 steps, plain: 20 layers less 56",
        difference("plain 20, 90 steps", "plain 56, 90 steps"),
        unit="points",
    ),
    figure(
        "training accuracy after 810 steps, plain: 20 layers less 56",
        difference("plain 20, 810 steps", "plain 56, 810 steps"),
        unit="points",
    ),
)

# %% tags=["experiment"]
gradients = long.results["plain 56: gradients"]
updates = {name: long.results[f"{name} 56: updates"] for name in BLOCKS}
display(
    figure(
        "gradient at the start, plain, 56 layers: first layer over last convolution",
        (gradients[:, 0] / gradients[:, -2]).tolist(),
        unit="times",
    ),
    figure(
        "first step over weights, first of 56 layers: plain over residual",
        (updates["plain"][:, 0] / updates["residual"][:, 0]).tolist(),
        unit="times",
    ),
)

# %% [markdown]
# ## The network that you hand in
#
# It is a residual network of 20 layers, made of your blocks, with a harder task than before. A digit stands anywhere on
# a sheet of 12 × 12 pixels, a little turned. The paper is uneven, and a stroke lies on it that belongs to no digit.

# %% tags=["experiment"]
few = sheets(train_images[:10], chance(2014))
names = [str(int(label)) for label in train_labels[:10]]
axes = plots.image_grid(few, names, columns=10)
plots.show(axes, "ten sheets")

# %% [markdown]
# The grade asks about sheets that nobody has seen. Could one compare them pixel by pixel with sheets whose digits are
# known, and take the nearest ones? Among 120,000 sheets that finds half of the digits: the nearest are those with
# similar paper and the digit in the same place.

# %% [markdown]
# A convolution looks everywhere with the same filters, and the mean at the network's end forgets where it found
# something. Our network learns from 38,400 sheets, each seen once. Their digits are 1,081 of the known ones. The
# others, a sixth, are for validation.
#
# `trained` calls `fit` once and writes `00_cnn_recap.safetensors` beside this notebook. The next time it loads that
# file.


# %% tags=["given"]
VALIDATION = len(train_images) // 6  # of the known digits, the first


def on_sheets(index: int) -> tuple[Tensor, Tensor]:
    """The i-th mini-batch, each digit on a sheet that no other batch has."""
    learned = batches(train_images[VALIDATION:], train_labels[VALIDATION:])
    images, labels = learned(index)
    return sheets(images, chance(index)), labels


def fit() -> dict[str, Tensor]:
    """Train the network and return its state."""
    torch.manual_seed(0)
    model = DeepNet(20, ResidualBlock).train()
    training.fit(model, on_sheets, loss, steps=600, lr=RATE)
    return model.state_dict()


# %% tags=["given"]
@torch.no_grad()
def predict(images: Float[Tensor, "n 1 12 12"]) -> Int64[Tensor, "n"]:
    """The digit on each sheet. Pixels are 0 … 1, and ink is light."""
    model = DeepNet(20, ResidualBlock)
    model.load_state_dict(weights)
    return model.eval()(images).argmax(dim=1)


# %% tags=["fit"]
weights = trained("00_cnn_recap", fit)

# %% tags=["check"]
check("experiment", predict)

# %% [markdown]
# **Look at the mistakes first.** Which digits does it confuse, and would you have read them? These are validation
# digits. If you change anything about the training, choose by them.

# %% tags=["experiment"]
val_labels = train_labels[:VALIDATION]
val_sheets = sheets(train_images[:VALIDATION], chance(2014))
predicted = predict(val_sheets)
wrong = (predicted != val_labels).nonzero().flatten().tolist()
print(
    f"accuracy on {len(val_sheets)} sheets with validation digits: "
    f"{1 - len(wrong) / len(val_sheets):.3f}"
    " (around 0.88; below 0.8 something is wrong)"
)
shown = (wrong + [i for i in range(len(val_sheets)) if i not in wrong])[:10]
axes = plots.image_grid(
    val_sheets[shown],
    [f"{val_labels[i]}: says {predicted[i]}" for i in shown],
    columns=10,
)
plots.show(axes, "misread digits")

# %% [markdown]
# Only when all choices are made do we ask about the 500 test digits, once.

# %% tags=["experiment"]
test_sheets = sheets(test_images, chance(2015))
right = (predict(test_sheets) == test_labels).float().mean()
print(f"accuracy on {len(test_sheets)} sheets with test digits: {right:.3f}")

# %% [markdown]
# Your `conv2d` computes what PyTorch computes, in a trained network as well. Here is the trained network's first layer,
# computed by your function for one sheet. On the left is the sheet, beside it the activation maps of eight of the 16
# filters.

# %% tags=["experiment"]
first = conv2d(test_sheets[:1], weights["first.0.weight"], None, stride=1, padding=1)
library = nn.functional.conv2d(test_sheets[:1], weights["first.0.weight"], padding=1)
print(f"largest difference to PyTorch's: {(first - library).abs().max():.1e}")
responses = [(one - one.min()) / (one.max() - one.min()) for one in first[0, :8, None]]
titles = ["the sheet", *[f"filter {number}" for number in range(8)]]
axes = plots.image_grid([test_sheets[0], *responses], titles, columns=9)
plots.show(axes, "first layer by your conv2d")

# %% [markdown]
# The filters answer to strokes and edges in many directions.

# %% [markdown] tags=["written"]
# ## One question in words (4 points)
#
# After equally many steps, the plain network of 56 layers had a lower *training* accuracy than the one of 20. Why is
# this not overfitting? Why could 56 layers, in principle, always do at least as well? What does the shortcut change
# about this? What do the gradients and first steps of part three explain, and what not? Four to eight sentences.
#
# ### BEGIN MARK SCHEME
# - 1 point: overfitting means that training error is low and test error high. Here the training error itself is
#   higher: the network is not optimised as well in as many steps.
# - 1 point: the 36 further layers could be the identity; then both networks compute the same. So a good solution
#   exists, and the optimiser does not find it in these steps.
# - 1 point: with a shortcut a block computes x + F(x): identity is F = 0, which is easy to reach.
# - 1 point: at the start the plain network's gradients do not vanish; they grow towards the image, more than a
#   thousandfold in 56 layers. But AdamW's first step, compared with the weights, is the same in both networks, so the
#   gradients' size does not explain the difference. (That no step suits all layers is *not* a right answer here.)
# - Half a point is possible for each. A right reason in other words counts.
# ### END MARK SCHEME

# %% [markdown]
# ## What to hand in
#
# Two files: this notebook and `00_cnn_recap.safetensors`, which lies beside it. With the second one, the grade uses the
# network that you trained; without it, the network is trained again while grading.
