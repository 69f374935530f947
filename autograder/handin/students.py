"""The students as the gradebook knows them, and how a platform's spelling of a name finds one of them."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from nbgrader.api import Gradebook


@dataclass(frozen=True)
class Student:
    """One student, in nbgrader's terms.

    Attributes:
        id: the name of the folder in `submitted/` and of the row in the gradebook.
        lms_user_id: the number by which Canvas knows the student. Moodle numbers participants anew for each assignment.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        """In words, "" where none is known."""
        return f"{self.first_name} {self.last_name}".strip()


def known(book: Gradebook) -> list[Student]:
    """All students of a gradebook, by last name, first name and id."""
    fields = ("id", "first_name", "last_name", "email", "lms_user_id")
    found = [Student(**{field: getattr(student, field) or "" for field in fields}) for student in book.students]
    return sorted(found, key=order)


def order(student: Student) -> tuple[str, str, str]:
    """By last name, first name and id, as a list of a class is sorted."""
    return student.last_name.casefold(), student.first_name.casefold(), student.id


def letters(name: str) -> str:
    """What platforms leave of a name: Moodle's file names drop apostrophes, Canvas' spaces, hyphens and case too."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in unicodedata.normalize("NFC", plain) if unicodedata.category(sign)[0] in "LMN")


class Roster:
    """A class in which to look somebody up."""

    def __init__(self, students: Iterable[Student]):
        self.students = sorted(students, key=order)
        self._named: dict[str, list[Student]] = defaultdict(list)
        for student in self.students:
            orders = (student.first_name, student.last_name), (student.last_name, student.first_name)
            for name in {letters("".join(parts)) for parts in orders} | {letters(student.id)}:
                self._named[name].append(student)

    def named(self, name: str) -> list[Student]:
        """Who has this name, in either order, or this id."""
        wanted = letters(name)
        return self._named.get(wanted, []) if wanted else []

    def numbered(self, number: str) -> list[Student]:
        """Who has this number at Canvas."""
        return [student for student in self.students if student.lms_user_id == number]

    def known_as(self, *words: str) -> list[Student]:
        """Who has one of these as id or as email address."""
        wanted = {word.casefold() for word in words if word}
        return [student for student in self.students if wanted & {student.id.casefold(), student.email.casefold()}]
