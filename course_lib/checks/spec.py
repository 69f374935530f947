"""What a check is: frozen data, no behaviour. The units' modules fill it in, `ladder` judges by it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Inputs = dict[str, Any]

KINDS = ("values", "property", "edge", "unchanged")
"""What a case tests. All but "values" count only when every "values" case passed: a stub earns nothing."""

RUNGS = ("forbidden", "defined", "callable", "time", "runs", "type", *KINDS, "unasked")
"""The ladder, from the ground up; feedback shows the first rung that fails."""


@dataclass(frozen=True)
class Mismatch:
    """Why an answer is not right.

    Attributes:
        message: for the student: what was expected, what came.
        rung: "type" for a wrong type, shape or dtype; otherwise the case's own kind is meant ("").
        symptom: for answers that are judged by a rule and not by equality: two answers with the same symptom are wrong
            in the same way.
        credit: the share of the case that is earned all the same, 0 to 1.
        aside: whether it says nothing about what else is wrong: whoever has not yet thought of bad input has another
            mistake by the same name as whoever has.
    """

    message: str
    rung: str = ""
    symptom: str = ""
    credit: float = 0.0
    aside: bool = False


Compare = Callable[[Any, Any, Inputs], Mismatch | None]
"""compare(answer, expected, inputs): None when the answer is right."""

Hint = str | Callable[[Any, Any, Inputs], str]
"""A way of thinking; or hint(answer, expected, inputs), which looks at what is wrong and may say nothing ("")."""


class Refusal(Exception):
    """Raised by a probe that cannot use what the student's code gave it; the message is for the student.

    Not an exception of the student's: nothing of theirs has raised.
    """


@dataclass(frozen=True)
class Counterexample:
    """The smallest thing that shows a mistake: in words, and (where it helps) drawn.

    Attributes:
        text: one to three lines with the input, the expected value and the student's.
        draw: draws it and returns matplotlib Axes.
        case: the name of the case that it comes from.
    """

    text: str
    draw: Callable[[], Any] | None = None
    case: str = ""


def call(function: Callable, *inputs: Any) -> Any:
    """The plain probe: call the student's function with the inputs, in order; its own argument names don't matter."""
    return function(*inputs)


Explain = Callable[[Inputs, Any, Any], Counterexample]
"""explain(inputs, answer, expected): the smallest counterexample."""


@dataclass(frozen=True)
class Case:
    """One kind of input and how its answer is compared.

    Where it names no compare, probe, hint, explain or draws of its own, those of its check stand.

    Attributes:
        name: what the student reads ("boxes that only touch"); unique within its check.
        kind: one of `KINDS`.
        make_inputs: draws inputs, in the order of the arguments. Names that begin with "_" stay with the judge.
        compare: see `Compare`.
        probe: runs beside the student's code with (function, *inputs) and returns plain values.
        truth: the expected answer from the inputs, where it does not come from the solution.
        hint: see `Hint`; shown when the case fails and no misconception says more. It must fit every failure. False: it
            has none, whatever the check says.
        explain: see `Explain`. False: it has none, whatever the check says.
        weight: its share of the check's points.
        draws: how many inputs of this kind the exam draws; the case passes when all do.
        public: draws the public check's inputs, where a notebook should wait less than the exam does.
        essential: failing it is an error of understanding, which costs at least half of the check's points. None: of
            values and properties it is, of edges and of "unchanged" it is not.
    """

    name: str
    kind: str
    make_inputs: Callable[[np.random.Generator], Inputs]
    compare: Compare | None = None
    probe: Callable[..., Any] = call
    truth: Callable[[Inputs], Any] | None = None
    hint: Hint | bool = ""
    explain: Explain | bool | None = None
    weight: float = 1.0
    draws: int = 3
    public: Callable[[np.random.Generator], Inputs] | None = None
    essential: bool | None = None

    @property
    def is_essential(self) -> bool:
        """Whether failing it costs at least half of the points."""
        return self.kind in ("values", "property") if self.essential is None else self.essential


@dataclass(frozen=True)
class Check:
    """All that is asked about one name in a student's notebook.

    Attributes:
        name: the check's name in `check("name", …)`.
        points: what it is worth; explicit, never derived.
        cases: in the order in which a student should meet them.
        compare, probe, hint, explain, draws: of each case that names none of its own; see `Case`.
        target: the function's name in the notebook, where it differs from the check's.
        forbids: dotted names that the student's function may not use; its docstring says so ("Write it yourself: no
            `torch.nn.functional.conv2d`").
        seconds: limit for one answer.
        profile: the only profile in which a notebook can ask it; "" for any. The exam is always held in `mini`.
        known: of an experiment, all inputs of its kind that students have and a perfect answer for each: whoever looks
            the nearest of them up must earn nothing (tests/units/test_unseen.py).
        withholds: of an experiment, shipped weights that are not there while it is asked, by the names of their files:
            a network of one's own is asked for (see `course_lib.models.weights.withheld`).
    """

    name: str
    points: float
    cases: tuple[Case, ...]
    compare: Compare | None = None
    probe: Callable[..., Any] | None = None
    hint: Hint | None = None
    explain: Explain | None = None
    draws: int | None = None
    target: str = ""
    forbids: tuple[str, ...] = ()
    seconds: float = 10.0
    profile: str = ""
    known: Callable[[], tuple[Sequence[Any], Sequence[Any]]] | None = None
    withholds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Fill in what the check says for all its cases: whoever reads a case finds it there."""
        shared = {name: value for name in SHARED if (value := getattr(self, name)) is not None}
        object.__setattr__(self, "cases", tuple(_filled(case, shared) for case in self.cases))
        if nameless := [case.name for case in self.cases if case.compare is None]:
            raise ValueError(f"{self.name}: nothing compares the answers to {', '.join(map(repr, nameless))}.")

    @property
    def function(self) -> str:
        """The name to look up in the student's notebook."""
        return self.target or self.name


