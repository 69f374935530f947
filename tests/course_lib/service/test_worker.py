"""One job after the other, so many places and no more, and no job that ends the worker."""

import asyncio
import threading

import pytest

from course_lib.service.limits import Refused
from course_lib.service.worker import Worker


@pytest.fixture
def worker():
    """With two places."""
    worker = Worker(2)
    worker.start()
    yield worker
    worker.stop(60)


async def done(worker, job, seconds=60.0):
    """What a job gives that has found a place."""
    with worker.place() as work:
        return await work(job, seconds)


def test_a_job_is_done_by_one_thread_that_is_not_ours(worker):
    async def two():
        return await asyncio.gather(*(done(worker, threading.get_ident) for _ in range(2)))

    first, second = asyncio.run(two())
    assert first == second != threading.get_ident()


def test_jobs_never_run_at_the_same_time(worker):
    at_once, most, lock = 0, 0, threading.Lock()

    def job():
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(0.01)
        with lock:
            at_once -= 1

    async def all_of_them():
        for _ in range(10):
            await asyncio.gather(done(worker, job), done(worker, job))

    asyncio.run(all_of_them())
    assert most == 1


def test_who_finds_no_place_hears_at_once_when_to_come_again(worker):
    gate = threading.Event()

    async def three():
        waiting = [asyncio.create_task(done(worker, gate.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        assert worker.taken == 2
        with pytest.raises(Refused) as refused:
            await done(worker, gate.wait)
        gate.set()
        assert await asyncio.gather(*waiting) == [True, True]
        return refused.value

    refused = asyncio.run(three())
    assert refused.status == 503
    assert refused.headers == {"Retry-After": "1"}
    assert "2 requests are waiting" in refused.reason
    assert worker.taken == 0


def test_a_place_whose_request_was_bad_is_free_again(worker):
    for _ in range(5):
        with pytest.raises(KeyError), worker.place():
            raise KeyError
    assert worker.taken == 0


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt(), MemoryError()])
def test_whatever_a_job_raises_comes_to_who_asked_and_the_next_job_is_done(worker, error):
    def job():
        raise error

    async def caught():
        with worker.place() as work:
            try:
                await work(job, 60.0)
            except type(error) as found:
                return found

    assert asyncio.run(caught()) is error
    assert worker.taken == 0
    assert asyncio.run(done(worker, lambda: 7)) == 7


def test_a_job_that_hangs_keeps_its_place_so_that_the_queue_stays_bounded():
    worker, gate, heard = Worker(2), threading.Event(), []
    worker.start()

    async def hanging():
        for _ in range(4):
            with pytest.raises(Refused) as refused:
                await done(worker, gate.wait, 0.05)
            heard.append(refused.value.status)

    asyncio.run(hanging())
    assert heard == [504, 504, 503, 503]
    gate.set()
    worker.stop(60)
    assert worker.taken == 0


def test_a_worker_that_is_stopped_finishes_what_waits(worker):
    other, found = Worker(5), []
    other.start()

    async def many():
        tasks = [asyncio.create_task(done(other, lambda number=number: found.append(number))) for number in range(5)]
        await asyncio.sleep(0)
        other.stop(60)
        await asyncio.gather(*tasks)

    asyncio.run(many())
    assert found == list(range(5))
    assert not other._thread.is_alive()


def test_a_hanging_job_does_not_hold_up_the_end(caplog):
    other, gate = Worker(1), threading.Event()
    other.start()

    async def hanging():
        with pytest.raises(Refused):
            await done(other, gate.wait, 0.01)

    asyncio.run(hanging())
    other.stop(0.05)
    assert "has not come to its end" in caplog.text
    gate.set()
    other._thread.join(60)
    assert not other._thread.is_alive()
