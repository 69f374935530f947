"""What is read from a hand-in is opened in one place: no link is followed, nothing is waited for or swapped."""

import ast
import json
import os
import sys
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from autograder.errors import BrokenSubmission
from autograder.intake import clean, handed_in, opening
from autograder.release import releases
from tests.helpers.classes import WEIGHTS, two_functions
from tools.samples.small_course import UNIT

SECRET = b"the grader's key"
INTAKE = ("intake/*.py", "report/similar.py")  # everything through which the path of a hand-in passes
OPENS = {
    *("open", "read_bytes", "read_text", "scandir", "listdir", "fwalk", "iterdir", "copyfile", "copy", "copy2"),
    *("copytree", "ZipFile", "fdopen", "read", "load", "loadtxt", "fromfile", "memmap", "safe_open", "load_file"),
}
NOT_HANDED_IN = {  # what these open is the course's own, or in memory already
    ("archives", "_entries"): "ZipFile",  # bytes that were read
    ("archives", "unpacked"): "open",
    ("archives", "_parts"): "read",
    ("choice", "_lectures"): "read",
    ("clean", "clean_files"): "read_text",
    ("similar", "released_sources"): "read",
    ("copied", "_networks"): "read_bytes",
    ("copied", "_tensors"): "load",
}
READS = {  # these ask `opening`
    *(("archives", "_entries"), ("choice", "_candidate"), ("weights", "_opened"), ("handed_in", "_stamp_in")),
    *(("unreadable", "_head"), ("similar", "works_of")),
}


@pytest.fixture
def hand_in(tmp_path):
    """submitted/eve/UNIT, empty, and a secret beside the submitted folder."""
    (tmp_path / "autograder.key").write_bytes(SECRET)
    folder = tmp_path / "submitted" / "eve" / UNIT
    folder.mkdir(parents=True)
    return folder


def test_an_ordinary_file_is_read(hand_in):
    (hand_in / "a").write_bytes(b"mine")
    assert opening.content(hand_in / "a", opening.above(hand_in), 4) == b"mine"
    with pytest.raises(BrokenSubmission, match="a is too large"):
        opening.content(hand_in / "a", opening.above(hand_in), 3)


def test_the_folder_of_all_may_be_a_link_but_no_other(hand_in, tmp_path):
    (hand_in / "a").write_bytes(b"mine")
    (tmp_path / "link").symlink_to(tmp_path / "submitted")
    assert opening.content(tmp_path / "link" / "eve" / UNIT / "a", tmp_path / "link", 9) == b"mine"
    for above in (hand_in, hand_in.parent):
        moved = above.with_name("moved")
        above.rename(moved)
        above.symlink_to(moved)
        with pytest.raises(OSError, match="."):
            opening.content(hand_in / "a", opening.above(hand_in), 9)
        with pytest.raises(OSError, match="."), opening.listed(hand_in, opening.above(hand_in)):
            pass
        above.unlink()
        moved.rename(above)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("../../../autograder.key", path)])
def test_what_is_no_file_is_neither_read_nor_waited_for(hand_in, make):
    make(hand_in / "a")
    with pytest.raises((BrokenSubmission, OSError)):
        opening.content(hand_in / "a", opening.above(hand_in), 99)


def test_a_hard_link_is_refused_by_its_number_of_names(hand_in, tmp_path):
    os.link(tmp_path / "autograder.key", hand_in / "a")
    with pytest.raises(BrokenSubmission, match=r"is a hard link[\s\S]*copy it"):
        opening.content(hand_in / "a", opening.above(hand_in), 99)


@contextmanager
def swapping(path, target):
    """A thread that lays a file, a soft and a hard link to the target, and a pipe at the path, all the time."""
    stop, draft = threading.Event(), path.with_name("draft")

    def turn():
        while not stop.is_set():
            for make in (
                lambda: draft.write_bytes(b"mine"),
                lambda: draft.symlink_to(target),
                lambda: os.link(target, draft),
                lambda: os.mkfifo(draft),
            ):
                make()
                os.replace(draft, path)
                draft.unlink(missing_ok=True)

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_file_that_is_swapped_all_the_time_gives_the_students_own_bytes_or_nothing(hand_in, tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "TICK", 0)  # more tries
    (hand_in / "a").write_bytes(b"mine")
    found = set()
    with swapping(hand_in / "a", tmp_path / "autograder.key"):
        for _ in range(3000):
            with suppress(BrokenSubmission, OSError):
                found.add(opening.content(hand_in / "a", opening.above(hand_in), 99))
    assert found <= {b"mine"}


