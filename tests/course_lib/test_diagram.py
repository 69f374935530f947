"""Diagrams: arrows run straight where they can, and touch no box."""

import pytest

from course_lib.plots import BLUE, SKY, Arrow, Block, close, diagram
from course_lib.plots.diagram import GAP

WIDE, LEFT, BESIDE = Block(1.8, 3, "in", SKY, 4.6), Block(0, 1, "1×1", BLUE, 1), Block(5.5, 3, "pool", BLUE, 1)


def arrows(*drawn):
    ax = diagram({"wide": WIDE, "left": LEFT, "beside": BESIDE}, drawn)
    found = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    close(ax)
    return [(arrow.xyann, arrow.xy) for arrow in found], [text.get_text() for text in ax.texts]


def test_the_words_stand_in_their_boxes():
    assert arrows()[1] == ["in", "1×1", "pool"]


@pytest.mark.parametrize(
    ("drawn", "start", "end"),
    [
        (("wide", "left"), (0, 3 - 0.275 - GAP), (0, 1 + 0.275 + GAP)),
        (("left", "wide"), (0, 1 + 0.275 + GAP), (0, 3 - 0.275 - GAP)),
        (("wide", "beside"), (4.1 + GAP, 3), (5 - GAP, 3)),
        (("left", "beside"), (0, 1 + 0.275 + GAP), (5.5, 3 - 0.275 - GAP)),
    ],
)
def test_arrows_run_straight_where_they_can_and_touch_no_box(drawn, start, end):
    ((found, tip),) = arrows(drawn)[0]
    assert (*found, *tip) == pytest.approx((*start, *end))


def test_an_arrow_may_carry_a_word():
    assert "proposals" in arrows(Arrow("wide", "left", BLUE, "proposals"))[1]
