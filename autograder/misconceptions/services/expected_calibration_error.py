"""Unit 09: wrong versions of `expected_calibration_error`."""

import torch

from autograder.misconceptions import wrong


def _refuse(probs):
    if not len(probs):
        raise ValueError("no image")
    _refuse_sums(probs)


def _refuse_sums(probs):
    if ((probs.sum(dim=1) - 1).abs() > 0.01).any():
        raise ValueError("no probabilities")


def _answers(probs, labels):
    confidence, answer = probs.max(dim=1)
    return confidence, (answer == labels).to(probs.dtype)


def _bins(confidence, right, bins, low=0.0):
    """How many images are in each bin, their mean confidence and accuracy (0 in an empty one), and its centre."""
    borders = torch.linspace(low, 1, bins + 1, dtype=confidence.dtype, device=confidence.device)
    inside = (confidence > borders[:-1, None]) & (confidence <= borders[1:, None])
    inside = inside.to(confidence.dtype)
    count = inside.sum(dim=1)
    sums = inside @ torch.stack([confidence, right], dim=1)
    mean, accuracy = (sums / count.clamp(min=1)[:, None]).T
    return count, mean, accuracy, (borders[:-1] + borders[1:]) / 2


def _weighted(count, gap):
    return (count * gap).sum() / count.sum()


TRUE_CLASS = (
    "You take the true label's probability. Confidence is what the model says of its own answer, right or wrong."
)


@wrong("expected_calibration_error", "true-class", TRUE_CLASS)
def true_class(probs, labels, bins):
    """A probability of 0 is of a wrong answer and adds nothing, whether it is in the first bin or in none."""
    _refuse(probs)
    _, right = _answers(probs, labels)
    count, mean, accuracy, _ = _bins(probs[range(len(labels)), labels], right, bins)
    return (count * (accuracy - mean).abs()).sum() / len(labels)


@wrong("expected_calibration_error", "true-class, of those in a bin", TRUE_CLASS)
def true_class_in_a_bin(probs, labels, bins):
    """A probability of 0 is in no bin, and its image does not count."""
    _refuse(probs)
    _, right = _answers(probs, labels)
    count, mean, accuracy, _ = _bins(probs[range(len(labels)), labels], right, bins)
    return _weighted(count, (accuracy - mean).abs())


@wrong("expected_calibration_error", "true-class in the right bins", TRUE_CLASS)
def true_class_in_the_right_bins(probs, labels, bins):
    """Bins by the largest probability, and the gap to the label's."""
    _refuse(probs)
    confidence, right = _answers(probs, labels)
    shown = probs[range(len(labels)), labels] - right
    places = (confidence * bins).ceil().long().clamp(1, bins) - 1
    gaps = torch.zeros(bins, dtype=probs.dtype, device=probs.device).index_add_(0, places, shown)
    return gaps.abs().sum() / len(labels)


UNWEIGHTED = "Your bins all count the same: one with a single image as much as one with a thousand."


@wrong("expected_calibration_error", "unweighted", UNWEIGHTED)
def unweighted(probs, labels, bins):
    _refuse(probs)
    count, mean, accuracy, _ = _bins(*_answers(probs, labels), bins)
    return (accuracy - mean).abs()[count > 0].mean()


@wrong("expected_calibration_error", "unweighted, empty ones too", UNWEIGHTED)
def unweighted_all(probs, labels, bins):
    _refuse(probs)
    _, mean, accuracy, _ = _bins(*_answers(probs, labels), bins)
    return (accuracy - mean).abs().mean()


@wrong(
    "expected_calibration_error",
    "signed",
    "You add the gaps with their signs, so that too sure here and too modest there cancel: take absolute values.",
)
def signed(probs, labels, bins):
    _refuse(probs)
    count, mean, accuracy, _ = _bins(*_answers(probs, labels), bins)
    return _weighted(count, accuracy - mean)


@wrong(
    "expected_calibration_error",
    "one-for-all",
    "You compare the mean confidence of all images with their accuracy. Too sure here and too modest there cancel: "
    "take the absolute value in each bin.",
)
def one_for_all(probs, labels, bins):
    _refuse(probs)
    confidence, right = _answers(probs, labels)
    return (confidence.mean() - right.mean()).abs()


@wrong(
    "expected_calibration_error",
    "worst-bin",
    "You return the largest gap. That is the maximum calibration error; the expected one is a weighted mean.",
)
def worst_bin(probs, labels, bins):
    _refuse(probs)
    _, mean, accuracy, _ = _bins(*_answers(probs, labels), bins)
    return (accuracy - mean).abs().max()


