"""The command `course`: the units, what this machine can do, the data sets, and the checks outside a notebook."""

import functools
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from course_lib import units
from course_lib.errors import CourseError
from course_lib.settings import settings

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich", help=__doc__)
data = typer.Typer(no_args_is_help=True, help="Fetch a data set of the papers into COURSE_DATA.")
app.add_typer(data, name="data")


class Split(StrEnum):
    train = "train"
    val = "val"
    trainval = "trainval"
    test = "test"


def readable(command: Callable) -> Callable:
    """The command with the course's named errors turned into one readable message and exit status 1."""

    @functools.wraps(command)
    def run(*args, **kwargs):
        try:
            return command(*args, **kwargs)
        except CourseError as error:
            typer.echo(f"{type(error).__name__}: {error}", err=True)
            raise typer.Exit(1) from error

    return run


@app.command()
@readable
def doctor() -> None:
    """Show versions, GPU, memory, disk, the data found, and what each profile would do.

    Example: course doctor
    """
    from course_lib import doctor as examine

    found, console = settings(), Console()
    sections = {
        "versions": examine.versions(),
        "machine": examine.machine(found),
        "data": examine.data(found),
        "profiles (* in force)": examine.profiles(found),
    }
    for title, rows in sections.items():
        table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2))
        for name, value in rows:
            table.add_row(name, value)
        console.print(table)


@app.command("list")
@readable
def list_units() -> None:
    """List the units: what there is to write, what the checks are worth, the minutes of lecture and exercise.

    Example: course list
    """
    console, table = Console(), Table(box=None, padding=(0, 1, 0, 0))
    longest = max(len(name) for unit in units.UNITS for name in unit.functions)
    table.add_column("unit", no_wrap=True)
    table.add_column("title", max_width=14 if console.width < 100 else None)  # by words, so that no name is cut
    table.add_column("to write", min_width=longest + 1, overflow="fold")
    table.add_column("points")
    table.add_column("minutes", no_wrap=True)
    for unit in units.UNITS:
        minutes = " + ".join(str(count) for count in unit.minutes)
        table.add_row(unit.id, unit.title, ", ".join(unit.functions), f"{unit.points:g}", minutes)
    console.print(table)


@data.command()
@readable
def voc(
    year: Annotated[int, typer.Option(min=2007, max=2012, help="Which challenge.")] = 2007,
    split: Annotated[
        Split, typer.Option(help="One archive holds train and val; 2007 alone has test.")
    ] = Split.trainval,
) -> None:
    """Fetch PASCAL VOC through torchvision's loader, whole and checked, or not at all.

    Example: course data voc --year 2007 --split test
    """
    from course_lib.data.voc import download_voc

    typer.echo(f"PASCAL VOC {year} is in {download_voc(year, split.value)}")


@data.command()
@readable
def caltech256() -> None:
    """Fetch Caltech-256 (1.2 GB) through torchvision's loader, whole, or not at all.

    Example: course data caltech256
    """
    from course_lib.data.folders import download_caltech

    typer.echo(f"Caltech-256 is in {download_caltech()}")


@data.command()
@readable
def words() -> None:
    """Fetch all of GloVe 6B (862 MB) and Google's analogy questions, checked, or not at all.

    Example: course data words
    """
    from course_lib.data.words import download_words

    vectors, questions = download_words()
    typer.echo(f"GloVe 6B is in {vectors}, Google's questions in {questions}")


@data.command()
@readable
def text8() -> None:
    """Fetch text8 (31 MB, unpacked 100 MB), words of Wikipedia for embeddings in full, checked, or not at all.

    Example: course data text8
    """
    from course_lib.data.text8 import download_text8

    typer.echo(f"text8 is in {download_text8()}")


@data.command()
@readable
def lfw() -> None:
    """Fetch Labeled Faces in the Wild (200 MB) through scikit-learn's loader, whole, or not at all.

    Example: course data lfw
    """
    from course_lib.data.faces import download_lfw

    typer.echo(f"Labeled Faces in the Wild is in {download_lfw()}")


@app.command()
@readable
def check(
    unit: Annotated[str, typer.Argument(help="The unit: 02_rcnn, rcnn, 2, or a path to its folder.")],
    answers: Annotated[Path, typer.Argument(help="A Python file that defines the unit's functions.")],
) -> None:
    """Run a unit's public checks on the functions of a plain Python file; exit status 1 unless all pass.

    Example: course check rcnn answers.py
    """
    from course_lib.checks import forbids, report
    from course_lib.checks.run import run

    meant = units.find(unit)
    with _neighbours(answers):
        module = _load(answers)
        asked = [item for item in meant.graded if hasattr(module, item.function)]
        source = forbids.cells_of_file(answers)
        reports = [run(meant.id, item, getattr(module, item.function), source) for item in asked]
    for found in reports:
        typer.echo(report.text(found))
    missing = [item.name for item in meant.graded if item not in asked]
    if missing:
        typer.echo(f"not defined in {answers.name}: {', '.join(missing)}")
    typer.echo(f"{sum(found.passed for found in reports)} of {len(meant.graded)} checks pass")
    raise typer.Exit(0 if not missing and all(found.passed for found in reports) else 1)


@app.command()
@readable
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of this machine; 0 lets the system choose.")] = 8000,
    sure: Annotated[float, typer.Option(min=0, max=1, help="The least confidence of a tag.")] = 0.3,
) -> None:
    """Tag photographs over HTTP with EfficientNet-Lite0, for this machine alone, until Ctrl-C.

    Example: course serve --port 8000
    """
    import uvicorn

    from course_lib.models import classify
    from course_lib.service import LIMITS, create_app
    from course_lib.service.connections import bounded

    app = create_app(lambda image: [pair for pair in classify(image) if pair[1] >= sure])
    uvicorn.run(app, port=port, http=bounded(LIMITS), backlog=LIMITS.requests)


@contextmanager
def _neighbours(path: Path) -> Iterator[None]:
    """Modules beside the file can be imported meanwhile, behind the libraries; a library's name stays the library's."""
    folder = str(path.absolute().parent)
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def _load(path: Path) -> ModuleType:
    """The module in a student's file. Raises CourseError, with the file's own line, where it does not run."""
    spec = importlib.util.spec_from_file_location("answers", path)
    if spec is None or not path.is_file():
        advice = "run the notebook's own checks" if path.suffix == ".ipynb" else ""
        raise CourseError("The answers cannot be read.", expected="a Python file (.py)", got=str(path), advice=advice)
    module = importlib.util.module_from_spec(spec)
    sys.modules["answers"] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise CourseError(
            f"{path.name} does not run.",
            expected="a Python file that can be imported",
            got=f"{type(error).__name__}: {error}",
            advice=f"python {path}",
        ) from error
    return module
