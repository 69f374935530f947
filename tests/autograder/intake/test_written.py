"""How much of a stranger's notebook is read, and in what time and memory."""

import json
import subprocess
import sys

import pytest
from nbformat import v4

from autograder.intake import reading, repair, written
from tests.helpers.budget import bounded, in_time
from tests.helpers.classes import two_functions

UNIT = "02_rcnn"
F = "def f(x):\n    return x"


def limited(*sources, kind="code"):
    notes = []
    kept = written.within([written.Cell(kind, source) for source in sources], notes)
    return [cell.source for cell in kept], notes


def test_the_largest_cells_are_left_out_where_all_are_too_much():
    kept, notes = limited(F, "x = '" + "a" * 600_000 + "'", "y = '" + "b" * 500_000 + "'", "z = 1")
    assert [source[:5] for source in kept] == ["def f", "y = '", "z = 1"]
    assert notes[0].startswith("1 cells were left out, the first is cell 2: a notebook's code may be 1 MB in all.")


def test_code_that_is_nothing_but_signs_weighs_more():
    assert limited("a\n" * 100_000, F)[0] == ["a\n" * 100_000, F]
    assert limited("a\n" * 150_000, F)[0] == [F]
    assert len(limited(*["a\n" * 1000] * 300)[0]) == 125


def test_pictures_in_text_may_be_larger():
    picture = "![](data:image/png;base64," + "A" * 3_000_000 + ")"
    assert limited(picture, "text", kind="markdown") == ([picture, "text"], [])
    assert limited(*[picture] * 4, "text", kind="raw")[0] == [picture] * 3 + ["text"]


@pytest.mark.parametrize(
    "source", ["x = " + "-" * 5000 + "1", "x = 0" + "+1" * 5000, "if a: 0\n" + "elif a: 0\n" * 3000, "a" + ".b" * 3000]
)
def test_what_is_nested_too_deeply_is_not_readable_and_does_no_harm(source):
    assert not reading.facts(source).readable
    assert reading.tree(source) is None
    release = two_functions()
    cells = [written.Cell("code", source), written.Cell("code", F), written.Cell("code", f"{source}\n{F}", "f")]
    cells += [written.Cell("code", f"import torch\n{source}", "given_1")]
    notebook = repair.match(cells, release, [])
    assert f"{source}\n{F}" in [cell.source for cell in notebook.cells]


def test_facts_say_what_a_cell_binds_uses_and_imports():
    found = reading.facts("import a.b as c\nfrom d import e\nif f:\n    g = h\ndef i(j): return k\nl: int = 0")
    assert found.bound == {"g", "i", "l"}
    assert found.given == {"g", "i", "l", "c", "e"}
    assert {"f", "h", "k"} <= found.used
    assert reading.facts("x=1 # one").shape == reading.facts("x = 1").shape != ""
    assert reading.facts("# nothing").shape == reading.facts(")").shape == ""


PEAK = """
import json, resource, sys
sys.modules["rfc3987_syntax"] = None
from pathlib import Path
from autograder.intake import repair
release = __import__("nbformat").read(sys.argv[2], as_version=4)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
repair.read(Path(sys.argv[1]), release, "02_rcnn")
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, (used.ru_maxrss - before) // 1024]))
"""


@pytest.mark.timed
@pytest.mark.parametrize(
    "source",
    ["a\n" * 7_500_000, "f = f\n" * 40_000, "a b\n" * 60_000, "?f\n" * 80_000, "def f(x): return x\n" * 40_000],
)
def test_fifteen_megabytes_of_source_are_no_matter(tmp_path, root, source):
    """Before, Python's parser took 0.9 GB for each MB of it, once per cell and unwritten task."""
    release, folder = tmp_path / "release.ipynb", tmp_path / "submitted" / "eve" / UNIT
    folder.mkdir(parents=True)
    release.write_text(json.dumps(two_functions()))
    work = two_functions()
    work.cells += [v4.new_code_cell(source)]
    (folder / f"{UNIT}.ipynb").write_text(json.dumps(work))
    done = subprocess.run([sys.executable, "-c", PEAK, folder, release], capture_output=True, text=True, cwd=root)
    seconds, megabytes = json.loads(done.stdout)
    in_time(25, seconds)
    assert megabytes < 400


@pytest.mark.timed
def test_a_thousand_files_of_a_stranger_are_looked_at_within_bounds(tmp_path):
    folder = tmp_path / "submitted" / "eve" / UNIT
    folder.mkdir(parents=True)
    mine = two_functions()
    mine.cells[2].source = F
    (folder / f"{UNIT}.ipynb").write_text(json.dumps(mine))
    for number in range(500):
        (folder / f"{number}.ipynb").write_text(json.dumps(v4.new_notebook(cells=[v4.new_code_cell("a\n" * 9000)])))
        (folder / f"{number}.safetensors").write_bytes(b"x")
    with bounded(15):
        found = repair.read(folder, two_functions(), UNIT)
    assert F in [cell.source for cell in found.notebook.cells]
    assert len(found.notes) < 30
