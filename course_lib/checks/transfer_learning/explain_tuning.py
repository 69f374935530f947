"""Unit 01: counterexamples of heads, frozen layers and groups: expected in blue, yours in orange."""

from typing import Any

from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import worst
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.spec import Counterexample, Inputs
from course_lib.checks.transfer_learning.explain import MOST, numbers


def head(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """Old and new weights in words; what learns and which modes, where they differ."""
    rows = [("outputs", "outputs"), ("into the head", "into the head"), ("weights", "last weights")]
    lines = [f"{told}: expected {_told(expected[key])}, yours {_told(answer[key])}" for key, told in rows]
    for key, told in (("changed", "new values"), ("learning", "learns"), ("training", "in training mode")):
        if answer[key] != expected[key] or key == "changed":
            lines.append(f"{told}: expected {_some(expected[key])}, yours {_some(answer[key])}")
    return Counterexample("\n".join([f"{inputs['classes']} classes, 3 images", *lines]))


def _some(names: list[str], most: int = 4) -> str:
    """The first few names."""
    return (", ".join(names[:most]) or "nothing") + (", …" if len(names) > most else "")


def _told(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{list(value.shape)} {numbers(value[:1], 3)}".strip()
    return ", ".join(str(one) for one in value[-2:]) if value and isinstance(value[0], str) else str(value)


def drift(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """What moved in training; drawn layer by layer, or as the frozen features where only those are wrong."""
    frozen, free = (set(answer["moved"]) - set(expected["moved"]), set(expected["moved"]) - set(answer["moved"]))
    if answer["given"]:
        return Counterexample("in training, a layer: expected to be given the output of the one before, yours a module")
    apart = float((answer["after"].double() - answer["before"].double()).abs().max())
    odd = answer["beside"] if apart < 1e-4 else answer["after"]
    at = worst(odd, answer["before"])[0]
    text = (
        f"frozen up to {inputs['upto']!r}, then a few steps of training on four images\n"
        f"moved, expected to stand still: {', '.join(sorted(frozen)) or 'none'}\n"
        f"stood still, expected to move: {', '.join(sorted(free)) or 'none'}\n"
        f"features of the same image from number {at} on: before {numbers(answer['before'][at:])}\n"
        f"beside others in training: expected the same, yours {numbers(answer['beside'][at:])}\n"
        f"after the training: expected the same, yours {numbers(answer['after'][at:])} (up to {apart:.2f} apart)"
    )
    names = [name for name in inputs["model"]["state"] if not name.endswith("num_batches_tracked")]
    both = {"expected": expected["moved"], "yours": answer["moved"]}
    return Counterexample(text, lambda: _draw_moved(names, both) if frozen or free else _draw_features(answer))


def _draw_moved(names: list[str], moved: dict[str, list[str]]):
    """A row for each weight or statistic, filled where it moved, ringed where it stood still. Returns the Axes."""
    ax = plots.curve([], {"": []}, "", "", title="what moves in training: filled; what stands still: a ring")
    for column, (who, color) in enumerate(zip(moved, (EXPECTED, YOURS), strict=True)):
        fills = [color if name in moved[who] else "none" for name in names]
        ax.scatter([column] * len(names), range(len(names)), c=fills, edgecolors=color, s=70)
    for row, name in enumerate(names):
        if (name in moved["expected"]) != (name in moved["yours"]):
            ax.axhspan(row - 0.5, row + 0.5, color=plots.YELLOW, alpha=0.4, linewidth=0, zorder=0)
    ax.set(xticks=range(2), xticklabels=moved, xlim=(-0.5, 1.5), yticks=range(len(names)), yticklabels=names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", labelsize=8)
    ax.figure.set_size_inches(6, 1 + 0.22 * len(names))
    return ax


def _draw_features(answer: dict[str, Any]):
    """The frozen features of one image before, in and after the training. Returns the Axes."""
    lines = {
        "before": answer["before"],
        "yours, after the training": answer["after"],
        "yours, in training": answer["beside"],
    }
    shown = {name: values.flatten()[:MOST].tolist() for name, values in lines.items()}
    title = "the first features of one image:\nexpected: all three lie on one line"
    return plots.curve(range(len(shown["before"])), shown, "feature", "value", title=title)


def rates(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """Each group's parameters and rate; drawn parameter by parameter."""
    both = {"expected": expected, "yours": answer}
    lines = [f"{who}: {_groups(found)}" for who, found in both.items()]
    mine, theirs = (sum(found["names"], []) for found in (answer, expected))
    lines += [f"in your groups, expected in none: {_some(extra)}"] if (extra := sorted(set(mine) - set(theirs))) else []
    lines += (
        [f"in no group of yours, expected in one: {_some(lost)}"] if (lost := sorted(set(theirs) - set(mine))) else []
    )
    names = [name for name in inputs["model"]["state"] if name in {*mine, *theirs}]
    return Counterexample(
        "\n".join([f"base_lr {inputs['base_lr']}, decay {inputs['decay']}", *lines]), lambda: _draw_rates(names, both)
    )


def _draw_rates(names: list[str], both: dict[str, dict[str, Any]]):
    """A row for each parameter: a ring at the expected rate, a cross at yours. Returns the Axes."""
    ax = plots.curve([], {"": []}, "learning rate", "", title="a row per parameter; no mark: in no group")
    for (who, found), marker, color in zip(both.items(), ("o", "x"), (EXPECTED, YOURS), strict=True):
        pairs = [
            (rate, names.index(name))
            for group, rate in zip(found["names"], found["rates"], strict=True)
            for name in group
            if name in names
        ]
        xs, ys = zip(*pairs, strict=True) if pairs else ((), ())
        face = {"facecolors": "none", "edgecolors": color} if marker == "o" else {"color": color}
        ax.scatter(xs, ys, marker=marker, s=70, label=who, **face)
    ax.set(yticks=range(len(names)), yticklabels=names)
    ax.set_ylim(max(len(names), 1) - 0.5, -0.5)
    ax.tick_params(axis="y", labelsize=8)
    ax.figure.set_size_inches(6, 1.4 + 0.22 * len(names))
    ax.legend()
    return ax


def _groups(found: dict[str, Any], most: int = 8) -> str:
    """Groups in short: the layer of the first parameter, how many there are, the rate."""
    rows = [
        f"{names[0].split('.')[0] if names else 'nothing'} ({len(names)} tensors) {rate:.4g}"
        for names, rate in zip(found["names"], found["rates"], strict=True)
    ]
    return ", ".join(rows[:most]) + (", …" if len(rows) > most else "") or "no groups"
