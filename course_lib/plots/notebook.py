"""Pictures in a notebook: with words for those who cannot see them, on a light page and on a dark one."""

import base64
import html

import numpy as np

from course_lib import alt as words
from course_lib.plots.pictures import png

CARD = "background: #fff; border-radius: 8px; box-sizing: border-box; max-width: 100%; padding: 8px"


def show(picture, name: str = "", alt: str = "", **values: object) -> None:
    """Displays an Axes, a Figure, an array of Axes or an image in the notebook, with words for those who can't see it.

    The words are those of `alt.sentence(name, **values)`, or `alt`; what can be read off a figure is added to them. The
    figure is closed, so that the notebook does not draw it a second time.

    Raises:
        ValueError: neither a name nor an `alt`, or both.
        UnknownPicture: no words have this name.
    """
    if bool(name.strip()) == bool(alt.strip()):
        raise ValueError("show: expected the picture's name, or alt='a sentence that describes it'.")
    if isinstance(picture, np.ndarray) and picture.dtype == object:
        picture = picture.flat[0]
    figure = getattr(picture, "figure", picture)
    told = alt or words.sentence(name, **values)
    if hasattr(figure, "savefig"):
        told = f"{told} {words.numbers(figure)}".rstrip()
    show_html(image_html(png(picture), told), told)
    close(picture)


def image_html(content: bytes, alt: str) -> str:
    """A PNG file as HTML: on a white card with room around it, so that it also reads on a dark page."""
    source = base64.b64encode(content).decode()
    return f'<img src="data:image/png;base64,{source}" alt="{html.escape(alt)}" style="{CARD}">'


def close(picture) -> None:
    """Closes the figure behind an Axes or Figure, so that the notebook does not draw it a second time."""
    from matplotlib import pyplot

    figure = getattr(picture, "figure", picture)
    if hasattr(figure, "savefig"):
        pyplot.close(figure)


def in_notebook() -> bool:
    """Whether a Jupyter front end listens, so that HTML can be shown."""
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


def show_html(page: str, text: str) -> None:
    """Displays HTML in the notebook, with `text` for front ends that cannot show it."""
    from IPython.display import display

    display({"text/html": page, "text/plain": text}, raw=True)
