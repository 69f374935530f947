"""Unit 01's explorers: decisions, neighbours and rates are told as they are, and no control is idle."""

import numpy as np
import psutil
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.explorers import neighbours, surgery
from course_lib.explorers import transfer_learning as explorers
from course_lib.explorers.tiles import THUMB, decision, tiled
from course_lib.plots import BLUE, ORANGE, VERMILLION, rgb
from tests.helpers.explorer_views import (
    IMAGES,
    LABELS,
    NAMES,
    SIZES,
    neighbours_view,
    predictions,
    probe_view,
    rates_view,
)
from tests.helpers.views import control, widgets

SAID = torch.tensor([0, 1, 2, 1, 1, 2, 1, 1, 0])  # two cats taken for ducks, one kite for a cat
LINE = torch.tensor([[0.0], [1.0], [3.0], [3.5], [9.0]])


def has(picture, color):
    return bool((picture == rgb(color)).all(axis=2).any())


def test_a_probe_is_told_in_words():
    picture, words = explorers.draw_probe(IMAGES, LABELS, SAID, NAMES)
    assert picture.shape[0] == explorers.HEIGHT
    assert "<b>67%</b> of 9 test images are right; blind guessing: 33%" in words
    assert "most frequent mistake: cat taken for duck (2 of 3)" in words


def test_a_perfect_probe_makes_no_mistake():
    picture, words = explorers.draw_probe(IMAGES, LABELS, LABELS, NAMES)
    assert "<b>100%</b>" in words
    assert "mistake" not in words
    assert has(picture, BLUE)
    assert not has(picture, VERMILLION)


def test_the_table_has_true_classes_in_rows():
    table = np.array([[4, 0, 0], [4, 0, 0], [0, 0, 4]])
    picture, cell = explorers.decision_table(table, NAMES), (explorers.HEIGHT - explorers.TOP) // 3
    corners = [
        [tuple(picture[explorers.TOP + i * cell + 4, explorers.NAMES + j * cell + 4]) for j in range(3)]
        for i in range(3)
    ]
    white = (255, 255, 255)
    assert corners == [[rgb(BLUE), white, white], [rgb(VERMILLION), white, white], [white, white, rgb(BLUE)]]


def test_a_rarer_decision_is_paler():
    """By the root of its share, so that a single mistake can be seen."""
    picture = explorers.decision_table(np.array([[75, 25], [0, 4]]), NAMES[:2])
    cell = (explorers.HEIGHT - explorers.TOP) // 2
    for column, share, color in ((0, 0.75, BLUE), (1, 0.25, VERMILLION)):
        shown = picture[explorers.TOP + 4, explorers.NAMES + column * cell + 4]
        assert shown.tolist() == pytest.approx([255 - share**0.5 * (255 - ink) for ink in rgb(color)], abs=0.6)


@pytest.mark.parametrize(("said", "color", "other"), [("cat", BLUE, VERMILLION), ("duck", VERMILLION, BLUE)])
def test_a_decision_is_framed_by_whether_it_is_right(said, color, other):
    picture = decision(torch.full((3, 16, 16), 128, dtype=torch.uint8), "cat", said)
    assert picture.shape == (THUMB, THUMB, 3)
    assert has(picture, color)
    assert not has(picture, other)


def test_tiles_stand_row_by_row_and_the_rest_is_white():
    tiles = [np.full((2, 2, 3), value, dtype=np.uint8) for value in (10, 20, 30)]
    assert tiled(tiles, rows=2)[::2, ::2, 0].tolist() == [[10, 20], [30, 255]]
    assert tiled(tiles, rows=3)[::2, ::2, 0].tolist() == [[10], [20], [30]]


@settings(deadline=None)
@given(st.integers(1, 6), st.floats(1e-4, 1), st.floats(0.1, 1), st.integers(-1, 4))
def test_rates_fall_by_the_decay_from_the_head_on(count, base, decay, last_frozen):
    layers = [f"layer{i}" for i in range(count)]
    frozen = None if last_frozen < 0 else layers[min(last_frozen, count - 1)]
    rates = explorers.layer_rates(layers, base, decay, frozen)
    assert list(rates) == layers
    for i, layer in enumerate(layers):
        asleep = last_frozen >= 0 and i <= last_frozen
        assert rates[layer] == pytest.approx(0 if asleep else base * decay ** (count - 1 - i))


