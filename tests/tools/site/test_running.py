"""A lecture is run once, and a page gets it without widgets and with its pictures in files."""

import json

import nbformat
import pytest

from course_lib.explorers.panel import slider
from tools.site import run
from tools.site.still import STATE, VIEW, pictures_as_files, still

CELLS = [
    "1 / 0  # never run: it would stop the others",
    "import numpy as np\nfrom course_lib import plots\nplots.show(np.zeros((4, 6, 3), np.uint8), alt='All black.')",
    """import ipywidgets
from course_lib.explorers.panel import panel, slider

def draw(size, kind):
    return np.full((5, 7, 3), size, np.uint8), f"<b>{size}</b> &lt; 9, {kind}"

panel(draw, {"size": slider("how large", 3, 1, 8, 1), "kind": ipywidgets.Dropdown(options=["a", "b"], value="b",
    description="which")})""",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def lecture(folder):
    """A notebook with a picture and an explorer."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS[1:]]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    path = folder / "99_small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


@pytest.fixture(scope="module")
def ran(lecture, folder):
    return run.executed(lecture, folder / "ran")


@pytest.fixture
def no_kernel(monkeypatch):
    def refuse(*_):
        raise AssertionError("the lecture was run again")

    monkeypatch.setattr(run, "run_notebook", refuse)


def test_what_has_not_changed_is_not_run_again_but_its_words_may_change(lecture, folder, ran, no_kernel, tmp_path):
    assert run.executed(lecture, folder / "ran") == ran
    notebook = nbformat.read(lecture, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell("# Other words"))
    other = tmp_path / lecture.name
    nbformat.write(notebook, other)
    again = run.executed(other, folder / "ran")
    assert [cell.get("outputs") for cell in again.cells[1:]] == [cell.outputs for cell in ran.cells]
    assert again.cells[0].source == "# Other words"


def test_another_course_or_other_code_is_run_again(lecture, folder, ran, no_kernel, monkeypatch, tmp_path):
    other = tmp_path / lecture.name
    other.write_text(lecture.read_text().replace("All black", "Black"))
    with pytest.raises(AssertionError, match="run again"):
        run.executed(other, folder / "ran")
    monkeypatch.setattr(run, "course_digest", lambda: "another")
    with pytest.raises(AssertionError, match="run again"):
        run.executed(lecture, folder / "ran")


def test_the_course_s_digest_sees_any_file(tmp_path):
    def digest():
        return run.course_digest.__wrapped__(tmp_path)

    (tmp_path / "a.py").write_text("1")
    first = digest()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("1")
    assert digest() == first
    (tmp_path / "b.json").write_text("1")
    second = digest()
    (tmp_path / "b.json").write_text("2")
    assert len({first, second, digest()}) == 3


def test_a_lecture_that_stops_is_named(tmp_path):
    path = tmp_path / "99_broken.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELLS[0])]), path)
    with pytest.raises(run.LectureFailed, match=r"99_broken.ipynb(.|\n)*ZeroDivisionError"):
        run.executed(path, tmp_path / "ran")


def test_an_explorer_stands_still_with_its_values_its_picture_and_its_words(ran):
    assert VIEW in json.dumps(ran.cells[1].outputs)
    page = still(ran, "It moves elsewhere.")
    text = page.cells[1].outputs[0].data["text/html"]
    assert "how large <b>3</b> · which <b>b</b>" in text
    assert 'alt="3 &lt; 9, b"' in text
    assert "<div><b>3</b> &lt; 9, b</div>" in text
    assert text.endswith('<p class="still">It moves elsewhere.</p></div>')
    assert STATE in ran.metadata.widgets
    for left in ("widget-state", "widget-view", "javascript"):
        assert left not in nbformat.writes(page)


def test_pictures_are_files_beside_the_page_with_their_size_and_words(ran, tmp_path):
    page = still(ran, "")
    files = pictures_as_files(page, tmp_path / "pictures")
    assert files == set((tmp_path / "pictures").iterdir())
    texts = [output.data["text/html"] for cell in page.cells for output in cell.outputs]
    assert len(files) == len(texts) == 2
    assert "data:image" not in "".join(texts)
    assert 'width="22" height="20" alt="All black."' in texts[0]
    assert all(f"pictures/{file.name}" in "".join(texts) for file in files)


def test_a_cell_that_sets_up_is_left_out():
    cells = [nbformat.v4.new_code_cell("%pip install x", metadata={"tags": ["setup"]}), nbformat.v4.new_code_cell("1")]
    assert [cell.source for cell in still(nbformat.v4.new_notebook(cells=cells), "").cells] == ["1"]


def test_a_slider_with_a_fraction_is_told_as_it_is_read():
    from tools.site.still import _control

    control = slider("a & b", 0.25, 0, 1, 0.05)
    assert _control({"description": control.description, "value": control.value}) == "a &amp; b <b>0.25</b>"
