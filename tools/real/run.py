"""One run: the notebook's own cells up to its result, in a kernel of their own; what is finished is kept."""

import ast
import hashlib
import json
import tempfile
import time
from pathlib import Path

import nbformat
import torch
from nbformat import NotebookNode

from course_lib.download import atomic_write
from course_lib.errors import CourseError
from course_lib.settings import settings
from tools import ROOT
from tools.build.cells import read_source
from tools.figures.run_notebooks import run_notebook
from tools.real.plan import BACKBONES, Run, part_of_train

RUNNING = {"given", "solution", "fit", "experiment"}
MAP = "{'mAP': 100 * %s.map} | {name: 100 * value for name, value in %s.per_class.items() if value == value}"
RESULTS = {  # a name that the last cell to run defines, and what is kept of it
    "01_transfer_learning": (
        "accuracies",
        "{f'{name}, {size}': values.tolist() for (name, size), values in accuracies.items()}",
    ),
    "02_rcnn": ("tables", MAP.replace("%s", "tables['regressed', 0.5]")),
    "03_fast_rcnn": ("tables", MAP.replace("%s", "tables[0.5]")),
    "04_faster_rcnn": ("tables", MAP.replace("%s", "tables[0.5]")),
    "05_fcn": ("table", "{name: [100 * value for value in both] for name, both in table.items()}"),
    "07_faces": ("measured", "measured"),
}
ORL = "from tools.real import orl\nmeasured = orl.measure(globals(), settings().seed)"
BESIDE = {"07_faces": f"from course_lib.settings import settings\n{ORL}"}
"""Where the notebook's experiment is on other data: a cell that measures with the notebook's functions alone."""


class RealRunError(CourseError):
    """A notebook stopped before it had its result."""


def cells(run: Run) -> list[str]:
    """The code of a run: what sets its backbone, the notebook's cells but its checks, and what keeps the result."""
    last, result = RESULTS[run.unit]
    sources = [BACKBONES[run.backbone]]
    if run.unit in BESIDE:
        sources += [*functions(run.unit), BESIDE[run.unit]]
    for cell in notebook_of(run.unit) if run.unit not in BESIDE else ():
        if RUNNING & tags(cell):
            sources.append(cell.source)
            if last in defined(cell.source):
                break
    keep = f"import json, pathlib\npathlib.Path('result.json').write_text(json.dumps({result}))"
    return [source for source in (*sources, keep) if source]


def functions(unit: str) -> list[str]:
    """The notebook's imports, all that is given before its first function, and its functions."""
    found = notebook_of(unit)
    solved = [number for number, cell in enumerate(found) if "solution" in tags(cell)]
    return [c.source for n, c in enumerate(found) if n in solved or (n < solved[0] and "given" in tags(c))]


def notebook_of(unit: str) -> list[NotebookNode]:
    """The code cells of a unit's solution."""
    found = read_source(ROOT / "solutions" / unit / f"{unit}.py").cells
    return [cell for cell in found if cell.cell_type == "code"]


def tags(cell: NotebookNode) -> set[str]:
    """What a cell is for."""
    return set(cell.metadata.get("tags", ()))


def defined(source: str) -> set[str]:
    """The names that a cell assigns."""
    targets = [node.targets for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    return {target.id for group in targets for target in group if isinstance(target, ast.Name)}


def digest(run: Run) -> str:
    """SHA-256 of what a run does: of its cells, joined and without their comments, and of what it is told.

    Where only the notebook's functions measure, their docstrings and what is imported do not count.
    """
    sources = [*cells(run)]
    if run.backbone:
        sources.append((Path(__file__).parent / "frozen.py").read_text(encoding="utf-8"))
    if run.unit in BESIDE:
        sources.append((Path(__file__).parent / "orl.py").read_text(encoding="utf-8"))
    tree = ast.parse("\n".join(sources))
    done = ast.unparse(bare(tree) if run.unit in BESIDE else tree)
    return hashlib.sha256(json.dumps([done, run.variables(Path("data"), Path("cache"))]).encode()).hexdigest()


def bare(tree: ast.Module) -> ast.Module:
    """The same code without docstrings, other sentences that stand alone, and imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            kept = [one for one in node.body if not (told(one) or isinstance(one, ast.Import | ast.ImportFrom))]
            node.body = kept or [ast.Pass()]
    return tree


def told(node: ast.AST) -> bool:
    """Whether a statement is nothing but a string."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def place(run: Run) -> Path:
    """Where the result of a run is kept."""
    return settings().cache / "real" / f"{run.name}-{digest(run)[:12]}.json"


def measure(run: Run, data: Path) -> dict:
    """What a run measured, its CPU seconds and its day: from the cache, or measured now.

    Raises RealRunError, naming cell and error, when a cell fails.
    """
    if place(run).is_file():
        return json.loads(place(run).read_text(encoding="utf-8"))
    cache = settings().cache
    part_of_train(data, cache / "real" / "data")
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, cells(run))))
    with tempfile.TemporaryDirectory() as folder:
        told = run.variables(cache / "real" / "data", cache) | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        ran = run_notebook(notebook, Path(folder), told)
        if ran.failure:
            raise RealRunError(f"{run.name} did not run through.", got=str(ran.failure))
        result = json.loads(Path(folder, "result.json").read_text(encoding="utf-8"))
    kept = {
        "result": result,
        "seconds": round(ran.worked),
        "day": time.strftime("%Y-%m-%d"),
        "torch": torch.__version__,
        "printed": printed(ran.notebook),
    }
    with atomic_write(place(run)) as temporary:
        temporary.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return kept


def printed(notebook: NotebookNode) -> str:
    """All that its cells printed."""
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    return "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")
