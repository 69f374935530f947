"""Students' names, which are names of folders, of rows in the gradebook and of files: one spelling for each.

A Mac writes Zoë as a letter and a mark, other systems as one letter; both are the same student.
"""

import os
import re
import unicodedata

SIGNS = "_.@+-"  # beside letters, marks and digits; formgrader puts names unescaped into its pages
INSIDE = SIGNS + " ’·‐‑"  # apostrophe (the typographer's), l·l, hyphens
JOINERS = re.compile("(?<=[^\x00-\u02ff])[\u200c\u200d](?=[^\x00-\u02ff])")  # between letters of other scripts
MISNAMED = "Not graded: a student's folder is named with letters, digits, spaces and .@+-_ only. Rename it."
MOODLE = re.compile(
    r"(?P<name>[^_/]+)_(?P<number>\d+)_assignsubmission_(?P<plugin>[a-z]+)_?"
)  # a folder of its archive
PLATFORMS = (
    "Not graded: this is a folder of Moodle's, and no student: `autograder collect UNIT ARCHIVE` takes its zip file."
)
TWICE = "Not graded: several folders have this name, spelled with other characters. Keep one of them."


def spelled(name: str) -> str:
    """The one spelling (Unicode's NFC) by which a student is known everywhere."""
    return unicodedata.normalize("NFC", name)


def usable(name: str) -> bool:
    """Whether somebody can be graded by this name: letters and marks of any script, digits, and a few signs.

    Dots alone are no name: `..` is a folder elsewhere.
    """
    name = JOINERS.sub("", spelled(name))
    return (
        bool(name.strip(".")) and _of(name[0], "LN", SIGNS) and all(_of(character, "LMN", INSIDE) for character in name)
    )


def _of(character: str, kinds: str, signs: str) -> bool:
    return unicodedata.category(character)[0] in kinds or character in signs


def shown(name: str) -> str:
    """A folder's name as it can be printed, also where it is not UTF-8."""
    return os.fsencode(name).decode(errors="backslashreplace")
