"""What comes out of a box, read with care: anything may stand in a reply."""

import re

from course_lib.checks import codec
from course_lib.checks.ladder import Outcome, Question
from course_lib.checks.spec import Raised

MAX_ITEMS = 20  # that one cell shows
KIND = re.compile("[A-Za-z_]{1,40}")  # an error's name
MAX_LINE = 99_999  # of a cell
MAX_ANSWER = 4 * 2**20  # bytes, beside four times those of the expected answer


def items(displayed: object, room: int) -> list[dict[str, str]]:
    """What a cell showed, as far as it has the right form; items that are longer than the `room` left are forgotten."""
    items = []
    for item in displayed[:MAX_ITEMS] if isinstance(displayed, list) else ():
        kind, data = (item.get("type"), item.get("data")) if isinstance(item, dict) else (None, None)
        if kind in ("text", "image/png") and isinstance(data, str) and len(data) <= room:
            items.append({"type": kind, "data": data})
            room -= len(data)
    return items


def outcome(reply: dict, question: Question, limit: float) -> Outcome:
    """A reply as an outcome; fields of a wrong type count as no answer, and a huge answer as one of a wrong type."""
    status, note, seconds = reply.get("status"), reply.get("note"), reply.get("seconds")
    allowed = ("answered", "missing", "not callable", "signature", "unwritten", "raised", "refused")
    if status not in allowed or not isinstance(note, str) or not isinstance(seconds, float):
        return Outcome("died", note="The answer could not be read.")
    answer, most = codec.copy(reply.get("answer")), 4 * codec.weight(question.expected) + MAX_ANSWER
    if codec.weight(answer) > most:
        answer = codec.Other(f"an answer of more than {most // 2**20} MB")
    error = _raised(reply.get("error")) if status == "raised" else None
    return Outcome(status, answer, note, seconds if 0.0 <= seconds <= limit else limit, error)


def _raised(said: object) -> Raised | None:
    """What was raised, or None where that cannot be read; whether it may be shown is decided elsewhere."""
    try:
        found = Raised(**said)
    except TypeError:
        return None
    texts = all(type(each) is str for each in (found.kind, found.text, found.code))
    whole = texts and KIND.fullmatch(found.kind) and type(found.line) is int and 0 <= found.line <= MAX_LINE
    return found if whole else None
