"""Does a picture look real to a network? What its layers answer is compared with what they answer to real pictures.

Features of the last layer do not tell: they were learned to tell faces apart, and a plain grey picture, which excites
none of them, lies near many faces. All layers together do (Lee, Lee, Lee, Shin, A Simple Unified Framework for
Detecting Out-of-Distribution Samples and Adversarial Attacks, NeurIPS 2018).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.attributes import AttributeNet

BATCH = 100  # pictures at a time
RIDGE = 1e-3  # added to each variance of the standardised statistics, so that none of them is divided by nothing


class Realism:
    """How unlike known pictures others are: a Mahalanobis distance, just below 1 for known ones.

    The mean and the standard deviation of each channel behind each ReLU are a picture's statistics; the known ones give
    their mean and their covariance.

    Args:
        network: only its blocks are used.
        known: pictures from 0 to 1; more of them than there are statistics, two for each channel.
    """

    def __init__(self, network: AttributeNet, known: Float[Tensor, "n 3 h w"]):
        self.network = network
        found = self.statistics(known)
        self.mean, self.spread = found.mean(dim=0), found.std(dim=0).clamp(min=1e-6)
        apart = (found - self.mean) / self.spread
        self.inverse = torch.linalg.inv(torch.cov(apart.T) + RIDGE * torch.eye(apart.shape[1]))

    @torch.no_grad()
    def statistics(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n s"]:
        """Mean and standard deviation of each channel, behind each ReLU."""
        rows = []
        for maps in images.split(BATCH):
            maps, found = maps - 0.5, []
            for layer in self.network.blocks:
                maps = layer(maps)
                if isinstance(layer, nn.ReLU):
                    found += [maps.mean(dim=(2, 3)), maps.std(dim=(2, 3))]
            rows.append(torch.cat(found, dim=1))
        return torch.cat(rows)

    def distance(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, " n"]:
        """The root of the squared Mahalanobis distance per statistic."""
        apart = (self.statistics(images) - self.mean) / self.spread
        return ((apart @ self.inverse) * apart).mean(dim=1).clamp(min=0).sqrt()

    def limit(self, images: Float[Tensor, "n 3 h w"], share: float = 0.95) -> float:
        """The distance that this share of pictures, real ones and not among the known, does not exceed."""
        return float(self.distance(images).quantile(share))
