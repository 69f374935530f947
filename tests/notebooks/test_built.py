"""Committed notebooks are those of their sources, keep to the style, and give nothing away."""

import ast
import importlib
import inspect
import json
import re

import nbformat
import numpy as np
import pytest

from course_lib.checks import run
from tools.build_notebooks import ROOT, stale, unit_sources
from tools.cells import SOLUTION, read_source
from tools.lengths import LONGEST_CODE, LONGEST_PROSE, code_lines, prose_words

COMMITTED = sorted([*ROOT.glob("lectures/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb")])
LONG_LINE = 20  # characters: a shorter line of a solution may well occur elsewhere


def by_name(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: f"{path.parent.name}-{path.stem}")


def cells(path):
    return nbformat.read(path, as_version=4).cells


def test_every_source_is_built_and_nothing_else():
    assert [str(path.relative_to(ROOT)) for path in stale()] == [], "run: make build"
    assert len(COMMITTED) == len(unit_sources())


@by_name(unit_sources())
def test_no_cell_is_longer_than_the_style_allows(path):
    found = read_source(path).cells
    code = [cell.source for cell in found if cell.cell_type == "code" and code_lines(cell.source) > LONGEST_CODE]
    prose = [cell.source for cell in found if cell.cell_type == "markdown" and prose_words(cell.source) > LONGEST_PROSE]
    assert code == []
    assert prose == []


@by_name(unit_sources())
def test_notebooks_keep_to_the_style(path):
    for cell in read_source(path).cells:
        assert "sys.path" not in cell.source
        assert not re.search(r"^\s*import (autograder|tools|solutions)\b", cell.source, re.MULTILINE)
        assert not re.search(r"^\s*from (autograder|tools|solutions)[. ]", cell.source, re.MULTILINE)
        assert not re.search(r"!\[[^]]*\]\(https?:|<img[^>]+src=.?https?:", cell.source), "a hot-linked picture"
        assert not re.search(r"!\[\]\(|<img(?![^>]*\balt=)", cell.source), "a picture without alt text"
        if "setup" not in cell.metadata.get("tags", []):
            assert not re.search(r"^\s*[!%]pip\b", cell.source, re.MULTILINE), "only the setup cell installs"


@by_name(COMMITTED)
def test_no_output_is_committed(path):
    for cell in cells(path):
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
        assert "attachments" not in cell


@by_name([path for path in COMMITTED if path.parent.name == "lectures"])
def test_lectures_hold_no_graded_cell(path):
    assert "nbgrader" not in path.read_text(encoding="utf-8")


def test_the_released_folder_holds_the_notebook_and_nothing_else(unit):
    assert [path.name for path in unit.released.rglob("*")] == [f"{unit.source.stem}.ipynb"]


def test_no_line_of_a_solution_is_in_the_exercise(unit):
    released = "\n".join(cell.source for cell in cells(unit.released / f"{unit.source.stem}.ipynb"))
    begin, end = SOLUTION
    bodies = re.findall(rf"{begin}\n(.*?){end}", unit.source.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = [line.strip() for body in bodies for line in body.splitlines() if len(line.strip()) > LONG_LINE]
    assert lines
    assert [line for line in lines if line in released] == []
    assert "### BEGIN" not in released
    assert "### END" not in released


def test_no_marking_scheme_is_in_the_exercise(unit):
    released = json.dumps([cell.source for cell in cells(unit.released / f"{unit.source.stem}.ipynb")])
    schemes = re.findall(r"### BEGIN MARK SCHEME\n(.*?)# ### END", unit.source.read_text(), flags=re.DOTALL)
    lines = [line.strip("# ") for scheme in schemes for line in scheme.splitlines()]
    assert [line for line in lines if len(line) > LONG_LINE and line in released] == []


def test_no_misconception_is_in_the_exercise(unit):
    misconceptions = importlib.import_module(f"autograder.misconceptions.{unit.source.stem.partition('_')[2]}")
    released = "\n".join(cell.source for cell in unit.exercise.cells)
    assert misconceptions.MISCONCEPTIONS
    for wrong in misconceptions.MISCONCEPTIONS:
        assert wrong.sentence not in released
        body = inspect.getsource(wrong.version).splitlines()[1:]
        assert [line for line in body if len(line.strip()) > LONG_LINE and line.strip() in released] == []


def test_no_expected_value_is_in_the_exercise(unit):
    """No number that is written with four digits or more behind the point is an answer of a public case."""
    checks = importlib.import_module(f"course_lib.checks.{unit.source.stem.partition('_')[2]}").CHECKS
    answers = np.concatenate(
        [numbers(question.expected) for check in checks for question in run.load_public(unit.source.stem, check)[0]]
    )
    assert len(answers)
    code = "\n".join(cell.source for cell in unit.exercise.cells)
    for text in re.findall(r"\b\d+\.\d{4,}", code):
        assert not np.isclose(answers, float(text), rtol=0, atol=1e-4).any(), text


def numbers(answer):
    """All fractions in an answer, however it is nested."""
    if isinstance(answer, dict):
        return np.concatenate([np.zeros(0), *map(numbers, answer.values())])
    if isinstance(answer, list | tuple):
        return np.concatenate([np.zeros(0), *map(numbers, answer)])
    try:
        values = np.asarray(answer, dtype=float).ravel()
    except (TypeError, ValueError):
        return np.zeros(0)
    return values[np.isfinite(values) & (values != np.round(values))]


def test_figures_in_the_docs_are_those_of_the_notebooks():
    """Every figure() of a solution has its row in docs/figures.md, and no row is left over."""
    named = []
    for path in unit_sources():
        if path.parent.name == "lectures":
            continue
        for cell in read_source(path).cells:
            if cell.cell_type == "code":
                named += [(path.stem, name) for name in figure_names(cell.source)]
    rows = [row.split(" | ") for row in (ROOT / "docs" / "figures.md").read_text(encoding="utf-8").splitlines()[7:]]
    assert [(unit.removeprefix("| "), name) for unit, name, *_ in rows] == named


def figure_names(source):
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="figure"), args=[ast.Constant(value=str(name)), *_]):
                yield name
