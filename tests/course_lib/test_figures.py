"""A figure says what was measured, against which target, and leaves one line for the table."""

import json

import nbformat
import numpy as np
import pytest
import torch

from course_lib.figures import RECORDED, Figure, FigureError, figure, quantity, read_figures, record, recorded
from tools import ROOT
from tools.figures.measure import FigureRunError, measure, summary, table


@pytest.fixture(autouse=True)
def no_figures_file(settings_from):
    settings_from()


@pytest.mark.parametrize(
    ("value", "target", "better", "met"),
    [
        (0.043, 0.03, "above", True),
        (0.03, 0.03, "above", True),
        (0.02, 0.03, "above", False),
        (0.02, 0.03, "below", True),
        (0.04, 0.03, "below", False),
        (0.04, None, "above", None),
        (None, 0.03, "above", None),
    ],
)
def test_a_figure_knows_whether_it_meets_its_target(value, target, better, met):
    assert figure("gain", value, target, better).met is met


def test_the_sentence_holds_value_target_verdict_and_paper():
    shown = figure("gain", 0.0432, target=0.03, unit="AP", paper="+3 to 4 mAP (CVPR 2014, Table 2)")
    assert str(shown) == (
        "gain: measured 0.0432 AP, target at least 0.03 AP: met; paper: +3 to 4 mAP (CVPR 2014, Table 2)"
    )
    assert shown._repr_markdown_().startswith("**gain**: measured 0.0432 AP")


def test_over_several_seeds_the_mean_counts_and_the_spread_is_shown():
    shown = figure("gain", [3.0, np.float32(4.0), torch.tensor(5.0)], target=4, unit="points")
    assert (shown.value, shown.spread, shown.seeds, shown.met) == (4.0, 1.0, 3, True)
    assert str(shown) == "gain: measured 4 ± 1 points over 3 seeds, target at least 4 points: met"
    assert not figure("gain", [3.0, 4.0, 5.0], target=4.1).met


@pytest.mark.parametrize("values", [[1.0, float("nan")], [1.0, None], [1.0], []])
def test_each_seed_needs_its_number(values):
    with pytest.raises(FigureError):
        figure("gain", values)


def test_a_figure_that_this_profile_cannot_measure_says_so():
    assert str(figure("speed-up", None, target=50, unit="times")) == (
        "speed-up: not measured, target at least 50 times"
    )


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (60965224, "parameters", "60,965,224 parameters"),
        (1234.56, "s", "1,235 s"),
        (0.04321, "AP", "0.0432 AP"),
        (12.0, "", "12"),
        (0, "", "0"),
    ],
)
def test_numbers_are_written_the_same_way_everywhere(value, unit, text):
    assert quantity(value, unit) == text


@pytest.mark.parametrize("value", [np.float32(0.5), np.int64(3), torch.tensor(0.5), torch.tensor([2])])
def test_scalars_of_numpy_and_torch_become_plain_numbers(value):
    assert type(figure("x", value).value) in (int, float)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), torch.tensor(float("nan"))])
def test_a_figure_that_is_not_finite_is_an_error_that_names_it(value):
    with pytest.raises(FigureError, match="recall at 100"):
        figure("recall at 100", value)


def test_an_unknown_side_names_the_known_ones():
    with pytest.raises(FigureError, match="above or below"):
        figure("x", 1.0, 2.0, better="larger")


def test_figures_are_appended_and_read_back(settings_from, tmp_path):
    lines = tmp_path / "figures.jsonl"
    assert read_figures(lines) == []
    settings_from(COURSE_FIGURES=lines)
    shown = [figure("a", 0.5, target=0.4, unit="AP"), figure("b", None, paper="0.32 s (2015)")]
    assert read_figures(lines) == shown
    assert json.loads(lines.read_text().splitlines()[0])["value"] == 0.5


def test_without_the_variable_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    figure("a", 0.5)
    assert list(tmp_path.iterdir()) == []


def test_the_table_holds_a_row_for_each_figure_and_the_summary_counts_those_with_target_and_value():
    figures = {
        "02_rcnn": [
            Figure("gain | AP", 0.043, 0.03, unit="AP", paper="+3 mAP", seeds=3, spread=0.004),
            Figure("time", 5.0, 4.0, "below", "s"),
        ],
        "03_fast_rcnn": [Figure("speed-up", None, 50), Figure("disk", 1234567, unit="bytes")],
    }
    assert table(figures).splitlines()[-4:] == [
        "| 02_rcnn | gain \\| AP | at least 0.03 AP | 0.043 AP, met | 0.004 | 3 | +3 mAP |",
        "| 02_rcnn | time | at most 4 s | 5 s, **not met** | – | 1 | – |",
        "| 03_fast_rcnn | speed-up | at least 50 | not measured | – | – | – |",
        "| 03_fast_rcnn | disk | – | 1,234,567 bytes | – | 1 | – |",
    ]
    assert summary(figures) == "figures: 1 of 2 met"


@pytest.fixture
def unit_source(tmp_path, monkeypatch):
    """A unit whose solution notebook has the given code as its only cell."""

    def write(code):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
        monkeypatch.setattr("tools.figures.measure.build_exercise", lambda source: (notebook, notebook))
        return tmp_path / "99_demo.py"

    return write


def test_a_notebook_is_run_and_its_figures_are_collected(unit_source):
    source = unit_source("from course_lib.figures import figure\nfigure('answer', 42, target=40)")
    assert measure(source) == [Figure("answer", 42, 40)]


def test_a_notebook_that_fails_is_named_with_cell_and_error(unit_source):
    with pytest.raises(FigureRunError, match=r"99_demo\.py did not run through") as caught:
        measure(unit_source("1 / 0"))
    assert "cell 0 raised ZeroDivisionError: division by zero" in str(caught.value)


def test_what_an_earlier_unit_measured_is_recorded_and_later_values_replace_it(tmp_path, monkeypatch, settings_from):
    monkeypatch.setattr("course_lib.figures.RECORDED", tmp_path / "recorded.json")
    record([Figure("mAP", 42.8), Figure("time", 0.1)])
    record([Figure("mAP", 43.0)])
    settings_from()
    assert recorded("mAP") == 43.0
    assert recorded("time") == 0.1
    with pytest.raises(FigureError, match=r"No figure 'map' is recorded.*\n.*mAP or time"):
        recorded("map")
    settings_from(COURSE_PROFILE="full", COURSE_BACKBONE="small")
    assert recorded("mAP") is None


def test_what_is_recorded_is_what_the_documents_say():
    documented = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    rows = {cells[2].strip(): cells[4].strip() for line in documented.splitlines() if len(cells := line.split("|")) > 5}
    known = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert len(known) > 5
    for name, value in known.items():
        assert rows[name].startswith("not measured" if value is None else quantity(value, "")), name
