"""Started and stopped from a notebook: nothing stays behind, whatever ends it."""

import socket
import threading
import time
from urllib.parse import urlsplit

import psutil
import pytest

from course_lib.errors import ServiceError
from course_lib.service import Limits, Service, ask, health, serving
from tests.course_lib.service.conftest import mean_colour
from tests.helpers.pictures import noise, saved
from tests.helpers.sockets import connections


def port_of(service):
    return urlsplit(service.url).port


def is_free(port):
    with socket.socket() as other:
        return other.connect_ex(("127.0.0.1", port)) != 0


def what_there_is():
    """Threads, child processes and open sockets of this process."""
    process = psutil.Process()
    sockets = {connection.laddr for connection in connections(process) if connection.status == "LISTEN"}
    return {thread.ident for thread in threading.enumerate()}, {child.pid for child in process.children()}, sockets


def test_it_listens_on_the_loopback_alone_and_leaves_nothing_behind(picture):
    before = what_there_is()
    with serving(mean_colour) as service:
        assert health(service.url) == {"status": "ok", "requests": 0}
        assert ask(service.url, picture).tags == [("200 120 40", 0.75)]
        [listening] = what_there_is()[2] - before[2]
        assert listening.ip == "127.0.0.1"
        assert listening.port == port_of(service)
        assert service.running
    assert not service.running
    assert is_free(listening.port)
    assert what_there_is() == before


@pytest.mark.parametrize("given", [str, bytes, lambda path: path], ids=["text", "bytes", "path"])
def test_a_picture_is_given_as_a_path_or_as_its_bytes(tmp_path, picture, given):
    path = tmp_path / "red bus.png"
    path.write_bytes(picture)
    with serving(mean_colour) as service:
        assert ask(service.url, picture if given is bytes else given(path)) == (200, [("200 120 40", 0.75)], "")
        assert ask(service.url, path, name="../bus.png").status == 400
    with pytest.raises(FileNotFoundError):
        ask(service.url, tmp_path / "blue bus.png")


def test_the_port_can_be_had_again_at_once(picture):
    with serving(mean_colour) as service:
        ask(service.url, picture)
    with socket.create_server(("127.0.0.1", port_of(service))):
        assert not is_free(port_of(service))


def test_a_large_upload_leaves_nothing_behind_either():
    """Above a megabyte it lies in a file meanwhile, which other threads write."""
    before = what_there_is()
    files = psutil.Process().num_fds() if hasattr(psutil.Process, "num_fds") else 0
    data = saved(noise(1500), "BMP")
    assert len(data) > 2 * 2**20
    with serving(mean_colour) as service:
        for _ in range(3):
            assert ask(service.url, data).status == 200
    deadline = time.monotonic() + 60
    while what_there_is() != before and time.monotonic() < deadline:
        time.sleep(0.01)  # those threads have been told to end
    assert what_there_is() == before
    assert not files or psutil.Process().num_fds() <= files


def test_a_second_start_replaces_the_first(picture):
    before = what_there_is()
    for _ in range(3):
        service = serving(mean_colour)  # a cell that is run again
    ports = {port.port for port in what_there_is()[2] - before[2]}
    assert ports == {port_of(service)}
    assert ask(service.url, picture).status == 200
    service.stop()
    service.stop()
    assert what_there_is() == before


def test_an_error_in_the_block_stops_it():
    def block():
        with serving(mean_colour) as service:
            port.append(port_of(service))
            raise KeyError

    port: list[int] = []
    with pytest.raises(KeyError):
        block()
    assert is_free(port[0])


def test_what_is_under_way_when_it_stops_is_finished(picture):
    begun, gate = threading.Event(), threading.Event()

    def slow(image):
        begun.set()
        gate.wait(60)
        return [("cat", 0.5)]

    service, found = serving(slow), []
    asking = threading.Thread(target=lambda: found.append(ask(service.url, picture)))
    asking.start()
    begun.wait(60)
    stopping = threading.Thread(target=service.stop)
    stopping.start()
    gate.set()
    stopping.join()
    asking.join()
    assert found[0].tags == [("cat", 0.5)]
    assert not service.running


def test_a_function_that_hangs_holds_up_nobody_for_ever(picture, caplog):
    gate = threading.Event()

    def hanging(image):
        gate.wait()
        return []

    with serving(hanging, Limits(seconds=0.1, requests=2)) as service:
        assert [ask(service.url, picture).status for _ in range(4)] == [504, 504, 503, 503]
        assert health(service.url) == {"status": "ok", "requests": 2}
    assert is_free(port_of(service))
    assert "has not come to its end" in caplog.text
    gate.set()


def test_full_is_said_with_a_time_to_come_again(picture):
    import httpx

    begun, gate = threading.Event(), threading.Event()

    def slow(image):
        begun.set()
        gate.wait(60)
        return []

    with serving(slow, Limits(requests=1)) as service:
        asking = threading.Thread(target=ask, args=(service.url, picture))
        asking.start()
        begun.wait(60)
        reply = httpx.post(f"{service.url}/tags", files={"file": ("a.png", picture)}, trust_env=False)
        gate.set()
        asking.join()
    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "1"
    assert "ask again" in reply.json()["reason"]


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch, picture):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(mean_colour) as service:
        assert ask(service.url, picture).status == 200


def test_who_asks_where_nobody_answers_hears_how_to_start(picture):
    with serving(mean_colour) as service:
        url = service.url
    with pytest.raises(ServiceError, match=r"No service answers(.|\n)*serving\(tag\)"):
        ask(url, picture)
    with pytest.raises(ServiceError, match="No service answers"):
        health("nonsense")


def test_another_server_at_the_address_is_told_apart(picture):
    import http.server

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as other:
        other.RequestHandlerClass.log_message = lambda *_: None
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        try:
            with pytest.raises(ServiceError, match="Something else answers"):
                ask(f"http://127.0.0.1:{other.server_port}", picture)
        finally:
            other.shutdown()
            thread.join()


def test_where_no_socket_may_listen_it_says_so(monkeypatch):
    """As in the exam's box, which has Unix sockets alone."""

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket, "create_server", refuse)
    before = what_there_is()
    with pytest.raises(ServiceError, match=r"cannot listen(.|\n)*Operation not permitted"):
        serving(mean_colour)
    assert what_there_is() == before


def test_an_application_that_does_not_start_is_no_wait_for_ever(monkeypatch):
    from course_lib.service.worker import Worker

    def broken(worker):
        raise RuntimeError("no thread to be had")

    monkeypatch.setattr(Worker, "start", broken)
    before = what_there_is()
    with pytest.raises(ServiceError, match="No service answers"):
        Service(mean_colour)
    assert what_there_is() == before
