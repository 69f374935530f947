"""What grading writes into the gradebook: a submission's points and comments, and whom a human is asked about."""

from nbformat import NotebookNode
from nbgrader.api import Grade
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task

from autograder.book.gradebook import opened
from autograder.book.journal import Journal

COMMENTS = "auto_comments"  # the resource in which the examiner hands comments to `Record`
UNWRITTEN = "No response."
REWRITTEN = "Rewritten after it was marked: the points are for the earlier answer, until somebody has read this one."


class Forget(NbGraderPreprocessor):
    """Cells of an older release that the gradebook does not know are nobody's to grade; nbgrader stumbles there."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Follows nbgrader's OverwriteCells, which has taken the unknown names away."""
        for cell in nb.cells:
            if "nbgrader" in cell.metadata and not cell.metadata.nbgrader.get("grade_id"):
                del cell.metadata["nbgrader"]
        return nb, resources


class Record(NbGraderPreprocessor):
    """In the place of nbgrader's SaveAutoGrades: all grades and comments of a submission in one transaction.

    A manual score is never touched. Where the work that it was given for has changed since, a person is asked again.
    An answer that nobody wrote gets 0, and needs nobody.
    """

    def __init__(self, diary: Journal | None = None, **options):
        """The diary knows for which work the gradebook's scores are."""
        super().__init__(**options)
        self._diary = diary

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Write the points that the check cells show and the comments in `resources`."""
        where = resources["nbgrader"]
        comments = resources.get(COMMENTS, {})
        before, now = self._diary.work(where["student"]), nb.metadata.get("course", {}).get("work", {})
        with opened(where["db_url"]) as gradebook, gradebook.db.no_autoflush:
            rows = gradebook.find_submission_notebook(where["notebook"], where["assignment"], where["student"])
            grades = {row.name: row for row in rows.grades}
            remarks = {row.name: row for row in rows.comments}
            for cell in nb.cells:
                name = cell.metadata.get("nbgrader", {}).get("grade_id")
                if (is_grade(cell) or is_task(cell)) and name in grades:
                    changed = name not in now or before.get(name) != now[name]
                    _score(grades[name], _automatic(cell, now.get(name)), changed)
                if (is_solution(cell) or is_task(cell)) and name in remarks:
                    remarks[name].auto_comment = _remark(cell, comments.get(name), grades.get(name))
            gradebook.db.commit()
        self._diary.set_work(where["student"], now)
        return nb, resources


def _automatic(cell: NotebookNode, work: str | None) -> float | None:
    """The score that nobody needs to give: a check's, and 0 for an answer that was not written."""
    if is_task(cell):
        return 0.0 if work == "" else None
    return determine_grade(cell)[0]


def _score(grade: Grade, auto_score: float | None, changed: bool) -> None:
    """Set the automatic score, and whether a human is asked; an open request stays open."""
    if grade.manual_score is None:
        grade.needs_manual_grade = auto_score is None
    else:
        grade.needs_manual_grade |= changed or auto_score != grade.auto_score
    grade.auto_score = auto_score


def _remark(cell: NotebookNode, comment: str | None, grade: Grade | None) -> str | None:
    """What the gradebook says of an answer until a human writes a comment."""
    if is_task(cell):
        rewritten = grade is not None and grade.manual_score is not None and grade.needs_manual_grade
        return REWRITTEN if rewritten else UNWRITTEN if grade is not None and grade.auto_score == 0 else None
    return UNWRITTEN if cell.metadata.nbgrader.get("checksum") == compute_checksum(cell) else comment