@wrong(
    "expected_calibration_error",
    "squared",
    "You take the root of the mean squared gap, which is another measure. Here the gaps are not squared.",
)
def squared(probs, labels, bins):
    _refuse(probs)
    count, mean, accuracy, _ = _bins(*_answers(probs, labels), bins)
    return _weighted(count, (accuracy - mean) ** 2).sqrt()


@wrong(
    "expected_calibration_error",
    "bin-centre",
    "You compare the accuracy with the middle of the bin. Use the mean confidence of the images that are in it.",
)
def bin_centre(probs, labels, bins):
    _refuse(probs)
    count, _, accuracy, centre = _bins(*_answers(probs, labels), bins)
    return _weighted(count, (accuracy - centre).abs())


@wrong(
    "expected_calibration_error",
    "one-lost",
    "A probability of exactly 1 is in none of your bins: the surest answers fall out.",
)
def one_lost(probs, labels, bins):
    _refuse(probs)
    confidence, right = _answers(probs, labels)
    total = torch.zeros((), dtype=probs.dtype, device=probs.device)
    for number in range(bins):
        inside = (confidence >= number / bins) & (confidence < (number + 1) / bins)
        if inside.any():
            total += inside.sum() / len(labels) * (right[inside].mean() - confidence[inside].mean()).abs()
    return total


@wrong(
    "expected_calibration_error",
    "empty-nan",
    "The mean of an empty bin is NaN, and it makes the whole sum NaN. An empty bin adds nothing.",
)
def empty_nan(probs, labels, bins):
    _refuse(probs)
    count, mean, accuracy, _ = _bins(*_answers(probs, labels), bins)
    gap = (accuracy - mean).abs() * torch.where(count > 0, 1.0, torch.nan)
    return _weighted(count, gap)


@wrong(
    "expected_calibration_error",
    "equal-mass",
    "Your bins hold equally many images. That is used as well; here they are equally wide.",
)
def equal_mass(probs, labels, bins):
    _refuse(probs)
    confidence, right = _answers(probs, labels)
    order = confidence.argsort()
    parts = [part for part in order.tensor_split(bins) if len(part)]
    gaps = [len(part) * (right[part].mean() - confidence[part].mean()).abs() for part in parts]
    return torch.stack(gaps).sum() / len(labels)


@wrong(
    "expected_calibration_error",
    "from-chance",
    "Your bins begin at 1 / c, the least confidence of c classes. Here they begin at 0.",
)
def from_chance(probs, labels, bins):
    _refuse(probs)
    count, mean, accuracy, _ = _bins(*_answers(probs, labels), bins, 1 / probs.shape[1] - 1e-6)
    return _weighted(count, (accuracy - mean).abs())


@wrong(
    "expected_calibration_error",
    "every-class",
    "You count the probabilities of all classes. Only the largest one of each image is its confidence.",
)
def every_class(probs, labels, bins):
    _refuse(probs)
    right = torch.nn.functional.one_hot(labels, probs.shape[1]).to(probs.dtype)
    confidence = probs.flatten().clamp(min=1e-9)
    count, mean, accuracy, _ = _bins(confidence, right.flatten(), bins)
    return _weighted(count, (accuracy - mean).abs())


@wrong(
    "expected_calibration_error",
    "summed",
    "You weigh each gap by the number of its images. Divide by the number of all images.",
)
def summed(probs, labels, bins):
    _refuse(probs)
    count, mean, accuracy, _ = _bins(*_answers(probs, labels), bins)
    return (count * (accuracy - mean).abs()).sum()


@wrong("expected_calibration_error", "percent", "You give percent. The error is a number from 0 to 1.")
def percent(probs, labels, bins):
    _refuse(probs)
    count, mean, accuracy, _ = _bins(*_answers(probs, labels), bins)
    return 100 * _weighted(count, (accuracy - mean).abs())


@wrong(
    "expected_calibration_error",
    "each-bin",
    "You return a gap for each bin. The error is one number, their weighted mean.",
)
def each_bin(probs, labels, bins):
    _refuse(probs)
    _, mean, accuracy, _ = _bins(*_answers(probs, labels), bins)
    return (accuracy - mean).abs()


@wrong(
    "expected_calibration_error",
    "no-image",
    "Without an image there is nothing to measure. Raise a ValueError rather than return a number.",
    slip=True,
)
def no_image(probs, labels, bins):
    _refuse_sums(probs)
    count, mean, accuracy, _ = _bins(*_answers(probs, labels), bins)
    return _weighted(count, (accuracy - mean).abs())


@wrong(
    "expected_calibration_error",
    "any-sums",
    "Your function accepts rows that do not sum to 1. These are no probabilities, and the number means nothing.",
    slip=True,
)
def any_sums(probs, labels, bins):
    if not len(probs):
        raise ValueError("no image")
    count, mean, accuracy, _ = _bins(*_answers(probs, labels), bins)
    return _weighted(count, (accuracy - mean).abs())
