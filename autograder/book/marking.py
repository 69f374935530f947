"""A result written into the submitted notebook, where nbgrader's gradebook and feedback pages look for it."""

import nbformat
from nbformat import NotebookNode

from autograder.exam.results import Checked, Result
from autograder.release import roles

UNKNOWN = "This check is not part of the unit any more: ask the person who grades."


def write_result(notebook: NotebookNode, result: Result) -> dict[str, str]:
    """Put points, feedback and what cells displayed into the notebook; the notes go into its metadata.

    A graded code cell always gets its points in numbers: to nbgrader, an empty one would mean full marks.

    Returns:
        Comments for the cells in which students write, by grade_id.
    """
    found = {checked.name: checked for checked in result.checks}
    writable = [roles.grade_id(cell) for cell in notebook.cells if roles.is_solution(cell)]
    comments: dict[str, list[str]] = {}
    before = ""
    notebook.metadata.course = {**notebook.metadata.get("course", {}), "notes": list(result.notes)}
    for cell in notebook.cells:
        name = roles.grade_id(cell)
        before = name if name in writable else before
        if check := roles.checked(cell):
            checked = found.get(check)
            _write_check(cell, checked)
            if checked and checked.comment:
                comments.setdefault(checked.name if checked.name in writable else before, []).append(checked.comment)
        elif cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(output) for output in result.outputs.get(cell.get("id", ""), [])]
    return {name: "\n".join(said) for name, said in comments.items()}


def _write_check(cell: NotebookNode, checked: Checked | None) -> None:
    page = checked.html if checked else f"<p>{UNKNOWN}</p>"
    if checked and checked.slow:
        page += f"<p>About {checked.slow:.0f} times slower than the course's own version; this costs no points.</p>"
    page = f'<div class="tex2jax_ignore mathjax_ignore">{page}</div>'  # students' words are in it, and no formulas
    earned = _points(cell, checked)
    shown = f"<b>{earned:g} of {cell.metadata.nbgrader.points:g} points</b>"
    points = {"text/plain": str(earned), "text/html": shown}  # nbgrader reads the first, people read the second
    cell.outputs = [
        nbformat.v4.new_output("display_data", {"text/html": page}),
        nbformat.v4.new_output("execute_result", points, execution_count=1),
    ]
    cell.execution_count = 1


def _points(cell: NotebookNode, checked: Checked | None) -> float:
    """The points in the measure of the gradebook, which may be that of another release."""
    worth = float(cell.metadata.nbgrader.points)
    if checked is None or not checked.of:
        return 0.0
    return checked.points if worth == checked.of else round(checked.points / checked.of * worth, 2)
