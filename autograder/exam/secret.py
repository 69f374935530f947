"""The key from which hidden inputs are drawn: beside the gradebook, readable by its owner only, never released."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from nbformat import NotebookNode

from autograder.release.roles import checked
from course_lib.errors import DataBroken

NAME = "autograder.key"
SIZE = 32  # bytes
NOTHING = b"\xff" * 8  # stands for no part; no part is that long
SAMPLED = "experiment"  # the check that is judged by a metric over a sample


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


def framed(*parts: str | bytes | None) -> bytes:
    """The parts in a row, each behind its length: other parts never give the same bytes, whatever stands in them.

    None is no part at all, and differs from an empty one.
    """
    contents = [part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part for part in parts]
    return b"".join(NOTHING if part is None else len(part).to_bytes(8, "big") + part for part in contents)


def digest(*parts: str | bytes | None) -> str:
    """One short name for all of the parts together."""
    return hashlib.sha256(framed(*parts)).hexdigest()


def seed(secret: bytes, *names: str) -> int:
    """The seed of hidden inputs (256 bits), by unit, check, student and work; unknown without the key."""
    return int.from_bytes(hmac.new(secret, framed(*names), hashlib.sha256).digest(), "big")


def seeds_of(unit: str, student: str, notebook: NotebookNode, weights: bytes | None, key: bytes) -> dict[str, int]:
    """The seed of each check that a notebook has. Who examines needs these and never sees the key.

    Regrading the same work draws the same inputs. For a function changed work gets others: what its code may have
    smuggled out is of no use the next time, and luck is none, since equal code earns equal points on all inputs. What
    the experiment is asked is a sample, and a lucky one is worth points; so a student has one for each unit, however
    often the work is handed in. What code does that has seen it is never shown (`sitting.py`).
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    work = digest(*(cell.source for cell in code), weights)
    grades = [name for cell in code if (name := checked(cell))]
    return {name: seed(key, unit, name, student, *([] if name == SAMPLED else [work])) for name in grades}
