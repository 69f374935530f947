"""Figures: what is drawn where, that lines differ without colour, and that every picture comes with words."""

import io
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from matplotlib import colors, pyplot
from matplotlib.colors import to_rgb

from course_lib import plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


@pytest.mark.parametrize(
    "image",
    [
        torch.full((3, 4, 6), 255, dtype=torch.uint8),
        torch.ones(1, 4, 6),
        torch.full((3, 4, 6), 1.5, dtype=torch.float64),
        np.ones((4, 6)),
        np.full((4, 6, 3), 255, dtype=np.uint8),
        torch.ones(4, 6, dtype=torch.bool),
    ],
)
def test_every_kind_of_image_becomes_one_kind_of_picture(image):
    picture = plots.to_picture(image)
    assert picture.shape == (4, 6, 3)
    assert picture.dtype == np.uint8
    assert (picture == 255).all()


def test_a_picture_three_pixels_high_keeps_its_rows():
    image = np.zeros((3, 5, 3), dtype=np.uint8)
    image[0] = 200
    assert (plots.to_picture(image)[0] == 200).all()


def test_a_tensor_three_pixels_wide_keeps_its_columns():
    image = torch.zeros(3, 3, 3, dtype=torch.uint8)
    image[:, :, 0] = 200
    assert (plots.to_picture(image)[:, 0] == 200).all()
    assert (plots.to_picture(image)[:, 1:] == 0).all()


@pytest.mark.parametrize("shape", [(5,), (2, 4, 6), (1, 3, 4, 6)])
def test_an_array_that_is_no_image_is_named(shape):
    with pytest.raises(ValueError, match=r"this array has the shape"):
        plots.to_picture(np.zeros(shape))


