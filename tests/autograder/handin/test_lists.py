"""Lists of students from nbgrader, Moodle and Canvas enter the gradebook; what is odd is said with its line."""

import os
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.book.gradebook import quiet
from autograder.handin import lists, worksheet
from autograder.handin.students import Student, known
from course_lib.errors import DataBroken, DataMissing

MOODLE = "First name,Last name,Username,Email address,Groups\nZoë,O'Brien,zoe,z@x.org,A\n小龙,李,li,l@x.org,\n"
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Exercise 2 (4711)\n,,,,,Manual Posting\n    Points Possible,,,,,7\n"
    '"O\'Brien, Zoë",9001,S1,zoe,CV,\n"李, 小龙",9002,S2,li,CV,3\n"Student, Test",9,,ffff,CV,\n'
)
NBGRADER = "id,first_name,last_name,email,lms_user_id\nzoe,Zoë,O'Brien,z@x.org,9001\nli,小龙,李,l@x.org,9002\n"


@pytest.fixture
def read(tmp_path):
    """Reads a list from its text: `read(text, encoding="utf-16")`."""

    def from_text(text, encoding="utf-8", **options):
        (tmp_path / "list.csv").write_bytes(text.encode(encoding))
        return lists.read(tmp_path / "list.csv", **options)

    return from_text


@pytest.mark.parametrize(
    ("text", "kind", "column", "email", "number"),
    [
        (MOODLE, "Moodle", "Username", "z@x.org", ""),
        (MOODLE.replace("Last name", "Surname"), "Moodle", "Username", "z@x.org", ""),
        (CANVAS, "Canvas", "SIS Login ID", "", "9001"),
        (CANVAS.replace("SIS Login ID", "x"), "Canvas", "SIS User ID", "", "9001"),
        (NBGRADER, "nbgrader", "id", "z@x.org", "9001"),
    ],
)
def test_each_program_s_columns_are_known(read, text, kind, column, email, number):
    found = read(text)
    assert (found.kind, found.id, found.odd) == (kind, column, [])
    first, second = found.students
    assert first == Student("S1" if column == "SIS User ID" else "zoe", "Zoë", "O'Brien", email, number)
    assert (second.first_name, second.last_name) == ("小龙", "李")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_whatever_a_spreadsheet_makes_of_a_list_is_read(read, encoding, sign):
    text = MOODLE.replace(",", sign).replace("\n", "\r\n")
    assert read(text, encoding).students == read(MOODLE).students


def test_windows_letters_are_read(read):
    assert read("id;first_name\r\nzoe;Zoë\r\n", "cp1252").students == [Student("zoe", "Zoë")]


def test_a_semicolon_decides_though_a_heading_has_a_comma(read):
    text = "Student;ID;SIS Login ID;Section;Exercise 2, late (4711)\nO'Brien, Zoë;9001;zoe;CV;\n"
    assert read(text).students == [Student("zoe", "Zoë", "O'Brien", "", "9001")]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("Ada,L,,,", "no id (Ada L)"),
        ("Ada,L,a/b,,", "'a/b' cannot be an id"),
        ("Ada,L,../x,,", "'../x' cannot be an id"),
        ("Ada,L,zoe,,", "zoe stands on line 2 already"),
        ("<img src=x>,L,ada,,", "ada: a name with < or > in it"),
        (f"{'A' * 129},L,ada,,", "ada: a cell has more than 128 characters"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_with_its_line_and_the_others_come_in(read, row, told):
    found = read(f"{MOODLE}\n\n{row}\nMax,M,max,m@x.org,\n")
    (line,) = found.odd
    assert line.startswith(f"line 6: {told}")
    assert [student.id for student in found.students] == ["zoe", "li", "max"]


def test_two_of_one_number_are_told(read):
    assert read(NBGRADER.replace("9002", "9001")).odd == ["line 3: the number 9001 is that of line 2 already"]


def test_another_column_may_be_the_id_and_one_without_headings_is_none(read):
    assert read(MOODLE, id_column="Email address").students[0].id == "z@x.org"
    with pytest.raises(DataMissing, match="no column 'Matrikel'"):
        read(MOODLE, id_column="Matrikel")
    with pytest.raises(DataMissing, match="No column holds the students' ids"):
        read("First name,Last name,Username\nAda,L,\n")
    for text in ("Vorname,Nachname\nAda,L\n", "", "\0\0\n"):
        with pytest.raises(DataBroken):
            read(text)
    with pytest.raises(DataBroken, match="is no table"):
        read("ÿþa", "latin-1")  # begins like UTF-16, and ends in half a letter


def test_a_list_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataMissing, match="cannot be read"):
        lists.read(tmp_path / "none.csv")


def test_nobody_goes_and_an_empty_cell_changes_nothing(read, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # nbgrader starts `alembic`
    with Gradebook(f"sqlite:///{tmp_path / 'book.db'}") as book:
        enter = quiet(lists.enter)
        assert enter(read(MOODLE).students, book) == (["zoe", "li"], [])
        assert enter(read(MOODLE).students, book) == ([], [])
        assert enter(read(CANVAS).students, book) == ([], ["zoe", "li"])
        assert enter(read("id,email\nmax,\nzoe,new@x.org\n").students, book) == (["max"], ["zoe"])
        assert {each.id for each in known(book)} == {"zoe", "li", "max"}
        assert Student("zoe", "Zoë", "O'Brien", "new@x.org", "9001") in known(book)


def test_only_the_student_to_try_with_is_none(read):
    found = read('Student,ID,SIS Login ID\n"Student, Testa",1,testa\n"Student, Test",2,ffff\nTest Student,3,gggg\n')
    assert [student.id for student in found.students] == ["testa"]


def test_a_short_row_of_a_worksheet_is_nobody_s(tmp_path):
    (tmp_path / "sheet.csv").write_text("Full name,Identifier\nA\nB,Participant 2\n")
    assert [*worksheet.read(tmp_path / "sheet.csv")] == ["2"]
