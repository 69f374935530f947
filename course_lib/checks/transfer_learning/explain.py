"""Unit 01: counterexamples of features and classifiers, in words and drawn: expected in blue, yours in orange."""

from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import worst
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.spec import Counterexample, Inputs

MOST = 24  # images or features in one picture
NAMED = 3  # points in one picture whose classes are written beside them


def numbers(values: Tensor, most: int = 4) -> str:
    """The first few numbers."""
    return " ".join(f"{value:.2f}" for value in values.flatten()[:most].tolist()) + (
        " …" if values.numel() > most else ""
    )


def _table(features: Tensor) -> Tensor:
    """Features as rows of a picture, one row per image."""
    rows = features.double().nan_to_num(0).reshape(len(features), -1)
    return rows[:MOST, :MOST]


def features(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The image with the largest error; all features as pictures of the same grey levels, and where they differ."""
    image = worst(answer, expected)[0]
    text = (
        f"{len(expected)} images, layer {inputs['layer']!r}, outputs of shape {list(expected.shape[1:])}\n"
        f"image {image}, its first numbers: expected {numbers(expected[image])}, yours {numbers(answer[image])}"
    )

    def draw():
        tables = [_table(expected), _table(answer)]
        low, high = min(float(t.min()) for t in tables), max(float(t.max()) for t in tables)
        grey = [((table - low) / max(high - low, 1e-9)).float()[None] for table in tables]
        apart = (tables[0] - tables[1]).abs()
        grey.append((apart / max(float(apart.max()), 1e-9)).float()[None])
        titles = ["expected: one row per image", "yours: the same grey levels", "white: where they differ most"]
        return plots.image_grid(grey, titles=titles, columns=3).flat[0]

    return Counterexample(text, draw)


def points(inputs: Inputs, answer: Tensor | str, expected: Tensor) -> Counterexample:
    """The first new point of a wrong class, among the training points of the first two features."""
    if isinstance(answer, str):
        constant = (inputs["features"] == inputs["features"][0]).all(dim=0).nonzero().flatten().tolist()
        return Counterexample(f"features of one value, {constant}: expected to become 0 everywhere, yours {answer}")
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
        some = wrong[:: max(1, len(wrong) // NAMED)]
        taken = [f"expected {int(expected[i])}, yours {float(answer[i]):g}" for i in some.tolist()]
        return _draw_points(inputs, wrong, dict(zip(some.tolist(), taken, strict=True)))

    return Counterexample(text, draw)


def _draw_points(inputs: Inputs, wrong: Tensor, taken: dict[int, str]):
    """Training points in a colour per class, new points of a wrong class as crosses. Returns the Axes."""
    ax = plots.curve([], {"": []}, "first feature", "second feature")
    for number, label in enumerate(inputs["labels"].unique().tolist()):
        rows = inputs["features"][inputs["labels"] == label]
        marker, color = plots.MARKERS[number], (EXPECTED, plots.GREEN, plots.PURPLE, plots.SKY)[number % 4]
        ax.scatter(rows[:, 0], rows[:, 1], marker=marker, color=color, s=20, label=f"class {label}")
    missed = inputs["new"][wrong]
    ax.scatter(missed[:, 0], missed[:, 1], marker="x", color=YOURS, s=60, label="new, yours is wrong")
    for i, words in taken.items():
        ax.annotate(
            words, inputs["new"][i, :2].tolist(), xytext=(5, 5), textcoords="offset points", fontsize=8, color=YOURS
        )
    ax.legend()
    return ax
