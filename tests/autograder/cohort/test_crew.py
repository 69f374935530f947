"""The workers: one that dies is replaced, a submission that kills three of them is given up, a scheduler may vanish."""

import os
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver
from pathlib import Path

import psutil
import pytest

from autograder.cohort import crew, local, worker
from autograder.cohort.tasks import Task
from autograder.errors import GradingError
from tests.helpers import examiners
from tests.helpers.servers import dask_cluster
from tests.helpers.sockets import connections

pytestmark = pytest.mark.long


def tasks(*students):
    return [Task(student, {"student": student}, "", "") for student in students]


@pytest.fixture(scope="module")
def server():
    """The process from which workers fork."""
    local.begin(sandbox=False)
    yield
    local.end()


@pytest.fixture
def two(server):
    """Two workers on this machine."""
    with crew.hired(2, "") as workers:
        yield workers


def test_a_submission_that_kills_its_workers_is_given_up_and_the_others_are_done(two, monkeypatch):
    monkeypatch.setattr(worker, "examine", examiners.deadly)
    replies = dict(crew.examined(two, tasks("a", "bad", "b", "c", "d")))
    assert "ended 3 times" in replies.pop("bad")["killed"]
    assert replies == {student: {"result": student} for student in "abcd"}


def test_an_error_of_the_grader_itself_is_that_submission_s(two, monkeypatch):
    monkeypatch.setattr(worker, "examine", examiners.stumbling)
    replies = dict(crew.examined(two, tasks("a", "bad")))
    assert replies == {"a": {"result": "1.0"}, "bad": {"failed": "ZeroDivisionError: division by zero"}}


def test_large_weights_travel_and_one_that_kills_does_not_block_the_way(two, monkeypatch):
    monkeypatch.setattr(worker, "examine", examiners.weighing)
    heavy = [Task(name, {"student": name, "weights": bytes(40 * 2**20)}, "", "") for name in ("a", "bad", "b")]
    replies = dict(crew.examined(two, heavy))
    assert "killed" in replies.pop("bad")
    assert replies == dict.fromkeys("ab", {"result": str(40 * 2**20)})


class OneHand:
    """A crew of one, who works on a task until the next one has been asked for, and tells whether that was so."""

    def __init__(self, asked):
        self._asked, self._worker = asked, ThreadPoolExecutor(1)

    def hands(self):
        return 1

    def submit(self, task):
        return self._worker.submit(self._asked[task.student].wait, 20)

    def reply(self, task, future):
        return {"result": str(future.result())}


def test_the_next_task_is_made_while_all_hands_are_busy():
    asked = {student: threading.Event() for student in "abc"}

    def making():
        for task in tasks(*asked):
            yield task
            asked[task.student].set()

    assert dict(crew.examined(OneHand(asked), making())) == dict.fromkeys("abc", {"result": "True"})


def test_workers_that_died_while_they_were_idle_are_replaced(two, monkeypatch):
    monkeypatch.setattr(worker, "examine", examiners.telling)
    before = _processes(crew.examined(two, tasks(*"abcd")))
    for process in before:
        psutil.Process(process).kill()
    after = _processes(crew.examined(two, tasks(*"abcd")))
    assert (len(before), len(after), before & after) == (2, 2, set())


def _processes(replies):
    return {int(reply["result"].split()[0]) for _, reply in replies}


def test_each_has_a_core_and_a_folder_that_nobody_else_may_enter_and_that_is_gone_afterwards(server, monkeypatch):
    monkeypatch.setattr(worker, "examine", examiners.telling)
    with crew.hired(2, "") as workers:
        told = [reply["result"].split(maxsplit=2) for _, reply in crew.examined(workers, tasks(*"abcd"))]
        (folder,) = {Path(folder) for _, folder, _ in told}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()
    cores = {cores for _, _, cores in told}
    assert len(cores) == min(2, len(os.sched_getaffinity(0)))
    assert all("," not in each for each in cores)


def test_nobody_works_on_when_the_block_is_left(server, monkeypatch):
    monkeypatch.setattr(worker, "examine", examiners.endless)
    with crew.hired(2, "") as workers:
        waiting = threading.Thread(target=_wait_for, args=(workers,))
        waiting.start()
        while len(_at_work()) < 2:
            time.sleep(0.05)
    waiting.join(60)
    assert not waiting.is_alive()
    assert _at_work() == []


def _wait_for(workers):
    with pytest.raises(GradingError, match="The workers have ended"):
        list(crew.examined(workers, tasks("a", "b", "c")))


def _at_work():
    """The processes that the fork server has forked."""
    return psutil.Process(forkserver._forkserver._forkserver_pid).children()


def test_trouble_with_making_a_task_is_said_as_it_is(two):
    def broken():
        raise OSError("a clean copy is gone")
        yield

    with pytest.raises(OSError, match="a clean copy is gone"):
        list(crew.examined(two, broken()))


def test_a_scheduler_that_vanishes_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "examine", lambda student: time.sleep(0.1) or {"result": student})
    with dask_cluster(tmp_path, 1) as address, crew.hired(0, address, anyone=True) as workers:
        replies = crew.examined(workers, tasks(*"abcdefghij" * 20))
        assert next(replies)[1].keys() in ({"result"}, {"waiting"})
        assert next(replies)[1].keys() == {"result"}
        _kill_scheduler(address)
        with pytest.raises(GradingError, match="scheduler is gone"):
            list(replies)


def _kill_scheduler(address):
    port = int(address.rsplit(":", 1)[1])
    for process in psutil.Process().children():
        listening = [c.laddr.port for c in connections(process) if c.status == psutil.CONN_LISTEN]
        if port in listening:
            process.kill()
