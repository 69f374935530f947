"""The builder on a small course of its own: what it writes, that it repeats itself, and how it complains."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from autograder.release.pristine import identity, release_of
from course_lib import units
from course_lib.errors import CourseError
from tools.build import notebooks
from tools.build.notebooks import as_text, build_exercise, build_lecture, built, stale, unit_sources

LECTURE = """\
# %% [markdown]
# # A lecture

# %% tags=["setup"]
import course_lib

# %%
print("a")

# %%
print("a")
"""

EXERCISE = '''\
# %% [markdown]
# # An exercise

# %% tags=["given"]
from course_lib.checks.demo import check


# %% tags=["solution"]
def double(x: float) -> float:
    """Twice `x`."""
    ### BEGIN SOLUTION
    secret_intermediate = x + x
    return secret_intermediate
    ### END SOLUTION


# %% tags=["check"]
check("double", double)

# %% tags=["experiment"]
print(double(3))

# %% [markdown] tags=["written"]
# Why is it two? (4 points)
#
# ### BEGIN MARK SCHEME
# Because one and one is two: 4 points.
# ### END MARK SCHEME

# %%
# space for trying things
'''

DOUBLER = '''\
class double(Base):
    """Doubles."""

    def __init__(self, factor: float = 2.0):
        """Keeps `factor`."""
        ### BEGIN SOLUTION
        secret_intermediate = factor
        self.factor = secret_intermediate
        ### END SOLUTION

    def forward(self, x: float) -> float:
        """Twice `x`."""
        ### BEGIN SOLUTION
        return self.factor * x
        ### END SOLUTION
'''
CLASS = EXERCISE.replace(
    EXERCISE[EXERCISE.index("def double") : EXERCISE.index('\n\n\n# %% tags=["check"]')], DOUBLER[:-1]
)

CONFIG = """
c = get_config()
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("your code here")'}
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one unit in a folder of its own, with one check of three points."""
    demo = SimpleNamespace(CHECKS=(SimpleNamespace(name="double", points=3),))
    monkeypatch.setitem(sys.modules, "course_lib.checks.demo", demo)
    monkeypatch.setattr(units, "UNITS", (units.Unit(99, "demo", "A demo", "to be built", (1, 1)),))
    (tmp_path / "lectures").mkdir()
    (tmp_path / "solutions" / "99_demo").mkdir(parents=True)
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    (tmp_path / "lectures" / "99_demo.py").write_text(LECTURE)
    (tmp_path / "solutions" / "99_demo" / "99_demo.py").write_text(EXERCISE)
    return tmp_path


def write_all(course):
    for path, text, _ in built(course):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def exercise_of(course, text=EXERCISE):
    source = course / "solutions" / "99_demo" / "99_demo.py"
    source.write_text(text)
    return build_exercise(source, course)


def test_the_exercise_holds_signature_docstring_and_stub(course):
    _, exercise = exercise_of(course)
    assert exercise.cells[2].source == (
        'def double(x: float) -> float:\n    """Twice `x`."""\n    raise NotImplementedError("your code here")'
    )
    assert "secret_intermediate" not in as_text(exercise)
    assert "one and one" not in as_text(exercise)


def test_a_class_may_have_several_methods_to_write(course):
    _, exercise = exercise_of(course, CLASS)
    stub = 'raise NotImplementedError("your code here")'
    assert exercise.cells[2].source == (
        'class double(Base):\n    """Doubles."""\n\n'
        f'    def __init__(self, factor: float = 2.0):\n        """Keeps `factor`."""\n        {stub}\n\n'
        f'    def forward(self, x: float) -> float:\n        """Twice `x`."""\n        {stub}'
    )
    assert "self.factor" not in as_text(exercise)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("        ### BEGIN SOLUTION\n        return", "        return", "wrong markers"),
        (
            "        ### BEGIN SOLUTION\n        return",
            "        y = x\n        ### BEGIN SOLUTION\n        return",
            "y = x",
        ),
        (
            "        ### END SOLUTION\n\n    def",
            "        ### END SOLUTION\n        self.y = 1\n\n    def",
            "self.y = 1",
        ),
        (
            "        self.factor =",
            "        ### END SOLUTION\n        ### BEGIN SOLUTION\n        self.factor =",
            "two pairs",
        ),
        (
            "    def __init__",
            "    ### BEGIN SOLUTION\n    y = 1\n    ### END SOLUTION\n\n    def __init__",
            "inside a function",
        ),
    ],
)
def test_each_method_to_write_shows_signature_and_docstring_alone(course, old, new, message):
    assert CLASS.count(old) == 1
    with pytest.raises(CourseError, match=r"99_demo\.py: the cell that begins") as caught:
        exercise_of(course, CLASS.replace(old, new))
    assert message in str(caught.value)


def test_the_solution_keeps_answers_and_marking_schemes(course):
    solution, _ = exercise_of(course)
    assert "secret_intermediate = x + x" in as_text(solution)
    assert "one and one is two" in as_text(solution)


def test_metadata_says_what_each_cell_is(course):
    _, exercise = exercise_of(course)
    graded = [cell.metadata.nbgrader for cell in exercise.cells if "nbgrader" in cell.metadata]
    assert [(cell.grade_id, cell.grade, cell.solution, cell.locked, cell.task) for cell in graded] == [
        ("given_1", False, False, True, False),
        ("double", False, True, False, False),
        ("check_double", True, False, True, False),
        ("experiment_1", False, False, True, False),
        ("written_1", False, False, True, True),
    ]
    assert [cell.points for cell in graded if "points" in cell] == [3, 4]
    assert {cell.schema_version for cell in graded} == {3}


def test_a_written_question_is_followed_by_a_free_cell(course):
    _, exercise = exercise_of(course)
    answer = exercise.cells[[cell.source.startswith("Why is it two?") for cell in exercise.cells].index(True) + 1]
    assert (answer.cell_type, dict(answer.metadata)) == ("markdown", {})


def test_ids_come_from_content_and_ordinal(course):
    lecture = build_lecture(course / "lectures" / "99_demo.py")
    ids = [cell.id for cell in lecture.cells]
    assert len(set(ids)) == len(ids)
    assert ids[2].removesuffix("-0") == ids[3].removesuffix("-1")
    solution, exercise = exercise_of(course)
    assert [cell.id for cell in solution.cells] == [cell.id for cell in exercise.cells]


def test_another_solution_changes_nothing_in_the_exercise(course):
    _, before = exercise_of(course)
    _, after = exercise_of(course, EXERCISE.replace("x + x", "2 * x"))
    assert as_text(before) == as_text(after)


def test_the_release_changes_with_the_text_of_the_exercise_and_its_points(course):
    released = release_of(exercise_of(course)[1])
    for was, becomes in (
        ("space for", "room for"),
        ("Twice `x`", "Two times `x`"),
        ("print(double(3))", "print(double(4))"),
        ("(4 points)", "(5 points)"),
    ):
        solution, exercise = exercise_of(course, EXERCISE.replace(was, becomes))
        assert release_of(exercise) == release_of(solution) == identity(exercise) != released
    assert release_of(exercise_of(course, EXERCISE.replace("x + x", "2 * x"))[1]) == released
    sys.modules["course_lib.checks.demo"].CHECKS[0].points = 5
    assert release_of(exercise_of(course)[1]) != released
    assert exercise_of(course)[1].metadata.course.unit == "99_demo"


def test_a_rebuild_gives_the_same_bytes(course):
    first = {path: text for path, text, _ in built(course)}
    assert first == {path: text for path, text, _ in built(course)}
    assert all("lines_to_next_cell" not in text and "jupytext" not in text for text in first.values())


def test_nbgrader_itself_makes_the_same_exercise_from_the_solution(course):
    write_all(course)
    config = CONFIG + 'c.CourseDirectory.source_directory = "solutions"\nc.CourseDirectory.ignore = ["*.py"]\n'
    (course / "nbgrader_config.py").write_text(config)
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "99_demo", "--create", "--force"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic by its name
    done = subprocess.run(command, cwd=course, env=os.environ | {"PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ours = course / "exercises" / "99_demo" / "99_demo.ipynb"
    assert (course / "release" / "99_demo" / "99_demo.ipynb").read_text() == ours.read_text()
    assert [path.name for path in (course / "release" / "99_demo").iterdir()] == ["99_demo.ipynb"]


def test_a_notebook_that_was_edited_is_stale(course):
    write_all(course)
    assert stale(course) == []
    exercise = course / "exercises" / "99_demo" / "99_demo.ipynb"
    exercise.write_text(exercise.read_text().replace("try", "attempt"))
    assert stale(course) == [exercise]


def test_missing_notebooks_and_notebooks_without_source_are_stale(course):
    write_all(course)
    (course / "lectures" / "99_demo.ipynb").unlink()
    (course / "lectures" / "98_gone.ipynb").write_text("{}")
    assert [path.name for path in stale(course)] == ["98_gone.ipynb", "99_demo.ipynb"]


def test_built_notebooks_are_valid_and_hold_no_output(course):
    for _, text, _ in built(course):
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook.cells)
        assert json.loads(text)["metadata"]["kernelspec"]["name"] == "python3"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('tags=["given"]', 'tags=["givn"]', "givn"),
        ('tags=["given"]', 'tags=["given", "fit"]', "unknown header"),
        ('tags=["given"]', "collapsed=true", "collapsed"),
        ('check("double", double)', 'check("treble", double)', "expected: double"),
        ('check("double", double)', "print(1)", "calls no check"),
        ('check("double", double)', 'check("double", double', "no Python"),
        ("    ### BEGIN SOLUTION\n", "", "wrong markers"),
        ("    ### END SOLUTION\n", "", "wrong markers"),
        ("    ### BEGIN SOLUTION\n", "    y = x\n    ### BEGIN SOLUTION\n", "outside its markers"),
        ('    """Twice `x`."""\n', "", "docstring"),
        ("def double(x", "y = 1\ndef double(x", "one function or class"),
        ("print(double(3))", "### BEGIN SOLUTION\nprint(3)\n### END SOLUTION", "wrong markers"),
        ("(4 points)", "", "state its points"),
        ("# ### END MARK SCHEME\n", "", "wrong markers"),
        ('# %% tags=["experiment"]', '# %% tags=["solution"]', "wrong markers"),
    ],
)
def test_a_broken_cell_is_named_with_the_rule_that_it_breaks(course, old, new, message):
    assert old in EXERCISE
    with pytest.raises(CourseError, match=r"99_demo\.py: the cell that begins") as caught:
        exercise_of(course, EXERCISE.replace(old, new, 1))
    assert message in str(caught.value)


def test_two_cells_of_one_name_are_refused(course):
    solution = EXERCISE[EXERCISE.index('# %% tags=["solution"]') : EXERCISE.index('# %% tags=["check"]')]
    with pytest.raises(CourseError, match="another cell has"):
        exercise_of(course, EXERCISE + "\n" + solution)


def test_a_check_without_a_cell_is_refused(course):
    sys.modules["course_lib.checks.demo"].CHECKS += (SimpleNamespace(name="halve", points=1),)
    with pytest.raises(CourseError, match="none for halve"):
        exercise_of(course)


def test_a_lecture_holds_no_graded_cell(course):
    source = course / "lectures" / "99_demo.py"
    source.write_text(LECTURE.replace("setup", "experiment"))
    with pytest.raises(CourseError, match="lecture holds no graded cell"):
        build_lecture(source)


def test_an_unknown_unit_names_the_known_ones(course):
    with pytest.raises(CourseError, match="99_demo"):
        unit_sources(course, "98_gone")


def test_the_command_builds_once_then_finds_nothing_stale(course, monkeypatch, capsys):
    monkeypatch.setattr(notebooks, "ROOT", course)
    notebooks.main(unit=None, check=False)
    assert "built exercises/99_demo/99_demo.ipynb" in capsys.readouterr().out
    notebooks.main(unit=None, check=False)
    assert capsys.readouterr().out == ""
    (course / "lectures" / "99_demo.ipynb").unlink()
    with pytest.raises(notebooks.typer.Exit) as exit_status:
        notebooks.main(unit=None, check=True)
    assert exit_status.value.exit_code == 1
    assert "stale: lectures/99_demo.ipynb" in capsys.readouterr().out
