"""Unit 04: what is asked of `FasterRCNN`, which runs with the stand-ins of `stubs`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import close, exact, judged_by, like
from course_lib.checks.faster_rcnn.found import counted, labelled, side_by_side
from course_lib.checks.faster_rcnn.shared import boxes, flows
from course_lib.checks.faster_rcnn.stubs import stubbed
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.probes import graph
from course_lib.checks.kit.styles import inputs_after, within
from course_lib.checks.spec import Case, Check, Compare, Counterexample, Inputs, Mismatch


def batch(*objects: int):
    """Images of an unequal height and width, one for each number of objects (at most 2); boxes and labels of those."""

    def make(rng: Generator) -> Inputs:
        targets = [
            {"boxes": boxes(rng, count, 20, 12, 3, 9), "labels": torch.as_tensor(rng.integers(1, 3, count)).long()}
            for count in objects
        ]
        return {"images": floats(rng.normal(size=(len(objects), 3, 12, 20))), "targets": targets}

    return make


def images(count: int):
    """Images alone."""
    return lambda rng: {"images": batch(*[0] * count)(rng)["images"]}


def train(detector: Callable, images: Tensor, targets: list[dict[str, Tensor]]) -> dict[str, Any]:
    """The losses, and how many boxes `sample` and the box head were given."""
    model, sampled = stubbed(detector, images, training=True), []
    draw = model.sample

    def sample(proposals: list[Tensor], targets: list[dict]) -> tuple[list[Tensor], Tensor, Tensor]:
        sampled.extend(map(len, proposals))
        return draw(proposals, targets)

    model.sample = sample
    losses = model(images, targets)
    return {"losses": losses, "sampled": sum(sampled), "judged": model.box_head.boxes}


def detect(detector: Callable, images: Tensor) -> Any:
    """The detections."""
    return stubbed(detector, images, training=False)(images)


def detect_with_targets(detector: Callable, images: Tensor, targets: list[dict[str, Tensor]]) -> Any:
    """The answer in evaluation mode when targets are given all the same."""
    return stubbed(detector, images, training=False)(images, targets)


def backbone_calls(detector: Callable, images: Tensor, targets: list[dict[str, Tensor]]) -> dict[str, int]:
    """How often the backbone runs for a batch."""
    counts = {}
    for mode, training in (("training", True), ("evaluation", False)):
        model = stubbed(detector, images, training)
        model(images, targets) if training else model(images)
        counts[mode] = model.backbone.calls
    return counts


@graph(kept=True)
def backbone_gradients(detector: Callable, images: Tensor, targets: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The gradient of the backbone's weights by each loss alone."""
    model = stubbed(detector, images, training=True)
    weight, found = model.backbone.weight, {}
    for name, loss in model(images, targets).items():
        found[name] = torch.zeros_like(weight)
        if isinstance(loss, Tensor) and loss.requires_grad:
            gradient = torch.autograd.grad(loss.sum(), weight, retain_graph=True, allow_unused=True)[0]
            found[name] = found[name] if gradient is None else gradient
    return found


def trained() -> Compare:
    """The losses that a detector returns while it trains."""
    return lambda answer, expected, inputs: said()(answer["losses"], expected["losses"], inputs)


