"""Pictures in words: sentences are kept by name and used once each, numbers are read off the figure."""

import ast
from collections import Counter
from string import Formatter

import pytest

from course_lib import alt, plots
from tools.build.notebooks import unit_sources

CELLS = {path: path.read_text(encoding="utf-8") for path in unit_sources()}
LONGEST_NAME = 5  # words: a title, not an answer


def shown(source):
    """Every `plots.show(picture, …)` of a source."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [call for call in calls if ast.unparse(call.func) in ("plots.show", "show")]


@pytest.mark.parametrize("path", CELLS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_cell_shows_the_name_of_its_picture_and_not_what_is_seen(path):
    calls = shown(CELLS[path])
    assert calls
    for call in calls:
        _, name = call.args
        assert len(name.value.split()) <= LONGEST_NAME
        needed = {field.split("[")[0] for _, field, _, _ in Formatter().parse(alt.sentences()[name.value]) if field}
        assert {keyword.arg for keyword in call.keywords} == needed


@pytest.mark.parametrize("path", CELLS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_cell_draws_without_showing_in_words(path):
    for node in ast.walk(ast.parse(CELLS[path])):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ("imshow", "savefig")
            assert ast.unparse(node.func) not in ("plt.show", "pyplot.show", "display.Image")


def test_each_sentence_belongs_to_one_picture():
    names = Counter(call.args[1].value for source in CELLS.values() for call in shown(source))
    assert names == Counter(dict.fromkeys(alt.sentences(), 1))


def test_values_are_put_in_and_their_markup_taken_out(monkeypatch):
    monkeypatch.setattr(alt, "sentences", lambda: {"a": "Seen: {words} {share:.0%}"})
    assert alt.sentence("a", words="<b>3</b> of 4<br>&lt; half", share=0.5) == "Seen: 3 of 4; < half 50%"


def test_an_unknown_name_says_what_is_near():
    with pytest.raises(alt.UnknownPicture, match="one like 'moved box'"):
        alt.sentence("moved boxes")


def test_a_missing_value_is_named():
    with pytest.raises(alt.UnknownPicture, match="'five lettered boxes' lack a value"):
        alt.sentence("five lettered boxes")


def test_a_name_that_occurs_twice_is_refused(tmp_path, monkeypatch):
    (tmp_path / "00.toml").write_text('[lecture]\n"cat" = "A cat."\n[exercise]\n"cat" = "Another."\n')
    monkeypatch.setattr(alt, "FOLDER", tmp_path)
    alt.sentences.cache_clear()
    try:
        with pytest.raises(alt.UnknownPicture, match="one name"):
            alt.sentences()
    finally:
        alt.sentences.cache_clear()


def test_bars_and_lines_tell_their_numbers():
    bars = plots.bars(["slow", "fast"], [12000, 0.25], "seconds")
    assert alt.numbers(bars.figure) == "seconds: slow 12,000, fast 0.25."
    lacking = plots.bars(["paper", "ours"], [float("nan"), 2], "hours")
    assert alt.numbers(lacking.figure) == "hours: paper none, ours 2."
    plots.close(lacking)
    ax = plots.curve(["stem", "top"], {"ours": [0.1, 0.8], "theirs": [0.2, 1]}, "layer", "accuracy", title="both")
    ax.axhline(0.5)
    assert alt.numbers(ax.figure) == "both; ours: stem 0.1, top 0.8; theirs: stem 0.2, top 1."
    plots.close(bars)
    plots.close(ax)


def test_of_a_long_line_some_values_are_told_and_the_last():
    ax = plots.curve(range(300), {"loss": range(300)}, "step", "loss")
    told = alt.numbers(ax.figure).removeprefix("loss: ").rstrip(".").split(", ")
    assert len(told) == alt.MOST
    assert (told[0], told[-1]) == ("0 0", "299 299")
    plots.close(ax)


def test_pictures_tell_their_titles_and_what_is_written_on_them():
    import torch

    axes = plots.image_grid([torch.zeros(3, 8, 8)] * 2, ["cat", "dog"])
    plots.draw_boxes(torch.zeros(3, 8, 8), torch.tensor([[1.0, 1, 5, 5]]), scores=torch.tensor([0.9]), ax=axes[0])
    assert alt.numbers(axes[0].figure) == "0.90. dog."
    plots.close(axes[0])
