"""Feedback for a class as one zip file, under the names by which Moodle or Canvas find whose each page is.

See `layouts` for where their rules stand. Canvas shows a page under the name of the file that was handed in, whatever
its own name is.
"""

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from autograder.handin.memory import Sender


def write(pages: Mapping[str, Path], senders: Mapping[str, Sender], target: Path) -> list[str]:
    """Write the zip file, for its owner only, anew.

    Args:
        pages: each student's page.
        senders: how the platform knows the students.

    Returns:
        The students whose page is not in it, because their work came another way.

    Raises:
        OSError: it cannot be written.
    """
    draft = target.with_name(f"{target.name}.part")
    with (
        open(draft, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        os.fchmod(file.fileno(), 0o600)
        for student, page in sorted(pages.items()):
            if student in senders:
                archive.write(page, f"{senders[student].front}{page.name}")
    os.replace(draft, target)
    return sorted(pages.keys() - senders.keys())
