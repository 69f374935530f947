"""Figures of the course: pictures with boxes, rows of pictures, curves, bars, and words for those who cannot see them.

What draws with matplotlib draws on an Axes and returns it, so that a notebook can add to it. Colours are Okabe and
Ito's (https://jfly.uni-koeln.de/color/), which stay apart for colour-blind readers; lines differ in dash and marker as
well. `show(picture, "name")` puts the picture into the notebook as an HTML image with alternative text, kept in
alt_texts/ by its name: JupyterLab ignores alternative text in the metadata of plain PNG outputs.
"""

from course_lib.plots.charts import bars, curve, pr_curve, reliability
from course_lib.plots.diagram import Arrow, Block, diagram
from course_lib.plots.images import draw_boxes, draw_detections, draw_proposals, image_grid, show_image
from course_lib.plots.notebook import close, image_html, in_notebook, show, show_html
from course_lib.plots.pictures import Picture, pixels, png, to_picture, white
from course_lib.plots.style import (
    BLACK,
    BLUE,
    DASHES,
    GREEN,
    MARKERS,
    ORANGE,
    PALETTE,
    PURPLE,
    SKY,
    VERMILLION,
    YELLOW,
    rgb,
)

__all__ = [
    "BLACK",
    "BLUE",
    "DASHES",
    "GREEN",
    "MARKERS",
    "ORANGE",
    "PALETTE",
    "PURPLE",
    "SKY",
    "VERMILLION",
    "YELLOW",
    "Arrow",
    "Block",
    "Picture",
    "bars",
    "close",
    "curve",
    "diagram",
    "draw_boxes",
    "draw_detections",
    "draw_proposals",
    "image_grid",
    "image_html",
    "in_notebook",
    "pixels",
    "png",
    "pr_curve",
    "reliability",
    "rgb",
    "show",
    "show_html",
    "show_image",
    "to_picture",
    "white",
]
