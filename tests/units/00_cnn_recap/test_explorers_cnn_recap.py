"""Unit 00's explorers: responses are convolutions, a patch is what moves a unit's answer, diagrams add up."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torchvision.models import vgg16

from course_lib.explorers import cnn_recap, depth, layouts
from course_lib.plots import BLUE, YELLOW, close, rgb
from tests.helpers.explorer_views import GREY, PHOTO, convolution_view, depth_view, field_view
from tests.helpers.views import control, widgets

SOBEL = cnn_recap.kernel_numbers(cnn_recap.KERNELS["vertical edges"])


def slow_response(image, kernel, stride, padding, dilation):
    size, k = image.shape[0], len(kernel)
    pixels = {(y, x): image[y, x].item() for y in range(size) for x in range(size)}
    starts = range(-padding, size + padding - dilation * (k - 1), stride)
    return [
        [
            sum(
                kernel[a, b].item() * pixels.get((y + dilation * a, x + dilation * b), 0)
                for a in range(k)
                for b in range(k)
            )
            for x in starts
        ]
        for y in starts
    ]


@settings(deadline=None)  # the first picture loads matplotlib's colours and a font
@given(st.integers(7, 10), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3), st.integers(0, 99))
def test_responses_are_sums_of_products(size, stride, padding, dilation, seed):
    rng = torch.Generator().manual_seed(seed)
    image, kernel = torch.rand(size, size, generator=rng), torch.randn(3, 3, generator=rng)
    values = cnn_recap.response(image, kernel, stride, padding, dilation)
    expected = torch.tensor(slow_response(image, kernel, stride, padding, dilation))
    torch.testing.assert_close(values, expected, atol=1e-5, rtol=1e-5)
    _, words = cnn_recap.draw_convolution(image, kernel, stride, padding, dilation)
    assert f"<b>{len(expected)} rows</b>" in words
    told = float(words.partition("strongest response: <b>")[2].partition("</b>")[0])
    assert abs(told) == pytest.approx(expected.abs().max().item(), abs=0.006)


@pytest.mark.parametrize("text", ["1 2 3", "1 2 3 4 5 6 7 8 nine", "", "1 2 3 4 5 6 7 8 inf", "1 2 3 4 5 6 7 8 9 10"])
def test_a_kernel_is_nine_numbers(text):
    with pytest.raises(ValueError, match="nine numbers"):
        cnn_recap.kernel_numbers(text)
    assert cnn_recap.kernel_numbers("1,2,3\n4 5 6\n-7 8 .5").tolist() == [[1, 2, 3], [4, 5, 6], [-7, 8, 0.5]]


def test_every_named_kernel_can_be_read():
    sums = {name: cnn_recap.kernel_numbers(text).sum().item() for name, text in cnn_recap.KERNELS.items()}
    assert sums == {"vertical edges": 0, "horizontal edges": 0, "spots": 0, "blur": 1, "sharpen": 1, "shift": 1}


def test_colours_tell_signs_apart():
    picture = cnn_recap.signed(torch.tensor([[-1.0, 0.0], [0.0, 1.0]]), largest=1.0).astype(int)
    assert picture[0, 0, 2] > picture[0, 0, 0]
    assert picture[1, 1, 0] > picture[1, 1, 2]
    assert (picture[0, 1] > 240).all()
    assert cnn_recap.signed(torch.tensor([[0.0, 1.0]]), largest=2.0).tolist() == [[[0, 0, 0], [128, 128, 128]]]
    assert cnn_recap.signed(torch.zeros(2, 2)).max() == 0
    assert (cnn_recap.signed(torch.tensor([[0.0, 1.0]]), colors=True)[0, 0] > 240).all()


def test_the_strongest_response_and_its_pixels_are_marked():
    image = torch.zeros(64, 64)
    image[30:33, 40] = 1.0
    picture, words = cnn_recap.draw_convolution(image, SOBEL)
    assert "strongest response: <b>4.00</b> = (-1)·0.00 + (1)·1.00 + (-2)·0.00 + (2)·1.00" in words
    yellow = (picture == rgb(YELLOW)).all(axis=2)
    middle = cnn_recap.ZOOM * cnn_recap.SIDE
    columns = np.flatnonzero(yellow[:, :middle].any(axis=0))
    assert columns.min() == pytest.approx(20 + 5 * 38, abs=2)
    assert columns.max() == pytest.approx(20 + 5 * 41, abs=2)
    assert yellow[:, middle + 200 :].any()


def test_a_kernel_of_zeros_is_drawn():
    picture, words = cnn_recap.draw_convolution(GREY, torch.zeros(3, 3))
    assert "<b>0.00</b> = 0" in words
    assert picture.shape == (388, 920, 3)


LAYERS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), max_size=4)


@settings(deadline=None)
@given(LAYERS)
def test_paths_are_the_gradient_of_a_stack_of_ones(layers):
    ways = cnn_recap.paths(layers)
    stack = nn.Sequential(*(nn.Conv1d(1, 1, k, s, dilation=d, bias=False) for k, s, d in layers)).double()
    for weight in stack.parameters():
        nn.init.ones_(weight)
    step = len(cnn_recap.paths(layers, units=2)) - len(ways)
    assert step == np.prod([stride for _, stride, _ in layers], dtype=int)
    line = torch.zeros(1, 1, len(ways) + step, dtype=torch.float64, requires_grad=True)
    answers = stack(line)
    assert answers.shape[2] == 2
    (gradient,) = torch.autograd.grad(answers[0, 0, 1], line)
    assert gradient[0, 0, step:].tolist() == ways.tolist()
    assert not gradient[0, 0, :step].any()


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([], "<b>1 × 1 pixels</b>; the next unit sees a patch that lies 1 pixel further on"),
        ([(3, 1, 1)] * 3, "<b>7 × 7 pixels</b>; the next unit sees a patch that lies 1 pixel further on"),
        ([(3, 2, 1)] * 2, "<b>7 × 7 pixels</b>; the next unit sees a patch that lies 4 pixels further on"),
        ([(3, 1, 4)], "<b>9 × 9 pixels</b>"),
        ([(7, 3, 1)] * 5, "<b>727 × 727 pixels</b> (more than the photograph has)"),
    ],
)
def test_the_patch_is_told_in_words(layers, told):
    picture, words = cnn_recap.draw_receptive_field(PHOTO, layers, (70, 60))
    assert told in words
    assert picture.shape == (120, 160 + 12 + 120, 3)


def test_weights_and_holes_are_told():
    words = cnn_recap.draw_receptive_field(PHOTO, [(3, 1, 3)], (70, 60))[1]
    assert "channels: 9 = 9; one layer with a kernel of that size: 49" in words
    assert "share of the patch that is read at all: 18%" in words


def test_the_patch_lies_where_it_was_asked_and_is_cut_at_the_border():
    for x, y in ((70, 60), (2, 3), (159, 40)):
        picture, _ = cnn_recap.draw_receptive_field(PHOTO, [(7, 1, 1)] * 5, (x, y))
        blue = (picture[:, :160] == rgb(BLUE)).all(axis=2)
        rows, columns = (np.flatnonzero(blue.any(axis=axis)) for axis in (1, 0))
        assert columns.min() == pytest.approx(max(0, x - 15), abs=1)
        assert rows.min() == pytest.approx(max(0, y - 15), abs=1)
        assert columns.max() == pytest.approx(min(159, x + 15), abs=2)


@pytest.mark.parametrize(("layers", "side", "seen"), [([(5, 1, 1)], 16, 5), ([(3, 1, 1)] * 3, 32, 7), ([], 9, 1)])
def test_a_share_is_pale_but_for_what_the_middle_unit_sees(layers, side, seen):
    picture = cnn_recap.draw_share(torch.zeros(3, 90, 90, dtype=torch.uint8), layers, side)
    assert picture.shape == (cnn_recap.SQUARE, cnn_recap.SQUARE, 3)
    dark = (picture == 0).all(axis=2).any(axis=0).sum()
    assert dark == pytest.approx(seen * cnn_recap.SQUARE / side, abs=6)
    assert (picture[0, 0] == 160).all()


def test_depth_is_told_in_words():
    picture, words = depth.draw_depth({"plain": [100.0, 10.0, 2.0], "residual": [1.0, 3.0, 4.0]})
    assert "3 layers" in words
    assert "<b>plain</b>: first layer 100, last layer 2; the first is 50 times the last" in words
    assert "<b>residual</b>: first layer 1, last layer 4; the first is 1/4 of the last" in words
    assert picture.shape == (360, 640, 3)
    assert (picture == rgb(BLUE)).all(axis=2).any()


KINDS = ("plain", "residual")
STARTS = {
    f"{kind} {depth}{quantity}": np.full((3, depth) if quantity == ": agreement" else 3, value)
    for kind, value in zip(KINDS, (0.25, 0.5), strict=True)
    for depth in (8, 20)
    for quantity in (", 90 steps: training accuracy", ": nearest neighbour", ": agreement")
}


def drawn(ax):
    """Name → heights of every line with its spread."""
    return {bars.get_label(): bars.lines[0].get_ydata().tolist() for bars in ax.containers}


def test_what_networks_reached_is_drawn_in_percent():
    (ax,) = depth.draw_reached(STARTS, (8, 20), (90,))
    assert drawn(ax) == {"plain": [25, 25], "residual": [50, 50]}
    assert ax.get_title() == "after 90 steps"
    close(ax)


def test_how_networks_begin_is_drawn_in_two_panels():
    near, agree = depth.draw_start(STARTS, (8, 20))
    assert drawn(near) == {"plain": [25, 25], "residual": [50, 50]}
    assert drawn(agree) == {"plain": [0.25, 0.25], "residual": [0.5, 0.5]}
    close(near)


def test_the_shipped_training_is_what_the_explorer_takes():
    runs = depth.runs_of(STARTS, "agreement", (8, 20))
    assert {
        kind: {d: np.shape(starts) for d, starts in found.items()} for kind, found in runs.items()
    } == dict.fromkeys(KINDS, {8: (3, 8), 20: (3, 20)})


def test_layouts_are_those_of_the_papers():
    sides = {name: [found.side for found in layouts.maps(name)] for name in layouts.LAYOUTS}
    assert sides["LeNet-5, 1998"] == [32, 28, 14, 10, 5, 1, 1, 1]
    assert sides["AlexNet, 2012"] == [227, 55, 27, 27, 13, 13, 13, 13, 6, 1, 1, 1]


def test_the_layout_of_vgg_is_torchvisions():
    shapes = []
    with torch.device("meta"):
        model = vgg16().eval()
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
                layer.register_forward_hook(lambda layer, inputs, output: shapes.append(tuple(output.shape[1:3])))
        model(torch.zeros(1, 3, 224, 224))
    assert [(found.channels, found.side) for found in layouts.maps("VGG-16, 2014")[1:-3]] == shapes


def test_each_map_of_a_layout_is_a_box():
    axes = layouts.draw_layouts()
    assert [len(ax.patches) for ax in axes] == [len(layouts.maps(name)) for name in layouts.LAYOUTS]
    assert {"227", "11×11\n96", "4096"} <= set(texts(axes[1]))
    close(axes[0])


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_inception_diagrams_add_up():
    module = (192, 64, 96, 128, 16, 32, 32)
    ax = depth.draw_inception(*module)
    assert {"192 in", "1×1\n96", "3×3\n128", "1×1\n16", "256 out, side by side"} <= set(texts(ax))
    assert len(ax.patches) == 9
    close(ax)
    ax = depth.draw_inception(*module, reduced=False)
    assert "416 out, side by side" in texts(ax)
    assert len(ax.patches) == 6
    close(ax)


@pytest.mark.parametrize(("shortcut", "arrows"), [(True, 5), (False, 4)])
def test_a_shortcut_is_one_arrow_more(shortcut, arrows):
    ax = depth.draw_residual(shortcut)
    assert len(ax.texts) - 5 == arrows
    assert ("F(x) + x" in texts(ax)) == shortcut
    close(ax)


def test_a_kernel_of_one_s_own_is_used_once_it_is_whole():
    view = widgets(convolution_view())
    before = view.image.value
    control(view, "its").value = "0 0 0 0 2 0 0"
    assert "nine numbers" in view.words.value
    assert view.image.value == before
    control(view, "its").value = "0 0 0 0 2 0 0 0 0"
    assert "nine numbers" not in view.words.value
    assert f"<b>{2 * GREY[1:-1, 1:-1].max():.2f}</b> = (2)·" in view.words.value
    control(view, "kernel").value = "spots"
    assert control(view, "its").value == cnn_recap.KERNELS["spots"]


def test_the_explorers_sliders_lead_to_the_drawing():
    view = widgets(field_view())
    control(view, "stride").value = 2
    control(view, "layers").value = 2
    picture, words = cnn_recap.draw_receptive_field(PHOTO, [(3, 2, 1)] * 2, (70, 60))
    assert view.words.value == words
    view = widgets(depth_view())
    control(view, "random").value = 3
    assert "<b>plain</b>: first layer 21, last layer 1" in view.words.value
    control(view, "layers").value = 32
    assert "<b>plain</b>: first layer 33, last layer 1" in view.words.value
