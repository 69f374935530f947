"""From answers to points: what counts when, which rung is named, how a misconception is recognised."""

import re

import pytest
import torch

from course_lib.checks.blame import STILL_TO_WRITE
from course_lib.checks.compare import close, close_on_average, exact, judged_by, metric, ranked
from course_lib.checks.ladder import Outcome, Question, Suspicion, climb, still_to_write
from course_lib.checks.spec import Case, Check


def case(name, kind="values", compare=None, **more):
    return Case(name, kind, lambda rng: {}, compare or exact(), **more)


def judged(cases, answers, expected, points=4.0, suspicions=()):
    check = Check("f", points, tuple(cases))
    questions = [Question(c, {"x": i}, e) for i, (c, e) in enumerate(zip(cases, expected, strict=True))]
    outcomes = [a if isinstance(a, Outcome) else Outcome("answered", a) for a in answers]
    return climb(check, questions, outcomes, suspicions)


BASIC, EDGE = case("basic"), case("edge", "edge")


@pytest.mark.parametrize(
    ("answers", "points", "rung"),
    [
        ([1, 0], 4.0, ""),
        ([1, 9], 2.0, "edge"),
        ([9, 0], 0.0, "values"),  # the edge case alone earns nothing
        ([9, 9], 0.0, "values"),
        ([None, 0], 0.0, "type"),
    ],
)
def test_edge_cases_count_only_on_a_sound_base(answers, points, rung):
    report = judged([BASIC, EDGE], answers, [1, 0])
    assert (report.points, report.rung) == (points, rung)


@pytest.mark.parametrize(
    ("status", "rung"),
    [
        ("missing", "defined"),
        ("not callable", "callable"),
        ("signature", "callable"),
        ("raised", "runs"),
        ("unwritten", "runs"),
        ("timeout", "time"),
        ("died", "runs"),
        ("not asked", "unasked"),
    ],
)
def test_silence_is_zero_with_its_rung(status, rung):
    report = judged([BASIC], [Outcome(status, note="why")], [1])
    assert (report.points, report.rung, report.results[0].message) == (0.0, rung, "why")


def test_the_stub_is_known_by_its_status_and_not_by_its_words():
    words = Outcome("raised", note=STILL_TO_WRITE)
    assert not still_to_write(judged([BASIC], [words], [1]))
    assert still_to_write(judged([BASIC], [Outcome("unwritten", note="anything")], [1]))
    assert not still_to_write(judged([BASIC, EDGE], [Outcome("unwritten"), words], [1, 1]))


def test_a_stub_and_a_wrong_version_that_fails_there_fail_alike():
    suspicion = Suspicion("crashes", "No.", [Outcome("answered", 2), Outcome("raised")])
    assert judged([BASIC, EDGE], [2, Outcome("unwritten")], [1, 1], suspicions=[suspicion]).misconception == "crashes"


def test_weights_share_the_points():
    report = judged([case("a", weight=3.0), case("b", "edge", weight=1.0)], [1, 9], [1, 1], points=8.0)
    assert report.points == 6.0


@pytest.mark.parametrize(
    ("kind", "essential", "points"),
    [
        ("values", None, 4.0),
        ("property", None, 4.0),
        ("edge", None, 7.0),
        ("edge", True, 4.0),
        ("property", False, 7.0),
    ],
)
def test_an_error_of_understanding_costs_at_least_half(kind, essential, points):
    cases = [case("a", weight=7.0), case("b", kind, essential=essential)]
    assert judged(cases, [1, 9], [1, 1], points=8.0).points == points


@pytest.mark.parametrize(("right", "points"), [(4, 8.0), (3, 4.0), (2, 4.0), (1, 0.0), (0, 0.0)])
def test_fewer_than_half_of_the_basic_cases_are_luck(right, points):
    cases = [case(name) for name in "abcd"]
    assert judged(cases, [1] * right + [9] * (4 - right), [1] * 4, points=8.0).points == points


def test_one_wrong_drawing_fails_its_case():
    check = Check("f", 2.0, (BASIC,))
    questions = [Question(BASIC, {}, 1), Question(BASIC, {}, 2)]
    assert climb(check, questions, [Outcome("answered", 1), Outcome("answered", 3)]).points == 0.0


@pytest.mark.parametrize(
    ("answers", "points"),
    [([1, 1, 5, 6], 4.0), ([1, 1, 5, 9], 0.0), ([9, 1, 5, 6], 2.0), ([9, 9, 5, 6], 2.0)],
)
def test_an_answer_that_is_always_the_same_counts_only_beside_another(answers, points):
    always, varying = case("always 1"), case("varying")
    check = Check("f", 4.0, (always, varying))
    questions = [Question(c, {}, e) for c, e in ((always, 1), (always, 1), (varying, 5), (varying, 6))]
    assert climb(check, questions, [Outcome("answered", answer) for answer in answers]).points == points


def test_an_answer_that_no_comparison_can_look_at_is_wrong():
    metre = metric("length", lambda answer, inputs: answer.reshape(3).sum().item(), low=0.0, high=1.0)
    report = judged([case("odd", compare=metre)], [torch.zeros(2, 2)], [None])
    assert (report.points, report.rung) == (0.0, "type")


def test_a_misconception_is_named_when_all_comparable_answers_agree():
    same = Suspicion("swapped", "You swapped.", [Outcome("answered", 2), Outcome("answered", 1)])
    report = judged([BASIC, EDGE], [2, 1], [1, 2], suspicions=[same])
    assert (report.misconception, report.sentence) == ("swapped", "You swapped.")


