"""What runs in a Jupyter kernel runs in the exam: what cells import, ask of their streams, start, and look up."""

import pytest

from autograder.box import shell
from autograder.box.sandbox import Box

pytestmark = [pytest.mark.sandbox, pytest.mark.long]
STREAMS = """
import sys
for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
    assert (stream.fileno(), stream.encoding, stream.isatty(), stream.writable()) == (number, "UTF-8", False, True)
    assert not stream.closed and stream.errors and stream.name and stream.flush() is None
    stream.buffer.write("ä".encode())
    stream.close()
    print("still open", file=stream)
"""
TEE = """
import io, sys
class Tee(io.StringIO):
    def write(self, text):
        before.write(text)
        return super().write(text)
before, sys.stdout = sys.stdout, Tee()
"""
TORN = """
import os, sys
saved = os.dup(sys.stdout.fileno())
os.dup2(os.open("log.txt", os.O_WRONLY | os.O_CREAT), sys.stdout.fileno())
os.system("echo logged")
os.dup2(saved, sys.stdout.fileno())
assert open("log.txt").read() == "logged\\n"
"""
ARGUMENTS = """
import argparse, sys
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, default=0.1)
assert parser.parse_known_args()[0].rate == 0.1 and __name__ == "__main__"
assert sys.argv[1] == "-f" and _dh[0].samefile(".")
"""
PSUTIL = """
import os, psutil
me = psutil.Process()
assert (me.pid, me.parent(), me.num_threads() > 0, me.memory_info().rss > 2**20) == (os.getpid(), None, True, True)
assert psutil.virtual_memory().total > 2**30 and psutil.cpu_count() and psutil.cpu_percent() >= 0
assert psutil.pids() == [os.getpid()] and me.username() == "student" and os.getloadavg()
"""
LOOKUPS = """
import getpass, os, pathlib, pwd, socket, tempfile
pathlib.Path("mine").touch()
names = {pwd.getpwuid(os.getuid()).pw_name, getpass.getuser(), pathlib.Path("mine").owner()}
assert names == {"student"} and socket.gethostbyname(socket.gethostname()) == "127.0.0.1"
os.makedirs("../../data")
pathlib.Path("~/notes").expanduser().touch()
os.sched_setaffinity(0, os.sched_getaffinity(0))
"""
COMPILED = """
import torch
@torch.compile(dynamic=True)
def double(x):
    return 2 * x
net = torch.nn.Linear(2, 2)
fast = torch.compile(net)
assert double(torch.ones(1)) == 2 and torch.equal(fast(torch.ones(1, 2)), net(torch.ones(1, 2)))
assert list(fast.state_dict()) == ["_orig_mod.weight", "_orig_mod.bias"] and fast.in_features == 2
fast.eval()
net.compile()
assert not net.training
"""
HABITS = {
    "a module that a cell wrote": ("%%writefile own.py\ndef two():\n    return 2", "import own\nassert own.two() == 2"),
    "one that is named like the grader's": ("%%writefile inside.py\ntwo = 2", "import inside\nassert inside.two == 2"),
    "a package": ("import os\nos.mkdir('kit')\nopen('kit/__init__.py', 'w').write('x = 1')", "from kit import x"),
    "one that changes": (
        "%load_ext autoreload\n%autoreload 2\nopen('own.py', 'w').write('x = 1')",
        "import own\nassert own.x == 1",
        "import time\ntime.sleep(0.1)\nopen('own.py', 'w').write('x = 2 + 0')",
        "assert own.x == 2",
    ),
    "a module run by name": ("%%writefile own.py\nprint('ran')", "%run -m own"),
    "streams": (STREAMS,),
    "faulthandler": ("import faulthandler\nfaulthandler.enable()",),
    "streams of other programs": (
        "import subprocess, sys\nsubprocess.run(['echo', 'a'], stdout=sys.stdout, stderr=sys.stderr, check=True)",
    ),
    "a descriptor torn away": (TORN,),
    "a logger that keeps its stream": ("import logging\nlogging.basicConfig(level=20)", "logging.info('two')"),
    "a stream of one's own for several cells": (TEE, "print('1')", "assert sys.stdout.getvalue() == '1\\n'"),
    "bytes to a stream of text": (
        "import sys\ntry:\n    sys.stdout.write(b'1')\nexcept TypeError:\n    refused = 1",
        "refused",
    ),
    "a device that is a stream": ("open('/dev/stdout', 'w').write('a')\nopen('/dev/stderr', 'w').write('b')",),
    "arguments": (ARGUMENTS,),
    "joblib": (
        "from joblib import Parallel, delayed\ndef twice(x):\n    return 2 * x",
        "assert Parallel(n_jobs=2)(delayed(twice)(i) for i in range(4)) == [0, 2, 4, 6]",
    ),
    "a spawned pool": (
        "%%writefile work.py\ndef more(x):\n    return x + 1",
        "import work, multiprocessing\nwith multiprocessing.get_context('spawn').Pool(2) as pool:\n"
        "    assert pool.map(work.more, [1, 2]) == [2, 3]",
    ),
    "tensors shared through a file": (
        "import torch\ntorch.multiprocessing.set_sharing_strategy('file_system')\ntorch.ones(2).share_memory_()",
    ),
    "psutil": (PSUTIL,),
    "ps, free and df": ("!ps aux && free -h && df -h && whoami", "assert _exit_code == 0"),
    "users, hosts, folders and cores": (LOOKUPS,),
    "a terminal": ("import pexpect\nassert b'a' in pexpect.run('echo a')",),
    "a task for later": (
        "import asyncio\nasync def one():\n    return 1\ntask = asyncio.create_task(one())",
        "assert (await task) == 1",
    ),
    "outputs by number": ("40 + 2", "assert Out[max(Out)] == 42 and _ == 42 and len(In) >= 2"),
    "a kept variable": ("kept = 3\n%store kept", "%autosave 60\n%store -r"),
    "exit in a cell": ("exit", "quit()"),
    "the compiler": (COMPILED,),
}


