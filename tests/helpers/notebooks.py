"""A notebook in JupyterLab as the tests drive it: open, run, read in every theme and size."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import nbformat

from tests.helpers.waiting import eventually

ERRORS = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]'
IDLE = """() => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext?.session?.kernel;
    return kernel && kernel.status === 'idle';
}"""
RAN = """errors => document.querySelector(errors) || [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
    .every(prompt => /\\[\\d+\\]/.test(prompt.textContent))"""
LOOK = 200  # milliseconds between looks: at each frame, as Playwright does, they keep a core from the kernel
SIZES = [{"width": 1280, "height": 900}, {"width": 1024, "height": 768}, {"width": 640, "height": 450}]  # last: 200 %
THEMES = {"JupyterLab Dark": "false", "JupyterLab Light": "true"}  # the server remembers the last
LAID_OUT = """width => {
    const room = width - document.querySelector('.jp-Notebook').getBoundingClientRect().right;
    return window.innerWidth === width && room >= 0 && room < 60;
}"""
READING = (Path(__file__).parent / "reading.js").read_text(encoding="utf-8")


def notebook_of(cells: list[str]) -> nbformat.NotebookNode:
    """A notebook of code cells; JupyterLab does not ask for its kernel."""
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells], metadata=python)


def address(lab: str, path: str, mode: str = "lab") -> str:
    """Where JupyterLab shows a file in a workspace of its own: nothing that was open before, no panel moved."""
    return f"{lab}/{mode}/workspaces/{uuid.uuid4().hex}/tree/{path}"


def open_notebook(page, lab: str, path: str) -> None:
    """The notebook in JupyterLab's single-document mode, no other panel beside it, its kernel ready."""
    page.goto(address(lab, path, "doc"))
    page.wait_for_function("window.jupyterapp && window.jupyterapp.shell.currentWidget", polling=LOOK)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_function(IDLE, polling=LOOK)


def start_all(page) -> None:
    """Begin to run every cell."""
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")


def wait_for_all(page) -> None:
    """Until every cell has run, or one has failed."""
    page.wait_for_function(RAN, arg=ERRORS, polling=LOOK, timeout=3_600_000)


def looks(page) -> Iterator[str]:
    """Lay the page out in each theme and size in turn; gives their names."""
    for theme, light in THEMES.items():
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=light)
        for size in SIZES:
            page.set_viewport_size(size)
            page.wait_for_function(LAID_OUT, arg=size["width"])
            yield f"{theme}, {size['width']} pixels"


def faults(page, *scripts: str) -> list[str]:
    """What the scripts find once the page is laid out anew: what is still wrong after ten seconds."""
    return eventually(lambda: [fault for script in scripts for fault in page.evaluate(script)], lambda found: not found)
