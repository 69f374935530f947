"""Unit 01: the smallest counterexample of each function, in words and drawn: expected in blue, yours in orange."""

from typing import Any

import torch
from torch import Tensor

from course_lib import plots
from course_lib.checks.spec import Counterexample, Inputs

EXPECTED, YOURS, GIVEN, ASIDE = plots.BLUE, plots.VERMILLION, plots.BLACK, "#BBBBBB"
MOST = 24  # images or features in one picture


def _numbers(values: Tensor, most: int = 4) -> str:
    """The first few numbers."""
    return " ".join(f"{value:.2f}" for value in values.flatten()[:most].tolist()) + (
        " …" if values.numel() > most else ""
    )


def _table(features: Tensor) -> Tensor:
    """Features as rows of a picture, one an image."""
    rows = features.double().nan_to_num(0).reshape(len(features), -1)
    return rows[:MOST, :MOST]


def features(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The first image whose features are wrong; all features as two pictures of the same grey levels."""
    wrong = ~torch.isclose(answer.double(), expected.double(), 1e-4, 1e-5).reshape(len(expected), -1).all(dim=1)
    image = int(wrong.nonzero()[0]) if wrong.any() else 0
    text = (
        f"{len(expected)} images, layer {inputs['layer']!r}, outputs of shape {list(expected.shape[1:])}\n"
        f"image {image}: expected {_numbers(expected[image])}, yours {_numbers(answer[image])}"
    )

    def draw():
        tables = [_table(expected), _table(answer)]
        low, high = min(float(t.min()) for t in tables), max(float(t.max()) for t in tables)
        grey = [((table - low) / max(high - low, 1e-9)).float()[None] for table in tables]
        titles = ["expected: a row an image", "yours: the same grey levels"]
        return plots.image_grid(grey, titles=titles, columns=2).flat[0]

    return Counterexample(text, draw)


def split(inputs: Inputs, answer: dict[str, Tensor], expected: dict[str, Tensor]) -> Counterexample:
    """The first draw, class by class; drawn as classes × images."""
    labels, train, test = inputs["labels"], answer["in_train"][0], answer["in_test"][0]
    lines = []
    for label in labels.unique().tolist():
        mine = [int((part[labels == label] > 0).sum()) for part in (train, test)]
        size, asked = int((labels == label).sum()), inputs["per_class"]
        lines.append(
            f"class {label}, {size} images: expected {asked} for training and {size - asked} for testing, "
            f"yours {mine[0]} and {mine[1]}"
        )

    def draw():
        return _draw_split(labels, train, test)

    return Counterexample("\n".join(["the draw of seed 0", *lines]), draw)


def _draw_split(labels: Tensor, train: Tensor, test: Tensor):
    """One square an image, classes one below the other. Returns the Axes."""
    classes = labels.unique().tolist()
    kinds = {
        "training": ((train > 0) & (test == 0), EXPECTED),
        "test": ((train == 0) & (test > 0), ASIDE),
        "both": ((train > 0) & (test > 0), YOURS),
        "neither": ((train == 0) & (test == 0), GIVEN),
    }
    title = "the draw of seed 0: each image is a square"
    ax = plots.curve([], {"": []}, "image of the class", "class", title=title)
    for name, (members, color) in kinds.items():
        places = [(i, row) for row, c in enumerate(classes) for i in members[labels == c].nonzero()[:, 0].tolist()]
        if places:
            ax.scatter(*zip(*places, strict=True), color=color, marker="s", s=60, label=name)
    ax.set(yticks=range(len(classes)), yticklabels=classes)
    ax.figure.legend(loc="outside lower center", ncols=4)
    return ax


def points(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The first new point of a wrong class, among the training points of the first two features."""
    answer = answer.reshape(-1)
    wrong = (answer != expected).nonzero()[:, 0]
    place = int(wrong[0]) if len(wrong) else 0
    point = inputs["new"][place]
    values = f"expected class {int(expected[place])}, yours {float(answer[place]):g}"
    text = (
        f"{len(wrong)} of {len(expected)} new points are wrong\n"
        f"the point ({', '.join(f'{value:.4g}' for value in point.tolist())}): {values}"
    )

    def draw():
        return _draw_points(inputs, wrong, values)

    return Counterexample(text, draw)


def _draw_points(inputs: Inputs, wrong: Tensor, title: str):
    """Training points in a colour a class, the new points that were taken for others as crosses. Returns the Axes."""
    ax = plots.curve([], {"": []}, "first feature", "second feature", title=title)
    for number, label in enumerate(inputs["labels"].unique().tolist()):
        rows = inputs["features"][inputs["labels"] == label]
        marker, color = plots.MARKERS[number], (EXPECTED, plots.GREEN, plots.PURPLE, plots.SKY)[number % 4]
        ax.scatter(rows[:, 0], rows[:, 1], marker=marker, color=color, s=20, label=f"class {label}")
    missed = inputs["new"][wrong]
    ax.scatter(missed[:, 0], missed[:, 1], marker="x", color=YOURS, s=60, label="new, yours is wrong")
    ax.legend()
    return ax


def head(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """Old and new weights in words."""
    rows = [("outputs", "outputs"), ("into the head", "into the head"), ("weights", "last weights")]
    lines = [f"{told}: expected {_told(expected[key])}, yours {_told(answer[key])}" for key, told in rows]
    changed = f"changed: expected {_some(expected['changed'])}, yours {_some(answer['changed'])}"
    return Counterexample("\n".join([f"{inputs['classes']} classes, 3 images", *lines, changed]))


def _some(names: list[str], most: int = 4) -> str:
    """The first few names."""
    return (", ".join(names[:most]) or "nothing") + (", …" if len(names) > most else "")


def _told(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{list(value.shape)} {_numbers(value[:1], 3)}".strip()
    return ", ".join(str(one) for one in value[-2:]) if value and isinstance(value[0], str) else str(value)


def drift(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """What moved in three steps of training, and the frozen features of one image before, in and after it."""
    frozen, free = (set(answer["moved"]) - set(expected["moved"]), set(expected["moved"]) - set(answer["moved"]))
    apart = float((answer["after"].double() - answer["before"].double()).abs().max())
    text = (
        f"frozen up to {inputs['upto']!r}, then three steps of training on four images\n"
        f"moved, expected to stand still: {', '.join(sorted(frozen)) or 'none'}\n"
        f"stood still, expected to move: {', '.join(sorted(free)) or 'none'}\n"
        f"features of the same image: before {_numbers(answer['before'])}\n"
        f"beside others in training: expected the same, yours {_numbers(answer['beside'])}\n"
        f"after the training: expected the same, yours {_numbers(answer['after'])} (up to {apart:.2f} apart)"
    )

    def draw():
        lines = {
            "before": answer["before"],
            "yours, after the training": answer["after"],
            "yours, in training": answer["beside"],
        }
        shown = {name: values.flatten()[:MOST].tolist() for name, values in lines.items()}
        title = "the first features of one image:\nfrozen ones lie on one line"
        return plots.curve(range(len(shown["before"])), shown, "feature", "value", title=title)

    return Counterexample(text, draw)


def rates(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """Each group's parameters and rate; the rates as bars."""
    both = (("expected", expected), ("yours", answer))
    lines = [f"{who}: {_groups(found)}" for who, found in both]

    def draw():
        pairs = [(f"{who} {i}", rate, c) for (who, found), c in zip(both, (EXPECTED, YOURS), strict=True)
                 for i, rate in enumerate(found["rates"])]  # fmt: skip
        names, values, colors = zip(*pairs, strict=True)
        return plots.bars(
            names, values, "learning rate, groups from the first to the last", colors=colors, form="{:.4g}"
        )

    return Counterexample("\n".join([f"base_lr {inputs['base_lr']}, decay {inputs['decay']}", *lines]), draw)


def _groups(found: dict[str, Any], most: int = 8) -> str:
    """Groups in short: the layer of the first parameter, how many there are, the rate."""
    rows = [
        f"{names[0].split('.')[0] if names else 'nothing'} ({len(names)} tensors) {rate:.4g}"
        for names, rate in zip(found["names"], found["rates"], strict=True)
    ]
    return ", ".join(rows[:most]) + (", …" if len(rows) > most else "") or "no groups"
