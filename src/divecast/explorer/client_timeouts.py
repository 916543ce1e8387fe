"""Connections of clients that are too slow, ended: the server would wait for them, and count them, for ever."""

from asyncio import TimerHandle, Transport, get_running_loop
from collections.abc import Callable

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""Until the head of a request must have come."""

TAKE_SECONDS = 120.0
"""Until a client must have taken what it was sent, but for the last 16 KiB."""


class Patience:
    """A wait that ends a connection when it has lasted too long.

    Args:
        seconds: how long.
        end: ends the connection.
    """

    def __init__(self, seconds: float, end: Callable[[], None]) -> None:
        self._seconds, self._end = seconds, end
        self._timer: TimerHandle | None = None

    def begin(self) -> None:
        """Begin to wait, if that has not begun."""
        self._timer = self._timer or get_running_loop().call_later(self._seconds, self._end)

    def stop(self) -> None:
        """Wait no more."""
        if self._timer:
            self._timer.cancel()
        self._timer = None


class PunctualProtocol(H11Protocol):
    """HTTP/1.1 that gives up clients who send the head of a request, or take an answer, byte by byte or not at all.

    The body of a request is timed where it is read, at the door.
    """

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for a request."""
        super().connection_made(transport)
        self._for_head, self._for_reader = Patience(HEAD_SECONDS, self._end), Patience(TAKE_SECONDS, self._end)
        self._for_head.begin()

    def data_received(self, data: bytes) -> None:
        """Wait no more once the head of a request is there; what has come of it begins no new wait."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._for_head.begin()
        else:
            self._for_head.stop()

    def pause_writing(self) -> None:
        """Wait for the client to take what it was sent."""
        super().pause_writing()
        self._for_reader.begin()

    def resume_writing(self) -> None:
        """Wait no more."""
        super().resume_writing()
        self._for_reader.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing."""
        self._for_head.stop()
        self._for_reader.stop()
        super().connection_lost(exc)

    def _end(self) -> None:
        self.transport.abort()
