"""Attacks against stock nbgrader: its own autograde, without the examiner, inside a box that may be ruined.

Attacks of the same family share a batch; where anything happens to a batch, each of its attacks is repeated alone
beside an honest neighbour. `python -m tools.attacks.stock NAME…` is what runs inside the box.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.attacks import box
from tools.attacks.attack import HARM, NEIGHBOUR, UNIT, Attack, collect
from tools.attacks.host import HONEST, Host
from tools.attacks.ours import Outcome, recorded, run
from tools.attacks.pages import formgrader_harm
from tools.samples.small_course import make_course

CONFIG = """c = get_config()
c.CourseDirectory.course_id = "stock"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
"""
TOGETHER = 8  # attacks in a batch
PATIENCE, EACH = 90.0, 20.0  # seconds for a batch, and more for each of its attacks
INSIDE = Path("/host/machine")


def prepare(folder: Path) -> Path:
    """A course as stock nbgrader has it: its configuration, the release in its gradebook.

    Args:
        folder: not there yet; it will be seen from inside the boxes.
    """
    course = make_course(folder / "course")
    (course / "nbgrader_config.py").write_text(CONFIG)
    shutil.rmtree(course / "exercises")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder)}
    command = [str(Path(sys.executable).with_name("nbgrader")), "generate_assignment", UNIT]
    subprocess.run(command, cwd=course, env=environment, check=True, capture_output=True)
    return folder


def grade(
    attacks: Sequence[Attack], given: Path, keep: Callable[[dict[str, Outcome]], None], seconds: float, jobs: int = 2
) -> None:
    """Grade all attacks; each batch's outcomes are handed over as soon as they are known.

    Args:
        given: from `prepare`.
        seconds: after which no new batch is begun.
        jobs: boxes at the same time.
    """
    end, keeping = time.monotonic() + seconds, threading.Lock()

    def one(batch: list[Attack]) -> None:
        if time.monotonic() < end:
            outcomes = _batch(batch, given)
            with keeping:
                keep(outcomes)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, _batches(attacks)))


def _batches(attacks: Sequence[Attack]) -> Iterable[list[Attack]]:
    """Attacks of one family together, those that need a sandbox alone."""
    for family in dict.fromkeys(attack.family for attack in attacks):
        mild = [attack for attack in attacks if attack.family == family and not attack.boxed]
        yield from (mild[start : start + TOGETHER] for start in range(0, len(mild), TOGETHER))
        yield from ([attack] for attack in attacks if attack.family == family and attack.boxed)


def _batch(attacks: list[Attack], given: Path) -> dict[str, Outcome]:
    """The outcomes of a batch; where somebody was harmed, of each attack alone."""
    found, harm = _boxed(attacks, given)
    if len(attacks) == 1 or not (harm.effects or harm.aborted):
        for outcome in found.values():
            outcome.effects, outcome.aborted = outcome.effects + harm.effects, harm.aborted
        return found
    return {name: outcome for attack in attacks for name, outcome in _batch([attack], given).items()}


def _boxed(attacks: list[Attack], given: Path) -> tuple[dict[str, Outcome], Outcome]:
    """Run a box and read what it says, of each attack and of all together; a box that says nothing was ruined."""
    words = ["-m", "tools.attacks.stock", *(attack.name for attack in attacks)]
    said, stopped = box.run(words, given, PATIENCE + EACH * len(attacks))
    last = said.strip().rpartition("\n")[2]
    if stopped or not last.startswith("{"):
        ruin = f"the grader's machine was ruined: {stopped or 'nothing was left that could answer'}"
        return {attack.name: Outcome() for attack in attacks}, Outcome(effects=[ruin], aborted=True)
    found = {name: Outcome(**outcome) for name, outcome in json.loads(last).items()}
    return found, found.pop("")


def inside(names: Sequence[str]) -> dict[str, Outcome]:
    """In the box: lay out a class, have it graded, look at the host. What nobody is named for stands under ""."""
    attacks = [attack for attack in collect() if attack.name in names]
    INSIDE.mkdir()
    shutil.copytree("/given/course", INSIDE / "course")
    host = Host(INSIDE)
    host.hand_in_honest([NEIGHBOUR])
    for attack in attacks:
        host.hand_in(attack)
    host.remember()
    for words in (("autograde", UNIT), ("generate_feedback", UNIT)):
        run(host, "nbgrader", *words)
    time.sleep(3)  # for what outlives the grading
    points, effects = recorded(host), host.effects([attack.name for attack in attacks])
    for student, harm in formgrader_harm(host.course, UNIT, HARM):
        effects.setdefault(student, []).append(harm)
    found = {each.name: Outcome(points.get(each.name), effects.get(each.name, [])) for each in attacks}
    return {**found, "": Outcome(None, effects.get("", []), points.get(NEIGHBOUR) != HONEST[NEIGHBOUR])}


if __name__ == "__main__":
    print(json.dumps({name: vars(outcome) for name, outcome in inside(sys.argv[1:]).items()}))
