"""What the students of the sample class write: right in three styles, half done, misconceived, noisy, or broken."""

import ast
from copy import deepcopy
from functools import cache

import nbformat
from nbformat import NotebookNode

from course_lib import units
from tools import ROOT

WRITTEN = """Fine-tuning has far more parameters than an SVM and needs many positives, so loose windows help it. The SVM
must tell a loose window from a tight one, so only the object itself is positive and what lies between is left out. The
price: three trainings one after the other, and the features of all windows have to be kept."""
NOISE = """


_quiet_{name} = {name}


def {name}(*inputs):
    warnings.warn("slow on my laptop", stacklevel=2)
    print("computing …", file=sys.stderr)
    return _quiet_{name}(*inputs)
"""


def handed_in(kind: str, turn: int, unit: str, solution: NotebookNode, exercise: NotebookNode) -> tuple[str, str]:
    """What it is, in words, and the text of the notebook's file.

    Args:
        kind: one of those in `tools.samples.sample_class.PLAN`.
        turn: counts the submissions of this kind, from 0.
        unit: for example "02_rcnn".
        solution, exercise: the unit's built notebooks.
    """
    if kind == "empty":
        return "no cells", nbformat.writes(nbformat.v4.new_notebook())
    if kind == "untouched":
        return "as released", nbformat.writes(exercise)
    about, answers, helpers = _answers(kind, turn, unit, solved(solution))
    text = nbformat.writes(filled(exercise, answers, helpers))
    return (about, text[: len(text) // 2]) if kind == "broken" else (about, text)


def _answers(kind: str, turn: int, unit: str, right: dict[str, str]) -> tuple[str, dict[str, str], str]:
    """In words; the source of each function; a cell of the student's own."""
    if kind in ("arrays", "loops"):
        helpers, answers = in_style(unit, kind)
        return f"right, {kind}", answers, helpers
    if kind == "half":
        done = 1 + turn * (len(right) - 1) // 5
        return f"{done} of {len(right)} functions", dict(list(right.items())[:done]), ""
    if kind == "misconception":
        wrong = misconceived(unit, tuple(right), turn)
        about = ", ".join(f"{name} in {function}" for function, (name, _) in wrong.items())
        return about, right | {function: source for function, (_, source) in wrong.items()}, ""
    if kind == "noisy":
        loud = {name: source + NOISE.replace("{name}", name) for name, source in right.items()}
        return "right, with warnings", loud, "import sys\nimport warnings"
    return {"right": "right"}.get(kind, f"right, {kind}"), right, ""


def filled(exercise: NotebookNode, answers: dict[str, str], helpers: str = "") -> NotebookNode:
    """The exercise with functions written by a student; `helpers` becomes a cell of their own behind the imports."""
    notebook = deepcopy(exercise)
    for cell in notebook.cells:
        cell.source = answers.get(_grade_id(cell), cell.source)
        if cell.source.startswith("*Write your answer here"):
            cell.source = WRITTEN
    if helpers:
        first = next(number for number, cell in enumerate(notebook.cells) if cell.cell_type == "code")
        notebook.cells.insert(first + 1, nbformat.v4.new_code_cell(helpers, id="helpers"))
    return notebook


def solved(solution: NotebookNode) -> dict[str, str]:
    """The source of each function of the solution, without its markers."""
    cells = [cell for cell in solution.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    kept = {_grade_id(cell): [line for line in cell.source.split("\n") if " SOLUTION" not in line] for cell in cells}
    return {name: "\n".join(lines) for name, lines in kept.items()}


@cache
def in_style(unit: str, style: str) -> tuple[str, dict[str, str]]:
    """A right answer in another style: what it needs beside the functions, and the source of each function."""
    text = (ROOT / "tests" / "units" / unit / f"{style}.py").read_text(encoding="utf-8")
    graded = units.find(unit).functions
    helpers, functions = [], {}
    for node in ast.parse(text).body:
        source = ast.get_source_segment(text, node) or ""
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in graded:
            functions[node.name] = source
        else:
            helpers.append(source)
    return "\n\n".join(helpers), functions


@cache
def misconceived(unit: str, functions: tuple[str, ...], turn: int) -> dict[str, tuple[str, str]]:
    """The wrong version number `turn` of each function that has so many: its name and its source."""
    from autograder import misconceptions

    known = {function: [m for m in misconceptions.of(unit) if m.check == function] for function in functions}
    chosen = {function: versions[turn] for function, versions in known.items() if turn < len(versions)}
    return {function: (wrong.name, misconceptions.source(wrong)) for function, wrong in chosen.items()}


def _grade_id(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")
