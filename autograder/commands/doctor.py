"""`autograder doctor`: whether grading would work here, and what to do where not."""

import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from autograder.commands.common import Database, open_course
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from traitlets.config import Config

ROOM = 2 * 2**30  # bytes that a class's copies, pages and gradebook may take
NAMESPACES = Path("/proc/sys/user/max_user_namespaces")


class Finding(NamedTuple):
    """One line: what was looked at, whether it is in order, what was found, and what to do where it is not."""

    what: str
    ok: bool
    found: str
    advice: str = ""


def doctor(database: Database = "") -> None:
    """Look at all that grading needs: sandbox, gradebook, disk, key, programs. Status 1 when something is missing.

    Example: autograder doctor
    """
    works = True
    for finding in (*_sandbox(), *_checkouts(), *_course(database)):
        works &= finding.ok
        advice = f"; try: {finding.advice}" if finding.advice and not finding.ok else ""
        typer.echo(f"{'ok    ' if finding.ok else 'NOT OK'}  {finding.what}: {finding.found}{advice}")
    if not works:
        raise typer.Exit(1)


def _sandbox() -> Iterator[Finding]:
    """bubblewrap, namespaces, and how long a box takes to answer."""
    from autograder.box import sandbox

    program = shutil.which("bwrap")
    advice = "sudo apt-get install bubblewrap"
    yield Finding("bubblewrap", bool(program), _version(program) if program else "there is no bwrap", advice)
    if NAMESPACES.exists():
        most = int(NAMESPACES.read_text())
        yield Finding("user namespaces", most > 0, f"at most {most}", f"sudo sysctl user.{NAMESPACES.name}=10000")
    for what, ok, found in sandbox.diagnose():
        yield Finding(
            what, ok, found, "--sandbox none, which runs student code with your rights; better another machine"
        )


def _version(program: str) -> str:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)
        return done.stdout.strip() or done.stderr.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{program} does not answer: {error}"


def _checkouts() -> Iterator[Finding]:
    """Whether grader, student code and the course's folder are of one checkout."""
    import autograder
    import course_lib
    from autograder.book.examiner import find_course
    from autograder.box.bubblewrap import environment

    here = Path(course_lib.__file__).parents[1]
    ask = [sys.executable, "-P", "-c", "import course_lib; print(course_lib.__file__)"]
    done = subprocess.run(ask, capture_output=True, text=True, check=False, env=environment(str(here)), cwd="/")
    found = {"the grader": Path(autograder.__file__).parents[1], "its course_lib": here}
    found["student code's course_lib"] = Path(done.stdout.strip()).parents[1] if done.returncode == 0 else None
    with suppress(CourseError):  # no course here: another line says so
        folder = find_course(Path.cwd())
        found |= {"this folder": folder} if (folder / "course_lib").is_dir() else {}
    one = len({path and path.resolve() for path in found.values()}) == 1
    shown = "; ".join(f"{what}: {path or done.stderr.strip().splitlines()[-1]}" for what, path in found.items())
    advice = f"`python -m pip install --no-deps --editable {found.get('this folder', here)}` in this environment"
    yield Finding("checkout", one, str(here) if one else shown, f"{advice}, and no PYTHONPATH")


def _course(database: str) -> Iterator[Finding]:
    """The course of the working folder: configuration, gradebook, disk, key, programs."""
    from importlib.metadata import version

    from autograder.book import gradebook

    try:
        course, config = open_course(database)
    except CourseError as error:
        yield Finding("course", False, _line(error), "change to the folder with nbgrader_config.py")
        return
    yield Finding("course", True, f"{course}, nbgrader {version('nbgrader')}")
    yield _gradebook(config.CourseDirectory.db_url)
    yield _exposed(config)
    free = shutil.disk_usage(course).free
    yield Finding("disk", free > ROOM, f"{free / 2**30:.1f} GB free", f"make room: at least {ROOM / 2**30:.0f} GB")
    yield _key(gradebook.folder(config.CourseDirectory.db_url, course))
    yield _releases(course)
    converter = shutil.which("alembic")
    advice = "install requirements.txt into the environment that `autograder` runs in"
    yield Finding("alembic", bool(converter), converter or "nbgrader makes gradebooks with it", advice)
    yield _doors(config)


def _gradebook(db_url: str) -> Finding:
    from autograder.book import gradebook

    try:
        address = gradebook.address(db_url)
        if (file := gradebook.sqlite_file(address)) and not file.exists():
            return Finding("gradebook", file.parent.is_dir(), f"{file} will be made at the first grading")
        gradebook.require(address)
    except CourseError as error:
        return Finding("gradebook", False, _line(error))
    return Finding("gradebook", True, "answers, and is of this nbgrader's version")


def _exposed(config: "Config") -> Finding:
    """Whether other accounts of this machine can read grades and graded work."""
    from nbgrader.coursedir import CourseDirectory

    from autograder.book import privacy

    found = privacy.exposed(CourseDirectory(config=config))
    shown = f"others can read {', '.join(path.name for path in found)}" if found else "nobody else can read the grades"
    return Finding("privacy", not found, shown, f"chmod -R go-rwx {' '.join(map(str, found))}")


def _key(folder: Path) -> Finding:
    """The key of the hidden inputs: the one that graded, readable by its owner only."""
    from autograder.book import keyring
    from autograder.exam import secret

    path = folder / secret.NAME
    try:
        lack = keyring.lacking(folder)
    except CourseError as error:
        lack = _line(error)
    if lack:
        return Finding("key", False, lack, keyring.WAYS)
    if not path.exists():
        return Finding("key", True, f"{path.name} will be made at the first grading")
    mode = stat.S_IMODE(path.stat().st_mode)
    return Finding("key", not mode & 0o077, f"{path.name} has mode {mode:o}", f"chmod 600 {path}")


def _releases(course: Path) -> Finding:
    """Whether what grading goes by is as it was kept, and what is given out as it was built."""
    from autograder.release import releases

    units, changed = releases.units_in(course), []
    for unit in units:
        try:
            releases.every(unit, course)
        except CourseError as error:
            return Finding("releases", False, _line(error))
        changed += [said for said in [releases.changed(unit, course)] if said]
    return Finding("releases", True, "; ".join(changed) or f"of {len(units)} units, as they were built")


def _doors(config: "Config") -> Finding:
    """Whether nbgrader's own commands and formgrader grade with the examiner."""
    from nbgrader.converters import Autograde

    ok = Autograde.convert_notebooks.__module__.startswith("autograder") and "HTMLExporter" in config
    found = "nbgrader autograde and formgrader use the examiner" if ok else "nbgrader_config.py does not set it up"
    return Finding("nbgrader's doors", ok, found, "take over the lines of this course's nbgrader_config.py")


def _line(error: CourseError) -> str:
    return "; ".join(line.strip() for line in str(error).splitlines())
