"""The public check in a student's notebook: ask the fixed questions, judge, show, raise where something is wrong."""

import inspect
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.checks import codec, report
from course_lib.checks.compare import describe
from course_lib.checks.ladder import Outcome, Question, Report, Suspicion, climb
from course_lib.checks.spec import Case, Check, Inputs, Misconception, call
from course_lib.errors import CheckFailed, DataMissing
from course_lib.settings import settings

EXPECTED = Path(__file__).parent / "expected"
STILL_TO_WRITE = "Still to write: put your code where it says `raise NotImplementedError`."


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
        result = run(unit, by_name[name], function)
        report.show(result)
        if not result.passed:
            raise CheckFailed(report.headline(result))

    return check


def run(unit: str, check: Check, function: Any) -> Report:
    """Ask the public questions of one check and judge the answers."""
    questions, suspicions = load_public(unit, check)
    return climb(check, questions, [ask(q.case, function, q.inputs) for q in questions], suspicions)


def ask(case: Case, function: Any, inputs: Inputs) -> Outcome:
    """Put one question to a function. The function gets copies; its answer comes back as plain values.

    Whatever the function raises becomes an Outcome that names the error and the function's own line.
    """
    if not callable(function):
        return Outcome("not callable", note=f"Expected a function, got {describe(function)}.")
    asked = codec.copy({name: value for name, value in inputs.items() if not name.startswith("_")})
    if case.probe is call and (note := _refuses(function, asked)):
        return Outcome("signature", note=note)
    start = time.perf_counter()
    try:
        answer = codec.copy(case.probe(function, *asked.values()))
    except (Exception, SystemExit) as error:
        return Outcome("raised", note=_told(error, function), seconds=time.perf_counter() - start)
    return Outcome("answered", answer, seconds=time.perf_counter() - start)


def _refuses(function: Callable, inputs: Inputs) -> str:
    """Why the function cannot be called with these inputs in this order, or ""."""
    try:
        inspect.signature(function).bind(*inputs.values())
    except TypeError:
        return f"Expected the arguments ({', '.join(inputs)}), your function takes {inspect.signature(function)}."
    except ValueError:  # builtins without a signature: calling them will tell
        return ""
    return ""


def _told(error: BaseException, function: Callable) -> str:
    if isinstance(error, NotImplementedError):
        return STILL_TO_WRITE
    code = getattr(getattr(function, "forward", function), "__code__", None)  # of a module, its forward
    source = getattr(code, "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == source]
    where = f" in line {frames[-1].lineno}, `{frames[-1].line}`" if frames and frames[-1].line else ""
    return f"Your function raised {type(error).__name__}{where}: {str(error)[:300]}"


def load_public(unit: str, check: Check) -> tuple[list[Question], list[Suspicion]]:
    """The public questions of a check, with the expected answers and the misconceptions' outcomes.

    Raises:
        DataMissing: the file is not there or was built for other checks.
    """
    path = EXPECTED / f"{unit}.npz"
    stored = _stored(path).get(check.name) if path.exists() else None
    if not stored or [case["name"] for case in stored["cases"]] != [case.name for case in check.cases]:
        raise DataMissing(
            f"The expected answers of the check {check.name!r} are not there.",
            expected=f"one for each of its cases in {path}",
            advice="`make build`, or install the course again",
        )
    questions = [
        Question(case, found["inputs"], found["expected"])
        for case, found in zip(check.cases, stored["cases"], strict=True)
    ]
    suspicions = [
        Suspicion(s["name"], s["sentence"], [Outcome(**outcome) for outcome in s["outcomes"]])
        for s in stored["suspicions"]
    ]
    return questions, suspicions


_files: dict[tuple[Path, int], dict[str, Any]] = {}


def _stored(path: Path) -> dict[str, Any]:
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
    inputs = case.make_inputs(rng)
    if case.truth:
        return Question(case, inputs, codec.copy(case.truth(inputs)))
    outcome = ask(case, solution, inputs)
    if outcome.status != "answered":
        raise RuntimeError(f"The solution does not answer the case {case.name!r}: {outcome.note}")
    return Question(case, inputs, outcome.answer)


def draw_public(case: Case, rng: np.random.Generator, solution: Callable | None) -> Question:
    """Draw what a notebook is asked: the exam's kind of inputs, or the case's own smaller ones."""
    return draw(replace(case, make_inputs=case.public) if case.public else case, rng, solution)


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


def save_public(
    unit: str, checks: tuple[Check, ...], solutions: dict[str, Callable], misconceptions: Iterable[Misconception]
) -> None:
    """Build `expected/<unit>.npz`: one drawing of each case from a fixed seed. Equal input, equal bytes."""
    stored, misconceptions = {}, list(misconceptions)
    for check in checks:
        rng = np.random.default_rng(2014)
        questions = [draw_public(case, rng, solutions.get(check.function)) for case in check.cases]
        suspicions = suspect(questions, [m for m in misconceptions if m.check == check.name])
        stored[check.name] = {
            "cases": [{"name": q.case.name, "inputs": q.inputs, "expected": q.expected} for q in questions],
            "suspicions": [
                {
                    "name": s.name,
                    "sentence": s.sentence,
                    "outcomes": [{"status": o.status, "answer": o.answer} for o in s.outcomes],
                }
                for s in suspicions
            ],
        }
    EXPECTED.mkdir(exist_ok=True)
    codec.save(EXPECTED / f"{unit}.npz", stored)
