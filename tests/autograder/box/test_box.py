"""What the sandbox promises of what code sees, reaches and leaves, each promise by trying to break it.

As root; test_box_plain_user.py runs all test_box*.py once more as a plain user.
"""

import os
import socket
from pathlib import Path

import psutil
import pytest

from autograder.box import bubblewrap, limits
from autograder.box.sandbox import Box
from autograder.errors import BoxError
from tests.helpers.boxes import run

pytestmark = [pytest.mark.sandbox, pytest.mark.long, pytest.mark.usefixtures("warm")]


def test_the_machines_own_ports_and_other_sockets_are_out_of_reach():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        tries = f"""
import socket
reached = []
for family, kind, address in ((2, 1, ("127.0.0.1", {port})), (2, 2, ("8.8.8.8", 53)), (40, 1, (2, 1024)),
                              (16, 3, (0, 0)), (17, 3, ("lo", 3)), (1, 1, "/run/dbus/system_bus_socket")):
    try:
        channel = socket.socket(family, kind)
        channel.settimeout(2)
        channel.connect(address)
        reached.append(family)
    except OSError:
        pass
print(reached)
"""
        assert run(tries) == "[]"


def test_nothing_of_the_grader_is_seen(tmp_path, root, monkeypatch):
    monkeypatch.setenv("GRADERS_SECRET", "canary")
    canary = tmp_path / "gradebook.db"
    canary.write_text("canary")
    places = [canary, tmp_path, root / "solutions", root / "autograder", root / "tests", Path("/etc/shadow"), "/home"]
    assert run(f"import os\nprint([p for p in {list(map(str, places))} if os.path.exists(p)])") == "[]"
    assert run("import os\nprint('canary' in str(os.environ))") == "False"
    there = "calls.py inside.py limits.py pages.py shell.py startup.py walls.py warm.py"
    assert run("import os\nprint(*sorted(os.listdir('/grader')))") in (there, there.replace("shell", "proc shell"))
    with pytest.raises(AssertionError, match="No module named 'autograder'"):
        run("import autograder")


@pytest.mark.parametrize("covering", [True, False])
def test_where_the_grader_lies_among_the_packages_an_empty_folder_covers_all_of_it(root, monkeypatch, covering):
    """A module of its own covers nothing but its folder: the control, without a cover, reads the misconceptions."""
    packages = bubblewrap._python()
    monkeypatch.setattr(bubblewrap, "_python", lambda: [*packages, str(root)])
    if not covering:
        monkeypatch.setattr(bubblewrap, "_hidden", list)
    there = bubblewrap.Warm()
    monkeypatch.setattr(bubblewrap, "begin", lambda: there)
    try:
        found = run(f"from pathlib import Path\nprint(len(list(Path({str(root / 'autograder')!r}).rglob('*.py'))))")
        misconceptions = run(f"print(open({str(root / 'autograder/misconceptions/__init__.py')!r}).read())")
    except AssertionError as error:
        misconceptions = str(error)
    finally:
        there.close()
    assert (found == "0") == covering
    assert ("No such file" in misconceptions) == covering


def test_only_three_private_folders_can_be_written_to():
    writable = run("import os\nprint(*(folder for folder, _, _ in os.walk('/') if os.access(folder, os.W_OK)))")
    rooms = tuple(f"{room}/" for room in limits.ROOMS)
    assert {folder for folder in writable.split() if not folder.startswith(rooms)} == set(limits.ROOMS)
    tries = """
import torch
from course_lib.checks import run
for place in (run.__file__, torch.__file__, "/dev/left"):
    try:
        open(place, "a")
    except OSError:
        print("refused")
"""
    assert run(tries).split() == ["refused"] * 3


def test_code_has_no_rights():
    state = run(
        "import ctypes, os, resource\nlibc = ctypes.CDLL(None)\n"
        "print(os.getuid() != 0, os.getpid(), libc.prctl(39, 0, 0, 0, 0), libc.prctl(21), libc.unshare(0x10000000),"
        " libc.prctl(23, 21), libc.ptrace(16, 2), libc.mount(b'none', b'/tmp', b'tmpfs', 0, None))"
    )
    assert state == "True 1 1 2 -1 0 -1 -1"  # no new privileges, a filter, no namespaces, no capabilities, no mounts


