"""Heatmaps of human poses: disks against Gaussians, supervision of each hourglass, mirrored images, eight radii.

The network of the first seed is kept: its weights in course_lib/weights, and in course_lib/trainings what it says of
some persons of val, for pictures.
"""

import hashlib
import json
import math
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from autograder import reference
from course_lib import training, trainings
from course_lib.data.bodies import LEEDS
from course_lib.download import atomic_write
from course_lib.models import weights

RECIPE = (
    "Two hourglasses of 48 channels on a pretrained backbone: 1,000 portraits of Tinytown's persons, 64 pixels, "
    "heatmaps of stride 4, 900 steps of 16 persons, the same ones for all. Disks of radius 1 cell; Gaussians that fall "
    "to one half at the disk's edge; a loss of the last hourglass alone; no mirrored persons; mirrored ones whose "
    "sides keep their names; and one trunk with a head for each of eight radii. PCK@0.2, mean of 14 joints, on 500 "
    "persons of val, where the number of persons, steps, rate and radius were chosen on one seed, and on 1,000 test "
    "persons; of the disks' network also on grey pictures. Seconds are those of one core."
)
SEEDS = (0, 1, 2)
STEPS, RATE = 900, 5e-3
RADII = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)  # in cells
ALPHAS = tuple(step / 20 for step in range(1, 11))
SHOWN = 12  # persons of val, from the worst to the best
DRAWN = "disks", "names forgotten"
own = reference.load("06_pose")


def run(seed: int) -> dict[str, float | list[float]]:
    """Of each training PCK on val and test and its seconds; per joint, and for other limits, of the first one."""
    known = own["crops"]("train", own["PERSONS"], own["SIDE"])
    persons = {split: own["crops"](split, own[f"{split.upper()}S"], own["SIDE"]) for split in ("val", "test")}
    found, networks = {}, {}
    for name, how in jobs().items():
        networks[name], found[f"{name}: seconds"] = learned(known, seed, **how)
        for split, some in persons.items():
            places = own["places"](networks[name], own["stacked"](some)[0])
            found[f"{name}: {split} PCK"] = own["correct"](places, some).mean().item()
            found[f"{name}: {split} PCK without sides"] = own["sideless"](places, some).mean().item()
        found[f"{name}: pairs within a cell"] = together(places, persons["test"])
    found |= details(networks["disks"], persons["test"]) | swept(known, persons, seed) | reached(known, seed)
    if seed == SEEDS[0]:
        keep(networks["disks"], found["disks: seconds"])
        draw({name: networks[name] for name in DRAWN}, persons["val"])
    return found


def jobs() -> dict[str, dict]:
    """What differs between the trainings."""
    sigma = own["RADIUS"] / math.sqrt(2 * math.log(2))
    return {
        "disks": {},
        "Gaussians": {"targets": partial(own["bells_of"], sigma=sigma)},
        "last hourglass alone": {"loss": last_alone},
        "not mirrored": {"flips": 0.0},
        "names forgotten": {"pairs": ()},
    }


def last_alone(network: nn.Module, images: Tensor, targets: Tensor, annotated: Tensor) -> Tensor:
    """The loss without intermediate supervision."""
    return own["heatmap_loss"](network(images)[-1], targets, annotated)


def learned(known, seed: int, maps: int = 14, loss: Callable | None = None, **how) -> tuple[nn.Module, float]:
    """A trained network, and the processor seconds that it took."""
    torch.manual_seed(seed)
    network, started = own["network"](maps).train(), time.process_time()
    batch = own["batches"](known, seed=seed, **how)
    training.fit(network, batch, loss or own["loss"], STEPS, RATE, progress=False)
    return network.eval(), round(time.process_time() - started, 1)


def together(places: Tensor, persons) -> float:
    """The share of pairs of sides, of test persons, whose joints are found within a cell of each other."""
    annotated = own["stacked"](persons)[2]
    left, right = map(list, zip(*persons.body.pairs, strict=True))
    apart = (places[:, left] - places[:, right]).norm(dim=2)[annotated[:, left] & annotated[:, right]]
    return (apart <= own["STRIDE"]).double().mean().item()


def views(joints: Tensor, torsos: Tensor) -> list[Tensor]:
    """Which persons are seen from the front, from behind, and from a side: by how far the left shoulder is to the right
    of the right one, in torsos.
    """
    left, right = (joints[:, LEEDS.joints.index(f"{side} shoulder"), 0] for side in ("left", "right"))
    across = (left - right) / torsos
    return [across > 0.4, across < -0.4, across.abs() <= 0.4]


