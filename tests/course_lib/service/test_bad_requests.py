"""Each bad request gets a reason and a status of 4xx, and the service then answers a good one as ever."""

import socket
from urllib.parse import urlsplit

import pytest
import starlette
from packaging.version import Version

from course_lib.service import LIMITS, Limits, Service, ask, health
from tests.course_lib.service.conftest import mean_colour
from tests.helpers.budget import bounded
from tests.helpers.pictures import bomb, moving, noise, plain, png, saved
from tests.helpers.uploads import EDGE, FORM, form, request

GOOD = saved(plain((200, 120, 40)), "PNG")
JPEG = saved(noise(), "JPEG")
NO_END = form(GOOD).removesuffix(f"\r\n--{EDGE}--\r\n".encode())
TWO = form(GOOD).removesuffix(f"--{EDGE}--\r\n".encode()) + form(GOOD)
PLAIN_FIELD = f'--{EDGE}\r\nContent-Disposition: form-data; name="file"\r\n\r\nphoto.png\r\n--{EDGE}--\r\n'.encode()
MANY = b"".join(
    f'--{EDGE}\r\nContent-Disposition: form-data; name="n{number}"\r\n\r\nx\r\n'.encode() for number in range(9)
)

# where a form breaks off, Starlette leaves it to Python to close its file before 1.6
CLOSES = Version(starlette.__version__) >= Version("1.6")
OLD_STARLETTE = pytest.mark.filterwarnings(
    "error" if CLOSES else "ignore:Exception ignored in. <function SpooledTemporaryFile.__del__"
)

