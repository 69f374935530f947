"""Unit 09: wrong versions that lie near a misconception but are another mistake, in a student's own words."""

import torch

from autograder import reference

RIGHT = reference.load("09_services")
RELATIVES = []


def near(check, allowed=""):
    """Collects a version; `allowed` is a misconception whose sentence is true of it, too."""

    def keep(version):
        RELATIVES.append((check, version, allowed))
        return version

    return keep


@near("top_k_tags")
def to_base_two(logits, names, k, min_confidence):
    """Takes powers of 2 in place of e."""
    return RIGHT["top_k_tags"](logits * 0.693147, names, k, min_confidence)


@near("top_k_tags")
def one_less(logits, names, k, min_confidence):
    """Stops one tag before the k-th."""
    return RIGHT["top_k_tags"](logits, names, k, min_confidence)[: max(1, k - 1)]


@near("top_k_tags")
def half_as_strict(logits, names, k, min_confidence):
    """Halves the threshold."""
    return RIGHT["top_k_tags"](logits, names, k, min_confidence / 2)


@near("top_k_tags")
def below_the_threshold(logits, names, k, min_confidence):
    """Keeps what is below the threshold."""
    tags = RIGHT["top_k_tags"](logits, names, k, 0.0)
    return [tag for tag in tags if tag[1] < min_confidence]


@near("top_k_tags")
def among_the_sure(logits, names, k, min_confidence):
    """Takes the softmax once more over the probabilities of all classes."""
    probs = logits.softmax(dim=0).softmax(dim=0)
    return RIGHT["top_k_tags"](probs.log(), names, k, min_confidence)


@near("top_k_tags")
def by_size(logits, names, k, min_confidence):
    """Ranks by the logits' size, whatever their sign."""
    return RIGHT["top_k_tags"](logits.abs(), names, k, min_confidence)


@near("expected_calibration_error")
def ten_bins(probs, labels, bins):
    """Has ten bins, whatever is asked for."""
    return RIGHT["expected_calibration_error"](probs, labels, 10)


@near("expected_calibration_error")
def another_bin(probs, labels, bins):
    """Counts the borders, not the bins between them."""
    return RIGHT["expected_calibration_error"](probs, labels, max(1, bins - 1))


@near("expected_calibration_error")
def second_guess(probs, labels, bins):
    """Calls an answer right where the label is among the two likeliest classes."""
    RIGHT["expected_calibration_error"](probs, labels, bins)
    answer = probs.argmax(dim=1)
    two = (probs.topk(2, dim=1).indices == labels[:, None]).any(dim=1)
    return RIGHT["expected_calibration_error"](probs, torch.where(two, answer, (answer + 1) % probs.shape[1]), bins)


@near("expected_calibration_error")
def brier(probs, labels, bins):
    """Gives the mean squared error of the probabilities."""
    RIGHT["expected_calibration_error"](probs, labels, bins)
    return ((probs - torch.eye(probs.shape[1])[labels]) ** 2).sum(dim=1).mean()


@near("expected_calibration_error")
def only_too_sure(probs, labels, bins):
    """Adds only the gaps of bins that are too sure."""
    whole = RIGHT["expected_calibration_error"](probs, labels, bins)
    confidence, answer = probs.max(dim=1)
    return (whole + confidence.mean() - (answer == labels).to(probs.dtype).mean()) / 2


@near("fit_temperature")
def a_tenth_too_hot(logits, labels):
    """Is a tenth off."""
    return 1.1 * RIGHT["fit_temperature"](logits, labels)


@near("fit_temperature")
def square(logits, labels):
    """Divides by the root of what it returns."""
    return RIGHT["fit_temperature"](logits, labels) ** 2


@near("fit_temperature")
def half_of_them(logits, labels):
    """Fits the first half of the images."""
    RIGHT["fit_temperature"](logits, labels)
    half = len(logits) // 2
    return RIGHT["fit_temperature"](logits[:half], labels[:half])


@near("fit_temperature")
def zero_to_one(logits, labels):
    """Never leaves the range from 0 to 1."""
    return min(1.0, RIGHT["fit_temperature"](logits, labels))


@near("fit_temperature")
def smoothed_labels(logits, labels):
    """Gives a tenth of each label to all classes."""
    RIGHT["fit_temperature"](logits, labels)
    grid = torch.linspace(-3, 3, 601, dtype=torch.float64).exp()
    loss = torch.nn.functional.cross_entropy
    losses = [loss(logits.double() / t, labels, label_smoothing=0.1) for t in grid]
    return grid[torch.stack(losses).argmin()].item()
