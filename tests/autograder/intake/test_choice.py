"""Of all that lies in a submitted folder the work is found by what is in it, and what was chosen is said."""

import json
import os
import shutil
from copy import deepcopy

import nbformat
import pytest
from nbformat import v4

from autograder.intake import choice
from autograder.intake.handed_in import look
from tests.helpers.classes import WEIGHTS, two_functions

UNIT = "02_rcnn"
F, G = "def f(x):\n    return x", "def g(x):\n    return x"


def work(*functions, stripped=False):
    """A copy of the release with some functions written."""
    made = two_functions()
    for place, source in ((2, F), (4, G)):
        if source in functions:
            made.cells[place].source = source
    if stripped:
        made.metadata.clear()
        for number, cell in enumerate(made.cells):
            cell.metadata, cell.id = {}, f"x{number}"
    return made


def lecture():
    """A lecture that defines one of the functions."""
    return v4.new_notebook(cells=[v4.new_markdown_cell("# The lecture"), v4.new_code_cell("def f(x):\n    return 0")])


def other_unit():
    """The exercise of another unit, worked, with a cell that both units have."""
    made = work(F, G)
    made.metadata.course = {"unit": "03_fast_rcnn", "release": "r3"}
    return made


def found(folder, **files):
    """What is chosen of some notebooks, by name; a list of files says how old each is, the first the oldest."""
    for number, (name, notebook) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook if isinstance(notebook, str) else json.dumps(notebook))
        os.utime(path, (1_000_000 + 60 * number,) * 2)
    handed_in = look(folder, UNIT, released=two_functions())
    cells = handed_in.notebook.cells if handed_in.notebook else []
    return [cell.source for cell in cells if cell.source in (F, G, "def f(x):\n    return 0")], handed_in.notes


@pytest.mark.parametrize("stripped", [False, True])
@pytest.mark.parametrize("copy", [f"{UNIT}-Copy1.ipynb", "Übung (2).ipynb", f"deep/er/{UNIT}.ipynb", "x.ipynb.json"])
def test_the_copy_in_which_the_work_is_counts_and_both_are_named(tmp_path, copy, stripped):
    answers, notes = found(tmp_path, **{copy: work(F, G, stripped=stripped), f"{UNIT}.ipynb": work()})
    assert answers == [F, G]
    assert len(notes) == 1
    for words in (f"Graded: {copy} (2 functions", f"Left out: {UNIT}.ipynb (0)", "most is written the newest counts"):
        assert words in notes[0]


@pytest.mark.parametrize(
    ("files", "answers"),
    [
        ({f"{UNIT}.ipynb": work(F), "copy.ipynb": work(F, G)}, [F, G]),
        ({"copy.ipynb": work(F, G), f"{UNIT}.ipynb": work(F)}, [F, G]),
        ({f"{UNIT}.ipynb": work(F), "copy.ipynb": work(G)}, [G]),
        ({"old.ipynb": work(F), "new.ipynb": work(G)}, [G]),
        ({f"{UNIT} (1).ipynb": work(F), "new.ipynb": work(G)}, [G]),
        ({"no.ipynb": "{", f"{UNIT} (1).ipynb": work(G)}, [G]),
    ],
)
def test_of_several_copies_a_rule_decides(tmp_path, files, answers):
    assert found(tmp_path, **files)[0] == answers


def test_a_written_answer_is_work_too(tmp_path):
    mine = work()
    mine.cells.append(v4.new_markdown_cell("My answer."))
    (tmp_path / f"{UNIT}.ipynb").write_text(json.dumps(work()))
    (tmp_path / "mine.ipynb").write_text(json.dumps(mine))
    assert look(tmp_path, UNIT, released=two_functions()).notebook.cells[-1].source == "My answer."


def test_a_whole_checkout_is_graded_by_its_exercise(tmp_path):
    files = {
        f"course/lectures/{UNIT}.ipynb": lecture(),
        "course/exercises/03_fast_rcnn/03_fast_rcnn.ipynb": other_unit(),
        f"course/exercises/{UNIT}/{UNIT}.ipynb": work(F, G),
    }
    answers, notes = found(tmp_path, **files)
    assert answers == [F, G]
    assert notes == [f"The notebook was handed in as course/exercises/{UNIT}/{UNIT}.ipynb, expected {UNIT}.ipynb."]


@pytest.mark.parametrize("name", [f"{UNIT}.ipynb", "other.ipynb"])
def test_another_unit_is_never_the_work(tmp_path, name):
    assert found(tmp_path, **{name: other_unit(), "mine.ipynb": work(F, stripped=True)})[0] == [F]
    (tmp_path / "mine.ipynb").unlink()
    answers, notes = found(tmp_path)
    assert answers == []
    assert "There is no notebook" in notes[0]
    assert f"of which {name}: a lecture's or another unit's" in notes[0]


def test_a_lecture_is_never_the_work(tmp_path, root):
    (tmp_path / "course" / "lectures").mkdir(parents=True)
    own = lecture()
    own.cells.append(v4.new_code_cell("mine = 1"))
    (tmp_path / "course" / "lectures" / "99_mine.ipynb").write_text(nbformat.writes(lecture()))
    folder = tmp_path / "submitted" / "ada" / UNIT
    folder.mkdir(parents=True)
    (folder / f"{UNIT}.ipynb").write_text(nbformat.writes(own))
    handed_in = look(folder, UNIT, tmp_path / "course", two_functions())
    assert (handed_in.notebook, "a lecture's or another" in handed_in.notes[0]) == (None, True)
    shutil.copy(root / "lectures" / f"{UNIT}.ipynb", folder)
    assert look(folder, UNIT, tmp_path / "course", two_functions()).notebook is None


