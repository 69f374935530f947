"""Archives of a class are laid into `submitted/`, one student after the other, and what happened is told."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from autograder.book.lateness import duration, moment
from autograder.errors import BrokenSubmission
from autograder.handin import layouts, packed, placing
from autograder.handin.layouts import CANVAS, MOODLE, Name, Owner
from autograder.handin.memory import Sender
from autograder.handin.owners import owners
from autograder.handin.students import Roster, Student
from autograder.handin.worksheet import Participant
from autograder.intake.files import Entry, hidden
from autograder.intake.handed_in import STAMP

STRANGE = "it has no name of Moodle's or Canvas' for the work of one student"
ANONYMOUS = "it was downloaded with names hidden: download it again when the names are shown"
DOUBLE = "its name can be read as that of {} and of {}: number {} or {}"
OTHERWISE = "of a group only who handed in gets the work; whose name is new stands so in Canvas' grade book"
TYPED = "typed into the page, no file"


@dataclass
class Collected:
    """What became of some archives.

    Attributes:
        placed: the files that are new, by student.
        there: the students of whom nothing is new.
        not_placed: work that has no place, by what it is called, and why.
        left: files that are no work, by what they are called, and why.
        late: how late somebody is, in words; Canvas marks it without a time.
        untimed: the students of whom it is not known when they handed in.
        odd: lines on what somebody should look at.
        senders: how each platform knows each student.
    """

    placed: dict[str, list[str]] = field(default_factory=dict)
    there: list[str] = field(default_factory=list)
    not_placed: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)
    untimed: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    senders: dict[str, dict[str, Sender]] = field(default_factory=lambda: defaultdict(dict))


def collect(
    unit: str,
    archives: Sequence[Path],
    submitted: Path,
    roster: Roster,
    worksheet: Mapping[str, Participant],
    due: datetime | None = None,
) -> Collected:
    """Lay the work of a class into its folders.

    Args:
        submitted: the folder of the students' folders.
        worksheet: Moodle's participants by number; empty where there is no worksheet.
        due: when the unit is due, in UTC.
    """
    told = Collected()
    with ExitStack() as open_archives:
        found: dict[Owner, list[tuple[Name, Entry]]] = defaultdict(list)
        for archive in archives:
            for entry in _entries(archive, open_archives, told):
                if name := _name(entry, roster, told):
                    found[name.owner].append((name, entry))
        for owner, student in owners(found, roster, worksheet).items():
            if isinstance(student, str):
                told.not_placed[_shown(owner)] = student
                continue
            line = worksheet.get(owner.number) if owner.platform == MOODLE else None
            if worksheet and owner.platform == MOODLE and not line:
                told.odd.append(f"{_shown(owner)} is not in the worksheet: is it this assignment's?")
            if owner.platform == CANVAS and student.name and student not in roster.named(owner.name):
                told.odd.append(f"{student.id} came as {owner.name}: {OTHERWISE}")
            _place(student, found[owner], line, submitted, unit, told)
            _time(student, found[owner], line, submitted / student.id / unit, due, told)
    return told


def _entries(archive: Path, open_archives: ExitStack, told: Collected) -> list[Entry]:
    """What lies in an archive, which stays open; none where it is no archive."""
    refused: dict[str, str] = {}
    try:
        entries = open_archives.enter_context(packed.opened(archive, refused))
    except (BrokenSubmission, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else " ".join(str(error).split())
        told.not_placed[str(archive)] = reason or type(error).__name__
        return []
    told.not_placed |= refused
    return entries


def _name(entry: Entry, roster: Roster, told: Collected) -> Name | None:
    """What the entry's name says; None, and a line, where it is no student's file."""
    path = str(entry.path)
    if hidden(entry.name) or hidden(entry.path.parts[0]):  # what macOS adds when it packs a folder again
        return None
    name = layouts.named(path)
    if name is None:
        told.not_placed[path] = ANONYMOUS if entry.name.startswith(layouts.ANONYMOUS) else STRANGE
    elif name.typed:
        told.left[path] = TYPED
        return None
    elif others := [(each.id, number) for number in name.others for each in roster.numbered(number)]:
        first = [each.id for each in roster.numbered(name.owner.number)] or [name.owner.name]
        told.not_placed[path] = DOUBLE.format(first[0], others[0][0], name.owner.number, others[0][1])
        return None
    return name


def _shown(owner: Owner) -> str:
    return f"{owner.name} (number {owner.number})"


def _place(
    student: Student,
    files: Sequence[tuple[Name, Entry]],
    line: Participant | None,
    submitted: Path,
    unit: str,
    told: Collected,
) -> None:
    """Place one student's files."""
    plan = placing.plan([(name.file, entry) for name, entry in files], unit)
    told.left |= {f"{student.id}: {name}": why for name, why in plan.left.items()}
    owner = files[0][0].owner
    if not plan.files:
        told.not_placed[f"{student.id}, {_shown(owner)}"] = "there is nothing that can be graded"
        return
    try:
        new = placing.place(plan.files, submitted / student.id / unit)
    except (placing.Occupied, OSError) as error:
        reason = (
            f"{' '.join(str(error).split())} It came as {_front(files)}… and was not placed: move one of them away."
        )
        told.not_placed[f"{student.id}, {_shown(owner)}"] = reason
        return
    sender = Sender(_front(files), owner.number, line.identifier if line else "")
    told.senders[owner.platform][student.id] = sender  # only now: who was refused gets nobody's page
    if new:
        told.placed.setdefault(student.id, []).extend(new)
    else:
        told.there.append(student.id)


def _front(files: Sequence[tuple[Name, Entry]]) -> str:
    """What stands before the notebook's name, or before that of the first file."""
    fronts = [name.front for name, _ in files if name.file.lower().endswith(".ipynb")]
    return (fronts or [files[0][0].front])[0]


def _time(
    student: Student,
    files: Sequence[tuple[Name, Entry]],
    line: Participant | None,
    folder: Path,
    due: datetime | None,
    told: Collected,
) -> None:
    """Write when the work was handed in, where somebody says so; an archive never does."""
    if student.id not in (*told.placed, *told.there):
        return
    if line and line.moment:
        if odd := placing.stamp(folder, moment(line.moment).replace(" UTC", f":{line.moment:%S} UTC")):
            told.odd.append(odd)
        if due and line.moment > due:
            told.late[student.id] = duration((line.moment - due).total_seconds())
    elif (folder / STAMP).exists():  # somebody wrote it, or an earlier call with a worksheet did
        if student.id in told.placed:
            told.odd.append(f"{folder / STAMP} was there before this work; nothing says whether it is of it")
    elif any(name.late for name, _ in files):
        told.late[student.id] = "Canvas does not say by how much"
        told.odd.append(f"{folder / STAMP}: write when {student.id} handed in; without it the work counts as in time")
    else:
        told.untimed.append(student.id)
