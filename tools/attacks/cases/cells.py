"""Tags, cell types, metadata and the order of released cells: what a notebook says about its own grading."""

from copy import deepcopy

from nbformat import v4

from tools.attacks.attack import FUNCTIONS, WRONG, Desk, attack, cell_of, index_of

TAGS = "skip-execution and other tags"
CELLS = "duplicate, deleted, moved, retyped, re-tagged cells"
LOCKED = "changed points, locked cells and grade ids"
CHECKS = [f"check_{name}" for name in FUNCTIONS]


@attack(TAGS, deserved=0)
def skip_execution(desk: Desk) -> None:
    """Check cells tagged skip-execution: they are not run, and silence counts as success."""
    notebook = desk.wrong()
    for name in CHECKS:
        cell_of(notebook, name).metadata.tags = ["skip-execution"]
    desk.write(notebook)


@attack(TAGS, deserved=3)
def tags_on_solutions(desk: Desk) -> None:
    """Half done honestly; skip-execution stands on the wrong function and on its check, to keep an old definition."""
    notebook = desk.with_cell(desk.solution(), WRONG["nms"], before="nms")
    cell_of(notebook, "nms").source = WRONG["nms"]
    for name in ("nms", "check_nms"):
        cell_of(notebook, name).metadata.tags = ["skip-execution", "raises-exception"]
    desk.write(notebook)


@attack(TAGS, deserved=7)
def honest_tags(desk: Desk) -> None:
    """Right work with the tags of papermill, Jupyter Book and slides, and a check marked raises-exception."""
    notebook = desk.solution()
    for cell, tag in zip(notebook.cells, ["parameters", "hide-input", "remove-cell", "slide"] * 20, strict=False):
        cell.metadata.tags, cell.metadata.slideshow = [tag], {"slide_type": "slide"}
    cell_of(notebook, "check_nms").metadata.tags = ["raises-exception"]
    desk.write(notebook)


@attack(LOCKED, deserved=0)
def emptied_checks(desk: Desk) -> None:
    """The check cells are empty; a test that is not there does not fail."""
    notebook = desk.wrong()
    for name in CHECKS:
        cell_of(notebook, name).source = ""
    desk.write(notebook)


@attack(LOCKED, deserved=0)
def unlocked_checks(desk: Desk) -> None:
    """The check cells say `locked: false, solution: true` and hold `print("passes")`."""
    notebook = desk.wrong()
    for name in CHECKS:
        cell = cell_of(notebook, name)
        cell.source = 'print("passes")'
        cell.metadata.nbgrader.update(locked=False, solution=True, grade=False)
    desk.write(notebook)


@attack(LOCKED, deserved=3)
def dear_points(desk: Desk) -> None:
    """One function is right, and its check is declared to be worth 700 points."""
    notebook = desk.with_source(desk.solution(), "nms", WRONG["nms"])
    cell_of(notebook, "check_box_iou").metadata.nbgrader.points = 700
    cell_of(notebook, "check_nms").metadata.nbgrader.points = -1
    desk.write(notebook)


@attack(LOCKED, deserved=3)
def swapped_names(desk: Desk) -> None:
    """The easy check carries the dear one's grade id, and the other way round."""
    notebook = desk.with_source(desk.solution(), "nms", WRONG["nms"])
    first, second = (cell_of(notebook, name).metadata.nbgrader for name in CHECKS)
    first.grade_id, second.grade_id = second.grade_id, first.grade_id
    desk.write(notebook)


@attack(LOCKED, deserved=0)
def bonus_cell(desk: Desk) -> None:
    """A cell of one's own, worth 100 points, with nbgrader's metadata of a test that passes."""
    notebook = desk.wrong()
    grading = {"grade": True, "grade_id": "bonus", "locked": True, "points": 100, "schema_version": 3}
    notebook.cells.append(v4.new_code_cell("1", metadata={"nbgrader": {**grading, "solution": False, "task": False}}))
    desk.write(notebook)


@attack(LOCKED, deserved=0)
def changed_imports(desk: Desk) -> None:
    """The locked import cell brings a `check` that agrees with everything."""
    notebook = desk.wrong()
    cell_of(notebook, "given_1").source += "\ncheck = lambda *anything: None"
    desk.write(notebook)


