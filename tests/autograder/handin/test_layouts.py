"""The names that Moodle and Canvas give, and whose they are."""

import pytest

from autograder.handin.layouts import CANVAS, MOODLE, Owner, named
from autograder.handin.owners import owners
from autograder.handin.students import Roster, Student, letters
from autograder.handin.worksheet import Participant
from tests.helpers.platforms import canvas, moodle


@pytest.mark.parametrize("style", ["folder", "old", "flat"])
@pytest.mark.parametrize("name", ["Ada Lovelace", "小龙 李", "Zoë O’Brien-Müller", "Jean Luc de la Tour"])
@pytest.mark.parametrize("file", ["02_rcnn.ipynb", "02_rcnn (1).ipynb", "a_1_b_2.zip"])
def test_moodle_s_names(style, name, file):
    path = moodle(name, 4711, file, style)
    found = named(path)
    assert (found.owner, found.file, found.typed, found.late) == (Owner(MOODLE, name, "4711"), file, False, False)
    assert found.front + file == path


def test_folders_of_the_student_s_own_and_one_around_all():
    found = named("Exercise 2-99/Ada L_1_assignsubmission_file/home/ada/work.ipynb")
    assert (found.file, found.front) == ("home/ada/work.ipynb", "Ada L_1_assignsubmission_file/")


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("file", ["02_rcnn.ipynb", "02_rcnn-1.ipynb", "work.zip", "text 2.html"])
def test_canvas_names(late, file):
    path = canvas("O'Brien", "Zoë", 9001, 77, file, late)
    found = named(path)
    assert (found.owner, found.file, found.late) == (Owner(CANVAS, "obrienzoë", "9001"), file, late)
    assert found.front + file == path
    assert not found.typed


@pytest.mark.parametrize(
    "path",
    [
        "Ada L_1_assignsubmission_onlinetext/onlinetext.html",
        "Ada L_1_assignsubmission_onlinetext_onlinetext.html",
        "lovelaceada_9001_text.html",
        "lovelaceada_LATE_9001_77_text.html",
        "lovelaceada_9001_link.html",
    ],
)
def test_what_was_typed_is_no_file(path):
    assert named(path).typed


@pytest.mark.parametrize(
    "path",
    [
        "02_rcnn.ipynb",
        "Default group_assignsubmission_file/a.ipynb",
        "anon_ab1_77_a.ipynb",
        "anon_ab1_9001_02_rcnn.ipynb",
        "Default group_assignsubmission_file/Ada L_1_assignsubmission_file/a.ipynb",
        "Default group_assignsubmission_file_Ada L_1_assignsubmission_file_a.ipynb",
        "Default group_assignsubmission_file_x_9001_77_a.ipynb",
        "_12_assignsubmission_file/Ada L_1_assignsubmission_file/a.ipynb",
        "Ada L_1_assignsubmission_file_9002_77_a.ipynb",  # Canvas of somebody called `Ada L__1__assignsubmission_file`
        "Ada L_1_assignsubmission_file_late_9002_77_a.ipynb",
    ],
)
def test_other_names_are_nobody_s(path):
    assert named(path) is None


def test_what_follows_the_first_part_of_moodle_s_is_the_student_s_own():
    found = named("Eve_2_assignsubmission_file/Ada L_1_assignsubmission_file/a.ipynb")
    assert (found.owner, found.file) == (Owner(MOODLE, "Eve", "2"), "Ada L_1_assignsubmission_file/a.ipynb")
    found = named("Eve_2_assignsubmission_file_Ada L_1_assignsubmission_file_a.ipynb")
    assert (found.owner, found.file) == (Owner(MOODLE, "Eve", "2"), "Ada L_1_assignsubmission_file_a.ipynb")


def test_numbers_that_may_be_meant_as_well():
    assert named("lovelaceada_9001_77_02_rcnn.ipynb").others == ("77",)
    assert named("eve_9001_9002_77_a.ipynb").others == ("9002",)
    assert named("eve_9001_5_LATE_9002_77_a.ipynb").others == ("9002",)
    assert named("eve_9002_77_a.ipynb").others == ()


def test_what_is_left_of_a_name():
    assert letters("O'Brien-Müller, Zoë") == letters("obrienmüllerzoë") == letters("OBrien Müller Zoe\u0308")
    assert letters("Strauß") == letters("STRAUSS")
    assert letters("李 小龙") == "李小龙"


TWINS = [Student("om1", "Omar", "Ali", "o1@x.org", "9004"), Student("om2", "Omar", "Ali", "o2@x.org", "9005")]
CLASS = [*TWINS, Student("zoe", "Zoë", "O'Brien", "z@x.org"), Student("li", "小龙", "李", "l@x.org", "9007")]
SHEET = {"11": Participant("Participant 11", "Omar Ali", ("o2@x.org",))}
ZOE = Student("zoe", "Zoë", "O'Brien", "z@x.org")


@pytest.mark.parametrize(
    ("found", "whose"),
    [
        (Owner(MOODLE, "Zoë OBrien", "10"), "zoe"),
        (Owner(MOODLE, "OBrien Zoë", "10"), "zoe"),
        (Owner(MOODLE, "李小龙", "10"), "li"),
        (Owner(MOODLE, "zoe", "10"), "zoe"),
        (Owner(MOODLE, "Omar Ali", "11"), "om2"),
        (Owner(MOODLE, "Omar Ali", "12"), "2 students have this name (om1, om2); Moodle's grading worksheet"),
        (Owner(MOODLE, "Eve", "13"), "no student has this name"),
        (Owner(MOODLE, "Group 4", "11"), "the worksheet calls number 11 by another name (Omar Ali)"),
        (Owner(CANVAS, "aliomar", "9004"), "om1"),
        (Owner(CANVAS, "obrienzoë", "9009"), "zoe"),
        (Owner(CANVAS, "李小龙", "9008"), "no student has this name"),  # who has the name has another number
        (Owner(CANVAS, "renamed", "9007"), "li"),
    ],
)
def test_whose_it_is(found, whose):
    told = owners([found], Roster(CLASS), SHEET)[found]
    assert told.id == whose if isinstance(told, Student) else told.startswith(whose)


def test_a_name_of_signs_alone_is_not_that_of_a_student_without_a_name():
    owner = Owner(MOODLE, "- -", "10")
    assert str(owners([owner], Roster([Student("s1")]), {})[owner]).startswith("no student has this name")


def test_two_participants_never_get_one_student():
    two = [Owner(MOODLE, "Zoë OBrien", "10"), Owner(MOODLE, "Zoë O’Brien", "11")]
    told = owners(two, Roster([ZOE]), {})
    assert all("2 participants have this name (zoe)" in each for each in told.values())
    sheet = {number: Participant(number, "Zoë O'Brien", ("z@x.org",)) for number in ("10", "11")}
    told = owners(two, Roster([ZOE]), sheet)
    assert all("zoe is meant by 2 participants" in each for each in told.values())
