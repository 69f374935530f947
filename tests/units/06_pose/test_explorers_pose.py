"""Unit 06: its explorers show what they say, and its skeletons have their sides."""

import numpy as np
import pytest
import torch

from course_lib import plots
from course_lib.data.bodies import COCO, LEEDS, MPII
from course_lib.data.pose import Person
from course_lib.explorers import pose, pose_pictures, skeletons
from course_lib.plots import BLACK, BLUE, ORANGE, VERMILLION, rgb

IMAGE = torch.full((3, 64, 64), 120, dtype=torch.uint8)
LEFT, RIGHT = LEEDS.joints.index("left wrist"), LEEDS.joints.index("right wrist")


def person(**places):
    """A person in 64 × 64 pixels with only these joints."""
    joints = torch.full((len(LEEDS.joints), 2), torch.nan)
    for name, place in places.items():
        joints[LEEDS.joints.index(name.replace("_", " "))] = torch.tensor(place)
    return Person(IMAGE, joints, ~joints.isnan().any(dim=1), torch.tensor([0.0, 0, 64, 64]), "one")


WRISTS = person(left_wrist=(40.0, 30.0), right_wrist=(12.0, 34.0))


@pytest.mark.parametrize(("body", "count"), [(LEEDS, 13), (MPII, 13), (COCO, 10)])
def test_limbs_have_the_colour_of_their_side(body, count):
    found = skeletons.limbs(body)
    assert len(found) == count
    for _, end, color in found:
        side = body.joints[end].split()[0]
        assert color == {"left": BLUE, "right": ORANGE}.get(side, BLACK)


def test_a_hidden_joint_is_a_ring_and_one_without_a_place_is_not_drawn():
    ax = plots.show_image(IMAGE)
    hidden = torch.tensor([name == "left wrist" for name in LEEDS.joints])
    skeletons.draw_pose(ax, WRISTS.joints, WRISTS.annotated, LEEDS, hidden)
    fills = {tuple(line.get_data()[0]): line.get_markerfacecolor() for line in ax.lines}
    assert fills == {(40.0,): "white", (12.0,): ORANGE}
    plots.close(ax)


def test_a_limb_needs_both_of_its_joints():
    ax = plots.show_image(IMAGE)
    arm = person(left_wrist=(40.0, 30.0), left_elbow=(40.0, 20.0), left_hip=(30.0, 40.0))
    skeletons.draw_pose(ax, arm.joints, arm.annotated, LEEDS)
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2]
    assert {line.get_color() for line in lines} == {"white", BLUE}
    assert len(lines) == 2
    plots.close(ax)


def test_a_disk_keeps_to_its_radius_and_to_the_map():
    cells = skeletons.disk_map(torch.tensor([2.3, 1.6]), (4, 5), 1)
    assert np.argwhere(cells).tolist() == [[1, 1], [1, 2], [2, 2]]
    assert skeletons.disk_map(torch.tensor([-0.25, 1.5]), (4, 5), 1).sum() == 1
    assert skeletons.disk_map(torch.tensor([-9.0, 1.5]), (4, 5), 1).sum() == 0
    maps = skeletons.disk_maps(WRISTS.joints / 4, WRISTS.annotated, (16, 16), 2)
    assert np.flatnonzero(maps.sum(axis=(1, 2))).tolist() == [RIGHT, LEFT]


def test_arg_max_finds_the_uppermost_cell_of_a_disk_and_the_middle_its_joint():
    cells = skeletons.disk_map(torch.tensor([8.5, 8.5]), (16, 16), 2.1)
    assert pose.uppermost(cells).tolist() == [8.5, 6.5]
    assert pose.middle(cells).tolist() == [8.5, 8.5]


def test_a_larger_radius_moves_the_uppermost_cell_away():
    words = [pose.draw_radius(WRISTS, LEEDS, "left wrist", radius, 4)[1] for radius in (1, 4)]
    off = [float(one.split("uppermost cell <b>")[1].split()[0]) for one in words]
    assert off[0] < 5
    assert off[1] > 12


