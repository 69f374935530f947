"""A notebook as a page can show it: explorers stand still, pictures are files, cells that only set up are left out."""

import base64
import hashlib
import html
import re
import struct
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course_lib import alt
from course_lib.plots import image_html

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
INLINE = re.compile(r'<img src="data:image/png;base64,([^"]+)"([^>]*)>')
CARD = 16  # pixels that course_lib's card adds around a picture
SETUP = "setup"  # the tag of the cell that installs the course on Colab

States = Mapping[str, Mapping[str, Any]]


def still(notebook: NotebookNode, where_it_moves: str) -> NotebookNode:
    """The notebook without widgets: in the place of each explorer stands what it shows after the run.

    Args:
        notebook: executed, with its widgets' state; it stays as it is.
        where_it_moves: a sentence in HTML that follows each explorer.
    """
    page = deepcopy(notebook)
    states = page.metadata.pop("widgets", {}).get(STATE, {}).get("state", {})
    page.cells = [cell for cell in page.cells if SETUP not in cell.metadata.get("tags", [])]
    for output in [output for cell in page.cells for output in cell.get("outputs", [])]:
        if VIEW in output.get("data", {}):
            text = explorer_html(output.data[VIEW]["model_id"], states, where_it_moves)
            output.data = NotebookNode({"text/html": text, "text/plain": "An explorer, which stands still here."})
    return page


def explorer_html(model: str, states: States, where_it_moves: str) -> str:
    """An explorer's controls with their values, its picture, and the words beside it, which are its alt text too."""
    models = [*_beneath(model, states)]
    by_class = {name: one for one in models for name in one["state"].get("_dom_classes", [])}
    picture, words = by_class["course-picture"], by_class["course-words"]["state"]["value"]
    content = base64.b64decode(picture["buffers"][0]["data"])
    controls = " · ".join(_control(one["state"]) for one in models if one["state"].get("description"))
    parts = (f"<p>{controls}</p>", image_html(content, alt.plain(words)), f"<div>{words}</div>")
    return f'<div class="explorer">{"".join(parts)}<p class="still">{where_it_moves}</p></div>'


def _beneath(model: str, states: States) -> Iterator[Mapping[str, Any]]:
    """A widget and all that it holds, from top to bottom."""
    one = states[model.removeprefix("IPY_MODEL_")]
    yield one
    for child in one["state"].get("children", []):
        yield from _beneath(child, states)


def _control(state: Mapping[str, Any]) -> str:
    """A control's name and value; of a choice the words that stand there."""
    labels = state.get("_options_labels")
    value = labels[state["index"]] if labels else state["value"]
    value = f"{value:g}" if isinstance(value, float) else value
    return f"{html.escape(state['description'])} <b>{html.escape(str(value))}</b>"


def pictures_as_files(notebook: NotebookNode, folder: Path) -> set[Path]:
    """Writes the pictures of a notebook into `folder`, which lies beside its page, and links them.

    A page with its pictures in it weighs megabytes, and shows nothing until the last of them has come. Each leads to
    its file, which can be enlarged on a small screen.

    Returns:
        The files.
    """
    written: set[Path] = set()

    def linked(found: re.Match) -> str:
        content = base64.b64decode(found[1])
        file = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        written.add(file)
        width, height = (side + CARD for side in struct.unpack(">II", content[16:24]))  # of PNG's first chunk
        image = f'<img src="{folder.name}/{file.name}" loading="lazy" width="{width}" height="{height}"{found[2]}>'
        return f'<a href="{folder.name}/{file.name}">{image}</a>'

    for output in [output for cell in notebook.cells for output in cell.get("outputs", [])]:
        if "text/html" in output.get("data", {}):
            output.data["text/html"] = INLINE.sub(linked, output.data["text/html"])
    return written
