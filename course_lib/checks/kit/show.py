"""How counterexamples look: one palette, and values as text."""

from torch import Tensor

from course_lib import plots

EXPECTED, YOURS = plots.BLUE, plots.VERMILLION
GIVEN, ASIDE = plots.BLACK, "#BBBBBB"


def show_box(box: Tensor) -> str:
    """A box as text, one decimal."""
    return "(" + ", ".join(f"{value:.1f}" for value in box.tolist()) + ")"
