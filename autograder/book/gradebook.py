"""nbgrader's gradebook (SQLite or PostgreSQL): opened once for a run, one transaction for each submission.

nbgrader opens and closes the gradebook eight times for each submission; inside `kept` all of these are one connection.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbgrader.converters.autograde
import nbgrader.preprocessors.latesubmissions
import nbgrader.preprocessors.overwritecells
import nbgrader.preprocessors.overwritekernelspec
import nbgrader.preprocessors.saveautogrades
from nbgrader.api import BaseCell, Grade, Gradebook, Student, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Engine, create_engine, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError

from autograder.book.lateness import duration
from autograder.errors import GradebookError

WAITS = "waits for a human"
CHANGED = "has changed since a human marked it"
PATIENCE = 10  # seconds until a database server that does not answer is given up
USERS = (
    nbgrader.converters.autograde,
    nbgrader.preprocessors.latesubmissions,
    nbgrader.preprocessors.overwritecells,
    nbgrader.preprocessors.overwritekernelspec,
    nbgrader.preprocessors.saveautogrades,
)
_kept: dict[str, "Kept"] = {}


def address(given: str) -> str:
    """The database's address as SQLAlchemy wants it: `postgresql://` and `postgres://` mean psycopg 3.

    Raises:
        GradebookError: it is no address.
    """
    try:
        url = make_url(given)
    except ArgumentError as error:
        expected = "sqlite:////path/gradebook.db or postgresql://user:password@host/name"
        raise GradebookError("This is no database's address.", expected=expected, got=given) from error
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        url = url.set(drivername="postgresql+psycopg")
        url = url if "connect_timeout" in url.query else url.update_query_dict({"connect_timeout": str(PATIENCE)})
    return url.render_as_string(hide_password=False)


def folder(db_url: str, course: Path) -> Path:
    """Where the key and the journal lie: beside an SQLite gradebook, otherwise in the course's folder."""
    url = make_url(db_url)
    return (course / url.database).parent if url.drivername.startswith("sqlite") and url.database else course


def sqlite_file(db_url: str) -> Path | None:
    """Where an SQLite gradebook lies; None for a server."""
    url = make_url(db_url)
    return Path(url.database) if url.drivername.startswith("sqlite") and url.database else None


def require(db_url: str) -> None:
    """See that the gradebook can be used: it answers, and is empty or of this nbgrader's version.

    Raises:
        GradebookError: with the reason in one line.
    """
    url = make_url(db_url)
    with _named(url):
        engine = create_engine(url)
        try:
            found, expected = _version(engine), _version_expected()
        finally:
            engine.dispose()
    if found not in ("", expected):
        advice = "back it up, then `nbgrader db upgrade`, or name another one with --database"
        what = f"The gradebook {_shown(url)} is of another version."
        raise GradebookError(what, expected=expected, got=found, advice=advice)


def _version(engine: Engine) -> str:
    tables = inspect(engine).get_table_names()
    if "alembic_version" not in tables:
        return "tables that are not nbgrader's" if tables else ""
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())


def _version_expected() -> str:
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    return str(ScriptDirectory(ALEMBIC_DIR).get_current_head())


@contextmanager
def _named(url: URL) -> Iterator[None]:
    """A database's own errors as one readable line."""
    try:
        yield
    except (SQLAlchemyError, ImportError) as error:
        raise GradebookError(f"The gradebook {_shown(url)} cannot be used.", got=reason(error)) from error


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def reason(error: BaseException) -> str:
    """What a database said, in one line and without the statement."""
    said = str(getattr(error, "orig", None) or error).strip()
    return (said or type(error).__name__).splitlines()[0]


def failure(error: BaseException | None) -> BaseException | None:
    """The failing database behind an error, or None where it was something else. nbgrader wraps such errors."""
    while error is not None and not isinstance(error, OperationalError | InterfaceError):
        error = error.__cause__ or error.__context__
    return error


