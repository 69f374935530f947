"""Text that others wrote: its encoding, the dates in it, and what of it can be shown."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime, tzinfo

BOMS = {  # the longer ones first: UTF-32's begins with UTF-16's
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
NUMBERS = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
ZONE = re.compile(r"(.*\S)\s+([A-Za-z_]+/[\w/+-]+)")
DEFAULTS = (datetime(2001, 1, 1), datetime(2004, 2, 2))  # what a date leaves out differs between these
# Escape sequences of terminals: colours and cursor (CSI), titles and links (OSC and its kin), two-character ones.
ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?")
# Control characters, and those that write text backwards over its neighbours.
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]")


def decoded(raw: bytes) -> str:
    """The text of a file: by its byte order mark, otherwise UTF-8, otherwise what Western European editors write."""
    for mark, encoding in BOMS.items():
        if raw.startswith(mark):
            return raw.decode(encoding)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def rows(raw: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table that hold something, each with the number of its (last) line, whichever spreadsheet saved it.

    Raises:
        UnicodeDecodeError, csv.Error: it is no text, or no table.
    """
    text = unicodedata.normalize("NFC", decoded(raw)).replace("\r\n", "\n").replace("\r", "\n")
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    read = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
    yield from ((read.line_num, row) for row in read if any(map(str.strip, row)))


def table(raw: bytes) -> str:
    """A table as CSV with commas and names in one spelling, whichever spreadsheet saved it."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(row for _, row in rows(raw))
    return written.getvalue()


def instant(text: str) -> datetime:
    """The moment that a time stamp means, in UTC without a time zone. Without a zone it is UTC already.

    Raises:
        ValueError: it is no whole date, or one that can be read in two ways.
    """
    from dateutil import parser, tz

    text, named = text.strip(), ZONE.fullmatch(text.strip())
    _refuse_ambiguous(text)
    zone = _zone(named[2]) if named else tz.UTC
    found = {parser.parse(named[1] if named else text, default=day, tzinfos=_offset) for day in DEFAULTS}
    if len(found) != 1:
        raise ValueError("it holds no whole date with day, month and year")
    moment = found.pop()
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return moment.astimezone(tz.UTC).replace(tzinfo=None)


def _refuse_ambiguous(text: str) -> None:
    """12.01.2030 is a day in January here and one in December there."""
    found = NUMBERS.search(text)
    if not found:
        return
    one, other = int(found[1]), int(found[3])
    if len(found[4]) == 2 or (one != other and max(one, other) <= 12):
        raise ValueError(f"{found[0]} can be read in several ways: write year-month-day, as in 2030-01-31")


def _offset(name: str | None, seconds: int | None) -> tzinfo | int | None:
    return seconds if seconds is not None or name is None else _zone(name)


def _zone(name: str) -> tzinfo:
    from dateutil import tz

    if (zone := tz.gettz(name)) is None:
        raise ValueError(f"{name} is no time zone that is known here: write UTC, +0100, or Europe/Berlin")
    return zone


def plain(text: str) -> str:
    """Text without terminal commands, control characters and reversed writing; a progress bar in its last state."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in ESCAPES.sub("", text).split("\n"))
    text = UNSEEN.sub("", "\n".join(lines))
    return text.encode(errors="replace").decode()  # lone surrogates cannot be written to a file
