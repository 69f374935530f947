"""Which unit is meant by what somebody types."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

from course_lib.errors import DataMissing

ENDINGS = re.compile(r"\.(ipynb|py|safetensors)$")


def named(given: str, units: Iterable[str]) -> str:
    """The unit that is meant: its name, with or without the number, its number, or a path to its folder or notebook.

    `02_rcnn`, `./02_rcnn/`, `exercises/02_rcnn/02_rcnn.ipynb`, `02-RCNN`, `rcnn` and `2` are the same unit.

    Args:
        units: the names of all units there are, such as `02_rcnn`.

    Raises:
        DataMissing: there is no such unit; the message names those that there are.
    """
    units = sorted(units)
    parts = [part for part in re.split(r"[/\\]", unicodedata.normalize("NFC", given).strip()) if part.strip(" .")]
    wanted = re.sub(r"[\s-]+", "_", ENDINGS.sub("", parts[-1].strip().casefold())) if parts else ""
    for unit in units:
        number, _, name = unit.partition("_")
        if wanted in (unit.casefold(), name.casefold()) or (wanted.isdecimal() and int(wanted) == int(number)):
            return unit
    like = difflib.get_close_matches(wanted, units, n=1, cutoff=0.6)
    raise DataMissing(
        f"There is no unit {given!r}.",
        expected=f"one of {', '.join(units)}" if units else "a unit, but this course has none",
        got=repr(given),
        advice=f"{like[0]}" if like else "",
    )
