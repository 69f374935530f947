"""Five networks for segmentation at equal work: FCN-32s, FCN-16s, FCN-8s, an encoder–decoder, and FRRN from scratch.

Those of the first seed are kept: their weights in course_lib/weights, and in course_lib/trainings what they say of a
few scenes of val, for pictures.
"""

import hashlib
import json
import time
from collections.abc import Iterable

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from autograder import reference
from course_lib import training, trainings
from course_lib.download import atomic_write
from course_lib.models import weights

RECIPE = (
    "FCN-32s, FCN-16s, FCN-8s and an encoder–decoder on one pretrained encoder, FRRN from random weights: 400 Tinytown "
    "scenes of 128 pixels, 600 steps of 8 images, the same ones for all; an encoder learns at a third of the rate. "
    "FCN-8s also from random weights. Mean IoU over all pixels and within 2 pixels of true borders, on 100 scenes of "
    "val, where rates, the loss's weights and the decoder's widths were chosen on one seed, and on 100 test scenes. "
    "Seconds are those of one core."
)
SEEDS = (0, 1, 2)
STEPS, RATE = 600, 3e-3
SHOWN = (3, 21, 29, 32, 56, 60, 81, 88)  # scenes of val
PERSON = 1
own = reference.load("05_fcn")


def run(seed: int) -> dict[str, float]:
    """Of each network mean IoU on val and test, over all pixels and near borders, and its seconds."""
    known = list(own["segmentation"]("train", own["SCENES"]))
    scenes = {
        "val": list(own["segmentation"]("val", own["VALS"])),
        "test": list(own["segmentation"]("test", own["TESTS"], start=own["FIRST"])),
    }
    jobs = [(name, True) for name in own["NAMES"]] + [("FCN-8s", False)]
    found, networks = {}, {}
    for name, pretrained in jobs:
        network, seconds = learned(name, known, seed, pretrained)
        told = name if pretrained else f"{name} from scratch"
        if pretrained:
            networks[name] = network
        for split, some in scenes.items():
            masks = [own["classes_of"](network, one.image) for one in some]
            found[f"{told}: {split} mean IoU"], found[f"{told}: {split} boundary IoU"] = own["measured"](masks, some)
        found[f"{told}: seconds"] = seconds
    if seed == SEEDS[0]:
        keep(networks, sum(found[f"{name}: seconds"] for name in networks))
        draw(networks, scenes["val"])
    return found


def learned(name: str, known: list, seed: int, pretrained: bool) -> tuple[nn.Module, float]:
    """A trained network, and the processor seconds that it took."""
    torch.manual_seed(seed)
    network, started = own["network"](name, pretrained).train(), time.process_time()
    how = {"groups": own["groups"](network, RATE), "progress": False}
    training.fit(network, own["batches"](known, seed=seed), own["loss"], STEPS, RATE, **how)
    return network.eval(), round(time.process_time() - started, 1)


def keep(networks: dict[str, nn.Module], seconds: float) -> None:
    """Write the weights in half precision, and beside them how they were made."""
    tensors = {
        f"{name}/{key}": halved(value) for name, one in networks.items() for key, value in one.state_dict().items()
    }
    content = save(tensors)
    told = {
        "command": "python -m tools.trainings segmentation",
        "seed": SEEDS[0],
        "steps": STEPS,
        "seconds": round(seconds),
        "sha256": hashlib.sha256(content).hexdigest(),
        "torch": torch.__version__,
    }
    with atomic_write(weights.WEIGHTS / "segmentation.safetensors") as path:
        path.write_bytes(content)
    with atomic_write(weights.WEIGHTS / "segmentation.json") as path:
        path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def halved(value: Tensor) -> Tensor:
    """Numbers of 16 bits; whole numbers as they are."""
    return (value.half() if value.is_floating_point() else value).contiguous()


def draw(networks: dict[str, nn.Module], scenes: list) -> None:
    """Write what the networks say of some scenes: see `course_lib.trainings.pictures`."""
    some = [scenes[index] for index in SHOWN]
    arrays = {"images": stacked(one.image for one in some), "masks": stacked(one.mask for one in some)}
    for name, network in networks.items():
        arrays[name] = stacked(own["classes_of"](network, one.image) for one in some)
    arrays["person"] = stacked(chance(networks["FCN-8s"], one.image) for one in some)
    with atomic_write(trainings.FOLDER / "segmentation.npz") as path, path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def stacked(maps: Iterable[Tensor]) -> np.ndarray:
    """As one array of bytes."""
    return torch.stack(list(maps)).to(torch.uint8).numpy()


@torch.no_grad()
def chance(network: nn.Module, image: Tensor) -> Tensor:
    """The probability of a person in each pixel, times 255."""
    return (255 * network(image[None].float() / 255).softmax(dim=1)[0, PERSON]).round()
