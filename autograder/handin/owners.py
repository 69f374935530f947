"""Whose each hand-in is: by number where one is known, by name only where exactly one student has it."""

from collections import Counter
from collections.abc import Iterable, Mapping

from autograder.handin.layouts import CANVAS, MOODLE, Owner
from autograder.handin.students import Roster, Student, letters
from autograder.handin.worksheet import Participant

OTHER = "the worksheet calls number {} by another name ({}): is it this assignment's, and as new as the archive?"
UNKNOWN = "no student has this name: enter them with `autograder students FILE`"
TELL = {
    MOODLE: "Moodle's grading worksheet tells them apart: --worksheet FILE",
    CANVAS: "Canvas' grade book tells them apart by number: `autograder students FILE`",
}


def owners(found: Iterable[Owner], roster: Roster, worksheet: Mapping[str, Participant]) -> dict[Owner, Student | str]:
    """The student of each, or in words why there is none. Two never get the same student.

    Args:
        worksheet: Moodle's participants by number.
    """
    found = list(dict.fromkeys(found))
    same = Counter((owner.platform, letters(owner.name)) for owner in found)
    chosen = {owner: _owner(owner, roster, worksheet, same[owner.platform, letters(owner.name)]) for owner in found}
    taken = Counter((owner.platform, each) for owner, each in chosen.items() if isinstance(each, Student))
    for owner, each in chosen.items():
        if taken[owner.platform, each] > 1:
            chosen[owner] = f"{each.id} is meant by {taken[owner.platform, each]} participants; {TELL[owner.platform]}"
    return chosen


def _owner(owner: Owner, roster: Roster, worksheet: Mapping[str, Participant], same: int) -> Student | str:
    """One hand-in's student; `same` says how many participants have this name.

    A group at Moodle has a number of its own, which may be that of a participant: the names tell.
    """
    line = worksheet.get(owner.number) if owner.platform == MOODLE else None
    if line and line.name and letters(line.name) != letters(owner.name):
        return OTHER.format(owner.number, line.name)
    sure = _numbered(owner, roster, worksheet)
    if len(sure) == 1:
        return sure[0]
    able = [student for student in roster.named(owner.name) if _free(student, owner)]
    if len(able) == 1 and same == 1 and not sure:
        return able[0]
    if not able and not sure:
        return UNKNOWN
    ids = ", ".join(student.id for student in sure or able)
    many = f"{same} participants have this name" if len(able) == 1 else f"{len(sure or able)} students have this name"
    return f"{many} ({ids}); {TELL[owner.platform]}"


def _numbered(owner: Owner, roster: Roster, worksheet: Mapping[str, Participant]) -> list[Student]:
    """Who is known by the number: at Canvas a user's, at Moodle by the worksheet's line."""
    if owner.platform == CANVAS:
        return roster.numbered(owner.number)
    return roster.known_as(*worksheet[owner.number].known_by) if owner.number in worksheet else []


def _free(student: Student, owner: Owner) -> bool:
    """Whether a student may be meant: at Canvas, who has another number is somebody else."""
    return owner.platform != CANVAS or not student.lms_user_id.isdigit()
