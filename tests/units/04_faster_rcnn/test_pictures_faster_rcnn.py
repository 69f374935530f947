"""Unit 04's pictures that no slider moves: diagrams, an assignment by hand, suppressed boxes, the timeline."""

import torch
from torchvision.ops import nms

from autograder import reference
from course_lib.explorers.by_hand import LABELS, draw_assignment, draw_suppression
from course_lib.explorers.detectors import DETECTORS, PARTS, draw_faster_rcnn, draw_parts, draw_timeline
from course_lib.explorers.faster_rcnn import anchor_labels
from course_lib.plots import BLUE, VERMILLION, close, rgb

FIVE = torch.tensor([[0.0, 0, 40, 32], [0, 0, 40, 20], [20, 0, 50, 40], [40, 10, 70, 50], [72, 38, 84, 62]])
OBJECTS = torch.tensor([[0.0, 0, 40, 40], [40, 20, 50, 30]])
LOSSES = {"loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"}


def words(ax):
    found = [text.get_text() for text in ax.texts]
    close(ax)
    return found


def test_the_five_anchors_of_the_lecture_are_labelled_as_its_table_says():
    labels, matches = reference.find("04_faster_rcnn", "assign_anchors")(FIVE, OBJECTS, 0.7, 0.3)
    assert labels.tolist() == anchor_labels(FIVE, OBJECTS).tolist() == [1, -1, 1, 1, 0]
    assert matches[labels == 1].tolist() == [0, 1, 1]


def test_anchors_have_their_numbers_and_the_colours_of_their_labels():
    ax = draw_assignment(FIVE, OBJECTS, anchor_labels(FIVE, OBJECTS), ["house", "ball"])
    outlines = ax.patches[len(OBJECTS) :]
    colors = [[round(255 * value) for value in patch.get_edgecolor()[:3]] for patch in outlines]
    assert colors == [list(rgb(LABELS[label][1])) for label in (1, -1, 1, 1, 0)]
    assert words(ax) == ["house", "ball", "1", "2", "3", "4", "5"]


def test_suppressed_boxes_are_dashed_and_named():
    image = torch.full((3, 64, 64), 128, dtype=torch.uint8)
    boxes = torch.tensor([[4.0, 4, 40, 40], [5, 4, 40, 40], [44, 44, 60, 60]])
    kept = nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.7)
    picture, told = draw_suppression(image, boxes + 2, boxes, kept)
    assert told == "Of 3 boxes 2 stay; suppressed: 2."
    left, right = picture[:, :384], picture[:, 384:]
    has = [[(half == rgb(color)).all(axis=2).any() for color in (BLUE, VERMILLION)] for half in (left, right)]
    assert has == [[True, False], [True, True]]
    one = boxes[:1]
    assert draw_suppression(image, one, one, torch.tensor([0]))[1].endswith("suppressed: none.")


def test_each_loss_has_its_place_in_the_diagram():
    found = words(draw_faster_rcnn())
    assert set(found) >= LOSSES | {"boxes, detached", "activation\nmap"}


def test_each_detector_takes_more_into_one_training_than_the_one_before():
    inside = [sum(color == BLUE for _, color in parts) for parts in DETECTORS.values()]
    assert inside == [0, 3, 4]
    assert set(words(draw_parts())) >= {*PARTS, *DETECTORS}


def test_a_timeline_has_a_lane_for_each_line_of_work():
    ax = draw_timeline({"one": [(2014, "a"), (2015.5, "b")], "other": [(2020, "c")]})
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "other"]
    assert [list(line.get_xdata()) for line in ax.lines] == [[2014, 2015.5], [2020]]
    assert words(ax) == ["a", "b", "c"]
