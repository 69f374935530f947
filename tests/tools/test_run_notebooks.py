"""A notebook's run is measured: time, peak memory of its kernel, and the cell that stopped it."""

import nbformat

from tools.figures.run_notebooks import run_notebook


def notebook(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


def test_cells_run_in_the_folder_with_the_course_s_variables_only(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    wanted = "import os; print(os.getcwd(), {k: v for k, v in os.environ.items() if k.startswith('COURSE_')})"
    variables = {"COURSE_LIMIT": "3", "COURSE_CACHE": "x"}
    run = run_notebook(notebook(wanted), tmp_path, variables)
    assert run.failure is None
    told = run.notebook.cells[0].outputs[0].text
    assert told.startswith(str(tmp_path.resolve()))
    assert "'COURSE_LIMIT': '3'" in told
    assert "COURSE_PROFILE" not in told


WORK = "import time\nwhile time.process_time() < 2:\n    pass"


def test_time_and_peak_memory_are_those_of_the_kernel(tmp_path):
    run = run_notebook(notebook("x = bytearray(300_000_000); del x", "import time; time.sleep(6)"), tmp_path, {})
    assert run.seconds >= 6 > run.worked > 0
    assert 3e8 <= run.peak <= 6e8


def test_work_is_counted_that_of_other_processes_too(tmp_path):
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WORK!r}], check=True)"
    assert run_notebook(notebook(WORK, child), tmp_path, {}).worked > 3.9


def test_the_run_stops_at_the_first_failing_cell(tmp_path):
    run = run_notebook(notebook("x = 1", "1 / 0", "x = 2"), tmp_path, {})
    assert (run.failure.index, run.failure.name, run.failure.source) == (1, "ZeroDivisionError", "1 / 0")
    assert run.notebook.cells[2].execution_count is None