def test_rates_are_told_in_words():
    picture, words = explorers.draw_rates(SIZES, 0.01, 0.1, "stem", 8)
    assert picture.shape == (384, 768, 3)
    assert "<b>fine-tuning of the later layers</b>: stage1 learns 100 times more slowly than the head" in words
    assert "32,120 of 32,520 parameters learn from 8 images: <b>4,015 per image</b>" in words


@pytest.mark.parametrize(
    ("frozen", "decay", "meaning"),
    [
        ("stage2", 0.1, "<b>fixed feature extractor</b>: only the head learns"),
        (None, 0.5, "<b>fine-tuning</b>: stem learns 8 times more slowly than the head"),
        (None, 1.0, "<b>fine-tuning</b>: stem learns as fast as the new head"),
    ],
)
def test_strategies_have_names(frozen, decay, meaning):
    assert meaning in explorers.draw_rates(SIZES, 0.01, decay, frozen, 8)[1]


@pytest.mark.parametrize(
    ("frozen", "images", "advice"),
    [(None, 8, "freeze more layers"), (None, 800, "so many images can guide"), ("stage2", 800, "one more stage")],
)
def test_advice_follows_parameters_per_image(frozen, images, advice):
    assert advice in explorers.draw_rates(SIZES, 0.01, 0.5, frozen, images)[1]


def test_a_bar_is_a_field_for_each_factor_of_ten():
    sizes = {"first": 10, "second": 10, "head": 10}
    picture, _ = explorers.draw_rates(sizes, 1e-2, 0.1, "first", 100)
    step, field = (explorers.HEIGHT - explorers.SCALE) // 4, (explorers.HEIGHT - 24) // explorers.DECADES

    def length(row, color, columns):
        return int((picture[row, columns] == rgb(color)).all(axis=1).nonzero()[0].max(initial=-1)) - 11

    left, right = slice(0, 384), slice(384, None)
    assert length(2 * step + 40, BLUE, left) == 8 * field  # 1e-2 stands 8 decades above 1e-10
    assert length(step + 40, BLUE, left) == 7 * field
    assert length(40, BLUE, left) < 0
    assert length(40, ORANGE, right) == pytest.approx(np.log10(20) * 60, abs=1)
    assert length(step + 40, ORANGE, right) == 2 * 60


def test_the_ends_of_the_fields_are_written_below_the_bars():
    picture, _ = explorers.draw_rates({"first": 10, "head": 10}, 1e-2, 0.1, None, 100)
    below = 2 * ((explorers.HEIGHT - explorers.SCALE) // 4)
    for columns in (slice(0, 120), slice(264, 384), slice(384, 504), slice(648, 768)):
        assert (picture[below - 4 : below + 14, columns] != 255).any()


def test_surgery_takes_over_all_layers_but_the_head():
    ax = surgery.draw_surgery(source=5, target=3)
    told = [text.get_text() for text in ax.texts]
    for layer in surgery.LAYERS:
        assert [text for text in told if text.startswith(layer)].count(f"{layer}: random, learns") == 1
    assert told.count("old head: 5 classes") == 1
    assert told.count("new head: 3") == 3
    taken = {(arrow.start[-1], arrow.end[-1]) for arrow in surgery.copies()}
    assert taken == {(str(place), str(place)) for place in range(5)}  # the sixth block is the head
    assert {arrow.start.rpartition(" ")[0] for arrow in surgery.copies()} == {"source network", "fixed features"}


def test_neighbours_come_by_distance_without_the_query():
    order, distances = neighbours.nearest(LINE, 2, count=3)
    assert order.tolist() == [3, 1, 0]
    mean = (3 + 2 + 0.5 + 6) / 4
    assert distances.tolist() == pytest.approx([0.5 / mean, 2 / mean, 3 / mean])


def test_a_twin_of_the_query_is_its_neighbour_and_the_query_is_not():
    order, distances = neighbours.nearest(torch.tensor([[1.0], [5.0], [1.0]]), 2, count=2)
    assert order.tolist() == [0, 1]
    assert distances.tolist() == [0, 2]


def test_equal_vectors_have_no_distance():
    order, distances = neighbours.nearest(torch.ones(3, 2), 0, count=2)
    assert order.tolist() == [1, 2]
    assert distances.tolist() == [0, 0]


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(3, 12), st.integers(1, 2))
def test_the_share_is_that_of_the_neighbours_one_by_one(seed, count, near):
    rng = torch.Generator().manual_seed(seed)
    vectors, labels = torch.randn(count, 4, generator=rng), torch.randint(0, 3, (count,), generator=rng)
    hits = 0
    for i in range(count):
        others = sorted((float((vectors[i] - vectors[j]).norm()), j) for j in range(count) if j != i)
        hits += sum(int(labels[i] == labels[j]) for _, j in others[:near])
    assert neighbours.same_class(vectors, labels, near) == pytest.approx(hits / (count * near))


