"""A network that says what a person in a portrait wears and does; its features say how alike two portraits are."""

from jaxtyping import Float
from torch import Tensor, nn

WIDTHS = (24, 48, 96)  # channels at 32, 16 and 8 pixels
FEATURES = 64


class AttributeNet(nn.Module):
    """Attributes of portraits of 32 × 32 pixels.

    Its features are learned for the attributes and for the people of the training: both have their own last layer, so
    that a feature tells what a face wears as well as whose it is.
    """

    def __init__(self, attributes: int = 4, people: int = 400):
        super().__init__()
        first, second, third = WIDTHS
        self.blocks = nn.Sequential(
            *_block(3, first), nn.MaxPool2d(2), *_block(first, second), nn.MaxPool2d(2), *_block(second, third)
        )
        self.reduced = nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * third, FEATURES))
        self.attributes, self.people = nn.Linear(FEATURES, attributes), nn.Linear(FEATURES, people)

    def features(self, images: Float[Tensor, "n 3 32 32"]) -> Float[Tensor, "n f"]:
        """What both last layers look at; pictures are floats from 0 to 1."""
        return self.reduced(self.blocks(images - 0.5))

    def forward(self, images: Float[Tensor, "n 3 32 32"]) -> Float[Tensor, "n a"]:
        """A logit for each attribute, in the order of tinyfaces.ATTRIBUTES: above 0 where a face has it."""
        return self.attributes(self.features(images))


def _block(inside: int, outside: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(inside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU()
