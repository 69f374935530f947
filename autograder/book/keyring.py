"""The course's key, and whether it is still the one with which work was graded.

With another key a student gets other hidden inputs, and perhaps other points, for the same work. So a new one is made
only where nothing is graded yet, or where the person who grades wants it.
"""

import hashlib
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.book import gradebook
from autograder.book.journal import FOLDER
from autograder.errors import GradingError
from autograder.exam import secret

MARK = "key.sha256"  # in the journal's folder: which key it was; nobody can tell the key from it
WAYS = (
    "put its copy from a backup there; or `autograder grade UNIT --new-key`: what is graded from then on gets other "
    "hidden inputs, and grades that stand stay"
)


def key(beside: Path, book: Gradebook, unit: str, new: bool = False) -> bytes:
    """The key that lies beside the gradebook; made where there is none and nothing was graded.

    Args:
        new: take whatever key is there, and make one where there is none.

    Raises:
        GradingError: the key is gone, or is another one than the one that graded.
        DataBroken: the file holds something else than a key.
    """
    if not new and (lack := lacking(beside) or _gone(beside, book, unit)):
        raise GradingError(lack, expected="the key of the earlier gradings", advice=WAYS)
    found = secret.key(beside)
    mark = beside / FOLDER / MARK
    mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = mark.with_suffix(".draft")  # a full disk must not leave half a mark
    draft.write_text(_digest(found))
    draft.replace(mark)
    return found


def lacking(beside: Path) -> str:
    """What is wrong with the key by what lies beside it, or ""."""
    path, mark = beside / secret.NAME, beside / FOLDER / MARK
    if not any((beside / FOLDER).glob("*/*.json")):
        return ""
    if not path.exists():
        return f"The key {path} is gone, and work was graded with it."
    if mark.exists() and mark.read_text() not in ("", _digest(secret.key(beside))):
        return f"The key {path} is another one than the one with which work was graded."
    return ""


def _gone(beside: Path, book: Gradebook, unit: str) -> str:
    """The same by the gradebook, where the journal is gone too."""
    path = beside / secret.NAME
    if path.exists() or not gradebook.scored(book, unit):
        return ""
    return f"The key {path} is gone, and the gradebook has points of {unit} that were graded with it."


def _digest(found: bytes) -> str:
    return hashlib.sha256(b"autograder" + found).hexdigest()