@pytest.mark.parametrize("cells", HABITS.values(), ids=HABITS.keys())
@pytest.mark.parametrize("kind", ["bubblewrap"])
def test_a_cell_runs_as_at_home(cells, kind):
    box = Box("02_rcnn", kind)
    try:
        for source in cells:
            reply = box.request({"do": "run", "source": source}, 60)
            assert reply["error"] == "", reply["displayed"]
    finally:
        box.close()


def test_a_library_stays_the_library():
    box = Box("02_rcnn")
    try:
        for name in ("torch", "numpy", "random", "tqdm", "course_lib"):
            box.request({"do": "run", "source": f"%%writefile {name}.py\nmine = True"}, 20)
        looks = "import torch, numpy, random, tqdm, course_lib, subprocess, sys\nassert not hasattr(tqdm, 'mine')"
        looks += "\nimport importlib\nassert not hasattr(importlib.reload(random), 'mine') and torch.ones(1) == 1"
        assert box.request({"do": "run", "source": looks}, 20)["error"] == ""
    finally:
        box.close()


def test_what_floods_the_descriptors_reaches_nobody():
    flood = """
import os, sys
for _ in range(100):
    os.write(sys.stdout.fileno(), b"x" * 2**20)
    sys.stdout.buffer.write(b"y" * 2**20)
    sys.__stdout__.write("z" * 2**20)
"""
    box = Box("02_rcnn")
    try:
        assert len(box.request({"do": "run", "source": flood}, 30)["displayed"][0]["data"]) == shell.MAX_TEXT
        assert box.request({"do": "run", "source": "print('on')"}, 30)["displayed"][0]["data"] == "on\n"
    finally:
        box.close()
