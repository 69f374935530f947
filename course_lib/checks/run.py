"""The public check in a student's notebook: ask the fixed questions, judge, show, raise where something is wrong."""

import inspect
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from course_lib import progress
from course_lib.checks import codec, forbids, report
from course_lib.checks.blame import described, shown, told, unusable
from course_lib.checks.ladder import Report, climb, refused
from course_lib.checks.spec import Case, Check, Inputs, Misconception, Outcome, Question, Suspicion, call
from course_lib.errors import CheckFailed, DataMissing
from course_lib.models import weights
from course_lib.settings import settings

EXPECTED = Path(__file__).parent / "expected"


def public(unit: str, checks: tuple[Check, ...]) -> Callable[[str, Callable], None]:
    """Make the `check(name, function)` of a unit: the one call in an exercise's test cells.

    Args:
        unit: e.g. "02_rcnn".
        checks: all of that unit's.
    """
    by_name = {check.name: check for check in checks}

    def check(name: str, function: Callable) -> None:
        """Run the public check `name` on your function and explain what is wrong.

        Raises:
            CheckFailed: a case did not pass, or there is no check of that name.
        """
        if name not in by_name:
            raise CheckFailed(f"There is no check {name!r} here.", advice=f"one of {', '.join(by_name)}")
        if by_name[name].profile not in ("", settings().profile):
            print(f"The check {name!r} belongs to the profile {by_name[name].profile}: its images are from there.")
            return
        if untrained(function):
            advice = "run the cell above that calls trained(); it keeps what it learned"
            raise CheckFailed(f"{name}: nothing is trained yet.", advice=advice)
        result = run(unit, by_name[name], function, _cells_of(function))
        report.show(result)
        if not result.passed:
            raise CheckFailed(report.headline(result))

    return check


def untrained(function: Any) -> bool:
    """Whether it is the experiment's `predict`, and the cell that trains has not given it its `weights`."""
    if not isinstance(function, FunctionType) or function.__name__ != "predict":
        return False
    written = function.__dict__.get("__wrapped__", function)  # below a decorator
    names = written.__globals__ if isinstance(written, FunctionType) else {}
    return callable(names.get("fit")) and "weights" not in names


def _cells_of(function: Any) -> list[str]:
    try:
        return forbids.cells_of(function)
    except Exception:  # an object that raises when it is looked at; its answers will tell
        return []


def run(unit: str, check: Check, function: Any, sources: Sequence[str] = ()) -> Report:
    """Ask the public questions of one check and judge the answers.

    Args:
        sources: the cells in which the function and its helpers stand, to see what it uses.
    """
    questions, suspicions = load_public(unit, check)
    with progress.step(f"The check of `{check.name}` is at work"), weights.withheld(*check.withholds):
        outcomes = [in_time(check, ask(q.case, function, q.inputs)) for q in questions]
    return refused(climb(check, questions, outcomes, suspicions), forbids.refusal(check, sources))


def in_time(check: Check, outcome: Outcome) -> Outcome:
    """The outcome, unless it took longer than the exam allows. Processor time: a busy neighbour costs nobody points."""
    if outcome.seconds <= check.seconds:
        return outcome
    note = f"Your function took {outcome.seconds:.0f} s for one question; the exam allows {check.seconds:.0f} s."
    return Outcome("timeout", note=note, seconds=outcome.seconds)


def ask(case: Case, function: Any, inputs: Inputs) -> Outcome:
    """Put one question to a function. The function gets copies; its answer comes back as plain values.

    Whatever the function raises becomes an Outcome that names the error and the function's own line; what the check
    itself cannot do with the function's answer is told apart from that. Everything of the student's that is touched
    here (the function, its signature, its answer) may run code of theirs, and raise. Seconds are the processor's.
    """
    asked = codec.copy({name: value for name, value in inputs.items() if not name.startswith("_")})
    start = time.process_time()
    try:
        outcome = _answer(case, function, asked)
    except KeyboardInterrupt:  # of whoever waits for the check
        raise
    except BaseException as error:
        outcome = told(error, case, function)
    return replace(outcome, seconds=time.process_time() - start)


