"""From a request to the bytes of the one file in it. Whatever is too much is refused while it arrives.

The form is parsed as it comes in, and its bytes are counted: a body without a stated length ends where the limit is.
The file's name is never used, neither to open something nor to write. A name that only makes sense as an attempt to get
at other files is refused all the same.
"""

import asyncio
import re
import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from course_lib.service.limits import Limits, Refused

FIELD = "file"  # of the form
FORM = "multipart/form-data"
MOST_FIELDS = 8
LONGEST_NAME = 255  # characters: what file systems allow
HOME = re.compile(r"https?://(127\.0\.0\.1|localhost)(:\d+)?")  # what a browser says of pages that may ask


async def read_upload(request: Any, limits: Limits) -> bytes:
    """The bytes of the file that a request brings in the field `FIELD` of its form.

    Args:
        request: FastAPI's, whose body nobody has read.

    Raises:
        Refused: 400 for a form without a file, or with several, or that is none; 403 for what a browser sends for
            another machine's page; 408 for a body that takes too long; 413 for one that is too large; 415 for another
            kind of body or of file.
    """
    _look_at_headers(request.headers, limits)
    bounded = type(request)(request.scope, _counted(request.receive, limits.bytes))
    try:
        async with asyncio.timeout(limits.seconds), bounded.form(max_files=1, max_fields=MOST_FIELDS) as form:
            return await _file_of(form.get(FIELD))
    except Refused:
        raise
    except TimeoutError as error:
        raise Refused(408, f"The body was not there within {limits.seconds:g} seconds.") from error
    except Exception as error:  # the parser's, for a body that is no form, and of a client that has gone
        raise Refused(400, f"The form cannot be read. {getattr(error, 'detail', '')}".strip()) from error


def _look_at_headers(headers: Any, limits: Limits) -> None:
    if (origin := headers.get("origin")) and not HOME.fullmatch(origin):
        raise Refused(403, "A page from elsewhere asks: pages of this machine alone may.")
    if headers.get("content-length") == "0":
        raise Refused(400, "The body is empty.")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Refused(415, f'Send the picture as {FORM}, in the field "{FIELD}".')
    stated = headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > limits.bytes:
        raise _too_much(limits.bytes)


def _counted(receive: Callable[[], Awaitable[dict]], most: int) -> Callable[[], Awaitable[dict]]:
    """The same messages, until they have brought more than `most` bytes, or end before the form does."""
    seen, tail = 0, b""

    async def counting() -> dict:
        nonlocal seen, tail
        message = await receive()
        body = message.get("body", b"")
        seen, tail = seen + len(body), (tail + body)[-8:]
        if seen > most:
            raise _too_much(most)
        if message["type"] == "http.request" and not message.get("more_body") and not tail.rstrip().endswith(b"--"):
            raise Refused(400, "The form breaks off before its end.")
        return message

    return counting


def _too_much(most: int) -> Refused:
    return Refused(413, f"The body is larger than {most / 2**20:.3g} MB: send a smaller picture.")


async def _file_of(part: Any) -> bytes:
    """The bytes of a part of the form; it is None where there is none, and a string where it is a plain field."""
    if part is None or isinstance(part, str):
        raise Refused(400, f'There is no file in the field "{FIELD}" of the form.')
    _look_at_name(part.filename or "")
    kind = (part.content_type or "").partition(";")[0].strip().lower()
    if kind not in ("", "application/octet-stream") and not kind.startswith("image/"):
        raise Refused(415, "The file says of itself that it is no picture.")
    return await part.read()


def _look_at_name(name: str) -> None:
    meant = unquote(name)  # clients write some characters of a name as %2F or %00
    if "/" in meant or "\\" in meant or meant in (".", ".."):
        raise Refused(400, "The file's name is a path: send the name alone.")
    if any(unicodedata.category(character) == "Cc" for character in meant):
        raise Refused(400, "The file's name has control characters in it.")
    if len(name) > LONGEST_NAME:
        raise Refused(400, f"The file's name has more than {LONGEST_NAME} characters.")
