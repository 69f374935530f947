"""Intake, exam and judge behind nbgrader's own Autograde: the command line and formgrader's button both come here.

`install()` puts two methods into nbgrader's converter. Force, timestamps, late penalties, permissions and return codes
stay nbgrader's; students' notebooks are copied, parsed and run only by us.
"""

import shutil
import tempfile
from functools import cache
from html import escape
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.preprocessors import Execute, NbGraderPreprocessor

from autograder import intake, release, secret
from autograder.exam import Cell, sit
from autograder.judge import Verdict, judge
from autograder.papers import set_papers
from autograder.sandbox import WARNING
from course_lib.checks import report as reports
from course_lib.errors import DataMissing

_init_notebooks, _convert_notebooks = Autograde.init_notebooks, Autograde.convert_notebooks


def install() -> None:
    """Let nbgrader's Autograde use the examiner."""
    Autograde.init_notebooks = init_notebooks
    Autograde.convert_notebooks = convert_notebooks


def init_notebooks(self: Autograde) -> None:
    """Read every submitted folder ourselves; nbgrader goes on with the clean copies."""
    course, unit = Path(self.coursedir.root), self.coursedir.assignment_id
    _registered(unit, course, self.coursedir.db_url)
    submitted = self.coursedir.submitted_directory
    clean = Path(tempfile.mkdtemp(prefix=".intake-", dir=course))
    self._course_submitted, self._course_clean = submitted, clean
    try:
        for student in _students(course / submitted, unit, self.coursedir.student_id):
            take_in(course / submitted / student / unit, clean / student / unit, unit, course)
        self.coursedir.submitted_directory = clean.name
        _init_notebooks(self)
    except BaseException:
        _restore(self)
        raise


def convert_notebooks(self: Autograde) -> None:
    """nbgrader's own conversion, with the exam in the place of its execution."""
    steps = self.autograde_preprocessors
    self.autograde_preprocessors = [Examine if step is Execute else step for step in steps]
    try:
        release.quiet(_convert_notebooks)(self)
    finally:
        self.autograde_preprocessors = steps
        _restore(self)


def _restore(self: Autograde) -> None:
    self.coursedir.submitted_directory = self._course_submitted
    shutil.rmtree(self._course_clean, ignore_errors=True)


def _registered(unit: str, course: Path, db_url: str) -> None:
    """Enter the release into the gradebook where it is missing."""
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(db_url) as gradebook:
        try:
            known = bool(gradebook.find_assignment(unit).notebooks)
        except MissingEntry:
            known = False
    if not known:
        release.register(unit, course, db_url)


def _students(submitted: Path, unit: str, wanted: str) -> list[str]:
    """Students with a folder (not a link) for this unit; `wanted` is "*" or one of them."""
    found = [
        folder.parent.name for folder in submitted.glob(f"*/{unit}") if folder.is_dir() and not folder.is_symlink()
    ]
    return sorted(student for student in found if wanted in ("*", student))


def take_in(source: Path, target: Path, unit: str, course: Path) -> None:
    """Write one submission's clean copy: the repaired notebook, the weights, the time stamp."""
    released, note = release.find(unit, course, _claimed_release(source / f"{unit}.ipynb"))
    submission = intake.read(source, released, unit)
    ours = {"notes": submission.notes + [note] * bool(note), "folder": str(target)}
    submission.notebook.metadata.course = {**submission.notebook.metadata.get("course", {}), **ours}
    target.mkdir(parents=True)
    nbformat.write(submission.notebook, target / f"{unit}.ipynb")
    if submission.weights:
        shutil.copyfile(submission.weights, target / f"{unit}.safetensors")
    stamp = source / "timestamp.txt"
    if stamp.is_file() and not stamp.is_symlink():
        (target / stamp.name).write_bytes(stamp.read_bytes()[:100])


def _claimed_release(path: Path) -> str:
    """The release that a submission says it was made from; only a name to look up, so nothing else is believed."""
    try:
        return release.release_of(intake.parse(path)) if path.is_file() and not path.is_symlink() else ""
    except intake.BrokenSubmission:
        return ""


class Examine(NbGraderPreprocessor):
    """In the place of nbgrader's Execute: the exam's points and feedback become the outputs of the check cells."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Examine one sanitized notebook; `SaveAutoGrades`, which follows, reads the points."""
        where = resources["nbgrader"]
        unit, student = where["assignment"], where["student"]
        weights = Path(nb.metadata.course.pop("folder"), f"{unit}.safetensors")
        key = secret.key(course_folder(where["db_url"]))
        verdict = examine(unit, student, nb, weights if weights.exists() else None, key)
        write_verdict(nb, verdict)
        return nb, resources


def course_folder(db_url: str) -> Path:
    """The folder of the gradebook, where the key lies; for a database server the working folder."""
    return Path(db_url.removeprefix("sqlite:///")).parent if db_url.startswith("sqlite:///") else Path.cwd()


def examine(unit: str, student: str, notebook: NotebookNode, weights: Path | None, key: bytes) -> Verdict:
    """Run one repaired notebook through exam and judge."""
    papers = set_papers(unit, student, key)
    asked = {paper.check.name: (paper.check, paper.questions) for paper in papers}
    answers = sit(unit, cells_of(notebook), asked, weights)
    notes = [WARNING, *notebook.metadata.get("course", {}).get("notes", [])]
    notes += [f"In the cell {name!r}: {error}" for name, error in answers.errors.items()]
    return judge(papers, answers.outcomes, written_by_student(notebook), notes)


def cells_of(notebook: NotebookNode) -> list[Cell]:
    """The code cells with their roles, which the released names tell."""
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            name = intake.grade_id(cell)
            role = {"check": "check", "experiment": "skip", "fit": "fit"}.get(name.split("_")[0], "run")
            cells.append(Cell(role, cell.source, name.removeprefix("check_")))
    return cells


def written_by_student(notebook: NotebookNode) -> list[str]:
    """The sources that are not locked: solutions and the student's own cells."""
    return [
        c.source for c in notebook.cells if c.cell_type == "code" and not c.metadata.get("nbgrader", {}).get("locked")
    ]


def write_verdict(notebook: NotebookNode, verdict: Verdict) -> None:
    """Put points and feedback where nbgrader's gradebook and feedback pages look for them."""
    first = True
    for cell in notebook.cells:
        name = intake.grade_id(cell).removeprefix("check_")
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade") and name in verdict.reports:
            page = (_notes(verdict) if first else "") + reports.html(verdict.reports[name], picture=False)
            points = {"text/plain": str(verdict.reports[name].points)}
            cell.outputs = [
                nbformat.v4.new_output("display_data", {"text/html": page}),
                nbformat.v4.new_output("execute_result", points, execution_count=1),
            ]
            cell.execution_count, first = 1, False


def _notes(verdict: Verdict) -> str:
    return "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in verdict.notes) + "</ul>" if verdict.notes else ""


@cache
def find_course(start: Path) -> Path:
    """The course's folder: the nearest one upwards with an nbgrader_config.py.

    Raises:
        DataMissing: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / "nbgrader_config.py").exists():
            return folder
    raise DataMissing("No course here.", expected="nbgrader_config.py in this folder or above", got=str(start))
