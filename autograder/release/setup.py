"""The one cell of a given-out notebook that installs: the same in all of them, but for the address.

The public repository's notebooks have it behind their introduction. What is handed in has it, too: it runs in the exam
as it does at home, where the course is there already and nothing is installed.
"""

import re
from copy import deepcopy

from nbformat import NotebookNode, v4

ID = "setup"  # of the cell
ADDRESS = "@PACKAGE@"
TEXT = '''# Run this first. It installs the course where that is missing, as on Colab.
import os
import subprocess
import sys
from importlib import metadata, util

COURSE = "@PACKAGE@"
if util.find_spec("course_lib") is None:
    print("Installing the course beside the PyTorch that is here …")
    own = {each.metadata["Name"]: each.version for each in metadata.distributions()}
    kept = [f"{n}=={own[n]}" for n in ("torch", "torchvision", "numpy") if n in own]
    pip = [sys.executable, "-m", "pip", "install", COURSE, *kept]
    silent = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}  # git asks for no password
    done = subprocess.run(pip, env=silent, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"""The course could not be installed.
  expected: Python 3.11 or later, a network, and {COURSE} beside {kept}
  got: Python {sys.version.split()[0]}; {(done.stdout + done.stderr)[-999:].strip()}
  try: open that address in a browser; restart the session and run this cell first""")
from course_lib import runtime

print(runtime.greeting())'''
OURS = re.compile(re.escape(TEXT).replace(re.escape(ADDRESS), '[^"\n]*'))


def with_setup(notebook: NotebookNode, package: str) -> NotebookNode:
    """A copy that has the cell where its first section begins, or in front of the first code.

    Its release stays the one that the notebook names: a submission is matched with that, cell by cell.

    Args:
        package: what pip installs, as in "git+https://github.com/OWNER/NAME@TAG".
    """
    found = deepcopy(notebook)
    cell = v4.new_code_cell(TEXT.replace(ADDRESS, package), metadata={"tags": [ID]}, id=ID)
    found.cells.insert(next(number for number, each in enumerate(found.cells) if _begins(each)), cell)
    return found


def _begins(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" or cell.source.startswith("## ")


def is_setup(source: str) -> bool:
    """Whether a cell is this one, for whatever address, and nothing of a student's."""
    return OURS.fullmatch(source.strip()) is not None
