"""One thread in `mini`, for every library and in every order of imports; `full` and the user's own word stand above."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib import threads

ROOT = Path(__file__).parents[2]
OWN = "OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS VECLIB_MAXIMUM_THREADS OPENCV_FOR_THREADS_NUM".split()
COUNT = """
import ctypes, cv2, importlib.util, numpy, pathlib, scipy.linalg, threadpoolctl, torch
places = pathlib.Path(importlib.util.find_spec("sklearn").origin).parents[1].glob("scikit_learn.libs/*")
loaded = [ctypes.CDLL(str(place)) for place in places]  # its threads; all of it would take most of a second
pools = {pool["num_threads"] for pool in threadpoolctl.threadpool_info()}
print("threads:", torch.get_num_threads(), cv2.getNumThreads(), *sorted(pools))
"""


def clean(**variables):
    """This process's environment without any word about threads, and these variables."""
    said = (*OWN, threads.OURS, "COURSE_THREADS", "COURSE_PROFILE")
    return {name: value for name, value in os.environ.items() if name not in said} | variables


def counted(code, **variables):
    """The threads of PyTorch, of OpenCV, and of all pools that are loaded, after this code in a fresh process."""
    words = [sys.executable, "-c", f"{code}\n{COUNT}"]
    return _told(words, **variables)


def started(parent, code="", **variables):
    """The same after this code in a process that another one starts, with these variables, after the parent's code."""
    child, more = [sys.executable, "-c", f"{code}\n{COUNT}"], f"os.environ | {variables!r}"
    return _told([sys.executable, "-c", f"{parent}\nimport os, subprocess\nsubprocess.run({child!r}, env={more})"])


def _told(words, **variables):
    done = subprocess.run(words, env=clean(**variables), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("threads: ")[1].split()


@pytest.fixture(scope="module")
def untouched():
    """What the libraries do on this machine without the course."""
    return counted("")


@pytest.fixture(scope="module")
def two():
    """The same where everything says two."""
    return counted("", **dict.fromkeys(OWN, "2"))


@pytest.mark.parametrize(
    ("before", "part"),
    [
        ("", "course_lib"),
        ("", "course_lib.checks.rcnn"),
        ("import numpy", "course_lib.settings"),
        ("import torch", "course_lib.data"),
        ("import torch, cv2, sklearn.linear_model", "course_lib.settings"),
    ],
)
def test_whatever_is_imported_first_one_thread_computes(part, before):
    assert counted(f"{before}\nimport {part}") == ["1", "1", "1"]


@pytest.mark.parametrize("before", ["", "import torch, cv2, sklearn.linear_model"])
def test_who_asks_for_more_gets_them_whatever_else_is_said(two, before):
    code = f"{before}\nimport course_lib"
    assert counted(code, COURSE_THREADS="2", OMP_NUM_THREADS="1", COURSE_PROFILE="mini") == two
    assert counted(code, COURSE_THREADS="1", OMP_NUM_THREADS="2", COURSE_PROFILE="full") == ["1", "1", "1"]


def test_a_number_of_the_user_s_or_of_a_hub_stands():
    assert counted("import course_lib", OMP_NUM_THREADS="2") == counted("", OMP_NUM_THREADS="2")


@pytest.mark.parametrize("before", ["", "import torch"])
def test_full_takes_what_the_libraries_take(untouched, before):
    assert counted(f"{before}\nimport course_lib", COURSE_PROFILE="full") == untouched


@pytest.mark.parametrize("before", ["", "import torch"])
def test_full_is_not_bound_by_the_process_that_started_it(untouched, before):
    """JupyterLab with nbgrader imports the course; a kernel that it starts is in `full`."""
    assert started("import course_lib", f"{before}\nimport course_lib", COURSE_PROFILE="full")[0] == untouched[0]


def test_what_a_process_starts_computes_with_one_thread_too():
    assert started("import course_lib") == ["1", "1", "1"]


def test_a_number_that_cannot_be_used_stops_no_import():
    """`settings` refuses it by name (test_settings.py); until then it is as if it were not there."""
    assert counted("import course_lib", COURSE_THREADS="many") == ["1", "1", "1"]


@pytest.mark.parametrize(
    ("variables", "count", "told"),
    [
        ({}, 1, "COURSE_THREADS sets another number"),
        ({"COURSE_PROFILE": "full"}, None, "PyTorch's own number"),
        ({"OMP_NUM_THREADS": "1"}, None, "OMP_NUM_THREADS says so"),
        ({"OMP_NUM_THREADS": "1", threads.OURS: "OMP_NUM_THREADS"}, 1, "COURSE_THREADS sets another number"),
        ({"COURSE_THREADS": "2", "OMP_NUM_THREADS": "4"}, 2, "COURSE_THREADS says so"),
    ],
)
def test_the_decision_has_its_reason(monkeypatch, variables, count, told):
    for name in (*OWN, threads.OURS, "COURSE_THREADS", "COURSE_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert threads.decide().count == count
    assert told in threads.decide().reason


@pytest.mark.skipif(sys.platform != "linux", reason="boxes are for Linux")
def test_workers_and_boxes_compute_with_one_thread_whatever_is_said():
    from autograder.box import bubblewrap

    assert counted("import autograder.preload", COURSE_THREADS="3") == ["1", "1", "1"]
    box = bubblewrap.environment("/exam")
    assert {name: box[name] for name in OWN} == dict.fromkeys(OWN, "1")


def test_the_number_is_said_in_one_place():
    """Neither notebooks nor scripts set one of their own."""
    folders = ("course_lib", "autograder", "tools", "lectures", "solutions", "exercises", "binder", "tests/conftest.py")
    texts = {path for name in folders for path in (ROOT / name).rglob("*") if path.suffix in (".py", ".ipynb", "")}
    watched = ROOT / "autograder" / "box" / "watched.py"  # in a fork, which may do no more
    texts -= {Path(threads.__file__), watched}
    texts -= {*(ROOT / "tools" / "attacks" / "cases").glob("*.py")}  # what students write
    setting = re.compile(r"set_?[nN]um_?[tT]hreads\(|NUM_THREADS\W*=|environ\[.\w+NUM_THREADS")
    found = [str(path.relative_to(ROOT)) for path in texts if path.is_file() and setting.search(path.read_text())]
    assert found == []
