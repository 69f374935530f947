"""What takes long says so after two seconds; what is quick says nothing."""

import time

import nbformat
import pytest

from course_lib import progress
from tools.figures.run_notebooks import run_notebook


@pytest.fixture
def patience(monkeypatch):
    """Sets the seconds without a word."""
    return lambda seconds: monkeypatch.setattr(progress, "PATIENCE", seconds)


def test_quick_work_says_nothing(patience, capsys):
    patience(600)
    assert list(progress.bar(range(5), "five")) == [0, 1, 2, 3, 4]
    with progress.step("one step"):
        pass
    assert capsys.readouterr() == ("", "")


def test_a_bar_shows_what_and_how_far_beside_what_a_program_answers(patience, capsys):
    patience(0)
    assert list(progress.bar(range(6, 10), "networks", done=6)) == [6, 7, 8, 9]
    answer, shown = capsys.readouterr()
    assert "networks:  60%" in shown
    assert "10/10" in shown
    assert answer == ""


def test_what_has_no_length_is_counted(patience, capsys):
    patience(0)
    assert list(progress.bar(iter("abc"), unit="letter")) == ["a", "b", "c"]
    assert "3letter" in capsys.readouterr().err


def test_no_bar_where_none_is_wanted(patience, capsys):
    patience(0)
    assert list(progress.bar(range(3), show=False)) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_a_long_step_says_so_once_while_it_lasts(patience, capsys):
    patience(0.01)
    end, told = time.monotonic() + 60, ""
    with progress.step("the search"):
        while not told and time.monotonic() < end:
            time.sleep(0.01)
            told = capsys.readouterr().err
    assert told == "the search …\n"
    assert capsys.readouterr() == ("", "")


def test_a_step_that_fails_is_silent_afterwards(patience, capsys):
    patience(0.2)
    with pytest.raises(ZeroDivisionError), progress.step("the search"):
        raise ZeroDivisionError
    time.sleep(0.5)
    assert capsys.readouterr() == ("", "")


STEP = "import time\nfrom course_lib import progress\nwith progress.step('the search'):\n    time.sleep(3)"
BAR = "for _ in progress.bar(range(3), 'networks'):\n    time.sleep(1.2)"


def test_in_a_notebook_line_and_bar_appear_in_the_cell_that_waits_and_not_as_errors(tmp_path):
    cells = [nbformat.v4.new_code_cell(source) for source in (STEP, "print('next')", BAR)]
    run = run_notebook(nbformat.v4.new_notebook(cells=cells), tmp_path, {})
    assert run.failure is None
    shown = [output for cell in run.notebook.cells for output in cell.outputs]
    line, after, bar = ("".join(output.text for output in cell.outputs) for cell in run.notebook.cells)
    assert [line, after] == ["the search …\n", "next\n"]
    assert "networks: 100%" in bar
    assert {output.name for output in shown} == {"stdout"}