SHARED = {"compare": None, "probe": call, "hint": "", "explain": None, "draws": 3}
"""What a check may say for its cases, with what a case holds that says nothing of its own."""


def _filled(case: Case, shared: dict[str, Any]) -> Case:
    missing = {name: value for name, value in shared.items() if getattr(case, name) == SHARED[name]}
    return replace(case, **missing) if missing else case


@dataclass(frozen=True)
class Misconception:
    """A wrong version and the sentence for whoever wrote it.

    Attributes:
        slip: understood but not careful (empty inputs, another dtype, a changed input): it may cost less than half.
    """

    check: str
    name: str
    sentence: str
    version: Callable[..., Any]
    slip: bool = False


@dataclass(frozen=True)
class Raised:
    """An error of the student's function.

    Attributes:
        kind: the name of its type.
        text: what it says.
        line, code: the student's own line that it comes from; 0 and "" where there is none.
    """

    kind: str
    text: str = ""
    line: int = 0
    code: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of one question.

    Attributes:
        status: "answered", or why there is no answer: "missing", "not callable", "signature", "unwritten" (it is the
            stub), "raised", "refused" (the check cannot use what came), "timeout", "died", "not asked".
        answer: a tree of plain values (see `codec`) when answered.
        note: what a student should read about a missing answer.
        seconds: how long the answer took.
        error: what was raised, where something was and can be read.
    """

    status: str
    answer: Any = None
    note: str = ""
    seconds: float = 0.0
    error: Raised | None = None


@dataclass(frozen=True)
class Question:
    """One case with its inputs drawn and its expected answer at hand.

    Attributes:
        constant: whether the case's answer is the same for all its inputs, where that is known beforehand.
    """

    case: Case
    inputs: Inputs
    expected: Any
    constant: bool | None = None


@dataclass(frozen=True)
class CaseResult:
    """How one case went: `rung` is "" when it passed, otherwise where on the ladder it stopped.

    Attributes:
        status: of the outcome that decided, see `Outcome`.
    """

    case: Case
    credit: float
    rung: str = ""
    message: str = ""
    hint: str = ""
    status: str = ""


@dataclass(frozen=True)
class Suspicion:
    """A misconception's outcomes on the same questions, which may be found out one by one as they are asked for."""

    name: str
    sentence: str
    outcomes: Iterable[Outcome]
