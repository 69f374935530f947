"""People with accounts on one machine, who share nbgrader's exchange as docs/instructor.md sets it up."""

import io
import os
import re
import subprocess
import sys
import warnings
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from nbgrader.apps.nbgraderapp import NbGraderApp
from typer.testing import CliRunner

from autograder.cli import app

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "instructor.md"
EXCHANGE = "/srv/nbgrader/exchange"  # in the document; the tests' own lies in a temporary folder


@dataclass(frozen=True)
class Person:
    """Somebody with a home folder, at work in a folder.

    Attributes:
        machine: where exchange, configuration and homes lie.
        place: the folder in which commands are run.
    """

    name: str
    machine: Path
    place: Path

    def run(self, *words: str, check: bool = True) -> str:
        """Run a command as this person. What it prints comes back; without `check` also where its status is not 0."""
        home = self.machine / "home" / self.name
        home.mkdir(parents=True, exist_ok=True)
        own = {"HOME": home, "JUPYTER_DATA_DIR": home / "data", "JUPYTER_CONFIG_DIR": self.machine / "etc"}
        own["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        environment = {name: str(value) for name, value in own.items()}
        runner = {"nbgrader": _nbgrader, "autograder": _autograder}.get(words[0], _program)
        with mock.patch.dict(os.environ, environment), chdir(self.place):
            status, said = runner(*words)
        assert not check or status == 0, f"{' '.join(words)}\n{said}"
        return said


def _program(*words: str) -> tuple[int, str]:
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def _nbgrader(*words: str) -> tuple[int, str]:
    """One of nbgrader's commands, in this process: to start a new one for each would be most of the work."""
    kind, words, said, status = NbGraderApp, [*words[1:]], io.StringIO(), 0
    while words and isinstance(kind.subcommands, dict):  # as in `nbgrader db assignment add`
        kind = kind.subcommands[words.pop(0)][0]
    with warnings.catch_warnings(), redirect_stderr(said), redirect_stdout(said):
        warnings.simplefilter("ignore")
        try:
            command = kind()
            command.initialize(words)
            command.start()
        except SystemExit as stop:
            status = int(stop.code or 0)
    return status, said.getvalue()


def _autograder(*words: str) -> tuple[int, str]:
    """One of ours; grading begins processes of its own, for which it wants a fresh one."""
    if words[1] == "grade":
        return _program(*words)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words[1:]])
    return done.exit_code, done.output


def machine(folder: Path) -> Path:
    """A machine with the exchange and the configuration for everybody that the document describes."""
    folder.mkdir(parents=True)
    (folder / "exchange").mkdir()
    (folder / "exchange").chmod(0o1777)
    (folder / "etc").mkdir()
    (lines,) = re.findall(r"^```python\n(.*?Exchange.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    assert EXCHANGE in lines
    (folder / "etc" / "nbgrader_config.py").write_text(lines.replace(EXCHANGE, str(folder / "exchange")))
    return folder


def student(name: str, at: Path) -> Person:
    """A student, at work in a home folder."""
    place = at / "home" / name
    place.mkdir(parents=True, exist_ok=True)
    return Person(name, at, place)
