"""A class in one view: what is counted, and that nothing of a student's acts in it."""

import io
import json

import pytest
from rich.console import Console

from autograder.book.lateness import duration
from autograder.exam.results import Checked, Result
from autograder.report.page import headline, page, sections, show
from autograder.report.summary import Row, summarize
from tests.helpers.pages import Page

SWAPPED = ("nms", "swapped")
SENTENCES = {SWAPPED: "Your boxes are read as (cx, cy, w, h)."}
HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m [bold]x"


def checked(name, points, rung="", comment="", misconception="", seconds=0.1, slow=0.0, case="", status=""):
    return Checked(name, points, 4.0, rung, misconception, comment, "", seconds, slow, case, status)


def sat(student, *checks, notes=(), times=None, sandbox="bubblewrap"):
    return Result("02_rcnn", student, sandbox, checks, tuple(notes), times=times or {})


RIGHT = (checked("box_iou", 4.0), checked("nms", 4.0))
COMMENT = "0 of 3: two boxes. Your boxes are read as (cx, cy, w, h)"
WRONG = (  # what a comment says is read by people alone
    checked("box_iou", 2.0, "edge", "1 of 9: other words", case="touching boxes", status="answered"),
    checked("nms", 0.0, "values", COMMENT, "swapped", case="two boxes", status="answered"),
)
EMPTY = (
    checked("box_iou", 0.0, "runs", "Nothing is there.", status="unwritten"),
    checked("nms", 0.0, "runs", "Still to write.", seconds=3.0, status="unwritten"),
)


@pytest.fixture
def summary():
    rows = [
        Row("zoe", 8, 10, ("written_1",), 2.0),
        Row("ada", 10, 10, changed=("written_1",)),
        Row("bob", 2, 10, late=1.0, seconds_late=93600, handed_in="2030-01-15 14:00 UTC"),
        Row("eve", 0, 10),
    ]
    results = [
        sat("ada", *RIGHT, notes=["late"], times={"given_1": 2.0, "nms": 0.5}),
        sat("bob", *WRONG, notes=["late", "late", HOSTILE], times={HOSTILE: 9.0}),
        sat("eve", *EMPTY, sandbox="none"),
    ]
    return summarize("02_rcnn", rows, results, SENTENCES)


def test_points_of_the_class(summary):
    assert (summary.mean, summary.median, summary.of) == (5.0, 5.0, 10)
    assert summary.histogram == (1, 0, 1, 0, 0, 0, 0, 0, 1, 1)
    assert [row.student for row in summary.rows] == ["ada", "bob", "eve", "zoe"]
    assert summary.waiting == (("written_1", ("zoe",)),)
    assert summary.changed == (("written_1", ("ada",)),)


@pytest.mark.parametrize(("points", "of", "place"), [(0, 10, 0), (10, 10, 9), (12, 10, 9), (-1, 10, 0), (0, 0, 0)])
def test_every_submission_lies_in_one_tenth(points, of, place):
    counts = summarize("u", [Row("ada", points, of)], [], {}).histogram
    assert sum(counts) == 1
    assert counts[place] == 1


def test_each_check_s_line(summary):
    iou, nms = summary.checks
    assert (iou.name, iou.passed, iou.partly, iou.none, iou.mean, iou.of) == ("box_iou", 1, 1, 1, 2.0, 4.0)
    assert dict(iou.stopped) == {"edge case": 1, "still to write": 1}
    assert dict(nms.stopped) == {"wrong values": 1, "still to write": 1}
    assert (iou.failed, nms.failed) == ((("touching boxes", 1),), (("two boxes", 1),))
    assert (nms.median, nms.worst, nms.slow) == (0.1, 3.0, 0)


def test_misconceptions_come_with_their_sentence_the_most_frequent_first():
    other = checked("box_iou", 0.0, "values", misconception="unknown")
    found = summarize("u", [], [sat("a", *WRONG), sat("b", *WRONG, other)], SENTENCES).taught
    assert [(t.check, t.name, t.students, t.sentence) for t in found] == [
        (*SWAPPED, 2, SENTENCES[SWAPPED]),
        ("box_iou", "unknown", 1, ""),
    ]


