"""What ImageNet's thousand classes say of a photograph, by EfficientNet-Lite0."""

from functools import cache

import torch
from jaxtyping import Float32
from torch import Tensor, nn

from course_lib.errors import DataBroken
from course_lib.models import weights
from course_lib.models.backbone import Backbone, backbone

SIDE = 224  # pixels: what the network was trained on


@cache
def imagenet_names() -> tuple[str, ...]:
    """The names of ImageNet's thousand classes in the order of their numbers, as torchvision lists them."""
    from torchvision.models import ResNet50_Weights

    return tuple(ResNet50_Weights.DEFAULT.meta["categories"])


def imagenet_classifier() -> nn.Linear:
    """EfficientNet-Lite0's last layer: an embedding of ``backbone("lite0")``, 1,280 numbers, to a thousand scores."""
    tensors = weights.lite0()
    with torch.device("meta"):
        layer = nn.Linear(*reversed(tensors["classifier.weight"].shape))
    layer.load_state_dict({name: tensors[f"classifier.{name}"] for name in ("weight", "bias")}, assign=True)
    return layer.requires_grad_(False)


def imagenet_logits(image: Tensor) -> Float32[Tensor, "1000"]:
    """EfficientNet-Lite0's scores of ImageNet's thousand classes for a uint8 image [3, h, w]; their softmax are
    probabilities.

    The image is RGB, 0 … 255, of any size; its largest square around the centre is seen at 224 × 224 pixels.
    `read_image` makes such an image of any file, grey, CMYK and 16-bit ones too. Raises DataBroken for any other
    tensor.
    """
    if image.dtype != torch.uint8 or image.ndim != 3 or len(image) != 3 or not image.numel():
        raise DataBroken(
            "This is no image that can be classified.",
            expected="a uint8 tensor [3, height, width], RGB, 0 … 255",
            got=f"{image.dtype} {list(image.shape)}",
            advice="course_lib.data.images.read_image(path) reads any file so; or image.expand(3, -1, -1) for grey",
        )
    from torchvision.transforms.v2 import InterpolationMode
    from torchvision.transforms.v2.functional import center_crop, resize

    net, layer = _network()
    square = center_crop(image, [min(image.shape[1:])])
    pixels = resize(square, [SIDE, SIDE], InterpolationMode.BICUBIC)[None].float() / 255
    with torch.no_grad():
        return layer(net.embed(pixels))[0]


def classify(image: Tensor, k: int = 5) -> list[tuple[str, float]]:
    """The `k` likeliest of ImageNet's classes for an image, with their probabilities in falling order.

    See `imagenet_logits` for the image. The probabilities of all thousand sum to one, whatever it shows.
    """
    chances, classes = imagenet_logits(image).softmax(dim=0).topk(k)
    return [(imagenet_names()[number], float(chance)) for chance, number in zip(chances, classes, strict=True)]


@cache
def _network() -> tuple[Backbone, nn.Linear]:
    return backbone("lite0"), imagenet_classifier()
