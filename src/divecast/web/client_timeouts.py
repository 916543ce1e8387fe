"""Closes the connections of slow clients, which would otherwise stay open, and count, forever."""

from asyncio import TimerHandle, Transport, get_running_loop
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from divecast.web.connections import Waiting

HEAD_SECONDS = 10.0
"""Time within which the head of a request must arrive."""

TAKE_SECONDS = 120.0
"""Time within which a client must take a response, except its last 16 KiB."""


class Timeout:
    """A timer that calls a function unless it is stopped in time.

    Args:
        seconds: until the call.
        expire: called when the time is over.
    """

    def __init__(self, seconds: float, expire: Callable[[], None]) -> None:
        self._seconds, self._expire = seconds, expire
        self._timer: TimerHandle | None = None

    def start(self) -> None:
        """Start the timer if it is not running."""
        self._timer = self._timer or get_running_loop().call_later(self._seconds, self._expire)

    def stop(self) -> None:
        """Stop the timer."""
        if self._timer:
            self._timer.cancel()
        self._timer = None


class TimeoutProtocol(H11Protocol):
    """HTTP/1.1 with timeouts for the head of a request and for taking a response.

    The body of a request is timed where it is read, in ``AccessMiddleware``.

    Args:
        waiting: the connections of the server that wait for a request.
        options: as in uvicorn.
    """

    def __init__(self, *options: Any, waiting: Waiting, **named: Any) -> None:
        super().__init__(*options, **named)
        self._waiting = waiting

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Start to wait for a request."""
        super().connection_made(transport)
        self._head_timeout, self._take_timeout = Timeout(HEAD_SECONDS, self._abort), Timeout(TAKE_SECONDS, self._abort)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Stop waiting once the head of a request is complete; a part of it does not restart the timer."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._wait()
        else:
            self._head_timeout.stop()
            self._waiting.leave(self)

    def on_response_complete(self) -> None:
        """Wait for the next request of a connection that is kept."""
        super().on_response_complete()
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._waiting.enter(self, self._address, self._abort)

    def pause_writing(self) -> None:
        """Start to wait for the client to take the response."""
        super().pause_writing()
        self._take_timeout.start()

    def resume_writing(self) -> None:
        """Stop waiting for the client."""
        super().resume_writing()
        self._take_timeout.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all timers."""
        self._head_timeout.stop()
        self._take_timeout.stop()
        self._waiting.leave(self)
        super().connection_lost(exc)

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def _wait(self) -> None:
        self._head_timeout.start()
        self._waiting.enter(self, self._address, self._abort)

    def _abort(self) -> None:
        self.transport.abort()
