"""A small convolutional variational autoencoder for portraits (Kingma and Welling, ICLR 2014)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

LATENT = 64
WIDTHS = (32, 64, 96)  # channels at 16, 8 and 4 pixels


class VAE(nn.Module):
    """Portraits of 32 × 32 pixels as latents of 64 numbers, and back.

    Pictures are floats from 0 to 1. The latents of all portraits together are about normal, with mean 0 and variance 1.
    """

    def __init__(self, latent: int = LATENT, widths: tuple[int, int, int] = WIDTHS):
        super().__init__()
        first, second, third = widths
        self.encoder = nn.Sequential(
            nn.Conv2d(3, first, 4, 2, 1),
            nn.SiLU(),
            nn.Conv2d(first, second, 4, 2, 1),
            nn.SiLU(),
            nn.Conv2d(second, third, 4, 2, 1),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(16 * third, 2 * latent),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent, 16 * third),
            nn.Unflatten(1, (third, 4, 4)),
            nn.SiLU(),
            nn.ConvTranspose2d(third, second, 4, 2, 1),
            nn.SiLU(),
            nn.ConvTranspose2d(second, first, 4, 2, 1),
            nn.SiLU(),
            nn.ConvTranspose2d(first, 3, 4, 2, 1),
            nn.Sigmoid(),
        )

    def encode(self, images: Float[Tensor, "n 3 32 32"]) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        """The mean and the logarithm of the variance of each picture's latent."""
        mean, log_variance = self.encoder(images - 0.5).chunk(2, dim=1)
        return mean, log_variance

    def decode(self, latents: Float[Tensor, "n d"]) -> Float[Tensor, "n 3 32 32"]:
        """A picture for each latent, from 0 to 1."""
        return self.decoder(latents)

    def forward(self, images: Float[Tensor, "n 3 32 32"]) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures of latents that are drawn around each mean; means; logarithms of the variances."""
        mean, log_variance = self.encode(images)
        drawn = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        return self.decode(drawn), mean, log_variance


def elbo(model: nn.Module, images: Float[Tensor, "n 3 32 32"], noise: float) -> tuple[Tensor, dict[str, Tensor]]:
    """The negative evidence lower bound per picture, but for a constant, and its two parts.

    Args:
        model: a VAE.
        images: from 0 to 1.
        noise: standard deviation of a pixel around what is decoded; the smaller it is, the less the KL part weighs.
    """
    decoded, mean, log_variance = model(images)
    error = F.mse_loss(decoded, images, reduction="sum") / (2 * noise**2 * len(images))
    kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum() / (2 * len(images))
    return error + kl, {"reconstruction": error, "KL": kl}
