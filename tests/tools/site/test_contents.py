"""The front page and the lines that open a notebook elsewhere."""

import subprocess
from pathlib import Path

import nbformat
import pytest

from autograder.bundle.address import address
from autograder.errors import ReleaseError
from course_lib.units import UNITS, find
from tools.site import lay
from tools.site.__main__ import address as site_address
from tools.site.__main__ import remove
from tools.site.contents import documents, front_page, launch, opened, where_it_moves

GITHUB = address("https://github.com/owner/name", "course-1a2b3c")
OWN = address("https://git.example.org/owner/name", "main")
RCNN = find("rcnn")


def test_every_unit_has_its_card_and_every_page_its_place(root):
    text = front_page("@UNITS@\n@CONTENTS@", UNITS, root / "docs", GITHUB)
    for unit in UNITS:
        for file in (unit.lecture, unit.exercise):
            assert f"]({file.as_posix()})" in text
            assert f"]({GITHUB.binder(file.as_posix())})" in text
            assert f"\n{file.with_suffix('').as_posix()}\n" in text
    assert "@" not in text.replace("@UNITS@", "")


def test_minutes_are_those_of_the_units(root):
    text = front_page("@UNITS@", (RCNN,), root / "docs", None)
    assert f"[Lecture](lectures/02_rcnn.ipynb) · {RCNN.minutes[0]} min\\\n" in text
    assert f"[Exercise](exercises/02_rcnn/02_rcnn.ipynb) · {RCNN.minutes[1] / 60:g} h\n" in text
    assert "Binder" not in text


def test_documents_are_all_but_what_quotes_solutions(root):
    measured, guides = documents(root / "docs")
    assert {*measured, *guides, "mutants"} == {path.stem for path in (root / "docs").glob("*.md")}
    assert measured[0] == "figures"
    assert guides[0] == "instructor"
    assert {"threat_model", "clusters"} < {*guides}


def test_a_new_document_is_a_guide(tmp_path):
    for name in ("instructor", "figures", "a_new_one", "mutants"):
        (tmp_path / f"{name}.md").touch()
    assert documents(tmp_path) == (["figures"], ["instructor", "a_new_one"])


def test_a_notebook_opens_where_its_repository_can_be_opened():
    assert [*opened(GITHUB, RCNN.lecture)] == ["Binder", "Colab"]
    assert [*opened(OWN, RCNN.lecture)] == ["Binder"]
    assert launch(None, RCNN.lecture) == ""
    assert f"[Open in Binder]({OWN.binder('lectures/02_rcnn.ipynb')})" in launch(OWN, RCNN.lecture)


def test_an_explorer_says_where_it_moves_with_and_without_a_link():
    assert where_it_moves(None, RCNN.lecture).endswith("in JupyterLab or on Binder or on Colab.")
    assert f'on <a href="{GITHUB.colab(RCNN.lecture.as_posix())}">Colab</a>.' in where_it_moves(GITHUB, RCNN.lecture)


def test_without_a_repository_nothing_opens_elsewhere_and_a_wrong_one_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("tools.site.__main__.ROOT", tmp_path)
    for words in (["init"], ["remote", "add", "origin", "https://github.com/owner/with_solutions"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)
    assert site_address("", "") is None
    with pytest.raises(ReleaseError, match="https://github.com/OWNER/NAME"):
        site_address("owner/name", "")
    assert site_address("git@github.com:owner/name.git", "v1") == address("https://github.com/owner/name", "v1")


def test_the_template_has_both_places(root):
    text = Path(root / "site" / "index.md").read_text()
    assert text.count("@UNITS@") == text.count("@CONTENTS@") == 1


def test_an_earlier_website_goes_and_somebody_s_own_folder_stays(tmp_path):
    page = tmp_path / "html" / "lectures" / "03_fast_rcnn.html"
    page.parent.mkdir(parents=True)
    page.touch()
    remove(tmp_path / "html")
    assert page.exists()
    (tmp_path / "html" / "searchindex.js").touch()
    remove(tmp_path / "html")
    assert not (tmp_path / "html").exists()
    remove(tmp_path / "html")


def test_an_exercise_that_was_solved_where_it_lies_is_not_shown(root, tmp_path, monkeypatch):
    notebook = nbformat.read(root / RCNN.exercise, as_version=4)
    next(cell for cell in notebook.cells if "NotImplementedError" in cell.source).source = "def box_iou(a, b): ..."
    (tmp_path / RCNN.exercise).parent.mkdir(parents=True)
    nbformat.write(notebook, tmp_path / RCNN.exercise)
    monkeypatch.setattr(lay, "ROOT", tmp_path)
    with pytest.raises(ReleaseError, match="exercises/02_rcnn/02_rcnn.ipynb is not as it was built"):
        lay.lay(tmp_path / "site", (RCNN,), None)
    assert not (tmp_path / "site").exists()
