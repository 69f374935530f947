"""The points of an answer explain themselves, to students and to graders."""

import pytest

from autograder import reference
from autograder.exam import papers
from autograder.exam.judge import judge
from course_lib.checks import report, run
from course_lib.checks.compare import exact, metric
from course_lib.checks.ladder import climb, refused
from course_lib.checks.points import RULE
from course_lib.checks.spec import Case, Check, Outcome, Question


def case(name, kind="values", **more):
    return Case(name, kind, lambda rng: {}, more.pop("compare", exact()), **more)


def told(cases, right, points=4.0):
    """The report on an answer that passes the cases whose places are in `right`."""
    check = Check("f", points, tuple(cases))
    questions = [Question(c, {"x": i}, 1) for i, c in enumerate(cases)]
    return climb(check, questions, [Outcome("answered", 1 if i in right else 9) for i in range(len(cases))])


BASIC, EDGES = [case(name) for name in "abcd"], [case(name, "edge") for name in "efgh"]
HEAVY, LIGHT, VITAL = case("h", weight=2.0), case("l", "edge", weight=0.5), case("absurd sizes", "edge", essential=True)


@pytest.mark.parametrize(
    ("cases", "right", "sentence"),
    [
        (BASIC + EDGES, range(7), "3.5 of 4 points: 7 of 8 cases pass."),
        ([*BASIC, LIGHT], range(4), "3.56 of 4 points: 4 of 5 cases pass, by weight 4 of all 4.5."),
        (
            [*BASIC, *EDGES, VITAL],
            range(8),
            '2 of 4 points: 8 of 9 cases pass, but "absurd sizes" is essential: without it at most half.',
        ),
        (
            [*BASIC, *EDGES, VITAL, case("p", "property")],
            range(8),
            '2 of 4 points: 8 of 10 cases pass, but "absurd sizes" and "p" are essential: without them at most half.',
        ),
        (
            BASIC + EDGES,
            (0, 1, 2, 4, 5, 6, 7),
            "1.5 of 4 points: 3 of 4 basic cases pass, by weight 3 of all 8; the other 4 count once all of these pass.",
        ),
        (
            BASIC + EDGES,
            (0, 4, 5, 6, 7),
            "0 of 4 points: 1 of 4 basic cases passes; fewer than half could be luck and earn nothing.",
        ),
        (
            BASIC + EDGES,
            (4, 5),
            "0 of 4 points: none of 4 basic cases pass; the other 4 count once all of these pass.",
        ),
        (
            [HEAVY, *BASIC],
            (0,),
            "0 of 4 points: 1 of 5 basic cases passes; fewer than half could be luck and earn nothing.",
        ),
        (BASIC, (0, 1), "2 of 4 points: 2 of 4 basic cases pass."),
        ([BASIC[0]], (), "0 of 4 points: the one basic case does not pass."),
    ],
)
def test_the_points_say_how_they_come_about(cases, right, sentence):
    found = told(cases, right)
    assert found.earned == sentence
    assert f"{found.points:g} of 4 points" in sentence
    for shown in (report.text(found), report.html(found), report.html(found, picture=False)):
        assert report.marked(sentence) in shown or sentence in shown
        assert (RULE in shown) == (len(cases) > 1)


def test_an_answer_that_is_always_the_same_says_why_it_earns_nothing():
    always, varying = case("always 1"), case("varying")
    check = Check("f", 4.0, (always, varying))
    questions = [Question(c, {}, e) for c, e in ((always, 1), (always, 1), (varying, 5), (varying, 6))]
    found = climb(check, questions, [Outcome("answered", answer) for answer in (1, 1, 9, 9)])
    assert found.earned == (
        "0 of 4 points: each basic case that passes has one answer for all inputs, which could be luck."
    )


def test_a_metric_says_how_far_its_case_counts():
    rising = case("mAP", compare=metric("mAP", lambda answer, inputs: answer, low=0.0, high=2.0))
    check = Check("experiment", 8.0, (rising,))
    found = climb(check, [Question(rising, {}, None)], [Outcome("answered", 0.5)])
    assert (found.points, found.earned) == (2.0, "2 of 8 points: its case counts 25%.")


def test_what_is_forbidden_says_so():
    found = refused(told(BASIC, range(4)), "`f` uses `torch.f`.")
    assert report.earnings(found) == "0 of 4 points: it uses what it may not."


def test_a_passing_report_needs_no_arithmetic():
    assert RULE not in report.text(told(BASIC, range(4)))


def test_an_answer_with_edge_cases_wrong_explains_itself_and_counts_alike_on_both_sides():
    check = next(check for check in papers.checks_of("02_rcnn") if check.name == "nms")
    right = reference.find("02_rcnn", "nms")

    def above_a_half(boxes, scores, threshold):
        return right(boxes, scores, 0.5)

    public, paper = run.run("02_rcnn", check, above_a_half), papers.set_paper("02_rcnn", check, 3)
    exam = judge([paper], papers.answers_of([paper], {"nms": above_a_half}), []).reports["nms"]
    assert public.earned == exam.earned
    assert f"{public.points:g} of {check.points:g} points: " in exam.earned
    assert report.headline(public) == report.headline(exam)
    assert "each basic case that passes" in public.earned
