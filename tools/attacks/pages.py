"""Pages on which an attacker's script would act: the feedback page, and formgrader's view of a graded notebook."""

import base64
import html
import io
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tools.budgets import kept

MAX_SECONDS = 30.0  # of processor time, for one page
MAX_PIXELS = 60_000_000  # in one page: 240 MB in a browser
HARM_TAGS = ("meta", "base", "embed", "object", "iframe")
LITERAL = {"pre", "code", "textarea", "title"}  # MathJax leaves formulas in these alone


def acting(page: str, mark: str) -> bool:
    """Whether `mark` stands where a browser would run it: in a script, a handler, a link's target, a formula's link."""
    if mark not in page and mark not in html.unescape(page):
        return False
    reader = _Reader(mark, formulas="/mathjax/" in page.lower())
    reader.feed(page)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self, mark: str, formulas: bool):
        super().__init__(convert_charrefs=True)
        self.found, self._mark, self._formulas = False, mark, formulas
        self._open = []  # open tags, and whether formulas are left alone in them

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An opened tag and its attributes."""
        self._open.append((tag, tag in LITERAL or "tex2jax_ignore" in (dict(attrs).get("class") or "")))
        self.found |= any(self._mark in (value or "") and _runs(tag, name, value or "") for name, value in attrs)

    def handle_endtag(self, tag: str) -> None:
        """The innermost tag of that name ends, and what was open within it."""
        names = [name for name, _ in self._open]
        if tag in names:
            del self._open[len(names) - 1 - names[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        formula = self._formulas and "\\href" in data and not any(literal for _, literal in self._open)
        code = any(tag in ("script", "style") for tag, _ in self._open)
        self.found |= self._mark in data and (formula or code)


def _runs(tag: str, name: str, value: str) -> bool:
    """Whether a browser may run an attribute's value."""
    target = re.sub(r"[\x00-\x20]", "", value).lower()
    script = target.startswith(("javascript:", "vbscript:"))
    frame = target.startswith("data:") and not target.startswith("data:image/")
    return name.startswith("on") or name == "srcdoc" or script or frame or tag in HARM_TAGS


def formgrader_harm(course: Path, unit: str, mark: str) -> Iterator[tuple[str, str]]:
    """Whose graded notebook does harm on formgrader's page, and which: a script acts, it weighs much, or is no page."""
    exporter = exporter_of(course)
    for path in sorted((course / "autograded").glob(f"*/{unit}/{unit}.ipynb")):
        names = dict.fromkeys(("submission_id", "base_url", "my_mathjax_url", "last_name", "first_name"), "")
        resources = {**names, "assignment_id": unit, "notebook_id": unit, "index": 1, "total": 1, "notebook_path": ""}
        began = time.process_time()
        try:
            page = exporter.from_filename(str(path), resources=resources)[0]
        except Exception as error:  # whatever a graded notebook does to formgrader is what we look for
            yield path.parts[-3], f"formgrader cannot show the notebook ({type(error).__name__})"
            continue
        if acting(page, mark):
            yield path.parts[-3], "script on formgrader's page"
        if not kept(MAX_SECONDS, seconds := time.process_time() - began):
            yield path.parts[-3], f"formgrader's page takes {seconds:.0f} s"
        if (found := pixels(page)) > MAX_PIXELS:
            yield path.parts[-3], f"formgrader's page holds {found // 10**6} million pixels"


def pixels(page: str) -> int:
    """How many pixels the pictures of a page have, all together."""
    from PIL import Image

    files = (io.BytesIO(base64.b64decode(data)) for data in re.findall(r"data:image/\w+;base64,([\w+/=]+)", page))
    return sum(width * height for width, height in (Image.open(file).size for file in files))


def exporter_of(course: Path) -> Any:
    """The exporter that formgrader makes of the course's configuration."""
    from nbconvert.exporters import HTMLExporter
    from nbgrader.server_extensions.formgrader import handlers
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.HTMLExporter.template_name = "formgrade"
    if "extra_template_basedirs" not in config.HTMLExporter:  # stock nbgrader: formgrader names its own
        config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    return HTMLExporter(config=config)
