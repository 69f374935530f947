"""ORL's faces, verified by the notebook's own functions: pixels, eigenfaces, `lite0` as it is and tuned by triplets.

Persons are left out: 25 of them in five folds. What learns, learns from the twenty of the other folds, and is asked
about pairs of the five. Eigenfaces: Turk and Pentland, Journal of Cognitive Neuroscience 1991.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from course_lib.data.face_pairs import leave_people_out, pairs_within
from course_lib.data.faces import People, orl
from course_lib.models import Backbone, backbone

FOLDS = 5
SIZE = 128  # pixels, of what the network sees
PLAIN = 46  # pixels, of what is compared as it is
COMPONENTS = 50  # eigenfaces
MARGIN = 0.2  # FaceNet's
P, K, PASSES, RATE = 8, 4, 4, 3e-4  # 12 batches in a pass over 20 persons, ten photographs each and their mirror images
FAR = 0.01

Functions = dict[str, Any]
Embed = Callable[[Tensor, Tensor], Tensor]
"""embed(known, asked): embeddings of the images at `asked`, by what the images at `known` can teach."""


@dataclass(frozen=True)
class Embedder:
    """The ways from ORL's photographs to embeddings, for one seed; `functions` are those of the notebook."""

    functions: Functions
    people: People
    seed: int

    def __post_init__(self) -> None:
        net = backbone("lite0").eval()
        object.__setattr__(self, "last", net.net.stage4)
        object.__setattr__(self, "maps", tuple(before_last(net, images) for images in both_ways(self.people.images)))

    def pixels(self, known: Tensor, asked: Tensor) -> Tensor:
        """Grey values from 0 to 1."""
        return grey(self.people.images[asked])

    def eigenfaces(self, known: Tensor, asked: Tensor) -> Tensor:
        """The first components of the known persons' photographs, each scaled to the same spread."""
        from sklearn.decomposition import PCA

        found = PCA(COMPONENTS, whiten=True, random_state=0).fit(grey(self.people.images[known]).numpy())
        return torch.from_numpy(found.transform(grey(self.people.images[asked]).numpy()))

    def fixed(self, known: Tensor, asked: Tensor) -> Tensor:
        """What the network says of a photograph, scaled to length 1."""
        with torch.no_grad():
            return pooled(self.last, self.maps[0][asked])

    def tuned(self, known: Tensor, asked: Tensor) -> Tensor:
        """The same, after the last stage has learned from triplets of known persons."""
        stage = backbone("lite0").eval().net.stage4  # normalisation stays as ImageNet left it
        maps = torch.cat([half[known] for half in self.maps])
        learn(self.functions, stage, maps, self.people.identities[known].repeat(2), self.seed)
        with torch.no_grad():
            return pooled(stage, self.maps[0][asked])


def measure(functions: Functions, seed: int) -> dict[str, list[float]]:
    """Of each way: accuracy, its standard error, TAR at FAR 1 %, rank one; all in %.

    Args:
        functions: the notebook's, by name.
        seed: of the folds, the pairs and the batches.
    """
    people, rng = orl(SIZE), torch.Generator().manual_seed(seed)
    folds = leave_people_out(people.identities, FOLDS, rng)
    pairs = pairs_within(people.identities, folds, rng)
    embedder, found = Embedder(functions, people, seed), {}
    for name in ("pixels", "eigenfaces", "fixed", "tuned"):
        rows = embedded(getattr(embedder, name), folds)
        distances = ((rows[pairs.first] - rows[pairs.second]) ** 2).sum(dim=1)
        mean, error = functions["lfw_accuracy"](distances, pairs.same, pairs.folds)
        far, tar, _ = functions["verification_roc"](distances, pairs.same)
        first = [ranked(functions, rows, people, folds == fold) for fold in range(FOLDS)]
        numbers = (mean, error, float(tar[far <= FAR].max()), sum(first) / FOLDS)
        found[name] = [round(100 * number, 2) for number in numbers]
    return found


def embedded(embed: Embed, folds: Tensor) -> Tensor:
    """Embeddings of all images, each by what persons of the other folds can teach."""
    parts, places = [], []
    for fold in range(FOLDS):
        known, asked = ((folds != fold).nonzero()[:, 0], (folds == fold).nonzero()[:, 0])
        parts.append(embed(known, asked))
        places.append(asked)
    return torch.cat(parts)[torch.cat(places).argsort()]


def ranked(functions: Functions, rows: Tensor, people: People, asked: Tensor) -> float:
    """Rank one among the persons of a fold: the first photograph of each is the gallery, all others ask."""
    first = asked & (people.numbers == 1)
    rest = asked & (people.numbers != 1)
    return functions["rank_one"](rows[rest], rows[first], people.identities[rest], people.identities[first])


def both_ways(images: Tensor) -> tuple[Tensor, Tensor]:
    """The images, and as a mirror shows them."""
    return images, images.flip(3)


def grey(images: Tensor) -> Tensor:
    """Small grey images as rows of numbers from 0 to 1."""
    from torchvision.transforms.v2.functional import resize

    return resize(images[:, :1].float() / 255, [PLAIN, PLAIN], antialias=True).flatten(1)


@torch.no_grad()
def before_last(net: Backbone, images: Tensor) -> Tensor:
    """What the first stages say, which never learn here."""
    return torch.cat([net.features(part.float() / 255, stage=3) for part in images.split(50)])


def pooled(stage: nn.Module, maps: Tensor) -> Tensor:
    """The mean over all places of what the last stage says, scaled to length 1."""
    return normalize(stage(maps).mean(dim=(2, 3)))


def learn(functions: Functions, stage: nn.Module, maps: Tensor, labels: Tensor, seed: int) -> None:
    """Tune the stage on batches of P persons with K images each, by their semi-hard triplets."""
    batches = functions["PKSampler"](labels, P, K, torch.Generator().manual_seed(seed))
    optimizer = torch.optim.Adam(stage.parameters(), RATE)
    for _ in range(PASSES):
        for batch in batches:
            rows = pooled(stage, maps[batch])
            distances = functions["pairwise_distances"](rows)
            triplets = functions["mine_semi_hard"](distances.detach(), labels[batch], MARGIN)
            loss = functions["triplet_loss"](*rows[triplets].unbind(dim=1), MARGIN)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
