"""`autograder build`: a release enters the gradebook."""

import typer

from autograder.commands.common import Database, Unit, open_course, readable_errors


def build(unit: Unit, database: Database = "") -> None:
    """Enter a unit's exercise, as it was built, into the gradebook, and keep a copy as its release.

    Example: autograder build 02_rcnn
    """
    from nbgrader.coursedir import CourseDirectory

    from autograder.book import gradebook, privacy
    from autograder.book.registration import register
    from autograder.release import releases
    from course_lib import units

    with readable_errors():
        unit = units.find(unit).id
        course, config = open_course(database)
        url = gradebook.address(config.CourseDirectory.db_url)
        gradebook.require(url)
        name = register(unit, course, url)
        privacy.keep(CourseDirectory(config=config))
        typer.echo(f"{unit}: release {name} is in the gradebook and kept in {releases.KEPT}/{unit}/")
