"""What our own networks have in common: a stem and four stages, by name."""

from torch import nn

PARTS = ("stem", "stage1", "stage2", "stage3", "stage4")


class Staged(nn.Module):
    """A network whose children are `PARTS`, each fed with the one before.

    Attributes:
        channels, strides: of the four stages; a stride is counted in pixels per cell.
    """

    channels: tuple[int, int, int, int]
    strides: tuple[int, int, int, int]

    def parts(self) -> dict[str, nn.Module]:
        """The stem and the four stages by name, in their order."""
        return {name: getattr(self, name) for name in PARTS}

    def cut(self, last: int) -> None:
        """Forget the stages after the `last`."""
        for number in range(last + 1, 5):
            setattr(self, f"stage{number}", nn.Identity())
