"""`autograder collect`: zip files of Moodle and Canvas come into submitted/, and nothing is lost or overwritten."""

import io
import json
import stat
import zipfile

import pytest
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder.book.gradebook import quiet
from autograder.cli import app
from autograder.handin import memory, placing
from autograder.intake.handed_in import look
from tests.helpers.classes import WEIGHTS, canned, grade
from tests.helpers.platforms import canvas, moodle, worksheet, zipped
from tools.samples.small_course import UNIT

PEOPLE = {"ada": ("Ada", "L'Ove"), "bob": ("Zoë", "Müller"), "cy": ("小龙", "李")}
WORK, IN_TIME, LATE = f"{UNIT}.ipynb", "Tuesday, 13 January 2026, 7:30 PM", "Friday, 16 January 2026, 10:00 AM"
BERLIN = ("--zone", "Europe/Berlin")


@pytest.fixture
def desk(course, tmp_path):
    """Runs `autograder …` in a course whose three students have names, and in which nobody has handed in."""
    (course / "submitted").rename(tmp_path / "texts")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        for student, (first, last) in PEOPLE.items():
            quiet(book.update_or_create_student)(student, first_name=first, last_name=last, email=f"{student}@x.org")
        quiet(book.update_or_create_assignment)(UNIT, duedate="2026-01-14 12:00:00 UTC")

    def run(*words):
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(word) for word in words])

    return run


@pytest.fixture
def text(course, tmp_path):
    """A notebook that can be graded."""
    return (course / "solutions" / UNIT / WORK).read_text()


def files_of(course):
    """What lies in submitted/, by student."""
    found = {}
    for path in sorted((course / "submitted").rglob("*")):
        if path.is_file():
            found.setdefault(path.parts[-3], []).append(path.name)
    return found


def test_moodle_s_archive_in_all_its_styles(desk, course, tmp_path, text):
    archive = zipped(
        tmp_path / "all.zip",
        {
            moodle("Ada LOve", 1, f"{UNIT} (1).ipynb"): text,
            moodle("Ada LOve", 1, "weights (1).safetensors"): WEIGHTS,
            moodle("Zoë Müller", 2, "home/my work.ipynb", "old"): text,
            moodle("小龙 李", 3, WORK, "flat"): text,
            "Ada LOve_1_assignsubmission_onlinetext/onlinetext.html": "<p>hello",
            moodle("Ada LOve", 1, "report.pdf"): "x",
            moodle("Ada LOve", 1, ".ipynb_checkpoints/a.ipynb"): "x",
            f"__MACOSX/._{moodle('Ada LOve', 1, WORK)}": "x",
            ".DS_Store": "x",
        },
    )
    done = desk("collect", UNIT, archive)
    assert done.exit_code == 0, done.output
    assert files_of(course) == {"ada": [WORK, f"{UNIT}.safetensors"], "bob": [WORK], "cy": [WORK]}
    assert "3 placed" in done.stdout
    assert "3 count as in time: an archive does not say when something was handed in" in done.stdout
    assert "ada: report.pdf: no notebook and no weights" in done.stderr
    assert "onlinetext.html: typed into the page, no file" in done.stderr
    assert look(course / "submitted" / "ada" / UNIT, UNIT).weights.content == WEIGHTS


def test_canvas_archive_with_a_late_mark(desk, course, tmp_path, text):
    archive = zipped(
        tmp_path / "all.zip",
        {
            canvas("L'Ove", "Ada", 9001, 71, f"{UNIT}-1.ipynb"): text,
            canvas("L'Ove", "Ada", 9001, 72, f"{UNIT}.safetensors"): WEIGHTS,
            canvas("Müller", "Zoë", 9002, 73, WORK, late=True): text,
            "李小龙_9003_text.html": "<p>hello",
        },
    )
    done = desk("collect", UNIT, archive)
    assert done.exit_code == 3
    assert files_of(course) == {"ada": [WORK, f"{UNIT}.safetensors"], "bob": [WORK]}
    assert "bob: Canvas does not say by how much" in done.stdout
    assert "bob/02_rcnn/timestamp.txt: write when bob handed in" in done.stderr
    (course / "submitted" / "bob" / UNIT / "timestamp.txt").write_text("2026-01-15 12:00 UTC")
    assert desk("collect", UNIT, archive).exit_code == 0