def quiet(function: Callable) -> Callable:
    """nbgrader's database layer warns about its own use of SQLAlchemy; nobody here can mend that."""

    def run(*args, **options):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="nbgrader|sqlalchemy")
            return function(*args, **options)

    return run


class Kept(Gradebook):
    """A gradebook that stays open when nbgrader closes it; only its session ends."""

    def close(self) -> None:
        """End the session, keep the connection."""
        self.db.remove()

    def close_at_last(self) -> None:
        """Close the connection too."""
        super().close()


@contextmanager
def kept(db_url: str, course_id: str) -> Iterator[Gradebook]:
    """One open gradebook for all that nbgrader opens in this block.

    Raises:
        GradebookError: it cannot be opened.
    """
    if db_url in _kept:
        yield _kept[db_url]
        return
    with _named(make_url(db_url)):
        gradebook = _kept[db_url] = Kept(db_url, course_id)
    for module in USERS:  # each has the name for itself; it stays with `opened`, which outside such a block opens one
        module.Gradebook = opened
    try:
        yield gradebook
    finally:
        del _kept[db_url]
        gradebook.close_at_last()


def opened(db_url: str, *arguments: object) -> Gradebook:
    """The gradebook that is kept open, or a fresh one."""
    return _kept.get(db_url) or Gradebook(db_url, *arguments)


def deadline(gradebook: Gradebook, unit: str, student: str) -> str:
    """When the unit is due for a student, extension included, in a form that changes with it."""
    extension = select(SubmittedAssignment.extension).join(Student, SubmittedAssignment.student_id == Student.id)
    assignment = gradebook.find_assignment(unit)
    mine = extension.where(SubmittedAssignment.assignment_id == assignment.id, Student.id == student)
    return f"{assignment.duedate} {gradebook.db.execute(mine).scalar()}"


def forget_stamp(db_url: str, unit: str, student: str) -> None:
    """The submission has no time stamp any more; nbgrader would keep the one it had."""
    with opened(db_url) as gradebook:
        gradebook.find_submission(unit, student).timestamp = None
        gradebook.db.commit()


def scored(gradebook: Gradebook, unit: str) -> bool:
    """Whether anybody has points of a unit that were not given by hand."""
    query = (
        select(Grade.id)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .where(SubmittedAssignment.assignment_id == gradebook.find_assignment(unit).id, Grade.auto_score.is_not(None))
    )
    return gradebook.db.execute(query.limit(1)).scalar() is not None


def recorded(gradebook: Gradebook, unit: str) -> list[dict]:
    """Each student's grades for a unit: {"student", "points", "max", "open", "late", "late_by", "checks"}.

    "open" are the points that a human has not given yet, "late" those taken off for lateness, "late_by" says in words
    how late it was; "checks" is {name: points or None}.
    """
    submissions = {
        submission.student.id: {
            "student": submission.student.id,
            "points": round(submission.score, 2),
            "max": submission.max_score,
            "open": 0.0,
            "late": submission.late_submission_penalty or 0.0,
            "late_by": duration(submission.total_seconds_late),
            "checks": {},
        }
        for submission in gradebook.assignment_submissions(unit)
    }
    query = (
        select(Student.id, BaseCell.name, Grade.auto_score, Grade.needs_manual_grade & Grade.manual_score.is_(None))
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Student, SubmittedAssignment.student_id == Student.id)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .where(SubmittedAssignment.assignment_id == gradebook.find_assignment(unit).id)
    )
    points = worth(gradebook, unit)
    for student, name, score, waits in gradebook.db.execute(query):
        submissions[student]["checks"][name] = score
        submissions[student]["open"] += points.get(name, 0.0) if waits else 0.0
    return [submissions[student] for student in sorted(submissions)]


def worth(gradebook: Gradebook, unit: str) -> dict[str, float]:
    """The most points of each graded cell of a unit."""
    notebook = gradebook.find_notebook(unit, unit)
    return {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}
