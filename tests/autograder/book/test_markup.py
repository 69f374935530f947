"""Nothing of a student's acts on formgrader's page or on the feedback page."""

import base64
import io

import pytest
from jinja2 import Environment
from PIL import Image

from autograder.book.markup import MAX_MARKDOWN, TAGS, Room, markdown, rendered
from autograder.exam import outputs
from tests.helpers.budget import bounded
from tests.helpers.pages import Page


def picture(width=3, height=2, kind="png"):
    """A picture's file, in base64."""
    file = io.BytesIO()
    Image.new("L", (width, height)).save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


PIXEL = picture()
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
        assert name != "class" or value in ("highlight", "tex") or len(value) <= 3


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("$$\\sum x$$", '<code class="tex">$$\\sum x$$</code>'),
        ("\\begin{cases}1\\end{cases}", '<code class="tex">\\begin{cases}1\\end{cases}</code>'),
        (f"{FENCE}tads3\nx\n{FENCE}", "<pre><code>x\n</code></pre>"),
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
    with bounded(3):
        assert rendered((unit * MAX_MARKDOWN)[:MAX_MARKDOWN], {})


def test_what_takes_long_to_parse_is_not_parsed_again_and_again():
    room = Room(seconds=0.5)
    with bounded(10):
        pages = [rendered("\\\\(|a|b|\n|-|-|\n" * 300, {}, room) for _ in range(50)]
    assert "<pre>" in pages[-1]


def test_a_picture_from_elsewhere_is_said_in_words():
    found = rendered('a <img src=http://evil.example/x.png alt="<b>"> b', {})
    assert found == "<p>a [picture not shown: &lt;b&gt;] b</p>\n"
    assert rendered("![my plot](http://evil.example/x.png)", {}) == "<p>[picture not shown: my plot]</p>\n"


def test_what_is_too_long_is_shown_as_text():
    html = rendered("<b>" * MAX_MARKDOWN, {})
    assert html.startswith("<p>[shown as plain text: 5000 characters of a cell and 100000 of a page are rendered]")
    assert "<pre>&lt;b&gt;&lt;b&gt;" in html


def test_what_a_page_holds_is_bounded_however_many_cells_it_has():
    room, source = Room(), "*a* " * 1_250
    pages = [rendered(source, {}, room) for _ in range(25)]
    assert [page.count("<em>") for page in pages] == [1_250] * 20 + [0] * 5
    assert all(page.endswith(f"<pre>{source}</pre>") for page in pages[20:])


def test_plain_text_is_bounded_too():
    room, source = Room(), "[" * 600_000
    first, second, third = (rendered(source, {}, room) for _ in range(3))
    assert first.endswith(f"of a page are rendered]</p><pre>{source}</pre>")
    assert second.endswith(f"; 400000 of its 600000 are shown]</p><pre>{source[:400_000]}</pre>")
    assert third.endswith("; 0 of its 600000 are shown]</p><pre></pre>")


def shown(html):
    """How many pictures a page shows, and how many it only names."""
    return html.count("<img "), html.count("[picture not shown")


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif"])
def test_pictures_have_so_many_pixels_and_no_more(kind):
    side = int((outputs.MAX_PIXELS // 3) ** 0.5)
    attached = {"a": {f"image/{kind}": picture(side, side, kind)}}
    assert shown(rendered("![a](attachment:a) " * 5, attached)) == (3, 2)
    assert shown(rendered(f'<img src="data:image/{kind};base64,{picture(kind=kind)}">', {})) == (1, 0)


def test_a_picture_that_stands_a_thousand_times_is_shown_as_often_as_there_is_room():
    room = Room(pictures=100 * len(PIXEL))
    first = rendered("![a](attachment:a) " * 250, {"a": {"image/png": PIXEL}}, room)
    assert 0 < shown(first)[0] <= 100
    assert sum(shown(first)) == 250
    assert shown(rendered("![a](attachment:a)", {"a": {"image/png": PIXEL}}, room)) == (0, 1)


@pytest.mark.parametrize("data", ["", "AAAA", "iVBORw0KGgo=", "A", picture()[:40]])
def test_what_is_no_picture_is_not_shown(data):
    assert shown(rendered("![a](attachment:a)", {"a": {"image/png": data}})) == (0, 1)


def test_a_page_s_cells_share_its_room():
    page = Environment(autoescape=False)
    page.filters["markdown2html"] = markdown
    template = page.from_string("{% for _ in range(25) %}{{ source | markdown2html }}{% endfor %}")
    once = template.render(source="*a* " * 1_250, resources={})
    assert (once.count("<em>"), once.count("<pre>")) == (20 * 1_250, 5)
    assert template.render(source="*a* " * 1_250, resources={}) == once


def test_a_cell_s_attachment_and_a_missing_source_are_rendered():
    page = Environment(autoescape=False)
    page.filters["markdown2html"] = markdown
    template = page.from_string("{{ source | markdown2html }}")
    cell = {"attachments": {"a.png": {"image/png": PIXEL}}}
    assert PIXEL in template.render(source="![a](attachment:a.png)", cell=cell)
    assert template.render(source=None) == ""
