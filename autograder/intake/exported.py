"""A notebook that was handed in as a Python file: exported by Jupyter, or saved as text by jupytext."""

import re
from pathlib import Path

from nbformat import NotebookNode, v4

from autograder.intake import names, texts

READ = "Handed in as a Python file"
MARKER = re.compile(r"(?m)^# (?:In\[[\d ]*\]:|%%).*\n?")


def is_script(path: Path) -> bool:
    """Whether a file is a Python file, by its name."""
    return path.suffix.lower() == ".py"


def notebook(raw: bytes, path: Path, notes: list[str]) -> NotebookNode:
    """Its cells, where marks divide it, else all of it in one; a note says that this is no way to hand in."""
    notes.append(
        f"{READ}: {names.shown(path.name[:60])}. It was read as code without text: written answers are lost. Hand in "
        "the notebook itself, a file that ends in .ipynb."
    )
    text = texts.decoded(raw).replace("\r\n", "\n")
    sources = [source.strip("\n") for source in MARKER.split(text)]
    return v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources if source.strip()])
