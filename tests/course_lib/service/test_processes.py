"""The service and the process that it runs in: when that ends, so does the service."""

import re
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from course_lib.data.photos import photo_file
from course_lib.service import ask


def is_free(url):
    with socket.socket() as other:
        return other.connect_ex(("127.0.0.1", urlsplit(url).port)) != 0


LEFT = """
from course_lib.service import ask, serving
from tests.course_lib.service.conftest import mean_colour
service = serving(mean_colour)
print(service.url, flush=True)
{last}
"""


@pytest.mark.parametrize(
    ("last", "status"),
    [("", 0), ("raise KeyError", 1), ("import os; os.kill(os.getpid(), 9)", -9)],
)
def test_the_end_of_the_process_is_its_end(last, status, root):
    done = subprocess.run(
        [sys.executable, "-c", LEFT.format(last=last)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert is_free(done.stdout.strip())
    assert "KeyError" in done.stderr if status == 1 else done.stderr == ""


def test_the_command_serves_until_ctrl_c(root):
    words = [sys.executable, "-c", "from course_lib.cli import app; app()", "serve", "--port", "0", "--sure", "0.9"]
    with subprocess.Popen(words, cwd=root, stderr=subprocess.PIPE, text=True) as server:
        url = next(found[0] for line in server.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
        assert str(ask(url, photo_file("coffee"))) == "espresso 0.94"
        assert str(ask(url, photo_file("chelsea"))) == "No tag is sure enough."
        server.send_signal(signal.SIGINT)
        rest = server.stderr.read()
        assert server.wait(60) == 0
    assert "Traceback" not in rest
    assert is_free(url)