def test_the_worksheet_says_when_and_whose_and_the_table_how_late(desk, course, tmp_path, text, monkeypatch):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        quiet(book.update_or_create_student)("eve", first_name="Ada", last_name="L'Ove", email="eve@x.org")
    archive = zipped(tmp_path / "all.zip", {moodle("Ada LOve", number, WORK): text for number in (1, 2)})
    done = desk("collect", UNIT, archive)
    assert done.exit_code == 3
    assert done.stderr.count("2 students have this name (ada, eve); Moodle's grading worksheet tells them apart") == 2
    assert files_of(course) == {}
    lines = {1: ("Ada L'Ove", "eve@x.org", LATE), 2: ("Ada L'Ove", "ada@x.org", IN_TIME), 3: ("Cy", "cy@x.org", "-")}
    sheet = ("--worksheet", worksheet(tmp_path / "sheet.csv", lines, "utf-8-sig"))
    assert "--zone Europe/Berlin" in desk("collect", UNIT, archive, *sheet).stderr
    done = desk("collect", UNIT, archive, *sheet, *BERLIN)
    assert done.exit_code == 0, done.output
    assert "Late:\n  eve: 1 day 21 h" in done.stdout
    stamps = {who: (course / "submitted" / who / UNIT / "timestamp.txt").read_text() for who in ("ada", "eve")}
    assert stamps == {"ada": "2026-01-13 18:30:00 UTC", "eve": "2026-01-16 09:00:00 UTC"}
    canned(monkeypatch)
    assert {row["student"]: row["late_by"] for row in grade().rows} == {"ada": "", "eve": "1 day 21 h"}


@pytest.mark.parametrize(
    ("line", "told"),
    [("Dienstag, 13. Januar 2026, 19:30", "no time that we can read"), ("13 January 2026 25:99", "no time")],
)
def test_a_time_that_cannot_be_read_stops_before_anything_is_placed(desk, course, tmp_path, text, line, told):
    archive = zipped(tmp_path / "all.zip", {moodle("Ada LOve", 1, WORK): text})
    sheet = worksheet(tmp_path / "sheet.csv", {1: ("Ada", "ada@x.org", line)})
    done = desk("collect", UNIT, archive, "--worksheet", sheet, *BERLIN)
    assert (done.exit_code, files_of(course)) == (1, {})
    assert told in done.stderr
    (tmp_path / "sheet.csv").write_text("Kennung,Name\n1,Ada\n")
    assert "is no grading worksheet" in desk("collect", UNIT, archive, "--worksheet", sheet).stderr


def test_collecting_again_places_nothing_twice_and_overwrites_nothing(desk, course, tmp_path, text):
    first = {moodle("Ada LOve", 1, WORK): text, moodle("小龙 李", 3, WORK): text}
    archive = zipped(tmp_path / "all.zip", first)
    desk("collect", UNIT, archive)
    assert "0 placed, 2 already there" in desk("collect", UNIT, archive, archive).stdout
    later = zipped(tmp_path / "later.zip", {**first, moodle("Ada LOve", 1, WORK): text + " "})
    done = desk("collect", UNIT, later)
    assert done.exit_code == 3
    assert "0 placed, 1 already there, 1 not placed" in done.stdout
    place = course / "submitted" / "ada" / UNIT / WORK
    assert f"{place} is there already, with other content. It came as Ada LOve_1_assignsubmission_file/" in done.stderr
    assert place.read_text() == text
    more = zipped(tmp_path / "more.zip", {**first, moodle("小龙 李", 3, f"{UNIT}.safetensors"): WEIGHTS})
    assert f"cy: {UNIT}.safetensors" in desk("collect", UNIT, more).stdout
    other = zipped(tmp_path / "other.zip", {moodle("小龙 李", 3, "work.zip"): b"PK"})
    assert "is there already, and is other work" in desk("collect", UNIT, other).stderr
    assert files_of(course)["cy"] == [WORK, f"{UNIT}.safetensors"]


