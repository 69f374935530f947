"""The setup cell: what it installs and leaves alone, what it says when it cannot, and that it costs nobody a point."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import nbformat
import pytest

from autograder.exam.assess import examine
from autograder.intake import repair
from autograder.intake.choice import notebook as chosen
from autograder.intake.files import everything
from autograder.release import setup
from autograder.release.roles import is_solution
from autograder.report import similar
from course_lib.units import UNITS
from tests.helpers.wheels import wheel
from tools.build.lengths import LONGEST_CODE, WIDEST_CODE, code_lines
from tools.samples.small_course import TWO, UNIT, make_course

PACKAGE = "git+https://github.com/owner/name@course-1a2b3c"
HERE = {"torch": "2.10.0+cu128", "torchvision": "0.25.0+cu128", "numpy": "2.0.2"}  # Colab's
GREETING = {"course_lib/__init__.py": "", "course_lib/runtime.py": "def greeting():\n    return 'hello'\n"}


def cell(package=PACKAGE):
    return setup.TEXT.replace(setup.ADDRESS, str(package))


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An environment with pip and Colab's PyTorch and NumPy, as far as pip can see; it has no network."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
    found = folder / "env" / "bin" / "python"
    files = [wheel(folder, name, version, {f"{name}.py": ""}) for name, version in HERE.items()]
    subprocess.run([found, "-m", "pip", "install", "--quiet", "--no-index", *files], check=True)
    return found


@pytest.fixture
def run(python, tmp_path):
    """Runs a cell there, in an empty folder: its status, what it printed, and the packages that are there then."""

    def call(source):
        environment = {"PIP_NO_INDEX": "1", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
        settings = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True, "timeout": 60}
        done = subprocess.run([python, "-c", source], **settings, check=False)
        listed = subprocess.run(
            [python, "-m", "pip", "list", "--format", "freeze"], **settings, check=True
        ).stdout.split()
        versions = dict(line.split("==") for line in listed if "==" in line)
        assert {name: versions.get(name) for name in HERE} == HERE
        return done.returncode, done.stdout + done.stderr

    return call


def test_it_is_short_enough_for_a_cell():
    assert code_lines(setup.TEXT) <= LONGEST_CODE
    assert max(map(len, cell().splitlines())) <= WIDEST_CODE


def test_it_installs_the_course_beside_what_is_there_and_says_where_we_are(python, run, tmp_path):
    needs = ["torch>=2.4", "torchvision>=0.19", "numpy>=1.26"]
    source = cell(wheel(tmp_path, "vision-course", "1", GREETING, needs).as_uri())
    assert run(source) == (0, "Installing the course beside the PyTorch that is here …\nhello\n")
    assert run(source) == (0, "hello\n"), "the second time there is nothing to install"
    subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "vision-course"], check=True)


def test_where_the_course_is_it_starts_nothing(monkeypatch, capsys):
    monkeypatch.setattr(subprocess, "run", lambda *words, **more: pytest.fail("it installs"))
    exec(cell(), {})
    assert capsys.readouterr().out.startswith("The course runs on ")


def test_rather_than_replace_pytorch_it_stops(run, tmp_path):
    status, said = run(cell(wheel(tmp_path, "vision-course", "1", GREETING, ["torch>=99"]).as_uri()))
    assert status == 1
    assert "beside ['torch==2.10.0+cu128', 'torchvision==0.25.0+cu128', 'numpy==2.0.2']" in said
    assert "torch>=99" in said


def test_an_old_python_is_named(run, tmp_path):
    """The wheel asks for a Python that is younger than any: to pip all others are old."""
    status, said = run(cell(wheel(tmp_path, "vision-course", "1", GREETING, python=">=99").as_uri()))
    assert status == 1
    assert "expected: Python 3.11 or later" in said
    assert f"got: Python {sys.version.split()[0]}; " in said
    assert "Package 'vision-course' requires a different Python" in said


def test_without_a_network_it_says_what_to_try(run):
    status, said = run(cell("git+https://127.0.0.1:9/owner/name@course-1a2b3c"))
    assert status == 1
    assert "The course could not be installed" in said
    assert "expected: Python 3.11 or later, a network, and git+https://127.0.0.1:9/owner/name@course-1a2b3c" in said
    assert "unable to access" in said
    assert "try: open that address in a browser" in said


@pytest.fixture
def closed():
    """A server that asks everybody for a password, as hosts do where there is no such public repository."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="here"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            return None

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"git+http://127.0.0.1:{server.server_port}/owner/nam@course-1a2b3c"
        server.shutdown()
        thread.join()


