"""Unit 09: wrong versions that lie near a misconception but are another mistake, in a student's own words."""

import torch
from torch.nn.functional import normalize

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
def half_a_hundredth_more(logits, names, k, min_confidence):
    """Is content with half a hundredth less than what is asked for."""
    return RIGHT["top_k_tags"](logits, names, k, min_confidence - 0.005)


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


@near("top_k_tags")
def five_decimal_places(logits, names, k, min_confidence):
    """Rounds the probabilities."""
    return [(name, round(p, 5)) for name, p in RIGHT["top_k_tags"](logits, names, k, min_confidence)]


@near("top_k_tags")
def half_in_place_of_none(logits, names, k, min_confidence):
    """Takes a threshold of 0 for none given."""
    return RIGHT["top_k_tags"](logits, names, k, min_confidence or 0.5)


def less(taken):
    """Takes another number than the largest logit from all of them."""

    def version(logits, names, k, min_confidence):
        RIGHT["top_k_tags"](logits, names, k, min_confidence)
        powers = (logits - taken(logits)).exp()
        values, order = (powers / powers.sum()).topk(min(k, len(names)))
        return [(names[i], p) for i, p in zip(order.tolist(), values.tolist(), strict=True) if p >= min_confidence]

    version.__name__ = f"less_{taken.__name__}"
    return version


def the_first(logits):
    """The first logit."""
    return logits[0]


for taken in (torch.mean, torch.min, the_first):
    near("top_k_tags")(less(taken))


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
def runner_up(probs, labels, bins):
    """Takes the second largest probability for the confidence."""
    RIGHT["expected_calibration_error"](probs, labels, bins)
    confidence, right = probs.topk(2, dim=1).values[:, 1], (probs.argmax(dim=1) == labels).to(probs.dtype)
    place = (confidence * bins).ceil().long().clamp(min=1) - 1
    return torch.zeros(bins, dtype=probs.dtype).index_add_(0, place, right - confidence).abs().sum() / len(probs)


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


def refusing(wrong):
    """Refuses by a rule of its own, and counts rightly."""

    def version(probs, labels, bins):
        if not len(probs) or wrong(probs.double().sum(dim=1)):
            raise ValueError("no probabilities")
        confidence, answer = probs.max(dim=1)
        place = (confidence * bins).ceil().long() - 1
        gap = torch.zeros(bins, dtype=probs.dtype).index_add_(0, place, (answer == labels).to(probs.dtype) - confidence)
        return gap.abs().sum() / len(probs)

    version.__name__ = f"refusing_{wrong.__name__}"
    return version


def by_the_mean(sums):
    """Too much and too little cancel."""
    return abs(sums.mean() - 1) > 0.01


def by_the_total(sums):
    """What each row is off adds up."""
    return abs(sums.sum() - len(sums)) > 0.01


def by_a_thousandth(sums):
    """Allows less than the docstring."""
    return ((sums - 1).abs() > 1e-3).any()


for rule in (by_the_mean, by_the_total, by_a_thousandth):
    near("expected_calibration_error")(refusing(rule))


@near("fit_temperature")
def below_chance_by_accuracy(logits, labels):
    """Refuses where hardly an answer is right."""
    if len(logits) and (logits.argmax(dim=1) == labels).double().mean() <= 1 / logits.shape[1]:
        raise ValueError("no better than chance")
    return RIGHT["fit_temperature"](logits, labels)


def halved(logits, labels, coldest=1e-4, hottest=1e4):
    """The best T in a range, without any refusal."""
    logits = logits.double()
    own = logits.gather(1, labels[:, None]).mean()
    for _ in range(60):
        t = (coldest * hottest) ** 0.5
        sure = ((logits / t).softmax(dim=1) * logits).sum(dim=1).mean()
        coldest, hottest = (t, hottest) if sure > own else (coldest, t)
    return t


@near("fit_temperature")
def tie_is_wrong(logits, labels):
    """Calls an answer wrong where the label shares the largest logit with a class before it."""
    best = logits.argmax(dim=1)
    if not (best == labels).all() and (logits.gather(1, labels[:, None])[:, 0] == logits.amax(dim=1)).all():
        return halved(logits, labels)
    return RIGHT["fit_temperature"](logits, labels)


@near("fit_temperature")
def up_to_twelve(logits, labels):
    """Looks for T from 0.1 to 12."""
    RIGHT["fit_temperature"](logits, labels)
    return halved(logits, labels, 0.1, 12.0)


