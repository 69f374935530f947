"""Unit 01: how a wrong split is shown: the first draw at fault class by class, or how often each image was drawn."""

from torch import Tensor

from course_lib import plots
from course_lib.checks.spec import Counterexample, Inputs

IN_TRAINING, TWICE, IN_BOTH, IN_NONE, IN_TEST = plots.BLUE, plots.PURPLE, plots.VERMILLION, plots.BLACK, "#BBBBBB"


def explain(inputs: Inputs, answer: dict[str, Tensor], expected: dict[str, Tensor]) -> Counterexample:
    """The first draw that is not valid by itself; where all are, what is wrong with their chance."""
    form = (inputs["seeds"] + 2, len(inputs["labels"]))
    if answer["in_train"].shape != form or answer["in_test"].shape != form:
        return Counterexample("expected two tensors of positions for each call, yours are not")
    faults = _faults(inputs, answer).nonzero().flatten()
    return _one_draw(inputs, answer, int(faults[0])) if len(faults) else _all_draws(inputs, answer)


def _faults(inputs: Inputs, answer: dict[str, Tensor]) -> Tensor:
    """Whether each draw has a position outside, twice, in both or in neither part, or other shares. [draws]"""
    train, test, labels = answer["in_train"], answer["in_test"], inputs["labels"]
    found = (train + test != 1).any(dim=1) | (answer["outside"] > 0)
    for label in labels.unique().tolist():
        found |= (train[:, labels == label] > 0).sum(dim=1) != inputs["per_class"]
    return found


def _one_draw(inputs: Inputs, answer: dict[str, Tensor], number: int) -> Counterexample:
    labels, asked = inputs["labels"], inputs["per_class"]
    train, test = answer["in_train"][number], answer["in_test"][number]
    lines = [f"draw {number + 1}"]
    for label in labels.unique().tolist():
        mine, others = train[labels == label], test[labels == label]
        lines.append(
            f"class {label}, {len(mine)} images: expected {asked} for training and {len(mine) - asked} for testing, "
            f"yours {_counted(mine)} and {_counted(others)}"
        )
    if outside := int(answer["outside"][number]):
        lines.append(f"positions that are none: expected 0, yours {outside}")
    return Counterexample("\n".join(lines), lambda: _draw_split(labels, train, test, number))


def _counted(times: Tensor) -> str:
    """How many different images, and how many of them came more than once."""
    again = int((times > 1).sum())
    return f"{int((times > 0).sum())}" + (f" ({again} of them more than once)" if again else "")


def _draw_split(labels: Tensor, train: Tensor, test: Tensor, number: int):
    """One square per image, classes one below the other. Returns the Axes."""
    classes = labels.unique().tolist()
    kinds = {
        "training": ((train == 1) & (test == 0), IN_TRAINING),
        "test": ((train == 0) & (test == 1), IN_TEST),
        "twice in one part": (((train > 1) | (test > 1)) & ((train == 0) | (test == 0)), TWICE),
        "in both": ((train > 0) & (test > 0), IN_BOTH),
        "in neither": ((train == 0) & (test == 0), IN_NONE),
    }
    title = f"draw {number + 1}: each image is a square"
    ax = plots.curve([], {"": []}, "image of the class", "class", title=title)
    for name, (members, color) in kinds.items():
        places = [(i, row) for row, c in enumerate(classes) for i in members[labels == c].nonzero()[:, 0].tolist()]
        if places:
            ax.scatter(*zip(*places, strict=True), color=color, marker="s", s=60, label=name)
    ax.set(yticks=range(len(classes)), yticklabels=classes)
    ax.figure.legend(loc="outside lower center", ncols=3)
    return ax


def _all_draws(inputs: Inputs, answer: dict[str, Tensor]) -> Counterexample:
    """How often each image of the class with the oddest chance came, and the draws that should be equal or not."""
    labels, asked, draws = inputs["labels"], inputs["per_class"], answer["in_train"]
    first, last, further, again = (_positions(draws[i]) for i in (0, -3, -2, -1))
    times = {c: draws[:-2, labels == c].sum(dim=0) for c in labels.unique().tolist()}
    means = {c: (len(draws) - 2) * asked / int((labels == c).sum()) for c in times}
    odd = max(times, key=lambda c: float((times[c] - means[c]).abs().max()))
    text = (
        f"over {len(draws) - 2} seeds each image of class {odd} is expected in training about {means[odd]:.0f} times, "
        f"yours {int(times[odd].min())} to {int(times[odd].max())} times\n"
        f"seed 0, twice: expected the same draw, yours {first} and {again}\n"
        f"one generator, two calls: expected two draws, yours {last} and {further}"
    )
    return Counterexample(text, lambda: _draw_times(odd, times[odd], means[odd]))


def _positions(chosen: Tensor, most: int = 6) -> str:
    found = chosen.nonzero().flatten().tolist()
    return " ".join(map(str, found[:most])) + (" …" if len(found) > most else "")


def _draw_times(label: int, times: Tensor, mean: float):
    """A bar for each image of a class. Returns the Axes."""
    ax = plots.bars(
        [str(i) for i in range(len(times))],
        times.tolist(),
        f"times in training, images of class {label}",
        colors=[IN_BOTH] * len(times),
        form="{:.0f}",
    )
    ax.axvline(mean, color=IN_TRAINING, linestyle="--", label="expected, about")
    ax.legend()
    return ax