def details(network: nn.Module, persons) -> dict[str, list[float] | float]:
    """Per joint, for several limits, by the side that is seen, of grey pictures, and of the first hourglass."""
    images, joints, annotated, torsos = own["stacked"](persons)
    places = own["places"](network, images)
    first = own["decode_heatmaps"](own["heatmaps"](network, images, 0), own["STRIDE"])
    curve = [own["correct"](places, persons, alpha).mean().item() for alpha in ALPHAS]
    grey = own["places"](network, torch.full_like(images, 128))
    seen = [
        own["pck"](places[rows], joints[rows], annotated[rows], torsos[rows], own["ALPHA"]).nanmean().item()
        for rows in views(joints, torsos)
    ]
    return {
        "disks: test PCK seen from the front, from behind, from a side": seen,
        "disks: test PCK of grey pictures": own["correct"](grey, persons).mean().item(),
        "true pairs within a cell": together(joints, persons),
        "disks: test PCK per joint": own["correct"](places, persons).tolist(),
        "disks: test PCK at alpha 0.05 … 0.5": curve,
        "disks: test PCK of the first hourglass": own["correct"](first, persons).mean().item(),
    }


def swept(known, persons: dict, seed: int) -> dict[str, list[float] | float]:
    """PCK of eight radii: one trunk, one head per radius."""

    def targets(joints: Tensor, annotated: Tensor) -> Tensor:
        return torch.cat([own["disks_of"](joints, annotated, radius) for radius in RADII], dim=1)

    def loss(network: nn.Module, images: Tensor, targets: Tensor, annotated: Tensor) -> Tensor:
        return own["loss"](network, images, targets, annotated.repeat(1, len(RADII)))

    network, seconds = learned(known, seed, 14 * len(RADII), loss, targets=targets)
    found = {"radii: seconds": seconds}
    for split, some in persons.items():
        places = own["places"](network, own["stacked"](some)[0]).chunk(len(RADII), dim=1)
        found[f"radii: {split} PCK"] = [own["correct"](one, some).mean().item() for one in places]
    return found


def reached(known, seed: int) -> dict[str, float]:
    """The length of the gradient of a new network's first hourglass, from both losses and from the last one alone."""
    found = {}
    for name, loss in {"both losses": own["loss"], "the last loss": last_alone}.items():
        torch.manual_seed(seed)
        network = own["network"](14).train()
        loss(network, *own["batches"](known, seed=seed)(0)).backward()
        lengths = [weight.grad.norm() for weight in network.hourglasses[0].parameters()]
        found[f"first hourglass's gradient from {name}"] = torch.stack(lengths).norm().item()
    return found


def keep(network: nn.Module, seconds: float) -> None:
    """Write the weights in half precision, and beside them how they were made."""
    tensors = {
        f"disks/{key}": (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in network.state_dict().items()
    }
    content = save(tensors)
    told = {
        "command": "python -m tools.trainings pose",
        "seed": SEEDS[0],
        "steps": STEPS,
        "seconds": round(seconds),
        "sha256": hashlib.sha256(content).hexdigest(),
        "torch": torch.__version__,
    }
    with atomic_write(weights.WEIGHTS / "pose.safetensors") as path:
        path.write_bytes(content)
    with atomic_write(weights.WEIGHTS / "pose.json") as path:
        path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def draw(networks: dict[str, nn.Module], persons) -> None:
    """Write what the networks say of some persons: see `course_lib.trainings.pictures`."""
    images, joints, annotated, reference_lengths = own["stacked"](persons)
    near = (own["places"](networks["disks"], images) - joints).norm(dim=2) <= 0.2 * reference_lengths[:, None]
    shares = ((near & annotated).sum(dim=1) / annotated.sum(dim=1)).masked_fill(reference_lengths.isnan(), 2)
    ranked = shares.argsort(stable=True)[: int((shares <= 1).sum())]
    rows = ranked[torch.linspace(0, len(ranked) - 1, SHOWN).long()]
    arrays = {"images": images[rows], "joints": joints[rows], "annotated": annotated[rows]}
    for name, network in networks.items():
        maps = own["heatmaps"](network, images[rows])
        arrays[name] = own["decode_heatmaps"](maps, own["STRIDE"])
        arrays[f"{name}: heatmaps"] = (255 * maps.sigmoid()).round().byte()
    with atomic_write(trainings.FOLDER / "pose.npz") as path, path.open("wb") as file:
        np.savez_compressed(file, **{name: array.numpy() for name, array in arrays.items()})