def test_palette_is_okabe_and_itos():
    expected = {"#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}
    assert set(plots.PALETTE) == expected
    assert plots.rgb("#0072B2") == (0, 114, 178)


def test_boxes_lie_at_their_pixels():
    ax = plots.draw_boxes(torch.zeros(3, 40, 60), torch.tensor([[5.0, 6.0, 25.0, 36.0]]))
    vertices = ax.collections[-1].get_paths()[0].vertices
    assert vertices.min(axis=0).tolist() == [5, 6]
    assert vertices.max(axis=0).tolist() == [25, 36]
    assert ax.get_xlim() == (0, 60)
    assert ax.get_ylim() == (40, 0)


def test_boxes_carry_name_score_and_colour_of_their_class():
    boxes = torch.tensor([[0.0, 20.0, 9.0, 29.0], [5.0, 25.0, 25.0, 36.0]])
    labels, scores = torch.tensor([1, 0]), torch.tensor([0.756, 0.5])
    ax = plots.draw_boxes(torch.zeros(3, 40, 60), boxes, labels, scores, ["cat", "dog"])
    assert [text.get_text() for text in ax.texts] == ["dog 0.76", "cat 0.50"]
    edges = [colors.to_hex(color).upper() for color in ax.collections[-1].get_edgecolor()]
    assert edges == [plots.PALETTE[1], plots.PALETTE[0]]


def test_a_caption_at_the_top_hangs_inside_the_picture():
    boxes = torch.tensor([[0.0, 0.0, 9.0, 9.0], [0.0, 30.0, 9.0, 39.0]])
    ax = plots.draw_boxes(torch.zeros(3, 40, 60), boxes, torch.tensor([0, 0]))
    assert [text.get_verticalalignment() for text in ax.texts] == ["top", "bottom"]


def test_no_boxes_leave_the_image_alone():
    ax = plots.draw_boxes(torch.zeros(3, 40, 60), torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    assert len(ax.texts) == 0


@pytest.mark.parametrize(
    ("name", "values"),
    [("labels", torch.zeros(3, dtype=torch.int64)), ("scores", torch.ones(1)), ("colors", ["#000000"])],
)
def test_one_value_for_each_box(name, values):
    with pytest.raises(ValueError, match=f"{name}: expected one for each of the 2 boxes"):
        plots.draw_boxes(torch.zeros(3, 40, 60), torch.zeros(2, 4), **{name: values})


def test_proposals_say_of_how_many_they_are():
    ax = plots.draw_proposals(torch.zeros(3, 40, 60), torch.rand(1200, 4), 150)
    assert ax.get_title() == "150 of 1,200 proposals"
    assert [len(collection.get_paths()) for collection in ax.collections] == [150, 150]


def test_detections_stand_to_the_right_of_the_objects():
    boxes, labels = torch.tensor([[0.0, 20, 9, 29], [5, 25, 25, 36]]), torch.tensor([1, 0])
    scenes = [SimpleNamespace(image=torch.zeros(3, 40, 60), boxes=boxes, labels=labels)] * 2
    found = {"boxes": boxes[:1], "labels": labels[1:], "scores": torch.tensor([0.756])}
    axes = plots.draw_detections(scenes, [found] * 2, ["cat", "dog"])
    assert [[text.get_text() for text in ax.texts] for ax in axes] == [["dog", "cat"], ["cat 0.76"]] * 2
    with pytest.raises(ValueError, match="shorter"):
        plots.draw_detections(scenes, [found], ["cat", "dog"])


def test_a_figure_is_drawn_in_as_many_pixels_as_it_has():
    ax = plots.curve([1, 2], {"a": [0, 1]}, "n", "recall")
    ax.figure.set(size_inches=(3, 2), dpi=50)
    picture = plots.pixels(ax.figure)
    assert picture.shape == (100, 150, 3)
    assert (picture == plots.rgb(plots.BLUE)).all(axis=2).any()
    assert (plots.white(4, 6) == plots.to_picture(np.ones((4, 6)))).all()


def test_grid_has_one_axes_an_image():
    axes = plots.image_grid([torch.zeros(3, 8, 8)] * 5, ["a", "b", "c", "d", "e"], columns=3)
    assert [ax.get_title() for ax in axes] == ["a", "b", "c", "d", "e"]
    assert len(axes[0].figure.axes) == 6


def test_grid_refuses_no_images_and_missing_titles():
    with pytest.raises(ValueError, match="at least one image"):
        plots.image_grid([])
    with pytest.raises(ValueError, match="one for each of the 2 images, got 1"):
        plots.image_grid([torch.zeros(3, 8, 8)] * 2, ["a"])


def test_lines_differ_without_colour():
    ax = plots.curve([1, 2], {name: [0, 1] for name in "abcd"}, "n", "recall")
    assert len({line.get_linestyle() for line in ax.lines}) == 4
    assert len({line.get_marker() for line in ax.lines}) == 4
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b", "c", "d"]


def test_precision_recall_curve_shades_the_envelope():
    ax = plots.pr_curve([0.25, 0.25, 0.5, 0.75], [1, 0.5, 2 / 3, 0.75])
    values, edges, _ = ax.patches[0].get_data()
    area = (values * np.diff(edges)).sum()
    assert area == pytest.approx(0.25 * 1 + 0.5 * 0.75)


def test_bars_say_their_values_from_the_top_down():
    ax = plots.bars(["first", "second"], [33.7, 58.5], "mAP")
    assert [text.get_text() for text in ax.texts] == ["33.7", "58.5"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["first", "second"]
    assert ax.yaxis_inverted()
    assert ax.patches[0].get_facecolor()[:3] == to_rgb(plots.BLUE)


def test_png_keeps_every_pixel_of_an_image():
    image = torch.randint(0, 256, (3, 5, 7), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    decoded = cv2.imdecode(np.frombuffer(plots.png(image), np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
    assert (decoded == image.permute(1, 2, 0).numpy()).all()


@pytest.mark.parametrize("kind", ["axes", "figure", "grid", "image"])
def test_shown_pictures_come_with_words(kind, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    axes = plots.image_grid([torch.zeros(3, 8, 8)])
    picture = {"axes": axes[0], "figure": axes[0].figure, "grid": axes, "image": torch.zeros(3, 8, 8)}[kind]
    plots.show(picture, alt='A "black" square')
    assert 'alt="A &quot;black&quot; square"' in shown[0]["text/html"]
    assert "data:image/png;base64,iVBOR" in shown[0]["text/html"]
    assert shown[0]["text/plain"] == 'A "black" square'
    assert pyplot.fignum_exists(axes[0].figure.number) is (kind == "image")


def test_a_picture_without_words_is_refused():
    with pytest.raises(ValueError, match="expected the picture's name"):
        plots.show(torch.zeros(3, 8, 8), alt=" ")


def test_a_caption_at_the_right_border_reaches_to_the_left():
    boxes = torch.tensor([[5.0, 30, 20, 50], [90.0, 30, 98, 50]])
    axes = plots.draw_boxes(torch.zeros(3, 60, 100, dtype=torch.uint8), boxes, torch.tensor([0, 1]), names=["a", "b"])
    told = {text.get_text(): (text.get_position()[0], text.get_ha()) for text in axes.texts}
    assert told == {"a": (5.0, "left"), "b": (98.0, "right")}
    plots.close(axes)


def test_reliability_draws_each_line_of_bins_beside_the_diagonal():
    ax = plots.reliability({"before": ([0.5, 0.9], [0.4, 0.6]), "after": ([0.5], [0.5])})
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["as sure as right", "before", "after"]
    diagonal, before, after = (line.get_xydata().tolist() for line in ax.get_lines())
    assert diagonal == [[0, 0], [1, 1]]
    assert (before, after) == ([[0.5, 0.4], [0.9, 0.6]], [[0.5, 0.5]])
    plots.close(ax)


@pytest.mark.parametrize("layout", ["constrained", None])
def test_a_figure_s_file_is_what_savefig_writes_and_the_figure_stays_as_it_was(layout):
    figure, axes = pyplot.subplots(figsize=(3, 2), layout=layout)
    axes.plot([1, 4, 2])
    axes.set_title("a long title that needs room")
    canvas, dpi = figure.canvas, figure.dpi
    file = plots.png(axes)
    assert (figure.canvas, figure.dpi) == (canvas, dpi)
    saved = io.BytesIO()
    figure.savefig(saved, format="png", dpi=90)
    plots.close(axes)
    assert not pyplot.fignum_exists(figure.number)
    assert file == saved.getvalue()
