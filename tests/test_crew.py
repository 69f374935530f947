"""The workers: one that dies is replaced, a submission that kills three of them is given up, a scheduler may vanish."""

import os
import time

import pytest

from autograder import crew, worker
from autograder.errors import GradingError
from autograder.tasks import Task
from tests.servers import dask_cluster

pytestmark = pytest.mark.long


def tasks(*students):
    return [Task(student, {"student": student}, "", "") for student in students]


@pytest.fixture
def local():
    """Two workers on this machine."""
    crew.begin(sandbox=False)
    with crew.quiet(), crew.hired(2, "") as client:
        yield client
    crew.end()


def test_a_submission_that_kills_its_workers_is_given_up_and_the_others_are_done(local, monkeypatch):
    monkeypatch.setattr(worker, "examine", lambda student: os._exit(9) if student == "bad" else {"result": student})
    replies = dict(crew.examined(local, tasks("a", "bad", "b", "c", "d")))
    assert "ended 3 times" in replies.pop("bad")["killed"]
    assert replies == {student: {"result": student} for student in "abcd"}


def test_an_error_of_the_grader_itself_is_that_submission_s(local, monkeypatch):
    monkeypatch.setattr(worker, "examine", lambda student: {"result": str(1 / (student != "bad"))})
    replies = dict(crew.examined(local, tasks("a", "bad")))
    assert replies == {"a": {"result": "1.0"}, "bad": {"failed": "ZeroDivisionError: division by zero"}}


def test_a_scheduler_that_vanishes_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "examine", lambda student: time.sleep(0.1) or {"result": student})
    with dask_cluster(tmp_path, 1) as address, crew.quiet(), crew.hired(0, address) as client:
        replies = crew.examined(client, tasks(*"abcdefghij" * 20))
        assert next(replies)[1].keys() in ({"result"}, {"waiting"})
        assert next(replies)[1].keys() == {"result"}
        _kill_scheduler(address)
        with pytest.raises(GradingError, match="scheduler is gone"):
            list(replies)


def test_trouble_with_making_a_task_is_said_as_it_is(local):
    def broken():
        raise OSError("a clean copy is gone")
        yield

    with pytest.raises(OSError, match="a clean copy is gone"):
        list(crew.examined(local, broken()))


def _kill_scheduler(address):
    import psutil

    port = int(address.rsplit(":", 1)[1])
    for process in psutil.Process().children():
        listening = [c.laddr.port for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
        if port in listening:
            process.kill()


def test_large_weights_travel_without_a_word(local, monkeypatch):
    monkeypatch.setattr(worker, "examine", lambda student, weights: {"result": str(len(weights))})
    heavy = Task("a", {"student": "a", "weights": bytes(40 * 2**20)}, "", "")
    assert dict(crew.examined(local, [heavy])) == {"a": {"result": str(40 * 2**20)}}  # a warning would be an error here
