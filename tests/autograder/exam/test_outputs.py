"""What a cell displayed: nothing but text and sound pictures reaches a page."""

import base64
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from autograder.exam.outputs import DRAWN, MAX_IMAGE, MAX_TEXT, PNG, safe
from autograder.intake.texts import plain
from tests.helpers.budget import bounded


def text(data):
    return {"type": "text", "data": data}


def image(raw):
    return {"type": "image/png", "data": base64.b64encode(raw).decode()}


def png(size=(3, 2), **options):
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, "png", **options)
    return file.getvalue()


def part(name, data, length=None):
    size = len(data) if length is None else length
    return size.to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def shown(*items):
    """(kind, content) of each output: a stream's text, a picture's bytes."""
    outputs = []
    for made in safe(list(items)):
        kind = "text" if made.output_type == "stream" else "image"
        assert kind == "text" or set(made.data) == {"image/png"}
        outputs.append((kind, made.text if kind == "text" else base64.b64decode(made.data["image/png"])))
    return outputs


def test_text_and_pictures_keep_their_order_and_neighbouring_texts_are_joined():
    found = shown(text("a\n"), text("b\n"), image(png()), text("c"))
    assert found == [("text", "a\nb\n"), ("image", png()), ("text", "c")]


@pytest.mark.parametrize(
    "displayed",
    [
        None,
        "text",
        {"type": "text", "data": "x"},
        [None, 3, "x", []],
        [{"type": "text/html", "data": "<script>alert(1)</script>"}],
        [{"type": "image/svg+xml", "data": "<svg onload=alert(1)>"}],
        [{"type": "text", "data": {"text/html": "x"}}],
        [{"type": ["text"], "data": "x"}],
        [{"type": "text"}, {"data": "x"}],
    ],
)
def test_what_is_of_no_known_kind_is_dropped(displayed):
    assert safe(displayed) == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07seen", "seen"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("10%\r50%\r100%\ndone", "100%\ndone"),
        ("a\r\nb", "a\nb"),
        ("end\r", "end"),
        ("bell\x07 null\x00 back\x08 tab\t", "bell null back tab\t"),
        ("\u202e4/4 :stnioP", "4/4 :stnioP"),
        ("\x9b31m", "31m"),
        ("lone \ud800", "lone ?"),
        ("naïve ✓ 中文", "naïve ✓ 中文"),
        ("<b>bold</b>", "<b>bold</b>"),
    ],
)
def test_text_is_plain(written, read):
    assert plain(written) == read


@given(st.text(alphabet=st.sampled_from("a\x1b[]m;0\r\n\x07\u202e\t\ud800"), max_size=40))
def test_no_text_leaves_a_control_character(written):
    left = plain(written)
    assert all(character.isprintable() or character in "\n\t" for character in left)
    left.encode()


def test_a_long_line_is_read_in_a_moment():
    with bounded(3):
        for hostile in ("x", "\x1b[0", "\x1b]", "\r", "\x1b"):
            plain(hostile * 200_000)


def test_much_text_is_cut_and_said():
    (kind, words), *more = shown(text("x" * (MAX_TEXT - 1)), text("yz" * 50))
    assert more == []
    assert words.startswith("x" * (MAX_TEXT - 1) + "y\n[not shown: 99 more characters; shown are 20000")


def test_the_fifth_picture_is_counted():
    found = shown(*[image(png())] * 6, text("after"))
    assert [kind for kind, _ in found] == ["image"] * 4 + ["text"]
    assert found[-1][1].startswith("after\n[not shown: 2 pictures;")


def test_a_picture_is_rebuilt_from_what_draws():
    hidden = part(b"tEXt", b"comment\0<script>") + part(b"acTL", b"\0\0\0\x02\0\0\0\0")
    written = png()[:33] + hidden + png()[33:] + b"<script>alert(1)</script>"
    assert shown(image(written)) == [("image", png())]
    assert b"tEXt" not in DRAWN


HEADER = part(b"IHDR", bytes.fromhex("0000753000007530") + b"\x08\x02\0\0\0")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<svg onload=alert(1)>",
        PNG,
        PNG + b"<script>",
        png()[:-12],
        png()[:40],
        png()[:20] + b"\xff" + png()[21:],
        png() and PNG + part(b"IHDR", b"\0" * 13) + png()[33:],
        PNG + HEADER + png()[33:],
        png()[:33] + part(b"IEND", b""),
        png()[:33] + part(b"IDAT", b"x", length=2**32 - 1),
        png() [:33] + part(b"IDAT", b"x" * MAX_IMAGE) + png()[33:],
    ],
    ids=["empty", "svg", "signature", "no header", "no end", "cut", "check sum", "no pixels", "bomb", "no data",
         "length", "large"],
)  # fmt: skip
def test_a_broken_or_huge_picture_is_not_shown(raw):
    ((kind, words),) = shown(image(raw))
    assert kind == "text"
    assert "[not shown: 1 picture;" in words


@pytest.mark.parametrize("data", ["not base64!", "é", "data:image/png;base64,AAAA", "A" * 5])
def test_what_is_not_base64_is_not_shown(data):
    assert "1 picture" in shown({"type": "image/png", "data": data})[0][1]


def test_a_picture_in_lines_of_base64_is_shown():
    lines = base64.encodebytes(png()).decode()
    assert shown({"type": "image/png", "data": lines}) == [("image", png())]
