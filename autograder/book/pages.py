"""Our two pages in the place of nbgrader's: formgrader's, on which a human marks, and feedback, which students read.

Imports little: every command reads the configuration in which `install` stands.
"""

from pathlib import Path

import nbgrader
from traitlets.config import Config

TEMPLATES = Path(__file__).parent / "templates"
THEIRS = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"


def install(config: Config) -> None:
    """Let nbgrader make both pages from our templates, with guarded Markdown; `config` is nbgrader_config.py's `c`."""
    ours = {"markdown2html": "markdown", "strip_files_prefix": "unchanged"}
    config.HTMLExporter.filters = {theirs: f"autograder.book.markup.{name}" for theirs, name in ours.items()}
    config.HTMLExporter.preprocessors = ["autograder.book.graded_page.Arrange"]
    config.HTMLExporter.extra_template_basedirs = [str(TEMPLATES), str(THEIRS)]
    config.HTMLExporter.extra_template_paths = [str(THEIRS)]  # "formgrade/…" in a template is nbgrader's own
