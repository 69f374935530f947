"""Train the weights that the course ships, and write beside them how they were made.

    python tools/train_weights.py [--steps 1000]

The small backbone learns to name the source families of Tinytown objects. It writes
course_lib/weights/smallresnet.safetensors and .json: the command, the seed of the data, Tinytown's version, the
accuracy on objects that it never saw, the seconds. One thread, so the same versions give the same file again.
"""

import argparse
import json
import time

import torch
from jaxtyping import Float, Int64, UInt8
from safetensors.torch import save
from torch import Tensor, nn

from course_lib import threads
from course_lib.data import tinytown
from course_lib.download import atomic_write
from course_lib.models import Backbone, backbone
from course_lib.models.weights import WEIGHTS
from course_lib.training import fit

OBJECTS, HELD_OUT, BATCH, SIZE = 16_000, 2_000, 128, 64


class Classifier(nn.Module):
    """The backbone, its mean feature, and one linear layer."""

    def __init__(self, classes: int):
        super().__init__()
        self.backbone = backbone("small", pretrained=False)
        self.last = nn.Linear(self.backbone.feature_dim, classes)

    def forward(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n classes"]:
        return self.last(self.backbone.embed(x))


def batches(images: UInt8[Tensor, "n 3 h w"], labels: Int64[Tensor, " n"], seed: int):
    """The i-th batch: objects drawn at random, half of them mirrored, each shifted and tinted a little."""

    def batch(index: int) -> tuple[Tensor, Tensor]:
        rng = torch.Generator().manual_seed(seed * 1_000_003 + index)
        chosen = torch.randint(len(images), (BATCH,), generator=rng)
        return augment(images[chosen].float() / 255, rng), labels[chosen]

    return batch


def augment(images: Float[Tensor, "n 3 h w"], rng: torch.Generator) -> Float[Tensor, "n 3 h w"]:
    """Mirror, shift by up to 6 pixels, zoom by up to 15 % and change each colour by up to 20 %."""
    count = len(images)
    theta = torch.zeros(count, 2, 3)
    zoom = 1 + 0.3 * (torch.rand(count, 2, generator=rng) - 0.5)
    theta[:, 0, 0] = zoom[:, 0] * (1 - 2 * torch.randint(2, (count,), generator=rng))
    theta[:, 1, 1] = zoom[:, 1]
    theta[:, :, 2] = (torch.rand(count, 2, generator=rng) - 0.5) * 24 / SIZE
    grid = nn.functional.affine_grid(theta, list(images.shape), align_corners=False)
    moved = nn.functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
    tint = 1 + 0.4 * (torch.rand(count, 3, 1, 1, generator=rng) - 0.5)
    return (moved * tint).clamp(0, 1)


def loss(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy with a little label smoothing, which keeps the features of similar families together."""
    return nn.functional.cross_entropy(model(images), labels, label_smoothing=0.05)


@torch.no_grad()
def accuracy(model: Classifier, images: UInt8[Tensor, "n 3 h w"], labels: Int64[Tensor, " n"]) -> float:
    """Share of images whose family is named right."""
    model.eval()
    right = [
        (model(x.float() / 255).argmax(1) == y).sum() for x, y in zip(images.split(250), labels.split(250), strict=True)
    ]
    return float(sum(right)) / len(labels)


def train(steps: int, seed: int) -> tuple[Backbone, dict]:
    """The trained backbone and its recipe."""
    threads.limit(1)  # sums in one order, so that the same file comes out again
    torch.manual_seed(seed)
    model = Classifier(len(tinytown.SOURCE_FAMILIES))
    images, labels = tinytown.objects("source", "train", OBJECTS, SIZE)
    start = time.perf_counter()
    losses = fit(model.train(), batches(images, labels, seed), loss, steps, lr=3e-3, weight_decay=0.02)
    recipe = {
        "command": f"python tools/train_weights.py --steps {steps} --seed {seed}",
        "data": f"tinytown.objects('source', 'train', {OBJECTS}, {SIZE}), {len(tinytown.SOURCE_FAMILIES)} families",
        "seed": seed,
        "tinytown_version": tinytown.VERSION,
        "accuracy": round(accuracy(model, *tinytown.objects("source", "test", HELD_OUT, SIZE)), 4),
        "held_out": HELD_OUT,
        "last_loss": round(sum(losses[-20:]) / 20, 4),
        "seconds": round(time.perf_counter() - start),
        "parameters": sum(p.numel() for p in model.backbone.parameters()),
        "torch": torch.__version__,
    }
    return model.backbone, recipe


def main() -> None:
    """Train, write both files, print the recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000, help="updates of 128 objects each (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and batches (default 0)")
    options = parser.parse_args()
    network, recipe = train(options.steps, options.seed)
    with atomic_write(WEIGHTS / "smallresnet.safetensors") as path:
        path.write_bytes(save({name: value.contiguous() for name, value in network.net.state_dict().items()}))
    with atomic_write(WEIGHTS / "smallresnet.json") as path:
        path.write_text(json.dumps(recipe, indent=2) + "\n")
    print(json.dumps(recipe, indent=2))


if __name__ == "__main__":
    main()
