"""What an instructor's browser shows of a submission: formgrader's page and the feedback page.

nbgrader's templates hand Markdown on as it is: a student's raw HTML, `javascript:` links and Mermaid drawings would act
with the instructor's rights. `nbgrader_config.py` puts `markdown` in the place of that filter, for both pages, and
`install()` gives each feedback page a policy under which a browser runs nothing but MathJax. Feedback shows students no
marking scheme: the same question is asked again next year.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Any

from bleach.html5lib_shim import Filter
from bleach.sanitizer import Cleaner
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbgrader.converters import GenerateFeedback

MAX_MARKDOWN = 50_000  # characters; more is shown as plain text
TAGS = frozenset(
    "a abbr b blockquote br center code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li ol p pre s small"
    " span strong sub summary sup table tbody td tfoot th thead tr u ul".split()
)
PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
TYPES = ("image/png", "image/jpeg", "image/gif")
SCHEME = re.compile(r"^[=# ]*BEGIN MARK SCHEME.*?(END MARK SCHEME[=# ]*$|\Z)", re.DOTALL | re.MULTILINE)
TEST_CELL = re.compile(r'(<a href="#check_(\w+)">)Test cell</a>')
MATHJAX = re.compile(r'<script src="(https://[^"?]*/mathjax/)[^"]*"')

_write_single_notebook = GenerateFeedback.write_single_notebook


def install() -> None:
    """Let nbgrader's GenerateFeedback write guarded pages."""
    GenerateFeedback.write_single_notebook = write_single_notebook


def write_single_notebook(self: GenerateFeedback, output: str, resources: dict) -> None:
    """nbgrader's own, with the policy in the page, and each check called by its name."""
    _write_single_notebook(self, guarded(TEST_CELL.sub(r"\1\2</a>", output)), resources)


def guarded(page: str) -> str:
    """The page with a policy for the browser: no script but MathJax, no picture from elsewhere, no forms, no frames."""
    found = MATHJAX.search(page)
    math = found[1] if found else ""
    rules = {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": f"'unsafe-inline' {math}",
        "font-src": f"data: {math}",
        "script-src": f"{math} 'unsafe-eval'" if math else "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    policy = "; ".join(f"{name} {value.strip()}" for name, value in rules.items())
    return page.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">', 1)


@pass_context
def markdown(context: Context, source: str | None) -> str:
    """Markdown as HTML in which nothing acts; in the place of nbconvert's filter of the same use.

    Args:
        source: of a cell, or a grader's comment.
    """
    attached = (context.get("cell") or {}).get("attachments") or {}
    in_formgrader = "submission_id" in (context.get("resources") or {})
    return rendered((source or "") if in_formgrader else SCHEME.sub("", source or ""), attached)


def rendered(source: str, attached: dict[str, Any]) -> str:
    """The HTML of one cell: allowed tags only, no ids, styles or handlers, pictures only where they are in the cell."""
    try:
        if len(source) > MAX_MARKDOWN:
            raise ValueError(f"longer than {MAX_MARKDOWN} characters")
        html = MarkdownWithMath(renderer=_Renderer(attached)).render(source)
        return CLEANER.clean(html)
    except (ValueError, RecursionError) as error:
        return f"<p>[shown as plain text: {escape(str(error))}]</p><pre>{escape(source)}</pre>"


def _allowed(tag: str, name: str, value: str) -> bool:
    """Whether a tag may keep an attribute. Classes are those of highlighted code: two letters."""
    if name == "href":
        return tag == "a" and not value.strip().lower().startswith("data:")
    if name == "src":
        return tag == "img" and bool(PICTURE.fullmatch(value))
    if name == "class":
        return value == "highlight" or (tag == "span" and len(value) <= 3)
    return name in {"img": ("alt", "width", "height"), "td": ("align", "colspan", "rowspan")}.get(tag, ("title",))


class _NoEmptyPictures(Filter):
    """Says so where a picture lost its source."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for token in super().__iter__():
            lost = token.get("name") == "img" and (None, "src") not in token["data"]
            yield {"type": "Characters", "data": "[picture not shown]"} if lost else token


CLEANER = Cleaner(TAGS, _allowed, ("http", "https", "mailto", "data"), filters=[_NoEmptyPictures])


class _Renderer(IPythonRenderer):
    """nbconvert's, where drawings are code, and pictures come from the cell itself or are named."""

    def __init__(self, attached: dict[str, Any]):
        super().__init__(escape=False, allow_harmful_protocols=False, exclude_anchor_links=True)
        self._attached = attached

    def block_mermaidjs(self, code: str) -> str:
        """Mermaid's text, not its drawing."""
        return f"<pre>{escape(code)}</pre>"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A picture of the cell, or in words which one is not shown."""
        if url.startswith("attachment:"):
            kinds = self._attached.get(url.removeprefix("attachment:")) or {}
            url = next((f"data:{kind};base64,{kinds[kind]}" for kind in TYPES if kind in kinds), url)
        if PICTURE.fullmatch(url):
            return f'<img src="{escape(url)}" alt="{escape(text)}">'
        return f"[picture not shown: {escape(text or url)}]"