def test_neighbours_are_framed_and_counted():
    vectors = torch.tensor([0.0, 1, 2, 3, 4, 5, 6, 7, 90])[:, None]
    picture, words = neighbours.draw_neighbours(IMAGES, LABELS, NAMES, vectors, 0)
    assert picture.shape == (256, 768, 3)
    assert "<b>2 of 8</b> neighbours are labelled cat" in words
    assert has(picture[:128, 256:384], VERMILLION)  # the nearest, a duck
    assert has(picture[:128, 512:640], BLUE)  # the third, a cat
    mean = (sum(range(1, 8)) + 90) / 8
    assert f"{1 / mean:.2f} to {90 / mean:.2f}" in words


def test_the_probe_explorer_shows_the_chosen_answers():
    view = widgets(probe_view())
    control(view, "network").value, control(view, "layer").value, control(view, "images").value = "random", "stem", 1
    right = float((predictions()["random"]["stem"][1] == LABELS).float().mean())
    assert view.words.value.startswith(f"random network, stem, 1 image per class:<br><b>{right:.0%}</b>")
    control(view, "images").value = 6
    assert view.words.value.startswith("random network, stem, 6 images per class:")


def test_the_rates_explorer_counts_the_images_of_all_classes():
    view = widgets(rates_view())
    assert "learn from 18 images" in view.words.value
    control(view, "images").value = 100
    assert "learn from 300 images" in view.words.value
    control(view, "frozen").value = "stage2"
    assert "fixed feature extractor" in view.words.value
    control(view, "frozen").value, control(view, "decay").value = None, 1.0
    assert "stem learns as fast as the new head" in view.words.value


def test_the_neighbours_explorer_tells_one_query_and_all():
    view = widgets(neighbours_view())
    control(view, "compare").value, control(view, "query").value = "perfect", 4
    assert view.words.value.startswith("drawings by perfect: <b>2 of 8</b> neighbours are labelled cat")
    assert "over all 9 queries: 25% of the same class" in view.words.value


def test_the_neighbours_explorer_changes_to_other_pictures():
    view = widgets(neighbours_view())
    before, control(view, "pictures").value = view.image.value, "patches"
    assert view.words.value.startswith("patches by pixels: <b>8 of 8</b> neighbours are labelled cat")
    assert "over all 9 queries: 100% of the same class" in view.words.value
    assert view.image.value != before


def test_many_queries_by_pixels_leave_no_memory_behind():
    vectors = torch.rand(240, 3 * 64 * 64)
    torch.ones(5_000_000)  # from here on the allocator keeps what is as large as a table of differences
    before = psutil.Process().memory_info().rss
    found = [neighbours.nearest(vectors, query) for query in range(240)]
    assert len(found) == 240
    assert psutil.Process().memory_info().rss - before < 50e6
