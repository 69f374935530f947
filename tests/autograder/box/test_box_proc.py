"""What a box shows of processes: its own, and nothing of another submission or of the machine."""

import pytest

from autograder.box.sandbox import Box
from tests.helpers.boxes import run

pytestmark = [pytest.mark.sandbox, pytest.mark.long, pytest.mark.usefixtures("warm")]
NEIGHBOUR = """
import os, socket, subprocess, sys
os.environ["ANSWER"] = "canary"
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "canary"])
meeting = socket.socket(socket.AF_UNIX)
meeting.bind("\\0canary")
meeting.listen()
"""
SEARCH = """
import os
found = []
for folder, _, names in os.walk("/proc"):
    for name in set(names) & {"cmdline", "environ", "comm", "maps", "unix", "locks"}:
        try:
            with open(f"{folder}/{name}", "rb") as file:
                found += [folder] * (b"canary" in file.read(10**6))
        except OSError:
            pass
print(found, [name for name in os.listdir("/proc") if name.isdigit()])
"""


@pytest.fixture
def neighbour():
    """Another submission, which runs at the same time."""
    box = Box("02_rcnn")
    assert box.request({"do": "run", "source": NEIGHBOUR}, 30)["error"] == ""
    yield
    box.close()


def test_only_the_boxs_own_processes_are_seen(neighbour):
    assert run(SEARCH) == "[] ['1']"


def test_neighbours_do_not_meet_at_a_socket_without_a_file(neighbour):
    tries = """
import socket
try:
    socket.socket(socket.AF_UNIX).connect("\\0canary")
    print("met")
except OSError as error:
    print(type(error).__name__)
"""
    assert run(tries) == "ConnectionRefusedError"


def test_of_the_machine_only_what_libraries_read_is_seen():
    look = """
import os
empty = [name for name in ("sys", "bus", "irq", "fs") if os.path.isdir(f"/proc/{name}") and os.listdir(f"/proc/{name}")]
said = [name for name in ("kallsyms", "keys", "modules", "interrupts", "timer_list", "cmdline", "config.gz")
        if os.path.exists(f"/proc/{name}") and open(f"/proc/{name}", "rb").read(1)]
print(empty, said, os.path.exists("/grader/proc") and os.listdir("/grader/proc"))
"""
    assert run(look) in ("[] [] []", "[] [] False")


def test_nothing_in_it_can_be_written():
    tries = """
import ctypes, os
for name in ("self/oom_score_adj", "self/comm", "self/mem", "sys/kernel/hostname", "sysrq-trigger", "1/environ"):
    try:
        with open(f"/proc/{name}", "wb") as file:
            print("opened", name)
    except OSError:
        pass
libc = ctypes.CDLL(None)
print(libc.umount2(b"/proc/sys", 2), libc.umount2(b"/grader/proc", 2), libc.umount2(b"/proc", 2))
"""
    assert run(tries) == "-1 -1 -1"


def test_the_machines_terminals_are_not_seen():
    assert run("import os\nprint(os.listdir('/dev/pts'))") == "['ptmx']"
    assert run("import os\na, b = os.openpty()\nprint(os.ttyname(b))") == "/dev/pts/0"


def test_files_name_one_user_only():
    assert run("print(len(open('/etc/passwd').readlines()), len(open('/etc/group').readlines()))") == "1 1"
