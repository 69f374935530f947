"""What passes its checks serves in the experiment: each unit's training and `predict` on every right answer."""

import inspect

import jaxtyping
import pytest
import torch

from autograder import reference
from autograder.exam import papers
from autograder.exam.replies import MAX_ANSWER
from course_lib import training
from course_lib.checks import codec
from course_lib.checks.run import generator
from course_lib.units import EXPERIMENT
from tests.helpers.right_answers import RIGHT, functions_of
from tests.helpers.tiers import sampled

pytestmark = pytest.mark.long
STEPS, IMAGES = 2, 12  # enough to see whether it runs
WRITTEN = [
    pytest.param(path.parent.name, path, id=f"{path.parent.name}-{path.stem}", marks=sampled(path.parent.name))
    for path in RIGHT
    if any(check.name == EXPERIMENT for check in papers.checks_of(path.parent.name))
]
FIT = training.fit


def short(*inputs, **named):
    """The course's training loop, for a few steps."""
    bound = inspect.signature(FIT).bind(*inputs, **named)
    bound.arguments["steps"] = min(STEPS, bound.arguments["steps"])
    return FIT(*bound.args, **bound.kwargs)


@pytest.mark.parametrize(("unit", "path"), WRITTEN)
def test_right_answers_train_and_predict(unit, path, settings_from, monkeypatch, tmp_path):
    settings_from(COURSE_LIMIT=IMAGES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training, "fit", short)
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # who traces a network passes it no tensors
    own, theirs = reference.load(unit), functions_of(path)
    forget(own)
    checks = papers.checks_of(unit)
    for name in {check.function for check in checks} & theirs.keys():
        monkeypatch.setitem(own, name, theirs[name])
    monkeypatch.setitem(own, "weights", own["fit"]())
    [check] = [check for check in checks if check.name == "experiment"]
    case = check.cases[0]
    inputs = case.public(generator(1, case))
    with torch.no_grad():
        answer = codec.copy(case.probe(own["predict"], *seen(inputs)))
    forget(own)
    wrong = case.compare(answer, None, inputs)
    assert wrong is None or wrong.rung != "type", wrong.message
    in_the_exam = case.make_inputs(generator(1, case))
    times = len(seen(in_the_exam)[0]) / len(seen(inputs)[0])
    assert times * codec.weight(answer) < MAX_ANSWER


def forget(own):
    """Empty what the unit's functions keep: they have seen few images."""
    for value in own.values():
        getattr(value, "cache_clear", lambda: None)()


def seen(inputs):
    """What of a question the function sees."""
    return [value for name, value in inputs.items() if not name.startswith("_")]
