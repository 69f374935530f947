"""The one widget of the course: a picture that follows its controls, and the same in words below it."""

from collections.abc import Callable, Mapping

import numpy as np

from course_lib.plots import png

Drawing = Callable[..., tuple[np.ndarray, str]]


def slider(description: str, value: float, smallest: float, largest: float, step: float):
    """A slider with its whole description readable; integers where `step` is one."""
    import ipywidgets

    kind = ipywidgets.IntSlider if isinstance(step, int) else ipywidgets.FloatSlider
    style = {"description_width": "9em"}
    layout = {"width": "26em"}
    return kind(value=value, min=smallest, max=largest, step=step, description=description, style=style, layout=layout)


def panel(draw: Drawing, controls: Mapping[str, object]):
    """Shows `draw(**values of the controls)` and draws it again whenever one of them changes.

    Args:
        draw: a pure function that returns a picture (uint8 [H, W, 3]) and a sentence about it.
        controls: widget for each of draw's arguments.

    Returns:
        The widget: controls above, the picture, and the words on its right where there is room, else below.
    """
    import ipywidgets

    image = ipywidgets.Image(format="png", layout={"max_width": "100%", "object_fit": "contain"})
    words = ipywidgets.HTML(layout={"min_width": "18em", "max_width": "34em", "margin": "0 0 0 1em"})

    def redraw(_change=None):
        picture, sentence = draw(**{name: control.value for name, control in controls.items()})
        image.value, words.value = png(picture), sentence

    for control in controls.values():
        control.observe(redraw, names="value")
    redraw()
    wrap = {"flex_flow": "row wrap"}
    return ipywidgets.VBox(
        [ipywidgets.HBox(list(controls.values()), layout=wrap), ipywidgets.HBox([image, words], layout=wrap)]
    )
