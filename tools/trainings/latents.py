"""Arithmetic with latents of portraits: a variational autoencoder and a DCGAN, beside arithmetic with pixels.

The networks of the first seed are kept: weights in course_lib/weights, some sums in course_lib/trainings.
"""

import hashlib
import itertools
import json
import time
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional as F

from autograder import reference
from course_lib import training, trainings
from course_lib.data import tinyfaces
from course_lib.download import atomic_write
from course_lib.models import dcgan, weights
from course_lib.models.attributes import AttributeNet
from course_lib.models.realism import Realism
from course_lib.models.vae import LATENT, VAE, elbo

RECIPE = (
    "Tinyfaces' 400 people of the training with 20 portraits each, half of the pictures mirrored: a variational "
    "autoencoder with 64 latents in 5000 steps of 32 pictures, and a DCGAN in 2000. A classifier, the same for all "
    "seeds, learns attributes and people in 1000 steps of 64. Sums are one with other - other + neither for the twelve "
    "ordered pairs of attributes, 20 of each, of three exemplars each that the classifier chose and found realistic, "
    "or, tried on val afterwards, of ten or thirty and with steps of 1.5: encoded portraits of 200 test people, or "
    "4000 generated ones. Realistic is what lies as near to the faces of the "
    "training as 95 % of val's do, by the means and deviations of the maps of the classifier's layers (Lee et al., "
    "NeurIPS 2018)."
)
SEEDS = (0, 1, 2)
NOISE, VAE_STEPS, VAE_RATE, VAE_BATCH = 0.03, 5000, 4e-3, 32
GAN_STEPS, GAN_RATE, GAN_BATCH = 2000, 4e-4, 32
NET_STEPS, NET_RATE, NET_BATCH = 1000, 3e-3, 64
TRIED = {3: 1.0, 10: 1.5, 30: 1.5}  # exemplars, of which the first are the paper's; how far to go along the vector
TRIPLES = 20  # of each ordered pair of attributes
DRAWN = 4000  # latents of a network among which exemplars are found
REAL = 0.95  # of unseen real faces are as near to those of the training as a picture that counts as realistic
T = tuple(step / 10 for step in range(11))
WAYS = 200  # pairs of latents
own = reference.load("08_embeddings")


def run(seed: int) -> dict[str, float | list[float]]:
    """How often sums of latents and of pixels are right and realistic, how realistic interpolations are."""
    judge, found = the_judge(), dict(the_judge().measured)
    vae, seconds = autoencoder(seed)
    found["VAE: seconds"] = seconds
    generator, seconds = generated(seed)
    found["DCGAN: seconds"] = seconds
    rng = torch.Generator().manual_seed(seed)
    test = tinyfaces.portraits("test").images.float() / 255
    sources = {
        "VAE, encoded": (vae.decode, passed(lambda images: vae.encode(images)[0], test), test),
        "VAE, generated": drawn(vae.decode, rng),
        "DCGAN, generated": drawn(generator, rng),
    }
    found |= there_and_back(judge, test, passed(vae.decode, sources["VAE, encoded"][1]))
    sheets = {}
    for name, (decode, latents, images) in sources.items():
        faces = Shown(decode, latents, images, judge.attributes(images), judge.realistic(images))
        for exemplars, step in TRIED.items():
            measured, sheet = arithmetic(judge, faces, exemplars, step, rng)
            sheets.setdefault(name, sheet)
            found |= {f"{name}: {exemplars} exemplars, {what}": value for what, value in measured.items()}
        found |= {f"{name}: {what}": value for what, value in interpolated(judge, decode, latents, rng).items()}
    if seed == SEEDS[0]:
        keep({"vae": vae, "generator": generator, "attributes": judge.network})
        draw(sheets)
    return found


@torch.no_grad()
def passed(network, rows: Tensor) -> Tensor:
    """What a network makes of many rows."""
    return torch.cat([network(part) for part in rows.split(500)])


def rows_of(count: int, batch: int, seed: int):
    """The function that gives the i-th batch's rows, and which of them to mirror."""

    def chosen(i: int) -> tuple[Tensor, Tensor]:
        rng = torch.Generator().manual_seed(1_000_003 * seed + i)
        return torch.randint(count, (batch,), generator=rng), torch.rand(batch, generator=rng) < 0.5

    return chosen


def mirrored(images: Tensor, flips: Tensor) -> Tensor:
    """Pictures from 0 to 1, some of them mirrored."""
    images = images.float() / 255
    return torch.where(flips[:, None, None, None], images.flip(3), images)


