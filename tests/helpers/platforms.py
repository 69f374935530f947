"""Archives as Moodle and Canvas give them to an instructor, made of names and contents."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

DOWNLOADED = (2026, 1, 20, 9, 0, 0)  # the date of every entry: neither platform says when something was handed in


def zipped(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """An archive of some files by name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, DOWNLOADED)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def moodle(name: str, number: int, file: str, style: str = "folder") -> str:
    """An entry's name: in a folder, in one of Moodle before 4.1 ("old"), or in none ("flat")."""
    front = f"{name.replace('_', ' ')}_{number}_assignsubmission_file"
    return f"{front}/{file}" if style == "folder" else f"{front}_/{file}" if style == "old" else f"{front}_{file}"


def canvas(last: str, first: str, number: int, attachment: int, file: str, late: bool = False) -> str:
    """An entry's name: the name without signs in small letters, LATE, the user's number, the file's number."""
    name = "".join(sign for sign in f"{last}{first}" if sign.isalnum()).lower()
    return f"{name}{'_LATE' * late}_{number}_{attachment}_{file}"


def worksheet(path: Path, lines: Mapping[int, tuple[str, str, str]], encoding: str = "utf-8") -> Path:
    """Moodle's grading worksheet: (full name, email address, when it was handed in) by participant."""
    head = '"Identifier","Full name","Email address","Status","Grade","Maximum grade","Grade can be changed",'
    text = head + '"Last modified (submission)","Last modified (grade)","Feedback comments"\r\n'
    for number, (name, email, moment) in lines.items():
        cells = (f"Participant {number}", name, email, "Submitted for grading", "", "7.00", "Yes", moment, "-", "")
        text += ",".join(f'"{cell}"' for cell in cells) + "\r\n"
    path.write_bytes(text.encode(encoding))
    return path
