"""Small classes that several tests grade."""

from contextlib import chdir
from pathlib import Path

from autograder import release
from autograder.commands.common import open_course
from autograder.release import quiet
from tools.small_course import UNIT, make_course

STUDENTS = ("ada", "bob", "cy")


def class_of_three(course: Path) -> Path:
    """A short course, entered into a gradebook, in which three students have handed in the solution."""
    make_course(course, written=True)
    with chdir(course):
        quiet(release.register)(UNIT, course, open_course()[1].CourseDirectory.db_url)
    solution = (course / "solutions" / UNIT / f"{UNIT}.ipynb").read_text()
    for student in STUDENTS:
        folder = course / "submitted" / student / UNIT
        folder.mkdir(parents=True)
        (folder / f"{UNIT}.ipynb").write_text(solution)
    return course
