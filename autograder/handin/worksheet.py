"""Moodle's grading worksheet of one assignment: whose each participant's number is, and when something was handed in.

*View all submissions → Download grading worksheet*, where "Offline grading worksheet" is among the feedback types. Its
headings (mod/assign/gradingtable.php, lang/en/assign.php in moodle/moodle) come in the language of whoever downloads.
"""

import csv
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autograder.intake import texts
from course_lib.errors import DataBroken, DataMissing

IDENTIFIER, HANDED_IN = "Identifier", "Last modified (submission)"
KNOWN_BY = ("Username", "ID number", "Email address")
NUMBER = re.compile(r"(\d+)\s*$")
NEVER = ("", "-")


@dataclass(frozen=True)
class Participant:
    """A line of the worksheet.

    Attributes:
        identifier: what stands in the first column, "Participant 4711".
        known_by: username, ID number, email address, as far as they are there.
        moment: when the work was handed in, in UTC; None where it was not, or nothing is said.
    """

    identifier: str
    name: str
    known_by: tuple[str, ...]
    moment: datetime | None = None


def read(path: Path, zone: str = "") -> dict[str, Participant]:
    """The participants by number.

    Args:
        zone: in which Moodle shows its times to whoever downloads, "Europe/Berlin".

    Raises:
        DataMissing: there is no such file, or no zone where there are times.
        DataBroken: it is no worksheet, or a time cannot be read.
    """
    try:
        rows = [*texts.rows(path.read_bytes())]
    except OSError as error:
        raise DataMissing(f"{path} cannot be read.", got=error.strerror or str(error)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataBroken(f"{path} is no table.", expected="Moodle's grading worksheet", got=str(error)) from error
    head = [cell.strip() for cell in rows[0][1]] if rows else []
    if IDENTIFIER not in head:
        advice = "download it from an English page of Moodle"
        expected = f"{IDENTIFIER}, Full name, …, {HANDED_IN}"
        raise DataBroken(f"{path} is no grading worksheet.", expected=expected, got=", ".join(head), advice=advice)
    found = {}
    for line, row in rows[1:]:
        cells = dict(zip(head, (texts.plain(cell).strip() for cell in row), strict=False))
        if number := NUMBER.search(cells.get(IDENTIFIER, "")):
            moment = _moment(cells.get(HANDED_IN, ""), zone, f"{path}, line {line}")
            known_by = tuple(cells[name] for name in KNOWN_BY if cells.get(name))
            found[number[1]] = Participant(cells[IDENTIFIER], cells.get("Full name", ""), known_by, moment)
    return found


def _moment(text: str, zone: str, where: str) -> datetime | None:
    if text in NEVER:
        return None
    if not zone:
        advice = "--zone Europe/Berlin, or whichever Moodle shows you its times in"
        raise DataMissing("The worksheet gives times without their zone.", got=text, advice=advice)
    try:
        return texts.instant(f"{text} {zone}").replace(microsecond=0)
    except (ValueError, OverflowError) as error:
        raise DataBroken(f"{where}: this is no time that we can read.", got=f"{text} ({error})") from error