def test_several_notebooks_keep_their_names_and_grading_chooses(desk, course, tmp_path, text):
    names = ("final.ipynb", "FINAL.ipynb", f"{UNIT}.ipynb", "03_fast_rcnn.safetensors")
    contents = (text, text + "\n", "{}", WEIGHTS)
    desk(
        "collect",
        UNIT,
        zipped(tmp_path / "all.zip", {moodle("Ada LOve", 1, n): c for n, c in zip(names, contents, strict=True)}),
    )
    assert sorted(files_of(course)["ada"]) == sorted(["final.ipynb", "FINAL-2.ipynb", WORK, "03_fast_rcnn.safetensors"])


def inner(**files):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def test_an_archive_in_the_archive_is_graded_within_limits(desk, course, tmp_path, text):
    whole = inner(**{f"home/{WORK}": text, f"home/{UNIT}.safetensors": WEIGHTS})
    bomb = inner(**{WORK: b" " * 40_000_000})
    files = {moodle("Ada LOve", 1, "my work.zip"): whole, moodle("小龙 李", 3, "w.zip"): bomb}
    assert desk("collect", UNIT, zipped(tmp_path / "all.zip", files)).exit_code == 0
    assert files_of(course) == {"ada": ["my work.zip"], "cy": ["w.zip"]}
    found = look(course / "submitted" / "ada" / UNIT, UNIT)
    assert found.notebook is not None
    assert found.weights.content == WEIGHTS
    found = look(course / "submitted" / "cy" / UNIT, UNIT)
    assert found.notebook is None
    assert "packed more than 200 times smaller" in " ".join(found.notes)


def test_what_is_bad_is_one_line_and_the_others_come_in(desk, course, tmp_path, text):
    link = zipfile.ZipInfo(moodle("Zoë Müller", 2, WORK))
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("../../../tmp/climbs.ipynb", text)
        archive.writestr(moodle("小龙 李", 3, WORK), b" " * 40_000_000)
        archive.writestr(moodle("Nobody Known", 9, WORK), text)
        archive.writestr("notes.ipynb", text)
        archive.writestr("anon_x1_77_work.ipynb", text)
        archive.writestr(moodle("Ada LOve", 1, WORK), text)
    (tmp_path / "no.zip").write_bytes(b"%PDF-1.7")
    done = desk("collect", UNIT, tmp_path / "all.zip", tmp_path / "no.zip", tmp_path / "none.zip")
    assert done.exit_code == 3
    assert files_of(course) == {"ada": [WORK]}
    for told in (
        "assignsubmission_file/02_rcnn.ipynb: it is a link",
        "climbs.ipynb: its path climbs out of the archive",
        "cy: 02_rcnn.ipynb: 02_rcnn.ipynb is packed more than 200 times smaller",
        "cy, 小龙 李 (number 3): there is nothing that can be graded",
        "Nobody Known (number 9): no student has this name",
        "notes.ipynb: it has no name of Moodle's or Canvas'",
        "anon_x1_77_work.ipynb: it was downloaded with names hidden",
        "no.zip: It is no zip archive",
        "none.zip: No such file",
    ):
        assert told in done.stderr
    assert not (tmp_path / "climbs.ipynb").exists()


def test_a_student_s_share_of_the_disk_is_bounded(desk, course, tmp_path, text, monkeypatch):
    monkeypatch.setattr(placing, "MOST", 3)
    files = {moodle("Ada LOve", 1, f"{number}.ipynb"): f"{number}" for number in range(9)}
    done = desk("collect", UNIT, zipped(tmp_path / "all.zip", files))
    assert len(files_of(course)["ada"]) == 3
    assert done.stderr.count("more than 3 files") == 6
    monkeypatch.setattr(placing, "MOST_BYTES", 10)
    done = desk("collect", UNIT, zipped(tmp_path / "all.zip", {moodle("小龙 李", 3, WORK): text}))
    assert "cy" not in files_of(course)


