"""An instructor's afternoon in the browser: formgrader's autograde button, its page, the feedback page.

The submission is hostile: every place where a student may write tries to run a script.
"""

import nbformat
import pytest

from tests.helpers.notebooks import READING
from tools.samples.small_course import UNIT, make_course

pytestmark = [pytest.mark.browser, pytest.mark.notebook, pytest.mark.sandbox]
ATTACK = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
MARKDOWN = f"""{ATTACK}

[press me](javascript:alert(3)) ![sketch](attachment:none.png)

# {ATTACK}

```mermaid
{ATTACK}
```

**My answer** in words."""
CODE = f"""from IPython.display import HTML, Javascript, display
import matplotlib.pyplot as plt
print({ATTACK!r})
display(HTML({ATTACK!r}), Javascript("alert(4)"), {{"text/html": {ATTACK!r}}}, raw=False)
plt.plot([1, 3, 2])
plt.show()
print("my own words")"""
BOX_IOU = """def box_iou(boxes1, boxes2):
    assert len(boxes1) and len(boxes2), "no boxes"
    low = torch.maximum(boxes1[:, None, :2], boxes2[:, :2])
    high = torch.minimum(boxes1[:, None, 2:], boxes2[:, 2:])
    inter = (high - low).clamp(min=0).prod(-1)
    area = lambda boxes: (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    return inter / (area(boxes1)[:, None] + area(boxes2) - inter)"""
