"""The `autograder` command, put together from one module for each of its commands."""

import signal
import sys
import warnings

import typer

from autograder.box import startup
from autograder.commands.build import build
from autograder.commands.collect import collect
from autograder.commands.doctor import doctor
from autograder.commands.export import export
from autograder.commands.feedback import feedback
from autograder.commands.grade import grade
from autograder.commands.judge import judge
from autograder.commands.release import release
from autograder.commands.report import report
from autograder.commands.similar import similar
from autograder.commands.students import students

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Release, grade and judge the course's exercises.")
for command in (build, release, collect, grade, judge, feedback, export, report, similar, students, doctor):
    app.command()(command)


def main() -> None:
    """The entry point: nbgrader's own deprecation warnings are not the instructor's business."""
    if not sys.warnoptions:
        warnings.filterwarnings("ignore", module="nbgrader|sqlalchemy|traitlets")
    startup.without_web_addresses()
    try:
        app()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done and said: a Ctrl-C while Python leaves ends nothing


if __name__ == "__main__":
    main()
