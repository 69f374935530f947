"""The checks' own exam: right answers in other styles pass in full, every misconception is refused and named."""

from functools import partial

import pytest
import torch

from autograder import misconceptions, reference
from autograder.exam import papers
from autograder.exam.judge import judge
from course_lib import units
from course_lib.checks import codec, ladder, publish, report, run
from tests.helpers import tiers, ways
from tests.helpers.kept_papers import paper_of
from tests.helpers.right_answers import RIGHT, functions_of, graded

UNITS = [unit.id for unit in units.UNITS]
SEEDS = (1, 2, 3)
RELEASE = [pytest.param(seed, marks=pytest.mark.release) for seed in SEEDS[1:]]
EVERY_SEED = pytest.mark.parametrize("seed", [SEEDS[0], *RELEASE])
STYLES = pytest.mark.parametrize("path", RIGHT, ids=lambda path: f"{path.parent.name}-{path.stem}")
TIED = [path for path in RIGHT if any(check.function in ways.TIES for check in graded(path.parent.name))]
CALLED = {f"called with {name}": partial(ways.called, change=change) for name, change in ways.CALLS.items()}
AROUND = {f"answers {name}": partial(ways.answered, tensor=t, number=n) for name, (t, n) in ways.ANSWERS.items()}
AROUND |= ways.DRESSES
OTHERWISE = CALLED | AROUND


def mistaken():
    """Each misconception; `make test` asks of the other units the first one of each check."""
    for unit in UNITS:
        asked = set()
        for wrong in misconceptions.of(unit):
            marks = tiers.sampled(unit) if wrong.check in asked else []
            asked.add(wrong.check)
            yield pytest.param(unit, wrong, id=f"{unit}-{wrong.check}-{wrong.name}", marks=marks)


def ways_and_styles():
    """Each way for each unit. What comes in meets both styles; what is put around an answer, the next style each time.

    Before it is handed over otherwise, the answer of one style is that of the other.
    """
    for unit in UNITS:
        styles = [path for path in RIGHT if path.parent.name == unit]
        for number, way in enumerate(OTHERWISE, start=UNITS.index(unit)):
            for path in styles if way in CALLED else styles[number % 2 :: 2]:
                yield pytest.param(path, way, id=f"{way}-{unit}-{path.stem}", marks=tiers.sampled(unit))


def papers_for(unit, seed):
    """The exam's papers."""
    return [paper_of(unit, check.name, seed) for check in graded(unit)]


def earns_all(asked, functions, sources=()):
    """Asserts that these functions get every point of these papers."""
    verdict = judge(asked, papers.answers_of(asked, functions), sources)
    for name, found in verdict.reports.items():
        assert found.passed, report.text(found)
        assert found.points == found.check.points, name


def passes_public_checks(unit, functions):
    """Asserts that the checks in the notebook find nothing in them."""
    for check in graded(unit):
        if check.function in functions:
            found = run.run(unit, check, functions[check.function])
            assert found.passed, report.text(found)


@EVERY_SEED
@pytest.mark.parametrize("unit", UNITS)
def test_the_solution_earns_all(unit, seed):
    earns_all(papers_for(unit, seed), reference.load(unit))


@STYLES
@EVERY_SEED
def test_right_answers_in_another_style_earn_all(path, seed):
    earns_all(papers_for(path.parent.name, seed), functions_of(path), [path.read_text()])


@STYLES
def test_right_answers_pass_the_public_checks(path):
    passes_public_checks(path.parent.name, functions_of(path))


@pytest.mark.long
@pytest.mark.parametrize(("path", "way"), [*ways_and_styles()])
@pytest.mark.filterwarnings("ignore:this is slow")
def test_right_answers_called_and_handed_over_otherwise_earn_all(path, way):
    unit, right = path.parent.name, functions_of(path)
    asked = [paper for paper in papers_for(unit, SEEDS[0]) if ways.may_be(way, paper.check)]
    functions = {paper.check.function: OTHERWISE[way](right[paper.check.function]) for paper in asked}
    passes_public_checks(unit, functions)
    earns_all(asked, functions)


