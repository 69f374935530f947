"""A small DCGAN for portraits: a generator and a discriminator learn against each other (Radford et al., ICLR 2016).

As the paper advises: strided convolutions in the place of pooling, batch normalisation but for the generator's last and
the discriminator's first layer, ReLU in the one, leaky ReLU in the other.
"""

from jaxtyping import Float
from torch import Tensor, nn

LATENT = 64
WIDTHS = (32, 64, 128)  # channels at 16, 8 and 4 pixels


def initialised(network: nn.Module) -> nn.Module:
    """The network with the paper's first weights: normal, with a standard deviation of 0.02."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(part.weight, std=0.02)
        if isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.weight, 1.0, 0.02)
    return network


class Generator(nn.Module):
    """Portraits of 32 × 32 pixels from latents of 64 numbers, which are drawn from a normal distribution."""

    def __init__(self, latent: int = LATENT, widths: tuple[int, int, int] = WIDTHS):
        super().__init__()
        first, second, third = widths
        self.layers = nn.Sequential(
            nn.Linear(latent, 16 * third, bias=False),
            nn.Unflatten(1, (third, 4, 4)),
            nn.BatchNorm2d(third),
            nn.ReLU(),
            nn.ConvTranspose2d(third, second, 4, 2, 1, bias=False),
            nn.BatchNorm2d(second),
            nn.ReLU(),
            nn.ConvTranspose2d(second, first, 4, 2, 1, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            nn.ConvTranspose2d(first, 3, 4, 2, 1),
            nn.Tanh(),
        )
        initialised(self)

    def forward(self, latents: Float[Tensor, "n d"]) -> Float[Tensor, "n 3 32 32"]:
        """A picture for each latent, from 0 to 1."""
        return self.layers(latents) / 2 + 0.5


class Discriminator(nn.Module):
    """Is a portrait real, or was it generated?"""

    def __init__(self, widths: tuple[int, int, int] = WIDTHS):
        super().__init__()
        first, second, third = widths
        self.layers = nn.Sequential(
            nn.Conv2d(3, first, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(first, second, 4, 2, 1, bias=False),
            nn.BatchNorm2d(second),
            nn.LeakyReLU(0.2),
            nn.Conv2d(second, third, 4, 2, 1, bias=False),
            nn.BatchNorm2d(third),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(16 * third, 1),
        )
        initialised(self)

    def forward(self, images: Float[Tensor, "n 3 32 32"]) -> Float[Tensor, " n"]:
        """A logit for each picture with numbers from 0 to 1: above 0 for real ones."""
        return self.layers(2 * images - 1)[:, 0]
