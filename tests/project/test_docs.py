"""Documents cannot drift: commands exist, have help with an example, links lead somewhere, every unit is listed."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from autograder import cli as autograder_cli
from course_lib import cli as course_cli

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("lectures/*.md")])
APPS = {"course": course_cli.app, "autograder": autograder_cli.app}
MAKE = (ROOT / "Makefile").read_text()
TARGETS = set(re.search(r"^\.PHONY: (.*)$", MAKE, re.MULTILINE)[1].split())
PLAIN = set("cd cp pip conda python git sudo export jupyter nbgrader mkdir openssl curl".split())
PLAIN |= set("python3 .venv/bin/python .venv/bin/jupyter".split())


def commands_of(name: str) -> dict:
    """Every command of an app by its words: {"course data voc": …}."""
    found, waiting = {}, [(name, typer.main.get_command(APPS[name]))]
    while waiting:
        words, command = waiting.pop()
        inner = getattr(command, "commands", {})
        waiting += [(f"{words} {word}", child) for word, child in inner.items()]
        if not inner:
            found[words] = command
    return found


COMMANDS = {words: command for name in APPS for words, command in commands_of(name).items()}


def code_lines() -> list[tuple[str, str]]:
    """(document, command) for each line of each shell block, comments cut off."""
    lines = []
    for path in DOCUMENTS:
        for block in re.findall(r"^```sh\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL):
            commands = [line for line in block.splitlines() if line.strip() and not line.startswith("#")]
            lines += [(path.name, line.split(" #")[0].strip()) for line in commands]
    return lines


def links() -> list[tuple[Path, str]]:
    return [
        (path, target)
        for path in DOCUMENTS
        for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text())
        if not target.startswith(("http", "#"))
    ]


def example_of(command) -> str:
    return next(line.split("Example:")[1].strip() for line in command.help.splitlines() if "Example:" in line)


def check_command(line: str) -> None:
    """Fails unless the command exists and takes these options."""
    program, *arguments = [word for word in shlex.split(line) if not re.fullmatch(r"[A-Z_]+=\S*", word)]
    if program == "make":
        assert set(arguments) <= TARGETS, f"no such target: {line}"
    elif program in APPS:
        words = next(words for words in COMMANDS if f"{line} ".startswith(f"{words} "))
        given = {word.split("=")[0] for word in arguments if word.startswith("--")}
        known = {option for parameter in COMMANDS[words].params for option in parameter.opts}
        assert given <= known | {"--help"}, f"no such option: {line}"
    else:
        assert program in PLAIN, f"what is this? {line}"


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_every_command_has_help_with_an_example_that_exists(words):
    assert COMMANDS[words].help.splitlines()[0].endswith(".")
    example = example_of(COMMANDS[words])
    assert example.startswith(words)
    check_command(example)


@pytest.mark.parametrize("words", sorted([*APPS, *COMMANDS]))
def test_every_command_is_installed_and_shows_its_help(words):
    program, *rest = words.split()
    path = shutil.which(program, path=str(Path(sys.executable).parent))
    assert path, f"{program} is not installed: make lint sets up"
    result = subprocess.run([path, *rest, "--help"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert "Usage" in result.stdout


def test_the_documents_show_commands():
    assert {name for name, _ in code_lines()} >= {"README.md", "CONTRIBUTING.md", "instructor.md"}


@pytest.mark.parametrize(("document", "line"), code_lines())
def test_every_command_in_a_document_exists(document, line):
    for part in line.split(" && "):
        check_command(part)


@pytest.mark.parametrize("wrong", ["make cake", "course dance", "course data voc --moon 3", "rm -rf /"])
def test_a_command_that_does_not_exist_is_noticed(wrong):
    with pytest.raises((AssertionError, StopIteration)):
        check_command(wrong)


def test_make_lists_every_target_with_a_sentence():
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = set(re.findall(r"^make ([a-z-]+) +\S+", shown, re.MULTILINE))
    assert listed == TARGETS - {"debian", "proxy"}


def test_make_names_the_missing_package(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", "pyproject.toml", "apt.txt"):
        (tmp_path / name).touch()
    result = subprocess.run(["make", "lint", "PYTHON="], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "Python 3.11 or later is missing: sudo apt-get install python3 python3-venv" in result.stdout
    new = "#!/bin/sh\ncase $2 in *version_info*) exit 0;; esac\nexit 1\n"
    assert "python3-venv is missing: sudo apt-get install python3-venv" in _lint_with(tmp_path, "without-venv", new)


def test_make_refuses_an_old_python_that_was_named(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    old = "#!/bin/sh\ncase $2 in *version_info*) exit 1;; esac\nexit 0\n"
    said = _lint_with(tmp_path, "python3.9", old)
    assert "python3.9 is too old: the course needs Python 3.11 or later" in said
    assert "make lab PYTHON=python3.12" in said


def test_make_without_a_network_says_what_failed_and_what_to_do(tmp_path):
    """A Python whose environment has a pip that reaches nothing."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").write_text("uv==0.1\n")
    (tmp_path / "pyproject.toml").touch()
    alone = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    command = ["make", "lint", f"PYTHON={sys.executable}"]
    environment = {**os.environ, **alone, "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "", "PIP_NO_INDEX": ""}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "uv==0.1" in result.stderr  # what pip tried
    assert "Without a network: connect, and give the same command again" in result.stdout


def _lint_with(folder: Path, name: str, script: str) -> str:
    """What `make lint` says where Python is this script."""
    for needed in ("requirements.txt", "pyproject.toml", "apt.txt"):
        (folder / needed).touch()
    python = folder / name
    python.write_text(script)
    python.chmod(0o755)
    command = ["make", "lint", f"PYTHON={python}"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(("path", "target"), links(), ids=lambda value: getattr(value, "name", value))
def test_every_link_leads_to_a_file(path, target):
    assert (path.parent / target.split("#")[0]).exists()


@pytest.mark.parametrize("page", ["lectures/index.md", "README.md"])
def test_every_notebook_is_linked(page):
    linked = {os.path.normpath((ROOT / page).parent / target) for path, target in links() if path == ROOT / page}
    built = {str(path) for pattern in ("lectures/*.ipynb", "exercises/*/*.ipynb") for path in ROOT.glob(pattern)}
    assert built
    assert built <= linked


def test_every_page_of_the_docs_is_linked_in_the_readme():
    linked = {target.split("#")[0] for path, target in links() if path == ROOT / "README.md"}
    pages = {f"docs/{path.name}" for path in ROOT.glob("docs/*.md")}
    assert pages - linked == set()


def test_the_two_commands_stand_in_the_first_screen_of_the_readme():
    first = "\n".join((ROOT / "README.md").read_text().splitlines()[:25])
    assert "make lab" in first
    assert "make test" in first


def test_ci_runs_the_readme_s_test_command():
    assert "exec make test" in (ROOT / ".ci" / "run").read_text()
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_every_setting_is_in_the_readme():
    source = (ROOT / "course_lib" / "settings.py").read_text()
    variables = set(re.findall(r'"(COURSE_[A-Z_]+)"', source))
    assert variables
    assert {name for name in variables if f"`{name}`" not in (ROOT / "README.md").read_text()} == set()


@pytest.mark.parametrize("name", ["requirements.txt", "environment.yml", "binder/environment.yml", "pyproject.toml"])
def test_no_file_of_versions_names_an_index(name):
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_requirements_are_exact_and_leave_cuda_to_torch():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if "==" not in line] == []
    assert [line for line in lines if line.startswith(("nvidia", "cuda", "triton"))] == []
    assert {line.split("==")[0] for line in lines} >= {"torch", "torchvision", "nbgrader", "pytest", "uv"}


def test_binder_installs_exact_versions_and_nothing_for_tests():
    script = (ROOT / "binder" / "postBuild").read_text()
    assert "--constraint requirements.txt" in script
    assert re.findall(r"\.\[(\w+)\]", script) == ["instructor"]
    assert os.access(ROOT / "binder" / "postBuild", os.X_OK)


def test_contributing_adds_a_unit_in_at_most_ten_steps():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    section = text.split("## Add a unit")[1].split("\n## ")[0]
    steps = re.findall(r"^(\d+)\. (.*)$", section, re.MULTILINE)
    assert 0 < len(steps) <= 10
    for _, step in steps:
        assert step.startswith("`"), f"a step begins with a file or a command: {step}"
        word = step.split("`")[1]
        known = word.replace("NN_name", "02_rcnn").replace("name", "rcnn")
        if word.startswith("make "):
            check_command(word)
        else:
            assert (ROOT / known).exists(), known
