"""Explorers: a picture, sliders beside it, and the picture in words. One module a unit.

An explorer is a pure function `draw(…) -> (picture, words)` with a test, and controls that call it. Nothing else
happens in a widget, so whatever a student sees can also be computed in a cell.
"""

from course_lib.explorers.canvas import Canvas
from course_lib.explorers.panel import panel, slider

__all__ = ["Canvas", "panel", "slider"]
