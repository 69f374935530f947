"""What may import what: the contracts in pyproject.toml, and those that need the units' or the modules' names."""

import ast
import importlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest

from course_lib import units
from tests.helpers.budget import in_time

ROOT = Path(__file__).parents[2]
HEAVY = "torchvision torchmetrics lightning_fabric sklearn skimage cv2 matplotlib gensim IPython ipywidgets".split()
NOTEBOOK_TEXTS = sorted([*ROOT.glob("lectures/*.py"), *ROOT.glob("solutions/*/*.py")])
BUILT = sorted([*ROOT.glob("lectures/*.ipynb"), *ROOT.glob("exercises/*/*.ipynb")])


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("course_lib", "autograder", "tools", include_external_packages=True, cache_dir=None)


def direct_importers(graph, module):
    return set(graph.find_modules_that_directly_import(module)) if module in graph.modules else set()


def within(module, *packages):
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def imports_of(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def code_of(path: Path) -> str:
    """The code of a notebook or of its text, without lines that IPython alone understands."""
    if path.suffix == ".py":
        return path.read_text()
    cells = json.loads(path.read_text())["cells"]
    lines = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code").splitlines()
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in lines)


@pytest.mark.parametrize("package", ["tools", "benchmarks"])
def test_everything_that_maintainers_run_can_be_imported(package):
    files = [
        path for path in (ROOT / package).rglob("*.py") if path.stem != "__main__" and "template" not in path.parts
    ]
    assert files
    for path in files:
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


def test_the_contracts_of_pyproject_are_kept():
    program = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    result = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_the_judge_knows_no_unit(graph):
    """Neither it nor the checks' vocabulary may import a unit's module, even through others."""
    packages = ("course_lib.checks", "course_lib.explorers", "autograder.misconceptions")
    modules = {f"{package}.{unit.name}" for package in packages for unit in units.UNITS}
    assert modules <= graph.modules
    for module in ("autograder.exam.judge", "course_lib.checks.spec"):
        reached = graph.find_upstream_modules(module)
        assert {name for name in reached if within(name, *modules)} == set()


def test_what_runs_beside_student_code_imports_nothing_of_the_autograder(graph):
    assert {name for name in graph.find_upstream_modules("autograder.box.inside") if within(name, "autograder")} <= {
        "autograder"
    }


def test_nothing_but_the_tools_imports_the_tools(graph):
    importers = {name for tool in graph.modules if within(tool, "tools") for name in direct_importers(graph, tool)}
    assert {name for name in importers if not within(name, "tools")} == set()


def test_nothing_but_the_builder_imports_what_writes_the_expected_answers(graph):
    assert direct_importers(graph, "course_lib.checks.publish") == {"tools.build.expected"}


@pytest.mark.parametrize("package", ["IPython", "ipywidgets"])
def test_only_what_shows_something_touches_the_notebook(graph, package):
    allowed = ("course_lib.explorers", "course_lib.plots", "autograder.box.shell")
    assert {name for name in direct_importers(graph, package) if not within(name, *allowed)} == set()


def test_only_the_command_lines_touch_typer(graph):
    allowed = ("course_lib.cli", "autograder.cli", "autograder.commands", "tools")
    assert {name for name in direct_importers(graph, "typer") if not within(name, *allowed)} == set()


@pytest.mark.parametrize("path", [*NOTEBOOK_TEXTS, *BUILT], ids=lambda path: str(path.relative_to(ROOT)))
def test_notebooks_import_neither_grader_nor_solutions_nor_tools(path):
    roots = {name.split(".")[0] for name in imports_of(code_of(path))}
    assert roots & {"autograder", "solutions", "tools", "nbgrader"} == set()
    assert roots


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import autograder.exam.judge as j", {"autograder.exam.judge"}),
        ("def f():\n    from solutions import x", {"solutions"}),
        ("try:\n    import a, b\nexcept ImportError:\n    pass", {"a", "b"}),
    ],
)
def test_imports_are_found_wherever_they_stand(source, found):
    assert imports_of(source) == found


def test_there_are_notebooks_to_look_at():
    assert NOTEBOOK_TEXTS
    assert BUILT


OURS = {"course_lib", "autograder", "tools", "calls", "inside", "limits", "pages", "shell", "startup", "walls"}


def canonical(name: str) -> str:
    return name.lower().replace("_", "-")


def declared(*extras: str) -> set[str]:
    """The names of the project's dependencies, with those of the extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    return {canonical(re.match(r"[\w-]+", line)[0]) for line in lines}


@pytest.mark.parametrize(
    ("folder", "extras"),
    [("course_lib", ()), ("autograder", ("lab", "instructor")), ("tools", ("lab", "instructor", "site", "test"))],
)
def test_every_library_that_is_imported_is_declared(folder, extras):
    """Otherwise a fresh install misses it, and nobody notices in an old one."""
    names = {name.split(".")[0] for path in ROOT.glob(f"{folder}/**/*.py") for name in imports_of(path.read_text())}
    libraries = names - sys.stdlib_module_names - OURS
    installed = packages_distributions()
    distributions = {canonical(name) for library in libraries for name in installed.get(library, [library])}
    assert distributions
    assert distributions - declared(*extras) == set()


@pytest.fixture(scope="module")
def imported():
    """(module, CPU seconds, heavy packages loaded so far) for each module of course_lib, after torch, best of three."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted(ROOT.glob("course_lib/**/*.py"))
    ]
    code = f"""
import importlib, json, sys, time
import torch
rows = []
for module in {modules!r}:
    start = time.process_time()
    importlib.import_module(module)
    rows.append((module, time.process_time() - start, [name for name in {HEAVY!r} if name in sys.modules]))
print(json.dumps(rows))
"""
    runs = [
        json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    ]
    return min(runs, key=lambda rows: sum(seconds for _, seconds, _ in rows))


def test_importing_the_course_loads_nothing_heavy(imported):
    assert {module: heavy for module, _, heavy in imported if heavy} == {}


def test_importing_the_whole_course_adds_little_to_torch(imported):
    """0.3 s of CPU time with byte code; typer's half of it is the command line's and does not count."""
    in_time(0.3, sum(seconds for module, seconds, _ in imported if module != "course_lib.cli"))


@pytest.mark.parametrize("program", ["course_lib.cli", "autograder.cli"])
def test_help_does_not_wait_for_torch(program):
    code = f"import sys, {program}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
