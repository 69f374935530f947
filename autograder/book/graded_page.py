"""A graded notebook as a page: formgrader's, on which a human marks, and the feedback page, which the student reads.

Answers stand in the box of their question, the marking scheme is a part of its own (students never get it: the same
question is asked again next year), and what the gradebook says of the submission stands at the top.
"""

import re
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from autograder.book import gradebook
from autograder.book.lateness import duration, moment
from autograder.intake import answers
from autograder.release.roles import grade_id

SCHEME = re.compile(r"^[=# ]*BEGIN MARK SCHEME[=# ]*$(.*?)(^[=# ]*END MARK SCHEME[=# ]*$|\Z)", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


class Arrange(Preprocessor):
    """Puts a graded notebook in the order of the page."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Called by nbconvert, before the gradebook's scores are put in."""
        where = resources.get("nbgrader") or {}
        found = answers.answers(nb)
        moved = [cell.id for cells in found.values() for cell in cells if cell.cell_type == "markdown"]
        for cell in nb.cells:
            if where and cell.cell_type == "markdown" and not answers.is_question(cell):
                cell.source = SCHEME.sub("", cell.source)
            if answers.is_question(cell):
                mine = [one for one in found[grade_id(cell)] if one.cell_type == "markdown"]
                cell.metadata.page = _question(cell, mine, scheme=not where)
            elif cell.metadata.get("nbgrader", {}).get("grade"):
                cell.metadata.page = NotebookNode(title=grade_id(cell).removeprefix("check_"))
        nb.cells = [cell for cell in nb.cells if cell.get("id") not in moved]
        resources["notes"] = list(nb.metadata.get("course", {}).get("notes", []))
        if where:
            resources["submission"] = submission(where)
        return nb, resources


def _question(cell: NotebookNode, mine: list[NotebookNode], scheme: bool) -> NotebookNode:
    """A written question in its parts."""
    heading, found = HEADING.search(cell.source), SCHEME.search(cell.source)
    return NotebookNode(
        title=heading[1] if heading else grade_id(cell),
        question=HEADING.sub("", SCHEME.sub("", cell.source), count=1),
        scheme=found[1].strip() if found and scheme else "",
        answer=mine,
    )


def submission(where: dict[str, str]) -> dict[str, Any]:
    """Whose page it is, when the work was handed in, and which questions wait for a human.

    Args:
        where: nbgrader's resources: "assignment", "student", "db_url".
    """
    with gradebook.opened(where["db_url"]) as book:
        found = book.find_submission(where["assignment"], where["student"])
        names = found.student.first_name, found.student.last_name
        return {
            "name": " ".join(name for name in names if name),
            "handed_in": moment(found.timestamp),
            "due": moment(found.duedate),
            "late": duration(found.total_seconds_late),
            **_waiting(book, where),
        }


def _waiting(book: Gradebook, where: dict[str, str]) -> dict[str, Any]:
    """The points that nobody has given yet; for each question that waits, why."""
    rows = book.find_submission_notebook(where["notebook"], where["assignment"], where["student"]).grades
    waiting = [grade for grade in rows if grade.needs_manual_grade]
    return {
        "open": sum(grade.max_score for grade in waiting if grade.manual_score is None),
        "waiting": {
            grade.name: gradebook.CHANGED if grade.manual_score is not None else gradebook.WAITS for grade in waiting
        },
    }
