"""Unit 01: what is asked of `parameter_groups`."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import exact
from course_lib.checks.kit.refusals import forgotten
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.spec import Case, Check, Compare, Counterexample, Inputs, Mismatch, Refusal
from course_lib.checks.transfer_learning.networks import BLOCK, HEAD, STAGE, STEM, build, random_network
from course_lib.checks.transfer_learning.shared import listed, some, without


def groups(*parts: Any, decay: float | None = None, **options: Any) -> Callable[[Generator], Inputs]:
    """A network, the last layer's rate, and the factor from layer to layer, drawn where none is given."""

    def make(rng: Generator) -> Inputs:
        model = random_network(rng, parts, **options)
        return {
            "model": model,
            "base_lr": round(float(rng.uniform(0.02, 0.3)), 3),
            "decay": decay or round(float(rng.uniform(0.2, 0.7)), 2),
        }

    return make


def group(function: Callable, network: dict, base_lr: float, decay: float) -> dict[str, Any]:
    """The groups' rates, and the names of the parameters in each, "?" for one that is not the model's."""
    model = build(network)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = [(float(copy(one["lr"])), _parameters(one["params"])) for one in _dicts(function(model, base_lr, decay))]
    return {
        "rates": [rate for rate, _ in groups],
        "names": [sorted(names.get(id(parameter), "?") for parameter in each) for _, each in groups],
    }


def _dicts(groups: Any) -> list[dict[str, Any]]:
    """The groups, if they are what an optimiser takes."""
    if not isinstance(groups, Iterable):
        raise Refusal(f"Expected a list of dicts, got an object of type {type(groups).__name__}.{forgotten(groups)}")
    found = list(groups)
    for one in found:
        if not isinstance(one, dict) or not {"params", "lr"} <= set(one):
            keys = f"a dict with {sorted(map(str, one))}" if isinstance(one, dict) else f"a {type(one).__name__}"
            raise Refusal(f'Expected each group to be a dict with "params" and "lr", got {keys}.')
    return found


def _parameters(found: Tensor | Iterable) -> list[Any]:
    """One group's parameters: a single one, or several, each perhaps in a pair behind its name."""
    each = [found] if isinstance(found, Tensor) else list(found)
    return [one[1] if isinstance(one, tuple) else one for one in each]


def model_after_grouping(function: Callable, network: dict, base_lr: float, decay: float) -> list[str]:
    """Names of the parameters that learn, after the call."""
    model = build(network)
    function(model, base_lr, decay)
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]


def grouped() -> Compare:
    """Groups with the expected parameters at the expected rates, in order."""

    def compare(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> Mismatch | None:
        message = _membership(answer["names"], expected["names"]) or _rates(answer["rates"], expected["rates"])
        return Mismatch(message) if message else None

    return compare


def _membership(mine: list[list[str]], theirs: list[list[str]]) -> str:
    if mine == theirs:
        return ""
    flat, wanted = sum(mine, []), sum(theirs, [])
    if lost := without(wanted, flat):
        return f"In no group: {some(lost)}."
    if extra := without(flat, wanted):
        return f"In a group, though nothing there learns: {some(extra)}."
    if len(flat) != len(wanted):
        return f"In two groups: {some(sorted({name for name in flat if flat.count(name) > 1}))}."
    if len(mine) != len(theirs):
        return f"Expected {len(theirs)} groups, got {len(mine)}."
    return (
        "The groups are not in the order of the model's children."
        if sorted(mine) == sorted(theirs)
        else ("Parameters stand in the groups of other layers.")
    )


def _rates(mine: list[float], theirs: list[float]) -> str:
    if torch.allclose(torch.tensor(mine), torch.tensor(theirs), 1e-4, 1e-7):
        return ""
    first, second = (", ".join(f"{rate:.4g}" for rate in rates) for rates in (theirs, mine))
    return f"Expected the rates {first} from the first layer to the last, got {second}."


def whose_rate(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """The groups are right, their rates are not."""
    wrong = answer["names"] == expected["names"] and answer["rates"] != expected["rates"]
    return "Which layer has the most to learn, and which the least?" if wrong else ""


def children(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """There are more or fewer groups than layers."""
    other = len(answer["names"]) != len(expected["names"])
    return "A layer here is a child of the model, however much there is in it." if other else ""


def nothing_to_learn(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """A frozen parameter is in a group."""
    extra = set(sum(answer["names"], [])) - set(sum(expected["names"], []))
    return "A parameter that does not learn needs no learning rate." if extra else ""


def not_counted(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """The part without parameters was counted."""
    wrong = answer["names"] == expected["names"] and answer["rates"] != expected["rates"]
    return "Which of the children have something to learn? Only they are counted." if wrong else ""


def explain(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """Each group's parameters and rate; drawn parameter by parameter."""
    both = {"expected": expected, "yours": answer}
    lines = [f"{who}: {_groups(found)}" for who, found in both.items()]
    mine, theirs = (sum(found["names"], []) for found in (answer, expected))
    lines += (
        [f"in your groups, expected in none: {listed(extra)}"] if (extra := sorted(set(mine) - set(theirs))) else []
    )
    lines += (
        [f"in no group of yours, expected in one: {listed(lost)}"] if (lost := sorted(set(theirs) - set(mine))) else []
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


CHECK = Check(
    "parameter_groups",
    points=4,
    compare=grouped(),
    probe=group,
    explain=explain,
    cases=(
        Case(
            "two parts",
            "values",
            groups(["conv 3 4"], "linear 4 2"),
            hint=whose_rate,
        ),
        Case(
            "four parts with batch norm",
            "values",
            groups(STEM, BLOCK, STAGE, HEAD),
            hint=children,
        ),
        Case(
            "the first part is frozen",
            "values",
            groups(STEM, BLOCK, STAGE, HEAD, frozen=("#0",)),
            hint=nothing_to_learn,
        ),
        Case(
            "a part without parameters",
            "property",
            groups(STEM, "pool", STAGE, HEAD),
            hint=not_counted,
        ),
        Case(
            "a part is frozen in part",
            "property",
            groups(STEM, STAGE, HEAD, frozen=("#0", "#1.0.0", "#2.1")),
        ),
        Case("one part learns", "edge", groups(STEM, STAGE, "linear 6 2", frozen=("#0", "#1"))),
        Case("all layers at one rate", "edge", groups(STEM, STAGE, HEAD, decay=1.0)),
        Case("nothing learns", "edge", groups(STEM, "linear 4 2", frozen=("#0", "#1"))),
        Case(
            "leaves the model alone",
            "unchanged",
            groups(STEM, STAGE, HEAD, frozen=("#1",)),
            exact(),
            model_after_grouping,
            explain=False,
            weight=0.5,
        ),
    ),
)
