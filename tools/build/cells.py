"""One source file of the course (percent format) as a notebook whose cells carry nbgrader's metadata.

A cell header holds one word, `# %% tags=["solution"]`; everything else is derived here, once:

tag         nbgrader        grade_id              what it is
solution    solution        the function's name   one graded function or class, each body to write between markers
check       grade, locked   check_<name>          `check("name", name)`; points come from the unit's CHECKS
given       locked          given_<n>             code that the exam runs too
fit         locked          fit                   `weights = trained("02_rcnn", fit)`
experiment  locked          experiment_<n>        code that the exam does not run
written     task, locked    written_<n>           a question with "(4 points)" and a marking scheme
setup                                             the one cell that may install packages
"""

import ast
import re
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from course_lib.errors import CourseError

GRADED_TAGS = ("solution", "check", "given", "fit", "experiment", "written")
PLAIN_TAGS = ("setup",)
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
SOLUTION = ("### BEGIN SOLUTION", "### END SOLUTION")
MARKING = ("### BEGIN MARK SCHEME", "### END MARK SCHEME")
ANSWER = "*Write your answer here.*"
STUB = "raise NotImplementedError"


class BuildError(CourseError):
    """A source file of the course breaks a rule of its cells."""


def read_source(path: Path) -> NotebookNode:
    """The notebook of a percent-format file: cells with text, type and tags, and nothing else.

    Raises BuildError for a cell option other than tags, an unknown tag, or more than one tag.
    """
    source = jupytext.read(path, fmt="py:percent")
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    notebook.cells = [_plain_cell(path, cell) for cell in source.cells]
    return notebook


def _plain_cell(path: Path, cell: NotebookNode) -> NotebookNode:
    options = set(cell.metadata) - {"tags", "lines_to_next_cell"}
    tags = cell.metadata.get("tags", [])
    if options or len(tags) > 1 or not set(tags) <= {*GRADED_TAGS, *PLAIN_TAGS}:
        raise _broken(
            path,
            cell,
            "has an unknown header",
            expected=f"nothing, or one tag of {', '.join(GRADED_TAGS + PLAIN_TAGS)}",
            got=", ".join([*tags, *sorted(options)]),
        )
    new = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}.get(cell.cell_type)
    if new is None:
        raise _broken(path, cell, "has an unknown type", expected="code or markdown", got=cell.cell_type)
    return new(cell.source, metadata={"tags": tags} if tags else {})


def mark_lecture(path: Path, notebook: NotebookNode) -> NotebookNode:
    """Check that a lecture holds no graded cell."""
    for cell in notebook.cells:
        if _tag(cell) in GRADED_TAGS:
            raise _broken(path, cell, "is graded, but a lecture holds no graded cell", got=_tag(cell))
    return notebook


def mark_exercise(path: Path, notebook: NotebookNode, points: dict[str, float]) -> NotebookNode:
    """Replace the tags of a solution notebook by nbgrader's metadata, and add the answer cells.

    `points` maps each check of the unit to its points. Raises BuildError for a name that occurs twice, a check that is
    not in `points` or has no cell, and cells that break the rules of their tag.
    """
    cells, names = [], []
    for cell in notebook.cells:
        tag = _tag(cell)
        _check_markers(path, cell, tag)
        if tag in GRADED_TAGS:
            names.append(_name(path, cell, tag, names))
            if names[-1] in names[:-1]:
                raise _broken(path, cell, "has a name that another cell has", got=names[-1])
            metadata = {"nbgrader": _nbgrader(tag, names[-1], _points(path, cell, tag, points))}
            cell = NotebookNode(cell | {"metadata": nbformat.from_dict(metadata)})
        cells.append(cell)
        if tag == "written":
            cells.append(nbformat.v4.new_markdown_cell(ANSWER))
    _check_all_used(path, names, points)
    notebook.cells = cells
    return notebook


def _tag(cell: NotebookNode) -> str:
    return next(iter(cell.metadata.get("tags", [])), "")


def _nbgrader(tag: str, name: str, points: float | None) -> dict:
    metadata = {
        "grade": tag == "check",
        "grade_id": name,
        "locked": tag != "solution",
        "schema_version": 3,
        "solution": tag == "solution",
        "task": tag == "written",
    }
    return metadata if points is None else metadata | {"points": points}


def _name(path: Path, cell: NotebookNode, tag: str, taken: list[str]) -> str:
    """The cell's grade_id: from the function, the check's first argument, or a count."""
    if tag == "solution":
        return definition(path, cell).name
    if tag == "check":
        return f"check_{_checked(path, cell)}"
    if tag == "fit":
        return "fit"
    numbered = re.compile(rf"{tag}_\d+")
    return f"{tag}_{1 + sum(numbered.fullmatch(name) is not None for name in taken)}"


