"""The host that attacks are counted on: a course, a home, a canary, a server nobody may reach, and what became of them.

`Host` lays a class into a folder, takes a picture of everything that grading may not change, and names what changed.
"""

import hashlib
import os
import shutil
import socket
import stat
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from tools.attacks.attack import FULL, HARM, NEIGHBOUR, POINTS, SECRET, TRACE, UNIT, Attack, Desk
from tools.attacks.pages import acting

HALF = "adam"  # another neighbour, with one right function, who is graded first
HONEST = {HALF: float(POINTS["box_iou"]), NEIGHBOUR: float(FULL)}
PRODUCED = ("autograded", "feedback", ".grading", "gradebook.db", "gradebook.db-journal", "gradebook.db-wal")
OWN = (  # what Jupyter and matplotlib write at their first start
    "home/.ipython/profile_default/startup/README",
    "home/.jupyter/migrated",
    "home/.cache/fontconfig/",
    "home/.cache/matplotlib/",
    "home/.config/matplotlib/",
)
SHARED = ("/tmp", "/dev/shm", "/var/tmp")


class Host:
    """A folder that stands for a machine on which a class is graded.

    Attributes:
        course: the course's folder; home: the grader's home; tmp: its folder for temporary files.
        canary: a file with a secret.
        calls: how often somebody reached the server.
    """

    def __init__(self, root: Path):
        self.root, self.course, self.home, self.tmp = root, root / "course", root / "home", root / "tmp"
        self.canary, self.calls = root / "canary.txt", 0
        for folder in (self.home, self.tmp):
            folder.mkdir(parents=True)
        self.canary.write_text(f"{SECRET}\n")
        (self.home / "credentials").write_text(f"password {SECRET}\n")
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._count, daemon=True).start()
        self._before: dict[str, str] = {}
        self._left: set[str] = set()

    def _count(self) -> None:
        while True:
            try:
                self._server.accept()[0].close()
            except OSError:  # closed: the end
                return
            self.calls += 1

    def close(self) -> None:
        """End the server."""
        self._server.close()

    def desk(self, student: str) -> Desk:
        """An empty folder of that student's to hand in, and what an attacker has."""
        folder = self.course / "submitted" / student / UNIT
        folder.mkdir(parents=True)
        return Desk(folder, self.course, self.canary, self._server.getsockname()[1])

    def hand_in_honest(self, students: Iterable[str] = HONEST) -> None:
        """The neighbours' submissions."""
        for student in students:
            desk = self.desk(student)
            notebook = desk.solution()
            if student == HALF:
                notebook = desk.with_source(notebook, "nms", "def nms(boxes, scores, threshold):\n    return None")
            desk.write(notebook)

    def hand_in(self, attack: Attack) -> None:
        """One attack's submission."""
        attack.make(self.desk(attack.name))

    def environment(self) -> dict[str, str]:
        """What a grader on this host runs with; a secret is part of it."""
        own = {"HOME": str(self.home), "TMPDIR": str(self.tmp), "COURSE_CANARY": SECRET}
        path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "OMP_NUM_THREADS") if name in os.environ}
        return {**kept, **own, "PATH": path}

    def remember(self) -> None:
        """Take the picture of what may not change."""
        self._before, self._left = dict(self._picture()), {*_names(self.tmp)}

    def _picture(self) -> Iterator[tuple[str, str]]:
        """Each file that grading has no reason to change, and a word about its state."""
        for path in _files(self.root):
            inner = path.relative_to(self.root)
            produced = inner.parts[0] == "course" and inner.parts[1] in PRODUCED
            if not produced and inner.parts[0] != "tmp" and not str(inner).startswith(OWN):
                yield str(inner), _state(path)

    def effects(self, students: Iterable[str]) -> dict[str, list[str]]:
        """What happened to this host since `remember`, by the student whose doing it is; "" where nobody is named."""
        found: dict[str, list[str]] = {}
        after = dict(self._picture())
        for name in sorted({*self._before, *after}):
            if self._before.get(name) != after.get(name):
                what = "changed" if name in self._before and name in after else "made" if name in after else "removed"
                found.setdefault("", []).append(f"{what}: {name}")
        if self.calls:
            found.setdefault("", []).append(f"reached the host's server {self.calls} times")
        left = [f"left in tmp: {name}" for name in _names(self.tmp) if name not in self._left]
        found.setdefault("", []).extend([*traces(), *left])
        for student in students:
            found.setdefault(student, []).extend(self._shown(student))
        return {student: what for student, what in found.items() if what}

    def _shown(self, student: str) -> Iterator[str]:
        """Secrets and scripts on a student's pages."""
        for kind in ("autograded", "feedback", ".grading"):
            for path in _files(self.course / kind):
                if student in path.parts or path.stem == student:
                    content = path.read_bytes()
                    if SECRET.encode() in content:
                        yield f"secret in {kind}/{path.name}"
                    if path.suffix == ".html" and acting(content.decode(errors="replace"), HARM):
                        yield f"script in {kind}/{path.name}"

    def cleared(self) -> None:
        """Remove the folder, whatever lies in it."""
        self.close()
        for path in self.root.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(self.root, ignore_errors=True)


def _files(root: Path) -> Iterator[Path]:
    """All files and links below a folder; links are not followed."""
    for folder, _, names in os.walk(root):
        yield from (Path(folder, name) for name in names)


def _state(path: Path) -> str:
    """Size, time, and (of ordinary files of sensible size) content."""
    status = os.lstat(path)
    small = stat.S_ISREG(status.st_mode) and status.st_size < 10**7 and os.access(path, os.R_OK)
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if small else ""
    return f"{status.st_mode} {status.st_size} {status.st_mtime_ns} {digest}"


def _names(folder: Path) -> list[str]:
    """What lies in a folder; PyTorch makes its compiler's cache there itself, whoever's code it runs."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("torchinductor_"))


def traces() -> list[str]:
    """Processes and files that carry the attackers' mark."""
    found = []
    for process in psutil.process_iter():
        try:
            if TRACE in process.environ() or any(TRACE in word for word in process.cmdline()):
                found.append(f"a process lives on: {process.name()}")
        except psutil.Error:  # it ended meanwhile, or is nobody's business
            continue
    folders = [Path(folder) for folder in SHARED if Path(folder).is_dir()]
    return found + [f"left in {path}" for folder in folders for path in folder.glob(f"*{TRACE}*")]