BODIES = {
    "an empty body": (b"", FORM, 400, "body is empty"),
    "an empty body of no stated kind": (b"", {}, 400, "body is empty"),
    "a form without parts": (f"--{EDGE}--\r\n".encode(), FORM, 400, "no file"),
    "no form at all": (b"hello", FORM, 400, "breaks off"),
    "no form at all, with the end of one": (b"hello--", FORM, 400, "form cannot be read"),
    "no edge": (form(GOOD), {"Content-Type": "multipart/form-data"}, 400, "Missing boundary"),
    "another edge": (form(GOOD), {"Content-Type": "multipart/form-data; boundary=x"}, 400, "form cannot be read"),
    "a form that does not end": (NO_END, FORM, 400, "breaks off"),
    "a file in another field": (form(GOOD, field="image"), FORM, 400, "no file"),
    "a field in place of a file": (PLAIN_FIELD, FORM, 400, "no file"),
    "two files": (TWO, FORM, 400, "Too many files"),
    "many fields": (MANY + form(GOOD), FORM, 400, "Too many fields"),
    "an empty file": (form(b""), FORM, 400, "file is empty"),
    "a text file named .jpg": (form(b"a shopping list", "cat.jpg", kind="image/jpeg"), FORM, 415, "no picture"),
    "a truncated JPEG": (form(JPEG[: len(JPEG) // 2], "cat.jpg"), FORM, 422, "truncated"),
    "an animated GIF": (form(moving("GIF"), "cat.gif", kind="image/gif"), FORM, 422, "moves"),
    "a decompression bomb": (form(bomb(28_000)), FORM, 413, "25 million pixels"),
    "a larger one": (form(png(60_000, 60_000, bytes(60_001))), FORM, 413, "25 million pixels"),
    "100 megapixels": (form(png(10_000, 10_000)), FORM, 413, "25 million pixels"),
    "a body that is too large": (form(bytes(LIMITS.bytes)), FORM, 413, "larger than 10 MB"),
    "a file that says it is a page": (form(GOOD, kind="text/html"), FORM, 415, "says of itself"),
    "a file of bare bytes": (GOOD, {"Content-Type": "image/png"}, 415, "multipart/form-data"),
    "JSON": (b"{}", {"Content-Type": "application/json"}, 415, "multipart/form-data"),
    "a body of no stated kind": (GOOD, {}, 415, "multipart/form-data"),
    "an unknown character set": (
        form(GOOD[:9]),
        {"Content-Type": f"{FORM['Content-Type']}; charset=no"},
        415,
        "no pic",
    ),
}
NAMES = {
    "a path upwards": (b"../../etc/passwd", "path"),
    "a path from the root": (b"/etc/passwd", "path"),
    "a path upwards, written otherwise": (b"..%2F..%2Fetc%2Fpasswd", "path"),
    "a path of Windows": (rb"..\\..\\boot.ini", "path"),
    "the folder above": (b"..", "path"),
    "a zero byte": (b"cat.jpg\0.png", "control characters"),
    "a zero byte, written otherwise": (b"cat.jpg%00.png", "control characters"),
    "a bell": (b"cat\x07.png", "control characters"),
    "an escape": (b"\x1b[2Jcat.png", "control characters"),
    "a very long name": (b"a" * 300 + b".png", "255 characters"),
}


def refused(service, status, words, reply):
    """The reply has the status, the words and nothing else; and the service lives on."""
    assert reply[0] == status
    assert list(reply[1]) == ["reason"]
    assert words in reply[1]["reason"]
    assert reply[2]["content-type"] == "application/json"
    assert ask(service.url, GOOD).tags == [("200 120 40", 0.75)]
    assert health(service.url) == {"status": "ok", "requests": 0}


@pytest.mark.parametrize("bad", BODIES)
def test_a_bad_body_gets_a_reason_and_the_service_lives_on(service, bad):
    body, headers, status, words = BODIES[bad]
    refused(service, status, words, request(service.url, body, headers))


@pytest.mark.parametrize("bad", NAMES)
def test_a_name_that_reaches_for_other_files_is_refused(service, bad):
    name, words = NAMES[bad]
    refused(service, 400, words, request(service.url, form(GOOD, name)))


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "https://127.0.0.1.evil.example", "http://localhost@evil.example", "null", "file://"],
)
def test_a_page_from_elsewhere_may_not_ask(service, origin):
    """Any page may have a visitor's browser post a form to the loopback; the browser says whose page it is."""
    refused(service, 403, "page from elsewhere", request(service.url, form(GOOD), FORM | {"Origin": origin}))


@pytest.mark.parametrize("origin", ["http://localhost:8888", "http://127.0.0.1", "https://localhost"])
def test_a_page_of_this_machine_may_ask(service, origin):
    assert request(service.url, form(GOOD), FORM | {"Origin": origin})[0] == 200


HUGE = LIMITS.bytes - 1000
START = f"--{EDGE}\r\n".encode()
LABORIOUS = {
    "a long beginning": b"\r\n" * (HUGE // 2) + form(GOOD),
    "a long end": form(GOOD) + b"\r\n" * (HUGE // 2 - 200) + b"--",
    "a long header": START + b"X: " + b"a" * HUGE + b"--",
    "many headers": START + b"X: a\r\n" * (HUGE // 6) + b"--",
    "many parts": (START + b'Content-Disposition: form-data; name="a"\r\n\r\n\r\n') * (HUGE // 70) + b"--",
    "many beginnings of an edge": form(f"\r\n--{EDGE[:-1]}".encode() * (HUGE // 20)),
    "a file of line ends": form(b"\r" * HUGE),
}


@pytest.mark.timed
@pytest.mark.parametrize("laborious", LABORIOUS)
def test_no_form_of_ten_megabytes_holds_up_the_others(service, laborious):
    """The parser had such faults in the past: CVE-2026-40347, for one."""
    with bounded(2):
        status, said, _ = request(service.url, LABORIOUS[laborious])
    assert status == 200 or said["reason"]
    assert status < 500


@pytest.mark.parametrize("name", ["photo.png", "Foto vom 3. Mai.PNG", "Bild\u202f3.png", "猫.png", "...", "a", ""])
def test_a_name_that_people_give_is_taken(service, name):
    assert request(service.url, form(GOOD, name))[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/tags", 405),
        ("PUT", "/tags", 405),
        ("DELETE", "/tags", 405),
        ("POST", "/health", 405),
        ("GET", "/", 404),
        ("POST", "/tags/", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
        ("GET", "/health%00", 404),
    ],
)
def test_another_address_or_method_is_told_where_to_go(service, method, path, status):
    reply = request(service.url, form(GOOD) if method != "GET" else b"", path=path, method=method)
    refused(service, status, "POST a picture to /tags", reply)


def test_a_wrong_method_is_told_the_right_one(service):
    assert request(service.url, path="/tags", method="GET")[2]["allow"] == "POST"


@OLD_STARLETTE
def test_a_body_of_no_stated_length_is_counted(service):
    pieces = [form(b"").removesuffix(f"\r\n--{EDGE}--\r\n".encode()), *[bytes(2**16)] * (2 * LIMITS.bytes // 2**16)]
    refused(service, 413, "larger than 10 MB", request(service.url, iter(pieces)))


def start_of(length: int) -> bytes:
    head = f"POST /tags HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM['Content-Type']}\r\n"
    return (head + (f"Content-Length: {length}\r\n\r\n" if length else "Transfer-Encoding: chunked\r\n\r\n")).encode()


@pytest.mark.parametrize("length", [LIMITS.bytes + 1, 10**15])
def test_a_stated_length_that_is_too_large_is_refused_before_a_byte_of_the_body(service, length):
    with socket.create_connection(urlsplit(service.url).netloc.split(":")) as client:
        client.sendall(start_of(length))
        assert b" 413 " in client.recv(4096)
    assert ask(service.url, GOOD).status == 200


@OLD_STARLETTE
def test_the_refusal_of_a_body_without_a_length_comes_before_its_end(service):
    with socket.create_connection(urlsplit(service.url).netloc.split(":"), timeout=60) as client:
        client.sendall(start_of(0))
        head = form(b"").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        client.sendall(b"%x\r\n%s\r\n" % (len(head), head))
        for _ in range(LIMITS.bytes // 2**16 + 1):
            client.sendall(b"10000\r\n" + bytes(2**16) + b"\r\n")
        assert b" 413 " in client.recv(4096)  # we have not said that this was all
    assert ask(service.url, GOOD).status == 200


def test_who_sends_slowly_is_not_waited_for():
    with Service(mean_colour, Limits(seconds=0.2)) as hasty:
        with socket.create_connection(urlsplit(hasty.url).netloc.split(":"), timeout=60) as client:
            client.sendall(start_of(1000) + form(GOOD)[:50])
            assert b" 408 " in client.recv(4096)
        assert ask(hasty.url, GOOD).status == 200
        assert health(hasty.url)["requests"] == 0


def test_who_hangs_up_in_the_middle_leaves_nothing_behind(service, caplog):
    for _ in range(10):  # fewer than there are places: it may not have heard of all when we ask
        with socket.create_connection(urlsplit(service.url).netloc.split(":")) as client:
            client.sendall(start_of(1000) + form(GOOD)[:50])
    assert ask(service.url, GOOD).status == 200
    assert caplog.text == ""


@pytest.mark.parametrize("raw", [b"GARBAGE\r\n\r\n", b"\0" * 5000, b"GET " + b"/a" * 50_000 + b" HTTP/1.1\r\n\r\n"])
def test_what_is_no_http_ends_its_own_connection_only(service, raw):
    with socket.create_connection(urlsplit(service.url).netloc.split(":"), timeout=60) as client:
        client.sendall(raw)
        assert b" 400 " in client.recv(4096)
    assert ask(service.url, GOOD).status == 200
