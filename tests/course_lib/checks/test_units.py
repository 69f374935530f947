"""What somebody types for a unit is understood or refused, and what the list says of each unit is what stands there."""

import importlib
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from autograder import misconceptions
from autograder.reference import source_of
from course_lib.errors import DataMissing
from course_lib.units import UNITS, find
from tools.build.cells import read_source

ROOT = Path(__file__).parents[3]
HOURS = {150: "two and a half hours", 180: "three hours"}
EACH = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.id)
SOME = [*(unit for unit in UNITS if unit.name != "transfer_learning"), replace(UNITS[0], number=11, name="one")]


@pytest.mark.parametrize(
    "given",
    [
        *("02_rcnn", "./02_rcnn", "02_rcnn/", "exercises/02_rcnn", "exercises/02_rcnn/02_rcnn.ipynb", "02_rcnn.ipynb"),
        *("2", "02", "rcnn", "RCNN", "02_RCNN", "02-rcnn", "02 rcnn", " 02_rcnn\n", "exercises\\02_rcnn\\"),
        *("/home/ada/course/solutions/02_rcnn/02_rcnn.py", "02_rcnn.safetensors", "./02_rcnn/.", "//02_rcnn//"),
    ],
)
def test_a_unit_is_known_however_it_is_written(given):
    assert find(given, SOME).id == find(given).id == "02_rcnn"


@pytest.mark.parametrize("given", ["", ".", "..", "/", "02", "77_rcnn", "*", "rc", "exercises", "-2", "2.5"])
def test_what_is_no_unit_is_refused_with_the_units_there_are(given):
    with pytest.raises(DataMissing, match="There is no unit") as refused:
        find(given, [unit for unit in SOME if unit.id != "02_rcnn" or given != "02"])
    assert "03_fast_rcnn" in str(refused.value)


def test_a_slip_of_the_pen_is_answered_with_the_nearest():
    with pytest.raises(DataMissing, match="try: 02_rcnn"):
        find("02_rcn", SOME)
    with pytest.raises(DataMissing, match="has none"):
        find("02_rcnn", [])


def test_the_list_is_in_order_and_names_no_unit_twice():
    assert [unit.number for unit in UNITS] == sorted({unit.number for unit in UNITS})
    assert len({unit.name for unit in UNITS}) == len(UNITS)


def test_the_list_holds_every_unit_that_stands_and_no_other():
    wanted = {path for unit in UNITS for path in (unit.lecture, unit.exercise)}
    there = {*ROOT.glob("lectures/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb")}
    assert {path.relative_to(ROOT) for path in there} == wanted
    for pattern in ("solutions/*/", "tests/units/[0-9]*/"):
        assert {path.stem for path in ROOT.glob(pattern)} == {unit.id for unit in UNITS}, pattern
    for kind, pattern in (("expected", "checks/expected/*.npz"), ("alt texts", "alt_texts/*.toml")):
        assert {path.stem for path in ROOT.glob(f"course_lib/{pattern}")} == {unit.id for unit in UNITS}, kind
    for package in ("course_lib/checks", "autograder/misconceptions"):
        assert {path.parent.name for path in ROOT.glob(f"{package}/*/__init__.py")} - {"kit"} == {
            unit.name for unit in UNITS
        }


def test_a_contract_that_names_one_unit_names_all():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    names = {unit.name for unit in UNITS}
    modules = [contract.get("modules", []) + contract.get("forbidden_modules", []) for contract in contracts]
    listed = [{module.split(".")[-1] for module in found} & names for found in modules]
    assert names in listed
    assert [part for part in listed if part not in (set(), names)] == []


@EACH
def test_a_unit_s_modules_are_there_under_its_name(unit):
    assert unit.id == importlib.import_module(f"course_lib.checks.{unit.name}").UNIT
    assert importlib.util.find_spec(f"course_lib.explorers.{unit.name}")
    assert {wrong.check for wrong in misconceptions.of(unit.id)} <= {check.name for check in unit.checks}


@EACH
def test_a_unit_s_headings_say_its_title_and_its_minutes(unit):
    lecture, exercise = (read_source(path) for path in (ROOT / unit.lecture.with_suffix(".py"), source_of(unit.id)))
    assert lecture.cells[0].source.startswith(f"# {unit.number:02d} · ")
    assert f"About {unit.minutes[0]} minutes" in lecture.cells[0].source
    assert exercise.cells[0].source.startswith(f"# {unit.number:02d} · {unit.title}: the exercise\n")
    assert f"**Time:** about {HOURS[unit.minutes[1]]}." in "".join(cell.source for cell in exercise.cells[:3])


@EACH
def test_a_unit_s_functions_stand_in_the_exercise_in_this_order(unit):
    text = source_of(unit.id).read_text()
    written = re.findall(r'^# %% tags=\["solution"\]\n(?:@\w.*\n)*(?:def|class) (\w+)', text, re.MULTILINE)
    assert written == [*unit.functions]
    assert re.findall(r'trained\("(\w+)", fit\)', text) == [unit.id] * (unit.graded != unit.checks)
    assert (f"`{unit.weights}`" in text) == (unit.graded != unit.checks)


def rows(page: str) -> list[str]:
    """The lines of a page's table of units."""
    return re.findall(r"^\| \d\d · .*$", (ROOT / page).read_text(), re.MULTILINE)


def test_the_readme_s_table_is_this_list():
    assert rows("README.md") == [
        f"| {unit.number:02d} · {unit.title} | [{unit.lecture}]({unit.lecture}) | [{unit.exercise}]({unit.exercise}) |"
        for unit in UNITS
    ]


def test_the_start_page_s_table_is_this_list():
    assert rows("lectures/index.md") == [
        f"| {unit.number:02d} · {unit.title}: {unit.subtitle} | [lecture&nbsp;{unit.number:02d}]({unit.lecture.name}) "
        f"| [exercise&nbsp;{unit.number:02d}](../{unit.exercise}) "
        f"| {unit.minutes[0]}&nbsp;min&nbsp;+&nbsp;{unit.minutes[1] / 60:g}&nbsp;h |"
        for unit in UNITS
    ]


def test_looking_at_the_list_loads_no_check():
    code = "import sys, course_lib.units as u; [*map(repr, u.UNITS)]; print({*sys.modules} & {'torch', 'numpy'})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
