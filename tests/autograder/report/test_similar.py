"""Copied code is found under other names, released code and chance are not."""

import pytest

from autograder.report import similar
from autograder.report.similar import Pair, among, fingerprints, groups, pairs, read_only_in_part, shared_lines
from autograder.report.similar_page import MAX_PAIRS, page
from tests.helpers.pages import Page

RELEASED = '''def nms(boxes, scores, threshold):
    """Keep the best box of each group."""
    raise NotImplementedError("your code here")
'''
LOOP = '''def nms(boxes, scores, threshold):
    """Keep the best box of each group."""
    order = scores.argsort(descending=True)
    keep = []
    while len(order):
        first = order[0]
        keep.append(first)
        ious = box_iou(boxes[first][None], boxes[order[1:]])[0]
        order = order[1:][ious <= threshold]
    return torch.stack(keep)
'''
MASK = '''def nms(boxes, scores, threshold):
    """Keep the best box of each group."""
    ious = box_iou(boxes, boxes)
    alive = torch.ones(len(boxes), dtype=torch.bool)
    for index in scores.sort(descending=True).indices:
        if alive[index]:
            alive &= ious[index] <= threshold
            alive[index] = True
    return scores.masked_fill(~alive, -1).sort(descending=True).indices[: alive.sum()]
'''
IOU = """def box_iou(boxes1, boxes2):
    low = torch.maximum(boxes1[:, None, :2], boxes2[:, :2])
    high = torch.minimum(boxes1[:, None, 2:], boxes2[:, 2:])
    inter = (high - low).clamp(min=0).prod(-1)
    area = lambda boxes: (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    return inter / (area(boxes1)[:, None] + area(boxes2) - inter)
"""


def renamed(source):
    """The same code as someone who copies it would disguise it."""
    for old, new in (("keep", "kept"), ("first", "i"), ("order", "todo"), ("    ious", "    # overlaps\n        ious")):
        source = source.replace(old, new)
    return source


def test_a_renamed_copy_is_found_and_its_cell_named():
    (pair,) = pairs({"bob": [("nms", renamed(LOOP))], "ada": [("nms", LOOP)], "zoe": [("nms", MASK)]}, [RELEASED])
    assert pair.students == ("ada", "bob")
    assert min(pair.shares) > 0.8
    assert pair.cells == (("nms",), ("nms",))


def test_released_code_does_not_count():
    assert pairs({"ada": [("nms", RELEASED)], "bob": [("nms", RELEASED)]}, [RELEASED], threshold=0) == []
    assert len(pairs({"ada": [("nms", RELEASED)], "bob": [("nms", RELEASED)]}, [], threshold=0.8)) == 1


def test_two_untouched_cells_in_a_row_share_nothing():
    untouched = [("own cell 0", "x = 1"), ("nms", RELEASED), ("again", RELEASED)]
    assert pairs({"ada": untouched, "bob": untouched}, [RELEASED], threshold=0) == []


def test_who_copied_one_function_of_two_shares_half():
    works = {
        "ada": [("box_iou", IOU), ("nms", LOOP)],
        "bob": [("own cell 3", LOOP), ("box_iou", "x = 1"), ("nms", MASK)],
    }
    (pair,) = pairs(works, [RELEASED], threshold=0.4)
    assert pair.cells == (("nms",), ("own cell 3",))
    assert 0.3 < min(pair.shares) <= max(pair.shares) < 0.8


def test_pairs_come_in_order_of_their_likeness():
    half = LOOP.split("    while")[0] + MASK.split('group."""')[1]
    works = {"ada": [("nms", MASK)], "bob": [("nms", half)], "eve": [("nms", MASK)]}
    found = pairs(works, [RELEASED], threshold=0.1)
    assert found[0].students == ("ada", "eve")
    assert [max(pair.shares) for pair in found] == sorted((max(pair.shares) for pair in found), reverse=True)
    assert len(found) == 3


@pytest.mark.parametrize("source", ["", "x = 1", "\n", "def f(:\n  '''never closed", "\x00\ud800 é", "((((" * 50])
def test_what_is_short_or_no_python_is_read(source):
    assert pairs({"ada": [("a", source)], "bob": [("b", LOOP)], "eve": []}, [RELEASED]) == []


def test_a_flood_of_code_is_read_in_part(monkeypatch):
    monkeypatch.setattr(similar, "MAX_CODE", 2 * len(LOOP))
    works = {"ada": [("own cell 0", LOOP), ("own cell 1", "x = 1\n" * 1000)], "bob": [("nms", LOOP)]}
    assert read_only_in_part(works) == ["ada"]
    assert pairs(works, [RELEASED])[0].cells[1] == ("nms",)


def pair(one, other, share=1.0):
    return Pair((one, other), (share, share), ((), ()))


def test_who_hangs_together_by_a_chain_is_one_group():
    found = [pair("ada", "bob"), pair("eve", "fay"), pair("bob", "cy"), pair("cy", "dan")]
    assert groups(found) == [
        (("ada", "bob", "cy", "dan"), [found[0], found[2], found[3]]),
        (("eve", "fay"), [found[1]]),
    ]
    assert groups([pair("ada", "bob"), pair("cy", "dan"), pair("bob", "dan")])[0][0] == ("ada", "bob", "cy", "dan")
    assert groups([]) == []


def test_the_shared_lines_are_known_and_others_are_not():
    mine = f"%matplotlib inline\nx = 1\n\n{renamed(LOOP)}\n\ny = x + 1\n"
    prints = fingerprints({"ada": [("nms", LOOP)], "bob": [("own cell 0", "a = 3"), ("nms", mine)]}, [RELEASED])
    nothing, lines = shared_lines(prints["bob"], prints["ada"])
    shown = mine.split("\n")
    assert nothing == set()
    assert {"    while len(todo):", "        i = todo[0]"} <= {shown[line] for line in lines}
    assert not {"%matplotlib inline", "x = 1", "y = x + 1"} & {shown[line] for line in lines}


def test_pairs_stand_side_by_side_on_a_page_on_which_nothing_acts():
    source = LOOP + '# <img src=x onerror="alert(1)">\n'
    prints = fingerprints({"ada": [("nms", source)], "bob": [("nms", renamed(LOOP))]}, [RELEASED])
    html = page("02_rcnn", among(prints, 0.8), prints)
    read = Page(html)
    assert not {"script", "img", "link", "iframe"} & set(read.tags)
    assert not [name for name, _ in read.attributes if name.startswith("on") or name in ("src", "href")]
    assert "<mark>    while len(order):</mark>" in html
    assert "<mark>    while len(todo):</mark>" in html
    assert "Group 1: ada, bob" in html


def test_a_page_has_so_many_pairs_and_says_how_many_it_leaves_out():
    names = [f"s{number:02}" for number in range(21)]
    prints = fingerprints({name: [("nms", LOOP)] for name in names}, [RELEASED])
    html = page("02_rcnn", among(prints, 0.8), prints)
    assert html.count("<details>") == MAX_PAIRS == 200
    assert "10 more pairs of this group are not shown" in html
