"""Nothing of a student's acts on formgrader's page or on the feedback page."""

import time

import pytest
from jinja2 import Environment

from autograder.markup import MAX_MARKDOWN, TAGS, guarded, markdown, rendered
from tests.pages import Page

PIXEL = "iVBORw0KGgo="
FENCE = "```"


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    '<div onclick="alert(1)" style="position:fixed" id="check_nms" class="mark-graded">x</div>',
    "<iframe src=javascript:alert(1)>",
    "<form action=/x><button class=full-credit>Full credit</button></form>",
    "<style>body{display:none}</style>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt&colon;alert(1))",
    "[click](\tjavascript:alert(1))",
    "[click](data:text/html;base64,PHNjcmlwdD4=)",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<javascript:alert(1)>",
    '![x" onerror="alert(1)](data:image/png;base64,AAAA)',
    '![x](x "t\\" onerror=alert(1) ")',
    "![x](http://evil.example/track.png)",
    "<img src=http://evil.example/track.png>",
    "![x](data:image/svg+xml;base64,AAAA)",
    "![x](attachment:none.png)",
    f"{FENCE}mermaid\n<img src=x onerror=alert(1)>\n{FENCE}",
    f"{FENCE}html\n<img src=x onerror=alert(1)>\n{FENCE}",
    f'{FENCE}"><img src=x onerror=alert(1)>\n{FENCE}',
    "# <img src=x onerror=alert(1)>",
    "$\\text{<img src=x onerror=alert(1)>}$",
    "\\begin{x}<img src=x onerror=alert(1)>\\end{x}",
    "|a|\n|-|\n|<img src=x onerror=alert(1)>|",
    "`<img src=x onerror=alert(1)>`",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_in_markdown_acts(source):
    page = Page(rendered(source, {}))
    assert set(page.tags) <= TAGS
    for name, value in page.attributes:
        assert name in ("href", "src", "alt", "title", "class"), (name, value)
        assert name != "href" or value.startswith(("http:", "https:", "#"))
        assert name != "src" or value.startswith("data:image/png;base64,")
        assert name != "class" or value == "highlight" or len(value) <= 3


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("**bold** and `a < b`", "<strong>bold</strong> and <code>a &lt; b</code>"),
        ("<details><summary>Hint</summary>Think.</details>", "<details><summary>Hint</summary>Think.</details>"),
        ("$a < b$", "$a &lt; b$"),
        ("[paper](https://example.org/x?a=1&b=2)", '<a href="https://example.org/x?a=1&amp;b=2">paper</a>'),
        ("|a|\n|-|\n|1|", "<td>1</td>"),
        (f"{FENCE}python\nx = 1\n{FENCE}", '<span class="mi">1</span>'),
        ("if a < b", "if a &lt; b"),
        ("<b>not closed", "<b>not closed</b>"),
        ("# Title", "<h1>Title</h1>"),
    ],
)
def test_what_students_mean_is_shown(source, html):
    assert html in rendered(source, {})


def test_a_picture_in_the_cell_is_shown_and_a_missing_one_is_named():
    attached = {"plot.png": {"image/png": PIXEL}, "bad.svg": {"image/svg+xml": "x"}, "odd": None}
    assert f'src="data:image/png;base64,{PIXEL}"' in rendered("![my plot](attachment:plot.png)", attached)
    for name in ("bad.svg", "odd", "other"):
        assert "[picture not shown: sketch]" in rendered(f"![sketch](attachment:{name})", attached)


@pytest.mark.parametrize(
    "unit", ["[", "![", "*a_", "> ", "`", "$", "<", "<a ", "- ", "\n> - ", "|", "&", "(", "\\(", "[a]("]
)
def test_hostile_markdown_takes_no_time(unit):
    start = time.process_time()
    source = (unit * MAX_MARKDOWN)[:MAX_MARKDOWN]
    assert rendered(source, {})
    assert time.process_time() - start < 10


def test_a_picture_from_elsewhere_is_said_in_words():
    assert rendered('a <img src=http://evil.example/x.png alt="<b>"> b', {}) == "<p>a [picture not shown] b</p>\n"
    assert rendered("![my plot](http://evil.example/x.png)", {}) == "<p>[picture not shown: my plot]</p>\n"


def test_what_is_too_long_is_shown_as_text():
    html = rendered("<b>" * MAX_MARKDOWN, {})
    assert html.startswith("<p>[shown as plain text: longer than 50000 characters]</p><pre>&lt;b&gt;")


SCHEME = "Why?\n\n=== BEGIN MARK SCHEME ===\n- 1 point: secret\n\n=== END MARK SCHEME ===\n\nIn *words*."


@pytest.mark.parametrize("source", [SCHEME, SCHEME.replace("===", "###"), SCHEME.split("=== END")[0] + "*words*"])
def test_the_marking_scheme_is_shown_to_graders_only(source):
    page = Environment(autoescape=False)
    page.filters["markdown2html"] = markdown
    template = page.from_string("{{ source | markdown2html }}")
    graders = template.render(source=source, resources={"submission_id": "1"}, cell={})
    students = template.render(source=source, resources={"nbgrader": {}}, cell={})
    assert "secret" in graders
    assert "<em>words</em>" in graders
    assert "Why?" in students
    assert "secret" not in students
    assert "MARK SCHEME" not in students
    assert ("<em>words</em>" in students) == ("END" in source)


def test_a_cell_s_attachment_and_a_missing_source_are_rendered():
    page = Environment(autoescape=False)
    page.filters["markdown2html"] = markdown
    template = page.from_string("{{ source | markdown2html }}")
    cell = {"attachments": {"a.png": {"image/png": PIXEL}}}
    assert PIXEL in template.render(source="![a](attachment:a.png)", cell=cell)
    assert template.render(source=None) == ""


def test_the_policy_allows_mathjax_only():
    script = '<script src="https://cdn.example/libs/mathjax/2.7.7/latest.js?config=Safe"></script>'
    page = guarded(f"<html><head>{script}</head><body></body></html>")
    assert page.startswith('<html><head><meta http-equiv="Content-Security-Policy"')
    assert "script-src https://cdn.example/libs/mathjax/ 'unsafe-eval';" in page
    assert "default-src 'none'; img-src data:;" in page
    assert "script-src 'none';" in guarded("<html><head></head></html>")