@pytest.mark.parametrize(
    "theirs",
    [
        [Outcome("answered", 3), Outcome("answered", 1)],  # wrong in another way
        [Outcome("answered", 1), Outcome("answered", 1)],  # right where we are wrong
        [Outcome("raised"), Outcome("raised")],  # never answers
    ],
)
def test_no_misconception_is_named_on_a_difference(theirs):
    report = judged([BASIC, EDGE], [2, 1], [1, 2], suspicions=[Suspicion("other", "No.", theirs)])
    assert report.misconception == ""


@pytest.mark.parametrize("mine", [2, 9])
def test_a_version_that_crashes_where_the_answer_does_not_is_another(mine):
    suspicion = Suspicion("crashes", "No.", [Outcome("answered", 2), Outcome("raised")])
    assert judged([BASIC, EDGE], [2, mine], [1, 2], suspicions=[suspicion]).misconception == ""


def test_two_versions_that_cannot_be_told_apart_are_not_named():
    twins = [Suspicion(name, "Perhaps.", [Outcome("answered", 2)]) for name in ("one", "other")]
    assert judged([BASIC], [2], [1], suspicions=twins).misconception == ""


def test_near_a_wrong_version_is_not_that_version():
    """Within the case's tolerance of it, but hardly nearer to it than to the right answer."""
    right, theirs, mine = (torch.full((4,), value) for value in (0.0, 0.03, 0.021))
    loose = case("loose", compare=close_on_average(0.02))
    known = Suspicion("darker", "Darker.", [Outcome("answered", theirs)])
    assert judged([loose], [mine], [right], suspicions=[known]).misconception == ""
    assert judged([loose], [theirs + 0.001], [right], suspicions=[known]).misconception == "darker"


def test_a_student_who_crashes_elsewhere_is_still_told():
    suspicion = Suspicion("swapped", "Yes.", [Outcome("answered", 2), Outcome("answered", 2)])
    assert judged([BASIC, EDGE], [2, Outcome("raised")], [1, 2], suspicions=[suspicion]).misconception == "swapped"


@pytest.mark.parametrize(("first", "named"), [(Outcome("raised"), ""), (1, "crash")])
def test_a_crash_everywhere_is_no_sign(first, named):
    suspicion = Suspicion("crash", "It fails on the edge.", [Outcome("answered", 1), Outcome("raised")])
    answers = [first, Outcome("raised")]
    assert judged([BASIC, EDGE], answers, [1, 2], suspicions=[suspicion]).misconception == named


def test_suspicions_are_not_looked_at_when_all_is_right():
    def never():
        raise AssertionError("looked")
        yield

    assert judged([BASIC], [1], [1], suspicions=never()).passed


def test_symptoms_stand_for_equality():
    def rule(answer, inputs):
        return ("odd", "It is odd.") if answer[0] % 2 else None

    chance = case("chance", compare=judged_by(rule))
    known = Suspicion("odd-one", "Odd.", [Outcome("answered", torch.tensor([3]))])
    report = judged([chance], [torch.tensor([5])], [torch.tensor([2])], suspicions=[known])
    assert report.misconception == "odd-one"
    assert report.results[0].message == "It is odd."


@pytest.mark.parametrize(("value", "points"), [(0.1, 0.0), (0.2, 0.0), (0.3, 2.0), (0.4, 4.0), (0.9, 4.0)])
def test_a_metric_earns_linearly(value, points):
    compare = metric("mAP", lambda answer, inputs: answer, low=0.2, high=0.4)
    assert judged([case("metric", compare=compare)], [value], [None]).points == points


right = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    "answer",
    [right, right.double(), right.half(), right.T.contiguous().T, right + 1e-6],
)
def test_another_style_is_right(answer):
    assert close(1e-3, 1e-3)(answer, right, {}) is None


@pytest.mark.parametrize(
    ("answer", "rung", "word"),
    [
        (None, "type", "return"),
        ([1, 2], "type", "a list of 2"),
        (right[:1], "type", r"\(1, 2\)"),
        (right.long(), "type", "floating-point"),
        (right + 1, "", "the furthest of 4 wrong values"),
        (right * float("nan"), "", "nan"),
    ],
)
def test_a_mismatch_says_what_came(answer, rung, word):
    wrong = close()(answer, right, {})
    assert wrong.rung == rung
    assert re.search(word, wrong.message)


@pytest.mark.parametrize("answer", [0.5, torch.tensor(0.5), torch.tensor([0.5])])
def test_numbers_may_come_as_tensors(answer):
    assert close()(answer, 0.5, {}) is None


@pytest.mark.parametrize(
    ("answer", "fine"),
    [([2, 0, 1], True), ([2, 1, 0], True), ([0, 1, 2], False), ([2, 0], False), ([2, 2, 0], False)],
)
def test_ties_may_come_in_any_order(answer, fine):
    inputs = {"scores": torch.tensor([0.5, 0.5, 0.9])}
    found = ranked("scores")(torch.tensor(answer), torch.tensor([2, 0, 1]), inputs)
    assert (found is None) == fine


@pytest.mark.parametrize(("shift", "fine"), [(0.0, True), (0.019, True), (0.03, False), (float("nan"), False)])
def test_a_mean_difference_has_a_limit(shift, fine):
    assert (close_on_average(0.02)(right + shift, right, {}) is None) == fine
