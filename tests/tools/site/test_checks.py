"""What is wrong with a website is found: dead links, pictures without words, what comes from elsewhere, solutions."""

import html
import re

import pytest

from autograder import misconceptions, reference
from course_lib import alt
from course_lib.units import find
from tools import ROOT
from tools.site import leaks, links, words
from tools.site.pages import read

RCNN = find("rcnn")
GOOD = """<html><head><title>A</title><link rel="stylesheet" href="_static/a.css?v=1"></head><body>
<h1 id="top">A &amp; B</h1><a href="#top">up</a> <a href="b.html#part%C3%A9">b</a> <a href="https://example.org/x?y=1">x</a>
<img src="_static/a.png" alt="a"><pre><span>x</span> = 1</pre></body></html>"""


@pytest.fixture
def site(tmp_path):
    """A website of two pages that is right; what is written to the first is looked through: `site(body)`."""
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "a.css").touch()
    (tmp_path / "_static" / "a.png").touch()
    (tmp_path / "b.html").write_text('<p id="parté">b</p>')

    def found(body="", check=links.findings):
        (tmp_path / "index.html").write_text(GOOD.replace("</body>", f"{body}</body>"))
        return check(tmp_path, {path: read(path) for path in tmp_path.glob("*.html")})

    return found


def test_a_page_is_read(site, tmp_path):
    site()
    page = read(tmp_path / "index.html")
    assert page.ids == {"top"}
    assert page.blocks == ["x = 1"]
    assert "A & B" in page.text
    assert page.images == [("_static/a.png", "a")]


def test_a_website_that_is_right(site):
    assert site() == []
    assert site(check=leaks.findings) == []


WRONG = {
    '<a href="c.html">c</a>': "c.html leads nowhere",
    '<a href="b.html#there">c</a>': "b.html#there names no place of that page",
    '<a href="#there">c</a>': "#there names no place of that page",
    '<a href="https://exa mple.org">c</a>': "https://exa mple.org is no address",
    '<a href="ftp://example.org">c</a>': "ftp://example.org is no address",
    '<img src="c.png" alt="c">': "c.png is missing",
    '<img src="_static/a.png" alt=" ">': "_static/a.png has no words",
    '<img src="_static/a.png">': "_static/a.png has no words",
    '<script src="https://example.org/a.js"></script>': "https://example.org/a.js needs a network",
    '<script type="application/vnd.jupyter.widget-view+json">{}</script>': "a widget that nothing moves",
}


@pytest.mark.parametrize(("body", "said"), WRONG.items(), ids=WRONG.values())
def test_what_is_wrong_is_said(site, body, said):
    assert site(body) == [f"index.html: {said}"]


def solution(unit):
    """The body of a solution's longest function."""
    source = reference.source_of(unit.id).read_text(encoding="utf-8")
    return max((part.split("### END SOLUTION")[0] for part in source.split("### BEGIN SOLUTION\n")[1:]), key=len)


def code(text):
    return f"<pre>{html.escape(text)}</pre>"


def whole(unit):
    """A function of the solution, under another name and without the markers."""
    source, name = reference.source_of(unit.id).read_text(encoding="utf-8"), unit.functions[0]
    cell = next(part for part in source.split("# %%") if f"def {name}(" in part).partition("\n")[2]
    lines = [line for line in cell.splitlines() if "### " not in line]
    return "\n".join(lines).replace(f"def {name}(", "def helper(")


def sentence_with_code():
    return next(wrong.sentence for wrong in misconceptions.of(RCNN.id) if "`" in wrong.sentence)


def shown(sentence):
    """A sentence as Sphinx sets it."""
    return re.sub("`([^`]+)`", r'<code><span class="pre">\1</span></code>', html.escape(sentence))


LEAKS = {
    "lines of a solution": (lambda: code(solution(RCNN)), "a solution of 02_rcnn"),
    "a function under another name": (lambda: code(whole(RCNN)), "helper is the solution of 02_rcnn box_iou"),
    "a marker": (lambda: code("### BEGIN SOLUTION"), "a marker of a solution"),
    "a wrong version": (
        lambda: code(max((misconceptions.source(one) for one in misconceptions.of(RCNN.id)), key=len)),
        "a wrong version of 02_rcnn",
    ),
    "its sentence": (lambda: html.escape(misconceptions.of(RCNN.id)[0].sentence), "says"),
    "its sentence with words of code": (lambda: shown(sentence_with_code()), "says"),
    "its sentence for those who cannot see": (
        lambda: f'<img src="_static/a.png" alt="{html.escape(sentence_with_code())}">',
        "says",
    ),
}


@pytest.mark.parametrize(("body", "said"), LEAKS.values(), ids=LEAKS)
def test_what_gives_a_solution_away_is_found(site, body, said):
    assert any(said in finding for finding in site(body(), leaks.findings))


def test_a_solution_in_a_script_and_what_only_sphinx_needs_are_found(site, tmp_path):
    (tmp_path / "searchindex.js").write_text(solution(RCNN))
    (tmp_path / "index.doctree").touch()
    found = site(check=leaks.findings)
    assert "index.doctree is not for readers" in found
    assert "searchindex.js: a solution of 02_rcnn" in found


def test_each_named_picture_must_have_its_words(tmp_path):
    names = words.names(ROOT / RCNN.lecture)
    assert "astronaut" in names
    images = [f'<img src="a.png" alt="{html.escape(alt.sentences()[name])} 1, 2">' for name in names]
    page = tmp_path / RCNN.lecture.with_suffix(".html")
    page.parent.mkdir()
    page.write_text("".join(images))
    assert words.findings(tmp_path, {page: read(page)}, (RCNN,)) == []
    page.write_text("".join(images[1:]))
    assert words.findings(tmp_path, {page: read(page)}, (RCNN,)) == [
        f"02_rcnn: no picture says the words of {names[0]!r}"
    ]
