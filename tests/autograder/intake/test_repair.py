"""Whatever lies in a submitted folder, cells come out that match the release, and everything repaired is noted."""

import json
import os
from copy import deepcopy

import nbformat
import pytest
from nbformat import v4

from autograder.intake import files, repair
from autograder.release.roles import grade_id
from tests.helpers.classes import WEIGHTS, two_functions

UNIT = "02_rcnn"


@pytest.fixture
def release():
    """Two functions with their checks, a text."""
    return two_functions()


@pytest.fixture
def work(release):
    """A student's copy of the release, to be spoilt."""
    copy = deepcopy(release)
    copy.cells[2].source = "def f(x):\n    return x"
    return copy


def cell_named(notebook, name):
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def taken(tmp_path, notebook, release, name=f"{UNIT}.ipynb"):
    (tmp_path / name).write_text(json.dumps(notebook) if not isinstance(notebook, str) else notebook)
    return repair.read(tmp_path, release, UNIT)


def sources(submission):
    return [cell.source for cell in submission.notebook.cells]


def test_an_honest_copy_needs_no_repair(tmp_path, work, release):
    (tmp_path / f"{UNIT}.safetensors").write_bytes(WEIGHTS)
    submission = taken(tmp_path, work, release)
    assert submission.notes == []
    assert sources(submission) == [cell.source for cell in work.cells]
    assert submission.weights.content == WEIGHTS


def test_own_cells_stay_where_they_were(tmp_path, work, release):
    work.cells.insert(0, v4.new_code_cell("first = 1"))
    work.cells.insert(4, v4.new_code_cell("helper = 2"))
    work.cells.append(v4.new_markdown_cell("last"))
    expected = [cell.source for cell in work.cells]
    assert sources(taken(tmp_path, work, release)) == expected


@pytest.mark.parametrize("tag", ["skip-execution", "raises-exception", "remove-cell"])
def test_what_students_may_not_set_is_dropped(tmp_path, work, release, tag):
    for cell in work.cells:
        cell.metadata["tags"] = [tag]
    cell_named(work, "check_f").metadata.nbgrader.points = 100
    work.metadata["kernelspec"] = {"name": "evil", "display_name": "evil"}
    submission = taken(tmp_path, work, release)
    assert all("tags" not in cell.metadata for cell in submission.notebook.cells)
    assert cell_named(submission.notebook, "check_f").metadata.nbgrader.points == 1
    assert "kernelspec" not in submission.notebook.metadata


def test_a_changed_check_is_the_released_one_again(tmp_path, work, release):
    cell_named(work, "check_f").source = "pass"
    submission = taken(tmp_path, work, release)
    assert cell_named(submission.notebook, "check_f").source == 'check("f", f)'
    assert any("check_f was changed" in note for note in submission.notes)


def test_deleted_cells_come_back(tmp_path, work, release):
    work.cells = [cell for cell in work.cells if grade_id(cell) not in ("check_f", "g")]
    submission = taken(tmp_path, work, release)
    assert [grade_id(cell) for cell in submission.notebook.cells] == [grade_id(c) for c in release.cells]
    assert sum("missing and was put back" in note for note in submission.notes) == 2


def test_moved_cells_return_to_their_place(tmp_path, work, release):
    work.cells.reverse()
    submission = taken(tmp_path, work, release)
    assert [grade_id(cell) for cell in submission.notebook.cells] == [grade_id(c) for c in release.cells]
    assert cell_named(submission.notebook, "f").source == "def f(x):\n    return x"


def test_of_duplicates_the_last_changed_one_counts(tmp_path, work, release):
    again = deepcopy(cell_named(work, "f"))
    again.source = "def f(x):\n    return 2 * x"
    work.cells += [again, deepcopy(release.cells[2])]
    submission = taken(tmp_path, work, release)
    assert cell_named(submission.notebook, "f").source == "def f(x):\n    return 2 * x"
    assert any("came 3 times" in note for note in submission.notes)


def test_solutions_without_metadata_are_found_by_what_they_define(tmp_path, work, release):
    for number, cell in enumerate(work.cells):
        cell.metadata, cell.id = {}, f"x{number}"
    submission = taken(tmp_path, work, release)
    assert cell_named(submission.notebook, "f").source == "def f(x):\n    return x"


def test_a_retyped_cell_is_code_again(tmp_path, work, release):
    cell_named(work, "check_f").cell_type = "raw"
    for field in ("outputs", "execution_count"):
        del cell_named(work, "check_f")[field]
    assert cell_named(taken(tmp_path, work, release).notebook, "check_f").cell_type == "code"


def test_a_renamed_notebook_counts(tmp_path, work, release):
    submission = taken(tmp_path, work, release, "my work (1).ipynb")
    assert cell_named(submission.notebook, "f").source == "def f(x):\n    return x"
    assert "handed in as my work (1).ipynb" in submission.notes[0]


