"""A list of students from a CSV file: nbgrader's own columns, Moodle's participants or grades, Canvas' grade book.

Moodle writes its headings in the language of whoever exports; these are the English ones. Canvas' are those of
lib/gradebook_exporter.rb in instructure/canvas-lms, where rows that are no student's follow the headings.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.handin.students import Student, known
from autograder.intake import names, texts
from course_lib.errors import DataBroken, DataMissing

LONGEST = 128  # characters, of each column in nbgrader's database
MOST = 20 * 2**20  # bytes
MARKUP = "<>"  # formgrader puts names unescaped into its pages
NO_STUDENTS = ("points possible", "student, test", "test student")  # Canvas' second row, and its student to try with


@dataclass(frozen=True)
class Kind:
    """The headings of one program's lists.

    Attributes:
        marks: it is this program's list if one heading of each of these groups is there.
        ids: what becomes a student's id: the first of these that is there and filled.
    """

    name: str
    marks: tuple[tuple[str, ...], ...]
    ids: tuple[str, ...]
    first: str
    last: tuple[str, ...]
    whole: str = ""
    email: str = ""
    number: str = ""


KINDS = (
    Kind("nbgrader", (("id",),), ("id",), "first_name", ("last_name",), "", "email", "lms_user_id"),
    Kind(
        "Canvas",
        (("ID",), ("Student", "LastName")),
        ("SIS Login ID", "SIS User ID", "ID"),
        "FirstName",
        ("LastName",),
        "Student",
        "",
        "ID",
    ),
    Kind(
        "Moodle",
        (("First name",), ("Last name", "Surname")),
        ("Username", "ID number", "Email address"),
        "First name",
        ("Last name", "Surname"),
        "",
        "Email address",
    ),
)


@dataclass
class Listed:
    """What a list holds.

    Attributes:
        kind: whose list it is; `id` is the heading of the column that became the id.
        odd: what was left out, each with its line.
    """

    kind: str
    id: str
    students: list[Student] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def read(path: Path, id_column: str = "") -> Listed:
    """The students in a file.

    Args:
        id_column: the heading of the column that becomes the id, in place of the usual one.

    Raises:
        DataMissing: there is no such file, or no such column.
        DataBroken: it is no table of students.
    """
    try:
        if path.stat().st_size > MOST:
            raise DataBroken(f"{path} is too large for a list of students.", expected=f"at most {MOST // 2**20} MB")
        rows = [*texts.rows(path.read_bytes())]
    except OSError as error:
        raise DataMissing(f"{path} cannot be read.", got=error.strerror or str(error)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataBroken(f"{path} is no table.", expected="a CSV file", got=str(error)) from error
    if not rows:
        raise DataBroken(f"{path} holds no rows.", expected="a CSV file with headings")
    head, body = [cell.strip() for cell in rows[0][1]], rows[1:]
    kind = _kind(head, path)
    id_column = _id_column(kind, head, body, id_column)
    found = Listed(kind.name, id_column)
    cells = [(line, dict(zip(head, (_clean(cell) for cell in row), strict=False))) for line, row in body]
    _take(found, [(line, _student(row, kind, id_column)) for line, row in cells if not _is_canvas_s(row, kind)])
    return found


def _kind(head: list[str], path: Path) -> Kind:
    for kind in KINDS:
        if all(any(name in head for name in group) for group in kind.marks):
            return kind
    expected = "id, first_name, last_name, email; or First name, Last name, Username (Moodle); or Student, ID (Canvas)"
    advice = "export the list from an English page, or rename its columns"
    raise DataBroken(f"{path} has no headings that we know.", expected=expected, got=", ".join(head), advice=advice)


def _id_column(kind: Kind, head: list[str], body: list[tuple[int, list[str]]], wanted: str) -> str:
    """The heading of the ids."""
    if wanted and wanted not in head:
        raise DataMissing(f"There is no column {wanted!r}.", expected=f"one of {', '.join(head)}")
    for name in (wanted,) if wanted else kind.ids:
        if name in head and any(row[head.index(name)].strip() for _, row in body if head.index(name) < len(row)):
            return name
    raise DataMissing("No column holds the students' ids.", expected=" or ".join(kind.ids), got=", ".join(head))


def _clean(cell: str) -> str:
    """A cell in one line; the apostrophe that keeps a spreadsheet from running it goes."""
    text = " ".join(texts.plain(cell).split())
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@") else text


def _student(row: dict[str, str], kind: Kind, id_column: str) -> Student:
    last = next((row[name] for name in kind.last if row.get(name)), "")
    first, whole = row.get(kind.first, ""), row.get(kind.whole, "")
    if whole and not (first or last):
        last, _, first = (part.strip() for part in whole.partition(","))
    email = row.get(kind.email, "") or (row.get(id_column, "") if "@" in row.get(id_column, "") else "")
    return Student(names.spelled(row.get(id_column, "")), first, last, email, row.get(kind.number, ""))


def _is_canvas_s(row: dict[str, str], kind: Kind) -> bool:
    """Whether a row of Canvas' is no student's."""
    name, number = row.get(kind.whole, "").casefold(), row.get(kind.number, "")
    return bool(kind.whole) and (not (name or number) or name in NO_STUDENTS)


def _take(found: Listed, rows: Iterable[tuple[int, Student]]) -> None:
    """Take the students over; who cannot be is named with the line."""
    lines: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for line, student in rows:
        lack = _lack(student)
        if not lack and student.id in lines:
            lack = f"{student.id} stands on line {lines[student.id]} already"
        if not lack and student.lms_user_id in numbers:
            lack = f"the number {student.lms_user_id} is that of line {numbers[student.lms_user_id]} already"
        if lack:
            found.odd.append(f"line {line}: {lack}")
            continue
        lines[student.id] = line
        numbers |= {student.lms_user_id: line} if student.lms_user_id else {}
        found.students.append(student)


def _lack(student: Student) -> str:
    """Why a row cannot be taken over, or ""."""
    shown = student.name or "nobody's name"
    if not student.id:
        return f"no id ({shown})"
    if not names.usable(student.id):
        return f"{student.id!r} cannot be an id: letters, digits, spaces and .@+-_ only"
    fields = (student.id, student.first_name, student.last_name, student.email, student.lms_user_id)
    if any(len(text) > LONGEST for text in fields):
        return f"{student.id[:40]}: a cell has more than {LONGEST} characters"
    if any(sign in text for text in fields for sign in MARKUP):
        return f"{student.id}: a name with < or > in it"
    return ""


def enter(students: Iterable[Student], book: Gradebook) -> tuple[list[str], list[str]]:
    """Enter students into a gradebook. Nobody goes, and an empty cell changes nothing.

    Returns:
        The ids of those who are new, and of those of whom something has changed.
    """
    before = {student.id: student for student in known(book)}
    new, changed = [], []
    for student in students:
        old = before.get(student.id, Student(student.id))
        fields = {name: value for name, value in vars(student).items() if name != "id" and value}
        if student.id in before and all(getattr(old, name) == value for name, value in fields.items()):
            continue
        (changed if student.id in before else new).append(student.id)
        book.update_or_create_student(student.id, **fields)
    return new, changed
