"""Every explorer of the course on data that are small and leave no control idle, for the tests."""

from types import SimpleNamespace

import numpy as np
import torch

from course_lib.data.bodies import LEEDS
from course_lib.data.pose import Person
from course_lib.data.words import Words
from course_lib.explorers import (
    channels,
    cnn_recap,
    depth,
    embeddings,
    faces,
    fast_rcnn,
    faster_rcnn,
    fcn,
    latents,
    neighbours,
    pose,
    rcnn,
    services,
    transfer_learning,
)
from course_lib.explorers.duplicates import Split, most_similar

RNG = torch.Generator().manual_seed(0)
GREY = torch.rand(64, 64, generator=RNG)
PHOTO = torch.randint(0, 256, (3, 120, 160), dtype=torch.uint8, generator=RNG)
LARGE = torch.randint(0, 256, (3, 512, 512), dtype=torch.uint8, generator=RNG)
SCENES = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8, generator=RNG)
OBJECTS = torch.tensor([[4.0, 4, 20, 20], [33, 30, 60, 62]])
CHAIN = torch.tensor([[0.0, 0, 40, 40], [15, 0, 55, 40], [30, 0, 70, 40]])  # A-B and B-C overlap by 0.45, A-C by 0.14
SCORES = torch.tensor([0.9, 0.8, 0.7])
MAP = torch.arange(64.0).view(8, 8)
NORMS = {
    "plain": {n: [[n + i / 2] + [1.0] * (n - 1) for i in range(3)] for n in (8, 20, 32)},
    "residual": {n: [[2.0] + [1.0] * (n - 2) + [4.0]] * 3 for n in (8, 20, 32)},
}
NAMES = ("cat", "duck", "kite")
IMAGES = torch.randint(0, 256, (9, 3, 16, 16), dtype=torch.uint8, generator=RNG)
LABELS = torch.arange(9) % 3
SIZES = {"stem": 400, "stage1": 2000, "stage2": 30_000, "head": 120}
LOSSES = ["loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"]


def convolution_view():
    return cnn_recap.convolution_explorer(GREY)


def field_view():
    return cnn_recap.receptive_field_explorer(PHOTO, (70, 60))


def channels_view():
    """Four channels of three photographs: the responses are other numbers everywhere."""
    images = {"cat": PHOTO, "painted": PHOTO.flip(2), "cup": LARGE}
    maps = {name: torch.rand(4, 4, 5, generator=torch.Generator().manual_seed(i)) for i, name in enumerate(images)}
    return channels.channels_explorer(images, maps, channel=1)


def depth_view():
    return depth.depth_explorer({"gradient": NORMS, "first step": NORMS})


def predictions():
    """Other answers for each choice: the k-th is wrong where the binary digits of k are 1."""
    choices = [(network, layer, n) for network in ("pretrained", "random") for layer in SIZES for n in (1, 2, 6)]
    answers = {network: {layer: {} for layer in SIZES} for network in ("pretrained", "random")}
    for k, (network, layer, n) in enumerate(choices):
        wrong = k >> torch.arange(9) & 1
        answers[network][layer][n] = (LABELS + wrong) % 3
    return answers


def probe_view():
    return transfer_learning.probe_explorer(IMAGES, LABELS, NAMES, predictions())


def rates_view():
    return transfer_learning.rates_explorer(SIZES, classes=3)


def neighbours_view():
    spaces = {"pixels": IMAGES.flatten(1) / 255, "perfect": LABELS[:, None] * 10.0 + torch.arange(9)[:, None] / 10}
    galleries = {
        "drawings": neighbours.Gallery(IMAGES, LABELS, NAMES, spaces),
        "patches": neighbours.Gallery(IMAGES.flip(0), 0 * LABELS, NAMES, spaces),
    }
    return neighbours.neighbours_explorer(galleries)


def scenes():
    """Two scenes of 64 pixels, with two objects and with one."""
    return [SimpleNamespace(image=SCENES[0], boxes=OBJECTS), SimpleNamespace(image=SCENES[1], boxes=OBJECTS[:1])]


def methods():
    """Proposals of two methods for both scenes: one finds the objects, the other none."""
    good = torch.cat([OBJECTS[1:], OBJECTS - 3])
    return {"good": [good] * 2, "bad": [torch.tensor([[0.0, 0, 5, 5], [40, 40, 60, 60]])] * 2}


def proposals_view():
    return rcnn.proposals_explorer(scenes(), methods())


def nms_view():
    return rcnn.nms_explorer(LARGE, CHAIN, SCORES)


def regression_view():
    return rcnn.regression_explorer(SCENES[0], {"near": (OBJECTS[0] + 3, OBJECTS[0]), "far": tuple(OBJECTS)})


def pooling_view():
    return fast_rcnn.roi_pool_explorer(LARGE[:, :128, :128].contiguous(), MAP, torch.tensor([16.0, 16, 64, 64]))


def smooth_l1_view():
    return fast_rcnn.smooth_l1_explorer()


def sampling_view():
    shift = torch.arange(-24.0, 25) / 2  # a row of boxes that move over an object: each is another
    regions = OBJECTS[0] + torch.stack([shift, 0 * shift, shift, 0 * shift], dim=1)
    return fast_rcnn.sampling_explorer(scenes(), [regions, regions])


def anchors_view():
    return faster_rcnn.anchors_explorer(scenes(), 8, (12, 24))