@attack(LOCKED, deserved=7)
def absurd_metadata(desk: Desk) -> None:
    """Right work whose metadata has the wrong types everywhere: lists for dicts, words for points, null for ids."""
    notebook = desk.solution()
    cell_of(notebook, "check_nms").metadata["nbgrader"]["points"] = "many"
    cell_of(notebook, "box_iou").metadata["nbgrader"] = ["a", 1]
    notebook.cells[0]["metadata"], notebook.cells[1]["id"] = [], None
    notebook.cells[2]["metadata"] = {"nbgrader": {"grade_id": {"a": 1}}, "tags": "skip-execution"}
    notebook["metadata"] = {"course": ["x"], "kernelspec": 3, "language_info": None}
    desk.write(notebook)


@attack(LOCKED, deserved=7)
def forged_release(desk: Desk) -> None:
    """Right work that claims a release outside the course's folder, and brings notes and a folder of its own."""
    notebook = desk.solution()
    course = {"release": "../../../../canary", "unit": "../..", "folder": str(desk.canary.parent), "notes": ["7 of 7"]}
    notebook.metadata["course"] = course
    desk.write(notebook)


@attack(CELLS, deserved=7)
def copied_check(desk: Desk) -> None:
    """Right work; the student copied a check cell to try something, so its grade id comes twice."""
    notebook = desk.solution()
    place = index_of(notebook, "check_nms")
    notebook.cells.insert(place, deepcopy(notebook.cells[place]))
    desk.write(notebook)


@attack(CELLS, deserved=0)
def copied_and_skipped_check(desk: Desk) -> None:
    """Wrong work; each check comes again at the end, as a copy that does nothing."""
    notebook = desk.wrong()
    for name in CHECKS:
        copy = deepcopy(cell_of(notebook, name))
        copy.source, copy.id = "pass", f"again-{name}"
        notebook.cells.append(copy)
    desk.write(notebook)


@attack(CELLS, deserved=7)
def second_attempt(desk: Desk) -> None:
    """Right work; the first, wrong attempt stands in a copy of the cell above it."""
    notebook = desk.solution()
    place = index_of(notebook, "nms")
    attempt = deepcopy(notebook.cells[place])
    attempt.source, attempt.id = WRONG["nms"], "attempt"
    notebook.cells.insert(place, attempt)
    desk.write(notebook)


@attack(CELLS, deserved=7)
def written_below(desk: Desk) -> None:
    """Right work; the released cell was left as it was and the function written in a cell of one's own below it."""
    notebook = desk.exercise()
    for name in FUNCTIONS:
        source = cell_of(desk.solution(), name).source
        notebook = desk.with_cell(notebook, source, after=name)
    desk.write(notebook)


@attack(CELLS, deserved=7)
def deleted_checks(desk: Desk) -> None:
    """Right work; the student tidied up and deleted the check cells."""
    notebook = desk.solution()
    for name in CHECKS:
        del notebook.cells[index_of(notebook, name)]
    desk.write(notebook)


@attack(CELLS, deserved=0)
def deleted_everything(desk: Desk) -> None:
    """All released cells are gone; one cell prints that all is well."""
    notebook = desk.exercise()
    notebook.cells = [v4.new_code_cell('print("7 of 7 points")')]
    desk.write(notebook)


@attack(CELLS, deserved=7)
def moved_cells(desk: Desk) -> None:
    """Right work; the second task stands before the first, and the imports at the end."""
    notebook = desk.solution()
    places = [index_of(notebook, name) for name in ("nms", "check_nms", "box_iou", "check_box_iou", "given_1")]
    moved = [notebook.cells[place] for place in places]
    notebook.cells = [cell for cell in notebook.cells if cell not in moved] + moved
    desk.write(notebook)


@attack(CELLS, deserved=0)
def checks_as_text(desk: Desk) -> None:
    """The check cells became markdown and raw cells: they keep their names and are not run."""
    notebook = desk.wrong()
    for name, kind in zip(CHECKS, ("markdown", "raw"), strict=True):
        cell = cell_of(notebook, name)
        cell.cell_type = kind
        del cell["outputs"], cell["execution_count"]
    desk.write(notebook)


@attack(CELLS, deserved=7)
def pressed_m(desk: Desk) -> None:
    """Right work; a slip of the key M turned a finished function's cell into markdown."""
    notebook = desk.solution()
    cell = cell_of(notebook, "nms")
    cell.cell_type = "markdown"
    del cell["outputs"], cell["execution_count"]
    desk.write(notebook)


@attack(CELLS, deserved=7)
def renamed_cells(desk: Desk) -> None:
    """Right work; all grade ids and cell ids were changed."""
    notebook = desk.solution()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"renamed-{number}"
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.grade_id = f"cell-{number}"
    desk.write(notebook)
