"""docs/instructor.md, read and done: each of its commands works, in the order of the page, in a fresh course."""

import re
import shlex
import shutil
import subprocess
import zipfile

import pytest
from typer.testing import CliRunner

from autograder.book.gradebook import quiet
from autograder.cli import app
from tests.helpers.people import DOCUMENT, EXCHANGE, Person, machine, student
from tests.helpers.platforms import moodle, worksheet, zipped
from tools.samples.small_course import UNIT

STUDENT = "# a student"
SERVES = "make lab"  # sets up the environment in which this test runs, and serves JupyterLab until it is stopped
NAMES = {"abena": "Owusu", "chidi": "Okafor", "maryam": "O'Neill", "ragnhild": "Müller"}  # the page shows their results
IN_TIME, LATE = "Tuesday, 13 January 2026, 7:30 PM", "Friday, 16 January 2026, 10:00 AM"  # in Berlin, as Moodle says it


def blocks() -> list[tuple[str, list[str]]]:
    """(what the block is, its lines) for each block of the page, in order."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return [(kind, text.splitlines()) for kind, text in found]


def scripts() -> list[list[str]]:
    """The commands of each block."""
    return [lines for kind, lines in blocks() if kind == "sh"]


def words_of(line: str, place) -> list[str]:
    """A command's words; what only an administrator may do is done to the test's own exchange."""
    return shlex.split(line.removeprefix("sudo ").replace(EXCHANGE, str(place / "exchange")))


def test_the_page_shows_commands_for_both():
    assert len(scripts()) > 10
    assert {STUDENT in lines for lines in scripts()} == {True, False}
    assert [line for lines in scripts() for line in lines if line.startswith("make")] == [SERVES]


@pytest.mark.long
@pytest.mark.sandbox
def test_every_command_works_in_order(tmp_path, root):
    place = machine(tmp_path / "machine")
    teacher, learner = Person("teacher", place, root), student("learner", place)
    said = {}
    for lines in scripts():
        for line in (line for line in lines if line not in (SERVES, STUDENT)):
            words = words_of(line, place)
            if words[0] == "cd":
                teacher = Person("teacher", place, place / words[1])
                keep_the_class_of_the_page(teacher.place)
                hand_in_by_moodle(teacher.place)
            elif "tools.samples" in words:
                words[words.index("class")] = str(place / "class")
                said[line] = teacher.run(*words)
            else:
                said[line] = (learner if STUDENT in lines else teacher).run(*words)
    assert "4 submissions compared; 1 pairs share" not in said["autograder similar 02_rcnn"]  # the learner's makes five
    assert "5 submissions compared" in said["autograder similar 02_rcnn"]
    assert len(list(learner.place.glob(f"{UNIT}/feedback/*/{UNIT}.html"))) == 1
    assert (teacher.place / "grades.csv").exists()
    assert "4 already there" in next(text for line, text in said.items() if line.startswith("autograder collect"))
    with zipfile.ZipFile(teacher.place / f"feedback_{UNIT}_moodle.zip") as archive:
        assert len(archive.namelist()) == len(NAMES)


def keep_the_class_of_the_page(course):
    """Of the thirty students, the four on the page."""
    for folder in (course / "submitted").iterdir():
        if folder.name not in NAMES:
            shutil.rmtree(folder)


def hand_in_by_moodle(course):
    """The class's list of participants, zip file and grading worksheet, as Moodle gives them."""
    list_of_them, files, lines = "First name,Last name,Username,Email address\n", {}, {}
    for number, (who, last) in enumerate(NAMES.items(), 4701):
        first, email = who.capitalize(), f"{who}@example.org"
        list_of_them += f"{first},{last},{who},{email}\n"
        for path in (course / "submitted" / who / UNIT).glob(f"{UNIT}.*"):
            files[moodle(f"{first} {last}".replace("'", ""), number, path.name)] = path.read_bytes()
        lines[number] = (f"{first} {last}", email, LATE if who == "ragnhild" else IN_TIME)
    (course / "participants.csv").write_text(list_of_them)
    zipped(course / "Exercise 2-4711.zip", files)
    worksheet(course / "worksheet.csv", lines)


@pytest.fixture
def clone(tmp_path, root):
    """The project as git has it, committed, in a new place."""
    folder = tmp_path / "clone"
    names = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, folder / name)
    for words in (["init", "--quiet"], ["add", "--all"], [*AUTHOR, "commit", "--quiet", "--message=x"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


AUTHOR = ["-c", "user.name=x", "-c", "user.email=x@example.org"]


def status(folder) -> str:
    return subprocess.run(["git", "status", "--short"], cwd=folder, capture_output=True, check=True, text=True).stdout


def test_the_first_command_works_in_a_fresh_clone_and_changes_nothing_in_it(clone, root, monkeypatch):
    monkeypatch.chdir(clone)
    units = sorted(path.name for path in (clone / "exercises").iterdir())
    assert units
    for unit in units:
        assert not (clone / "solutions" / unit / f"{unit}.ipynb").exists()
        done = quiet(CliRunner().invoke)(app, ["build", unit])
        assert done.exit_code == 0, done.output
        assert len(list((clone / "releases" / unit).glob("*.ipynb"))) == 1
    for name in ("grades.csv", "report.html", "grades_02.csv", "report.json"):
        (clone / name).touch()
    assert status(clone) == ""