def test_whose_a_misconception_is_stands_there_only_where_it_is_asked():
    results = [sat("zoe", *WRONG), sat("ada", *WRONG), sat("eve", *RIGHT)]
    for names, last in ((False, SENTENCES[SWAPPED]), (True, "ada, zoe")):
        summary = summarize("u", [], results, SENTENCES, names)
        assert sections(summary)[0].rows[0][-1] == last
        assert ("zoe" in json.dumps(summary.to_dict()["taught"])) == names
        assert ("zoe" in page(summary).split('id="s1"')[0]) == names


def test_late_work_is_listed_the_latest_first():
    rows = [
        Row("ada", 5, 10, seconds_late=1, handed_in="2030-01-14 12:00 UTC"),
        Row("bob", 5, 10),
        Row("zoe", 5, 10, late=2.5, seconds_late=2 * 86400 + 3600, handed_in="2030-01-16 13:00 UTC"),
    ]
    (late,) = (found for found in sections(summarize("u", rows, [], {})) if found.title == "Late")
    assert late.rows == (
        ("zoe", "2030-01-16 13:00 UTC", "2 days 1 h", "2.5"),
        ("ada", "2030-01-14 12:00 UTC", "1 min", "0"),
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, ""), (1, "1 min"), (60, "1 min"), (61, "2 min"), (3600, "1 h"), (86400, "1 day"), (90061, "1 day 1 h")],
)
def test_how_late_in_words(seconds, words):
    assert duration(seconds) == words


def test_only_the_ten_most_frequent_are_to_be_explained_again():
    many = [checked(f"check_{i}", 0.0, "values", misconception="swapped") for i in range(12)]
    found = sections(summarize("u", [], [sat("a", *many)], {}))[0]
    assert (found.title, len(found.rows)) == ("What to explain again (the first 10 of 12)", 10)


def test_slow_checks_are_counted():
    (line,) = summarize("u", [], [sat("a", checked("nms", 4.0, slow=80.0)), sat("b", checked("nms", 4.0))], {}).checks
    assert line.slow == 1


def test_notes_slow_cells_and_a_missing_sandbox(summary):
    assert summary.notes == (("late", ("ada", "bob")), (HOSTILE, ("bob",)))
    assert summary.cells == ((HOSTILE, "bob", 9.0), ("given_1", "ada", 2.0), ("nms", "ada", 0.5))
    assert summary.unboxed == ("eve",)


def test_an_empty_class_is_a_summary_too():
    summary = summarize("02_rcnn", [], [], {})
    assert headline(summary) == "02_rcnn: 0 submissions; mean 0, median 0 of 0 points"
    assert sections(summary) == []
    assert "Submissions by points: none." in page(summary)


def test_the_headline_says_what_waits(summary):
    assert headline(summary) == (
        "02_rcnn: 4 submissions; mean 5, median 5 of 10 points; 1 submission with 2 points waiting for a human; "
        "1 changed since a human marked it; 1 late; "
        "1 result not in the journal (`autograder grade` puts them there)"
    )


def test_the_terminal_shows_every_section_as_plain_text(summary):
    screen = io.StringIO()
    show(summary, Console(file=screen, width=200))
    shown = screen.getvalue()
    for words in ("What to explain again", SENTENCES[SWAPPED], "touching boxes (1)", "written_1", "[bold]x", "█ 1"):
        assert words in shown
    assert "Graded without a sandbox" in shown
    assert "\x1b" not in shown


def test_the_page_needs_nothing_else_and_nothing_acts(summary):
    html = page(summary)
    read = Page(html)
    assert not {"script", "img", "link", "iframe"} & set(read.tags)
    assert not [name for name, _ in read.attributes if name.startswith("on") or name == "src"]
    jumps = [value.removeprefix("#") for name, value in read.attributes if name == "href"]
    assert jumps == [value for name, value in read.attributes if name == "id"]
    assert len(jumps) == len(sections(summary))
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "\x1b" not in html
    assert ("aria-label", "Submissions by points: 1 from 0 to 1, 1 from 2 to 3, 1 from 8 to 9, 1 from 9 to 10.") in (
        read.attributes
    )
    assert SENTENCES[SWAPPED] in html


def test_the_summary_is_plain_data(summary):
    data = json.loads(json.dumps(summary.to_dict()))
    assert data["of"] == 10
    assert data["checks"][0]["name"] == "box_iou"
    assert data["taught"][0]["sentence"] == SENTENCES[SWAPPED]