def _answer(case: Case, function: Any, inputs: Inputs) -> Outcome:
    if not callable(function):
        return Outcome("not callable", note=f"Expected a function, got {described(function)}.")
    try:
        came = case.probe(function, *inputs.values())
    except TypeError:
        if case.probe is call and (note := _refuses(function, inputs)):
            return Outcome("signature", note=note)
        raise
    try:
        return Outcome("answered", codec.copy(came))
    except Exception as error:
        return Outcome("refused", note=unusable(error))


def _refuses(function: Callable, inputs: Inputs) -> str:
    """Why the function cannot be called with these inputs in this order, or ""."""
    signature = None
    try:
        signature = inspect.signature(function)
        signature.bind(*inputs.values())
    except TypeError:
        if signature is not None:
            return f"Expected the arguments ({', '.join(inputs)}), your function takes {shown(signature)}."
    except Exception:  # it has no signature (builtins), or a false one: calling it will tell
        return ""
    return ""


def load_public(unit: str, check: Check) -> tuple[list[Question], list[Suspicion]]:
    """The public questions of a check, with the expected answers and the misconceptions' outcomes.

    Raises:
        DataMissing: the file is not there or was built for other checks.
    """
    path = EXPECTED / f"{unit}.npz"
    known = stored(path).get(check.name) if path.exists() else None
    if not known or [case["name"] for case in known["cases"]] != [case.name for case in check.cases]:
        raise DataMissing(
            f"The expected answers of the check {check.name!r} are not there.",
            expected=f"one for each of its cases in {path}",
            advice="`make build`, or install the course again",
        )
    questions = [
        Question(case, found["inputs"], found["expected"], found["constant"])
        for case, found in zip(check.cases, known["cases"], strict=True)
    ]
    suspicions = [
        Suspicion(s["name"], s["sentence"], [Outcome(**outcome) for outcome in s["outcomes"]])
        for s in known["suspicions"]
    ]
    return questions, suspicions


_files: dict[tuple[Path, int], dict[str, Any]] = {}


def stored(path: Path) -> dict[str, Any]:
    """The file's content, read once per version."""
    key = (path, path.stat().st_mtime_ns)
    if key not in _files:
        _files[key] = codec.load(path)
    return _files[key]


def draw(case: Case, rng: np.random.Generator, solution: Callable | None) -> Question:
    """Draw inputs for one case and have the solution (or the case's own truth) answer them.

    Raises:
        RuntimeError: the solution raises, so the case asks for something that it cannot do.
    """
    return answered(case, case.make_inputs(rng), solution)


def answered(case: Case, inputs: Inputs, solution: Callable | None) -> Question:
    """A question with these inputs and the expected answer. Raises as `draw`."""
    if case.truth:
        return Question(case, inputs, codec.copy(case.truth(inputs)))
    outcome = ask(case, solution, inputs)
    if outcome.status != "answered":
        raise RuntimeError(f"The solution does not answer the case {case.name!r}: {outcome.note}")
    return Question(case, inputs, outcome.answer)


def suspect(questions: Sequence[Question], misconceptions: Iterable[Misconception]) -> Iterator[Suspicion]:
    """Put the same questions to the wrong versions: one version, one question after the other, as they are needed."""
    for m in misconceptions:
        yield Suspicion(m.name, m.sentence, _Outcomes(m.version, questions))


@dataclass(frozen=True)
class _Outcomes:
    """A function's outcomes, found out each time that one looks, and only as far as one looks."""

    function: Any
    questions: Sequence[Question]

    def __iter__(self) -> Iterator[Outcome]:
        return (ask(question.case, self.function, question.inputs) for question in self.questions)


def generator(seed: int, case: Case) -> np.random.Generator:
    """The stream of one case: what other cases draw, and how often they try, changes nothing in it."""
    return np.random.default_rng([seed, zlib.crc32(case.name.encode())])
