"""The table of attacks, docs/attacks.md: what each deserved, and what both graders gave."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.attacks.attack import FULL, Attack
from tools.attacks.host import HONEST
from tools.attacks.ours import Batch, Outcome

Row = tuple[Attack, Outcome, Outcome | None]  # ours, stock nbgrader's where it was asked
INTRO = f"""# Attacks

Written by `make attacks`. Each line is one submission: an attack on the grader, or honest work that looks like one.
All are made from the same exercise of two functions, worth {FULL} points; `tools/attacks/cases/` holds the generators.

- **Ours**: all of them in one class beside {len(HONEST)} honest students, graded by `autograder grade`, with feedback.
- **Stock**: nbgrader's own `autograde` and `generate_feedback` with its default settings, as a whole inside a box that
  may be ruined, a few submissions of one kind at a time beside an honest student; where anything happened to all of
  them, each alone. Our exercise's check cells call `check`, which raises when the function is wrong, as nbgrader's
  tests do.
- **Unearned** points are those above what the honest part of the work deserves, **lost** ones those below. Without a
  grade it is 0 points.
- **Host effects**: a changed or new file outside the places that grading writes to (other submissions, the solution,
  the home, a file whose place the student knows), a secret of the host on a page or in a graded notebook, a script
  that would run in the instructor's browser (feedback, formgrader), a page of formgrader's that takes 30 s to make or
  holds 60 million pixels, a reached server, a process that outlives the grading, a changed maximum in the gradebook, a
  grader's machine without answer.
- **Batch aborted**: an honest student beside the attack has no grade, or not the one earned.
"""


@dataclass(frozen=True)
class Totals:
    """What happened in all."""

    attacks: int
    unearned: float
    lost: float
    effects: int
    aborted: int

    def line(self) -> str:
        """In one line."""
        return (
            f"attacks: {self.attacks}, unearned: {self.unearned:g}, lost: {self.lost:g}, "
            f"host effects: {self.effects}, batches aborted: {self.aborted}"
        )

    def spotless(self) -> bool:
        """Whether nothing happened."""
        return not (self.unearned or self.lost or self.effects or self.aborted)


def totals(rows: Sequence[tuple[Attack, Outcome]], common: Sequence[str] = (), honest: Sequence[str] = ()) -> Totals:
    """Sum up one grader's outcomes.

    Args:
        common: effects on the host that no attack is named for.
        honest: neighbours of the class who lost their grade.
    """
    return Totals(
        len(rows),
        sum(outcome.unearned(attack.deserved) for attack, outcome in rows),
        sum(outcome.lost(attack.deserved) for attack, outcome in rows),
        len(common) + sum(bool(outcome.effects) for _, outcome in rows),
        bool(honest) + sum(outcome.aborted for _, outcome in rows),
    )


def page(rows: Sequence[Row], batch: Batch) -> str:
    """The whole page."""
    ours = totals([(attack, outcome) for attack, outcome, _ in rows], batch.effects, batch.honest)
    asked = [(attack, stock) for attack, _, stock in rows if stock]
    left = f", {len(rows) - len(asked)} not put to it yet" if len(asked) < len(rows) else ""
    stock = f"Stock nbgrader: {totals(asked).line()}{left}."
    lines = [INTRO, f"Ours: {ours.line()}.", "", stock, "", _fallen(asked)]
    for family in dict.fromkeys(attack.family for attack, _, _ in rows):
        lines += [f"\n## {family[0].upper()}{family[1:]}\n"]
        lines += ["| attack | what it does | deserved | ours | stock | on the host: ours | stock |"]
        lines += ["|---|---|--:|--:|--:|---|---|"]
        lines += [_line(*row) for row in rows if row[0].family == family]
    return "\n".join(lines) + "\n"


def _fallen(asked: Sequence[tuple[Attack, Outcome]]) -> str:
    """How many attacks stock nbgrader fell to, in words."""
    earned = sum(stock.unearned(attack.deserved) > 0 for attack, stock in asked)
    lost = sum(stock.lost(attack.deserved) > 0 for attack, stock in asked)
    harmed = sum(bool(stock.effects) or stock.aborted for _, stock in asked)
    return (
        f"Of the {len(asked)} submissions, {earned} got points from stock nbgrader that they had not earned, {lost}\n"
        f"lost points that they had, and {harmed} reached the host, a page, another student or the whole batch."
    )


def _line(attack: Attack, ours: Outcome, stock: Outcome | None) -> str:
    points = [f"{attack.deserved:g}", _points(ours, attack.deserved), _points(stock, attack.deserved)]
    about = attack.about.replace("|", "\\|").replace("<", "&lt;")
    return f"| {attack.name} | {about} | {' | '.join(points)} | {_effects(ours)} | {_effects(stock)} |"


def _points(outcome: Outcome | None, deserved: float) -> str:
    """The points, in bold where they are not the deserved ones."""
    if outcome is None:
        return "not run"
    shown = "none" if outcome.points is None else f"{outcome.points:g}"
    return shown if (outcome.points or 0.0) == deserved else f"**{shown}**"


def _effects(outcome: Outcome | None) -> str:
    """What happened, in a few words."""
    if outcome is None:
        return "not run"
    words = ["batch aborted"] * outcome.aborted + outcome.effects[:2]
    more = len(outcome.effects) - 2
    said = "; ".join(words) + (f"; {more} more" if more > 0 else "")
    return said.replace("|", "\\|").replace("<", "&lt;") or "–"
