"""The networks that units build on: the course's own, EfficientNet-Lite0 and torchvision's ResNets behind one call.

`backbone(name)` gives one of them, `Trunk` its first stages for a detector, `classify(image)` what ImageNet's thousand
classes say of a photograph.
"""

from course_lib.models.backbone import Backbone, backbone
from course_lib.models.imagenet import classify, imagenet_classifier, imagenet_logits, imagenet_names
from course_lib.models.lite0 import Lite0
from course_lib.models.small import SmallResNet
from course_lib.models.trunk import Trunk
from course_lib.models.weights import load_tensors, recipe

__all__ = [
    "Backbone",
    "Lite0",
    "SmallResNet",
    "Trunk",
    "backbone",
    "classify",
    "imagenet_classifier",
    "imagenet_logits",
    "imagenet_names",
    "load_tensors",
    "recipe",
]
