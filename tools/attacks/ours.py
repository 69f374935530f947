"""All attacks in one class, graded by `autograder grade` on a host that is watched."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tools.attacks.attack import FULL, HARM, NEIGHBOUR, UNIT, Attack
from tools.attacks.host import HALF, HONEST, Host
from tools.attacks.pages import formgrader_harm
from tools.samples.small_course import make_course

LONGEST = 3000.0  # seconds for the whole class
SLEEPERS = 2  # workers beside those that keep the cores busy: many attacks sleep


@dataclass
class Outcome:
    """What became of one attack.

    Attributes:
        points: its grade; None where it got none.
        effects: what it did to the host.
        aborted: whether honest neighbours lost their grade by it.
    """

    points: float | None = None
    effects: list[str] = field(default_factory=list)
    aborted: bool = False

    def unearned(self, deserved: float) -> float:
        """Points above what the work deserves."""
        return max(0.0, (self.points or 0.0) - deserved)

    def lost(self, deserved: float) -> float:
        """Points below what the work deserves."""
        return max(0.0, deserved - (self.points or 0.0))


@dataclass
class Batch:
    """A class of attacks beside honest neighbours.

    Attributes:
        outcomes: by the attack's name.
        effects: on the host, by nobody in particular.
        honest: the neighbours whose grade is missing or wrong.
        log: what the grader said.
    """

    outcomes: dict[str, Outcome]
    effects: list[str]
    honest: list[str]
    log: str


def grade(attacks: Sequence[Attack], root: Path, sandbox: str = "bubblewrap") -> Batch:
    """Grade all attacks at once.

    Args:
        root: a folder that is not there yet; it is left as it is, to be looked at.
    """
    host = Host(root)
    make_course(host.course)
    host.hand_in_honest([HALF])
    log = [_graded(host, sandbox), run(host, "nbgrader", "generate_feedback", UNIT)]
    host.hand_in_honest([NEIGHBOUR])
    for attack in attacks:
        host.hand_in(attack)
    host.remember()
    log.append(_graded(host, sandbox))
    with ThreadPoolExecutor(1) as beside:
        feedback = beside.submit(run, host, "nbgrader", "generate_feedback", UNIT)
        shown = list(formgrader_harm(host.course, UNIT, HARM))
        log.append(feedback.result())
    points, effects = recorded(host), host.effects([attack.name for attack in attacks])
    for student, harm in shown:
        effects.setdefault(student, []).append(harm)
    strange = sorted({*points} - {attack.name for attack in attacks} - {*HONEST})
    host.close()
    return Batch(
        {each.name: Outcome(points.get(each.name), effects.get(each.name, [])) for each in attacks},
        effects.get("", []) + [f"the gradebook has a student {name}" for name in strange],
        [student for student, deserved in HONEST.items() if points.get(student) != deserved],
        "\n".join(log),
    )


def _graded(host: Host, sandbox: str) -> str:
    workers = str(len(os.sched_getaffinity(0)) + SLEEPERS)
    return run(host, "autograder", "grade", UNIT, "--sandbox", sandbox, "--workers", workers)


def run(host: Host, program: str, *words: str) -> str:
    """Run a command of this Python in the course's folder; its output, with the exit status at the end."""
    command = [str(Path(sys.executable).with_name(program)), *words]
    try:
        done = subprocess.run(
            command,
            cwd=host.course,
            env=host.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LONGEST,
        )
    except subprocess.TimeoutExpired:
        return f"{program}: longer than {LONGEST:.0f} s"
    return f"{done.stdout.decode(errors='replace')}\n{program} {words[0]}: exit status {done.returncode}"


def recorded(host: Host) -> dict[str, float]:
    """Points by student, from the gradebook; a changed maximum counts as points that are infinitely many."""
    source = f"""
import json, warnings
warnings.simplefilter("ignore")
from nbgrader.api import Gradebook
with Gradebook("sqlite:///{host.course / "gradebook.db"}") as book:
    print(json.dumps({{s.student.id: [s.score, s.max_score] for s in book.assignment_submissions("{UNIT}")}}))
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, env=host.environment())
    if done.returncode:
        return {}
    rows = json.loads(done.stdout.splitlines()[-1])
    return {student: score if most == FULL else float("inf") for student, (score, most) in rows.items()}
