"""Code that takes all that it gets: time, memory in its hiding places, processes, disk, output."""

import time

import pytest

from autograder.box import limits
from tests.helpers.boxes import gone, run

pytestmark = [pytest.mark.sandbox, pytest.mark.long, pytest.mark.usefixtures("warm")]


def test_a_loop_that_hears_nothing_is_stopped_in_time():
    started = time.monotonic()
    deaf = "import signal\nfor n in (1, 2, 14, 15):\n    signal.signal(n, signal.SIG_IGN)\nwhile True:\n    pass"
    assert gone(deaf, seconds=2).status == "timeout"
    assert time.monotonic() - started < 60


def test_a_process_that_answers_byte_by_byte_is_stopped_in_time():
    drip = """
import os, time
while True:
    for number in range(3, 64):
        try:
            os.write(number, bytes(1))
        except OSError:
            pass
    time.sleep(0.3)
"""
    assert gone(drip, seconds=1).status == "timeout"


def test_a_tensor_larger_than_the_limit_is_an_error_of_its_cell():
    with pytest.raises(AssertionError, match="memory"):
        run(f"import torch\ntorch.ones({2 * limits.MEMORY.most}, dtype=torch.uint8)")


def test_memory_of_many_processes_is_counted_and_not_on_the_next_one(small):
    hog = """
import os, time
for _ in range(9):
    if os.fork() == 0:
        hoard = bytearray(2**30)
        hoard[::4096] = b"1" * 2**18
        time.sleep(60)
time.sleep(60)
"""
    assert "memory" in str(gone(hog))
    assert run("import time\ntime.sleep(0.6)\nprint(1)") == "1"


@pytest.mark.parametrize(
    "hoard",
    [
        "import mmap; mmap.mmap(-1, 2**20)",
        "import mmap, os; mmap.mmap(os.open('/dev/zero', os.O_RDWR), 2**20)",
        "import os; os.memfd_create('a')",
        "import ctypes; assert ctypes.CDLL(None).shmget(0, 4096, 0o1600) == 0, 'OSError'",
        "import ctypes; assert ctypes.CDLL(None).semget(0, 32000, 0o600) == 0, 'OSError'",
        "import ctypes; assert ctypes.CDLL(None).msgget(0, 0o600) == 0, 'OSError'",
    ],
    ids=["anonymous", "/dev/zero", "memfd", "segments", "semaphores", "queues"],
)
def test_memory_that_no_process_shows_is_not_to_be_had(hoard):
    with pytest.raises(AssertionError, match="Error"):
        run(hoard)


def test_processes_are_counted():
    many = """
import os
try:
    for number in range(2000):
        os.posix_spawn("/bin/sleep", ["sleep", "20"], {})
except OSError:
    print(number)
"""
    assert int(run(many)) < limits.PROCESSES.most


@pytest.mark.parametrize("room", limits.ROOMS)
def test_a_folder_takes_so_much_and_no_more(room):
    fill = f"""
written = 0
try:
    for number in range(3):
        with open(f"{room}/{{number}}", "wb", 0) as file:
            for _ in range(200):
                written += file.write(b"1" * 2**20)
except OSError:
    print(written)
"""
    assert 0.9 * limits.ROOM.most < int(run(fill)) <= limits.ROOM.most


def test_output_is_cut():
    flood = "import os\nfor _ in range(200):\n    print('x' * 2**20)\n    os.write(1, b'y' * 2**20)"
    assert 0 < len(run(flood)) <= 20_000
