"""A student who has run a lecture and written an answer fetches a newer version, by the command of the README."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.bundle.address import address
from autograder.bundle.write import bundle
from course_lib.units import find

UNIT = find("rcnn")
WHERE = address("https://github.com/owner/name", "course-1a2b3c")
ANSWER = "def box_iou(boxes1, boxes2):\n    return 'mine'"


def git(folder, *words):
    identity = ["-c", "user.name=teacher", "-c", "user.email=teacher@example.org"]
    return subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def published(root, tmp_path):
    """The public repository, with its first version."""
    folder = tmp_path / "public"
    bundle(root, folder, WHERE, [UNIT])
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first version")
    return folder


def changed(path: Path, marker: str, **cell: object) -> str:
    """Change the first code cell whose source has the marker, as JupyterLab saves it; gives the notebook's text."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    found = next(c for c in notebook["cells"] if c["cell_type"] == "code" and marker in "".join(c["source"]))
    found |= cell
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path.read_text(encoding="utf-8")


def fetch_newer(student: Path, published: Path) -> None:
    """The README's own line, with the address of the repository here."""
    (line,) = re.findall(
        r"^\.venv/bin/gitpuller .*$", (student / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    program, *words = shlex.split(line)
    assert words[0] == WHERE.url
    program = Path(sys.executable).with_name(Path(program).name)
    environment = os.environ | {"HOME": str(student.parent), "GIT_CONFIG_NOSYSTEM": "1"}
    command = [program, published.as_uri(), *words[1:]]
    done = subprocess.run(command, cwd=student, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_newer_version_comes_and_no_work_is_lost(published, tmp_path):
    student = tmp_path / "student"
    git(tmp_path, "clone", "--quiet", str(published), str(student))
    output = {"output_type": "stream", "name": "stdout", "text": ["seen\n"]}
    run = changed(student / UNIT.lecture, "import", outputs=[output], execution_count=1)
    mine = changed(student / UNIT.exercise, "def box_iou", source=ANSWER.splitlines(keepends=True))
    weights = (student / UNIT.exercise).with_name("mine.safetensors")
    weights.write_bytes(b"trained")

    (published / "README.md").write_text("a newer version\n")
    (published / UNIT.lecture).with_name("next.ipynb").write_text("{}\n")
    changed(published / UNIT.exercise, "def box_iou", source=["def box_iou(boxes1, boxes2):\n", "    ...  # newer"])
    git(published, "add", "--all")
    git(published, "commit", "--quiet", "--message", "second version")
    fetch_newer(student, published)

    assert (student / UNIT.lecture).read_text(encoding="utf-8") == run
    assert (student / UNIT.exercise).read_text(encoding="utf-8") == mine
    assert weights.read_bytes() == b"trained"
    assert (student / UNIT.lecture).with_name("next.ipynb").exists()
    assert (student / "README.md").read_text() == "a newer version\n"