def _points(path: Path, cell: NotebookNode, tag: str, points: dict[str, float]) -> float | None:
    if tag == "check":
        name = _checked(path, cell)
        if name not in points:
            raise _broken(
                path, cell, "asks for a check that the unit does not have", expected=", ".join(points), got=name
            )
        return points[name]
    if tag == "written":
        stated = re.findall(r"\((\d+) points?\)", cell.source)
        if len(stated) != 1:
            raise _broken(path, cell, "must state its points once", expected='"(4 points)"', got=str(stated))
        return int(stated[0])
    return None


def _checked(path: Path, cell: NotebookNode) -> str:
    """The first argument of the cell's one call, `check("name", …)`."""
    for node in ast.walk(_parse(path, cell)):
        match node:
            case ast.Call(func=ast.Name(id="check"), args=[ast.Constant(value=str(name)), *_]):
                return name
    raise _broken(path, cell, "calls no check", expected='check("name", name)')


def definition(path: Path, cell: NotebookNode) -> ast.FunctionDef | ast.ClassDef:
    """The one function or class of a solution cell. Raises BuildError when there is another number of statements."""
    statements = _parse(path, cell).body
    if len(statements) != 1 or not isinstance(statements[0], ast.FunctionDef | ast.ClassDef):
        raise _broken(path, cell, "must define one function or class and nothing else", got=f"{len(statements)} parts")
    if ast.get_docstring(statements[0]) is None:
        raise _broken(path, cell, "needs a docstring: it is the task's whole contract", got=statements[0].name)
    return statements[0]


def without_solution(source: str, stub: str = STUB) -> str:
    """A solution cell's text with each part between the markers replaced by `stub`."""
    begin, end = map(re.escape, SOLUTION)
    return re.sub(rf"^([ ]*){begin}.*?{end}[^\n]*", rf"\1{stub}", source, flags=re.DOTALL | re.MULTILINE)


def _check_markers(path: Path, cell: NotebookNode, tag: str) -> None:
    """Solution markers stand in solution cells, one pair or several, marking schemes in written ones, exactly one."""
    for markers, owner in ((SOLUTION, "solution"), (MARKING, "written")):
        found = re.findall("|".join(map(re.escape, markers)), cell.source)
        pairs = max(1, len(found) // 2) if markers is SOLUTION else 1
        if found != (list(markers) * pairs if tag == owner else []):
            wanted = " … ".join(markers) if tag == owner else f"none ({owner} cells only)"
            raise _broken(path, cell, "has wrong markers", expected=wanted, got=" … ".join(found) or "none")
    if (tag == "written") != (cell.cell_type == "markdown") and tag in GRADED_TAGS:
        raise _broken(path, cell, "has the wrong type for its tag", got=f"{tag}, {cell.cell_type}")
    if tag == "solution":
        _check_stub(path, cell)


def _check_stub(path: Path, cell: NotebookNode) -> None:
    """Only signature and docstring stand outside the markers of the functions that they are in."""
    stub = NotebookNode(cell | {"source": without_solution(cell.source, STUB)})
    functions = [node for node in ast.walk(definition(path, stub)) if isinstance(node, ast.FunctionDef)]
    open_ones = [node for node in functions if any(ast.unparse(statement) == STUB for statement in node.body)]
    for node in open_ones:
        if len(node.body) > 1 + (ast.get_docstring(node) is not None):
            shown = [ast.unparse(part) for part in node.body[ast.get_docstring(node) is not None :]]
            got = next((part for part in shown if part != STUB), "two pairs of markers in one function")
            raise _broken(path, cell, "shows code outside its markers", got=got)
    if len(open_ones) != cell.source.count(SOLUTION[0]):
        raise _broken(path, cell, "needs its markers inside a function's body")


def _check_all_used(path: Path, names: list[str], points: dict[str, float]) -> None:
    missing = [name for name in points if f"check_{name}" not in names]
    if missing:
        raise BuildError(
            f"{path.name}: checks of the unit have no cell.",
            expected="one check cell for each of the unit's CHECKS",
            got=f"none for {', '.join(missing)}",
            advice=f'add a cell tagged "check" with check("{missing[0]}", {missing[0]})',
        )


def _parse(path: Path, cell: NotebookNode) -> ast.Module:
    try:
        return ast.parse(cell.source)
    except SyntaxError as error:
        raise _broken(path, cell, "is no Python", got=str(error)) from error


def _broken(path: Path, cell: NotebookNode, what: str, expected: str = "", got: str = "") -> BuildError:
    first = cell.source.strip().partition("\n")[0][:60] or "(empty)"
    return BuildError(f"{path.name}: the cell that begins {first!r} {what}.", expected=expected, got=got)
