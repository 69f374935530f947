"""Stock nbgrader's outcomes are kept in the course's cache, so that an attack is put to it once."""

import hashlib
import inspect
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from course_lib.download import atomic_write
from tools.attacks import stock
from tools.attacks.attack import Attack
from tools.attacks.ours import Outcome

KEPT = "attacks_stock.json"


class Kept:
    """Stock nbgrader's outcomes, in a file; an attack that was changed is forgotten."""

    def __init__(self, path: Path):
        self._path = path
        self._outcomes = json.loads(path.read_text()) if path.is_file() else {}

    def __getitem__(self, attack: Attack) -> Outcome | None:
        found = self._outcomes.get(_digest(attack))
        return Outcome(**found) if found else None

    def put(self, attacks: Sequence[Attack], outcomes: dict[str, Outcome]) -> None:
        """Keep the outcomes of a batch."""
        self._outcomes |= {_digest(each): asdict(outcomes[each.name]) for each in attacks if each.name in outcomes}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(self._path) as temporary:
            temporary.write_text(json.dumps(self._outcomes, indent=1))


def _digest(attack: Attack) -> str:
    """A name for one version of an attack: the text of its function, of its module where many share a function."""
    shared = "<locals>" in attack.make.__qualname__
    text = inspect.getsource(sys.modules[attack.make.__module__] if shared else attack.make)
    return f"{attack.name} {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def against_stock(attacks: Sequence[Attack], kept: Kept, seconds: float) -> None:
    """Put to stock nbgrader what it was not asked before, for about so many seconds."""
    missing = [attack for attack in attacks if kept[attack] is None]
    if not missing:
        return
    folder = Path(tempfile.mkdtemp(prefix="attacks-stock-"))
    try:
        given = stock.prepare(folder)
        folder.chmod(0o755)
        stock.grade(missing, given, lambda outcomes: _tell(missing, outcomes, kept), seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tell(attacks: Sequence[Attack], outcomes: dict[str, Outcome], kept: Kept) -> None:
    kept.put(attacks, outcomes)
    for name, outcome in outcomes.items():
        typer.echo(f"stock nbgrader: {name}: {outcome}")
