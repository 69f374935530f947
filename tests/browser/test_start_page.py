"""What a student sees first in JupyterLab, as `make lab` starts it: whole names, a line a link, no tools of ours."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.notebook]
NAMES = ".jp-DirListing-itemText"


def opened(page, address):
    page.goto(address)
    page.wait_for_function("window.jupyterapp && window.jupyterapp.shell.currentWidget")
    page.wait_for_selector(NAMES)


def cut(page, selector):
    """The texts that do not fit into their place."""
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)]
            .filter(text => text.scrollWidth > text.clientWidth).map(text => text.textContent)""",
        selector,
    )


def test_the_file_browser_shows_notebooks_alone_and_their_whole_names(page, lab, root):
    opened(page, f"{lab}/lab/tree/lectures/index.md")
    page.wait_for_selector(f"{NAMES}:has-text('index.md')")
    shown = page.locator(NAMES).all_inner_texts()
    assert {path.name for path in (root / "lectures").glob("*.ipynb")} < {*shown}
    assert [name for name in shown if name.endswith(".py")] == []
    assert cut(page, NAMES) == []


@pytest.mark.parametrize("width", [1280, 1024])
def test_no_link_of_the_start_page_wraps(page, lab, width):
    page.set_viewport_size({"width": width, "height": 900})
    opened(page, f"{lab}/lab/tree/lectures/index.md")
    page.wait_for_selector(".jp-RenderedMarkdown td a")
    lines = page.evaluate(
        "() => [...document.querySelectorAll('.jp-RenderedMarkdown td a')].map(a => a.getClientRects().length)"
    )
    assert lines
    assert {*lines} == {1}


def test_what_makes_assignments_is_not_there(page, lab):
    opened(page, f"{lab}/lab/tree/lectures/index.md")
    plugins = page.evaluate("() => window.jupyterapp.listPlugins()")
    assert "@jupyter/nbgrader:validate-assignment" in plugins
    assert "@jupyter/nbgrader:create-assignment" not in plugins
    commands = page.evaluate("() => window.jupyterapp.commands.listCommands()")
    assert [name for name in commands if "create-assignment" in name] == []
