"""Build the website, and look through it: python -m tools.site [--repository URL]

build/site/ran         the lectures' runs, by jupyter-cache
build/site/source      what Sphinx reads
build/site/html        the website: what can be put onto any server, or opened from the disk
"""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from sphinx.application import Sphinx

from autograder.bundle.address import Address, of_checkout
from course_lib import units as known
from course_lib.errors import CourseError
from course_lib.units import UNITS, Unit
from tools import ROOT
from tools.site import leaks, links, words
from tools.site.lay import SITE, lay
from tools.site.pages import read


def build(folder: Path, units: tuple[Unit, ...], where: Address | None) -> list[str]:
    """Write the website into `folder/html`.

    Returns:
        What is wrong with it, one sentence each; Sphinx's own warnings have been printed.

    Raises:
        LectureFailed: a lecture does not run.
        ReleaseError: an exercise was changed since it was built.
    """
    lay(folder, units, where)
    html = folder / "html"
    remove(html)
    settings = {"html_extra_path": [str(folder / "pictures")]}
    sphinx = Sphinx(
        folder / "source", SITE, html, folder / "doctrees", "html", settings, status=None, warningiserror=True
    )
    sphinx.build()
    (html / ".buildinfo").unlink(missing_ok=True)
    pages = {path: read(path) for path in html.rglob("*.html") if "_static" not in path.parts}  # there lie templates
    found = ["Sphinx warns"] if sphinx.statuscode else []
    return found + links.findings(html, pages) + words.findings(html, pages, units) + leaks.findings(html, pages)


def remove(html: Path) -> None:
    """Remove an earlier website: Sphinx leaves pages that are not shown any more, and lists that name them."""
    if (html / "searchindex.js").is_file():
        shutil.rmtree(html)


def address(repository: str, ref: str) -> Address | None:
    """Where the notebooks open: the students' public repository; None, and nowhere, where none is given.

    This checkout's remote is never meant: the solutions lie there.
    """
    return of_checkout(ROOT, repository, ref) if repository else None


def main(
    repository: Annotated[str, typer.Option(help="The students' public repository.", metavar="URL")] = "",
    ref: Annotated[str, typer.Option(help="Its tag; by default that of `autograder release`.", metavar="TAG")] = "",
    units: Annotated[str, typer.Option(help="Those that are shown, as in 00,rcnn; by default all.")] = "",
    folder: Annotated[Path, typer.Option(help="Where it is built.")] = ROOT / "build" / "site",
) -> None:
    """Build the website."""
    try:
        where = address(repository, ref)
        chosen = tuple(known.find(name) for name in units.split(",") if name.strip()) or UNITS
        found = build(folder.resolve(), chosen, where)
    except CourseError as error:
        sys.exit(str(error))
    files = [path for path in (folder / "html").rglob("*") if path.is_file()]
    print(*found, f"site: {len(found)} findings", sep="\n")
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 2**20:.1f} MB, in {folder / 'html'}")
    print(f"The notebooks open in {where.url} at {where.ref}." if where else "No repository: nothing opens elsewhere.")
    sys.exit(bool(found))


if __name__ == "__main__":
    typer.run(main)