def autoencoder(seed: int) -> tuple[VAE, float]:
    """A variational autoencoder, and how long its training took."""
    images = tinyfaces.portraits("train").images
    chosen, started = rows_of(len(images), VAE_BATCH, seed), time.process_time()
    torch.manual_seed(seed)
    network = VAE().to(memory_format=torch.channels_last)

    def batch(i: int) -> tuple[Tensor]:
        rows, flips = chosen(i)
        return (mirrored(images[rows], flips),)

    training.fit(network, batch, lambda model, x: elbo(model, x, NOISE), VAE_STEPS, VAE_RATE, progress=False)
    return network.eval().requires_grad_(False), round(time.process_time() - started, 1)


def generated(seed: int) -> tuple[nn.Module, float]:
    """A DCGAN's generator, and how long its training took."""
    images = tinyfaces.portraits("train").images
    chosen, started = rows_of(len(images), GAN_BATCH, seed), time.process_time()
    torch.manual_seed(seed)
    generator, discriminator = dcgan.Generator(), dcgan.Discriminator()
    for network in (generator, discriminator):
        network.train().to(memory_format=torch.channels_last)
    steps = [
        torch.optim.Adam(network.parameters(), GAN_RATE, betas=(0.5, 0.999)) for network in (discriminator, generator)
    ]
    for i in range(GAN_STEPS):
        rows, flips = chosen(i)
        fakes = generator(torch.randn(GAN_BATCH, LATENT))
        real, fake = discriminator(mirrored(images[rows], flips)), discriminator(fakes.detach())
        updated(steps[0], F.softplus(-real).mean() + F.softplus(fake).mean())
        updated(steps[1], F.softplus(-discriminator(fakes)).mean())
    return generator.eval().requires_grad_(False), round(time.process_time() - started, 1)


