"""`autograder feedback`: a page for each student, by nbgrader's generate_feedback."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.commands.common import Database, Platform, Unit, open_course, readable_errors
from autograder.errors import GradingError
from course_lib.errors import DataMissing

if TYPE_CHECKING:
    from traitlets.config import Config

Student = Annotated[str, typer.Option(help="Only this one.", metavar="ID")]
Zip = Annotated[Platform | None, typer.Option("--zip", help="Also these pages in one zip file, for this platform.")]


def feedback(unit: Unit, student: Student = "", archive: Zip = None, database: Database = "") -> None:
    """Write each graded student's feedback page anew, with points, comments and what the cells displayed.

    Example: autograder feedback 02_rcnn --zip moodle
    """
    from autograder.book import gradebook
    from autograder.intake import names
    from course_lib import units

    with readable_errors():
        unit = units.find(unit).id
        course, config = open_course(database)
        db_url = config.CourseDirectory.db_url = gradebook.address(config.CourseDirectory.db_url)
        failed, written = [], []
        for name in _graded(unit, course, config, names.spelled(student)):
            reason = _write(unit, name, config)
            page = Path("feedback", name, unit, f"{unit}.html")
            typer.echo(f"{name}: {reason or page}", err=bool(reason))
            (failed if reason else written).append(name)
        if archive:
            _pack(unit, course, db_url, archive.value, config, written)
        _remind(unit, db_url)
        if failed:
            raise GradingError(f"No feedback page for {', '.join(failed)}. The reasons stand above.")


def _graded(unit: str, course: Path, config: "Config", student: str) -> list[str]:
    """The students whose submissions are graded."""
    folder = course / config.CourseDirectory.get("autograded_directory", "autograded")
    found = sorted(path.parents[1].name for path in folder.glob(f"*/{unit}/{unit}.ipynb"))
    if not found or (student and student not in found):
        raise DataMissing(
            f"Nothing of {unit} is graded yet{f' for {student!r}' if student else ''}.",
            expected=f"{folder / (student or '*') / unit / unit}.ipynb",
            advice=f"`autograder grade {unit}`",
        )
    return [student] if student else found


def _write(unit: str, student: str, config: "Config") -> str:
    """Write one page. Returns why it could not be written, or ""."""
    from nbgrader.converters import GenerateFeedback
    from nbgrader.coursedir import CourseDirectory

    from autograder.book.gradebook import quiet

    said = _Errors()
    directory = CourseDirectory(config=config, assignment_id=unit, student_id=student)
    try:
        quiet(GenerateFeedback(coursedir=directory, config=config, force=True, log=said.log).start)()
    except Exception as error:  # whatever one page meets, the others are written
        return f"not written: {said.reason or f'{type(error).__name__}: {error}'}"
    return ""


def _pack(unit: str, course: Path, db_url: str, platform: str, config: "Config", written: list[str]) -> None:
    """Put the pages into one zip file; whose work did not come by this platform is named.

    Args:
        written: the students whose page was written just now; an older one may tell what is not so any more.
    """
    from autograder.book import gradebook
    from autograder.handin import memory, returning

    senders = memory.recall(unit, gradebook.folder(db_url, course), platform)
    if not senders:
        advice = f"`autograder collect {unit} ARCHIVE` with the archive that it came in; nothing is placed twice"
        raise DataMissing(f"It is not known under which names {platform} has the work of {unit}.", advice=advice)
    folder = course / config.CourseDirectory.get("feedback_directory", "feedback")
    found = {path.parents[1].name: path for path in sorted(folder.glob(f"*/{unit}/{unit}.html"))}
    pages = {student: path for student, path in found.items() if student in written}
    target = course / f"feedback_{unit}_{platform}.zip"
    left = returning.write(pages, senders, target)
    typer.echo(f"{len(pages) - len(left)} pages in {target.name}")
    if left:
        typer.echo(f"not in it, because their work came another way: {', '.join(left)}", err=True)


def _remind(unit: str, db_url: str) -> None:
    """Say on how many pages a written answer has no points yet, or those for an earlier answer."""
    from autograder.report.classbook import rows_of

    if waiting := sum(bool(row.waiting or row.changed) for row in rows_of(unit, db_url)):
        typer.echo(f"{waiting} of the class wait for a human (formgrader); then write the pages again", err=True)


class _Errors(logging.Handler):
    """Keeps the last line of the first traceback that nbgrader logs."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.reason, self.log = "", logging.Logger("feedback", logging.ERROR)
        self.log.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging."""
        text = record.getMessage().strip()
        if text.startswith("Traceback") and not self.reason:
            self.reason = text.splitlines()[-1]
