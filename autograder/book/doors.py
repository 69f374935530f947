"""What nbgrader's own commands copy, collect and import, mended where something would be lost on the way.

Sources and weights stay out of what students are given and out of autograded/, but what a student hands in arrives.
"""

import functools
import io
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from nbgrader.apps import dbapp
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import Exchange, ExchangeCollect, ExchangeReleaseAssignment, ExchangeReleaseFeedback
from nbgrader.plugins import FileNameCollectorPlugin
from nbgrader.utils import parse_utc
from traitlets import List

from autograder.book import exchange
from autograder.errors import BrokenSubmission
from autograder.intake import names, opening, texts
from autograder.intake.handed_in import MAX_STAMP, STAMP

OURS = ("*.py", "*.safetensors")


def install() -> None:
    """Mend nbgrader's commands, once."""
    for owner, method, mended in (
        (BaseConverter, "init_assignment", _without_ours),
        (Autograde, "init_assignment", _without_ours),
        (ExchangeReleaseAssignment, "copy_files", _given_out),
        (ExchangeReleaseFeedback, "copy_files", exchange.to_owners),
        (ExchangeCollect, "copy_files", exchange.in_full),
        (Exchange, "do_copy", exchange.whole),
    ):
        plain = getattr(owner, method)
        if not hasattr(plain, "__wrapped__"):
            setattr(owner, method, mended(plain))
    dbapp.open = _opened_table
    CourseDirectory.get_existing_timestamp = existing_stamp


def _given_out(copying: Callable) -> Callable:
    """nbgrader's release of an exercise: as it was built, without sources and weights."""
    return exchange.as_built(_without_ours(copying), OURS)


def _without_ours(copying: Callable) -> Callable:
    """One of nbgrader's methods that copy folders, which then leaves out sources and weights."""

    @functools.wraps(copying)
    def run(self, *arguments):
        with leaving_out(self.coursedir):
            return copying(self, *arguments)

    return run


@contextmanager
def leaving_out(directory: CourseDirectory) -> Iterator[None]:
    """Within this block nbgrader ignores sources and weights too."""
    before = directory.ignore
    directory.ignore = [*before, *(pattern for pattern in OURS if pattern not in before)]
    try:
        yield
    finally:
        directory.ignore = before


def _opened_table(path: str, mode: str = "r") -> io.StringIO:
    """A list of students or units, as `nbgrader db student import` opens it, in any spreadsheet's encoding."""
    return io.StringIO(texts.table(Path(path).read_bytes()))


def existing_stamp(self: CourseDirectory, folder: str) -> datetime | None:
    """The time stamp in a folder. nbgrader's own reading follows links, waits for pipes, and ends at an odd date."""
    path = Path(folder, STAMP).absolute()
    try:
        text = texts.decoded(opening.content(path, opening.above(path.parent), MAX_STAMP)).strip()
        return parse_utc(text) if text else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, OverflowError, BrokenSubmission) as error:
        self.log.warning("%s is not read: %s", path, error)
        return None


class Collector(FileNameCollectorPlugin):
    """`nbgrader zip_collect` with weights beside notebooks, and names of all scripts."""

    valid_ext = List([".ipynb", ".safetensors"], help="The endings of the files that are collected.").tag(config=True)

    def collect(self, submitted_file: str) -> dict | None:
        """Who handed in a file, and as what; None where it is no work."""
        if Path(submitted_file).suffix.lower() not in self.valid_ext:
            return None
        return self._match(submitted_file)

    def _match(self, filename: str) -> dict | None:
        """What `named_regexp` finds; in it, `\\w` is a letter of any script with its marks."""
        pattern, self.named_regexp = self.named_regexp, with_marks(self.named_regexp)
        try:
            return super()._match(names.spelled(filename))
        finally:
            self.named_regexp = pattern


def with_marks(pattern: str) -> str:
    r"""The regular expression with combining marks among what `\w` stands for; Python's stands for letters alone."""
    parts, inside = [], False
    for part in re.findall(r"\\.|.", pattern, re.DOTALL):
        inside = part == "[" or (inside and part != "]")
        parts.append(part if part != r"\w" else rf"\w{marks()}" if inside else rf"[\w{marks()}]")
    return "".join(parts)


@functools.cache
def marks() -> str:
    """All combining marks, as ranges of a regular expression's character class."""
    codes = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code))[0] == "M"]
    first = [code for code, before in zip(codes, [-9, *codes], strict=False) if code != before + 1]
    last = [code for code, behind in zip(codes, [*codes[1:], -9], strict=True) if behind != code + 1]
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in zip(first, last, strict=True))