@pytest.mark.parametrize("path", TIED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_ties_may_be_broken_otherwise(path):
    unit, right = path.parent.name, functions_of(path)
    functions = {name: other(right[name]) for name, other in ways.TIES.items() if name in right}
    passes_public_checks(unit, functions)
    earns_all([paper for paper in papers_for(unit, SEEDS[0]) if paper.check.function in functions], functions)


def test_every_unit_has_two_right_answers():
    for unit in UNITS:
        assert len([path for path in RIGHT if path.parent.name == unit]) >= 2


@pytest.mark.parametrize(("unit", "wrong"), [*mistaken()])
def test_a_misconception_is_named_in_the_notebook_and_in_the_exam(unit, wrong):
    paper = paper_of(unit, wrong.check)
    public = run.run(unit, paper.check, wrong.version)
    is_named_in_the_notebook(wrong, public)
    exam = judged_as_text(paper, wrong)
    assert exam.misconception == wrong.name
    assert exam.points < paper.check.points
    assert exam.points <= paper.check.points / 2 or wrong.slip
    assert exam.points == public.points


def is_named_in_the_notebook(wrong, found):
    """Asserts that the public check names this misconception, and that the student reads and sees what is wrong."""
    assert not found.passed
    assert (found.misconception, found.sentence) == (wrong.name, wrong.sentence)
    page = report.html(found)
    assert report.marked(wrong.sentence) in page
    if found.counterexample:
        assert "expected" in found.counterexample.text
        assert "<img" in page or found.counterexample.draw is None


def judged_as_text(paper, wrong):
    """The exam of a misconception the way it stands in a notebook: with all that it needs, and nothing of ours."""
    cell, names = misconceptions.source(wrong), {}
    assert "autograder" not in cell
    exec(compile(cell, "<cell>", "exec"), names)  # named as a notebook names it: not <string>
    answers = papers.answers_of([paper], {paper.check.function: names[wrong.check]})
    return judge([paper], answers, []).reports[wrong.check]


@pytest.mark.parametrize("unit", UNITS)
def test_names_and_sentences_are_unique_and_short(unit):
    found = misconceptions.of(unit)
    assert len({(m.check, m.name) for m in found}) == len(found)
    assert all(20 < len(m.sentence) < 220 for m in found)
    assert {m.check for m in found} == {check.name for check in graded(unit)}


def zeros_like(tree):
    if isinstance(tree, torch.Tensor):
        return torch.zeros_like(tree)
    if isinstance(tree, list | tuple):
        return [zeros_like(item) for item in tree]
    return {key: zeros_like(value) for key, value in tree.items()} if isinstance(tree, dict) else type(tree)(0)


@pytest.mark.parametrize("unit", UNITS)
def test_zeros_of_the_right_shape_earn_nothing(unit):
    for check in graded(unit):
        paper = paper_of(unit, check.name)
        zeros = [ladder.Outcome("answered", zeros_like(question.expected)) for question in paper.questions]
        assert judge([paper], {check.name: zeros}, []).reports[check.name].points == 0, check.name


@pytest.mark.parametrize("unit", UNITS)
def test_the_public_answers_are_those_of_the_present_solution(unit):
    solution = reference.load(unit)
    for check in papers.checks_of(unit):
        questions, suspicions = run.load_public(unit, check)
        assert [s.name for s in suspicions] == [m.name for m in misconceptions.of(unit) if m.check == check.name]
        for question in questions:
            case, function = question.case, solution.get(check.function)
            drawn = publish.draw_public(case, run.generator(publish.PUBLIC, case), function)
            assert codec.agree(question.inputs, codec.copy(drawn.inputs)), case.name
            answered = run.answered(case, question.inputs, function)
            assert codec.agree(question.expected, answered.expected), case.name


@pytest.mark.parametrize("unit", UNITS)
def test_points_are_explicit_and_whole(unit):
    assert all(check.points == int(check.points) > 0 for check in papers.checks_of(unit))
