"""An exercise in JupyterLab: a wrong answer is explained and drawn, the right one is green, Validate agrees."""

import re
import shutil

import nbformat
import pytest

from autograder import misconceptions
from autograder.release.roles import is_solution
from course_lib import units
from tests.helpers.notebooks import (
    ERRORS,
    IDLE,
    READING,
    address,
    faults,
    looks,
    notebook_of,
    open_notebook,
    start_all,
    wait_for_all,
)
from tests.helpers.validation import perfect
from tools.samples.small_course import UNIT, make_course

pytestmark = [pytest.mark.browser, pytest.mark.notebook]
CARD = "div[style*='border-left']"
IMPORTS = "given_1"
DRAWN = {"box_iou", "nms", "warp_region", "encode_boxes", "decode_boxes", "average_precision"}
REPORTS = """
from autograder import misconceptions
from course_lib import units
from course_lib.checks import report, run


def show_reports(name):
    unit = units.find(name)
    for check in unit.graded:
        for one in [one for one in misconceptions.of(unit.id) if one.check == check.name][:2]:
            report.show(run.run(unit.id, check, one.version))
"""


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    """The right cell of each function of unit 02."""
    path = perfect(UNIT, tmp_path_factory.mktemp("right"))
    return {_id(cell): cell.source for cell in nbformat.read(path, as_version=4).cells if is_solution(cell)}


@pytest.fixture(scope="module")
def wrong():
    """A wrong version of each function of unit 02, and the sentence for whoever wrote it."""
    first = {}
    for one in misconceptions.of(UNIT):
        first.setdefault(one.check, one)
    return first


def _id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


class Exercise:
    """An exercise that is open in JupyterLab, used as a student does."""

    def __init__(self, page, path):
        self.page = page
        cells = nbformat.read(path, as_version=4).cells
        self.places = {_id(cell): place for place, cell in enumerate(cells) if _id(cell)}

    def cell(self, name):
        return self.page.locator(".jp-Notebook-cell").nth(self.places[name])

    def run(self, name):
        """Run a cell and wait for its end."""
        prompt = self.cell(name).locator(".jp-InputPrompt")
        before = prompt.inner_text()
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        handle = prompt.element_handle()
        self.page.wait_for_function(
            "([prompt, before]) => prompt.innerText !== before && /\\d/.test(prompt.innerText)", arg=[handle, before]
        )
        self.page.wait_for_function(IDLE)

    def write(self, name, source):
        """Put an answer in place of what stands there, run it and its check; gives the check's report."""
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)
        self.run(name)
        self.run(f"check_{name}")
        return self.cell(f"check_{name}").locator(CARD)

    def validate(self):
        """Press Validate; gives what its window says."""
        self.page.get_by_role("button", name="Validate").click()
        window = self.page.locator(".jp-Dialog")
        window.wait_for()
        said = window.inner_text()
        window.get_by_role("button").last.click()
        window.wait_for(state="hidden")
        return said


def hue(card):
    """Whether a report's margin is red or green."""
    red, green, _ = map(int, re.findall(r"\d+", card.evaluate("card => getComputedStyle(card).borderLeftColor"))[:3])
    return "green" if green > red else "red"


def test_a_wrong_answer_is_explained_and_drawn_and_the_right_one_is_green(page, lab, lab_folder, right, wrong):
    page.goto(address(lab, "lectures/index.md"))
    page.get_by_role("link", name=re.compile(rf"exercise.{UNIT[:2]}")).click()
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_function(IDLE)
    exercise = Exercise(page, lab_folder / "exercises" / UNIT / f"{UNIT}.ipynb")
    exercise.run(IMPORTS)
    assert {*right} == {*wrong}
    for name, answer in right.items():
        report = exercise.write(name, misconceptions.source(wrong[name]))
        assert wrong[name].sentence in report.inner_text()
        assert hue(report) == "red"
        drawn = report.locator("img")
        assert drawn.count() == (name in DRAWN)
        for picture in drawn.all():
            assert picture.get_attribute("alt") in report.locator("pre").inner_text()
            assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
        report = exercise.write(name, answer)
        assert re.search("(its case passes|all [0-9]+ cases pass)", report.inner_text())
        assert hue(report) == "green"
    assert page.locator(ERRORS).count() == 0


def test_validate_says_what_is_wrong_and_then_that_all_is_well(page, lab, lab_folder, right, wrong, tmp_path):
    path = lab_folder / "short" / f"{UNIT}.ipynb"
    path.parent.mkdir()
    shutil.copy(make_course(tmp_path / "course") / "exercises" / UNIT / f"{UNIT}.ipynb", path)
    open_notebook(page, lab, f"short/{UNIT}.ipynb")
    exercise = Exercise(page, path)
    exercise.run(IMPORTS)
    exercise.write("box_iou", right["box_iou"])
    exercise.write("nms", misconceptions.source(wrong["nms"]))
    said = exercise.validate()
    assert "nms" in said
    assert "box_iou:" not in said
    exercise.write("nms", right["nms"])
    assert "passes all the tests" in exercise.validate()


def test_every_report_reads_in_both_themes_and_in_every_size(page, lab, lab_folder):
    cells = [REPORTS, *(f"show_reports({unit.id!r})" for unit in units.UNITS)]
    nbformat.write(notebook_of(cells), lab_folder / "reports.ipynb")
    open_notebook(page, lab, "reports.ipynb")
    start_all(page)
    wait_for_all(page)
    assert page.locator(ERRORS).all_inner_texts() == []
    assert page.locator(CARD).count() > 60
    breaks = page.locator(f"{CARD} pre").evaluate_all("all => all.map(pre => getComputedStyle(pre).wordBreak)")
    assert {*breaks} == {"normal"}
    for look in looks(page):
        assert faults(page, READING) == [], look
