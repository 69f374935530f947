"""Without a mouse: every control of every explorer is reached and left again; a lecture opens, runs and moves."""

import re

import nbformat
import pytest

from tests.helpers import explorer_views
from tests.helpers.notebooks import (
    ERRORS,
    IDLE,
    address,
    notebook_of,
    open_notebook,
    start_all,
    wait_for_all,
)
from tests.helpers.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.notebook]
VIEWS = [name for name in vars(explorer_views) if name.endswith("_view")]
CONTROLS = "[role=slider], [contenteditable], select, button, textarea"
MOST = 60  # presses of Tab from the file browser to anything on the page
LOOK = """node => {
    const style = getComputedStyle(node);
    return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.backgroundColor].join();
}"""
NAMED = """node => [node.ariaLabel, node.labels?.[0]?.textContent, node.tagName === 'BUTTON' && node.textContent]
    .find(Boolean)"""
UNPRESSED = """() => [...document.querySelectorAll('.course-explorer .widget-toggle-button')]
    .filter(button => button.ariaPressed !== String(button.classList.contains('mod-active')))
    .map(button => button.outerHTML)"""


def focused(page):
    """The element that has the focus."""
    return page.evaluate_handle("document.activeElement").as_element()


def visible(controls):
    return [one for one in controls.element_handles() if one.is_visible()]


def test_tab_reaches_every_control_shows_where_it_is_and_leaves_again(page, lab, lab_folder):
    cells = ["from tests.helpers import explorer_views as views", *(f"views.{name}()" for name in VIEWS)]
    nbformat.write(notebook_of(cells), lab_folder / "explorers.ipynb")
    open_notebook(page, lab, "explorers.ipynb")
    start_all(page)
    wait_for_all(page)
    explorers = page.locator(".course-explorer")
    page.wait_for_function(
        "count => document.querySelectorAll('.course-explorer img[alt]').length === count", arg=len(VIEWS)
    )
    for name, explorer in zip(VIEWS, explorers.all(), strict=True):
        controls = visible(explorer.locator(CONTROLS))
        page.evaluate("document.activeElement.blur()")  # Tab may have left the last explorer for this one
        calm = [control.evaluate(LOOK) for control in controls]
        controls[0].focus()
        page.keyboard.press("Shift+Tab")
        assert not within(explorer, focused(page)), f"{name}: Shift + Tab does not leave"
        for _ in range(10):  # past the buttons of the cell
            page.keyboard.press("Tab")
            if within(explorer, focused(page)):
                break
        for control, before in zip(controls, calm, strict=True):
            assert control.evaluate("node => node === document.activeElement"), f"{name}: {control.evaluate(NAMED)}"
            assert control.evaluate(LOOK) != before, f"{name}: no focus is seen on {control.evaluate(NAMED)}"
            assert control.evaluate(NAMED), f"{name}: without a name"
            page.keyboard.press("Tab")
        assert not within(explorer, focused(page)), f"{name}: Tab does not leave"
    assert page.evaluate(UNPRESSED) == []
    button = page.locator(".widget-toggle-button").nth(1)
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("button => button.ariaPressed === 'true'", arg=button.element_handle())
    assert page.evaluate(UNPRESSED) == []
    assert page.locator(ERRORS).all_inner_texts() == []


def within(explorer, node):
    return explorer.evaluate("(explorer, node) => explorer.contains(node)", node)


def test_from_the_start_page_to_a_slider_that_moves_a_picture(page, lab, lab_folder):
    name = "00_cnn_recap"
    cells = nbformat.read(lab_folder / "lectures" / f"{name}.ipynb", as_version=4).cells
    before = next(place for place, cell in enumerate(cells) if "convolution_explorer(" in cell.source)
    page.goto(address(lab, "lectures/index.md"))
    page.wait_for_selector(".jp-RenderedMarkdown td a")
    tab_to(page, lambda: re.search(r"lecture.00", focused(page).inner_text()))
    page.keyboard.press("Enter")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_function(IDLE)
    page.wait_for_function("document.activeElement.closest('.jp-Notebook')")
    page.keyboard.press("Enter")  # into the cell, where Tab belongs to the text,
    page.keyboard.press("Escape")  # and out of it
    assert focused(page).get_attribute("contenteditable") is None
    for _ in range(before + 1):
        page.keyboard.press("Shift+Enter")
    page.wait_for_selector(".course-explorer img[alt]")
    page.wait_for_function(IDLE)
    page.keyboard.press("ArrowUp")
    tab_to(page, lambda: focused(page).get_attribute("role") == "slider")
    picture = page.locator(".course-explorer img")
    shown, value = picture.get_attribute("src"), focused(page).get_attribute("aria-valuetext")
    page.keyboard.press("ArrowRight")
    assert eventually(lambda: picture.get_attribute("src"), lambda source: source != shown) != shown
    assert focused(page).get_attribute("aria-valuetext") != value
    tab_to(page, lambda: not focused(page).evaluate("node => node.closest('.course-explorer')"))
    assert page.locator(ERRORS).all_inner_texts() == []


def tab_to(page, there):
    """Press Tab until the focus is there."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        if there():
            return
    pytest.fail(
        f"{MOST} presses of Tab do not lead there; the last is {focused(page).evaluate('node => node.outerHTML')}"
    )
