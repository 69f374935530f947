"""The figure of several panels: bars as long as their values, numbers beside them, and the same as a table."""

import numpy as np
import pytest

from course_lib import plots
from course_lib.story import Panel, story, table

NAMES = ("slow", "fast")
PANELS = [
    Panel("seconds", (20.0, 0.5), (47.0, 0.32), log=True),
    Panel("gigabytes", (92.4, 0), (200, None)),
    Panel("mAP", (None, 41.8), (66.0, 66.9)),
]


@pytest.fixture
def axes():
    drawn = story(NAMES, PANELS)
    yield drawn
    plots.close(drawn)


def test_each_panel_has_two_bars_a_system_with_its_value(axes):
    widths = [bar.get_width() for bar in axes[0].patches]
    assert widths == [20.0, 0.5, 47.0, 0.32]
    assert axes[0].get_xscale() == "log"
    assert axes[1].get_xscale() == "linear"
    assert [text.get_text() for text in axes[1].texts] == ["92.4", "0", "200", "–"]
    assert np.isnan(axes[2].patches[0].get_width())
    assert [ax.get_xlabel() for ax in axes[:3]] == ["seconds", "gigabytes", "mAP"]
    assert not axes[3].axison
    assert {ax.get_ylim() for ax in axes[:3]} == {(1.5, -0.5)}  # a system without a value keeps its row


def test_the_table_has_a_line_for_each_measurement():
    lines = table(NAMES, PANELS).splitlines()
    assert len(lines) == 4
    assert lines[1].split() == ["seconds", "20", "(47)", "0.5", "(0.32)"]
    assert lines[3].split() == ["mAP", "–", "(66)", "41.8", "(66.9)"]
