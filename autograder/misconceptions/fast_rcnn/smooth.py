"""Unit 03: wrong versions of `smooth_l1`."""

import torch

from autograder.misconceptions import collector

MISCONCEPTIONS = []
wrong = collector("smooth_l1", MISCONCEPTIONS)


def _smooth(x, beta=1.0):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta) if beta else x.abs()


JUMP = "Your curve jumps at beta. The two parts must meet: the line lies half a beta lower."
HUBER = "This is Huber's loss: the same shape, times beta."
SIGMA = (
    "Your beta is the sigma of another formula, in which the parabola 0.5 (sigma x)² ends at 1 / sigma². Here it ends "
    "at beta."
)
ONE_SIDED = "Large negative errors are squared: take the absolute value before comparing."
SIGNED = "Negative errors get a negative loss: beyond beta the absolute value counts."


@wrong("jump", JUMP)
def _(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x.abs())


@wrong("jump-but-zero-beta", JUMP)
def _(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x.abs()) if beta else x.abs()


@wrong("unscaled-square", "With beta other than 1 your parabola does not meet the line in value and slope.")
def _(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2, x.abs() - 0.5 * beta)


@wrong("huber", HUBER)
def _(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2, beta * (x.abs() - 0.5 * beta))


@wrong("huber-but-zero-beta", HUBER)
def _(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2, beta * (x.abs() - 0.5 * beta)) if beta else x.abs()


@wrong("sigma", SIGMA)
def _(x, beta):
    if not beta:
        return x.abs()
    return torch.where(x.abs() < 1 / beta**2, 0.5 * (beta * x) ** 2, x.abs() - 0.5 / beta**2)


@wrong("one-sided", ONE_SIDED)
def _(x, beta):
    return torch.where(x < beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta) if beta else x.abs()


@wrong("one-sided-zero-beta", ONE_SIDED)
def _(x, beta):
    return torch.where(x < beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta)


@wrong("no-half", "Your parabola is x² / beta, without the factor 0.5: at beta it lies half a beta above the line.")
def _(x, beta):
    return torch.where(x.abs() < beta, x**2 / beta, x.abs() - 0.5 * beta) if beta else x.abs()


@wrong("reduced", "Return one value per element; the caller decides how to average.")
def _(x, beta):
    return _smooth(x, beta).mean()


@wrong("summed", "You add the errors up. Return one value per element; the caller decides how to add or average.")
def _(x, beta):
    return _smooth(x, beta).sum()


@wrong("signed", SIGNED)
def _(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x - 0.5 * beta)


@wrong("signed-but-zero-beta", SIGNED)
def _(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x - 0.5 * beta) if beta else x.abs()


@wrong("fixed-beta", "Your parabola always ends at 1, whatever beta is asked for.")
def _(x, beta):
    return _smooth(x)


@wrong("exchanged", "You take the parabola for large errors and the line for small ones. It is the other way round.")
def _(x, beta):
    return torch.where(x.abs() >= beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta) if beta else x.abs()


@wrong(
    "detached", "Your losses carry no gradient, so nothing learns from them: stay with tensors and their operations."
)
def _(x, beta):
    return _smooth(x.detach(), beta)


@wrong("zero-beta", "With beta 0 the loss is abs(x); yours is NaN at 0.", slip=True)
def _(x, beta):
    return torch.where(x.abs() <= beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta)


@wrong(
    "zero-beta-gradient",
    "With beta 0 your values are right and their gradients NaN: `torch.where` also differentiates the branch that it "
    "does not choose, and that one divides by 0.",
    slip=True,
)
def _(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta)


@wrong("zero-beta-fails", "With beta 0 your function divides by 0 and fails. The loss is abs(x) then.", slip=True)
def _(x, beta):
    if beta == 0:
        raise ZeroDivisionError("float division by zero")
    return _smooth(x, beta)


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
