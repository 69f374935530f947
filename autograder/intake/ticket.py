"""The secret that `nbgrader submit` puts beside the work and leaves with the student: who has it finds the feedback."""

import re
from pathlib import Path

from autograder.errors import BrokenSubmission
from autograder.intake.opening import above, content

NAME = "submission_secret.txt"
LENGTH = 128
FORM = re.compile(f"[0-9a-f]{{{LENGTH}}}")


def secret_in(folder: Path) -> str:
    """The secret in a submitted folder, which is a stranger's; "" where there is none."""
    try:
        text = content(folder / NAME, above(folder), LENGTH).decode("ascii")
    except (OSError, UnicodeDecodeError, BrokenSubmission):
        return ""
    return text if FORM.fullmatch(text) else ""
