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