def test_no_descriptor_leads_anywhere_but_to_the_channel():
    look = """
import os, stat
for number in range(1024):
    try:
        state = os.fstat(number)
        print("channel" if stat.S_ISSOCK(state.st_mode) else f"device {state.st_rdev}")
    except OSError:
        pass
"""
    held = run(look).splitlines()
    assert held.count("channel") == 1
    assert set(held) == {"channel", f"device {os.makedev(1, 3)}"}  # /dev/null


@pytest.mark.parametrize("target", ["0", "-1", "os.getppid()", "-os.getpgid(0)"])
def test_signals_reach_nobody_else(target, warm):
    run(f"import os\ntry:\n    os.kill({target}, 9)\nexcept OSError:\n    pass")
    assert (run("print(1)"), psutil.pid_exists(warm)) == ("1", True)


def test_priorities_of_the_warm_process_stay(warm):
    run("import os\nfor kind in (os.PRIO_PROCESS, os.PRIO_PGRP, os.PRIO_USER):\n    os.setpriority(kind, 0, 19)")
    assert int(run("import os\nprint(os.getpriority(os.PRIO_PROCESS, 0))")) == limits.NICE.most
    assert psutil.Process(warm).nice() == 0


def test_code_stays_on_the_cores_of_the_thread_that_asked():
    cores = os.sched_getaffinity(0)
    look = "import os\nprint(os.sched_getaffinity(0))"
    try:
        os.sched_setaffinity(0, {max(cores)})
        assert run(look) == str({max(cores)})
    finally:
        os.sched_setaffinity(0, cores)
    assert run(look) == str(cores)
    cores = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {max(cores)})
        assert run("import os\nos.sched_setaffinity(0, range(64))\nprint(os.sched_getaffinity(0))") == str({max(cores)})
    finally:
        os.sched_setaffinity(0, cores)


def test_a_sandbox_that_does_not_start_says_so_and_is_begun_anew(monkeypatch):
    before = bubblewrap.begin()
    monkeypatch.setattr(bubblewrap, "_warm", None)
    monkeypatch.setattr(bubblewrap, "command", lambda *given: ["sh", "-c", "echo no namespaces here >&2"])
    for _ in range(2):
        with pytest.raises(BoxError, match="no namespaces here"):
            Box("02_rcnn")
    bubblewrap.end()
    assert before.lives()


def test_nothing_is_left_for_the_next_one():
    leave = """
import ctypes, os, socket, sys, torch
libc = ctypes.CDLL(None)
for folder in ("/exam", "/tmp", "/dev/shm", "/", "/dev", "/dev/pts", "/var", "/run"):
    try:
        open(f"{folder}/left.py", "w").write("left")
    except OSError:
        pass
torch.allclose = lambda *values, **more: True
os.environ["LEFT"], sys.modules["left"] = "left", sys
for ring in (-2, -3, -4, -5):
    libc.syscall(248, b"user", b"left", b"left", 4, ring)
channel = socket.socket(socket.AF_UNIX)
channel.bind("\\0left")
channel.listen()
torch.manual_seed(4711)
"""
    find = """
import ctypes, os, socket, sys, torch
found = [f for f, _, names in os.walk("/") for name in names if name == "left.py"]
found += [ring for ring in (-2, -3, -4, -5) if ctypes.CDLL(None).syscall(250, 10, ring, b"user", b"left", 0) > 0]
found += ["LEFT"] * ("LEFT" in os.environ) + ["left"] * ("left" in sys.modules)
found += ["torch"] * bool(torch.allclose(torch.ones(1), torch.zeros(1)))
try:
    socket.socket(socket.AF_UNIX).connect("\\0left")
    found.append("socket")
except OSError:
    pass
print(found)
"""
    run(leave)
    assert run(find) == "[]"


def test_children_die_with_their_box():
    token = f"outlives-{os.getpid()}"
    daemon = (
        f"import os, subprocess, sys\nos.fork() == 0 and (os.setsid(), os.fork() == 0) and os.execv(sys.executable,"
        f" [sys.executable, '-c', 'import time; time.sleep(60)', {token!r}])\n"
        f"subprocess.Popen(['nohup', sys.executable, '-c', 'import time; time.sleep(60)', {token!r}])"
    )
    run(daemon + "\nimport time\ntime.sleep(0.5)")
    assert not [p for p in psutil.process_iter(["cmdline"]) if token in (p.info["cmdline"] or [])]
