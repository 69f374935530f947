"""Unit 06: wrong versions of `Hourglass`."""

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d

from autograder.misconceptions import wrong


def _block(channels, outside=0):
    conv = nn.Conv2d(channels, outside or channels, 3, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outside or channels), nn.ReLU())


class Layers(nn.Module):
    """The right layers, around an hourglass of the same kind, and the parts of the right one."""

    def __init__(self, depth, channels):
        super().__init__()
        self.skip, self.before, self.after = (_block(channels) for _ in range(3))
        self.inner = _block(channels) if depth == 1 else type(self)(depth - 1, channels)

    def pooled(self, x):
        """The maxima of windows of 2 × 2."""
        return max_pool2d(x, 2, ceil_mode=True)

    def through(self, half):
        """What happens at half of the resolution."""
        return self.after(self.inner(self.before(half)))

    def enlarged(self, half, x):
        """Cells repeated to the size of x."""
        return interpolate(half, size=x.shape[2:])


@wrong(
    "Hourglass",
    "no-skip",
    "The fine position is lost on the way down: the skip branch is missing in your sum.",
)
class NoSkip(Layers):
    def forward(self, x):
        return self.enlarged(self.through(self.pooled(x)), x)


@wrong("Hourglass", "bare-skip", "You add x itself. The skip branch has a block of its own.")
class BareSkip(Layers):
    def forward(self, x):
        return x + self.enlarged(self.through(self.pooled(x)), x)


@wrong("Hourglass", "concatenated", "You stack the two ways. Hourglasses add; the channels stay.")
class Concatenated(Layers):
    def __init__(self, depth, channels):
        super().__init__(depth, channels)
        if depth > 1:
            self.after = _block(2 * channels, channels)

    def forward(self, x):
        return torch.cat([self.skip(x), self.enlarged(self.through(self.pooled(x)), x)], dim=1)


@wrong("Hourglass", "one-level", "Your hourglass has one level whatever `depth` is.")
class OneLevel(Layers):
    def __init__(self, depth, channels):
        super().__init__(1, channels)

    def forward(self, x):
        return self.skip(x) + self.enlarged(self.through(self.pooled(x)), x)


@wrong("Hourglass", "one-level-more", "Your hourglass has a level more than `depth` says: depth 1 has a block inside.")
class OneLevelMore(Layers):
    def __init__(self, depth, channels):
        super().__init__(1, channels)
        if depth > 0:
            self.inner = type(self)(depth - 1, channels)

    def forward(self, x):
        return self.skip(x) + self.enlarged(self.through(self.pooled(x)), x)


@wrong("Hourglass", "shared-levels", "All levels share one set of weights: make new blocks for each.")
class SharedLevels(Layers):
    def __init__(self, depth, channels):
        super().__init__(depth, channels)
        if depth > 1:
            self.skip, self.before, self.after = self.inner.skip, self.inner.before, self.inner.after

    def forward(self, x):
        return self.skip(x) + self.enlarged(self.through(self.pooled(x)), x)


@wrong("Hourglass", "shared-blocks", "One block stands in several places: skip, before and after each have their own.")
class SharedBlocks(Layers):
    def __init__(self, depth, channels):
        super().__init__(depth, channels)
        self.before = self.after = self.skip

    def forward(self, x):
        return self.skip(x) + self.enlarged(self.through(self.pooled(x)), x)


@wrong(
    "Hourglass",
    "even-only",
    "An odd size does not come back: twice 8 is 16, not 15. Enlarge to the size of x, or cut.",
)
class EvenOnly(Layers):
    def forward(self, x):
        return self.skip(x) + interpolate(self.through(self.pooled(x)), scale_factor=2)


@wrong(
    "Hourglass",
    "floor-pool",
    "Your pooling drops the last row or column of an odd size. Keep the window that hangs over.",
)
class FloorPool(Layers):
    def forward(self, x):
        return self.skip(x) + self.enlarged(self.through(max_pool2d(x, 2)), x)


@wrong(
    "Hourglass",
    "half-size",
    "The output is smaller than the input, so hourglasses cannot be stacked: enlarge, and add at the size of x.",
)
class HalfSize(Layers):
    def forward(self, x):
        return self.pooled(self.skip(x)) + self.level(self.pooled(x))

    def level(self, half):
        inner = self.inner(self.before(half))
        return self.after(interpolate(inner, size=half.shape[2:]))


@wrong("Hourglass", "average", "You average the windows. Here their maximum is taken.")
class Average(Layers):
    def forward(self, x):
        half = avg_pool2d(x, 2, ceil_mode=True)
        return self.skip(x) + self.enlarged(self.through(half), x)


@wrong("Hourglass", "bilinear", "You interpolate on the way up. Many do; here each cell is repeated.")
class Bilinear(Layers):
    def forward(self, x):
        half = self.through(self.pooled(x))
        return self.skip(x) + interpolate(half, size=x.shape[2:], mode="bilinear", align_corners=False)


@wrong(
    "Hourglass", "pooled-late", "Your first block runs before the pooling. It belongs behind it, where a map is small."
)
class PooledLate(Layers):
    def forward(self, x):
        half = self.after(self.inner(self.pooled(self.before(x))))
        return self.skip(x) + self.enlarged(half, x)


@wrong("Hourglass", "enlarged-early", "Your last block runs behind the enlarging. It belongs before it.")
class EnlargedEarly(Layers):
    def forward(self, x):
        half = self.inner(self.before(self.pooled(x)))
        return self.skip(x) + self.after(self.enlarged(half, x))


@wrong("Hourglass", "not-inside", "Your inner hourglass is made but not used: the map is halved only once.")
class NotInside(Layers):
    def forward(self, x):
        return self.skip(x) + self.enlarged(self.after(self.before(self.pooled(x))), x)


@wrong("Hourglass", "same-resolution", "You never pool: all blocks see the map at its full size.")
class SameResolution(Layers):
    def forward(self, x):
        return self.skip(x) + self.through(x)
