"""People with accounts on one machine, who share nbgrader's exchange as docs/instructor.md sets it up."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
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

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run a command as this person; its two streams come back as one."""
        home = self.machine / "home" / self.name
        home.mkdir(parents=True, exist_ok=True)
        own = {"HOME": home, "JUPYTER_DATA_DIR": home / "data", "JUPYTER_CONFIG_DIR": self.machine / "etc"}
        own["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        environment = os.environ | {name: str(value) for name, value in own.items()}
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        done = subprocess.run(words, cwd=self.place, env=environment, check=False, **streams)
        assert not check or done.returncode == 0, f"{' '.join(words)}\n{done.stdout}"
        return done


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
