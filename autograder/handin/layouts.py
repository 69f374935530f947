"""How Moodle and Canvas name what they put into an archive of all submissions.

Moodle (mod/assign/classes/downloader.php in moodle/moodle): a folder `Full name_NUMBER_assignsubmission_file` for each
participant, before 4.1 with `_` at its end; without "Download submissions in folders" the files themselves, named
`Full name_NUMBER_assignsubmission_file_FILE`. Names hold no `_`. The number is a participant's in this assignment only.
Feedback comes back under the same names: is_valid_filename_for_import in mod/assign/feedback/file/importziplib.php.

Canvas (app/models/content_zipper.rb in instructure/canvas-lms): `lastfirst_NUMBER_ATTACHMENT_FILE`, with `LATE_` before
the number; the name without signs, in small letters; `-1` at the end of FILE where the name was taken. The number is a
user's. Feedback comes back under names with these two numbers: infer_comment_context_from_filename in
app/models/assignment.rb, which gives it the name of the file that was handed in.

Neither archive says when something was handed in: both date what is in it by the moment of the download. (Moodle calls
ZipStream without a time, files/classes/local/archive_writer/zip_writer.php; Canvas: instructure/canvas-lms#2219.)
"""

import re
from dataclasses import dataclass

from autograder.intake.names import MOODLE as MOODLE_FOLDER

MOODLE, CANVAS = "moodle", "canvas"
OURS = "_assignsubmission_"  # of each of Moodle's names, and before anything that a student chose
FLAT = re.compile(
    r"(?P<name>[^_/]+)_(?P<number>\d+)_assignsubmission_(?P<plugin>[a-z]+)_(?P<file>(?!(late_)?\d+_\d+_).+)",
    re.IGNORECASE,
)
UPLOAD = re.compile(r"(?P<name>.+?)(?P<late>_late)?_(?P<number>\d+)_(?P<attachment>\d+)_(?P<file>.+)", re.IGNORECASE)
ENTRY = re.compile(r"(?P<name>.+?)(?P<late>_late)?_(?P<number>\d+)_(?P<file>(text|link)\.html)", re.IGNORECASE)
ANONYMOUS = "anon_"  # Canvas, where names are hidden
TYPED = re.compile(r"(text|link)\.html", re.IGNORECASE)
PAIR = re.compile(r"(?<=_)(\d+)(?=_\d+_)")


@dataclass(frozen=True)
class Owner:
    """Who handed something in, as the platform says it.

    Attributes:
        number: a participant's of one assignment (Moodle), or a user's (Canvas).
    """

    platform: str
    name: str
    number: str


@dataclass(frozen=True)
class Name:
    """What an entry's name in the archive says.

    Attributes:
        file: the name of the student's own file, with the folders it lies in.
        front: what stands before it; feedback comes back under it.
        typed: whether it was typed into the platform's page and is no file of the student's.
        late: whether Canvas says so.
        others: whose number it may be as well: names at Canvas and of files may hold numbers too.
    """

    owner: Owner
    file: str
    front: str
    typed: bool = False
    late: bool = False
    others: tuple[str, ...] = ()


def named(path: str) -> Name | None:
    """What a path in an archive says, also in folders around all of it; None where it has no platform's part.

    The first part that looks like Moodle's decides: what follows it may be a student's imitation.
    """
    parts = path.split("/")
    for at, part in enumerate(parts):
        if OURS in part:
            return _moodle(part, "/".join(parts[at + 1 :]))
    if parts[-1].startswith(ANONYMOUS):  # a word, the number of the file, and its name, which may begin with a number
        return None
    if found := UPLOAD.fullmatch(parts[-1]) or ENTRY.fullmatch(parts[-1]):
        owner = Owner(CANVAS, found["name"], found["number"])
        front = parts[-1][: found.start("file")]
        others = tuple(number for number in PAIR.findall(parts[-1]) if number != owner.number)
        return Name(owner, found["file"], front, bool(TYPED.fullmatch(found["file"])), bool(found["late"]), others)
    return None


def _moodle(part: str, inside: str) -> Name | None:
    """What Moodle's part says: of a folder with something inside, or of a file."""
    if inside:
        found = MOODLE_FOLDER.fullmatch(part)
        return _of_moodle(found, inside, f"{part}/") if found else None
    found = FLAT.fullmatch(part)
    return _of_moodle(found, found["file"], part[: found.start("file")]) if found else None


def _of_moodle(found: re.Match, file: str, front: str) -> Name:
    return Name(Owner(MOODLE, found["name"], found["number"]), file, front, found["plugin"] != "file")
