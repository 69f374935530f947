"""Unit 03: wrong versions of `smooth_l1`."""

import torch

from autograder.misconceptions import wrong
from autograder.misconceptions.fast_rcnn.shared import smooth

JUMP = "Your curve jumps at beta. The two parts must meet: the line lies half a beta lower."
HUBER = "This is Huber's loss: the same shape, times beta."
SIGMA = (
    "Your beta is the sigma of another formula, in which the parabola 0.5 (sigma x)² ends at 1 / sigma². Here it ends "
    "at beta."
)
ONE_SIDED = "Large negative errors are squared: take the absolute value before comparing."
SIGNED = "Negative errors get a negative loss: beyond beta the absolute value counts."


@wrong("smooth_l1", "jump", JUMP)
def jump(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x.abs())


@wrong("smooth_l1", "jump-but-zero-beta", JUMP)
def jump_but_zero_beta(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x.abs()) if beta else x.abs()


@wrong(
    "smooth_l1", "unscaled-square", "With beta other than 1 your parabola does not meet the line in value and slope."
)
def unscaled_square(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2, x.abs() - 0.5 * beta)


@wrong("smooth_l1", "huber", HUBER)
def huber(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2, beta * (x.abs() - 0.5 * beta))


@wrong("smooth_l1", "huber-but-zero-beta", HUBER)
def huber_but_zero_beta(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2, beta * (x.abs() - 0.5 * beta)) if beta else x.abs()


@wrong("smooth_l1", "sigma", SIGMA)
def sigma(x, beta):
    if not beta:
        return x.abs()
    return torch.where(x.abs() < 1 / beta**2, 0.5 * (beta * x) ** 2, x.abs() - 0.5 / beta**2)


@wrong("smooth_l1", "one-sided", ONE_SIDED)
def one_sided(x, beta):
    return torch.where(x < beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta) if beta else x.abs()


@wrong("smooth_l1", "one-sided-zero-beta", ONE_SIDED)
def one_sided_zero_beta(x, beta):
    return torch.where(x < beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta)


@wrong(
    "smooth_l1",
    "no-half",
    "Your parabola is x² / beta, without the factor 0.5: at beta it lies half a beta above the line.",
)
def no_half(x, beta):
    return torch.where(x.abs() < beta, x**2 / beta, x.abs() - 0.5 * beta) if beta else x.abs()


@wrong("smooth_l1", "reduced", "Return one value per element; the caller decides how to average.")
def reduced(x, beta):
    return smooth(x, beta).mean()


@wrong(
    "smooth_l1",
    "summed",
    "You add the errors up. Return one value per element; the caller decides how to add or average.",
)
def summed(x, beta):
    return smooth(x, beta).sum()


@wrong("smooth_l1", "signed", SIGNED)
def signed(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x - 0.5 * beta)


@wrong("smooth_l1", "signed-but-zero-beta", SIGNED)
def signed_but_zero_beta(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x - 0.5 * beta) if beta else x.abs()


@wrong("smooth_l1", "fixed-beta", "Your parabola always ends at 1, whatever beta is asked for.")
def fixed_beta(x, beta):
    return smooth(x)


@wrong(
    "smooth_l1",
    "exchanged",
    "You take the parabola for large errors and the line for small ones. It is the other way round.",
)
def exchanged(x, beta):
    return torch.where(x.abs() >= beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta) if beta else x.abs()


@wrong(
    "smooth_l1",
    "detached",
    "Your losses carry no gradient, so nothing learns from them: stay with tensors and their operations.",
)
def detached(x, beta):
    return smooth(x.detach(), beta)


@wrong("smooth_l1", "zero-beta", "With beta 0 the loss is abs(x); yours is NaN at 0.", slip=True)
def zero_beta(x, beta):
    return torch.where(x.abs() <= beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta)


@wrong(
    "smooth_l1",
    "zero-beta-gradient",
    "With beta 0 your values are right and their gradients NaN: `torch.where` also differentiates the branch that it "
    "does not choose, and that one divides by 0.",
    slip=True,
)
def zero_beta_gradient(x, beta):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta)


@wrong(
    "smooth_l1",
    "zero-beta-fails",
    "With beta 0 your function divides by 0 and fails. The loss is abs(x) then.",
    slip=True,
)
def zero_beta_fails(x, beta):
    if beta == 0:
        raise ZeroDivisionError("float division by zero")
    return smooth(x, beta)
