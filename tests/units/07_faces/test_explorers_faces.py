"""Unit 07: its explorers show what they say."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_curve
from torch.nn.functional import triplet_margin_with_distance_loss

from course_lib import plots
from course_lib.explorers import embedding_map, faces, faces_pictures, verification
from course_lib.plots import BLUE, GREEN, VERMILLION, rgb
from tests.helpers.views import control, widgets

RNG = np.random.default_rng(0)
FACES = torch.arange(12, dtype=torch.uint8).view(12, 1, 1, 1).expand(12, 3, 32, 32).contiguous() * 20


def squared(x, y):
    return (x - y).square().sum(dim=-1)


@pytest.mark.parametrize("margin", [0.05, 0.2, 1.0])
def test_loss_and_gradients_are_those_of_torch(margin):
    for row in RNG.normal(size=(20, 3, 4)):
        points = [torch.tensor(point, requires_grad=True) for point in row]
        loss = triplet_margin_with_distance_loss(*points, distance_function=squared, margin=margin)
        loss.backward()
        triplet = faces.Triplet(*row)
        assert triplet.loss(margin) == pytest.approx(loss.item(), abs=1e-12)
        for way, point in zip(triplet.descent(margin), points, strict=True):
            assert way == pytest.approx(-point.grad.numpy(), abs=1e-12)


@pytest.mark.parametrize(("far", "kind"), [(0.5, "hard"), (0.75, "hard"), (0.76, "semi-hard"), (1.0, "easy")])
def test_a_negative_at_the_positive_is_hard_and_one_at_the_margin_is_easy(far, kind):
    assert faces.kind_of(0.75, far, 0.25) == kind


def test_on_the_circle_the_squared_distance_is_two_minus_two_cosines():
    near, far = faces.on_circle(10, 70, 190).distances
    assert (near, far) == pytest.approx((1, 4))


def test_steps_of_descent_lower_the_loss_and_stay_on_the_sphere():
    first = faces.on_circle(90, 30, 120)
    after = [first.stepped(0.2, steps) for steps in (0, 5, 20, 100)]
    losses = [triplet.loss(0.2) for triplet in after]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == 0
    for triplet in after:
        assert [np.linalg.norm(point) for point in triplet] == pytest.approx([1, 1, 1])


def test_an_easy_triplet_does_not_move():
    easy = faces.on_circle(0, 20, 170)
    assert np.stack(easy.stepped(0.2, 40)) == pytest.approx(np.stack(easy), abs=1e-12)
    assert "easy" in faces.draw_triplet(0, 20, 170, 0.2, 40)[1]


def test_the_triplet_is_told_in_numbers():
    picture, words = faces.draw_triplet(0, 60, 90, 0.2, 0)
    assert words == (
        "d²(A, P) = 1.00, d²(A, N) = 2.00, margin 0.20: the negative is <b>easy</b><br>"
        "loss max(0, 1.00 − 2.00 + 0.20) = <b>0.00</b>"
    )
    assert picture.shape == (faces.SIDE, 2 * faces.SIDE + 12, 3)


def test_arrows_point_from_the_anchor_towards_the_positive():
    moved, still = (faces.draw_triplet(90, 0, angle, 0.2, 0)[0] for angle in (160, 270))
    right_of_anchor = slice(30, 50), slice(240, 300)
    assert (moved[right_of_anchor] == 0).all(axis=2).any()
    assert not (still[right_of_anchor] == 0).all(axis=2).any()
    for color in (BLUE, VERMILLION):
        assert (moved == rgb(color)).all(axis=2).any()


SAME = torch.tensor([0.3, 0.6, 1.1], dtype=torch.float64)
OTHER = torch.tensor([0.9, 1.4, 1.8], dtype=torch.float64)


def test_roc_and_equal_error_rate_are_those_of_six_pairs_by_hand():
    wrong, right = verification.roc(SAME.numpy(), OTHER.numpy())
    assert wrong.tolist() == pytest.approx([0, 0, 0, 1 / 3, 1 / 3, 2 / 3, 1])
    assert right.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 1, 1, 1])
    assert verification.equal_error(SAME.numpy(), OTHER.numpy()) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("threshold", "right", "wrong"), [(0.0, "0.0%", "0.0%"), (0.6, "66.7%", "0.0%"), (1.2, "100.0%", "33.3%")]
)
def test_a_threshold_accepts_what_is_at_most_as_far(threshold, right, wrong):
    chart = verification.pair_chart(SAME, OTHER)
    words = verification.draw_threshold(chart, threshold)[1]
    assert f"accepted <b>{right}</b> of the pairs of one person" in words
    assert f"<b>{wrong}</b> of the pairs of two" in words
    assert "equal error rate 33.3%" in words


def test_line_and_dot_move_with_the_threshold():
    chart = verification.pair_chart(torch.rand(300), 0.5 + torch.rand(300))
    places = []
    for threshold in (0.55, 1.0):
        picture = verification.draw_threshold(chart, threshold)[0]
        green = np.argwhere((picture == rgb(GREEN)).all(axis=2))
        left = green[green[:, 1] < verification.WIDTH / 2]
        assert left[:, 1].mean() == pytest.approx(
            chart.columns[0] + threshold * (chart.columns[1] - chart.columns[0]), abs=1
        )
        places.append(green[green[:, 1] > verification.WIDTH / 2].mean(axis=0))
    assert places[1][1] > places[0][1] + 20  # more false acceptances lie further to the right
    assert places[1][0] < places[0][0]  # and more right ones higher


def test_the_curve_of_a_chart_is_the_library_s():
    same, other = RNG.random(50), 0.3 + RNG.random(70)
    wrong, right, _ = roc_curve(np.repeat([1, 0], [50, 70]), -np.concatenate([same, other]), drop_intermediate=False)
    assert np.array_equal(verification.roc(same, other), (wrong, right))


def vectors():
    """Three persons with four faces each, far apart; the last face of each lies with the next person."""
    middles = np.eye(3)[np.repeat(np.arange(3), 4)]
    middles[3::4] = np.roll(middles[3::4], 1, axis=1)
    return torch.tensor(middles + 0.01 * RNG.normal(size=(12, 3))).float()


@pytest.mark.parametrize("method", ["PCA", "t-SNE"])
def test_a_map_keeps_groups_together(method):
    shown = embedding_map.face_map(vectors(), torch.arange(12) // 4, method)
    assert shown.places.shape == (12, 2)
    assert (shown.places.min(axis=0), shown.places.max(axis=0)) == (pytest.approx([0, 0]), pytest.approx([1, 1]))
    apart = np.linalg.norm(shown.places[0] - shown.places, axis=1)
    assert apart[[1, 2, 11]].max() < apart[[3, 4, 5, 6, 7, 8, 9, 10]].min()


def test_neighbours_are_those_of_the_space_and_framed_by_identity():
    shown = embedding_map.face_map(vectors(), torch.arange(12) // 4, "PCA")
    assert shown.letters == list("AAAABBBBCCCC")
    picture, words = embedding_map.draw_map(FACES, shown, 0)
    assert words == "face 1 of person A: <b>2 of its 5 nearest</b> show the same person"
    assert picture.shape == (embedding_map.SIDE, embedding_map.SIDE + 12 + 3 * embedding_map.TILE, 3)
    tiles = picture[:, embedding_map.SIDE + 12 :]
    assert (tiles == rgb(BLUE)).all(axis=2).any()
    assert (tiles == rgb(VERMILLION)).all(axis=2).any()


def test_the_menus_lead_to_spaces_and_projections():
    spaces = {"good": vectors(), "bad": torch.tensor(RNG.normal(size=(12, 3))).float()}
    view = widgets(faces.embedding_explorer(FACES, torch.arange(12) // 4, spaces))
    seen = set()
    for space in spaces:
        for method in ("PCA", "t-SNE"):
            control(view, "distances").value, control(view, "drawn").value = space, method
            seen.add(view.image.value)
    assert len(seen) == 4


def test_the_threshold_s_menu_leads_to_other_pairs():
    view = widgets(faces.threshold_explorer({"good": (SAME, OTHER), "blind": (SAME, SAME)}))
    assert "equal error rate 33.3%" in view.words.value
    control(view, "distances").value = "blind"
    assert "33.3%" not in view.words.value.split("<br>")[1]


def test_diagrams_name_their_parts():
    ax = faces_pictures.draw_pipelines()
    told = " ".join(text.get_text() for text in ax.texts)
    assert "softmax over\n4,030 persons" in told
    assert "triplet loss" in told
    plots.close(ax)
    labels = np.array([0, 0, 1])
    ax = faces_pictures.draw_pairs(labels[:, None] == labels, ["A1", "A2", "B1"])
    assert len(ax.collections) == 2  # a sign on each pair of one person
    assert len(ax.patches) == 9
    plots.close(ax)