def test_a_disk_between_the_centres_has_no_cell():
    corners = person(neck=(4.0, 4.0), head_top=(10.0, 10.0))  # between four cells, and in the middle of one
    picture, words = pose.draw_radius(corners, LEEDS, "neck", 0.2, 4)
    assert "1.0 cells per disk" in words
    assert "joints without a cell: 1" in words
    assert picture.shape == (264, 804, 3)


def test_a_heatmap_says_how_far_its_peak_is_from_the_joint():
    maps = np.zeros((len(LEEDS.joints), 16, 16), dtype=np.float32)
    maps[LEFT, 7, 12] = 0.75  # its centre is at (50, 30)
    found = torch.full((len(LEEDS.joints), 2), 5.0)
    found[LEFT] = torch.tensor([50.0, 30.0])
    picture, words = pose.draw_heatmap(WRISTS, maps, found, LEEDS, "left wrist")
    assert words == "left wrist: the peak is <b>0.75</b>, <b>10.0 px</b> from the joint; 1 of 256 cells above 0.5"
    assert (picture == rgb(VERMILLION)).all(axis=2).any()
    assert "from the joint" not in pose.draw_heatmap(WRISTS, maps, found, LEEDS, "neck")[1]


def test_the_mirror_changes_sides_only_with_the_names():
    exchanged, forgotten = (pose.draw_flip(WRISTS, LEEDS, "wrist", names) for names in (True, False))
    assert exchanged[1] == "left wrist: plain and mirrored images teach one place; the map's peak is 1.0"
    assert "two places, <b>28 px</b> apart; the map's peak is 0.5" in forgotten[1]
    mirrored = [picture[:, 270:534] for picture, _ in (exchanged, forgotten)]  # the left wrist, at 40, comes to 24
    columns = [np.argwhere((half == rgb(BLUE)).all(axis=2))[:, 1].mean() / 264 * 64 for half in mirrored]
    assert columns == pytest.approx([52, 24], abs=1)


def test_the_photograph_has_seven_joints_of_which_two_are_hidden():
    astro, hidden = pose_pictures.astronaut()
    assert astro.annotated.sum() == len(pose_pictures.ASTRONAUT) == 7
    assert hidden.sum() == 2
    assert (astro.annotated | ~hidden).all()
    inside = astro.joints[astro.annotated]
    assert ((inside > 0) & (inside < 512)).all()
    left, right = (astro.joints[LEEDS.joints.index(f"{side} shoulder"), 0] for side in ("left", "right"))
    assert left > right  # she faces us


@pytest.mark.parametrize(
    ("draw", "word"), [(pose_pictures.draw_hourglass, "32 × 32"), (pose_pictures.draw_stack, "hourglass 2")]
)
def test_diagrams_name_their_parts(draw, word):
    ax = draw()
    assert word in [text.get_text() for text in ax.texts]
    plots.close(ax)


def test_a_field_points_along_its_limb_and_nowhere_else():
    field = pose_pictures.limb_field(torch.tensor([2.0, 3.0]), torch.tensor([7.0, 3.0]), (8, 10), 1.0)
    assert np.argwhere(field[0]).tolist() == [[row, column] for row in (2, 3) for column in range(2, 7)]
    assert field.max() == 1
    assert not field[1].any()
    slanted = pose_pictures.limb_field(torch.tensor([1.0, 1.0]), torch.tensor([7.0, 9.0]), (10, 10), 1.0)
    assert np.unique(slanted[0]).tolist() == pytest.approx([0, 0.6])
    assert np.unique(slanted[1]).tolist() == pytest.approx([0, 0.8])


def test_a_field_is_drawn_where_the_limb_is():
    arm = person(left_wrist=(40.0, 30.0), left_elbow=(20.0, 30.0))
    ax = pose_pictures.draw_field(plots.show_image(IMAGE), arm, ("left elbow", "left wrist"), BLUE)
    (arrows,) = [part for part in ax.collections if hasattr(part, "U")]
    assert set(arrows.U.tolist()) == {1.0}
    assert (arrows.X.min(), arrows.X.max(), set(arrows.Y.tolist())) == (22, 38, {26.0, 30.0, 34.0})
    plots.close(ax)
