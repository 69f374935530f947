"""Unit 04: wrong versions of `joint_loss`."""

import math

from autograder.misconceptions import wrong


def _checked(losses):
    """The losses, unless one is not finite."""
    for name, loss in losses.items():
        if not math.isfinite(loss.detach()):
            raise ValueError(f"{name} is not finite")
    return losses


def _sum(losses, weights):
    return sum(weights.get(name, 1.0) * loss for name, loss in losses.items())


@wrong("joint_loss", "mean", "You average the losses; a sum is asked for.")
def mean(losses, weights):
    return _sum(_checked(losses), weights) / len(losses)


@wrong(
    "joint_loss",
    "by-position",
    "Weights belong to names, not to positions: you multiply them in the order of the dictionaries.",
)
def by_position(losses, weights):
    values = [*weights.values(), *[1.0] * len(losses)]
    return sum(weight * loss for weight, loss in zip(values, _checked(losses).values(), strict=False))


@wrong("joint_loss", "detached", "Your sum is a number without a graph: nothing will learn.")
def detached(losses, weights):
    return _sum({name: loss.item() for name, loss in _checked(losses).items()}, weights)


@wrong("joint_loss", "zero-default", "A loss without a weight disappears from your sum; the default is 1.")
def zero_default(losses, weights):
    return sum(weights.get(name, 0.0) * loss for name, loss in _checked(losses).items())


@wrong("joint_loss", "no-default", "Your function fails when a loss has no weight: then it counts once.")
def no_default(losses, weights):
    return sum(weights[name] * loss for name, loss in _checked(losses).items())


@wrong(
    "joint_loss",
    "over-weights",
    "You go through the weights, not the losses: a loss without a weight is lost, and a weight without a loss fails.",
)
def over_weights(losses, weights):
    losses = _checked(losses)
    return sum(weight * losses[name] for name, weight in weights.items())


@wrong("joint_loss", "unweighted", "You add the losses up and forget the weights.")
def unweighted(losses, weights):
    return sum(_checked(losses).values())


@wrong(
    "joint_loss",
    "normalised",
    "You rescale the weights to sum to 1, so the step size changes with them. Take them as they are.",
)
def normalised(losses, weights):
    return _sum(_checked(losses), weights) / sum(weights.get(name, 1.0) for name in losses)


@wrong(
    "joint_loss", "nan-dropped", "A loss that is NaN or infinite is left out of your sum: name it instead of hiding it."
)
def nan_dropped(losses, weights):
    return _sum({name: loss for name, loss in losses.items() if math.isfinite(loss.detach())}, weights)


@wrong(
    "joint_loss",
    "nan-passed",
    "A loss that is NaN or infinite goes into your sum unnoticed. Stop, and say which one it is.",
)
def nan_passed(losses, weights):
    return _sum(losses, weights)


@wrong(
    "joint_loss",
    "nan-nameless",
    "You notice a loss that is not finite, but your message does not say which one.",
    slip=True,
)
def nan_nameless(losses, weights):
    if not all(math.isfinite(loss.detach()) for loss in losses.values()):
        raise ValueError("a loss is not finite")
    return _sum(losses, weights)