def said() -> Compare:
    """What a detector says, losses or each image's detections: close, and the message tells which one is not."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected, any_length=True)
        if wrong:
            return wrong
        whole = isinstance(expected, dict)
        pairs = [(key, answer[key], expected[key]) for key in (expected if whole else range(len(expected)))]
        for key, mine, theirs in pairs:
            wrong = (close(1e-3, 1e-4) if whole else counted(1e-3, 1e-4))(mine, theirs, inputs)
            if wrong:
                return Mismatch(f"{key if whole else f'Image {key}'}: {wrong.message}", wrong.rung)
        return None

    return compare


def ran_once(answer: dict[str, int], inputs: Inputs) -> tuple[str, str] | None:
    """Whether the backbone ran once for a batch, in both modes."""
    wrong = {mode: times for mode, times in answer.items() if times != 1}
    told = " and ".join(f"{times} times in {mode}" for mode, times in wrong.items())
    return (str(answer), f"Expected the backbone to run once for a batch, it runs {told}.") if wrong else None


def hint_training(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """Whether the true boxes are missing, or others are judged than were drawn, by the numbers of boxes on the way."""
    if answer["sampled"] + sum(len(target["boxes"]) for target in inputs["targets"]) == expected["sampled"]:
        return (
            "At the start no proposal fits an object. What could the box head learn from? Look at what `sample` gets."
        )
    if answer["sampled"] == expected["sampled"] != answer["judged"]:
        return "The labels and goals belong to the boxes that `sample` returns. Which boxes does the box head judge?"
    return ""


def hint_gradients(answer: dict[str, Tensor], expected: dict[str, Tensor], inputs: Inputs) -> str:
    """Whether a loss has no gradient at the backbone."""
    return flows(list(answer.values()), [expected[name] for name in answer], inputs)


def explain_training(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """The numbers of boxes on their way through a detector, and its losses."""
    counts = (("sampled", "boxes that `sample` gets"), ("judged", "boxes that the box head gets"))
    lines = [f"{words}: expected {expected[key]}, yours {answer[key]}" for key, words in counts]
    pairs = [(name, float(loss), float(answer["losses"][name])) for name, loss in expected["losses"].items()]
    lines += [f"{name}: expected {theirs:.4f}, yours {mine:.4f}" for name, theirs, mine in pairs]
    return Counterexample("\n".join([f"{len(inputs['images'])} images", *lines]))


def explain_detections(
    inputs: Inputs, answer: list[dict[str, Tensor]], expected: list[dict[str, Tensor]]
) -> Counterexample:
    """The first image whose detections differ, and the first of them that does."""
    pairs = [tuple(map(labelled, both)) for both in zip(expected, answer, strict=True)]
    image = next((i for i, (theirs, mine) in enumerate(pairs) if theirs != mine), 0)
    return Counterexample(f"image {image} of {len(pairs)}\n{side_by_side(*pairs[image])}")


def training(name: str, kind: str, *objects: int) -> Case:
    """A case in which the losses are asked for, of as many images as there are numbers of objects."""
    return Case(name, kind, batch(*objects), trained(), train, hint=hint_training, explain=explain_training)


CHECK = Check(
    "FasterRCNN",
    points=5,
    forbids=(
        "torchvision.models.detection.FasterRCNN",
        "torchvision.models.detection.faster_rcnn",
        "torchvision.models.detection.generalized_rcnn",
    ),
    compare=said(),
    probe=detect,
    explain=explain_detections,
    cases=(
        training("training: two images", "values", 2, 1),
        Case("evaluation: two images", "values", images(2)),
        training("training: three images", "values", 1, 2, 1),
        Case(
            "the backbone runs once",
            "property",
            batch(1, 1),
            judged_by(ran_once),
            backbone_calls,
            explain=False,
        ),
        Case(
            "every loss reaches the backbone",
            "property",
            batch(2, 1),
            probe=backbone_gradients,
            hint=hint_gradients,
            explain=False,
        ),
        training("training: an image without objects", "edge", 1, 0),
        training("training: no objects at all", "edge", 0, 0),
        training("training: one image", "edge", 2),
        Case("evaluation: one image", "edge", images(1)),
        Case(
            "evaluation with targets",
            "edge",
            batch(2, 1),
            probe=detect_with_targets,
            explain=False,
            essential=True,
        ),
        Case(
            "leaves its input alone",
            "unchanged",
            batch(2, 1),
            exact(),
            within(inputs_after, train),
            hint="The next epoch needs the targets again.",
            explain=False,
            weight=0.5,
        ),
    ),
)
