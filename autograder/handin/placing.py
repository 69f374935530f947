"""What of a student's files goes into `submitted/STUDENT/UNIT/`, and under which name. Nothing is ever overwritten."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import BrokenSubmission
from autograder.intake import choice, exported, opening, weights
from autograder.intake.archives import ENDING as ZIP
from autograder.intake.archives import MAX_ARCHIVE
from autograder.intake.files import MAX_NOTEBOOK, Entry, hidden
from autograder.intake.handed_in import STAMP
from autograder.intake.weights import MAX_WEIGHTS
from course_lib.errors import CourseError
from course_lib.units import UNITS

MOST, MOST_BYTES = 40, 400 * 2**20  # files of one student, and all of them together
ALONE = ("ipynb", "safetensors")  # one of these gets the unit's name
ODD = re.compile(r"[^\w .()+@-]")
LONGEST = 100  # characters of a file's name


class Occupied(CourseError):
    """Something else lies where a file should go."""


@dataclass
class Plan:
    """What is to be placed.

    Attributes:
        files: content by the name that it gets.
        left: what is not placed, and why.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)


def plan(files: Sequence[tuple[str, Entry]], unit: str) -> Plan:
    """Choose among a student's files, by (name, entry), and read them.

    One notebook gets the unit's name, and so does one file of weights. Of several, grading chooses by what is in them,
    as it does for what lies in a zip archive; each keeps its name.
    """
    found = Plan()
    contents = list(dict.fromkeys(_read(_chosen(files, found.left), found.left)))
    ends = [name.lower().rpartition(".")[2] for name, _ in contents]
    for name, content in contents:
        found.files[_target(name, unit, ends, found.files)] = content
    return found


def _read(chosen: Sequence[tuple[str, Entry]], left: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """The contents by name, within limits; what cannot be read is left out, and said."""
    room, count = MOST_BYTES, 0
    for name, entry in chosen:
        try:
            if count >= MOST or entry.size > room:
                raise BrokenSubmission(f"more than {MOST} files or {MOST_BYTES // 2**20} MB of one student")
            content = entry.read(_most(name))
            room, count = room - len(content), count + 1
            yield name, content
        except (BrokenSubmission, OSError) as error:
            left[name[-LONGEST:]] = " ".join(str(error).split())


def _chosen(files: Sequence[tuple[str, Entry]], left: dict[str, str]) -> list[tuple[str, Entry]]:
    """Notebooks, weights and archives; Python files where there is no notebook."""
    seen = [(name, entry) for name, entry in files if not any(hidden(part) for part in name.split("/"))]
    work = [each for each in seen if each[0].lower().endswith((*choice.ENDINGS, weights.ENDING, ZIP))]
    if not any(name.lower().endswith((*choice.ENDINGS, ZIP)) for name, _ in work):
        work += [each for each in seen if exported.is_script(Path(each[0]))]
    left |= {name[-LONGEST:]: "no notebook and no weights" for name, entry in seen if (name, entry) not in work}
    return work


def _most(name: str) -> int:
    name = name.lower()
    return MAX_WEIGHTS if name.endswith(weights.ENDING) else MAX_ARCHIVE if name.endswith(ZIP) else MAX_NOTEBOOK


def _target(name: str, unit: str, ends: Sequence[str], taken: Iterable[str]) -> str:
    """The name that a file gets; one that differs from another's in case only gets a number."""
    base = name.rpartition("/")[2]
    stem, dot, ending = ODD.sub("_", base).rpartition(".")
    if ending.lower() in ALONE and ends.count(ending.lower()) == 1 and not _of_another(base, unit):
        return f"{unit}.{ending.lower()}"
    stem, number, lower = stem[-LONGEST:].strip() or "work", 1, {each.casefold() for each in taken}
    while (target := f"{stem}{f'-{number}' * (number > 1)}{dot}{ending}").casefold() in lower:
        number += 1
    return target


def _of_another(name: str, unit: str) -> bool:
    """Whether a file has the name of another unit: then it keeps that."""
    return any(name.casefold().startswith(other.id) for other in UNITS if other.id != unit)


def place(files: dict[str, bytes], folder: Path) -> list[str]:
    """Write the files that are not there yet. Returns their names: none where all lie there with the same content.

    Raises:
        Occupied: other work lies there, and nothing was written.
        OSError: a file cannot be written.
    """
    for place_ in (folder.parent, folder):
        if place_.is_symlink() or (place_.exists() and not place_.is_dir()):
            raise Occupied(f"{place_} is no ordinary folder.")
    there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    for name in sorted(there & files.keys()):
        if not same(folder / name, files[name]):
            raise Occupied(f"{folder / name} is there already, with other content.")
    work = (*choice.ENDINGS, ZIP, ".py")
    others = sorted(name for name in there - files.keys() if name.lower().endswith(work))
    if others and not files.keys() <= there:
        raise Occupied(f"{folder / others[0]} is there already, and is other work.")
    missing = [name for name in files if name not in there]
    folder.mkdir(parents=True, exist_ok=True)
    for name in missing:
        write(folder / name, files[name])
    return missing


def write(path: Path, content: bytes) -> None:
    """A new file, whole or not at all.

    Raises:
        OSError: it is there already, or cannot be written.
    """
    draft = path.with_name(f".{path.name[:LONGEST]}.part")
    draft.unlink(missing_ok=True)
    try:
        with open(draft, "xb") as file:
            file.write(content)
        if path.is_symlink() or path.exists():
            raise FileExistsError(f"{path} is there already.")
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


def same(path: Path, content: bytes) -> bool:
    """Whether a file in a student's folder holds exactly this."""
    try:
        return opening.content(path, opening.above(path.parent), len(content)) == content
    except (BrokenSubmission, OSError):
        return False


def stamp(folder: Path, text: str) -> str:
    """Write when the work was handed in; what is there stays. Returns what is odd, or ""."""
    path = folder / STAMP
    if not (path.exists() or path.is_symlink()):
        write(path, text.encode())
        return ""
    return "" if same(path, text.encode()) else f"{path} says another time than {text}, and was left"
