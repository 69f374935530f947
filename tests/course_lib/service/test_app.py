"""What the application says: tags, silence, a tagging function that fails, and to anything at all."""

import gc
import weakref

import httpx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.errors import SettingsError
from course_lib.service import Limits, Service, app
from tests.helpers.uploads import EDGE, FORM, form
from tests.helpers.waiting import eventually


@pytest.fixture(scope="module")
def asked():
    """The answer of a service around a tagging function to a form: `asked(tag, body)`."""
    now = []
    with (
        Service(lambda image: now[-1](image)) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=60) as client,
    ):

        def ask(tag, body, headers=FORM):
            now.append(tag)
            return client.post("/tags", content=body, headers=headers)

        yield ask


def test_tags_come_as_names_and_confidences_in_their_order(asked, picture):
    answer = asked(lambda image: [("cat", 0.75), ("dog", 0.5)], form(picture))
    assert answer.status_code == 200
    assert answer.json() == {
        "tags": [{"name": "cat", "confidence": 0.75}, {"name": "dog", "confidence": 0.5}],
        "reason": "",
    }


def test_not_sure_enough_is_an_answer_with_a_reason(asked, picture):
    answer = asked(lambda image: [], form(picture))
    assert answer.status_code == 200
    assert answer.json() == {"tags": [], "reason": "No tag is sure enough."}


def test_the_function_gets_the_image_and_no_gradients(asked, picture):
    seen = []

    def tag(image):
        seen.append((image, torch.is_grad_enabled()))
        return []

    asked(tag, form(picture))
    [(image, grads)] = seen
    assert image.dtype == torch.uint8
    assert image.shape == (3, 32, 48)
    assert image[:, 0, 0].tolist() == [200, 120, 40]
    assert not grads


@pytest.mark.parametrize("number", [torch.tensor(0.5), np.float32(0.5), np.float64(0.5), 1, 0, True])
def test_numbers_of_any_kind_are_confidences(asked, number, picture):
    assert asked(lambda image: [("cat", number)], form(picture)).json()["tags"][0]["confidence"] == float(number)


@pytest.mark.parametrize("pairs", [[("cat", 0.5)], (("cat", 0.5),), [["cat", 0.5]], iter([("cat", 0.5)])])
def test_pairs_of_any_kind_are_pairs(asked, pairs, picture):
    assert asked(lambda image: pairs, form(picture)).json()["tags"] == [{"name": "cat", "confidence": 0.5}]


@pytest.mark.parametrize(
    "found", [None, 7, ["cat"], [("cat",)], [("cat", "sure")], [("cat", torch.ones(2))], (1 / 0 for _ in "a")]
)
def test_what_are_no_tags_is_the_fault_of_the_function(asked, found, picture):
    answer = asked(lambda image: found, form(picture))
    assert answer.status_code == 500
    assert "no list of (name, confidence) pairs" in answer.json()["reason"]


def test_what_nobody_thought_of_is_an_answer_too(asked, picture, caplog):
    answer = asked(lambda image: [("half a sign: \ud800", 0.5)], form(picture))  # UTF-8 has no such letter
    assert answer.status_code == 500
    assert answer.json() == {"reason": "The service failed; its log says where."}
    assert "UnicodeEncodeError" in eventually(lambda: caplog.text, bool)  # uvicorn answers before it writes its log
    assert asked(lambda image: [], form(picture)).status_code == 200


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -0.1, 1.1, 42])
def test_a_confidence_is_between_0_and_1(asked, number, picture):
    answer = asked(lambda image: [("cat", number)], form(picture))
    assert answer.status_code == 500
    assert "between 0 and 1" in answer.json()["reason"]


@pytest.mark.parametrize("error", [ZeroDivisionError("secret"), SystemExit(3), KeyboardInterrupt(), StopIteration()])
def test_a_function_that_fails_is_named_and_the_service_lives_on(asked, error, picture, caplog):
    turns = iter([error, None])

    def tag(image):
        if raised := next(turns):
            raise raised
        return [("cat", 0.5)]

    answer = asked(tag, form(picture))
    assert answer.status_code == 500
    assert answer.json() == {"reason": f"The tagging function failed: {type(error).__name__}."}
    assert "in tag" in caplog.text  # its traceback
    assert asked(tag, form(picture)).status_code == 200


@pytest.mark.parametrize("ending", ["answered", "failed", "wrong"])
def test_a_picture_is_let_go_when_its_answer_is_out(asked, picture, ending, monkeypatch):
    """At once, without a word from the garbage collector: a traceback would keep it by its frames."""
    pictures = []
    monkeypatch.setattr(app.log, "disabled", True)  # pytest keeps what is logged

    def tag(image):
        pictures.append(weakref.ref(image))
        if ending == "failed":
            raise ValueError
        return [] if ending == "answered" else None

    gc.disable()
    try:
        for _ in range(5):
            asked(tag, form(picture))
    finally:
        gc.enable()
    assert [one() for one in pictures[:-1]] == [None] * 4  # the last one's frame may still be on its way out


PIECES = [
    b"--",
    b"\r\n",
    EDGE.encode(),
    b"Content-Disposition: form-data; ",
    b'name="file"',
    b'; filename="',
    b'"',
    b";",
]
PIECES += [
    b"\0",
    b"\xff",
    b"..",
    b"/",
    b"Content-Type: ",
    b"image/png",
    b"GIF89a",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=30).map(b"".join),
    st.sampled_from(
        [FORM["Content-Type"], "multipart/form-data", "multipart/form-data; boundary=\xe4", "image/png", ""]
    )
    | st.text(st.characters(min_codepoint=32, max_codepoint=126)).map(
        lambda text: f"multipart/form-data; {text}".strip()
    ),
)
def test_anything_at_all_is_refused_for_a_reason(asked, body, kind):
    answer = asked(None, body, {"Content-Type": kind.encode("latin-1")})
    assert 400 <= answer.status_code < 500
    assert answer.json()["reason"]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=40))
def test_any_name_and_any_file_get_an_answer(asked, name, data):
    answer = asked(None, form(data, name))
    assert 400 <= answer.status_code < 500
    assert answer.json()["reason"]


@pytest.mark.parametrize("name", ["bytes", "pixels", "requests", "connections", "seconds"])
@pytest.mark.parametrize("number", [0, -1])
def test_limits_are_above_zero(name, number):
    with pytest.raises(SettingsError, match=f"limit '{name}'"):
        Limits(**{name: number})
