"""How many connections a service holds open, and for how long it waits for what nobody sends.

Whoever connects and asks nothing costs a file descriptor of the notebook's process, of which there may be 256. So there
is an end to their number and to their time. Where all are taken, the one that has waited longest without a question
gives way: an honest client asks in the moment in which it connects.
"""

from course_lib.service.limits import Limits


def bounded(limits: Limits):
    """uvicorn's protocol for one connection, with an end to its waiting."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Connection(H11Protocol):
        """One connection; it idles while no request is under way on it, or while nobody takes its answer."""

        @property
        def idles(self) -> bool:
            return self.cycle is None or self.cycle.response_complete or self.flow.write_paused

        def connection_made(self, transport) -> None:
            super().connection_made(transport)
            self.patience = None
            self._wait()
            held = [other for other in self.connections if not other.transport.is_closing()]
            if len(held) > limits.connections:
                min((other for other in held if other.idles), key=lambda one: one.patience.when()).transport.abort()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self.patience.cancel()
            super().connection_lost(exc)

        def _wait(self) -> None:
            if self.patience is not None:
                self.patience.cancel()
            self.patience = self.loop.call_later(limits.seconds, self._end)

        def _end(self) -> None:
            if self.idles:
                self.transport.abort()
            else:
                self._wait()

    return Connection
