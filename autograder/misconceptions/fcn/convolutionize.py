"""Unit 05: wrong versions of `convolutionize`."""

from torch import nn

from autograder.misconceptions import wrong


def _made(linear, weight, bias=True, **options):
    """A convolution with a copy of these weights and of the layer's bias."""
    outputs, channels, *kernel = weight.shape
    like = {"dtype": linear.weight.dtype, "device": linear.weight.device}
    bias = bias and linear.bias is not None
    conv = nn.Conv2d(channels, outputs, tuple(kernel), bias=bias, **options, **like)
    conv.weight.data.copy_(weight.detach())
    if bias:
        conv.bias.data.copy_(linear.bias.detach())
    return conv


@wrong(
    "convolutionize",
    "hwc-view",
    "`flatten` runs over channels first, then rows, then columns: give the weights that order.",
)
def hwc_view(linear, feature_shape):
    channels, height, width = feature_shape
    return _made(linear, linear.weight.reshape(-1, height, width, channels).permute(0, 3, 1, 2))


@wrong("convolutionize", "w-h-swapped", "Height and width of your kernel are exchanged.")
def w_h_swapped(linear, feature_shape):
    channels, height, width = feature_shape
    return _made(linear, linear.weight.reshape(-1, channels, width, height))


@wrong(
    "convolutionize",
    "columns-first",
    "Your kernel has the right size, but you read the weights column by column. `flatten` runs along the rows.",
)
def columns_first(linear, feature_shape):
    channels, height, width = feature_shape
    return _made(linear, linear.weight.reshape(-1, channels, width, height).transpose(2, 3))


@wrong(
    "convolutionize",
    "fresh-weights",
    "The layer has the right shape but has forgotten what it knew: copy the weights.",
)
def fresh_weights(linear, feature_shape):
    channels, height, width = feature_shape
    return nn.Conv2d(channels, linear.out_features, (height, width), bias=linear.bias is not None)


@wrong("convolutionize", "fresh-bias", "The weights are copied, the bias is not: it is left as it was made at random.")
def fresh_bias(linear, feature_shape):
    conv = fresh_weights(linear, feature_shape)
    conv.weight.data.copy_(linear.weight.detach().reshape(conv.weight.shape))
    return conv


@wrong("convolutionize", "bias-lost", "The bias is missing: each output of the layer has one number added.")
def bias_lost(linear, feature_shape):
    return _made(linear, linear.weight.reshape(-1, *feature_shape), bias=False)


@wrong(
    "convolutionize",
    "same-padding",
    "With padding you classify windows that do not exist. The first output belongs to the first whole window.",
)
def same_padding(linear, feature_shape):
    padding = feature_shape[1] // 2, feature_shape[2] // 2
    return _made(linear, linear.weight.reshape(-1, *feature_shape), padding=padding)


@wrong(
    "convolutionize",
    "one-by-one",
    "A 1×1 convolution sees one cell; this layer sees height × width of them.",
)
def one_by_one(linear, feature_shape):
    return _made(linear, linear.weight[:, :, None, None])


@wrong(
    "convolutionize",
    "window-stride",
    "Your windows lie side by side and never overlap. The convolution moves by one cell.",
)
def window_stride(linear, feature_shape):
    return _made(linear, linear.weight.reshape(-1, *feature_shape), stride=feature_shape[1:])


@wrong(
    "convolutionize",
    "turned",
    "You turn the filter by 180°. What PyTorch calls a convolution slides it as it is.",
)
def turned(linear, feature_shape):
    return _made(linear, linear.weight.reshape(-1, *feature_shape).flip(2, 3))


@wrong(
    "convolutionize",
    "frozen",
    "Your convolution answers rightly but learns no longer: its weights take no gradient.",
)
def frozen(linear, feature_shape):
    return _made(linear, linear.weight.reshape(-1, *feature_shape)).requires_grad_(False)


@wrong(
    "convolutionize",
    "shared-memory",
    "The convolution shares its memory with the layer: whoever trains the one changes the other. Make a copy.",
    slip=True,
)
def shared_memory(linear, feature_shape):
    conv = _made(linear, linear.weight.reshape(-1, *feature_shape))
    conv.weight = nn.Parameter(linear.weight.detach().view(conv.weight.shape))
    conv.bias = linear.bias
    return conv


@wrong(
    "convolutionize",
    "no-bias-fails",
    "Your function fails for a layer without bias: then the convolution has none either.",
    slip=True,
)
def no_bias_fails(linear, feature_shape):
    if linear.bias is None:
        raise AttributeError("'NoneType' object has no attribute 'detach'")
    return _made(linear, linear.weight.reshape(-1, *feature_shape))
