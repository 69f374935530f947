"""The workers of a Dask scheduler that runs somewhere. It, its workers and we know each other by certificates.

Whoever may send Dask work runs code on its machines. So an address without TLS is refused unless the person who grades
says that anyone may connect.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from autograder.errors import GradingError

if TYPE_CHECKING:
    from distributed import Client, Future
    from distributed.security import Security

    from autograder.cohort.tasks import Task

ANSWER = "15s"  # until a scheduler that does not answer is given up
GUIDE = "docs/clusters.md shows how certificates are made and named"
SETTINGS = {
    "distributed.admin.large-graph-warning-threshold": "128MB",  # a submission travels once, its weights with it
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "10m",
    "distributed.logging": {"distributed": "critical", "tornado": "critical", "asyncio": "critical"},
    "logging": {"distributed": "critical", "tornado": "critical", "asyncio": "critical"},
}


@contextmanager
def workers(scheduler: str, anyone: bool) -> Iterator["Workers"]:
    """The workers that this scheduler has, for as long as the block lasts.

    Args:
        anyone: the scheduler may be open to everybody who reaches it.

    Raises:
        GradingError: it is open and may not be, there are no certificates, or it does not answer.
    """
    import dask
    from distributed import utils  # noqa: F401  before the settings: it brings its own

    with _quiet(), dask.config.set({**SETTINGS, "distributed.comm.timeouts.connect": ANSWER}):
        security = _security(scheduler, anyone)
        with _connected(scheduler, security) as client:
            yield Workers(client, security is not None)


def _security(scheduler: str, anyone: bool) -> "Security | None":
    """The certificates that Dask's configuration names."""
    from distributed.security import Security

    if not scheduler.startswith("tls://"):
        if anyone:
            return None
        raise GradingError(
            "Whoever reaches this scheduler can run code as you, and read what is graded.",
            expected=f"a tls:// address; {GUIDE}",
            got=scheduler,
            advice="--anyone-may-connect, where nobody but you can reach it",
        )
    found = Security(require_encryption=True)
    if not (found.tls_ca_file and found.tls_client_cert):
        wanted = "distributed.comm.tls.ca-file, .client.cert and .client.key in Dask's configuration"
        raise GradingError("A tls:// address needs certificates.", expected=wanted, got="none", advice=GUIDE)
    return found


@contextmanager
def _connected(scheduler: str, security: "Security | None") -> Iterator["Client"]:
    from distributed import Client

    try:
        client = Client(scheduler, timeout=ANSWER, set_as_default=False, security=security)
    except (OSError, ValueError, TypeError) as error:
        advice = "the address that the scheduler printed when it started, e.g. tls://10.0.0.5:8786"
        raise GradingError(f"The scheduler {scheduler} does not answer.", got=str(error), advice=advice) from error
    try:
        yield client
    finally:
        with suppress(Exception):  # a scheduler that is gone cannot be told goodbye
            client.close(timeout=2)


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask's own log stays off the terminal: a worker that dies is said in one line by us."""
    loggers = [logging.getLogger(name) for name in ("distributed", "tornado", "asyncio", "dask")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


class Workers:
    """Dask's workers, which come and go."""

    def __init__(self, client: "Client", closed: bool):
        """`closed`: each of them must speak TLS."""
        self._client, self._closed = client, closed

    def hands(self) -> int:
        """How many submissions may be under way at once: as many as there are worker threads.

        Raises:
            GradingError: a worker is open to everybody.
        """
        found = self._client.nthreads()
        if self._closed and (opened := [address for address in found if not address.startswith("tls://")]):
            raise GradingError("A worker takes anybody's work.", expected="tls:// addresses only", got=opened[0])
        return sum(found.values())

    def submit(self, task: "Task") -> "Future":
        """Send a submission."""
        from autograder.cohort import worker

        return self._client.submit(worker.examine, **task.arguments, pure=False)

    def reply(self, task: "Task", future: "Future") -> dict[str, str]:
        """What came of a submission. The scheduler has tried others where a worker died.

        Raises:
            GradingError: the scheduler is gone.
        """
        from distributed import KilledWorker

        if future.status == "cancelled":
            raise GradingError("The scheduler is gone.", advice="start again: what is graded is kept")
        error = future.exception()
        if isinstance(error, KilledWorker):
            return {"killed": "The grader's process ended several times over this submission."}
        return {"failed": f"{type(error).__name__}: {error}"} if error else future.result()