def updated(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step down."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


class Judge:
    """Names attributes, and says whether a picture looks like a face: as near to those of the training as others."""

    def __init__(self, network: AttributeNet, seconds: float):
        self.network = network
        parts = {split: tinyfaces.portraits(split) for split in ("train", "val", "test")}
        pictures = {split: part.images.float() / 255 for split, part in parts.items()}
        self.real = Realism(network, pictures["train"])
        self.limit = self.real.limit(pictures["val"], REAL)
        right = (passed(network, pictures["test"]) > 0) == parts["test"].attributes
        self.measured = {
            "classifier: accuracy": right.double().mean(dim=0).tolist(),
            "classifier: all four right": right.all(dim=1).double().mean().item(),
            "classifier: seconds": seconds,
            "real test faces: realistic": self.realistic(pictures["test"]).double().mean().item(),
        }

    def realistic(self, images: Tensor) -> Tensor:
        """Which pictures look like faces."""
        return self.real.distance(images) <= self.limit

    def attributes(self, images: Tensor) -> Tensor:
        """Which attributes each picture shows."""
        return passed(self.network, images) > 0


@cache
def the_judge() -> Judge:
    """One judge for all seeds."""
    train, started = tinyfaces.portraits("train"), time.process_time()
    chosen = rows_of(len(train), NET_BATCH, 0)
    torch.manual_seed(0)
    network = AttributeNet().to(memory_format=torch.channels_last)

    def batch(i: int) -> tuple[Tensor, Tensor, Tensor]:
        rows, flips = chosen(i)
        return mirrored(train.images[rows], flips), train.attributes[rows].float(), train.identities[rows]

    def loss(model: nn.Module, images: Tensor, attributes: Tensor, people: Tensor) -> Tensor:
        found, who = model(images)
        return F.binary_cross_entropy_with_logits(found, attributes) + 0.1 * F.cross_entropy(who, people)

    training.fit(Both(network).train(), batch, loss, NET_STEPS, NET_RATE, progress=False)
    return Judge(network.eval().requires_grad_(False), round(time.process_time() - started, 1))


class Both(nn.Module):
    """Attributes and people at once."""

    def __init__(self, network: AttributeNet):
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.features(images)
        return self.network.attributes(features), self.network.people(features)


def drawn(decode, rng: torch.Generator) -> tuple:
    """A network, latents from the normal distribution, and its pictures of them."""
    latents = torch.randn(DRAWN, LATENT, generator=rng)
    return decode, latents, passed(decode, latents)


class Shown(NamedTuple):
    """Faces of a network, and what the judge says of them."""

    decode: Callable[[Tensor], Tensor]
    latents: Tensor
    images: Tensor
    attributes: Tensor
    realistic: Tensor


def there_and_back(judge: Judge, images: Tensor, decoded: Tensor) -> dict[str, float | list[float]]:
    """What an autoencoder loses: squared error, and for which share of the pictures the judge says the same again."""
    kept = (judge.attributes(decoded) == judge.attributes(images)).double().mean(dim=0)
    return {"VAE: error": float((decoded - images).square().mean()), "VAE: attributes kept": kept.tolist()}


def sums(faces: Shown, exemplars: int, rng: torch.Generator) -> list[tuple[Tensor, Tensor]]:
    """Rows of exemplars [3, e] for "one with other - other + neither", and what should come out: the first."""
    kinds, found = torch.eye(len(tinyfaces.ATTRIBUTES), dtype=torch.bool), []
    for one, other in itertools.permutations(kinds, 2):
        wanted = one | other, other, one & other
        alike = ((faces.attributes == kind).all(dim=1) & faces.realistic for kind in wanted)
        groups = [rows.nonzero()[:, 0] for rows in alike]
        if min(len(group) for group in groups) < exemplars:
            continue
        for _ in range(TRIPLES):
            rows = [group[torch.randperm(len(group), generator=rng)[:exemplars]] for group in groups]
            found.append((torch.stack(rows), one))
    return found


def arithmetic(judge: Judge, faces: Shown, exemplars: int, step: float, rng: torch.Generator) -> tuple[dict, dict]:
    """The shares of sums that are right, realistic, and both, of latents and of pixels; and some of the pictures."""
    asked, images = sums(faces, exemplars, rng), faces.images
    wanted = torch.stack([one for _, one in asked])
    results = {
        "latents": passed(faces.decode, torch.stack([added(faces.latents, rows, step) for rows, _ in asked])),
        "pixels": torch.stack([added(images, rows, step) for rows, _ in asked]).clamp(0, 1),
    }
    found = {"sums": float(len(asked))}
    for name, pictures in results.items():
        right, real = (judge.attributes(pictures) == wanted).all(dim=1), judge.realistic(pictures)
        shares = {"right": right, "realistic": real, "both": right & real}
        found |= {f"{name}, {what}": share.double().mean().item() for what, share in shares.items()}
    rows = torch.stack([rows for rows, _ in asked])[:: 2 * TRIPLES]
    sheet = {"exemplars": images[rows], **{name: pictures[:: 2 * TRIPLES] for name, pictures in results.items()}}
    return found, sheet


def added(vectors: Tensor, rows: Tensor, step: float) -> Tensor:
    """The mean of the third group, and from there a step along the concept's vector of the first two."""
    both, other, neither = (vectors[group].flatten(1) for group in rows)
    has = torch.arange(len(both) + len(other)) < len(both)
    vector = own["concept_vector"](torch.cat([both, other]), has, ~has)
    return (neither.mean(dim=0) + step * vector).view(vectors.shape[1:])


def interpolated(judge: Judge, decode, latents: Tensor, rng: torch.Generator) -> dict[str, list[float]]:
    """The share of realistic pictures on the way between latents, by the sphere and straight."""
    ends = latents[torch.randperm(len(latents), generator=rng)[: 2 * WAYS]].chunk(2)
    ways = {
        "slerp, realistic": [torch.stack([own["slerp"](a, b, t) for a, b in zip(*ends, strict=True)]) for t in T],
        "lerp, realistic": [torch.lerp(*ends, t) for t in T],
    }
    return {
        name: [judge.realistic(passed(decode, points)).double().mean().item() for points in way]
        for name, way in ways.items()
    }


def keep(networks: dict[str, nn.Module]) -> None:
    """Write the weights in half precision, and beside them how they were made."""
    tensors = {
        f"{name}/{key}": (value.half() if value.is_floating_point() else value).contiguous()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }
    content = save(tensors)
    told = {
        "command": "python -m tools.trainings latents",
        "seed": SEEDS[0],
        "sha256": hashlib.sha256(content).hexdigest(),
        "torch": torch.__version__,
    }
    with atomic_write(weights.WEIGHTS / "latents.safetensors") as path:
        path.write_bytes(content)
    with atomic_write(weights.WEIGHTS / "latents.json") as path:
        path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def draw(sheets: dict[str, dict[str, Tensor]]) -> None:
    """Write some sums as pictures: see `course_lib.trainings.pictures`."""
    arrays = {
        f"{source}: {name}": (255 * pictures).round().byte().numpy()
        for source, sheet in sheets.items()
        for name, pictures in sheet.items()
    }
    with atomic_write(trainings.FOLDER / "latents.npz") as path, path.open("wb") as file:
        np.savez_compressed(file, **arrays)
