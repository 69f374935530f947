"""Unit 08: near relatives of its misconceptions."""


def mean_alone(images):
    """Near variance: the deviation is left as it is."""
    return images - images.mean(dim=(1, 2), keepdim=True)


def by_the_largest(images):
    """Near whole-batch and variance."""
    apart = images - images.mean(dim=(1, 2), keepdim=True)
    return apart / apart.abs().amax(dim=(1, 2), keepdim=True).clamp(min=1e-9)


RELATIVES = [("standardize", mean_alone, ""), ("standardize", by_the_largest, "")]
