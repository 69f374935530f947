"""What is trained: tasks, each with a mark, and who tries to reach it."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from benchmarks.marks.recipes import Recipe

SEEDS = (0, 1, 2)
RANDOM, COURSE = "random weights", "the course's weights"  # what a network begins with
Batch = Callable[[int], tuple]


def learning(network: nn.Module, rate: float) -> list[dict]:
    """All parameters that learn, in one group."""
    return [{"params": [one for one in network.parameters() if one.requires_grad]}]


@dataclass(frozen=True)
class Contestant:
    """A network and how it is trained.

    Attributes:
        name: whose it is, and the network. begins: with which weights.
        recipes: those that are tried; the first one is its own recommendation.
        trial: CPU seconds after which they are compared.
        steps: for how many the learning rate is planned. every: after so many it is measured. images: of a batch.
        make: the network, in training mode.
        batches: from a seed to the function that gives the i-th batch.
        loss: of a network and a batch; a number, or a number and its parts.
        score: the metric in 0 … 1, of a network in evaluation mode.
        seeds: how often it is trained. groups: its parameters for the optimiser.
    """

    name: str
    begins: str
    recipes: tuple[Recipe, ...]
    trial: float
    steps: int
    every: int
    images: int
    make: Callable[[], nn.Module]
    batches: Callable[[int], Batch]
    loss: Callable[..., Tensor | tuple[Tensor, dict[str, Tensor]]]
    score: Callable[[nn.Module], float]
    seeds: tuple[int, ...] = SEEDS
    groups: Callable[[nn.Module, float], list[dict]] = learning


@dataclass(frozen=True)
class Task:
    """A mark and who trains for it.

    Attributes:
        metric: what is measured, and on what. mark: in 0 … 1. origin: where the mark comes from, as a sentence.
        ceiling: CPU seconds of one training at most.
        about: what a reader should know, as Markdown.
        contestants: makes them: first ours from random weights, last the peer.
        beside: measures what is told in a sentence of its own; none where it is empty.
    """

    name: str
    metric: str
    mark: float
    origin: str
    ceiling: float
    about: str
    contestants: Callable[[], tuple[Contestant, ...]]
    beside: Callable[[], str] = str
