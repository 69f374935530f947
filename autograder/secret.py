"""The key from which hidden inputs are drawn: beside the gradebook, readable by its owner only, never released."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from nbformat import NotebookNode

from autograder import intake

NAME = "autograder.key"


def key(folder: Path) -> bytes:
    """The course's key; made on first use."""
    path = folder / NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text().strip())
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    return bytes.fromhex(path.read_text().strip())


def seed(secret: bytes, unit: str, check: str, student: str) -> int:
    """The seed of one student's hidden inputs: the same at every regrading, unknown to whoever lacks the key."""
    digest = hmac.new(secret, "\0".join((unit, check, student)).encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big")


def seeds_of(unit: str, student: str, notebook: NotebookNode, key: bytes) -> dict[str, int]:
    """The seed of each check that a notebook has. Who examines needs these and never sees the key."""
    ids = [intake.grade_id(cell) for cell in notebook.cells if cell.cell_type == "code"]
    names = [name.removeprefix("check_") for name in ids if name.startswith("check_")]
    return {name: seed(key, unit, name, student) for name in names}
