"""Unit 09: its explorers show what they say."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss, precision_score, recall_score
from torchmetrics.functional.classification import multiclass_calibration_error

from course_lib import plots
from course_lib.explorers import duplicates, reliability, services, services_pictures
from course_lib.plots import BLUE, GREEN, ORANGE, VERMILLION, rgb
from course_lib.service.limits import LIMITS
from tests.helpers.views import control, widgets

RNG = np.random.default_rng(0)
SURE = np.array([0.95, 0.92, 0.90, 0.88, 0.85, 0.75, 0.70, 0.65, 0.55, 0.45])
HITS = np.array([True, True, True, True, False, True, False, False, False, True])
LABELS = torch.arange(240) % 12


def blurred(size):
    """Logits whose best is the label in about three of four cases."""
    truth = torch.where(torch.rand(240, generator=torch.Generator().manual_seed(1)) < 0.75, LABELS, (LABELS + 1) % 12)
    noise = torch.randn(240, 12, generator=torch.Generator().manual_seed(2))
    return size * (noise + 4 * torch.nn.functional.one_hot(truth, 12))


def has(picture, color):
    return bool((picture == rgb(color)).all(axis=2).any())


def test_ten_predictions_by_hand():
    found = reliability.binned(SURE, HITS, 5)
    assert found.counts.tolist() == [0, 0, 2, 3, 5]
    assert found.confidence.tolist() == pytest.approx([0, 0, 0.5, 0.7, 0.9])
    assert found.accuracy.tolist() == pytest.approx([0, 0, 1 / 2, 1 / 3, 4 / 5])
    assert found.error == pytest.approx(0.16)


def test_an_edge_belongs_to_the_bin_below_it_and_one_to_the_last():
    found = reliability.binned(np.array([0.25, 0.5, 0.75, 1.0]), np.ones(4, bool), 4)
    assert found.counts.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("size", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("bins", [5, 10, 15])
def test_the_calibration_error_is_the_library_s(size, bins):
    logits = blurred(size)
    said = reliability.said_at(1.0, logits, LABELS)
    expected = multiclass_calibration_error(logits.softmax(dim=1), LABELS, num_classes=12, n_bins=bins, norm="l1")
    assert reliability.binned(said.confidence, said.right, bins).error == pytest.approx(expected.item(), abs=1e-5)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_a_temperature_divides_logits_and_keeps_every_answer(temperature):
    logits = blurred(2.0)
    said = reliability.said_at(temperature, logits, LABELS)
    assert said.likelihood == pytest.approx(log_loss(LABELS, (logits.double() / temperature).softmax(dim=1)))
    assert (said.right == reliability.said_at(1.0, logits, LABELS).right).all()


def test_a_large_logit_is_no_overflow():
    said = reliability.said_at(0.5, torch.tensor([[1000.0, 999.0, 998.0]]), torch.tensor([0]))
    assert said.confidence.tolist() == pytest.approx([1 / (1 + math.exp(-2) + math.exp(-4))])


@pytest.mark.parametrize(
    ("sure", "verdict"),
    [(0.9, "too sure by 40 points"), (0.1, "too modest by 40 points"), (0.5, "as sure as it may be")],
)
def test_the_diagram_is_told_in_words(sure, verdict):
    words = reliability.told(np.full(4, sure), np.array([True, False, True, False]))
    assert words.startswith(f"says <b>{sure:.0%}</b> on average and is right in <b>50%</b>: {verdict}<br>")


def test_the_diagram_s_bars_are_as_high_as_the_accuracy():
    picture, words = reliability.draw_reliability(SURE, HITS, 5)
    blue = (picture == rgb(BLUE)).all(axis=2)
    _, left, lower = reliability._frame()
    middles = [round(left[0] + (left[1] - left[0]) * (place + 0.3) / 5) for place in range(5)]
    heights = [blue[:, column].sum() / (lower[0] - lower[1]) for column in middles]
    assert heights == pytest.approx([0, 0, 1 / 2, 1 / 3, 4 / 5], abs=0.02)
    assert has(picture, ORANGE)
    assert "expected calibration error <b>0.160</b>" in words


def test_the_mark_follows_the_temperature():
    scaled = reliability.scale(blurred(2.0), LABELS)
    columns = []
    for temperature in (0.5, 2.0, 5.0):
        picture, words = reliability.draw_confidence(scaled, temperature)
        columns.append(np.argwhere((picture == rgb(GREEN)).all(axis=2))[:, 1].mean() - reliability.WIDTH)
        assert words.startswith(f"temperature {temperature}: says")
        assert f"{reliability.said_at(temperature, blurred(2.0), LABELS).likelihood:.3f}" in words
    assert columns == pytest.approx([scaled.chart.columns[tenths] for tenths in (5, 20, 50)], abs=1)


def features(count, seed):
    return torch.randn(count, 8, generator=torch.Generator().manual_seed(seed))


def test_the_match_is_the_largest_cosine_of_any_view():
    train, one, other = features(5, 0), features(7, 1), features(7, 2)
    found = duplicates.most_similar(train, one, other)
    table = torch.nn.functional.cosine_similarity(torch.stack([one, other])[:, :, None], train, dim=-1).amax(dim=0)
    assert found.similarity == pytest.approx(table.amax(dim=1).numpy(), abs=1e-6)
    assert found.partner.tolist() == table.argmax(dim=1).tolist()


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_precision_and_recall_are_the_library_s(threshold):
    found = duplicates.Match(RNG.random(50), np.zeros(50, int))
    copied = RNG.random(50) < 0.4
    said = found.similarity >= threshold
    expected = precision_score(copied, said), recall_score(copied, said)
    assert duplicates.precision_and_recall(found, copied, threshold) == pytest.approx(expected)


def test_a_threshold_is_reached_by_what_equals_it_and_none_has_no_precision():
    found, copied = duplicates.Match(np.array([0.5, 0.75]), np.zeros(2, int)), np.array([False, True])
    assert duplicates.precision_and_recall(found, copied, 0.75) == (1, 1)
    precision, recall = duplicates.precision_and_recall(found, copied, 0.8)
    assert math.isnan(precision)
    assert recall == 0


def small_split():
    """Eight test pictures of which the first three are copies; each is grey in a tone of its own."""
    tones = torch.arange(8, dtype=torch.uint8).view(8, 1, 1, 1).expand(8, 3, 16, 16) * 20
    return duplicates.Split(tones[:4].contiguous(), tones.contiguous(), np.arange(8) < 3)


SIMILAR = duplicates.Match(np.array([0.95, 0.9, 0.65, 0.8, 0.6, 0.5, 0.45, 0.4]), np.arange(8) % 4)


def drawn_at(threshold, similar=SIMILAR):
    split = small_split()
    return duplicates.draw_duplicates(split, similar, duplicates.histogram(similar, split.copied, 0.3), threshold)


@pytest.mark.parametrize(
    ("threshold", "precision", "recall"),
    [(0.85, "2 of 2 that reach it are copies: precision <b>100%</b>", "67%"), (0.62, "precision <b>75%</b>", "100%")],
)
def test_pairs_are_counted_in_words(threshold, precision, recall):
    words = drawn_at(threshold)[1]
    assert precision in words
    assert f"copies found: recall <b>{recall}</b>" in words


def test_wrong_calls_are_framed_in_red():
    rows = slice(0, 2 * (duplicates.HEAD + duplicates.TILE))
    assert has(drawn_at(0.62)[0][rows], VERMILLION)  # 0.8 is new and called a copy
    apart = SIMILAR._replace(similarity=np.array([0.95, 0.9, 0.85, 0.6, 0.6, 0.5, 0.45, 0.4]))
    assert not has(drawn_at(0.7, apart)[0][rows], VERMILLION)


@pytest.mark.parametrize("threshold", [0.3, 1.0])
def test_no_pair_on_one_side_leaves_it_white(threshold):
    picture, words = drawn_at(threshold)
    assert picture.shape[1] == duplicates.WIDTH
    assert ("none reaches it" in words) == (threshold == 1.0)


def test_the_threshold_s_line_moves_over_the_histogram():
    columns = [np.argwhere((drawn_at(t)[0] == rgb(GREEN)).all(axis=2))[:, 1].mean() for t in (0.4, 0.6, 0.8)]
    assert columns[1] - columns[0] == pytest.approx(columns[2] - columns[1], abs=2)
    assert columns[1] > columns[0] + 50


NEW = np.array([True, False, False, False] * 12)  # a quarter is right
COPIES = np.array([True] * 20 + [False] * 4)


@pytest.mark.parametrize(
    ("leaked", "found", "reported", "after"),
    [(0, 0, 12 / 48, 12 / 48), (0.5, 0, 26 / 48, 26 / 48), (0.5, 0.5, 26 / 48, 14 / 36), (0.5, 1, 26 / 48, 6 / 24)],
)
def test_a_contaminated_test_by_hand(leaked, found, reported, after):
    words = services.draw_contamination(NEW, COPIES, leaked, found)[1]
    assert f"reported <b>{reported:.1%}</b>, after the audit <b>{after:.1%}</b>" in words
    assert "on new images alone 25.0%" in words


def test_copies_have_frames_and_what_is_found_is_empty():
    none, some, gone = (services.draw_contamination(NEW, COPIES, *pair)[0] for pair in ((0, 0), (0.5, 0), (0.5, 1)))
    field = slice(0, 2 * services.CELL), slice(0, services.COLUMNS * services.CELL)
    assert not has(none[field], ORANGE)
    assert has(some[field], ORANGE)
    first_row = gone[3 : services.CELL - 4, 3 : services.CELL - 4]
    assert (first_row == 255).all()


def test_no_more_can_leak_than_there_are_copies():
    view = widgets(services.contamination_explorer(NEW, COPIES))
    assert control(view, "leaked").max == 50
    control(view, "leaked").value = 50
    assert "24 of 48 test images are copies" in view.words.value


def test_the_menu_leads_to_other_ways_of_comparing():
    other = SIMILAR._replace(similarity=SIMILAR.similarity[::-1].copy())
    view = widgets(services.duplicates_explorer(small_split(), {"one": SIMILAR, "other": other}, low=0.3))
    before = view.words.value
    control(view, "compared").value = "other"
    assert view.words.value != before


def test_the_temperature_s_slider_leads_to_its_diagram():
    view = widgets(services.confidence_explorer(blurred(2.0), LABELS))
    control(view, "temperature").value = 2.0
    assert view.words.value == reliability.draw_confidence(reliability.scale(blurred(2.0), LABELS), 2.0)[1]


def test_tags_below_the_threshold_are_not_told():
    image = torch.zeros(3, 20, 20, dtype=torch.uint8)
    tags = [[("cat", 0.6), ("lynx", 0.3)], [("bubble", 0.2)]]
    picture, words = services_pictures.draw_tags([image, image], tags, threshold=0.3)
    assert words == "cat 0.60, lynx 0.30; nothing"
    assert has(picture, BLUE)
    assert not has(services_pictures.draw_tags([image], tags[1:], threshold=0.3)[0], BLUE)


def test_every_refusal_of_the_doors_has_a_number():
    ax = services_pictures.draw_doors()
    told = [text.get_text() for text in ax.texts]
    assert sum(words[:3].isdecimal() for words in told) == 5
    assert told.count("no") == 5
    plots.close(ax)


def test_the_doors_are_those_of_the_service():
    ax = services_pictures.draw_doors()
    told = " ".join(text.get_text().replace("\n", " ") for text in ax.texts)
    assert f"at most {LIMITS.bytes // 2**20} MB?" in told
    assert f"pixels: at most {LIMITS.pixels // 10**6} M?" in told
    plots.close(ax)
