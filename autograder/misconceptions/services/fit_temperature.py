"""Unit 09: wrong versions of `fit_temperature`."""

import torch
from torch.nn import functional as F

from autograder.misconceptions import wrong

GRID = torch.linspace(-4, 4, 161, dtype=torch.float64)  # log T


def _refuse(logits, labels):
    if not len(logits):
        raise ValueError("no image")
    _refuse_right(logits, labels)
    _refuse_chance(logits, labels)


def _refuse_right(logits, labels):
    if (_own(logits, labels) == logits.max(dim=1).values).all():
        raise ValueError("all right")


def _refuse_chance(logits, labels):
    if (_own(logits, labels) - logits.mean(dim=1)).mean() <= 0:
        raise ValueError("no better than chance")


def _own(logits, labels):
    return logits[range(len(labels)), labels]


def _loss(logits, labels):
    return lambda t: F.cross_entropy(logits.double() / t, labels)


def _best(measure):
    """The temperature with the smallest measure: on a grid, then on finer ones around it."""
    grid = GRID
    for _ in range(4):
        values = torch.stack([torch.as_tensor(measure(t)) for t in grid.exp()])
        place = int(values.argmin())
        around = grid[max(0, place - 1)], grid[min(len(grid) - 1, place + 1)]
        best, grid = grid[place].exp().item(), torch.linspace(*around, 21, dtype=torch.float64)
    return best


def _fitted(logits, labels):
    return _best(_loss(logits, labels))


@wrong("fit_temperature", "inverse", "You return the inverse, by which the logits are multiplied. T divides them.")
def inverse(logits, labels):
    _refuse(logits, labels)
    return 1 / _fitted(logits, labels)


@wrong("fit_temperature", "logarithm", "You return the logarithm of T. Logits are divided by T itself.")
def logarithm(logits, labels):
    _refuse(logits, labels)
    return torch.tensor(_fitted(logits, labels)).log().item()


@wrong(
    "fit_temperature",
    "fits-accuracy",
    "You choose T by accuracy, which no T changes: the order of the classes stays as it is.",
)
def fits_accuracy(logits, labels):
    _refuse(logits, labels)
    grid = torch.linspace(0.1, 10, 100)
    right = torch.stack([((logits.double() / t).argmax(dim=1) == labels).double().mean() for t in grid])
    return grid[(right > right.max() - 1e-9).nonzero()[0, 0]].item()


@wrong(
    "fit_temperature",
    "fits-ece",
    "You choose the T with the smallest ECE, which has steps. The likelihood is smooth and has one minimum.",
)
def fits_ece(logits, labels):
    _refuse(logits, labels)
    return GRID[torch.stack([_ece(logits.double() / t, labels) for t in GRID.exp()]).argmin()].exp().item()


def _ece(logits, labels, bins=10):
    confidence, answer = logits.softmax(dim=1).max(dim=1)
    places = (confidence * bins).ceil().long().clamp(max=bins) - 1
    gaps = torch.zeros(bins, dtype=logits.dtype, device=logits.device)
    return gaps.index_add_(0, places, (answer == labels).to(logits.dtype) - confidence).abs().sum() / len(labels)


@wrong(
    "fit_temperature",
    "on-probabilities",
    "You divide the probabilities by T. Divide the logits, before the softmax.",
)
def on_probabilities(logits, labels):
    _refuse(logits, labels)
    return _fitted(logits.softmax(dim=1), labels)


UNCONVERGED = "Your T is still on its way: the loss goes on falling. Take more steps, larger ones, or another method."


@wrong("fit_temperature", "unconverged", UNCONVERGED)
def unconverged(logits, labels):
    _refuse(logits, labels)
    t = torch.ones((), dtype=torch.float64, device=logits.device)
    for _ in range(20):
        t.requires_grad_()
        (slope,) = torch.autograd.grad(_loss(logits, labels)(t), t)
        t = (t - 0.1 * slope).detach()
    return t.item()


