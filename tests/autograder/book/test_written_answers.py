"""Written questions: who needs a human, and what is flagged once it has changed since a human marked it."""

import shutil
from copy import deepcopy

import nbformat
import pytest
from nbformat import v4

from autograder.book import gradebook, recorder
from autograder.book.gradebook import quiet
from autograder.commands.common import open_course
from autograder.intake import repair
from autograder.intake.answers import answers, work
from autograder.intake.written import each_cell
from tests.helpers.classes import canned, class_of_three, grade, released_cell, two_functions
from tests.helpers.people import Person
from tools.samples.small_course import UNIT

BLANK = "*Write your answer here.*"


@pytest.fixture
def release():
    """Two functions, then a question in words with a cell for the answer, then a text."""
    notebook = two_functions()
    grading = {"grade_id": "written_1", "locked": True, "solution": False, "grade": False, "task": True}
    notebook.cells += [
        released_cell("## Why?", "markdown", **grading),
        released_cell(BLANK, "markdown"),
        released_cell("## What to hand in", "markdown"),
    ]
    return notebook


def handed_in(release, change):
    """The repaired notebook of a student who changed the list of cells: `change(cells)`."""
    copy = deepcopy(release)
    change(copy.cells)
    return repair.match([*each_cell(copy.cells)], release, [])


def written(text, place=-2):
    """Writes in a cell; by default in the one for the answer."""

    def change(cells):
        cells[place].source = text

    return change


def added(text, place, kind=v4.new_markdown_cell):
    """Adds a cell."""
    return lambda cells: cells.insert(place, kind(text))


EMPTY = [
    "",
    "  \n",
    BLANK,
    f"{BLANK}\n\n",
    "Write your answer here.",
    "**Write your answer here.**",
    "-",
    "...",
    "* \n",
]


@pytest.mark.parametrize("text", EMPTY)
def test_an_untouched_or_empty_answer_is_none(release, text):
    assert handed_in(release, written(text)).metadata.course.work["written_1"] == ""


@pytest.mark.parametrize(
    "change",
    [
        written("no"),
        written(f"{BLANK}\nBecause."),
        written("$x$"),
        written("👍"),
        added("Because.", -1),
        added("Because.", -2),
        added("Because.", 0),
        added("Because.", len(two_functions().cells) + 3),
        added("# because of the scale", -1, v4.new_code_cell),
        added("Because.", -1, v4.new_raw_cell),
        written("## What to hand in\n\nBecause.", -1),
        written("## Why?\n\nBecause.", -3),
        lambda cells: cells.__setitem__(-2, v4.new_markdown_cell("Because.")),
    ],
    ids=range(13),
)
def test_whatever_may_be_an_answer_is_one_wherever_it_stands(release, change):
    assert handed_in(release, change).metadata.course.work["written_1"]


def test_a_picture_is_an_answer(release):
    def change(cells):
        cells[-2].attachments = {"a.png": {"image/png": "iVBORw0KGgo="}}

    assert handed_in(release, change).metadata.course.work["written_1"]


def test_without_a_notebook_there_is_no_answer(release):
    assert repair.match([], release, []).metadata.course.work["written_1"] == ""


def test_a_deleted_cell_is_no_answer(release):
    assert handed_in(release, lambda cells: cells.pop(-2)).metadata.course.work["written_1"] == ""


def test_what_changed_has_another_digest(release):
    def digests(*changes):
        return handed_in(release, lambda cells: [change(cells) for change in changes]).metadata.course.work

    first = digests(written("Because of the scale."))
    assert digests(written("Because of the scale.\n")) == first
    assert digests(written("Because of the shift."))["written_1"] != first["written_1"]
    more = digests(written("Because of the scale."), added("And more.", -1))
    assert more["written_1"] != first["written_1"]
    assert more["check_f"] == first["check_f"]
    assert digests(written("def f(x):\n    return x", 2))["check_f"] != first["check_f"]


def test_the_cells_of_an_answer(release):
    notebook = handed_in(release, lambda cells: (written("one")(cells), added("two", -1)(cells)))
    assert [cell.source for cell in answers(notebook)["written_1"]] == ["one", "two"]
    assert work(release, release)["written_1"] == ""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A class whose students have written no answer yet."""
    return class_of_three(tmp_path_factory.mktemp("made") / "course", "exercises")


@pytest.fixture
def course(made, tmp_path, monkeypatch):
    """A copy of it, in which we stand; what the exam would say is given."""
    shutil.copytree(made, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    canned(monkeypatch)
    return tmp_path / "course"


def answer(course, student, text, name=BLANK):
    """Hand in again, with another answer."""
    path = course / "submitted" / student / UNIT / f"{UNIT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    place = next(i for i, cell in enumerate(notebook.cells) if cell.metadata.get("nbgrader", {}).get("task")) + 1
    notebook.cells[place].source = text
    nbformat.write(notebook, path)


def book(course):
    return gradebook.kept(f"sqlite:///{course / 'gradebook.db'}", "vision_course")


def asked(course, student, name="written_1"):
    """(manual score, whether a human is asked, the comment) of an answer."""
    with book(course) as found:
        row = found.find_grade(name, UNIT, UNIT, student)
        comment = found.find_comment("written_1", UNIT, UNIT, student).auto_comment
        return row.manual_score, row.needs_manual_grade, comment


def mark(course, student, points, name="written_1"):
    """What formgrader's PUT /formgrader/api/grade/ID does."""
    with book(course) as found:
        row = found.find_grade(name, UNIT, UNIT, student)
        row.manual_score = points
        row.needs_manual_grade = points is None and row.auto_score is None
        found.db.commit()


