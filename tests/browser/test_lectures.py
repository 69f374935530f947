"""Opens each lecture in JupyterLab, runs it, moves every control of every explorer: does the picture follow?"""

import time
from pathlib import Path

import psutil
import pytest

from tools.run_notebooks import processor_time

LECTURES = sorted(path.name for path in (Path(__file__).parents[2] / "lectures").glob("[0-9]*.ipynb"))
ERRORS = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]'
PICTURES = ".jp-OutputArea-output img[src^='data:image/png']"
EXPLORERS = ".widget-vbox:has(img)"

pytestmark = [pytest.mark.browser, pytest.mark.notebook]


def open_lecture(page, lab: str, name: str) -> None:
    """The lecture in JupyterLab's single-document mode, its kernel ready."""
    page.goto(f"{lab}/doc/tree/{name}")
    page.wait_for_function("window.jupyterapp && window.jupyterapp.shell.currentWidget")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_function(
        """() => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext?.session?.kernel;
            return kernel && kernel.status === 'idle';
        }""",
    )


def worked() -> float:
    """The seconds that processors have worked for all kernels of this test's servers."""
    family = psutil.Process().children(recursive=True)
    return sum(processor_time(one.pid) for one in family if any("ipykernel" in word for word in one.cmdline()))


def run_all(page) -> float:
    """Runs every cell; the processor seconds that the kernel took until the first picture was on the page."""
    before = worked()
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    page.wait_for_selector(PICTURES)
    first = worked() - before
    page.wait_for_function(
        """() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
            .every(prompt => /\\[\\d+\\]/.test(prompt.textContent))""",
        timeout=3_600_000,
    )
    return first


def picture(explorer) -> bytes:
    """What the explorer shows now."""
    return explorer.locator("img").screenshot()


def wait_for_another(explorer, before: bytes) -> None:
    """Until the explorer shows another picture than `before`; after five minutes it never will."""
    end = time.monotonic() + 300
    while picture(explorer) == before:
        assert time.monotonic() < end, "the picture did not change"
        time.sleep(0.1)


def settle(page, explorer) -> bytes:
    """The picture once it stays the same for half a second."""
    last, now = b"", picture(explorer)
    while last != now:
        page.wait_for_timeout(500)
        last, now = now, picture(explorer)
    return now


@pytest.mark.parametrize("name", LECTURES)
def test_lecture_runs_and_every_control_moves_its_picture(page, lab, name):
    open_lecture(page, lab, name)
    first_picture = run_all(page)
    assert first_picture < 15
    assert page.locator(ERRORS).all_inner_texts() == []
    assert page.locator(f"{PICTURES}:not([alt])").count() == 0
    explorers = page.locator(EXPLORERS)
    assert explorers.count() >= 2
    for explorer in explorers.all():
        explorer.scroll_into_view_if_needed()
        for handle in explorer.get_by_role("slider").all():
            move(page, explorer, lambda handle=handle: handle.press("End"), lambda handle=handle: handle.press("Home"))
        for menu in explorer.locator("select").all():
            options = menu.locator("option").all_inner_texts()
            move(page, explorer, lambda menu=menu, last=options[-1]: menu.select_option(label=last))
    assert page.locator(ERRORS).all_inner_texts() == []


def move(page, explorer, *actions) -> None:
    """Each action must change the picture."""
    for action in actions:
        before = settle(page, explorer)
        action()
        wait_for_another(explorer, before)
