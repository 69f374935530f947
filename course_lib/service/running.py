"""Start the service from a notebook, and stop it.

It runs in a thread of the notebook's own process: one process, one server thread, one thread that works on pictures. A
process of its own would be better walled off, but what it serves lives in the notebook. A function that was defined in
a cell cannot be pickled for a new process, which is what Windows and macOS start; and Linux's fork, of a process in
which PyTorch has threads, may hang at the first product of matrices. A thread sees the student's function as it is now,
dies with the kernel, and needs nothing but a socket on the loopback, which a laptop, Colab, Binder and a JupyterHub all
have. PyTorch lets go of Python's lock while it computes, so that the server goes on answering meanwhile. The price: a
tagging function that never ends cannot be ended, only left behind, and whoever shares the machine shares its loopback
and can ask.

The operating system chooses the port: who binds port 0 gets a free one, and there is no moment in which somebody else
could take it. The socket listens before the server's thread runs, so that the first question waits for its answer in
the queue of the socket, and nothing has to be tried again and again.
"""

import asyncio
import atexit
import contextlib
import socket
import threading

from course_lib.errors import ServiceError
from course_lib.service.app import PATIENCE, Tag, create_app
from course_lib.service.client import health
from course_lib.service.connections import bounded
from course_lib.service.limits import LIMITS, Limits

HOST = "127.0.0.1"
GRACE = 5  # seconds for requests that are under way when it stops


class Service:
    """A running service; `with` stops it at the end of the block, and so does the end of the process.

    Attributes:
        url: where it answers: "http://127.0.0.1:49321".
    """

    def __init__(self, tag: Tag, limits: Limits = LIMITS):
        """Start it, and return when it answers. Raises ServiceError where there is no loopback to listen on."""
        self._socket = _listening()
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}"
        self._server = _server(tag, limits)
        self._thread = threading.Thread(target=self._run, name="the service's server", daemon=True)
        self._thread.start()
        atexit.register(self.stop)
        try:
            health(self.url)
        except BaseException:
            self.stop()
            raise

    def _run(self) -> None:
        with (
            contextlib.closing(self._socket),
            contextlib.suppress(SystemExit),
        ):  # whoever waits hears that it did not start
            asyncio.run(self._server.serve(sockets=[self._socket]))

    @property
    def running(self) -> bool:
        """Whether it answers."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Finish what is under way, free the port, end the threads. A second call does nothing."""
        self._server.should_exit = True
        self._thread.join(GRACE + PATIENCE + 5)
        atexit.unregister(self.stop)

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<a service at {self.url}{'' if self.running else ', stopped'}>"


_last: Service | None = None


def serving(tag: Tag, limits: Limits = LIMITS) -> Service:
    """Start the service around a tagging function, see `create_app`; the one that ran before is stopped.

    There is one at a time: a cell that is run again replaces what it started. Raises ServiceError where there is no
    loopback to listen on.
    """
    global _last
    if _last is not None:
        _last.stop()
    _last = Service(tag, limits)
    return _last


def _listening() -> socket.socket:
    try:
        found = socket.create_server((HOST, 0))
    except OSError as error:
        raise ServiceError(
            "The service cannot listen.",
            expected=f"a free port on the loopback, {HOST}",
            got=str(error),
            advice="run the notebook where sockets are allowed: on a laptop, on Colab, on Binder",
        ) from error
    return found


def _server(tag: Tag, limits: Limits):
    """uvicorn's server; of its log only what is an error."""
    import uvicorn

    config = uvicorn.Config(
        create_app(tag, limits),
        http=bounded(limits),
        backlog=limits.requests,  # the system accepts as many at once, before the first of them can be turned away
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=GRACE,
    )
    return uvicorn.Server(config)