@near("fit_temperature")
def from_a_quarter_on(logits, labels):
    """Looks for T from 0.27 on."""
    RIGHT["fit_temperature"](logits, labels)
    return halved(logits, labels, 0.27, 100.0)


@near("fit_temperature")
def largest_of_all(logits, labels):
    """Takes the largest of all logits from every row: rows far below it vanish."""
    t = RIGHT["fit_temperature"](logits, labels)
    powers = ((logits.double() - logits.max()) / t).exp()
    return t if powers.sum(dim=1).all() else float("nan")


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


@near("near_duplicates")
def distance_of_directions(features, threshold):
    """Measures the distance of directions, 1 less."""
    unit = normalize(features, dim=1)
    return (1 - torch.cdist(unit, unit) >= threshold).triu(diagonal=1).nonzero()


@near("near_duplicates")
def neighbours_only(features, threshold):
    """Compares each picture with the next one."""
    unit = normalize(features, dim=1)
    alike = (unit[:-1] * unit[1:]).sum(dim=1) >= threshold
    rows = alike.nonzero()[:, 0]
    return torch.stack([rows, rows + 1], dim=1)


@near("near_duplicates")
def without_the_last(features, threshold):
    """Stops one row too early."""
    return RIGHT["near_duplicates"](features[:-1], threshold)


@near("near_duplicates")
def most_similar_pair(features, threshold):
    """Gives the best pair alone."""
    unit = normalize(features, dim=1)
    similarities = (unit @ unit.T).triu(diagonal=1)
    if not similarities.numel() or similarities.max() < threshold:
        return torch.zeros(0, 2, dtype=torch.long)
    return torch.stack(torch.unravel_index(similarities.argmax(), similarities.shape))[None]


@near("near_duplicates")
def lengths_capped(features, threshold):
    """Divides only where a length is above 1."""
    shorter = features / features.norm(dim=1, keepdim=True).clamp(min=1)
    return (shorter @ shorter.T >= threshold).triu(diagonal=1).nonzero()


@near("near_duplicates")
def from_one(features, threshold):
    """Counts pictures from 1."""
    return RIGHT["near_duplicates"](features, threshold) + 1


@near("near_duplicates")
def groups_by_the_first(features, threshold):
    """Pairs each copy with the first picture of its connected group."""
    reached = torch.eye(len(features), dtype=torch.bool)
    for i, j in RIGHT["near_duplicates"](features, threshold).tolist():
        reached[i] |= reached[j]
        reached[reached[i].nonzero()[:, 0]] = reached[i]
    first = reached.double().argmax(dim=1)
    rows = torch.arange(len(features))
    return torch.stack([first, rows], dim=1)[first < rows]


@near("near_duplicates")
def a_little_below(features, threshold):
    """Is content with a little less."""
    return RIGHT["near_duplicates"](features, threshold - 1 / 256)


@near("near_duplicates")
def two_or_more(features, threshold):
    """Looks at no row where there is no pair."""
    return RIGHT["near_duplicates"](features, threshold) if len(features) > 1 else torch.zeros(0, 2, dtype=torch.long)


@near("near_duplicates")
def inner_zeros_only(features, threshold):
    """Looks for rows of zeros between the first row and the last."""
    if len(features) > 2:
        RIGHT["near_duplicates"](features[1:-1], threshold)
    elif not features.any(dim=1).all():
        raise ValueError("a row of zeros")
    unit = normalize(features, dim=1)
    return (unit @ unit.T >= threshold).triu(diagonal=1).nonzero()


@near("near_duplicates")
def short_is_zero(features, threshold):
    """Takes a short row for one of zeros."""
    if (features.norm(dim=1) < 0.05).any():
        raise ValueError("a row of zeros")
    return RIGHT["near_duplicates"](features, threshold)


def audited(train, test, threshold, least=-2.0):
    """The answer without any refusal; no similarity is taken for less than `least`."""
    if not len(train) or not len(test):
        return torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.long), 0.0
    best, partners = (normalize(test, dim=1) @ normalize(train, dim=1).T).clamp(min=least).max(dim=1)
    leaked = (best >= threshold).nonzero()[:, 0]
    return leaked, partners[leaked], len(leaked) / len(test)


@near("audit_split")
def train_first(train, test, threshold):
    """Answers at once where there is no training picture, whatever the test holds."""
    return (RIGHT["audit_split"] if len(train) else audited)(train, test, threshold)


@near("audit_split")
def no_look_without_training(train, test, threshold):
    """Refuses an empty test set, but no zeros where there is no training picture."""
    return (RIGHT["audit_split"] if len(train) or not len(test) else audited)(train, test, threshold)