BROKEN = {
    "empty": "",
    "text": "dear grader",
    "json but no notebook": "[1, 2]",
    "no cells": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    "cells of a wrong kind": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 3}',
    "deep": '{"nbformat": 4, "cells": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "nested beyond reason": '{"nbformat": 4, "cells": [], "metadata": {"course":' + '{"a":' * 60 + "1" + "}" * 62,
    "many cells": json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}] * 3000}),
    "not utf-8": "\udcff",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_gives_the_release_and_a_reason(tmp_path, release, text):
    (tmp_path / f"{UNIT}.ipynb").write_bytes(text.encode(errors="surrogateescape"))
    submission = repair.read(tmp_path, release, UNIT)
    assert sources(submission) == [cell.source for cell in release.cells]
    assert "expected" in submission.notes[0]


ODD_CELLS = [
    {"cell_type": "code", "source": "x = '\ud800'"},
    3,
    None,
    {},
    {"cell_type": "code"},
    {"source": 5, "metadata": 7},
    {"cell_type": ["x"], "source": ["a", 1]},
]


@pytest.mark.parametrize("odd", ODD_CELLS, ids=repr)
def test_odd_cells_do_no_harm(tmp_path, work, release, odd):
    content = json.loads(nbformat.writes(work))
    content["cells"].insert(3, odd)
    submission = taken(tmp_path, json.dumps(content), release)
    assert cell_named(submission.notebook, "f").source == "def f(x):\n    return x"
    nbformat.validate(submission.notebook)
    assert nbformat.writes(submission.notebook).encode()


def test_an_old_notebook_format_is_converted(tmp_path, release):
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {},
        "worksheets": [
            {
                "metadata": {},
                "cells": [
                    {
                        "cell_type": "code",
                        "input": "def f(x):\n    return 5",
                        "language": "python",
                        "metadata": {},
                        "outputs": [],
                        "collapsed": False,
                    }
                ],
            }
        ],
    }
    submission = taken(tmp_path, json.dumps(old), release)
    assert cell_named(submission.notebook, "f").source == "def f(x):\n    return 5"


def test_links_pipes_and_folders_are_not_read(tmp_path, work, release):
    elsewhere = tmp_path / "elsewhere.ipynb"
    elsewhere.write_text(nbformat.writes(work))
    for number, make in enumerate(
        [
            lambda path: path.symlink_to(elsewhere),
            lambda path: os.mkfifo(path),
            lambda path: path.mkdir(),
        ]
    ):
        folder = tmp_path / f"student{number}"
        folder.mkdir()
        for suffix in ("ipynb", "safetensors"):
            make(folder / f"{UNIT}.{suffix}")
        submission = repair.read(folder, release, UNIT)
        assert cell_named(submission.notebook, "f").source != work.cells[2].source
        assert submission.weights is None


def test_a_try_after_the_solution_does_not_replace_it(tmp_path, work, release):
    work.cells.append(v4.new_code_cell("def f(x):\n    return None  # an experiment"))
    submission = taken(tmp_path, work, release)
    assert cell_named(submission.notebook, "f").source == "def f(x):\n    return x"
    assert submission.notebook.cells[-1].source == work.cells[-1].source


def test_raw_cells_become_text_in_a_fence(tmp_path, work, release):
    work.cells.append(v4.new_raw_cell("<script>x</script>\n````"))
    cell = taken(tmp_path, work, release).notebook.cells[-1]
    assert (cell.cell_type, cell.source) == ("markdown", "`````\n<script>x</script>\n````\n`````")


def test_links_in_formulas_are_broken(tmp_path, work, release):
    work.cells.append(v4.new_markdown_cell("$\\href{javascript:x}{y}$ and `\\alpha`"))
    cell = taken(tmp_path, work, release).notebook.cells[-1]
    assert "\\href" not in cell.source
    assert "\\alpha" in cell.source


def test_pasted_pictures_stay_and_other_attachments_go(tmp_path, work, release):
    cell = v4.new_markdown_cell("![a](attachment:a.png)")
    cell.attachments = {
        "a.png": {"image/png": "iVBORw0K"},
        "b.svg": {"image/svg+xml": "<svg/>"},
        "c.png": {"image/png": '" onerror="'},
        "d.png": {"image/png": "A" * 2**23},
        "e.png": 7,
    }
    work.cells.append(cell)
    assert taken(tmp_path, work, release).notebook.cells[-1].attachments == {"a.png": {"image/png": "iVBORw0K"}}


def test_a_huge_notebook_is_refused_unread(tmp_path, release, monkeypatch):
    monkeypatch.setattr(files, "MAX_NOTEBOOK", 1000)
    (tmp_path / f"{UNIT}.ipynb").write_text("x" * 2000)
    assert "too large" in repair.read(tmp_path, release, UNIT).notes[0]


def test_a_missing_folder_is_an_empty_submission(tmp_path, release):
    submission = repair.read(tmp_path / "nobody", release, UNIT)
    assert sources(submission) == [cell.source for cell in release.cells]
    assert "There is no notebook" in submission.notes[0]