def budget_view():
    curves = {iou: {"good": [0.2, 0.8, 1.0], "bad": [0.0, 0.1, 0.2]} for iou in (0.5, 0.7)}
    return faster_rcnn.budget_explorer(scenes(), methods(), [1, 2, 3], curves)


def weights_view():
    gradients = torch.randn(4, 2, 64, 16, 16, generator=torch.Generator().manual_seed(0))
    return faster_rcnn.loss_weights_explorer(SCENES, gradients, LOSSES)


def masks_of_two():
    """Class maps of two scenes: background, a person and a car."""
    masks = np.zeros((2, 64, 64), dtype=np.uint8)
    masks[0, 10:37, 7:30], masks[1, 21:50, 30:55], masks[0, 40:60, 33:62] = 1, 1, 2
    return masks


def upsampling_view():
    return fcn.upsampling_explorer([torch.from_numpy(mask > 0) for mask in masks_of_two()])


def skip_view():
    masks = masks_of_two()
    maps = {f"FCN-{stride}s": np.roll(masks, stride // 8, axis=1) for stride in (32, 16, 8)}
    return fcn.skip_explorer(SCENES.numpy(), masks, maps, classes=3)


def threshold_view():
    probability = torch.randint(0, 256, (2, 64, 64), dtype=torch.uint8, generator=RNG).numpy()
    return fcn.threshold_explorer(SCENES.numpy(), masks_of_two(), probability, label=1, name="person")


def persons():
    """Two persons whose joints all lie in places of their own, and no two of them alike."""
    joints = 6 + 52 * torch.rand(2, len(LEEDS.joints), 2, generator=torch.Generator().manual_seed(1))
    known, box = torch.ones(len(LEEDS.joints), dtype=torch.bool), torch.tensor([0.0, 0, 64, 64])
    return [Person(image, places, known, box, "one") for image, places in zip(SCENES, joints, strict=True)]


def radius_view():
    return pose.radius_explorer(persons(), LEEDS)


def heatmap_view():
    heatmaps = torch.rand(2, len(LEEDS.joints), 16, 16, generator=torch.Generator().manual_seed(2))
    found = 64 * torch.rand(2, len(LEEDS.joints), 2, generator=torch.Generator().manual_seed(3))
    return pose.heatmap_explorer(persons(), heatmaps, found, LEEDS)


def flip_view():
    return pose.flip_explorer(persons(), LEEDS)


def triplet_view():
    return faces.triplet_explorer()


def pairs_view():
    """Distances in two spaces, over the whole range of thresholds."""
    same, different = 3 * torch.rand(2, 200, generator=torch.Generator().manual_seed(4))
    return faces.threshold_explorer({"good": (0.8 * same, different), "bad": (same, different)})


def map_view():
    vectors = torch.rand(9, 4, generator=torch.Generator().manual_seed(5))
    return faces.embedding_explorer(IMAGES, LABELS, {"one": vectors, "other": vectors.roll(2, dims=0)})


def analogy_view():
    """Forty words of noise."""
    names = tuple(f"word{i}" for i in range(40))
    words = Words(names, torch.randn(40, 6, generator=torch.Generator().manual_seed(1)), "noise")
    return embeddings.analogy_explorer(words, names[:5])


def parallelogram_view():
    table = torch.randn(70, 70, generator=torch.Generator().manual_seed(2))
    names = [f"word{i}" for i in range(70)]
    return embeddings.parallelogram_explorer(names, table, {f"{i}": (names[2 * i], names[2 * i + 1]) for i in range(4)})


def sliders_view():
    """Three latents of four numbers; a picture of 8 pixels is a sum of four patterns, and the judge tells its mean."""
    patterns = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(3)) / 8
    faces, steps = torch.rand(2, 3, 4, generator=torch.Generator().manual_seed(4))
    concepts = {"smiling": steps[0], "glasses": steps[1]}

    def decode(some):
        return 0.5 + torch.einsum("nd,dchw->nchw", some - 0.5, patterns)

    return latents.sliders_explorer(decode, faces, concepts, lambda images: [f"{image.mean():.4f}" for image in images])


def confidence_view():
    logits = 3 * torch.randn(60, 3, generator=torch.Generator().manual_seed(6))
    return services.confidence_explorer(logits, torch.arange(60) % 3)


def duplicates_view():
    """Nine test pictures, three of them copies, in two spaces that find other ones alike."""
    spaces = torch.rand(2, 2, 9, 4, generator=torch.Generator().manual_seed(7))
    split = Split(IMAGES, IMAGES.flip(3), np.arange(9) < 3)
    return services.duplicates_explorer(split, {"one": most_similar(*spaces[0]), "other": most_similar(*spaces[1])})


def contamination_view():
    new, copied = torch.rand(2, 48, generator=torch.Generator().manual_seed(8)).numpy()
    return services.contamination_explorer(new < 0.3, copied[:24] < 0.9)


QUICK = (convolution_view, field_view, channels_view, probe_view, rates_view, neighbours_view, proposals_view, nms_view)
QUICK += (regression_view, pooling_view, smooth_l1_view, sampling_view, anchors_view, budget_view, weights_view)
QUICK += (upsampling_view, skip_view, threshold_view, radius_view, heatmap_view, flip_view)
QUICK += (triplet_view, pairs_view, map_view)
QUICK += (analogy_view, parallelogram_view, sliders_view)
QUICK += (confidence_view, duplicates_view, contamination_view)
SECONDS = dict.fromkeys(QUICK, 0.05) | {depth_view: 0.25}  # of a redraw; matplotlib draws the gradients anew