def test_a_notebook_of_one_s_own_that_defines_the_functions_is_one(tmp_path):
    answers, notes = found(tmp_path, **{"Untitled.ipynb": v4.new_notebook(cells=[v4.new_code_cell(F)])})
    assert answers == [F]
    assert notes == [f"The notebook was handed in as Untitled.ipynb, expected {UNIT}.ipynb."]


def test_the_only_notebook_is_read_and_said_to_be_none_of_ours(tmp_path):
    _, notes = found(tmp_path, **{"Untitled.ipynb": v4.new_notebook(cells=[v4.new_code_cell("x = 1")])})
    assert notes[-1] == "Untitled.ipynb holds no cell of the exercise."
    (tmp_path / "more.ipynb").write_text((tmp_path / "Untitled.ipynb").read_text())
    assert "There is no notebook" in found(tmp_path)[1][0]


def test_a_broken_copy_beside_a_whole_one_is_named(tmp_path):
    answers, notes = found(tmp_path, **{f"{UNIT}.ipynb": "{", f"{UNIT} (1).ipynb": work(F)})
    assert answers == [F]
    assert any(f"{UNIT}.ipynb was left out: The file is not a Jupyter notebook." in note for note in notes)


def test_no_more_than_some_notebooks_are_read(tmp_path, monkeypatch):
    for name in ("MOST", "MOST_BYTES"):
        with monkeypatch.context() as patch:
            patch.setattr(choice, name, 1)
            assert found(tmp_path, **{"a.ipynb": work(F, G), f"{UNIT}.ipynb": work(F)})[0] == [F]


def weights(folder, *files):
    """What is taken of some files of weights beside a notebook, and the notes about it."""
    for number, name in enumerate(files):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(WEIGHTS)
        os.utime(path, (1_000_000 + 60 * number,) * 2)
    handed_in = look(folder, UNIT, released=two_functions())
    taken = handed_in.weights and str(handed_in.weights.path.relative_to(folder))
    return taken, [note for note in handed_in.notes if "safetensors" in note]


@pytest.mark.parametrize(
    "name",
    [
        *(f"{UNIT} (1).safetensors", "weights.safetensors", "Gewichte für R-CNN.SAFETENSORS", "02-RCNN.safetensors"),
        *(f"my {UNIT} v2.safetensors", "मॉडल.safetensors", f"deep/{UNIT}.safetensors"),
    ],
)
def test_the_only_file_of_weights_is_taken_whatever_its_name(tmp_path, name):
    (tmp_path / f"{UNIT}.ipynb").write_text(json.dumps(work(F)))
    taken, notes = weights(tmp_path, name)
    assert taken == name
    assert notes == [f"The weights were handed in as {name}, expected {UNIT}.safetensors."]


@pytest.mark.parametrize(
    ("notebook", "files", "taken"),
    [
        (f"{UNIT}.ipynb", [f"{UNIT}.safetensors", f"{UNIT} (1).safetensors", "weights.safetensors"], 0),
        (f"{UNIT} (1).ipynb", [f"{UNIT}.safetensors", f"{UNIT} (1).safetensors"], 1),
        (f"{UNIT}.ipynb", ["a.safetensors", "my weights.safetensors"], 1),
        (f"{UNIT}.ipynb", ["a.safetensors", "b.safetensors"], 1),
        ("work.ipynb", ["work.safetensors", f"{UNIT}.safetensors"], 0),
        (f"{UNIT}.ipynb", [f"{UNIT}.safetensors", f"old/{UNIT}.safetensors"], 0),
    ],
)
def test_of_several_the_best_name_is_taken_and_all_are_named(tmp_path, notebook, files, taken):
    (tmp_path / notebook).write_text(json.dumps(work(F)))
    best, notes = weights(tmp_path, *files)
    assert best == files[taken]
    assert len(notes) == 1
    assert f"Taken: {best}." in notes[0]
    assert all(name in notes[0] for name in files)


def test_weights_of_another_unit_and_of_the_course_are_not_taken(tmp_path):
    (tmp_path / UNIT).mkdir()
    (tmp_path / UNIT / f"{UNIT}.ipynb").write_text(json.dumps(work(F)))
    assert weights(tmp_path, "course_lib/weights/small.safetensors", "x/03_fast_rcnn.safetensors") == (None, [])
    taken, notes = weights(tmp_path, f"{UNIT}/03_fast_rcnn.safetensors")
    assert (taken, "name of another unit" in notes[0]) == (None, True)
    taken, notes = weights(tmp_path, f"{UNIT}/{UNIT}.safetensors")
    assert (taken, notes) == (f"{UNIT}/{UNIT}.safetensors", [])


def test_python_files_beside_the_notebook_are_named(tmp_path):
    (tmp_path / f"{UNIT}.ipynb").write_text(json.dumps(work(F)))
    (tmp_path / "venv").mkdir()
    for name in ("helpers.py", "venv/other.py"):
        (tmp_path / name).write_text("x = 1")
    notes = look(tmp_path, UNIT, released=deepcopy(two_functions())).notes
    assert len(notes) == 1
    assert notes[0].startswith("Left out: helpers.py. Only the notebook and its weights are graded;")
