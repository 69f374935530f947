"""Feedback and formgrader's page: whose work it is, what waits, where to jump, and nothing from elsewhere."""

import re
from contextlib import chdir
from datetime import datetime
from html.parser import HTMLParser

import nbformat
import pytest
from nbformat import v4

from autograder.book import graded_page, pages
from autograder.book.gradebook import quiet, recorded
from autograder.commands.feedback import feedback
from autograder.exam.results import Checked, Result
from tests.autograder.book.test_written_answers import answer, book, mark
from tests.helpers.budget import bounded
from tests.helpers.classes import canned, class_of_three, grade
from tests.helpers.pages import Page
from tools.attacks.pages import exporter_of
from tools.samples.small_course import UNIT

NOTE = "No weights file was handed in: <b>the exam trains</b> the experiment itself."


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A graded class: ada is late and has a name, bob's answer is marked and then rewritten, cy wrote nothing."""
    course = class_of_three(tmp_path_factory.mktemp("pages") / "course", "exercises")
    answer(course, "ada", "It prevents overfitting, and $a < b$.")
    answer(course, "bob", "Because.")
    (course / "submitted" / "ada" / UNIT / "timestamp.txt").write_text("2030-01-16 21:30 UTC")
    with pytest.MonkeyPatch.context() as patch, chdir(course):
        config = course / "nbgrader_config.py"
        config.write_text(config.read_text() + '\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
        with book(course) as found:
            found.update_or_create_student("ada", first_name="Ada", last_name="<King>")
            found.update_or_create_assignment(UNIT, duedate=datetime(2030, 1, 14, 12))
        canned(patch).replies["ada"] = {"result": seen().to_json()}
        grade()
        mark(course, "bob", 3)
        with book(course) as found:
            found.find_comment("written_1", UNIT, UNIT, "bob").manual_comment = "Well *said*."
            found.db.commit()
        answer(course, "bob", "Because of something else.")
        grade()
        quiet(feedback)(UNIT)
    return course


def seen() -> Result:
    checks = (
        Checked("box_iou", 3.0, 3.0),
        Checked("nms", 1.5, 4.0, "edge", "", "5 of 6: two ties", "<p>two ties</p>"),
    )
    return Result(UNIT, "ada", "bubblewrap", checks, (NOTE, "Another note."))


def page_of(course, student):
    return (course / "feedback" / student / UNIT / f"{UNIT}.html").read_text()


def formgrader_page(course, student, path=None):
    names = dict.fromkeys(("submission_id", "base_url", "notebook_path", "last_name", "first_name"), "")
    resources = {**names, "assignment_id": UNIT, "notebook_id": UNIT, "student": student, "index": 0, "total": 3}
    path = path or course / "autograded" / student / UNIT / f"{UNIT}.ipynb"
    return exporter_of(course).from_filename(str(path), resources=resources)[0]


class Words(HTMLParser):
    """The words of a page as a reader sees them, and those within some tag."""

    def __init__(self, page, tag=""):
        super().__init__()
        self.said, self.inside, self._tag, self._depth, self._hidden = [], [], tag, 0, False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self._depth += tag == self._tag
        self._hidden |= tag in ("style", "script", "title")

    def handle_endtag(self, tag):
        self._depth -= tag == self._tag
        self._hidden &= tag not in ("style", "script", "title")

    def handle_data(self, data):
        if not self._hidden:
            self.said.append(data)
        if self._depth:
            self.inside.append(data)


def words(page):
    return " ".join(" ".join(Words(page).said).split())


@pytest.mark.parametrize("student", ["ada", "bob", "cy"])
def test_nothing_of_a_feedback_page_comes_from_elsewhere(course, student):
    page = page_of(course, student)
    read = Page(page)
    assert not {"script", "link", "iframe", "object", "embed", "base"} & set(read.tags)
    assert all(value.startswith("data:") for name, value in read.attributes if name in ("src", "srcset", "data"))
    assert not re.search(r"url\(|@import|@font-face", page)
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page


def test_nothing_of_formgrader_s_page_comes_from_the_internet(course):
    page = formgrader_page(course, "ada")
    loaded = [value for name, value in Page(page).attributes if name == "src"]
    assert [url for url in loaded if not url.startswith(("/formgrader/static/", "data:"))] == []
    assert not re.search(r"src=.?(https?:)?//|<link[^>]*(https?:)?//", page)


def test_the_top_says_whose_work_it_is_how_late_and_what_is_to_know(course):
    top = words(page_of(course, "ada").split("<nav")[0])
    assert "Ada <King> (ada), handed in 2030-01-16 21:30 UTC, due 2030-01-14 12:00 UTC, 2 days 9 h late:" in top
    assert "late: 4.5 points less" in top
    assert "0 of 11 points ; 4 of these wait for a human" in top
    assert "Another note." in top
    assert NOTE in top
    assert "late" not in words(page_of(course, "bob").split("<nav")[0])


def test_each_question_can_be_jumped_to_and_says_what_waits(course):
    for student, state in (("ada", "waits for a human"), ("bob", "has changed since a human marked it"), ("cy", "")):
        page = page_of(course, student)
        table = page.split("<nav")[1].split("</nav>")[0]
        targets = re.findall(r'href="#(\w+)"', table)
        assert targets == ["check_box_iou", "check_nms", "written_1"]
        assert all(f'id="{target}"' in page for target in targets)
        assert words(table).count(state or "human") == bool(state)


def test_hints_have_their_content_inside(course):
    page = page_of(course, "cy")
    hidden = " ".join(Words(page, "details").inside)
    assert "Give boxes1 an extra axis" in " ".join(hidden.split())
    assert page.count("<details") == page.count("</details>") == 2


def test_comments_are_there_where_somebody_wrote_one(course):
    assert "Well <em>said</em>." in page_of(course, "bob").split('id="written_1"')[1]
    found = re.findall(r'<div class="comment"><b>Comment</b> <p>(.*?)</p>', page_of(course, "ada"))
    assert found == ["No response.", "No response."]
    assert page_of(course, "ada").count('class="comment"') == 2


def test_the_marking_scheme_is_the_grader_s(course):
    graders, students = formgrader_page(course, "ada"), page_of(course, "ada")
    assert "MARK SCHEME" not in graders + students
    box = graders.split("One question in words (4 points)</span>")[1].split("panel-footer")[0]
    parts = ("<h4>Marking scheme</h4>", "hundreds of thousands", "<h4>Answer</h4>", "It prevents overfitting, and")
    assert sorted(parts, key=box.index) == list(parts)
    assert "hundreds of thousands" not in students
    assert "prevents overfitting, and" in students.split('class="answer"')[1]


def test_formgrader_s_page_has_jumps_notes_and_all_that_its_script_needs(course):
    page = formgrader_page(course, "ada")
    jumps = page.split('id="jumps"')[1].split("</nav>")[0]
    assert re.findall(r'href="#(\w+)"', jumps) == ["check_box_iou", "check_nms", "written_1"]
    assert "Another note." in words(page.split('id="notes"')[1].split("</div>")[0])
    for name in ("check_box_iou", "check_nms", "written_1"):
        assert re.search(rf'class="score tabbable" id="{name}"', page)
    for name in ("box_iou", "nms", "written_1"):
        assert f'<textarea class="comment tabbable" id="{name}-comment">' in page


def test_an_answer_in_several_cells_is_in_one_box(course):
    nb = nbformat.read(course / "autograded" / "ada" / UNIT / f"{UNIT}.ipynb", as_version=4)
    place = next(i for i, cell in enumerate(nb.cells) if cell.metadata.get("nbgrader", {}).get("task"))
    nb.cells.insert(place + 2, nbformat.v4.new_markdown_cell("and more", id="own-7"))
    nb.cells.insert(place + 3, nbformat.v4.new_code_cell("1 + 1", id="own-8"))
    arranged, _ = graded_page.Arrange().preprocess(nb, {})
    assert [part.source[-8:] for part in arranged.cells[place].metadata.page.answer] == ["$a < b$.", "and more"]
    assert arranged.cells[place + 1].source == "1 + 1"


def test_the_pages_are_installed_with_the_project():
    for name in ("feedback/index.html.j2", "feedback/style.css", "formgrade/index.html.j2", "formgrade/jumps.js"):
        assert (pages.TEMPLATES / name).is_file()


def test_the_class_s_table_says_how_late_and_what_is_open(course):
    with book(course) as found:
        rows = recorded(found, UNIT)
    assert [(row["late_by"], row["late"], row["open"]) for row in rows] == [
        ("2 days 9 h", 4.5, 4),
        ("", 0, 0),
        ("", 0, 0),
    ]


@pytest.mark.parametrize("unit", ["[", "![", "[a](/files/", "<b>", "src=files/"])
def test_a_million_characters_of_text_are_shown_in_a_moment(course, tmp_path, unit):
    """Before, a filter of nbconvert's took seconds for 50,000 brackets, and four times as long for twice as many."""
    path = tmp_path / f"{UNIT}.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell(unit * (10**6 // len(unit)))]), path)
    with bounded(5):
        page = formgrader_page(course, "ada", path)
    assert len(page) > 10**6
