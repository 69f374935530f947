"""Unit 09: wrong versions that lie near a misconception but are another mistake, in a student's own words."""

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