@pytest.mark.parametrize("what", ["student", "unit", "file"])
def test_no_link_is_written_through(desk, course, tmp_path, text, what):
    (tmp_path / "elsewhere").mkdir()
    place = course / "submitted" / "ada" / UNIT
    place = {"student": place.parent, "unit": place, "file": place / WORK}[what]
    place.parent.mkdir(parents=True)
    place.symlink_to(tmp_path / "elsewhere" if what != "file" else tmp_path / "elsewhere" / "new.ipynb")
    done = desk("collect", UNIT, zipped(tmp_path / "all.zip", {moodle("Ada LOve", 1, WORK): text}))
    assert done.exit_code == 3
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_full_disk_leaves_no_half_file(desk, course, tmp_path, text, monkeypatch):
    archive = zipped(tmp_path / "all.zip", {moodle("Ada LOve", 1, WORK): text, moodle("小龙 李", 3, WORK): text})

    def full(path, *_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(tmp_path), "rename", full)
    done = desk("collect", UNIT, archive)
    assert done.exit_code == 3
    assert "No space left on device" in done.stderr
    assert files_of(course) == {}
    monkeypatch.undo()
    monkeypatch.chdir(course)
    assert "2 placed" in desk("collect", UNIT, archive).stdout


def test_without_students_nothing_is_guessed(desk, course, tmp_path, text):
    archive = zipped(tmp_path / "all.zip", {moodle("Ada LOve", 1, WORK): text})
    done = desk("collect", UNIT, archive, "--database", f"sqlite:///{tmp_path / 'new.db'}")
    assert done.exit_code == 1
    assert "The gradebook knows no students" in done.stderr
    assert "autograder students FILE" in done.stderr


def test_a_list_is_entered_by_the_command_and_a_row_left_out_is_a_status(desk, course, tmp_path):
    (tmp_path / "list.csv").write_text("First name;Last name;Username\nMax;M;max\nNobody;N;\n")
    done = desk("students", tmp_path / "list.csv")
    assert done.exit_code == 3
    assert "1 new, 0 changed, 0 as before" in done.stdout
    assert "left out, line 3: no id (Nobody N)" in done.stderr


def test_senders_are_remembered_for_their_owner_only_and_without_a_key(desk, course, tmp_path, text, monkeypatch):
    desk("collect", UNIT, zipped(tmp_path / "all.zip", {moodle("Ada LOve", 1, WORK): text}))
    path = memory.path_of(UNIT, course)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert json.loads(path.read_text())["moodle"]["ada"]["front"] == "Ada LOve_1_assignsubmission_file/"
    canned(monkeypatch)
    grade()  # no key of an earlier grading is missed
    path.write_text("{")
    done = desk("feedback", UNIT, "--zip", "moodle")
    assert "collect the same archives again" in done.stderr
    path.unlink()
    desk("collect", UNIT, tmp_path / "all.zip")
    assert memory.recall(UNIT, course, "moodle")["ada"].number == "1"


def test_a_folder_of_moodle_s_in_submitted_is_no_student(desk, course, tmp_path, text, monkeypatch):
    for name, inside in (("Ada L_1_assignsubmission_file", UNIT), ("Bo_2_assignsubmission_file_", ".")):
        folder = course / "submitted" / name / inside
        folder.mkdir(parents=True)
        (folder / WORK).write_text(text)
    canned(monkeypatch)
    found = grade()
    assert found.rows == []
    assert {*found.failed} == {"Ada L_1_assignsubmission_file", "Bo_2_assignsubmission_file_"}
    assert all("autograder collect UNIT ARCHIVE" in reason for reason in found.failed.values())


def numbered(**numbers):
    """Gives students their numbers at Canvas."""
    with Gradebook("sqlite:///gradebook.db") as book:
        for student, number in numbers.items():
            quiet(book.update_or_create_student)(student, lms_user_id=number)


def test_a_name_with_another_s_number_in_it_is_nobody_s(desk, course, tmp_path, text, monkeypatch):
    monkeypatch.chdir(course)
    numbered(ada="9001", bob="9002")
    files = ("love_9001_9002_77_a.ipynb", "love_9001_5_9002_78_a.ipynb", canvas("李", "小龙", 9003, 79, WORK))
    done = desk("collect", UNIT, zipped(tmp_path / "all.zip", dict.fromkeys(files, text)))
    assert done.exit_code == 3
    assert files_of(course) == {"cy": [WORK]}
    assert done.stderr.count("can be read as that of ada and of bob: number 9001 or 9002") == 2


