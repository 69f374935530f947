"""Under which names a unit's work came from Moodle or Canvas, for the way back: `.grading/UNIT.senders.json`.

It lies beside the gradebook. If it is lost, collecting the same archives again writes it anew, and places nothing.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.book import privacy
from autograder.book.journal import FOLDER
from course_lib.errors import DataBroken

ENDING = ".senders.json"


@dataclass(frozen=True)
class Sender:
    """How a platform knows a student's work.

    Attributes:
        front: what stands before the file's name in an archive.
        number: the participant's (Moodle) or the user's (Canvas).
        identifier: the first cell of the student's line in Moodle's grading worksheet, where that was given.
    """

    front: str
    number: str
    identifier: str = ""


def path_of(unit: str, beside: Path) -> Path:
    """Where a unit's names are kept; `beside` is the gradebook's folder."""
    return beside / FOLDER / f"{unit}{ENDING}"


def recall(unit: str, beside: Path, platform: str) -> dict[str, Sender]:
    """The senders of one platform by student; empty where nothing was collected.

    Raises:
        DataBroken: the file cannot be read.
    """
    return {student: Sender(**kept) for student, kept in _all(unit, beside).get(platform, {}).items()}


def remember(unit: str, beside: Path, platform: str, senders: Mapping[str, Sender]) -> list[str]:
    """Add senders to those that are known; a worksheet's identifier that is known stays.

    A number is one student's only: who had it before is no sender any more.

    Returns:
        The students who had another number before, and those whose number is another's now.

    Raises:
        DataBroken: the file cannot be read.
    """
    kept, before = _all(unit, beside), recall(unit, beside, platform)
    numbers = {sender.number for sender in senders.values()}
    lost = {student for student, old in before.items() if old.number in numbers and student not in senders}
    changed = {
        student for student in before.keys() & senders.keys() if before[student].number != senders[student].number
    }
    for student in lost:
        del kept[platform][student]
    for student, sender in senders.items():
        old = before.get(student)
        same = old is not None and old.number == sender.number
        identifier = sender.identifier or (old.identifier if same else "")
        kept.setdefault(platform, {})[student] = {**asdict(sender), "identifier": identifier}
    path = path_of(unit, beside)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.chmod(0o700)
    draft = path.with_suffix(".part")
    privacy.write(draft, json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True))
    os.replace(draft, path)
    return sorted(lost | changed)


def _all(unit: str, beside: Path) -> dict[str, dict]:
    path = path_of(unit, beside)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        advice = "remove it and collect the same archives again: nothing will be placed twice"
        raise DataBroken(f"{path} cannot be read.", got=str(error), advice=advice) from error