def test_a_wrong_address_asks_for_no_password(run, closed):
    status, said = run(cell(closed))
    assert status == 1
    assert "terminal prompts disabled" in said


def test_it_stands_in_front_of_the_first_section_of_every_notebook(root):
    for file in (file for unit in UNITS for file in (unit.lecture, unit.exercise)):
        notebook = nbformat.read(root / file, as_version=4)
        given = setup.with_setup(notebook, PACKAGE)
        at = [found.id for found in given.cells].index(setup.ID)
        assert given.cells[at].source == cell()
        behind = given.cells[at + 1]
        assert behind.cell_type == "code" or behind.source.startswith("## ")
        assert at > 0
        assert all(found.cell_type == "markdown" for found in given.cells[:at])
        assert [*given.cells[:at], *given.cells[at + 1 :]] == notebook.cells
        assert given.metadata == notebook.metadata
        nbformat.validate(given)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("small") / "course")


def given_out(course):
    """The short exercise as the public repository has it, and as it was built."""
    built = nbformat.read(course / "exercises" / UNIT / f"{UNIT}.ipynb", as_version=4)
    return setup.with_setup(built, PACKAGE), built


def hand_in(folder: Path, notebook) -> Path:
    folder.mkdir()
    nbformat.write(notebook, folder / f"{UNIT}.ipynb")
    return folder


def on_colab(notebook):
    """What Colab leaves of a notebook: ids of its own, none of nbgrader's metadata."""
    notebook.metadata.update(accelerator="GPU", colab={"provenance": []})
    for number, found in enumerate(notebook.cells):
        found.metadata = {"id": f"x{number}YzAbC", "outputId": "1f0c"}
        found.id = f"x{number}YzAbC"
    return notebook


@pytest.mark.sandbox
@pytest.mark.parametrize("saved_by", [lambda notebook: notebook, on_colab], ids=["JupyterLab", "Colab"])
def test_right_work_in_a_given_out_notebook_earns_all_points(course, tmp_path, saved_by):
    mine, built = given_out(course)
    solution = nbformat.read(course / "solutions" / UNIT / f"{UNIT}.ipynb", as_version=4)
    right = {found.id: found.source for found in solution.cells if is_solution(found)}
    for found in mine.cells:
        found.source = right.get(found.id, found.source)
    submission = repair.read(hand_in(tmp_path / "ada", saved_by(mine)), built, UNIT)
    assert submission.notes == []
    assert [cell() == found.source for found in submission.notebook.cells].count(True) == 1
    result = examine(UNIT, "ada", submission.notebook, None, dict.fromkeys(TWO, 7), "bubblewrap")
    assert {check.name: check.points for check in result.checks} == {check.name: check.of for check in result.checks}
    assert result.notes == ()


def test_who_wrote_nothing_has_nothing_of_his_own(course, tmp_path):
    mine, built = given_out(course)
    folder = hand_in(tmp_path / "ada", mine)
    assert not chosen(everything(folder), folder, UNIT, course, built, [], []).own
    mine.cells[-1].source += "\nMine."
    nbformat.write(mine, folder / f"{UNIT}.ipynb")
    assert chosen(everything(folder), folder, UNIT, course, built, [], []).own


@pytest.mark.parametrize("package", [PACKAGE, "git+https://gitlab.com/group/part/name@spring/2027"])
def test_it_is_known_for_any_address_and_with_nothing_else_in_it(package):
    assert setup.is_setup(cell(package) + "\n")
    assert not setup.is_setup(cell(package) + "\nx = 1")
    assert not setup.is_setup(cell('"\nimport os\n"'))


def test_nobody_is_suspected_for_having_it(course):
    prints = similar.fingerprints(
        {"ada": [("own cell 1", cell())], "bob": [("own cell 1", cell(PACKAGE + "2"))]},
        similar.released_sources(UNIT, course),
    )
    assert similar.among(prints, 0.01) == []