def test_who_was_refused_is_not_remembered_as_sender(desk, course, tmp_path, text):
    desk("collect", UNIT, zipped(tmp_path / "all.zip", {moodle("Ada LOve", 1, WORK): text}))
    again = {moodle("Ada L’Ove", 2, WORK): text + " "}  # somebody who has taken this name since
    assert desk("collect", UNIT, zipped(tmp_path / "again.zip", again)).exit_code == 3
    desk("collect", UNIT, zipped(tmp_path / "none.zip", {moodle("Zoë Müller", 4, "a.pdf"): "x"}))
    found = memory.recall(UNIT, course, "moodle")
    assert {student: sender.number for student, sender in found.items()} == {"ada": "1"}


def test_a_number_is_one_student_s_only_and_a_new_one_is_told(desk, course, tmp_path, text):
    archive = zipped(tmp_path / "all.zip", {moodle("Ada LOve", 1, WORK): text})
    desk("collect", UNIT, archive)
    sheet = worksheet(tmp_path / "sheet.csv", {1: ("Ada L'Ove", "bob@x.org", IN_TIME)})
    done = desk("collect", UNIT, archive, "--worksheet", sheet, *BERLIN)  # by its line it is bob's
    assert "ada came under another number of moodle's before" in done.stderr
    assert [*memory.recall(UNIT, course, "moodle")] == ["bob"]
    done = desk("collect", UNIT, zipped(tmp_path / "new.zip", {moodle("Zoë Müller", 5, WORK): text}))
    assert "bob came under another number of moodle's before" in done.stderr
    assert memory.recall(UNIT, course, "moodle")["bob"].number == "5"


def test_a_worksheet_of_another_assignment_is_noticed(desk, course, tmp_path, text):
    archive = zipped(tmp_path / "all.zip", {moodle("Ada LOve", 1, WORK): text})
    sheet = worksheet(tmp_path / "sheet.csv", {7: ("Ada L'Ove", "ada@x.org", LATE)})
    done = desk("collect", UNIT, archive, "--worksheet", sheet, *BERLIN)
    assert done.exit_code == 3
    assert "Ada LOve (number 1) is not in the worksheet: is it this assignment's?" in done.stderr


@pytest.mark.parametrize("id_", [".", "..", "..."])
def test_no_id_is_a_folder_elsewhere(desk, course, tmp_path, id_):
    (tmp_path / "list.csv").write_text(f"First name,Last name,Username\nEve,M,{id_}\n")
    done = desk("students", tmp_path / "list.csv")
    assert f"{id_!r} cannot be an id" in done.stderr


def test_a_group_at_canvas_is_told(desk, course, tmp_path, text, monkeypatch):
    monkeypatch.chdir(course)
    numbered(ada="9001")
    files = {canvas("Team", "7", 9001, 71, WORK): text, canvas("Müller", "Zoë", 9002, 72, WORK): text}
    done = desk("collect", UNIT, zipped(tmp_path / "all.zip", files))
    assert (done.exit_code, files_of(course)) == (3, {"ada": [WORK], "bob": [WORK]})
    assert "ada came as team7: of a group only who handed in gets the work" in done.stderr
    assert "bob came as" not in done.stderr


def test_a_worksheet_s_names_command_no_terminal(desk, course, tmp_path, text):
    archive = zipped(tmp_path / "all.zip", {moodle("Group 7", 1, WORK): text})
    sheet = worksheet(tmp_path / "sheet.csv", {1: ("Ada\x1b[2J L'Ove", "ada@x.org", IN_TIME)})
    done = desk("collect", UNIT, archive, "--worksheet", sheet, *BERLIN)
    assert "the worksheet calls number 1 by another name (Ada L'Ove)" in done.stderr
    assert files_of(course) == {}


def test_the_time_of_earlier_work_is_not_silently_that_of_new(desk, course, tmp_path, text):
    archive = zipped(tmp_path / "all.zip", {moodle("Ada LOve", 1, WORK): text})
    sheet = worksheet(tmp_path / "sheet.csv", {1: ("Ada L'Ove", "ada@x.org", IN_TIME)})
    desk("collect", UNIT, archive, "--worksheet", sheet, *BERLIN)
    assert "was there before" not in desk("collect", UNIT, archive).stderr
    (course / "submitted" / "ada" / UNIT / WORK).unlink()  # the earlier work was moved away
    done = desk("collect", UNIT, zipped(tmp_path / "new.zip", {moodle("Ada LOve", 1, WORK): text + " "}))
    assert done.exit_code == 3
    assert "timestamp.txt was there before this work" in done.stderr
