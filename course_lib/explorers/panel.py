"""The one widget of the course: a picture that follows its controls, and the same in words beside or below it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from course_lib.plots import png

Drawing = Callable[..., tuple[np.ndarray, str]]
HERE = Path(__file__).parent
COLUMN = "11.5em"  # the least width of a control: three stand side by side at 1024 pixels, and at 200 % of 1280
MOST = 3  # controls in a row


def slider(description: str, value: float, smallest: float, largest: float, step: float):
    """A slider with its description; integers where `step` is one."""
    import ipywidgets

    kind = ipywidgets.IntSlider if isinstance(step, int) else ipywidgets.FloatSlider
    return kind(value=value, min=smallest, max=largest, step=step, description=description)


def panel(draw: Drawing, controls: Mapping[str, object]):
    """Shows `draw(**values of the controls)` and draws it again whenever one of them changes.

    Args:
        draw: a pure function that returns a picture (uint8 [H, W, 3]) and a sentence about it.
        controls: widget for each of draw's arguments.

    Returns:
        The widget: controls above in equal columns, the picture, and the words on its right where there is room.
    """
    import ipywidgets

    image, words = ipywidgets.Image(format="png"), ipywidgets.HTML()
    image.add_class("course-picture")
    words.add_class("course-words")

    def redraw(_change=None):
        picture, sentence = draw(**{name: control.value for name, control in controls.items()})
        image.value, words.value = png(picture), sentence

    for control in controls.values():
        control.observe(redraw, names="value")
    redraw()
    beside = {"flex_flow": "row wrap", "align_items": "flex-start", "grid_gap": "0 1.5em"}
    view = ipywidgets.VBox([_grid(list(controls.values())), ipywidgets.HBox([image, words], layout=beside), *_page()])
    view.add_class("course-explorer")
    return view


def _grid(controls: list):
    """The controls in equal columns, each below its name; as many in a row as fill the rows evenly."""
    import ipywidgets

    for control in controls:
        control.layout = {"width": "auto", "height": "auto", "flex_flow": "row wrap", "margin": "0"}
        control.style.description_width = "100%"
    rows = -(-len(controls) // MOST)
    share = 100 // -(-len(controls) // rows) - 3
    columns = f"repeat(auto-fit, minmax(max({COLUMN}, {share}%), 1fr))"
    layout = {"grid_template_columns": columns, "grid_gap": "2px 1em", "align_items": "flex-start", "width": "100%"}
    return ipywidgets.GridBox(controls, layout=layout)


def _page() -> list:
    """Two widgets that take no room: the explorers' style, and a script that names everything for all readers."""
    import ipywidgets
    from IPython.display import Javascript

    style = ipywidgets.HTML(f"<style>{(HERE / 'panel.css').read_text(encoding='utf-8')}</style>")
    script = ipywidgets.Output()
    script.append_display_data(Javascript((HERE / "panel.js").read_text(encoding="utf-8")))
    for widget in (style, script):
        widget.add_class("course-hidden")
    return [style, script]