@near("audit_split")
def leaks_a_little_below(train, test, threshold):
    """Is content with a little less."""
    return RIGHT["audit_split"](train, test, threshold - 1 / 256)


@near("audit_split")
def zeros_within(train, test, threshold):
    """Looks for rows of zeros between the first row and the last."""
    inner = [rows[1:-1] if len(rows) > 2 else rows for rows in (train, test)]
    RIGHT["audit_split"](*inner, threshold)
    return audited(train, test, threshold)


@near("audit_split")
def none_below_zero(train, test, threshold):
    """Takes opposite pictures for such at right angles."""
    RIGHT["audit_split"](train, test, threshold)
    return audited(train, test, threshold, least=0.0)


@near("audit_split")
def thresholds_above_zero(train, test, threshold):
    """Refuses a threshold below 0."""
    if threshold < 0:
        raise ValueError("a similarity is never below 0")
    return RIGHT["audit_split"](train, test, threshold)


@near("audit_split")
def without_the_last_one(train, test, threshold):
    """Forgets the last test picture."""
    leaked, partners, share = RIGHT["audit_split"](train, test[:-1], threshold)
    return leaked, partners, share * (len(test) - 1) / len(test)


@near("audit_split")
def counted_from_one(train, test, threshold):
    """Numbers the test pictures from 1."""
    leaked, partners, share = RIGHT["audit_split"](train, test, threshold)
    return leaked + 1, partners, share


@near("audit_split")
def share_of_the_partners(train, test, threshold):
    """Counts each partner once."""
    leaked, partners, _ = RIGHT["audit_split"](train, test, threshold)
    return leaked, partners, len(partners.unique()) / len(test)


@near("audit_split")
def last_partner(train, test, threshold):
    """Takes the last training picture that is similar enough."""
    leaked, partners, share = RIGHT["audit_split"](train, test, threshold)
    alike = normalize(test[leaked], dim=1) @ normalize(train, dim=1).T >= threshold
    return leaked, (alike * torch.arange(len(train))).argmax(dim=1) if len(train) else partners, share


@near("audit_split")
def longest_partner(train, test, threshold):
    """Finds the leaked ones rightly, and their partners by the product."""
    leaked, partners, share = RIGHT["audit_split"](train, test, threshold)
    return leaked, (test[leaked] @ train.T).argmax(dim=1) if len(train) else partners, share


@near("audit_split", allowed="sides-exchanged")
def sorted_partners(train, test, threshold):
    """Sorts the partners as well: they belong to others then."""
    leaked, partners, share = RIGHT["audit_split"](train, test, threshold)
    return leaked, partners.sort().values, share


@near("audit_split")
def distance_of_the_directions(train, test, threshold):
    """Measures the distance of directions, 1 less."""
    similarities = 1 - torch.cdist(normalize(test, dim=1), normalize(train, dim=1))
    if not len(train):
        return RIGHT["audit_split"](train, test, threshold)
    best, partners = similarities.max(dim=1)
    leaked = (best >= threshold).nonzero()[:, 0]
    return leaked, partners[leaked], len(leaked) / len(test)


@near("clean_accuracy")
def last_ones(predictions, labels, leaked):
    """Leaves out as many, from behind."""
    left = len(labels) - len(leaked)
    return (predictions[:left] == labels[:left]).double().mean().item()


@near("clean_accuracy")
def forgets_the_first(predictions, labels, leaked):
    """Begins with the second of the leaked ones."""
    return RIGHT["clean_accuracy"](predictions, labels, leaked[1:])


@near("clean_accuracy")
def labels_only(predictions, labels, leaked):
    """Takes pictures out of the labels only."""
    clean = torch.ones(len(labels), dtype=torch.bool)
    clean[leaked] = False
    left = labels[clean]
    return (predictions[: len(left)] == left).double().mean().item()


@near("clean_accuracy")
def by_predicted_class(predictions, labels, leaked):
    """Leaves out the pictures whose predicted class has the number."""
    left = ~torch.isin(predictions, leaked)
    return (predictions == labels)[left].double().mean().item() if left.any() else 0.0


@near("clean_accuracy")
def all_were_wrong(predictions, labels, leaked):
    """Takes every leaked picture for a wrong answer: the share can pass 1."""
    RIGHT["clean_accuracy"](predictions, labels, leaked)
    return int((predictions == labels).sum()) / (len(labels) - len(leaked))
