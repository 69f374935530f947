"""Requests that no honest client sends, byte by byte."""

import http.client
import json
from collections.abc import Iterable
from urllib.parse import urlsplit

EDGE = "an-edge"
FORM = {"Content-Type": f"multipart/form-data; boundary={EDGE}"}


def form(data: bytes, name: str | bytes = "photo.png", field: str = "file", kind: str = "image/png") -> bytes:
    """The body of a form with one file."""
    name = name if isinstance(name, bytes) else name.encode()
    head = b'Content-Disposition: form-data; name="%s"; filename="%s"' % (field.encode(), name)
    head += f"\r\nContent-Type: {kind}".encode() if kind else b""
    return b"--%s\r\n%s\r\n\r\n%s\r\n--%s--\r\n" % (EDGE.encode(), head, data, EDGE.encode())


def request(
    url: str,
    body: bytes | Iterable[bytes] = b"",
    headers: dict[str, str] | None = None,
    path: str = "/tags",
    method: str = "POST",
) -> tuple[int, dict, dict[str, str]]:
    """Status, what was said, and the headers. A body in pieces goes without a stated length."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request(method, path, body, FORM if headers is None else headers)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read()), {name.lower(): value for name, value in reply.getheaders()}
    finally:
        connection.close()
