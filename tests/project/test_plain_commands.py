"""README.md's commands without make: those for Windows, and those for any shell, are the same and can be run."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(kind: str) -> list[str]:
    """The lines of the block of this language that makes an environment."""
    blocks = re.findall(rf"^```{kind}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return next(text.splitlines() for text in blocks if "-m venv .venv" in text)


def posix(lines: list[str]) -> list[str]:
    """PowerShell's lines as a POSIX shell has them: a variable stands before the command that it is for."""
    found, variables = [], ""
    for line in lines:
        line = re.sub(r"^py -3\.\d+ ", "python3 ", line).replace(".venv\\Scripts\\", ".venv/bin/").replace("\\", "/")
        if setting := re.fullmatch(r'\$env:(\w+) = ("[^"]*")', line):
            variables += f"{setting[1]}={setting[2]} "
        else:
            found.append(variables + line)
            variables = ""
    return found


@pytest.fixture
def words():
    """(variables, words) of each command of the block for any shell."""
    split = [shlex.split(line) for line in block("sh")]
    return [
        ([w for w in line if "=" in w and w[0].isupper()], [w for w in line if not w[0].isupper()]) for line in split
    ]


def test_windows_does_the_same():
    assert posix(block("powershell")) == block("sh")


def test_windows_gets_a_python_that_the_course_promises():
    version = re.search(r"^py -(3\.\d+) ", "\n".join(block("powershell")), re.MULTILINE)[1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"Programming Language :: Python :: {version}" in project["classifiers"]


def test_the_first_command_makes_an_environment(words, tmp_path):
    _, (python, *rest) = words[0]
    assert python == "python3"
    subprocess.run([sys.executable, *rest, "--without-pip"], cwd=tmp_path, check=True)
    assert (tmp_path / ".venv" / "bin" / "python").exists()


def test_the_second_command_installs_what_students_need(words):
    """Its options are pip's, its files are here; what it installs is not fetched in a test."""
    _, line = words[1]
    assert line[:4] == [".venv/bin/python", "-m", "pip", "install"]
    shown = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--help"], capture_output=True, text=True, check=True
    )
    assert {word for word in line if word.startswith("--")} <= set(re.findall(r"--[a-z-]+", shown.stdout))
    assert (ROOT / line[line.index("--constraint") + 1]).exists()
    extra = re.fullmatch(r"\.\[(\w+)\]", line[line.index("--editable") + 1])[1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert any(needed.startswith("jupyterlab") for needed in project["optional-dependencies"][extra])


def test_the_third_command_opens_the_start_page(words):
    """JupyterLab, with the configuration that the command names, says where it begins."""
    [variable], line = words[2]
    name, _, value = variable.partition("=")
    assert line == [".venv/bin/jupyter", "lab"]
    environment = os.environ | {name: value.replace("$PWD", str(ROOT))}
    command = [sys.executable, "-m", "jupyter", "lab", "--show-config-json"]
    shown = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    assert "/lab/tree/lectures/index.md" in shown
