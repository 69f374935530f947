"""Committed notebooks are those of their sources, keep to the style, and give nothing away."""

import ast
import re
from copy import deepcopy

import nbformat
import pytest

from autograder.exam.papers import checks_of
from course_lib.checks.run import load_public
from tools import ROOT
from tools.build.cells import read_source
from tools.build.check_release import fractions, misconception_lines, scheme_lines, solution_lines, unit_findings
from tools.build.lengths import LONGEST_CODE, LONGEST_PROSE, WIDEST_CODE, code_lines, prose_words
from tools.build.notebooks import stale, unit_sources

COMMITTED = sorted([*ROOT.glob("lectures/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb")])


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


@by_name([*COMMITTED, *unit_sources()])
def test_no_line_of_code_is_wider_than_its_cell(path):
    found = cells(path) if path.suffix == ".ipynb" else read_source(path).cells
    lines = [line for cell in found if cell.cell_type == "code" for line in cell.source.splitlines()]
    assert [line for line in lines if len(line) > WIDEST_CODE] == []


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


def test_nothing_is_given_away(unit):
    assert list(unit_findings(unit.source, unit.released)) == []


PLANTED = {
    "file": lambda cells, source: None,
    "output": lambda cells, source: cells[-1].update(outputs=[nbformat.v4.new_output("stream", text="x")]),
    "marker": lambda cells, source: plant(cells, "### BEGIN SOLUTION"),
    "solution": lambda cells, source: plant(cells, longest(solution_lines(source))),
    "marking scheme": lambda cells, source: plant(cells, longest(scheme_lines(source))),
    "misconception": lambda cells, source: plant(cells, longest(misconception_lines(source.stem))),
    "expected value": lambda cells, source: plant(cells, f"x = {an_answer(source.stem):.6f}"),
}


def plant(cells, text):
    cells.append(nbformat.v4.new_code_cell(text))


def longest(lines):
    return max(lines, key=len)


def an_answer(unit):
    return fractions([question.expected for check in checks_of(unit) for question in load_public(unit, check)[0]])[0]


@pytest.mark.parametrize("leak", PLANTED)
def test_what_is_planted_in_an_exercise_is_found(unit, leak, tmp_path):
    notebook = deepcopy(unit.exercise)
    PLANTED[leak](notebook.cells, unit.source)
    nbformat.write(notebook, tmp_path / f"{unit.source.stem}.ipynb")
    if leak == "file":
        (tmp_path / "solution.py").touch()
    assert len(list(unit_findings(unit.source, tmp_path))) >= 1


def test_figures_in_the_docs_are_those_of_the_notebooks():
    """Every figure() of a solution has its row in docs/figures.md, and no row is left over."""
    named = []
    for path in unit_sources():
        if path.parent.name == "lectures":
            continue
        for cell in read_source(path).cells:
            if cell.cell_type == "code":
                named += [(path.stem, name) for name in figure_names(cell.source)]
    lines = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if re.match(r"\| \d\d_", line)]
    assert [(unit.removeprefix("| "), name) for unit, name, *_ in rows] == named


def figure_names(source):
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="figure"), args=[ast.Constant(value=str(name)), *_]):
                yield name
