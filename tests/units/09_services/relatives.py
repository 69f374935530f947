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
