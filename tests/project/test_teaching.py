"""docs/teaching.md: its minutes are the units' own, its sections are sections of the lectures, its sums are right."""

import re
from pathlib import Path

import pytest

from course_lib.units import UNITS, Unit

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
OPTIONAL = " (optional)"


def section(title: str) -> str:
    """The text below a heading of the page."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of each row below a heading, without heads and lines."""
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def headings(unit: Unit) -> list[str]:
    """The titles of a lecture's sections, with "(optional)" where they are."""
    text = (ROOT / unit.lecture).with_suffix(".py").read_text(encoding="utf-8")
    return re.findall(r"^# #{2,3} (.*)$", text, re.MULTILINE)


def minutes(title: str) -> dict[Unit, tuple[int, int]]:
    """The minutes of lecture and exercise that a plan gives to each of its units, all its rows together."""
    found: dict[Unit, tuple[int, int]] = {}
    by_name = {f"{unit.number:02d} · {unit.title}": unit for unit in UNITS}
    for row in rows(title):
        if row[1] in by_name:
            before = found.get(by_name[row[1]], (0, 0))
            found[by_name[row[1]]] = (before[0] + int(row[-2]), before[1] + int(row[-1]))
    return found


def test_the_semester_has_twelve_weeks_and_all_units_with_their_minutes():
    assert [row[0] for row in rows("A semester of twelve weeks")][1:] == [str(week) for week in range(1, 13)]
    assert minutes("A semester of twelve weeks") == {unit: unit.minutes for unit in UNITS}
    lectures, exercises = (sum(unit.minutes[part] for unit in UNITS) for part in (0, 1))
    assert f"{lectures} minutes of lectures and {exercises} minutes of exercises" in " ".join(PAGE.split())
    assert f"{round(lectures / 12)} minutes" in section("A semester of twelve weeks")
    assert abs(exercises / 12 / 60 - 2.5) < 0.1  # "two and a half hours"


def test_the_block_week_has_five_days_that_fit():
    plan = minutes("A block week")
    assert len(plan) == len(rows("A block week")) - 1 == 5
    assert plan == {unit: unit.minutes for unit in plan}
    longest = max(map(sum, plan.values()))
    assert f"takes {longest} minutes, so that {360 - longest} of its 360 remain" in " ".join(PAGE.split())


def test_the_single_session_adds_up():
    parts = [int(row[1]) for row in rows("A single session in a lab")[1:]]
    assert sum(parts) == 180
    assert parts[0] == next(unit.minutes[0] for unit in UNITS if unit.name == "rcnn")
    first = (ROOT / UNITS[0].lecture).with_suffix(".py").read_text(encoding="utf-8")
    assert "45 for sections 1 to 7, 30 for sections 8 to 12" in " ".join(first.replace("#", "").split())


def test_each_function_that_is_named_is_asked_in_an_exercise():
    named = set(re.findall(r"`([a-z_0-9]+)`", PAGE))
    assert len(named) > 3
    assert named <= {name for unit in UNITS for name in unit.functions}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.id)
def test_every_optional_section_of_a_lecture_is_listed(unit):
    row = next(row for row in rows("What to leave out") if row[0] == f"{unit.number:02d}")
    wanted = [title.removesuffix(OPTIONAL) for title in headings(unit) if title.endswith(OPTIONAL)]
    assert wanted
    assert re.findall(r"\*(.+?)\*", row[1]) == wanted


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.id)
def test_what_else_may_go_is_a_section_of_the_lecture(unit):
    found = [row[1].strip("*") for row in rows("What to leave out") if row[0] == f"{unit.number:02d}" and len(row) == 3]
    assert found
    assert set(found) <= set(headings(unit))


def test_the_sections_that_the_block_week_borrows_are_lecture_03s():
    borrowed = re.findall(r"\*(\d+ · .+?)\*", " ".join(section("A block week").split()))
    assert len(borrowed) == 2
    assert set(borrowed) <= set(headings(UNITS[3]))
