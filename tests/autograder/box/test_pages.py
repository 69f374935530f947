"""Large pages of the process from which boxes fork: they are there, hold what was written, and nobody notices them."""

import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from autograder.box import bubblewrap, pages
from autograder.box.sandbox import Box

UNIT = "02_rcnn"
HELD = 64 * 2**20  # bytes
HAD = Path(pages.KNOWN, "enabled")
GIVES = HAD.exists() and "[never]" not in HAD.read_text()


def large(process: int | str = "self") -> int:
    """Bytes that lie in them."""
    text = Path(f"/proc/{process}/smaps").read_text(encoding="utf-8")
    return 1024 * sum(map(int, re.findall(r"AnonHugePages: +(\d+)", text)))


def test_gathering_changes_nothing_that_was_written():
    program = f"""
from autograder.box import pages
from tests.autograder.box.test_pages import large
held = bytearray(b"course!?" * {HELD // 8})
pages.gather()
print(held == b"course!?" * {HELD // 8}, large())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    same, bytes_in_them = done.stdout.split()
    assert same == "True"
    if GIVES:
        assert int(bytes_in_them) > HELD // 2


@pytest.mark.sandbox
@pytest.mark.skipif(not GIVES, reason="this machine's kernel gives no large pages")
def test_after_many_forks_all_that_the_warm_process_holds_lies_in_them(monkeypatch):
    warm = bubblewrap.Warm()
    monkeypatch.setattr(bubblewrap, "begin", lambda: warm)
    try:
        warm.wait()
        below = psutil.Process(warm.process.pid).children(recursive=True)
        first = max((process.pid for process in below), key=anonymous)
        begun = large(first)
        for _ in range(pages.MANY + 1):
            box = Box(UNIT)
            seen = box.request({"do": "run", "source": "import os\nprint(6 * 7, 'GLIBC_TUNABLES' in os.environ)"}, 20)
            box.close()
            assert seen["displayed"][0]["data"].strip() == "42 False"
        assert large(first) > max(begun, 0.5 * anonymous(first))
    finally:
        warm.close()


def anonymous(pid: int) -> int:
    """Bytes that a process holds beside files."""
    (found,) = re.findall(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return 1024 * int(found)
