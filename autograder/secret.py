"""The key from which hidden inputs are drawn: beside the gradebook, readable by its owner only, never released."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from nbformat import NotebookNode

from autograder import intake
from course_lib.errors import DataBroken

NAME = "autograder.key"
SIZE = 32  # bytes


def key(folder: Path) -> bytes:
    """The course's key; made on first use.

    Raises:
        DataBroken: the file holds something else, as after a full disk.
    """
    path = folder / NAME
    if not path.exists():
        _make(path)
    text = path.read_text().strip()
    if len(text) != 2 * SIZE or set(text) - set("0123456789abcdef"):
        raise DataBroken(
            f"The key {path} cannot be read.",
            expected=f"{2 * SIZE} hexadecimal digits",
            got=f"{len(text)} characters",
            advice="restore it from a backup; without it the hidden inputs of earlier gradings cannot be drawn again",
        )
    return bytes.fromhex(text)


def _make(path: Path) -> None:
    """Write a whole key under another name, then link it: nobody ever reads half a key, and the first one stays."""
    draft = path.with_name(f".{NAME}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(SIZE))
        os.link(draft, path)
    except FileExistsError:
        return  # another process was first
    finally:
        draft.unlink(missing_ok=True)


def seed(secret: bytes, *names: str) -> int:
    """The seed of hidden inputs, by unit, check, student and work: the same each time, unknown without the key."""
    digest = hmac.new(secret, "\0".join(names).encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big")


def seeds_of(unit: str, student: str, notebook: NotebookNode, weights: bytes | None, key: bytes) -> dict[str, int]:
    """The seed of each check that a notebook has. Who examines needs these and never sees the key.

    Regrading the same work draws the same inputs. Changed work gets others: what a student's code has smuggled out of
    one grading into its own feedback is of no use in the next.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    work = hashlib.sha256("\0".join(cell.source for cell in code).encode() + b"\0" + (weights or b"")).hexdigest()
    names = [name for cell in code if (name := intake.grade_id(cell)).startswith("check_")]
    return {name.removeprefix("check_"): seed(key, unit, name.removeprefix("check_"), student, work) for name in names}