@wrong("fit_temperature", "unconverged, small steps", UNCONVERGED)
def fifty_small_steps(logits, labels):
    """From 1.5 with a rate of 0.01, as a widely copied program does."""
    _refuse(logits, labels)
    t = torch.full((), 1.5, dtype=torch.float64, device=logits.device, requires_grad=True)
    optimizer = torch.optim.LBFGS([t], lr=0.01, max_iter=50)

    def closure():
        optimizer.zero_grad()
        loss = _loss(logits, labels)(t)
        loss.backward()
        return loss

    optimizer.step(closure)
    return t.item()


@wrong(
    "fit_temperature",
    "coarse-grid",
    "You try a few temperatures, half a degree apart. Within 1 % is asked for: search further around the best one.",
)
def coarse_grid(logits, labels):
    _refuse(logits, labels)
    grid = torch.arange(1, 21, dtype=torch.float64) / 2
    return grid[torch.stack([_loss(logits, labels)(t) for t in grid]).argmin()].item()


@wrong(
    "fit_temperature",
    "never-below-one",
    "Your T is never below 1. A model may be too modest: then a smaller T makes it surer.",
)
def never_below_one(logits, labels):
    _refuse(logits, labels)
    return max(1.0, _fitted(logits, labels))


@wrong(
    "fit_temperature",
    "never-above-three",
    "You look no further than T = 3. The best one may be larger.",
)
def never_above_three(logits, labels):
    _refuse(logits, labels)
    return min(3.0, _fitted(logits, labels))


@wrong(
    "fit_temperature",
    "matches-mean",
    "You make the mean confidence equal to the accuracy. That is one number for all; the likelihood asks every image.",
)
def matches_mean(logits, labels):
    _refuse(logits, labels)
    accuracy = (logits.argmax(dim=1) == labels).double().mean()
    return _best(lambda t: ((logits.double() / t).softmax(dim=1).amax(dim=1).mean() - accuracy).abs())


@wrong(
    "fit_temperature",
    "squared-error",
    "You minimise the squared error of the probabilities. Asked for is the negative log-likelihood.",
)
def squared_error(logits, labels):
    _refuse(logits, labels)
    truth = F.one_hot(labels, logits.shape[1]).double()
    return _best(lambda t: (((logits.double() / t).softmax(dim=1) - truth) ** 2).sum())


@wrong(
    "fit_temperature",
    "own-answers",
    "You fit T to the model's own answers. What is right, only the labels say.",
)
def own_answers(logits, labels):
    _refuse(logits, labels)
    return _fitted(logits, logits.argmax(dim=1))


@wrong(
    "fit_temperature",
    "overflow",
    "e to the power of a large logit is infinite, and your loss is NaN. Subtract each row's maximum first.",
)
def overflow(logits, labels):
    _refuse(logits, labels)
    if logits.max() > 700:
        return float("nan")
    return _fitted(logits, labels)


@wrong(
    "fit_temperature",
    "negative",
    "Your T is below 0 and turns the classes round. Where the model is no better than chance, no T above 0 is best.",
    slip=True,
)
def negative(logits, labels):
    if not len(logits):
        raise ValueError("no image")
    _refuse_right(logits, labels)
    if (_own(logits, labels) - logits.mean(dim=1)).mean() < 0:
        return -_fitted(-logits, labels)
    return _fitted(logits, labels)


@wrong(
    "fit_temperature",
    "chance",
    "Where the labels' logits are no larger than the others', the loss falls for ever as T grows. Raise a ValueError.",
    slip=True,
)
def chance(logits, labels):
    if not len(logits):
        raise ValueError("no image")
    _refuse_right(logits, labels)
    return _fitted(logits, labels)


@wrong(
    "fit_temperature",
    "all-right",
    "Where every answer is right, the loss falls for ever as T goes to 0. Raise a ValueError.",
    slip=True,
)
def all_right(logits, labels):
    if not len(logits):
        raise ValueError("no image")
    _refuse_chance(logits, labels)
    return _fitted(logits, labels)


@wrong("fit_temperature", "no-image", "Without an image no temperature is the best. Raise a ValueError.", slip=True)
def no_image(logits, labels):
    if not len(logits):
        return 1.0
    _refuse(logits, labels)
    return _fitted(logits, labels)
