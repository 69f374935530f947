"""The course where Google Colab's packages are installed and nothing of ours: the setup cell adds the rest.

Colab itself is out of reach here. Its packages (colab_packages.txt) are installed for the Python of the tests; torch
and torchvision are those of requirements.txt. The public repository lies on this disk, committed and tagged, so that
the setup cell's `git+https://github.com` reads `git+file://`; pip clones, builds and installs it as from there.
"""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from autograder.bundle.address import address
from autograder.bundle.write import bundle
from autograder.reference import source_of
from autograder.release.roles import is_solution
from course_lib.units import UNITS, find
from tools.build.notebooks import build_exercise
from tools.figures.run_notebooks import run_notebook

pytestmark = [pytest.mark.notebook, pytest.mark.long, pytest.mark.release]

WHERE = address("https://github.com/owner/name", "course-1a2b3c")
RAISED = {"python-multipart"}  # of what Colab has: its version can be held up by a form (pyproject.toml says by which)
LECTURE, EXERCISE = find("cnn_recap"), find("services")  # the quickest
WIDGET = "application/vnd.jupyter.widget-view+json"
COLAB = {"COLAB_RELEASE_TAG": "release", "PYTHONPATH": ""}


def run(*words, **where):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, **where)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def public(root, tmp_path_factory):
    """The public repository, as students find it under its tag."""
    folder = tmp_path_factory.mktemp("public") / "name"
    bundle(root, folder, WHERE, UNITS)
    author = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for words in (("init", "--quiet"), ("add", "."), (*author, "commit", "--quiet", "-m", "x"), ("tag", WHERE.ref)):
        run("git", *words, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def colab(root, tmp_path_factory):
    """The Python of an environment that has what Colab has."""
    folder = tmp_path_factory.mktemp("colab")
    uv = Path(sys.executable).with_name("uv")
    run(uv, "venv", "--quiet", "--python", sys.executable, folder / "env")
    pins = (root / "requirements.txt").read_text().splitlines()
    torch = [pin for pin in pins if pin.startswith(("torch==", "torchvision=="))]
    python, listed = folder / "env" / "bin" / "python", Path(__file__).with_name("colab_packages.txt")
    run(uv, "pip", "install", "--quiet", "--python", python, "--requirement", listed, *torch)
    return python


def versions(python) -> dict[str, str]:
    return {each["name"]: each["version"] for each in json.loads(run(python, "-m", "pip", "list", "--format", "json"))}


@pytest.fixture
def kernel(colab, tmp_path, monkeypatch):
    """The name of a kernel of that environment."""
    spec = {"argv": [str(colab), "-m", "ipykernel_launcher", "-f", "{connection_file}"], "language": "python"}
    folder = tmp_path / "jupyter" / "kernels" / "colab"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps({**spec, "display_name": "Colab"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return "colab"


def opened(public, file):
    """A notebook of the repository whose setup cell finds it on this disk."""
    notebook = nbformat.read(public / file, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace(f"git+{WHERE.url}@", f"git+{public.as_uri()}@")
    return notebook


def solved(public, unit):
    """An exercise with right functions in it."""
    notebook = opened(public, unit.exercise)
    solution, _ = build_exercise(source_of(unit.id))
    right = {cell.id: cell.source for cell in solution.cells if is_solution(cell)}
    for cell in notebook.cells:
        cell.source = right.get(cell.id, cell.source)
    return notebook


def first_cells(public):
    """Of each notebook the setup cell and the next cell of code, all in one notebook; what they define goes between."""
    cells = []
    for file in (file for unit in UNITS for file in (unit.lecture, unit.exercise)):
        code = [cell.source for cell in opened(public, file).cells if cell.cell_type == "code"]
        cells += [v4.new_code_cell(source) for source in ("%reset -f", *code[:2])]
    return v4.new_notebook(cells=[*cells, v4.new_code_cell("import course_lib\nprint(course_lib.__file__)")])


def printed(run) -> str:
    return "".join(output.get("text", "") for cell in run.notebook.cells for output in cell.get("outputs", []))


def test_every_notebook_begins_there_and_two_run_to_their_end(public, colab, kernel, tmp_path):
    """One test, so that the environment is made once, whoever runs tests side by side."""
    before = versions(colab)
    begun = run_notebook(first_cells(public), tmp_path, {**COLAB, "COURSE_CACHE": str(tmp_path / "cache")}, 600, kernel)
    assert begun.failure is None, str(begun.failure)
    assert printed(begun).count("Installing the course") == 1
    assert printed(begun).count("The course runs on Google Colab, ") == 2 * len(UNITS)
    assert Path(printed(begun).split()[-1]).is_relative_to(colab.parents[1])
    after = versions(colab)
    assert {name for name, version in before.items() if after[name] != version} == RAISED
    assert {"vision-course", "jaxtyping", "lightning-fabric"} <= after.keys() - before.keys()
    for unit, notebook in ((LECTURE, opened(public, LECTURE.lecture)), (EXERCISE, solved(public, EXERCISE))):
        (tmp_path / unit.id).mkdir()
        variables = {**COLAB, "COURSE_CACHE": str(tmp_path / unit.id / "cache")}
        whole = run_notebook(notebook, tmp_path / unit.id, variables, 600, kernel)
        assert whole.failure is None, str(whole.failure)
        views = [cell for cell in whole.notebook.cells if WIDGET in str(cell.get("outputs", ""))]
        assert len(views) >= (2 if unit is LECTURE else 0), "the explorers are there"
    assert (tmp_path / EXERCISE.id / f"{EXERCISE.id}.safetensors").exists(), "the weights to hand in"
