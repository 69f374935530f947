"""Depth with and without shortcuts: what a network is like before its first step, and how far training brings it.

All networks see the same digits in the same order; a seed draws the weights alone. Only training images are used.
"""

import torch
from torch import Tensor, nn

from autograder import reference
from course_lib.data import digits
from course_lib.deepnet import DeepNet, PlainBlock
from course_lib.metrics import accuracy
from course_lib.training import fit, learning_rate

DEPTHS, STEPS, RATE, BATCH, RATES = (8, 20, 32, 56), (90, 270), 3e-3, 64, (1e-3, 1e-2)
LONG = 810  # steps, for plain networks of 20 and 56 layers
RECIPE = (
    "Plain and residual networks of 8, 20, 32 and 56 layers on the 1,297 training digits, 90 and 270 steps of 64 with "
    "AdamW, highest rate 0.003; plain networks of 20 and 56 layers also 810 steps, and the one of 56 layers 270 steps "
    "with rates 0.001 and 0.01. No choice was made by a result."
)
SEEDS = (0, 1, 2)
KINDS = {"plain": PlainBlock, "residual": reference.find("00_cnn_recap", "ResidualBlock")}
IMAGES, LABELS = digits("train")


def run(seed: int) -> dict:
    """Accuracies and losses after training, and the networks before it, for weights drawn with one seed."""
    measured = {}
    for kind in KINDS:
        for depth in DEPTHS:
            for quantity, value in at_the_start(network(kind, depth, seed)).items():
                measured[f"{kind} {depth}: {quantity}"] = value
            for steps in STEPS:
                measured |= trained(kind, depth, steps, seed)
    for depth in (20, 56):
        measured |= trained("plain", depth, LONG, seed)
    bare = without_norm(network("plain", 56, seed))
    measured["plain 56 without batch norm: gradients"] = at_the_start(bare)["gradients"]
    for rate in RATES:
        measured |= trained("plain", 56, max(STEPS), seed, rate)
    return measured


def network(kind: str, depth: int, seed: int) -> DeepNet:
    """A network with new weights, in training mode."""
    torch.manual_seed(seed)
    return DeepNet(depth, KINDS[kind]).train()


def without_norm(model: nn.Module) -> nn.Module:
    """The same network with nothing in place of each batch norm."""
    for module in model.modules():
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    return model


def batch(index: int) -> tuple[Tensor, Tensor]:
    """64 digits; which ones depends on the step alone."""
    chosen = torch.randint(len(IMAGES), (BATCH,), generator=torch.Generator().manual_seed(index))
    return IMAGES[chosen], LABELS[chosen]


def loss(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy over the ten digits."""
    return nn.functional.cross_entropy(model(images), labels)


def trained(kind: str, depth: int, steps: int, seed: int, rate: float = RATE) -> dict[str, float]:
    """Accuracy on all training images in evaluation mode, and the mean loss of the last ten steps in training mode."""
    model = network(kind, depth, seed)
    losses = fit(model, batch, loss, steps, rate, progress=False)
    name = f"{kind} {depth}, {steps} steps" + ("" if rate == RATE else f", rate {rate:g}")
    return {
        f"{name}: training accuracy": accuracy(model, IMAGES, LABELS),
        f"{name}: last losses": sum(losses[-10:]) / 10,
    }


def at_the_start(model: DeepNet) -> dict:
    """Before training, for each layer: gradient, first step of AdamW, and how well the gradients of two batches agree.

    And how many digits have a nearest neighbour that shows the same digit, by the numbers before the last layer.
    """
    weights = main_weights(model)
    gradients = [torch.autograd.grad(loss(model, *batch(index)), weights) for index in range(4)]
    pairs = [(gradients[i], gradients[j]) for i in range(4) for j in range(i)]
    alike = [[nn.functional.cosine_similarity(a, b, dim=0) for a, b in zip(*flat(pair), strict=True)] for pair in pairs]
    return {
        "gradients": short([gradient.norm() for gradient in gradients[0]]),
        "agreement": short([torch.stack(layer).mean() for layer in zip(*alike, strict=True)]),
        "nearest neighbour": nearest_neighbour(model),
        "updates": short(first_step(weights, gradients[0])),
    }


def flat(pair: tuple) -> list[list[Tensor]]:
    """Each layer's gradient as one row of numbers, for both batches."""
    return [[gradient.flatten() for gradient in batch] for batch in pair]


def short(values: list[Tensor]) -> list[float]:
    """Four digits of each."""
    return [float(f"{value.item():.4g}") for value in values]


def main_weights(model: DeepNet) -> list[Tensor]:
    """Weights of all convolutions and linear layers, from the image on, without the shortcuts' projections."""
    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear)}
    return [layer.weight for name, layer in layers.items() if "shortcut" not in name]


def first_step(weights: list[Tensor], gradients: tuple[Tensor, ...]) -> list[Tensor]:
    """How far the first step moves each layer's weights, over their length: AdamW in the warm-up of 90 steps."""
    before = [weight.detach().clone() for weight in weights]
    optimizer = torch.optim.AdamW(weights, learning_rate(0, min(STEPS), RATE), weight_decay=1e-4)
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient
    optimizer.step()
    return [(after - old).norm() / old.norm() for after, old in zip(weights, before, strict=True)]


@torch.no_grad()
def nearest_neighbour(model: DeepNet) -> float:
    """Share of 500 digits whose nearest neighbour is of their class: cosine of the features that `classify` reads."""
    features = model.blocks(model.first(IMAGES[:500])).mean(dim=(2, 3))
    unit = nn.functional.normalize(features - features.mean(dim=0), dim=1)
    nearest = (unit @ unit.T).fill_diagonal_(-1).argmax(dim=1)
    return (LABELS[nearest] == LABELS[:500]).double().mean().item()
