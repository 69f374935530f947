import errno
import hashlib
import os
import stat
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from course_lib.download import atomic_write, fetch, missing
from course_lib.errors import CacheError, DataMissing

CONTENT = bytes(range(256)) * 64
SHA256 = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


@pytest.fixture
def server():
    """A server on this machine: /whole sends CONTENT, /broken half of what it announces, /other something else."""

    class Handler(BaseHTTPRequestHandler):
        requests: ClassVar = []

        def do_GET(self):
            self.requests.append(self.path)
            body = CONTENT[::-1] if self.path == "/other" else CONTENT
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if self.path == "/broken" else body)

        def log_message(self, *_):
            return None

    with HTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        httpd.url, httpd.requests = f"http://127.0.0.1:{httpd.server_port}", Handler.requests
        yield httpd
        httpd.shutdown()
        thread.join()


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_is_written_beside_and_renamed(tmp_path):
    path = tmp_path / "new" / "scene.npz"
    with atomic_write(path) as temporary:
        temporary.write_bytes(b"all of it")
        assert temporary.parent == path.parent
        assert temporary.suffix == ".npz"
        assert not path.exists()
    assert path.read_bytes() == b"all of it"
    assert files(tmp_path) == ["scene.npz"]


def test_a_kept_file_can_be_read_by_others(tmp_path):
    with atomic_write(tmp_path / "shared.npy") as temporary:
        temporary.write_bytes(b"x")
    plain = tmp_path / "plain"
    plain.write_bytes(b"x")
    assert stat.S_IMODE((tmp_path / "shared.npy").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.parametrize("error", [ValueError("wrong"), KeyboardInterrupt()])
def test_what_goes_wrong_leaves_the_old_file_and_nothing_beside(tmp_path, error):
    path = tmp_path / "scene.npz"
    path.write_bytes(b"old")

    def write():
        with atomic_write(path) as temporary:
            temporary.write_bytes(b"half of i")
            raise error

    with pytest.raises(type(error)):
        write()
    assert path.read_bytes() == b"old"
    assert files(tmp_path) == ["scene.npz"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_named_with_the_folder_and_the_space_left(tmp_path):
    def write():
        with atomic_write(tmp_path / "deep" / "scene.npz") as temporary:
            temporary.write_bytes(b"half of i")
            Path("/dev/full").write_bytes(b"the rest")

    with pytest.raises(CacheError, match="the disk is full") as error:
        write()
    assert str(tmp_path / "deep") in str(error.value)
    assert "MB free" in str(error.value)
    assert "COURSE_CACHE" in str(error.value)
    assert files(tmp_path) == []


def test_a_full_disk_is_seen_where_the_writer_does_not_give_its_number(tmp_path, monkeypatch):
    """numpy's "500000 requested and 12345 written" has no errno; safetensors raises an error of its own."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 0})())

    def write():
        with atomic_write(tmp_path / "a.npy"):
            raise OSError("500000 requested and 12345 written")

    with pytest.raises(CacheError, match=r"0 MB free"):
        write()


def test_a_file_where_a_folder_should_be_is_named(tmp_path):
    (tmp_path / "cache").write_text("I am a file")

    def write():
        with atomic_write(tmp_path / "cache" / "scene.npz"):
            pytest.fail("the block must not run")

    with pytest.raises(CacheError, match="cannot be written to") as error:
        write()
    assert str(tmp_path / "cache") in str(error.value)
    assert "File exists" in str(error.value)


def test_a_folder_without_write_permission_is_named(tmp_path, monkeypatch):
    """The refusal is put in place of the system's, since root may write everywhere."""

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    def write():
        with atomic_write(tmp_path / "scene.npz") as temporary:
            temporary.write_bytes(b"x")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(CacheError, match="cannot be written to") as error:
        write()
    assert str(tmp_path) in str(error.value)
    assert files(tmp_path) == []


def test_a_download_is_kept_and_not_asked_for_again(server, tmp_path):
    path = tmp_path / "sets" / "words.bin"
    assert fetch(f"{server.url}/whole", SHA256, path) == path
    assert path.read_bytes() == CONTENT
    fetch(f"{server.url}/whole", SHA256, path)
    assert server.requests == ["/whole"]


def test_a_download_shows_how_far_it_is(server, tmp_path, capsys):
    fetch(f"{server.url}/whole", SHA256, tmp_path / "words.bin")
    assert "100%|" in capsys.readouterr().err
    fetch(f"{server.url}/whole", SHA256, tmp_path / "words.bin")
    assert capsys.readouterr().err == ""


def test_a_damaged_file_is_fetched_again(server, tmp_path):
    path = tmp_path / "words.bin"
    path.write_bytes(CONTENT[:100])
    fetch(f"{server.url}/whole", SHA256, path)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("page", ["broken", "other"])
def test_a_broken_download_is_named_and_never_kept(server, tmp_path, settings_from, page):
    settings_from(COURSE_DATA=tmp_path / "sets")
    with pytest.raises(DataMissing) as error:
        fetch(f"{server.url}/{page}", SHA256, tmp_path / "sets" / "words.bin")
    assert f"{server.url}/{page}" in str(error.value)
    assert files(tmp_path) == []


def test_without_network_the_error_says_what_where_and_how(tmp_path, settings_from):
    settings_from(COURSE_DATA=tmp_path / "sets")
    with pytest.raises(DataMissing) as error:
        fetch("http://127.0.0.1:9/words.bin", SHA256, tmp_path / "sets" / "words.bin")
    message = str(error.value)
    assert message.startswith("words.bin is not on this machine and could not be fetched")
    assert str(tmp_path / "sets" / "words.bin") in message
    assert "http://127.0.0.1:9/words.bin" in message
    assert "COURSE_DATA" in message
    assert files(tmp_path) == []


def test_missing_names_every_place_it_looked_at(tmp_path, settings_from):
    settings_from(COURSE_DATA=tmp_path)
    error = missing("VOC", [tmp_path / "a", tmp_path / "b"], "course data voc")
    assert f"{tmp_path / 'a'} or {tmp_path / 'b'}" in str(error)
    assert "try: course data voc; or set COURSE_DATA" in str(error)
