"""What students run, run on Windows and macOS too: no module, file name or text that only Linux reads."""

import ast
import re
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import pytest
import torch
from safetensors.torch import save_file

from course_lib.models.weights import load_tensors

ROOT = Path(__file__).parents[2]
MODULES = sorted(ROOT.glob("course_lib/**/*.py"))
TEXTS = [*MODULES, *sorted(ROOT.glob("lectures/*.py")), *sorted(ROOT.glob("solutions/*/*.py"))]
POSIX = set("fcntl resource pwd grp termios tty pty syslog posix crypt spwd".split())
CALLS = set("fork forkpty kill killpg getuid geteuid getgid getpgid setsid statvfs uname mkfifo chown nice".split())
TEXT_FILES = {"open": 1, "read_text": 0, "write_text": 1}  # the place of what comes before the encoding: mode, text


def complaints(source: str) -> list[str]:
    """What of a module's code another system, or another system's encoding, would not do."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in POSIX]
        elif isinstance(node, ast.ImportFrom) and node.module in POSIX:
            found.append(node.module)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            found += [f"os.{node.attr}"] * (node.attr in CALLS)
        elif isinstance(node, ast.Attribute) and node.attr in ("SIGKILL", "SIGALRM", "SIGHUP"):
            found.append(node.attr)
        elif isinstance(node, ast.Call) and _is_text(node):
            found.append(f"{ast.unparse(node)} without an encoding")
    return found


def _is_text(call: ast.Call) -> bool:
    """Whether a file is opened as text, in whatever encoding this machine prefers."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name not in TEXT_FILES or any(word.arg == "encoding" for word in call.keywords):
        return False
    if name == "open":
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) not in ("path", "io"):
            return False  # Image.open, zipped.open, tokenize.open: no text of ours
        return not any("b" in str(mode.value) for mode in call.args if isinstance(mode, ast.Constant))
    return len(call.args) <= TEXT_FILES[name]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_students_run_is_for_linux_alone(path):
    assert complaints(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("import fcntl", 1),
        ("def f():\n    from pwd import getpwnam", 1),
        ("os.fork()", 1),
        ("signal.SIGKILL", 1),
        ("open(path)", 1),
        ("path.open('w')", 1),
        ("open(path, 'rb')", 0),
        ("path.read_text()", 1),
        ("path.read_text(encoding='utf-8')", 0),
        ("path.write_text(text)", 1),
        ("path.write_bytes(text)", 0),
        ("os.replace(a, b)", 0),
    ],
)
def test_what_is_for_linux_alone_is_noticed(source, count):
    assert len(complaints(source)) == count


def test_the_course_is_imported_where_there_are_no_posix_modules():
    """In a process of its own, where our modules do not find them; libraries choose by the system's name."""
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in MODULES]
    code = f"""
import builtins, importlib
known = builtins.__import__
def without(name, globals=None, locals=None, fromlist=(), level=0):
    if name in {POSIX!r} and (globals or {{}}).get("__name__", "").startswith("course_lib"):
        raise ModuleNotFoundError(f"No module named {{name!r}}")
    return known(name, globals, locals, fromlist, level)
builtins.__import__ = without
for name in {names!r}:
    importlib.import_module(name)
print("imported", len({names!r}))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == f"imported {len(names)}", done.stderr
    assert len(names) > 100


def kept_files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-s", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return [line for line in listed.split("\0") if line]


def test_every_file_can_have_its_name_on_windows():
    names = [line.split("\t")[1] for line in kept_files()]
    assert len(names) > 500
    assert [name for name in names if re.search(r'[<>:"|?*\\]|[ .](/|$)', name)] == []
    assert [name for name in names if PureWindowsPath(name).is_reserved()] == []
    assert len({name.casefold() for name in names}) == len(names)
    assert max(map(len, names)) < 150  # of the 260 that Windows has for a whole path


def test_no_file_is_a_link():
    """Git on Windows writes a file with the link's text instead."""
    assert [line for line in kept_files() if line.startswith("120000")] == []


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what a process has mapped")
def test_who_has_loaded_weights_does_not_hold_their_file(tmp_path):
    """Windows would refuse to replace a checkpoint, or to delete a file of weights, that a tensor still lives in."""
    path = tmp_path / "kept.safetensors"
    save_file({"weight": torch.arange(100_000.0)}, path)
    tensors = load_tensors(path)
    assert str(path) not in Path("/proc/self/maps").read_text(encoding="utf-8")
    assert tensors["weight"].add_(1)[-1] == 100_000
