"""Unit 04: wrong versions of `RPNHead`."""

from torch import nn

from autograder.misconceptions import wrong


class _Layers(nn.Module):
    """The given layers, with a kernel and a number of logits that a wrong version may change."""

    def __init__(self, in_channels, anchors_per_cell, kernel=3, logits=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, in_channels, kernel, padding=kernel // 2)
        self.cls_logits = nn.Conv2d(in_channels, logits * anchors_per_cell, 1)
        self.bbox_pred = nn.Conv2d(in_channels, 4 * anchors_per_cell, 1)

    def maps(self, features):
        """The 1×1 layers' maps."""
        shared = self.conv(features).relu()
        return self.cls_logits(shared), self.bbox_pred(shared)


def _flat(objectness, deltas):
    """Maps [n, A, h, w] and [n, 4 * A, h, w] in the order of the anchors."""
    deltas = deltas.permute(0, 2, 3, 1).flatten(1)
    return objectness.permute(0, 2, 3, 1).flatten(1), deltas.unflatten(1, (-1, 4))


@wrong(
    "RPNHead",
    "sigmoid-inside",
    "Your scores have gone through a sigmoid. The loss applies it too, so it would act twice.",
)
class SigmoidInside(_Layers):
    def forward(self, features):
        objectness, deltas = _flat(*self.maps(features))
        return objectness.sigmoid(), deltas


@wrong("RPNHead", "no-relu", "Without a ReLU after the 3×3 layer, the two layers are one linear map.")
class NoRelu(_Layers):
    def forward(self, features):
        shared = self.conv(features)
        return _flat(self.cls_logits(shared), self.bbox_pred(shared))


@wrong("RPNHead", "one-by-one", "Your shared layer is 1×1. It should see a cell's neighbourhood: 3×3.")
class OneByOne(_Layers):
    def __init__(self, in_channels, anchors_per_cell):
        super().__init__(in_channels, anchors_per_cell, kernel=1)

    def forward(self, features):
        return _flat(*self.maps(features))


@wrong(
    "RPNHead",
    "four-major",
    "The four numbers of one anchor come from four different anchors: the channels run (A, 4), not (4, A).",
)
class FourMajor(_Layers):
    def forward(self, features):
        objectness, deltas = self.maps(features)
        deltas = deltas.unflatten(1, (4, -1)).permute(0, 3, 4, 2, 1)  # [n, h, w, A, 4]
        return _flat(objectness, objectness)[0], deltas.flatten(1).unflatten(1, (-1, 4))


@wrong(
    "RPNHead",
    "chw-flatten",
    "Scores and anchors run in different orders, so each score judges another anchor: move the channels to the end.",
)
class ChwFlatten(_Layers):
    def forward(self, features):
        objectness, deltas = self.maps(features)
        deltas = deltas.unflatten(1, (-1, 4)).permute(0, 1, 3, 4, 2)  # [n, A, h, w, 4]
        return objectness.flatten(1), deltas.flatten(1).unflatten(1, (-1, 4))


@wrong("RPNHead", "h-w-swapped", "Your cells run column by column. The anchors run row by row.")
class HWSwapped(_Layers):
    def forward(self, features):
        return _flat(*(values.transpose(2, 3) for values in self.maps(features)))


@wrong(
    "RPNHead",
    "from-features",
    "Your corrections read the feature map itself. Both 1×1 layers read the shared 3×3 layer.",
)
class FromFeatures(_Layers):
    def forward(self, features):
        return _flat(self.maps(features)[0], self.bbox_pred(features))


@wrong(
    "RPNHead",
    "two-scores",
    "You have two scores an anchor, as the paper's first version with its softmax; one logit says the same.",
)
class TwoScores(_Layers):
    def __init__(self, in_channels, anchors_per_cell):
        super().__init__(in_channels, anchors_per_cell, logits=2)

    def forward(self, features):
        return _flat(*self.maps(features))


@wrong(
    "RPNHead", "without-gradients", "Nothing can be learned from your answer: it is cut off from the layers' weights."
)
class WithoutGradients(_Layers):
    def forward(self, features):
        return [values.detach() for values in _flat(*self.maps(features))]
