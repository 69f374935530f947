"""Faces: unit 07's loss and mining beside pytorch-metric-learning's, on the same network."""

from collections.abc import Callable
from importlib.metadata import version

import torch
from torch import Tensor, nn

from autograder import reference
from benchmarks.marks.contest import RANDOM, Contestant, Task
from benchmarks.marks.recipes import adam, course

EVERY, FAR = 20, 0.01
ABOUT = """Both train unit 07's network, which begins with random weights on each side, on the same batches of 24 people
with 4 images: only the triplets and their loss differ. Ours are the solution's `mine_semi_hard` and `triplet_loss` on
squared distances with margin 0.2. Those of pytorch-metric-learning are as in its own example
(TripletMarginLossMNIST.ipynb): `TripletMarginLoss` and a semi-hard `TripletMarginMiner` on cosines with margin 0.2,
and the mean of all losses above 0. The example's optimiser, Adam at 0.01, is the first of the recipes tried."""


def task() -> Task:
    """Triplets and their loss."""
    metric = "TAR at FAR 1 %, all pairs of 600 aligned Tinyfaces of 100 val people"
    origin = "The mark is three quarters of what the notebook's 800 steps reach on test people."
    return Task("faces", metric, 0.6, origin, ceiling=600, about=ABOUT, contestants=contestants)


def contestants() -> tuple[Contestant, ...]:
    """Ours, and pytorch-metric-learning's."""
    unit = reference.load("07_faces")
    crops, people = unit["crops_of"]("train", unit["TRAINS"])
    how = {
        "begins": RANDOM,
        "steps": unit["STEPS"],
        "trial": 10,
        "every": EVERY,
        "images": unit["P"] * unit["K"],
        "make": lambda: unit["FaceNetwork"]().train(),
        "batches": lambda seed: unit["batches"](crops, people, seed=seed),
        "score": scored(unit, *unit["crops_of"]("val", unit["TESTS"])),
    }
    ours = tuple(map(course, (4e-3, 1e-2, 1.6e-3)))
    theirs = adam(1e-2), course(1e-2), course(4e-3)
    name = f"pytorch-metric-learning {version('pytorch-metric-learning')}"
    return (
        Contestant("ours, semi-hard triplets", recipes=ours, loss=unit["loss"], **how),
        Contestant(f"{name}, `TripletMarginLoss`", recipes=theirs, loss=triplets(), **how),
    )


def scored(unit: dict, crops: Tensor, people: Tensor) -> Callable[[nn.Module], float]:
    """The metric: over all pairs of these crops."""
    first, second = torch.triu_indices(len(crops), len(crops), offset=1)
    same = people[first] == people[second]

    def score(network: nn.Module) -> float:
        distances = unit["distances_of"](unit["embedded"](network, crops), first, second)
        return unit["tar_at"](FAR, distances, same)[0]

    return score


def triplets() -> Callable[..., Tensor]:
    """Pytorch-metric-learning's loss of a batch, put together as in its example."""
    from pytorch_metric_learning import distances, losses, miners, reducers

    distance = distances.CosineSimilarity()
    measure = losses.TripletMarginLoss(margin=0.2, distance=distance, reducer=reducers.ThresholdReducer(low=0))
    mine = miners.TripletMarginMiner(margin=0.2, distance=distance, type_of_triplets="semihard")

    def loss(network: nn.Module, images: Tensor, people: Tensor) -> Tensor:
        embeddings = network(images)
        return measure(embeddings, people, mine(embeddings, people))

    return loss