def test_a_second_name_that_comes_and_goes_within_a_tick_of_the_clock_is_seen(hand_in, tmp_path, monkeypatch):
    """At each look the path leads to the key, whose second name is gone again when names are counted."""
    key, real_stat, real_open = tmp_path / "autograder.key", os.stat, os.open
    looks = []

    def briefly(look):
        def looked(path, *args, **kwargs):
            if path != "a":
                return look(path, *args, **kwargs)
            os.link(key, hand_in / "a")
            looks.append(real_open(hand_in / "a", os.O_RDONLY))
            (hand_in / "a").unlink()
            return os.dup(looks[-1]) if look is real_open else os.fstat(looks[-1])

        return looked

    monkeypatch.setattr(os, "stat", briefly(real_stat))
    monkeypatch.setattr(os, "open", briefly(real_open))
    with pytest.raises(BrokenSubmission, match="was exchanged for another while it was read"):
        opening.content(hand_in / "a", opening.above(hand_in), 99)
    assert len(looks) == 3
    for descriptor in looks:
        os.close(descriptor)


def test_a_file_whose_time_is_to_come_is_read_all_the_same(hand_in, monkeypatch):
    """A clock that was set back loses no point."""
    (hand_in / "a").write_bytes(b"mine")
    monkeypatch.setattr(time, "time_ns", lambda: os.stat(hand_in / "a").st_ctime_ns - 10**12)
    assert opening.content(hand_in / "a", opening.above(hand_in), 99) == b"mine"


def test_a_folder_that_is_swapped_all_the_time_leads_nowhere_else(hand_in, tmp_path):
    for folder, text in ((hand_in / "inner", b"mine"), (tmp_path / "private", SECRET)):
        folder.mkdir()
        (folder / "a").write_bytes(text)
    found, stop = set(), threading.Event()

    def turn():
        while not stop.is_set():
            (hand_in / "inner").rename(hand_in / "aside")
            (hand_in / "inner").symlink_to(tmp_path / "private")
            (hand_in / "inner").unlink()
            (hand_in / "aside").rename(hand_in / "inner")

    thread = threading.Thread(target=turn)
    thread.start()
    for _ in range(3000):
        with suppress(BrokenSubmission, OSError):
            found.add(opening.content(hand_in / "inner" / "a", opening.above(hand_in), 99))
    stop.set()
    thread.join()
    assert found <= {b"mine"}


def calls_of(path):
    """(function, what it calls) for whatever may open something."""
    for function in [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]:
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                if name in OPENS:
                    yield function.name, name


def test_nothing_else_in_the_intake_opens_anything(root):
    paths = {path for pattern in INTAKE for path in (root / "autograder").glob(pattern)}
    assert len(paths) > 18
    for path in paths - {root / "autograder" / "intake" / "opening.py"}:
        module = path.stem
        for function, called in calls_of(path):
            allowed = NOT_HANDED_IN.get((module, function)) == called or (
                (module, function) in READS and called in ("read", "opened")
            )
            assert allowed, (
                f"{module}.{function} calls {called}: what lies in a hand-in is opened by autograder.intake.opening"
            )


OPENED: list[str] = []
WATCHING = [False]


def watch(event, arguments):
    """Note what is opened or listed by a path of its own; the one way in names only what is in an open folder."""
    if WATCHING[0] and event in ("open", "os.listdir", "os.scandir", "shutil.copyfile") and arguments:
        OPENED.append(str(arguments[0]))


def test_whatever_is_handed_in_is_opened_by_the_one_function(hand_in, tmp_path, monkeypatch):
    monkeypatch.setattr(releases, "find", lambda unit, course, name: (two_functions(), ""))
    (hand_in / f"{UNIT}.ipynb").write_text(json.dumps(two_functions()))
    (hand_in / f"{UNIT}.safetensors").write_bytes(WEIGHTS)
    (hand_in / "timestamp.txt").write_text("2030-01-14 12:00:00 UTC")
    (hand_in / "inner").mkdir()
    (hand_in / "inner" / "work.zip").write_bytes(b"PK")
    empty = hand_in.parents[1] / "zoe" / UNIT
    empty.mkdir(parents=True)
    (empty / "work.pdf").write_bytes(b"%PDF")
    sys.addaudithook(watch)
    WATCHING[0] = True
    try:
        for number, folder in enumerate((hand_in, empty)):
            clean.take_in(folder, tmp_path / f"clean{number}", UNIT, tmp_path)
            handed_in.look(folder, UNIT, tmp_path, two_functions())
    finally:
        WATCHING[0] = False
    assert [path for path in OPENED if str(hand_in.parent) in path or str(empty.parent) in path] == []
    assert any(f"{UNIT}.ipynb" in path for path in OPENED)