def test_who_wrote_nothing_has_0_and_needs_nobody(course):
    answer(course, "bob", "Because.")
    rows = {row["student"]: row for row in grade().rows}
    assert asked(course, "ada") == (None, False, recorder.UNWRITTEN)
    assert asked(course, "bob") == (None, True, None)
    assert (rows["ada"]["checks"]["written_1"], rows["bob"]["checks"]["written_1"]) == (0.0, None)
    assert (rows["ada"]["open"], rows["bob"]["open"]) == (0.0, 4.0)


def test_a_rewritten_answer_keeps_its_mark_and_is_flagged_until_somebody_has_looked(course):
    answer(course, "bob", "Because.")
    grade()
    mark(course, "bob", 3)
    grade(force=True)
    assert asked(course, "bob") == (3, False, None)
    answer(course, "bob", "Because of something else.")
    grade()
    assert asked(course, "bob") == (3, True, recorder.REWRITTEN)
    grade(force=True)
    assert asked(course, "bob") == (3, True, recorder.REWRITTEN)
    mark(course, "bob", 3)
    grade(force=True)
    assert asked(course, "bob") == (3, False, None)
    answer(course, "bob", "")
    grade()
    assert asked(course, "bob") == (3, True, recorder.REWRITTEN)


def test_an_answer_that_comes_later_asks_for_a_human(course):
    grade()
    answer(course, "ada", "Here it is.")
    grade()
    assert asked(course, "ada") == (None, True, None)


def test_a_check_with_a_manual_score_is_flagged_where_the_code_has_changed(course):
    grade()
    mark(course, "cy", 4, "check_nms")
    grade(force=True)
    assert asked(course, "cy", "check_nms")[:2] == (4, False)
    path = course / "submitted" / "cy" / UNIT / f"{UNIT}.ipynb"
    path.write_text(path.read_text().replace("your code here", "mine"))
    grade()
    assert asked(course, "cy", "check_nms")[:2] == (4, True)


def test_where_nobody_knows_what_was_marked_it_is_flagged(course):
    answer(course, "bob", "Because.")
    grade()
    mark(course, "bob", 3)
    (course / ".grading" / UNIT / "bob.work").unlink()
    grade(force=True)
    assert asked(course, "bob")[:2] == (3, True)


def test_killed_between_gradebook_and_journal_it_is_flagged_all_the_same(course, monkeypatch):
    answer(course, "bob", "Because.")
    grade()
    mark(course, "bob", 3)
    answer(course, "bob", "Because of something else.")
    monkeypatch.setattr("autograder.book.journal.Journal.set_work", stop)
    with pytest.raises(KeyboardInterrupt):
        grade()
    monkeypatch.undo()
    monkeypatch.chdir(course)
    canned(monkeypatch)
    grade()
    assert asked(course, "bob")[:2] == (3, True)


def stop(*_):
    raise KeyboardInterrupt


def test_the_report_lists_who_waits_and_what_has_changed(course):
    from autograder.report import classbook, page

    answer(course, "bob", "Because.")
    answer(course, "cy", "Because.")
    grade()
    mark(course, "bob", 3)
    answer(course, "bob", "Because of something else.")
    grade()
    summary = classbook.read(UNIT, course, open_course()[1].CourseDirectory.db_url, print)
    assert summary.waiting == (("written_1", ("cy",)),)
    assert summary.changed == (("written_1", ("bob",)),)
    said = page.headline(summary)
    assert "1 submission with 4 points waiting for a human; 1 changed since a human marked it" in said


@pytest.mark.long
@pytest.mark.sandbox
def test_nbgrader_s_own_door_flags_too(course, tmp_path, monkeypatch):
    monkeypatch.undo()
    teacher = Person("teacher", tmp_path / "machine", course)
    answer(course, "bob", "Because.")
    teacher.run("nbgrader", "autograde", UNIT, "--student", "bob")
    quiet(mark)(course, "bob", 3)
    teacher.run("nbgrader", "autograde", UNIT, "--student", "bob", "--force")
    assert quiet(asked)(course, "bob") == (3, False, None)
    answer(course, "bob", "Because of something else.")
    teacher.run("nbgrader", "autograde", UNIT, "--student", "bob", "--force")
    assert quiet(asked)(course, "bob") == (3, True, recorder.REWRITTEN)
