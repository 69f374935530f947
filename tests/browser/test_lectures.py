"""Opens each lecture in JupyterLab, runs it, moves every control of every explorer: does the picture follow?"""

import shutil
import time
from pathlib import Path

import psutil
import pytest

from tests.helpers.budget import in_time, within
from tests.helpers.notebooks import ERRORS, IDLE, LOOK, READING, faults, looks, open_notebook, start_all, wait_for_all
from tools.budgets import FIRST_PICTURE_SECONDS, LECTURE_SECONDS
from tools.figures.run_notebooks import peak_memory, processor_time

LECTURES = sorted(path.name for path in (Path(__file__).parents[2] / "lectures").glob("[0-9]*.ipynb"))
PICTURES = ".jp-OutputArea-output img[src^='data:image/png']"
EXPLORERS = ".widget-vbox:has(img)"
UNFIT = """() => [...document.querySelectorAll('.course-explorer')].flatMap(explorer => {
    const picture = explorer.querySelector('img').getBoundingClientRect();
    const names = [...explorer.querySelectorAll('.widget-label')];
    const sliders = [...explorer.querySelectorAll('.noUi-target')];
    return [
        ...names.filter(name => name.scrollWidth > name.clientWidth).map(name => `clipped: ${name.textContent}`),
        ...sliders.filter(slider => slider.clientWidth < 80).map(slider => `short: ${slider.clientWidth}`),
        ...(explorer.scrollWidth > explorer.clientWidth ? ['wider than its cell'] : []),
        ...(picture.right > window.innerWidth ? ['wider than the page'] : []),
        ...(picture.height > 0.6 * window.innerHeight ? ['the picture does not fit beside its controls'] : []),
    ];
})"""
UNNAMED = """() => [...document.querySelectorAll('.course-explorer')].flatMap(explorer => [
    ...[...explorer.querySelectorAll('[role=slider]')].filter(slider => !slider.ariaLabel || !slider.ariaValueText),
    ...[...explorer.querySelectorAll('img')].filter(image => image.alt !== image.closest('.course-explorer')
        .querySelector('.course-words').textContent.trim()),
]).map(node => node.outerHTML.slice(0, 200))"""

PIXELS = """async image => {
    for (let looks = 1; ; looks++) {
        try { await image.decode(); break } catch (error) { if (looks === 100) throw error }  // another one is coming
        await new Promise(resolve => setTimeout(resolve, 50));
    }
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight), context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return new Uint8Array(await crypto.subtle.digest('SHA-256', data)).toString();
}"""  # as a screenshot would tell, in a tenth of the time

pytestmark = [pytest.mark.browser, pytest.mark.notebook]


def kernels() -> set[psutil.Process]:
    """The kernels of all servers that this process has started."""
    return {one for one in psutil.Process().children(recursive=True) if _is_kernel(one)}


def _is_kernel(process: psutil.Process) -> bool:
    try:
        return any("ipykernel" in word for word in process.cmdline())
    except psutil.Error:  # it has just ended
        return False


def run_all(page, kernel) -> float:
    """Runs every cell; the processor seconds that the kernel took until the first picture was on the page."""
    before = processor_time(kernel.pid)
    start_all(page)
    page.wait_for_selector(PICTURES)
    first = processor_time(kernel.pid) - before
    wait_for_all(page)
    return first


def picture(explorer) -> str:
    """A digest of what the explorer shows now."""
    return explorer.locator("img").evaluate(PIXELS)


def wait_for_another(explorer, before: str) -> None:
    """Until the explorer shows another picture than `before`; after five minutes it never will."""
    end = time.monotonic() + 300
    while picture(explorer) == before:
        assert time.monotonic() < end, "the picture did not change"
        time.sleep(0.1)


def settle(page, explorer) -> str:
    """The picture once the kernel has nothing more to do and it stays the same for a fifth of a second."""
    last, now = "", picture(explorer)
    while last != now:
        page.wait_for_timeout(200)
        page.wait_for_function(IDLE, polling=LOOK)
        last, now = now, picture(explorer)
    return now


@pytest.fixture
def fresh(lab_folder):
    """Nothing is cached: what a lecture takes at its first run."""
    shutil.rmtree(lab_folder / "cache", ignore_errors=True)


@pytest.mark.parametrize("name", LECTURES)
def test_lecture_runs_within_its_budget_and_every_control_moves_its_picture(page, lab, fresh, name, record_property):
    others = kernels()
    open_notebook(page, lab, f"lectures/{name}")
    (kernel,) = started(others)
    first_picture = run_all(page, kernel)
    in_time(FIRST_PICTURE_SECONDS, first_picture)
    assert page.locator(ERRORS).all_inner_texts() == []
    within(LECTURE_SECONDS, processor_time(kernel.pid), peak_memory(kernel.pid), record_property)
    assert page.locator(f"{PICTURES}:not([alt]), {PICTURES}[alt='']").count() == 0
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
    for look in looks(page):
        assert faults(page, UNFIT, READING) == [], look
    assert page.evaluate(UNNAMED) == []


def started(others):
    """The kernels beside these, once there is one; after five minutes there will be none."""
    end = time.monotonic() + 300
    while not (found := kernels() - others):
        assert time.monotonic() < end, "no kernel was started"
        time.sleep(0.1)
    return found


def move(page, explorer, *actions) -> None:
    """Each action must change the picture."""
    for action in actions:
        before = settle(page, explorer)
        action()
        wait_for_another(explorer, before)
