"""Connections on which nobody asks: they are few, they end, and they hold up none who asks."""

import contextlib
import socket
import time
from urllib.parse import urlsplit

import psutil
import pytest

from course_lib.service import LIMITS, Limits, Service, ask, health
from tests.course_lib.service.conftest import mean_colour
from tests.helpers.sockets import connections
from tests.helpers.uploads import FORM, form
from tests.helpers.waiting import eventually

IDLE = 100
HALF = b"GET /hea"
TO_TAGS = f"POST /tags HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {FORM['Content-Type']}\r\n".encode()
HEALTH = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def connected(service, sent):
    client = socket.create_connection(urlsplit(service.url).netloc.split(":"), timeout=60)
    client.sendall(sent)
    return client


def held(service):
    """How many connections this process holds as the server."""
    port = urlsplit(service.url).port
    found = connections(psutil.Process(), "tcp")
    return sum(one.laddr.port == port and one.status in ("ESTABLISHED", "CLOSE_WAIT") for one in found)


def read_to_the_end(client):
    """What the other side says before it ends the connection; TimeoutError where it does not."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(4096):
            said += piece
    return said


@pytest.mark.parametrize("sent", [b"", HALF], ids=["nothing", "half a request line"])
def test_many_idle_connections_hold_up_nobody(service, picture, sent, capfd, caplog):
    with contextlib.ExitStack() as clients:
        for _ in range(IDLE):
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):  # it may be turned away while it speaks
                clients.enter_context(connected(service, sent))
        assert ask(service.url, picture).tags == [("200 120 40", 0.75)]
        assert eventually(lambda: held(service) <= LIMITS.connections, bool, 60)
        assert held(service) > LIMITS.connections // 2
        assert health(service.url) == {"status": "ok", "requests": 0}
    assert eventually(lambda: held(service) == 0, bool, 60)
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


def test_the_descriptors_stay_few_while_a_crowd_connects(service, capfd):
    if not hasattr(psutil.Process, "num_fds"):
        pytest.skip("no descriptors are counted here")
    clients, most, before = [], 0, psutil.Process().num_fds()
    try:
        for number in range(600):
            client = socket.socket()
            client.setblocking(False)
            clients.append(client)
            client.connect_ex(("127.0.0.1", urlsplit(service.url).port))
            most = max(most, psutil.Process().num_fds() - before - number - 1)
        time.sleep(0.2)
        most = max(most, psutil.Process().num_fds() - before - len(clients))
    finally:
        for client in clients:
            client.close()
    assert most <= LIMITS.connections + 4 * LIMITS.requests
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        HALF,
        HEALTH,
        HEALTH + b"\r\n" + HALF,
        HEALTH + b"Content-Length: 99\r\n\r\n",
        TO_TAGS + b"Content-Length: 99\r\n\r\n--",
    ],
    ids=["nothing", "half a line", "half a head", "half a second head", "no body", "half a body"],
)
def test_who_does_not_go_on_is_closed(sent, caplog):
    with Service(mean_colour, Limits(seconds=0.3)) as hasty:
        began = time.monotonic()
        with connected(hasty, sent) as client:
            read_to_the_end(client)
        assert time.monotonic() - began < 4  # uvicorn itself waits 5 s, and for half a line for ever
        assert health(hasty.url)["requests"] == 0
    assert caplog.text == ""


def test_who_sends_a_byte_now_and_then_is_closed_too():
    def trickle(client):
        for _ in range(600):
            client.sendall(b"a")
            time.sleep(0.05)

    with Service(mean_colour, Limits(seconds=0.3)) as hasty, connected(hasty, HALF) as client:
        began = time.monotonic()
        with pytest.raises(OSError, match="reset|Broken pipe|aborted"):
            trickle(client)
        assert time.monotonic() - began < 10


def slow(image):
    time.sleep(1)
    return [("slow", 0.5)]


def test_a_request_under_way_has_its_own_time(picture):
    """Its head comes late, but in time; the time for heads is over while it is worked on."""
    body = form(picture)
    with Service(slow, Limits(seconds=1.5)) as service, connected(service, TO_TAGS) as client:
        time.sleep(0.8)
        client.sendall(b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        assert b'"slow"' in read_to_the_end(client)


def test_where_all_are_taken_the_idle_one_gives_way_and_never_a_request(picture):
    with Service(slow, Limits(connections=1)) as service, connected(service, HALF) as first:
        body = form(picture)
        head = TO_TAGS + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        with connected(service, head + body) as asker:
            assert read_to_the_end(first) == b""
            with connected(service, HALF) as later:
                assert read_to_the_end(later) == b""
            assert b'"slow"' in read_to_the_end(asker)
