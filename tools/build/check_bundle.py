"""May strangers have it? python -m tools.build.check_bundle FOLDER

Looks into every file of a public repository, and into archives and wheels within: for runs of lines of a solution,
functions that are a solution under another name, marking schemes, wrong versions, and whatever only graders need.
"""

import ast
import io
import json
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder import misconceptions, reference
from autograder.bundle.needs import closure
from course_lib.errors import CourseError
from course_lib.units import UNITS, Unit
from tools import ROOT
from tools.build.check_release import SHORT, scheme_lines

RUN = 4  # lines of a solution that stand together; two convolutions with their batch norms are anybody's
GRADERS = ("autograder", "nbgrader", "tools", "solutions")  # no module of a student imports these
PRIVATE = "*.key gradebook.db* .grading* grades*.csv submitted autograded solutions misconceptions".split()


def findings(folder: Path) -> list[str]:
    """All that should not be there, one sentence each."""
    files = {name: data for path in sorted(folder.rglob("*")) if path.is_file() for name, data in _opened(path, folder)}
    found = [f"{path.relative_to(folder)} is private" for name in PRIVATE for path in folder.rglob(name)]
    found += leaks({name: _lines(name, data) for name, data in files.items()})
    modules = {name: ast.parse(data) for name, data in files.items() if name.endswith(".py")}
    found += [f"{name}: imports {module}" for name, tree in modules.items() for module in _imports(tree) & {*GRADERS}]
    return found + [*copies(modules)] + [*_needs(folder)]


def leaks(texts: Mapping[str, list[str]]) -> list[str]:
    """What nobody should read in texts, by their names: their stripped lines, none of them empty."""
    runs = {name: _runs(lines) | {(line,) for line in lines} for name, lines in texts.items()}
    found = [f"{name}: a marker of a solution" for name, lines in texts.items() if "### BEGIN SOLUTION" in lines]
    for what, secret in _secrets().items():
        found += [f"{name}: {what}" for name, there in runs.items() if not secret.isdisjoint(there)]
    return found


def _opened(path: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    """The file, or what is in it where it is an archive."""
    name, data = path.relative_to(folder).as_posix(), path.read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(data)):
        yield name, data
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield from ((f"{name}/{inside}", archive.read(inside)) for inside in archive.namelist())


def _lines(name: str, data: bytes) -> list[str]:
    """The lines of a text that say something, stripped; of a notebook those of its cells."""
    if name.endswith(".ipynb"):
        text = "\n".join("".join(cell["source"]) for cell in json.loads(data)["cells"])
    else:
        text = data.decode("utf-8", errors="replace")
    return [stripped for line in text.splitlines() if (stripped := line.strip())]


@cache
def _secrets() -> dict[str, set[tuple[str, ...]]]:
    """What nobody should read, as runs of lines, by name."""
    found = {}
    for unit in UNITS:
        wrong = [misconceptions.source(each) for each in misconceptions.of(unit.id)]
        found[f"a solution of {unit.id}"] = _said(_bodies(unit))
        found[f"a wrong version of {unit.id}"] = _said(wrong)
        found[f"a marking scheme of {unit.id}"] = {(line,) for line in scheme_lines(_source(unit)) if len(line) > SHORT}
    return found


def _source(unit: Unit) -> Path:
    return reference.source_of(unit.id)


def _bodies(unit: Unit) -> list[str]:
    """What stands between the markers of the unit's source, function by function."""
    text = _source(unit).read_text(encoding="utf-8")
    return [part.split("### END SOLUTION")[0] for part in text.split("### BEGIN SOLUTION")[1:]]


def _said(sources: list[str]) -> set[tuple[str, ...]]:
    """The runs of lines that are more than brackets and names."""
    runs = {run for source in sources for run in _runs(_lines("", source.encode()))}
    return {run for run in runs if max(map(len, run)) > SHORT}


def _runs(lines: list[str]) -> set[tuple[str, ...]]:
    return {tuple(lines[k : k + RUN]) for k in range(len(lines) - RUN + 1)}


def _imports(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        found |= {name.partition(".")[0] for name in names}
    return found


def copies(modules: Mapping[str, ast.Module]) -> Iterator[str]:
    """Functions and classes whose statements are a solution's, whatever they are called."""
    answers = {}
    for unit in UNITS:
        tree = ast.parse(_source(unit).read_text(encoding="utf-8"))
        written = [node for node in tree.body if getattr(node, "name", "") in unit.functions]
        answers |= {_shape(node): f"{unit.id} {node.name}" for node in written}
    for name, tree in modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and _shape(node) in answers:
                yield f"{name}: {node.name} is the solution of {answers[_shape(node)]}"


def _shape(node: ast.FunctionDef | ast.ClassDef) -> str:
    """Its statements without the text for readers."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return "\n".join(map(ast.dump, body))


def _needs(folder: Path) -> Iterator[str]:
    """Packages that only graders and tests need, in pyproject.toml or in requirements.txt."""
    course = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stated = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = course["optional-dependencies"]
    students = closure(map(Requirement, [*course["dependencies"], *extras["lab"]]))
    listed = [*stated["dependencies"], *(line for part in stated["optional-dependencies"].values() for line in part)]
    listed += (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    names = {canonicalize_name(Requirement(line).name) for line in listed}
    for extra in ("instructor", "test"):
        theirs = {canonicalize_name(Requirement(line).name) for line in extras[extra]} - students
        yield from (f"{name} is for graders and tests" for name in sorted(names & theirs))


def main(folder: str) -> int:
    """Print each finding; 1 if there is any."""
    found = findings(Path(folder))
    print(*found, f"bundle: {len(found)} findings", sep="\n")
    return bool(found)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except CourseError as error:
        sys.exit(str(error))