NMS = f'''def nms(boxes, scores, threshold):
    """{ATTACK}"""
    return scores.argsort(descending=True)'''


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with one submission, not graded yet: box_iou is partly right, nms wrong, the rest hostile."""
    course = make_course(tmp_path_factory.mktemp("instructor") / "course", written=True)
    notebook = nbformat.read(course / "exercises" / UNIT / f"{UNIT}.ipynb", as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = {"box_iou": BOX_IOU, "nms": NMS}.get(name, cell.source)
    notebook.cells += [
        nbformat.v4.new_code_cell(CODE),
        nbformat.v4.new_markdown_cell(MARKDOWN),
        nbformat.v4.new_raw_cell(ATTACK),
        nbformat.v4.new_code_cell(f"raise ValueError({ATTACK!r})"),
    ]
    folder = course / "submitted" / "eve" / UNIT
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{UNIT}.ipynb")
    return course


@pytest.fixture(scope="module")
def formgrader(course, serve):
    """Address of formgrader in a running JupyterLab."""
    return f"{serve(course)}/formgrader"


@pytest.fixture
def alarms(page):
    """What a student's script did in the page: dialogs, and requests to anywhere but this machine."""
    heard = []
    page.on("dialog", lambda dialog: (heard.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: heard.append(request.url) if not expected(request.url) else None)
    return heard


def expected(url):
    return url.startswith(("http://127.0.0.1", "file:", "data:", "about:"))


def press(page, column):
    """Press a button in eve's row and wait for formgrader's message."""
    page.locator(f"tr:has-text('eve') .{column} a").first.click()
    page.wait_for_selector(".modal-body:has-text('Success')")
    page.locator(".modal-footer button").click()
    page.wait_for_selector(".modal", state="hidden")


def click(what):
    """Press what is seen, wherever it is by then: a click at a place misses it while the page is still laid out."""
    what.evaluate("node => node.click()")


def try_everything(page):
    """Press what a student put there to be pressed, wherever it is by now, and give scripts time to run."""
    for link in page.get_by_text("press me").all():
        click(link)
    page.wait_for_timeout(500)


def test_the_afternoon(page, alarms, course, formgrader):
    page.goto(f"{formgrader}/manage_submissions/{UNIT}")
    page.wait_for_selector("tr:has-text('eve'):has-text('needs autograding')")
    press(page, "autograde")
    page.wait_for_selector("tr:has-text('eve'):has-text('needs manual grading')")
    row = page.locator("tr:has-text('eve')").inner_text()
    assert "/ 11" in row

    page.goto(f"{formgrader}/gradebook/{UNIT}/{UNIT}")
    page.locator("a[href*='/formgrader/submissions/']").first.click()
    page.wait_for_selector("#check_nms")
    for name, placeholder in (
        ("check_nms", "^0$"),
        ("check_box_iou", "^[012]"),
        ("nms-comment", "two boxes on one"),
    ):
        page.wait_for_function(f"/{placeholder}/.test(document.querySelector('#{name}').placeholder)")
    points = float(page.locator("#check_box_iou").get_attribute("placeholder"))
    assert 0 < points < 3
    shows_the_work(page)
    assert "Marking scheme" in page.inner_text(".scheme")
    assert "MARK SCHEME" not in page.content()
    jumps_to_the_question(page)

    page.goto(f"{formgrader}/manage_submissions/{UNIT}")
    page.wait_for_selector("tr:has-text('eve'):has-text('graded')")
    press(page, "generate-feedback")

    page.goto((course / "feedback" / "eve" / UNIT / f"{UNIT}.html").as_uri())
    shows_the_work(page)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert [fault for fault in page.evaluate(READING) if fault.startswith("faint")] == [], scheme
    text = page.inner_text("body")
    assert f"{points:g} of 3 points" in text
    assert in_sight(page.locator(".notes"))
    hint = page.locator("details").first
    assert not hint.locator("p").first.is_visible()
    hint.locator("summary").click()
    assert hint.locator("p").first.is_visible()
    assert "6 of 15: two boxes on one object. Nothing is suppressed" in text
    assert "MARK SCHEME" not in page.content()
    assert alarms == []


def in_sight(part):
    """Whether a part of the page is seen without scrolling."""
    part.page.evaluate("scrollTo(0, 0)")
    box = part.bounding_box()
    return box["y"] >= 0 and box["y"] + box["height"] <= part.page.viewport_size["height"]


def jumps_to_the_question(page):
    """The list says that the answer in words waits, a click brings its score into sight, and a mark takes it off."""
    jump = page.locator("#jumps a[href='#written_1']")
    page.wait_for_function("document.querySelector('#jumps a[href=\"#written_1\"]').innerText.includes('waits')")
    jump.click()
    page.wait_for_function("document.activeElement.id === 'written_1'")
    page.wait_for_function(
        "() => { const y = document.activeElement.getBoundingClientRect().y; return 50 < y && y < innerHeight }"
    )
    page.wait_for_function("location.search.startsWith('?index=')")
    page.keyboard.type("2")
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('#jumps a[href=\"#written_1\"]').innerText.includes('waits')")
    assert jump.inner_text().strip() == "One question in words (4 points)"


def test_an_answer_that_is_rewritten_after_it_was_marked_is_flagged_on_formgrader_s_page(page, course, formgrader):
    path = course / "submitted" / "eve" / UNIT / f"{UNIT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if "Write your answer" in cell.source).source = "Because, as I see now."
    nbformat.write(notebook, path)
    page.goto(f"{formgrader}/manage_submissions/{UNIT}")
    press(page, "autograde")
    page.goto(f"{formgrader}/gradebook/{UNIT}/{UNIT}")
    page.locator("a[href*='/formgrader/submissions/']").first.click()
    page.wait_for_selector("#jumps")
    page.wait_for_function("document.querySelector('#jumps a[href=\"#written_1\"]').innerText.includes('changed')")
    box = page.locator(".nbgrader_cell:has(#written_1)")
    assert "Because, as I see now." in box.locator(".answer").inner_text()
    assert page.locator("#written_1").input_value() == "2"
    assert box.locator(".mark-graded").is_visible()
    click(box.locator(".mark-graded"))
    page.wait_for_function("!document.querySelector('#jumps a[href=\"#written_1\"]').innerText.includes('changed')")


def shows_the_work(page):
    """Ladder, misconception, the student's words and plot are there; of the attack there is only text."""
    try_everything(page)
    text = page.inner_text("body")
    for words in ("6 of 15 cases pass", "Nothing is suppressed.", "my own words", "My answer in words.", "alert(1)"):
        assert words in text
    assert page.locator("img[src^='data:image/png']").count() == 1
    assert page.locator("[onerror], a[href^='javascript'], img[src='x']").count() == 0
